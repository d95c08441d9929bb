"""A PostgreSQL server, for several application servers on one store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from psycopg import errors
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from mv.errors import N_, StoreUnavailable
from mv.store.engine import Row, Transaction

CONNECTIONS = 16
SECONDS_TO_CONNECT = 10.0
SCHEMA_LOCK = 4_711_001
"""Any number that no other program on the server uses for an advisory lock."""


class PostgresTransaction:
    """A transaction on a connection of the pool."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._cursor = psycopg.RawCursor(connection, row_factory=dict_row)

    def rows(self, sql: str, *params: object) -> list[Row]:
        """Run ``sql`` and return every row, by column name."""
        self.execute(sql, *params)
        return self._cursor.fetchall()

    def row(self, sql: str, *params: object) -> Row | None:
        """Run ``sql`` and return its first row, or None where it gives none."""
        self.execute(sql, *params)
        return self._cursor.fetchone()

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
        self._pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            url, min_size=1, max_size=CONNECTIONS, timeout=SECONDS_TO_CONNECT, open=False
        )
        try:
            self._pool.open(wait=True, timeout=SECONDS_TO_CONNECT)
        except PoolTimeout as error:
            self._pool.close()
            raise _unreachable() from error

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Begin a transaction; commit at the end, roll back where anything was raised."""
        try:
            with self._pool.connection() as connection:
                yield PostgresTransaction(connection)
        except (PoolTimeout, psycopg.OperationalError) as error:
            if self.lost_race(error):
                raise
            raise _unreachable() from error

    @contextmanager
    def batches(self, sql: str, *params: object) -> Iterator[pa.RecordBatchReader]:
        """Run ``sql`` and hand out its rows as Arrow batches, in bounded memory."""
        with adbc.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters=tuple(params) or None)
            yield cursor.fetch_record_batch()

    def lock_schema(self, tx: Transaction) -> None:
        """Keep other processes from changing the schema until ``tx`` ends."""
        tx.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)

    def lost_race(self, error: Exception) -> bool:
        """Return whether another transaction was first: it changed the same row, or took the same unique key."""
        return isinstance(error, (errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _unreachable() -> StoreUnavailable:
    return StoreUnavailable(
        N_("The database server does not answer. Nothing was saved; check MV_STORE and that the server runs.")
    )
