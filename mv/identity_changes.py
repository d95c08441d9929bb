"""Change of identity number: a reserve number that became a personnummer, or one that was mistyped.

The customer stays the same, under the store's own id, and so do groups, doses, bookings and claims; lines that were
claimed keep the number of their day. The old number still finds the customer (:func:`mv.customers.of_number`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from mv import audit, customers, identity
from mv.access import Action, Actor
from mv.customers import COLUMNS, EARLIER, Customer
from mv.errors import N_, Conflict, Invalid
from mv.identity import Identity
from mv.store import Store
from mv.store.engine import Transaction

FIRST_DAY = """
    SELECT min(day) AS day FROM (
        SELECT valid_from AS day FROM membership WHERE customer_id = $1 AND ended_reason IS DISTINCT FROM 'wrong'
        UNION ALL SELECT given_on FROM dose WHERE customer_id = $1 AND withdrawn_at IS NULL
    ) AS days
"""


class OtherBirthDate(Conflict):
    """The number gives another birth date than the customer has: whoever means it says so."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The number gives another birth date than the customer has. Nothing was changed."
                " Check the number; if it is right, say that it is the same person."
            )
        )


@dataclass(frozen=True, slots=True)
class Earlier:
    """A number that a customer had, and when (naive UTC) and by whom it was changed."""

    number: str = field(repr=False)
    changed_at: datetime
    changed_by: str


def earlier(store: Store, actor: Actor, customer_id: int) -> list[Earlier]:
    """Return the numbers that the customer had, the latest first; one that was changed back is not among them.

    Raises OtherUnit when the customer is none that the actor has to do with.
    """
    sql = f"SELECT * FROM ({EARLIER}) had WHERE customer_id = $1 ORDER BY changed_at DESC"

    def work(tx: Transaction) -> list[Earlier]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, [customer_id])
        rows = tx.rows(sql, customer_id)
        return [Earlier(row["old_identity"], row["changed_at"], row["changed_by"]) for row in rows]

    return audit.perform(store, actor, Action.VIEW_CUSTOMER, work, customer_id)


def change(
    store: Store, actor: Actor, customer_id: int, number: str, seen: str, *, other_birth_date: bool = False
) -> Customer:
    """Give the customer, who was seen with the number ``seen``, another number, and return the customer with it.

    Birth date and sex become those that the number holds; what it does not hold stays. Raises Invalid for a wrong
    number, OtherBirthDate unless ``other_birth_date`` says that it is the same person all the same, and Conflict when
    the number is this customer's or another's, when it was changed since it was seen, and when there are groups or
    doses from before the birth date; NotFound, and OtherUnit when the actor has nothing to do with the customer.
    """

    def work(tx: Transaction) -> Customer:
        at = store.now()
        birth_date = customers.hold(tx, at, actor, customer_id)
        (now,) = tx.rows("SELECT identity, identity_kind FROM customer WHERE customer_id = $1", customer_id)
        if now["identity"] != seen:
            raise Conflict(N_("Somebody changed the number meanwhile. It is shown as it is now; nothing was changed."))
        person = identity.parse(number, store.today())
        _refuse_taken(tx, customer_id, person, seen)
        born = person.birth_date or birth_date
        if born != birth_date and not other_birth_date:
            raise OtherBirthDate
        (first,) = tx.rows(FIRST_DAY, customer_id)
        if first["day"] is not None and first["day"] < born:
            raise Conflict(
                N_(
                    "The customer has groups or doses from before the birth date that the number gives."
                    " Nothing was changed; check the number, or correct these first."
                )
            )
        _keep(tx, at, actor, customer_id, seen, person)
        audit.record(
            tx, at, actor, Action.CHANGE_IDENTITY, customer_id, before=now["identity_kind"], number_kind=person.kind
        )
        return _update(tx, customer_id, person, born)

    return audit.perform(store, actor, Action.CHANGE_IDENTITY, work, customer_id)


def _refuse_taken(tx: Transaction, customer_id: int, person: Identity, seen: str) -> None:
    if person.number == seen:
        raise Invalid(N_("The customer has this number already."))
    other = customers.of_number(tx, person.number)
    if other and other.customer_id != customer_id:
        raise Conflict(
            N_(
                "Another customer is registered with this number; nothing was changed. If it is the same person, there"
                " are two records of one person. They cannot be merged here yet; the page Checks shows what may be"
                " paid twice."
            )
        )


def _keep(tx: Transaction, at: datetime, actor: Actor, customer_id: int, old: str, person: Identity) -> None:
    tx.execute(
        """
        INSERT INTO identity_change (customer_id, version, old_identity, new_identity, changed_at, changed_by)
        SELECT $1, 1 + count(*), $2, $3, $4, $5 FROM identity_change WHERE customer_id = $1
        """,
        customer_id, old, person.number, at, actor.user_id,
    )  # fmt: skip


def _update(tx: Transaction, customer_id: int, person: Identity, born: date) -> Customer:
    row = tx.row(
        f"""
        UPDATE customer SET identity = $2, identity_kind = $3, birth_date = $4, sex = COALESCE($5, sex)
        WHERE customer_id = $1 RETURNING {COLUMNS}
        """,
        customer_id, person.number, person.kind, born, person.sex,
    )  # fmt: skip
    assert row is not None  # noqa: S101 (the transaction holds the customer)
    tx.execute(
        "UPDATE customer_name SET identity = $2, birth_date = $3 WHERE customer_id = $1",
        customer_id, person.number, born,
    )  # fmt: skip
    return Customer(**row)
