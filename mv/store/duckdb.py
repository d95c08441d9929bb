"""A DuckDB file: one connection per process, a cursor per operation.

What it guards against was measured on DuckDB 2.0.0: rows lost after a kill unless CHECKPOINT is the
first statement, a COMMIT that says nothing after a failed statement, and a commit that is durable
although an error is raised because the checkpoint after it failed. Writers take turns: every one of them
adds to the end of the access log, so that two at once would only undo each other.
"""

from __future__ import annotations

import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa

from mv.errors import N_, StoreUnavailable
from mv.store.engine import CAUGHT_INSIDE, Row, Transaction, disk_full
from mv.store.migrate import current_version, numbered

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "dynamic_or_filter_threshold": 2048,
    "enable_external_access": False,  # no statement reads or writes a file but the store and what DuckDB has beside it
    "lock_configuration": True,
}
"""So many values of ``= ANY($1)`` are looked up in a unique key, not found by a scan: as many as
``index_scan_max_count`` allows. Of 10 million rows, 1,000 texts took 0.09 CPU s instead of 0.94 with the default of 50
(as 1,000 parameters: 0.10); 10,000 texts, found by a scan, 1.1 (1.1), and 10,000 numbers 0.16 (1.1)."""
SIGNATURE = b"DUCK"
SIGNATURE_AT = 8
NO_SPACE = ("No space left", "File too large")
COMMITTED_ALL_THE_SAME = "Transaction COMMIT succeeded and is durable"
INVALIDATED_BY_ANOTHER = "invalidated because of a previous fatal error"
ABORTED_BEFORE = "Current transaction is aborted"
SECONDS_TO_REOPEN = 5.0
OTHERS = 0o077
"""The rights of everybody but a file's owner."""

_numbers = count()
_writers: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)
"""One writer at a time for each file, through however many stores of this process."""


class DuckTransaction(Transaction):
    """A transaction on a cursor of its own."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self.failed = False

    def rows(self, sql: str, *params: object) -> list[Row]:
        """Run ``sql`` and return every row, by column name."""
        self.execute(sql, *params)
        names = [column[0] for column in self._cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in self._cursor.fetchall()]

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
        self.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        self._cursor.unregister("incoming")


class DuckEngine:
    """An open DuckDB file."""

    dialect = "duckdb"

    def __init__(self, path: Path, migrations: Path) -> None:
        self.url = str(path)
        self._path = path
        self._cursors_changed = threading.Condition()
        self._cursors = 0
        self._broken = False
        """Whether the file has to be opened anew, as a fatal error has made the connection useless."""
        self._files = (path, path.with_name(path.name + ".wal"))
        for file in self._files:
            _refuse_link(file)
        if path.exists():
            self._refuse_newer(migrations)
        self._connection = self._connect()

    def _refuse_newer(self, migrations: Path) -> None:
        """Look at the schema version before anything is opened for writing, so that the file stays as it is."""
        with suppress(duckdb.ResourceInUseException), _clear_errors(self._path):  # suppressed: it is open here already
            with self._path.open("rb") as file:
                if file.read(SIGNATURE_AT + len(SIGNATURE))[SIGNATURE_AT:] != SIGNATURE:
                    raise _corrupt(self._path)
            with _attached_to_read(self.url) as cursor:
                current_version(DuckTransaction(cursor), max(numbered(migrations)))

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with _clear_errors(self._path):
            os.umask(OTHERS)  # DuckDB makes its files at any time, also those beside the store
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for file in self._files:
                _keep_to_owner(file)
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
        """Begin a transaction, here always of one state; commit at the end, roll back where anything was raised.

        Without ``one_state`` it may write, and waits for its turn.
        """
        turn = nullcontext() if one_state else _writers[self._path.resolve()]
        with turn, self._cursor() as cursor:
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
        """Close the file."""
        self._broken = False
        self._connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Begin a transaction on a cursor of its own; closing that rolls back what is not committed."""
        cursor = self._begin()
        try:
            yield cursor
        except duckdb.Error as error:
            text = str(error)
            ours = INVALIDATED_BY_ANOTHER not in text  # else ``text`` goes on to quote what befell another transaction
            if ours and COMMITTED_ALL_THE_SAME in text:
                return
            if ours and any(reason in text for reason in NO_SPACE):
                raise disk_full() from error
            raise
        finally:
            self._end(cursor)

    def _begin(self) -> duckdb.DuckDBPyConnection:
        while True:
            with self._cursors_changed:
                if self._broken:
                    self._reopen()
                cursor = self._connection.cursor()
                self._cursors += 1
            try:
                cursor.execute("BEGIN")
                return cursor
            except duckdb.FatalException:  # an earlier one, which has made the connection useless
                self._broken = True
                self._end(cursor)
            except BaseException:
                self._end(cursor)
                raise

    def _end(self, cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.close()
        with self._cursors_changed:
            self._cursors -= 1
            self._cursors_changed.notify_all()

    def _reopen(self) -> None:
        """Open the file anew, after every operation on the broken instance: closing that would close their cursors."""
        if self._cursors_changed.wait_for(lambda: not (self._cursors and self._broken), SECONDS_TO_REOPEN):
            if not self._broken:  # somebody else was first
                return
            self._connection.close()
            with suppress(duckdb.FatalException):  # another store of this process still holds the broken instance
                self._connection = self._connect()
                self._broken = False
                return
        raise StoreUnavailable(
            N_(
                "The store could not be opened anew after an error. Nothing was saved;"
                " try again in a moment, and restart the dashboard if that does not help."
            )
        )


@cache
def _instance_to_read() -> duckdb.DuckDBPyConnection:
    """Return an instance without a file of its own: to make one takes seven times as long as to attach a file to it."""
    return duckdb.connect(config={"autoinstall_known_extensions": False})


@contextmanager
def _attached_to_read(url: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hand out a cursor on the file, by which nothing can be written."""
    name = f"store_{next(_numbers)}"
    with _instance_to_read().cursor() as cursor:
        cursor.execute("ATTACH '{}' AS {} (READ_ONLY)".format(url.replace("'", "''"), name))
        try:
            cursor.execute(f"USE {name}")
            yield cursor
        finally:
            cursor.execute("USE memory")
            cursor.execute(f"DETACH {name}")


def _refuse_link(file: Path) -> None:
    if file.is_symlink():
        raise StoreUnavailable(N_("{path} is a link. Let MV_STORE name the file that it leads to."), path=file)


def _keep_to_owner(file: Path) -> None:
    """Let the owner alone read and write a file that exists; a file of another owner stays as it is."""
    with suppress(FileNotFoundError, PermissionError):
        if file.stat().st_mode & OTHERS:
            file.chmod(file.stat().st_mode & ~OTHERS)


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
