"""Rows that several people may change: changed only as they were seen, and never two at a time for one customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mv import customers
from mv.access import Actor
from mv.clock import to_local
from mv.errors import Conflict, NotFound
from mv.store.engine import Row, Transaction


@dataclass(frozen=True, slots=True)
class Kind:
    """A table whose rows have a version, and the table ``<table>_change`` that keeps what each change left.

    ``missing`` says that a row is not there; ``changed`` says that ``{who}`` changed it at ``{time}``.
    """

    table: str
    columns: str
    missing: str
    changed: str


def hold(tx: Transaction, at: datetime, actor: Actor, kind: Kind, row_id: int, seen_version: int) -> tuple[Row, date]:
    """Keep other changes of the row's customer waiting until ``tx`` ends; return the row and the birth date.

    Raises NotFound, OtherUnit when the customer is none that the actor has to do with, and Conflict when
    someone else changed the row since ``seen_version``.
    """
    sql = f"SELECT {kind.columns} FROM {kind.table} WHERE {kind.table}_id = $1"
    found = tx.row(sql, row_id)
    if found is None:
        raise NotFound(kind.missing)
    birth_date = customers.hold(tx, at, actor, found["customer_id"])
    now = tx.row(sql, row_id)
    if now is None or now["version"] != seen_version:
        raise changed_meanwhile(tx, kind, row_id)
    return now, birth_date


def changed_meanwhile(tx: Transaction, kind: Kind, row_id: int) -> Conflict:
    """Return the error that says who changed the row last, and when."""
    last = tx.rows(
        f"SELECT changed_by, changed_at FROM {kind.table}_change WHERE {kind.table}_id = $1"
        " ORDER BY version DESC LIMIT 1",
        row_id,
    )[0]
    return Conflict(kind.changed, who=last["changed_by"], time=f"{to_local(last['changed_at']):%Y-%m-%d %H:%M}")
