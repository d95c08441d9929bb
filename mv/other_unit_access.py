"""Access to another unit's customer: for a reason, for a limited time, and marked in the access log.

The table is called ``crossing``: DuckDB renames neither sequences nor the columns of a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mv import audit
from mv.access import Action, Actor, Blocked, is_blocked
from mv.errors import N_, Conflict, Invalid, NotFound
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import clean_note

MAX_NOTE_LENGTH = 200
FIND = """
    SELECT live.customer_id, live.unit_id, COALESCE(u.name, live.unit_id) AS unit_name FROM customer c
    JOIN customer live ON live.customer_id = COALESCE(c.merged_into, c.customer_id)
    LEFT JOIN unit u ON u.unit_id = live.unit_id WHERE c.customer_id = $1
"""
"""The live record of a customer: of one that was merged into another, that other one."""
COLUMNS = "crossing_id AS access_id, user_id, unit_id, customer_id, reason, note, opened_at, expires_at"


class OpeningReason(StrEnum):
    """The reason for opening another unit's customer."""

    VACCINATED_HERE = "vaccinated_here"
    CORRECTION = "correction"
    ASKED_BY_CUSTOMER = "asked_by_customer"
    EMERGENCY = "emergency"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OtherUnitAccess:
    """A user's access to one customer of another unit; instants are naive UTC."""

    access_id: int
    user_id: str
    unit_id: str
    customer_id: int
    reason: str
    note: str
    opened_at: datetime
    expires_at: datetime


def open_customer(
    store: Store, actor: Actor, customer_id: int, reason: OpeningReason | None, note: str, lasts: timedelta
) -> OtherUnitAccess:
    """Give the actor access to another unit's customer for the duration ``lasts``, and return the access.

    Raises Invalid when the reason is missing, and for a note that is missing with the reason OTHER or EMERGENCY, is too
    long, or may contain an identity number; Conflict when the customer belongs to one of the actor's units; Blocked for
    any reason but EMERGENCY when the patient has blocked the data (patientdatalagen 4 kap. 4-5 §§); NotFound.
    """

    def work(tx: Transaction) -> OtherUnitAccess:
        at = store.now()
        if reason is None:
            raise Invalid(N_("Choose why you open the customer."))
        text = _clean(note, needed=reason in (OpeningReason.OTHER, OpeningReason.EMERGENCY))
        found = tx.row(FIND, customer_id)
        if found is None:
            raise NotFound(N_("The customer does not exist. Search for the customer anew."))
        if actor.owns(found["unit_id"]):
            raise Conflict(N_("The customer belongs to one of your units already."))
        if reason != OpeningReason.EMERGENCY and is_blocked(tx, actor, customer_id):
            raise Blocked(found["customer_id"], found["unit_name"])
        row = tx.row(
            f"""
            INSERT INTO crossing (user_id, unit_id, customer_id, reason, note, opened_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {COLUMNS}
            """,
            actor.user_id, actor.unit_id, found["customer_id"], reason, text, at, at + lasts,
        )  # fmt: skip
        assert row is not None  # noqa: S101 (an INSERT that returns nothing has raised)
        opened = OtherUnitAccess(**row)
        detail = {"crossing": opened.access_id, "reason": reason, "minutes": int(lasts.total_seconds() // 60)}
        audit.record_customers(tx, at, actor, Action.OPEN_OTHER_UNIT, [(opened.customer_id, detail)])
        return opened

    return audit.perform(store, actor, Action.OPEN_OTHER_UNIT, work, customer_id)


def _clean(note: str, *, needed: bool) -> str:
    text = clean_note(note, MAX_NOTE_LENGTH)
    if needed and not text:
        raise Invalid(N_("Write why you open the customer."))
    return text
