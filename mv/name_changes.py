"""Corrections of names: one that was broken on its way here, mistyped, or changed by the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mv import audit, customers
from mv.access import Action, Actor
from mv.customers import COLUMNS, Customer
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class EarlierName:
    """An earlier name of a customer, with the instant (naive UTC) and the user of its correction."""

    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    changed_at: datetime
    changed_by: str


def earlier_names(store: Store, actor: Actor, customer_id: int) -> list[EarlierName]:
    """Return the customer's earlier names, the latest first.

    Raises OtherUnit when the actor has no care relation with the customer.
    """

    def work(tx: Transaction) -> list[EarlierName]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, [customer_id])
        sql = """
            SELECT old_given_name AS given_name, old_family_name AS family_name, changed_at, changed_by
            FROM name_change WHERE customer_id = $1 ORDER BY version DESC
        """
        return [EarlierName(**row) for row in tx.rows(sql, customer_id)]

    return audit.perform(store, actor, Action.VIEW_CUSTOMER, work, customer_id)


def change(
    store: Store, actor: Actor, customer_id: int, given_name: str, family_name: str, seen: tuple[str, str]
) -> Customer:
    """Correct the name of a customer who was shown with the given and family name ``seen``, and return the customer.

    The search finds the new name only. Raises Invalid for a wrong name and for the same one, Conflict when the name is
    not ``seen`` any more, NotFound, and OtherUnit when the actor has no care relation with the customer.
    """

    def work(tx: Transaction) -> Customer:
        at = store.now()
        now = customers.lock(tx, at, actor, [customer_id])[customer_id]
        before, new = (
            (now.given_name, now.family_name),
            (customers.clean_name(given_name), customers.clean_name(family_name)),
        )
        if before != seen:
            raise Conflict(N_("Somebody changed the name meanwhile. It is shown as it is now; nothing was changed."))
        if before == new:
            raise Invalid(N_("The customer has this name already."), field="given_name")
        tx.execute(
            """
            INSERT INTO name_change (customer_id, version, old_given_name, old_family_name, changed_at, changed_by)
            SELECT $1, 1 + count(*), $2, $3, $4, $5 FROM name_change WHERE customer_id = $1
            """,
            customer_id, *before, at, actor.user_id,
        )  # fmt: skip
        tx.execute("UPDATE customer SET given_name = $2, family_name = $3 WHERE customer_id = $1", customer_id, *new)
        write_search_keys(tx, customer_id)
        audit.record_customers(tx, at, actor, Action.CHANGE_NAME, [(customer_id, {"change": "corrected"})])
        return customers.read(tx, [customer_id])[0]

    return audit.perform(store, actor, Action.CHANGE_NAME, work, customer_id)


def write_search_keys(tx: Transaction, customer_id: int) -> None:
    """Write the search keys of the customer: of its own name and those of the records that were merged into it.

    A record that was merged into another has none.
    """
    tx.execute("DELETE FROM customer_name WHERE customer_id = $1", customer_id)
    if tx.row("SELECT 1 AS found FROM customer WHERE customer_id = $1 AND merged_into IS NOT NULL", customer_id):
        return
    (customer,) = customers.read(tx, [customer_id])
    merged = tx.rows(
        "SELECT given_name, family_name FROM customer WHERE merged_into = $1 ORDER BY customer_id", customer_id
    )
    names = [(customer.given_name, customer.family_name), *((row["given_name"], row["family_name"]) for row in merged)]
    for key in dict.fromkeys(key for name in names for key in customers.name_keys(*name)):
        tx.execute(
            f"INSERT INTO customer_name (name_key, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            key, customer.customer_id, customer.identity, customer.birth_date,
            customer.given_name, customer.family_name, customer.unit_id, customer.deceased_on,
        )  # fmt: skip
