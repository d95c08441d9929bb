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
from mv.store.engine import CAUGHT_INSIDE, Row, Transaction, disk_full
from mv.store.migrate import current_version, numbered

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
SIGNATURE = b"DUCK"
SIGNATURE_AT = 8
NO_SPACE = ("No space left", "File too large")
COMMITTED_ALL_THE_SAME = "Transaction COMMIT succeeded and is durable"
INVALIDATED_BY_ANOTHER = "invalidated because of a previous fatal error"
ABORTED_BEFORE = "Current transaction is aborted"
REOPEN_ATTEMPTS = 250
REOPEN_PAUSE = 0.02


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
        if not rows.num_rows:  # no rows and then many in one transaction: DuckDB 2.0.0 commits, and has lost them
            return
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
        self._opening = threading.Lock()
        self._broken = False
        if path.exists():
            self._refuse_newer(migrations)
        self._connection = self._connect()

    def _refuse_newer(self, migrations: Path) -> None:
        """Look at the schema version before anything is opened for writing, so that the file stays as it is."""
        with suppress(duckdb.ConnectionException), _clear_errors(self._path):  # suppressed: it is open here already
            with self._path.open("rb") as file:
                if file.read(SIGNATURE_AT + len(SIGNATURE))[SIGNATURE_AT:] != SIGNATURE:
                    raise _corrupt(self._path)
            with duckdb.connect(self.url, read_only=True, config=CONFIG) as connection:
                current_version(DuckTransaction(connection), max(numbered(migrations)))

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with _clear_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = duckdb.connect(self.url, config=CONFIG)
            try:
                with suppress(duckdb.TransactionException):  # it is open here already, and being written to
                    connection.execute("CHECKPOINT")
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def transaction(self, *, one_state: bool = False) -> Iterator[DuckTransaction]:
        """Begin a transaction, here always of one state; commit at the end, roll back where anything was raised."""
        with self._cursor() as cursor:
            tx = DuckTransaction(cursor)
            yield tx
            if tx.failed:  # COMMIT would roll back and say nothing
                raise RuntimeError(CAUGHT_INSIDE)
            cursor.execute("COMMIT")

    @contextmanager
    def batches(self, sql: str, *params: object) -> Iterator[pa.RecordBatchReader]:
        """Run ``sql`` and hand out its rows as Arrow batches, in bounded memory."""
        with self._cursor() as cursor:
            yield cursor.sql(sql, params=list(params)).to_arrow_reader()

    def lock_schema(self, tx: Transaction) -> None:
        """Do nothing: the file is this process's alone."""

    def lost_race(self, error: Exception) -> bool:
        """Return whether another transaction was first: it changed the same row, or took the same unique key."""
        text = str(error)
        if isinstance(error, duckdb.ConstraintException):
            return "Duplicate key" in text
        if isinstance(error, duckdb.TransactionException):
            return ABORTED_BEFORE not in text
        return INVALIDATED_BY_ANOTHER in text

    def close(self) -> None:
        """Let go of the file."""
        with self._opening:
            self._broken = False
            self._connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Begin a transaction on a cursor of its own; closing that rolls back what is not committed."""
        connection, cursor = self._begin()
        try:
            with cursor:
                yield cursor
        except duckdb.Error as error:
            text = str(error)
            ours = INVALIDATED_BY_ANOTHER not in text  # else ``text`` goes on to quote what befell another transaction
            committed = ours and COMMITTED_ALL_THE_SAME in text
            if committed or isinstance(error, duckdb.FatalException):
                self._break(connection)
            if committed:
                return
            if ours and any(reason in text for reason in NO_SPACE):
                raise disk_full() from error
            raise

    def _begin(self) -> tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]:
        """Return the connection, opened anew where it is broken, and a cursor of it with an open transaction."""
        while True:
            connection = self._current()
            try:
                cursor = connection.cursor()
            except duckdb.ConnectionException:
                if connection is self._connection and not self._broken:  # the store is closed
                    raise
                continue
            try:
                cursor.execute("BEGIN")
                return connection, cursor
            except duckdb.FatalException:
                cursor.close()
                self._break(connection)

    def _current(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._broken:
                self._reopen()
            return self._connection

    def _break(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Have the file opened anew by whoever comes next, unless somebody has done so already."""
        with self._opening:
            self._broken |= connection is self._connection

    def _reopen(self) -> None:
        self._connection.close()
        for _ in range(REOPEN_ATTEMPTS):
            with suppress(duckdb.FatalException):  # the broken instance lives on until its last cursor is closed
                self._connection = self._connect()
                self._broken = False
                return
            time.sleep(REOPEN_PAUSE)
        raise StoreUnavailable(
            N_(
                "The store could not be opened anew after an error. Nothing was saved;"
                " try again in a moment, and restart the dashboard if that does not help."
            )
        )


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError) as error:
        text = str(error)
        if any(reason in text for reason in NO_SPACE) and INVALIDATED_BY_ANOTHER not in text:
            raise disk_full() from error
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
        if isinstance(error, (duckdb.IOException, OSError)):
            raise StoreUnavailable(
                N_("The store {path} cannot be opened or written ({reason}). See to its folder and rights."),
                path=path,
                reason=text.removeprefix("IO Error: ").splitlines()[0],
            ) from error
        if text.startswith("Corrupt") or isinstance(error, (duckdb.SerializationException, duckdb.InternalException)):
            raise _corrupt(path) from error
        raise


def _corrupt(path: Path) -> StoreUnavailable:
    return StoreUnavailable(
        N_("{path} is damaged or is no store. Nothing was changed; restore it from a backup, or move it away."),
        path=path,
    )
