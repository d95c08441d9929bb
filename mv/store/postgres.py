"""A PostgreSQL server, for several application servers on one store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from psycopg import conninfo, errors
from psycopg.pq import Conninfo, TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from mv.errors import N_, StoreUnavailable
from mv.loopback import is_loopback
from mv.store.engine import CAUGHT_INSIDE, Row, Transaction, disk_full

CONNECTIONS = 16
SECONDS_TO_CONNECT = 10
ROWS_AT_ONCE = 50_000
SCHEMA_LOCK = 4_711_001
"""Any number that no other program on the server uses for an advisory lock."""
LOST_RACE = (errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected)


class PostgresTransaction(Transaction):
    """A transaction on a connection of the pool."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._cursor = psycopg.RawCursor(connection, row_factory=dict_row)

    def rows(self, sql: str, *params: object) -> list[Row]:
        """Run ``sql`` and return every row, by column name."""
        self.execute(sql, *params)
        return self._cursor.fetchall()

    def execute(self, sql: str, *params: object) -> None:
        """Run ``sql`` for its effect. Without parameters it may hold several statements."""
        self._cursor.execute(sql, list(params) or None)

    def load(self, table: str, rows: pa.Table) -> None:
        """Append ``rows`` to ``table``; its columns are named as the table's."""
        columns = ", ".join(rows.column_names)
        with self._cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for batch in rows.to_batches():
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(values)


class PostgresEngine:
    """A pool of connections to a PostgreSQL server."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = url
        _require_verified_server(url)
        try:  # the pool would try again and again, and not say what is wrong
            psycopg.connect(url, connect_timeout=SECONDS_TO_CONNECT).close()
        except psycopg.Error as error:
            raise _unusable(error) from error
        self._pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=SECONDS_TO_CONNECT,
            check=ConnectionPool.check_connection,  # the server may have been started anew since
            open=True,
        )

    @contextmanager
    def transaction(self, *, one_state: bool = False) -> Iterator[PostgresTransaction]:
        """Begin a transaction; commit at the end, roll back where anything was raised."""
        with _clear_errors(), self._pool.connection() as connection:
            if one_state:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield PostgresTransaction(connection)
            if connection.info.transaction_status == TransactionStatus.INERROR:  # COMMIT would roll back, no more
                raise RuntimeError(CAUGHT_INSIDE)
            try:
                connection.commit()
            except psycopg.OperationalError as error:
                if connection.broken:
                    raise _perhaps_saved() from error
                raise

    @contextmanager
    def batches(self, sql: str, *params: object) -> Iterator[pa.RecordBatchReader]:
        """Run ``sql`` and hand out its rows as Arrow batches, in bounded memory."""
        with _clear_errors(), adbc.connect(self.url) as connection, connection.cursor() as cursor:
            # A cursor on the server, as the driver takes the whole answer to a query with parameters at once.
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
            cursor.execute(f"DECLARE batches NO SCROLL CURSOR FOR {sql}", parameters=params or None)
            first = _fetch(cursor)
            yield pa.RecordBatchReader.from_batches(first.schema, _fetch_on(cursor, first))

    def lock_schema(self, tx: Transaction) -> None:
        """Keep other processes from changing the schema until ``tx`` ends."""
        tx.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)

    def lost_race(self, error: Exception) -> bool:
        """Return whether another transaction was first: it changed the same row, or took the same unique key."""
        return isinstance(error, LOST_RACE)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _require_verified_server(url: str) -> None:
    """Raise StoreUnavailable where a network carries the store and libpq would not verify who answers.

    By libpq's documentation, only sslmode=verify-full does: what it takes without, "prefer", encrypts if both like.
    """
    try:
        given = conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        raise _unusable(error) from error
    defaults = {each.keyword.decode(): (each.val or b"").decode() for each in Conninfo.get_defaults()}
    set_ = {name: str(value) for name, value in (defaults | given).items()}
    hosts = (set_["hostaddr"] or set_["host"]).split(",")
    near = all(not host or host.startswith(("/", "@")) or is_loopback(host) for host in hosts)
    if (near and not set_["service"]) or set_["sslmode"] == "verify-full":
        return
    raise StoreUnavailable(
        N_(
            "The database server {host} is reached over a network and has to prove who it is:"
            " add sslmode=verify-full to MV_STORE, and sslrootcert=FILE for the authority of its certificate."
        ),
        host=set_["service"] if near else ", ".join(hosts),
    )


def _fetch(cursor: adbc.Cursor) -> pa.Table:
    cursor.execute(f"FETCH {ROWS_AT_ONCE} FROM batches")
    return cursor.fetch_arrow_table()


def _fetch_on(cursor: adbc.Cursor, table: pa.Table) -> Iterator[pa.RecordBatch]:
    while table.num_rows:
        yield from table.to_batches()
        table = _fetch(cursor)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except LOST_RACE:
        raise
    except errors.DiskFull as error:
        raise disk_full() from error
    except (psycopg.OperationalError, errors.InsufficientPrivilege, adbc.OperationalError) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(
        N_(
            "The database server cannot be used ({reason}). Nothing was saved;"
            " check MV_STORE, the rights of its user, and that the server runs."
        ),
        reason=str(error).partition("\n")[0],
    )


def _perhaps_saved() -> StoreUnavailable:
    return StoreUnavailable(
        N_("The database server stopped answering while it saved. See whether it is saved before you try again.")
    )
