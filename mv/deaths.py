"""Deaths of customers: registered with their day, and taken back. Groups and doses stay as they are."""

from __future__ import annotations

from datetime import date

from mv import audit, customers
from mv.access import Action, Actor
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Transaction

REGISTERED_DAYS = """
    SELECT min(day) AS first, max(day) AS last FROM (
        SELECT given_on AS day FROM dose WHERE customer_id = $1 AND withdrawn_at IS NULL
        UNION ALL SELECT valid_from FROM membership WHERE customer_id = $1 AND ended_reason IS DISTINCT FROM 'wrong'
    ) AS days
"""


def refuse_after(deceased_on: date | None, day: date) -> None:
    """Raise Conflict when ``day`` is after the day of death."""
    if deceased_on is not None and day > deceased_on:
        raise Conflict(
            N_("The customer died on {day}. Nothing can be registered for a later day."),
            field="valid_from",
            day=deceased_on,
        )


def registered_days(tx: Transaction, customer_id: int) -> tuple[date | None, date | None]:
    """Return the first and the last of the days on which the customer's doses were given and groups begin.

    Doses that were withdrawn and groups that were wrong are left out; None twice where there are no others.
    """
    (days,) = tx.rows(REGISTERED_DAYS, customer_id)
    return days["first"], days["last"]


def record(store: Store, actor: Actor, customer_id: int, deceased_on: date | None) -> None:
    """Register the day on which the customer died; None takes it back.

    Raises Invalid for a day before birth or after today, Conflict when a dose or the start of a group is later,
    NotFound, and OtherUnit when the actor has no care relation with the customer.
    """

    def work(tx: Transaction) -> None:
        at = store.now()
        birth_date = customers.lock(tx, at, actor, [customer_id])[customer_id].birth_date
        if deceased_on is not None:
            if deceased_on > store.today():
                raise Invalid(N_("The day of death cannot be after today, {today}."), today=store.today())
            if deceased_on < birth_date:
                raise Invalid(N_("The customer cannot have died before being born."))
            latest = registered_days(tx, customer_id)[1]
            if latest is not None and latest > deceased_on:
                raise Conflict(
                    N_(
                        "A group or a dose of the customer is from a later day, {day}. Check the day; if it is right,"
                        " correct these first."
                    ),
                    day=latest,
                )
        for table in ("customer", "customer_name"):
            tx.execute(f"UPDATE {table} SET deceased_on = $2 WHERE customer_id = $1", customer_id, deceased_on)
        audit.record_customers(tx, at, actor, Action.RECORD_DEATH, [(customer_id, {"died": deceased_on is not None})])

    audit.perform(store, actor, Action.RECORD_DEATH, work, customer_id)
