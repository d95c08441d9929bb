"""The interface of a database: transactions, rows, batches, and the errors that are worth a new attempt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pyarrow as pa

from mv.errors import N_, StoreUnavailable

Row = dict[str, Any]

CAUGHT_INSIDE = "a statement failed and its error was caught inside the transaction"
"""Raised instead of a commit, since both databases would roll back and say nothing."""


class Transaction(ABC):
    """An open transaction. It ends with the ``with`` or the ``work`` that it was handed to."""

    @abstractmethod
    def rows(self, sql: str, *params: object) -> list[Row]:
        """Run ``sql`` and return every row, by column name."""

    @abstractmethod
    def execute(self, sql: str, *params: object) -> None:
        """Run ``sql`` for its effect. Without parameters it may hold several statements."""

    @abstractmethod
    def load(self, table: str, rows: pa.Table) -> None:
        """Append ``rows`` to ``table``; its columns are named as the table's."""

    def row(self, sql: str, *params: object) -> Row | None:
        """Run ``sql`` and return its first row, or None where it gives none."""
        return next(iter(self.rows(sql, *params)), None)

    def rows_in(self, sql: str, ids: Collection[int] | Collection[str], *params: object) -> list[Row]:
        """Run ``sql``, which selects by ``= ANY($1)``, for any number of ``ids``, and return every row.

        Without ids nothing runs. The other ``params`` are ``$2`` and on. PostgreSQL finds, and locks, the rows of a key
        in its order; mv/store/duckdb.py says what was measured there.
        """
        return self.rows(sql, list(ids), *params) if ids else []

    def next_ids(self, sequence: str, count: int) -> list[int]:
        """Draw ``count`` ids from ``sequence``, ascending; no other transaction gets any of them."""
        rows = self.rows(f"SELECT nextval('{sequence}') AS id FROM generate_series(1, $1)", count) if count else []
        return sorted(row["id"] for row in rows)


class Engine(Protocol):
    """An open database."""

    url: str
    dialect: str

    def transaction(self, *, one_state: bool = False) -> AbstractContextManager[Transaction]:
        """Begin a transaction; commit at the end, roll back where anything was raised.

        With ``one_state`` it only reads, and no query sees what was committed after the first; without, it may write,
        and what its queries see is up to the database.
        """

    def batches(self, sql: str, *params: object) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run ``sql`` and hand out its rows as Arrow batches, in bounded memory."""

    def lock_schema(self, tx: Transaction) -> None:
        """Keep other processes from changing the schema until ``tx`` ends."""

    def lost_race(self, error: Exception) -> bool:
        """Return whether ``error`` says that another transaction was first, so that a new attempt makes sense."""

    def close(self) -> None:
        """Close the database."""


def to_table(schema: pa.Schema, objects: Sequence[object], **columns: Sequence[object]) -> pa.Table:
    """Return a row for each of ``objects``, to load: each field comes from ``columns``, else from their attributes."""
    return pa.table(
        {
            name: columns[name] if name in columns else [getattr(each, name) for each in objects]
            for name in schema.names
        },
        schema=schema,
    )


def disk_full() -> StoreUnavailable:
    """Return the error for a database that has no room left."""
    return StoreUnavailable(N_("The disk of the store is full. Nothing was saved; make room on it and try again."))
