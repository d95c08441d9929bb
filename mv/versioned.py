"""Rows that several people may change: changed only as they were seen, and never two at a time for one customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from mv import customers
from mv.access import Actor
from mv.clock import to_local
from mv.errors import Conflict, NotFound
from mv.store.engine import Row, Transaction

ROWS_AT_ONCE = 500
"""In one query."""


@dataclass(frozen=True, slots=True)
class VersionedTable:
    """A table whose rows have a version, and the table ``<table>_change`` that keeps what each change left.

    ``missing`` says that a row is not there; ``changed`` says that ``{who}`` changed it at ``{time}``.
    """

    table: str
    columns: str
    missing: str
    changed: str


def hold(
    tx: Transaction, at: datetime, actor: Actor, kind: VersionedTable, row_id: int, seen_version: int
) -> tuple[Row, date]:
    """Keep other changes of the row's customer waiting until ``tx`` ends; return the row and the birth date.

    Raises NotFound, OtherUnit when the customer is none that the actor has to do with, and Conflict when
    someone else changed the row since ``seen_version``.
    """
    return lock(tx, at, actor, kind, {row_id: seen_version})[0]


def lock(
    tx: Transaction, at: datetime, actor: Actor, kind: VersionedTable, seen_versions: Mapping[int, int]
) -> list[tuple[Row, date]]:
    """Do what :func:`hold` does for each of these rows, by their ids, and return them in that order."""
    found = _read(tx, kind, seen_versions)
    if len(found) < len(seen_versions):
        raise NotFound(kind.missing)
    held = customers.lock(tx, at, actor, {row["customer_id"] for row in found.values()})
    now = _read(tx, kind, seen_versions)
    for row_id, seen_version in seen_versions.items():
        row = now.get(row_id)
        # Another's now: it was moved meanwhile, by a merging that was undone.
        if row is None or row["customer_id"] != found[row_id]["customer_id"]:
            raise NotFound(kind.missing)
        if row["version"] != seen_version:
            raise changed_meanwhile(tx, kind, row_id)
    return [(now[row_id], held[now[row_id]["customer_id"]].birth_date) for row_id in seen_versions]


def update(
    tx: Transaction, kind: VersionedTable, types: Mapping[str, str], rows: Sequence[tuple[int, int, Sequence[object]]]
) -> list[Row]:
    """Write rows whose customers are held, each one version on, and return them as they are now, in the same order.

    Of each is given its id, the version that was seen, and the values of the columns in ``types``, which names their
    SQL types. Raises Conflict when a row has another version.
    """
    sets = ", ".join(f"{column} = new_{column}" for column in types)
    names = ", ".join(("row_id", "seen_version", *(f"new_{column}" for column in types)))
    casts = ("BIGINT", "INTEGER", *types.values())
    written: dict[int, Row] = {}
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        number = count(1)
        places = ", ".join(f"({', '.join(f'${next(number)}::{cast}' for cast in casts)})" for _ in some)
        sql = f"""
            UPDATE {kind.table} SET {sets}, version = version + 1 FROM (VALUES {places}) AS new_rows ({names})
            WHERE {kind.table}_id = row_id AND version = seen_version RETURNING {kind.columns}
        """
        found = tx.rows(sql, *(value for row_id, seen, values in some for value in (row_id, seen, *values)))
        written |= {row[f"{kind.table}_id"]: row for row in found}
    for row_id, _, _ in rows:
        if row_id not in written:
            raise changed_meanwhile(tx, kind, row_id)
    return [written[row_id] for row_id, _, _ in rows]


def _read(tx: Transaction, kind: VersionedTable, row_ids: Collection[int]) -> dict[int, Row]:
    ids = sorted(row_ids)
    found: dict[int, Row] = {}
    for first in range(0, len(ids), ROWS_AT_ONCE):
        some = ids[first : first + ROWS_AT_ONCE]
        places = ", ".join(f"${n}" for n in range(1, len(some) + 1))
        sql = f"SELECT {kind.columns} FROM {kind.table} WHERE {kind.table}_id IN ({places})"
        found |= {row[f"{kind.table}_id"]: row for row in tx.rows(sql, *some)}
    return found


def changed_meanwhile(tx: Transaction, kind: VersionedTable, row_id: int) -> Conflict:
    """Return the error that says who changed the row last, and when."""
    last = tx.rows(
        f"SELECT changed_by, changed_at FROM {kind.table}_change WHERE {kind.table}_id = $1"
        " ORDER BY version DESC LIMIT 1",
        row_id,
    )[0]
    return Conflict(kind.changed, who=last["changed_by"], time=f"{to_local(last['changed_at']):%Y-%m-%d %H:%M}")
