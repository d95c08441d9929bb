"""The store: one SQL text on a DuckDB file or a PostgreSQL server.

Numbered parameters (``$1``); a day is DATE, an instant TIMESTAMP in UTC, both passed by the program.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from mv.clock import STOCKHOLM, Clock, system_clock
from mv.errors import N_, Conflict, StoreUnavailable
from mv.store.engine import Engine, Transaction
from mv.store.migrate import MIGRATIONS, migrate

T = TypeVar("T")

DEFAULT_FILE = Path(__file__).parents[2] / "data" / "mv.duckdb"

ATTEMPTS = 5
FIRST_PAUSE = 0.02
"""Seconds that a second attempt waits at least; it may wait twice as long, and each later one twice as long again."""


class Store:
    """An open store: the rows and the clock."""

    def __init__(self, engine: Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock
        self.url = engine.url

    def now(self) -> datetime:
        """Return the instant that it is now, naive UTC as stored."""
        return self._clock().astimezone(UTC).replace(tzinfo=None)

    def today(self) -> date:
        """Return today's date in Stockholm."""
        return self._clock().astimezone(STOCKHOLM).date()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction in which every query sees the same state.

        Raises Conflict in the rare case that what goes on elsewhere ends it early.
        """
        try:
            with self._engine.transaction(one_state=True) as tx:
                yield tx
        except Exception as error:
            if self._engine.lost_race(error):
                raise _lost() from error
            raise

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` in a transaction and return what it returns, once that is committed.

        ``work`` runs again, at most five times in all, when another transaction was first; so it must
        have no effect outside the transaction. Raises Conflict when all attempts lost.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(FIRST_PAUSE * 2 ** (attempt - random.random()))  # noqa: S311 (jitter, no secret)
            try:
                with self._engine.transaction() as tx:
                    return work(tx)
            except Exception as error:
                if not self._engine.lost_race(error):
                    raise
        raise _lost()

    def batches(self, sql: str, *params: object) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run ``sql`` and hand out its rows as Arrow batches, in bounded memory."""
        return self._engine.batches(sql, *params)

    def load(self, tables: Mapping[str, pa.Table]) -> None:
        """Append rows to each table, all or nothing."""

        def work(tx: Transaction) -> None:
            for table, rows in tables.items():
                tx.load(table, rows)

        self.write(work)

    def close(self) -> None:
        """Close the database."""
        self._engine.close()


def _lost() -> Conflict:
    return Conflict(N_("Many people are saving at once. Nothing was saved; try again in a moment."))


def configured_url() -> str:
    """Return where the store is: what the environment variable MV_STORE names, else data/mv.duckdb."""
    return os.environ.get("MV_STORE") or str(DEFAULT_FILE)


def open_store(url: str, clock: Clock = system_clock, migrations: Path = MIGRATIONS) -> Store:
    """Open the store at ``url`` (a path, or ``postgresql://…``), making or upgrading its tables where needed.

    Raises StoreUnavailable, with what to do, when it cannot be opened, was made by a newer version of
    the program, or is no store of this program; nothing is changed then.
    """
    engine: Engine
    if url.startswith(("postgresql://", "postgres://")):
        from mv.store.postgres import PostgresEngine

        engine = PostgresEngine(url)
    elif "://" in url:
        raise StoreUnavailable(N_("MV_STORE names neither a file nor a postgresql:// server. Change it."))
    else:
        from mv.store.duckdb import DuckEngine

        engine = DuckEngine(Path(url), migrations)
    try:
        store = Store(engine, clock)
        migrate(engine, store.now(), migrations)
    except BaseException:
        engine.close()
        raise
    return store
