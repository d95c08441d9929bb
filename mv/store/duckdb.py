"""A DuckDB file: one connection per process, a cursor per operation.

What it guards against was measured on DuckDB 2.0.0: rows lost after a kill unless CHECKPOINT is the
first statement, a COMMIT that says nothing after a failed statement, and a commit that is durable
although an error is raised because the checkpoint after it failed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from mv.errors import N_, StoreUnavailable
from mv.store.engine import Row, Transaction
from mv.store.migrate import current_version, numbered

NO_SPACE = ("No space left", "File too large")
COMMITTED_ALL_THE_SAME = "FATAL Error: Transaction COMMIT succeeded and is durable"
INVALIDATED_BY_ANOTHER = "invalidated because of a previous fatal error"
REOPEN_ATTEMPTS = 50
REOPEN_PAUSE = 0.1


class DuckTransaction:
    """A transaction on a cursor of its own."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self.failed = False

    def rows(self, sql: str, *params: object) -> list[Row]:
        """Run ``sql`` and return every row, by column name."""
        self.execute(sql, *params)
        names = [column[0] for column in self._cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in self._cursor.fetchall()]

    def row(self, sql: str, *params: object) -> Row | None:
        """Run ``sql`` and return its first row, or None where it gives none."""
        return next(iter(self.rows(sql, *params)), None)

    def execute(self, sql: str, *params: object) -> None:
        """Run ``sql`` for its effect. Without parameters it may hold several statements."""
        try:
            self._cursor.execute(sql, list(params) or None)
        except Exception:
            self.failed = True
            raise

    def load(self, table: str, rows: pa.Table) -> None:
        """Append ``rows`` to ``table``; its columns are named as the table's."""
        self._cursor.register("incoming", rows)
        try:
            self.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        finally:
            self._cursor.unregister("incoming")


class DuckEngine:
    """An open DuckDB file."""

    dialect = "duckdb"

    def __init__(self, path: Path, migrations: Path) -> None:
        self.url = str(path)
        self._path = path
        self._reopening = threading.Lock()
        if path.exists():
            self._refuse_newer(migrations)
        self._connection = self._connect()

    def _refuse_newer(self, migrations: Path) -> None:
        """Look at the schema version before anything is opened for writing, so that the file stays as it is."""
        with _clear_errors(self._path), duckdb.connect(str(self._path), read_only=True) as connection:
            current_version(DuckTransaction(connection), max(numbered(migrations)))

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with _clear_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = duckdb.connect(str(self._path), config={"autoinstall_known_extensions": False})
            connection.execute("CHECKPOINT")
            return connection

    @contextmanager
    def transaction(self) -> Iterator[DuckTransaction]:
        """Begin a transaction; commit at the end, roll back where anything was raised."""
        connection = self._connection
        try:
            with connection.cursor() as cursor:
                yield from _transaction(cursor)
        except duckdb.FatalException as error:
            self._reopen(connection)
            if not str(error).startswith(COMMITTED_ALL_THE_SAME):
                raise
        except duckdb.Error as error:
            if any(text in str(error) for text in NO_SPACE):
                raise StoreUnavailable(
                    N_("The disk of the store is full. Nothing was saved; make room on it and try again.")
                ) from error
            raise

    def lock_schema(self, tx: Transaction) -> None:
        """Do nothing: the file is this process's alone."""

    def _reopen(self, broken: duckdb.DuckDBPyConnection) -> None:
        """Open the file anew after a fatal error, once every other operation on the broken instance has ended."""
        with self._reopening:
            if self._connection is not broken:
                return
            broken.close()
            for _ in range(REOPEN_ATTEMPTS):
                with suppress(duckdb.FatalException):
                    self._connection = self._connect()
                    return
                time.sleep(REOPEN_PAUSE)
        raise StoreUnavailable(N_("The store could not be opened anew after an error. Restart the dashboard."))

    @contextmanager
    def batches(self, sql: str, *params: object) -> Iterator[pa.RecordBatchReader]:
        """Run ``sql`` and hand out its rows as Arrow batches, in bounded memory."""
        with self._connection.cursor() as cursor:
            yield cursor.sql(sql, params=list(params)).to_arrow_reader()

    def lost_race(self, error: Exception) -> bool:
        """Return whether another transaction was first: it changed the same row, or took the same unique key."""
        if isinstance(error, duckdb.FatalException):
            return INVALIDATED_BY_ANOTHER in str(error)
        return isinstance(error, (duckdb.TransactionException, duckdb.ConstraintException, duckdb.ConnectionException))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[DuckTransaction]:
    tx = DuckTransaction(cursor)
    cursor.execute("BEGIN")
    try:
        yield tx
    except BaseException:
        with suppress(duckdb.Error):  # a failed statement may have rolled back already
            cursor.execute("ROLLBACK")
        raise
    if tx.failed:  # COMMIT would roll back and say nothing
        raise RuntimeError("a statement failed and its error was caught inside the transaction")
    cursor.execute("COMMIT")


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, OSError) as error:
        text = str(error)
        if "Could not set lock" in text:
            process = re.search(r"PID (\d+)", text)
            raise StoreUnavailable(
                N_(
                    "The store {path} is in use by another process (PID {pid})."
                    " Close that one first, or let MV_STORE name another store."
                ),
                path=path,
                pid=process.group(1) if process else "?",
            ) from error
        if "not a valid DuckDB database file" in text:
            raise _corrupt(path) from error
        raise StoreUnavailable(
            N_("The store {path} cannot be opened or written ({reason}). See to its folder and rights."),
            path=path,
            reason=text.removeprefix("IO Error: ").splitlines()[0],
        ) from error
    except (duckdb.SerializationException, duckdb.InternalException) as error:
        raise _corrupt(path) from error


def _corrupt(path: Path) -> StoreUnavailable:
    return StoreUnavailable(
        N_("{path} is damaged or is no store. Nothing was changed; restore it from a backup, or move it away."),
        path=path,
    )
