"""Spärr: a patient's block of a unit's data from other units.

Patientdatalagen (2008:355), chapter 4, 4 §: what a patient has blocked may not be opened from another unit; that there
is a block may be known. 5 §: it is lifted when the patient agrees, and passed over only when the patient cannot be
asked and needs the data for care at once. Here the data are those of the unit that the customer belongs to;
:mod:`mv.access` refuses what is blocked, :mod:`mv.other_unit_access` opens it in an emergency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mv import audit, customers
from mv.access import Action, Actor, require_unit
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import clean_note

MAX_REASON_LENGTH = 200
COLUMNS = "block_id, customer_id, unit_id, reason, set_at, set_by"
FIND = f"""
    SELECT {COLUMNS} FROM unit_block WHERE lifted_at IS NULL AND customer_id IN (
        SELECT customer_id FROM customer WHERE customer_id = $1 OR merged_into = $1
    ) ORDER BY block_id LIMIT 1
"""
"""The block of a customer, also one that was set on a record that was merged into the customer's."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block that holds; ``set_at`` is naive UTC."""

    block_id: int
    customer_id: int
    unit_id: str
    reason: str
    set_at: datetime
    set_by: str


def of_customer(store: Store, actor: Actor, customer_id: int) -> Block | None:
    """Return the customer's block, or None. Raises OtherUnit when the actor has no care relation with the customer."""

    def work(tx: Transaction) -> Block | None:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, [customer_id])
        return _find(tx, customer_id)

    return audit.perform(store, actor, Action.VIEW_CUSTOMER, work, customer_id)


def set_block(store: Store, actor: Actor, customer_id: int, reason: str) -> Block:
    """Block the data of the customer's unit, one of the actor's own, from other units, and return the block.

    Raises Invalid for a reason that is missing, too long, or may hold an identity number; Conflict when there is a
    block already; Forbidden for another unit, NotFound, OtherUnit.
    """

    def work(tx: Transaction) -> Block:
        at, text = store.now(), _clean(reason)
        customer = customers.lock(tx, at, actor, [customer_id])[customer_id]
        require_unit(actor, customer.unit_id)
        if _find(tx, customer_id):
            raise Conflict(N_("The data are blocked already. Nothing was changed."))
        (row,) = tx.rows(
            f"""
            INSERT INTO unit_block (customer_id, unit_id, reason, set_at, set_by)
            VALUES ($1, $2, $3, $4, $5) RETURNING {COLUMNS}
            """,
            customer_id, customer.unit_id, text, at, actor.user_id,
        )  # fmt: skip
        audit.record_customers(tx, at, actor, Action.SET_BLOCK, [(customer_id, {"unit": customer.unit_id})])
        return Block(**row)

    return audit.perform(store, actor, Action.SET_BLOCK, work, customer_id)


def lift_block(store: Store, actor: Actor, customer_id: int, reason: str) -> None:
    """Lift the block of the customer's data at one of the actor's own units; it stays on record.

    Raises Invalid as :func:`set_block`; Conflict when there is no block; Forbidden for another unit, NotFound,
    OtherUnit.
    """

    def work(tx: Transaction) -> None:
        at, text = store.now(), _clean(reason)
        customers.lock(tx, at, actor, [customer_id])
        found = _find(tx, customer_id)
        if found is None:
            raise Conflict(N_("The data are not blocked. Nothing was changed."))
        require_unit(actor, found.unit_id)
        sql = "UPDATE unit_block SET lifted_at = $2, lifted_by = $3, lifted_reason = $4 WHERE block_id = $1"
        tx.execute(sql, found.block_id, at, actor.user_id, text)
        audit.record_customers(tx, at, actor, Action.LIFT_BLOCK, [(customer_id, {"unit": found.unit_id})])

    audit.perform(store, actor, Action.LIFT_BLOCK, work, customer_id)


def _find(tx: Transaction, customer_id: int) -> Block | None:
    row = tx.row(FIND, customer_id)
    return Block(**row) if row else None


def _clean(reason: str) -> str:
    text = clean_note(reason, MAX_REASON_LENGTH)
    if not text:
        raise Invalid(N_("Write why: what the patient has asked for, and when."))
    return text
