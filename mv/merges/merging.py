"""Merging of two records of one person: previewed first, logged for both, and undone where nothing builds on it.

The record that ends keeps its row, for the access log and the claims that refer to it; its numbers and its name find
the record that goes on (:func:`mv.customers.find_by_numbers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mv import audit, customers
from mv.access import Action, Actor
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, NotFound
from mv.merges import execution, records
from mv.merges.plan import Preview, check, plan
from mv.store import Store
from mv.store.engine import Transaction

LOOKS = (Action.VIEW_CUSTOMER, Action.VIEW_GROUPS, Action.VIEW_DOSES)
MERGES = """
    SELECT m.merge_id, m.customer_id, m.merged_customer_id, m.merged_at, m.merged_by,
        (SELECT count(*) FROM merge_row r WHERE r.merge_id = m.merge_id AND r.moved AND r.kind = 'membership')
            AS memberships,
        (SELECT count(*) FROM merge_row r WHERE r.merge_id = m.merge_id AND r.moved AND r.kind = 'dose') AS doses,
        (SELECT count(*) FROM merge_row r WHERE r.merge_id = m.merge_id AND r.moved AND r.kind = 'booking') AS bookings
    FROM merge m JOIN customer c ON c.customer_id = m.customer_id
    WHERE m.undone_at IS NULL AND (c.customer_id = $1 OR c.merged_into = $1) ORDER BY m.merge_id DESC
"""


class PersonDiffers(Conflict):
    """The records have different birth dates or sexes; the user has to confirm that they are one person."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The records have different birth dates or sexes. Nothing was changed."
                " Check them; if they are right, say that it is the same person."
            )
        )


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that was not undone: ``merged`` is the record that ended, ``customer_id`` the one that goes on.

    ``memberships``, ``doses`` and ``bookings`` count the rows that moved; ``merged_at`` is naive UTC. Only a customer's
    latest merge can be undone, ``is_latest``.
    """

    merge_id: int
    customer_id: int
    merged: Customer
    merged_at: datetime
    merged_by: str
    memberships: int
    doses: int
    bookings: int
    is_latest: bool


def preview(store: Store, actor: Actor, keep_id: int, merged_id: int) -> Preview:
    """Return a preview of merging the record ``merged_id`` into ``keep_id``; a look at both is logged.

    Raises Invalid when they are one record, Conflict when one of them was merged already and when they cannot be
    merged, NotFound, and OtherUnit when the actor has no care relation with one of them.
    """

    def work(tx: Transaction) -> Preview:
        for action in LOOKS:
            audit.record_look(tx, store.now(), actor, action, [keep_id, merged_id])
        return _plan(tx, keep_id, merged_id)

    return audit.perform(store, actor, Action.MERGE_CUSTOMERS, work)


def merge(store: Store, actor: Actor, seen: Preview, *, same_person: bool = False) -> Customer:
    """Merge two records as the preview shows, and return the customer that goes on.

    Raises what :func:`preview` raises, PersonDiffers unless ``same_person`` confirms that they are one person, and
    Conflict when a preview of now differs from the one that was seen.
    """

    def work(tx: Transaction) -> Customer:
        at = store.now()
        both = [seen.keep.customer_id, seen.merged.customer_id]
        _refuse_merged(tx, *both)
        customers.lock(tx, at, actor, both)
        now = _plan(tx, *both)
        if now != seen:
            raise Conflict(
                N_("One of the records was changed meanwhile. They are shown as they are now; nothing was merged.")
            )
        if now.may_be_two_people and not same_person:
            raise PersonDiffers
        execution.execute(tx, at, actor, now)
        (kept,) = customers.read(tx, [seen.keep.customer_id])
        return kept

    return audit.perform(store, actor, Action.MERGE_CUSTOMERS, work)


def of_customer(store: Store, actor: Actor, customer_id: int) -> list[Merge]:
    """Return the merges into the customer's record, also by way of others, the latest first; the look is logged.

    Raises OtherUnit when the actor has no care relation with the customer.
    """

    def work(tx: Transaction) -> list[Merge]:
        rows = tx.rows(MERGES, customer_id)
        people = {row["merged_customer_id"] for row in rows}
        audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, [customer_id, *people])
        by_id = {person.customer_id: person for person in customers.read(tx, people)}
        own = [row["merge_id"] for row in rows if row["customer_id"] == customer_id]
        latest = max(own, default=None)
        return [
            Merge(merged=by_id[row.pop("merged_customer_id")], is_latest=row["merge_id"] == latest, **row)
            for row in rows
        ]

    return audit.perform(store, actor, Action.VIEW_CUSTOMER, work, customer_id)


def _plan(tx: Transaction, keep_id: int, merged_id: int) -> Preview:
    if keep_id == merged_id:
        raise Invalid(N_("That is the same record. Choose another one."))
    _refuse_merged(tx, keep_id, merged_id)
    found = plan(records.read(tx, keep_id), records.read(tx, merged_id))
    check(found)
    return found


def _refuse_merged(tx: Transaction, *customer_ids: int) -> None:
    for customer_id in customer_ids:
        row = tx.row("SELECT merged_into FROM customer WHERE customer_id = $1", customer_id)
        if row is None:
            raise NotFound(N_("The customer does not exist. Search for the customer anew."))
        if row["merged_into"] is not None:
            raise Conflict(N_("One of the records was merged into another already. Open the customer anew."))
