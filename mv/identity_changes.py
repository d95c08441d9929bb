"""Changes of identity number: from a reserve number to a personnummer, or of a mistyped one.

The customer keeps the store's id, and with it groups, doses, bookings and claims; lines that were claimed keep the
number of their day. The old number still finds the customer (:func:`mv.customers.find_by_numbers`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from mv import audit, customers, deaths, identity
from mv.access import Action, Actor
from mv.customers import COLUMNS, EARLIER_NUMBERS, Customer
from mv.errors import N_, Conflict, Invalid
from mv.identity import Identity
from mv.store import Store
from mv.store.engine import Row, Transaction


class BirthDateDiffers(Conflict):
    """The number gives another birth date than the customer has; the user has to confirm it."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The number gives another birth date than the customer has. Nothing was changed."
                " Check the number; if it is right, say that it is the same person."
            )
        )


class NumberTaken(Conflict):
    """Another customer has or had the number: perhaps two records of one person, to be merged."""

    def __init__(self, customer_id: int) -> None:
        self.customer_id = customer_id
        super().__init__(
            N_(
                "Another customer is registered with this number; nothing was changed. If it is the same person, merge"
                " the two records: then both numbers find it."
            )
        )


@dataclass(frozen=True, slots=True)
class EarlierNumber:
    """An earlier number of a customer, with the instant (naive UTC) and the user of its change.

    ``birth_date`` and ``sex`` are the customer's of that time, None where unknown.
    """

    number: str = field(repr=False)
    changed_at: datetime
    changed_by: str
    birth_date: date | None
    sex: str | None


def earlier_numbers(store: Store, actor: Actor, customer_id: int) -> list[EarlierNumber]:
    """Return the customer's earlier numbers, the latest first, without those that were changed back.

    Raises OtherUnit when the actor has no care relation with the customer.
    """

    def work(tx: Transaction) -> list[EarlierNumber]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, [customer_id])
        return _earlier(tx, customer_id)

    return audit.perform(store, actor, Action.VIEW_CUSTOMER, work, customer_id)


def change(
    store: Store, actor: Actor, customer_id: int, number: str, seen: str, *, other_birth_date: bool = False
) -> Customer:
    """Change the number of a customer who was shown with the number ``seen``, and return the customer.

    Birth date and sex become those that the number gives; one that it does not give stays. Raises Invalid for a wrong
    number, UnclearCentury, BirthDateDiffers unless ``other_birth_date`` confirms the birth date, NumberTaken when
    another customer has or had the number; Conflict when the customer's number is not ``seen`` any more and when a
    group, a dose or the death is before the birth date; NotFound, and OtherUnit when the actor has no care relation
    with the customer.
    """

    def work(tx: Transaction) -> Customer:
        at = store.now()
        now = _lock_as_seen(tx, at, actor, customer_id, seen)
        person = identity.parse(number, store.today())
        customers.refuse_unclear(tx, person)
        _refuse_taken(tx, customer_id, person, seen)
        born = person.birth_date or now["birth_date"]
        if born != now["birth_date"] and not other_birth_date:
            raise BirthDateDiffers
        return _apply(tx, at, actor, now, person, born, person.sex or now["sex"])

    return _perform(store, actor, work, customer_id)


def undo(store: Store, actor: Actor, customer_id: int, seen: str) -> Customer:
    """Undo the last change of number of a customer who was shown with the number ``seen``, and return the customer.

    Birth date and sex become those of that time. Raises Conflict when the customer's number is not ``seen`` any more,
    when there is no earlier number, and when a group, a dose or the death is before the birth date; NumberTaken when
    another customer has the number now, NotFound, and OtherUnit.
    """

    def work(tx: Transaction) -> Customer:
        at = store.now()
        now = _lock_as_seen(tx, at, actor, customer_id, seen)
        before = _earlier(tx, customer_id)
        if not before:
            raise Conflict(N_("The customer has had no other number. Nothing was changed."))
        last = before[0]
        person = identity.parse(last.number, store.today())
        _refuse_taken(tx, customer_id, person, seen)
        born = last.birth_date or person.birth_date or now["birth_date"]
        return _apply(tx, at, actor, now, person, born, last.sex or person.sex or now["sex"])

    return _perform(store, actor, work, customer_id)


def _perform(store: Store, actor: Actor, work: Callable[[Transaction], Customer], customer_id: int) -> Customer:
    """Run a change; that it told of another unit's customer with the number is a refusal in the log."""
    try:
        return audit.perform(store, actor, Action.CHANGE_IDENTITY, work, customer_id)
    except (NumberTaken, customers.UnclearCentury) as error:
        audit.record_known_elsewhere(store, actor, Action.CHANGE_IDENTITY, error.customer_id)
        raise


def _lock_as_seen(tx: Transaction, at: datetime, actor: Actor, customer_id: int, seen: str) -> Row:
    """Lock the customer and return its row. Raises Conflict when its number is not ``seen`` any more."""
    customers.lock(tx, at, actor, [customer_id])
    sql = """
        SELECT customer_id, identity, identity_kind, birth_date, sex, deceased_on FROM customer WHERE customer_id = $1
    """
    (now,) = tx.rows(sql, customer_id)
    if now["identity"] != seen:
        raise Conflict(N_("Somebody changed the number meanwhile. It is shown as it is now; nothing was changed."))
    return now


def _earlier(tx: Transaction, customer_id: int) -> list[EarlierNumber]:
    sql = f"""
        SELECT had.old_identity AS number, had.changed_at, had.changed_by, e.old_birth_date AS birth_date,
            e.old_sex AS sex
        FROM ({EARLIER_NUMBERS}) had
        JOIN identity_change e ON e.customer_id = had.customer_id AND e.version = had.version
        WHERE had.customer_id = $1 ORDER BY had.version DESC
    """
    return [EarlierNumber(**row) for row in tx.rows(sql, customer_id)]


def _refuse_taken(tx: Transaction, customer_id: int, person: Identity, seen: str) -> None:
    if person.number == seen:
        raise Invalid(N_("The customer has this number already."))
    other = customers.find_by_numbers(tx, [person.number]).get(person.number)
    if other and other.customer_id != customer_id:
        raise NumberTaken(other.customer_id)
    if tx.row("SELECT 1 AS found FROM customer WHERE identity = $1", person.number):
        raise Conflict(
            N_(
                "The number is that of a record that was merged into this one, and finds the customer. To have it as"
                " the customer's number, undo the merging and let the other record go on."
            )
        )


def _apply(
    tx: Transaction, at: datetime, actor: Actor, now: Row, person: Identity, born: date, sex: str | None
) -> Customer:
    """Write and log a change of number. Raises Conflict when a group, a dose or the death is before the birth date."""
    customer_id = now["customer_id"]
    if now["deceased_on"] is not None and now["deceased_on"] < born:
        raise Conflict(
            N_(
                "The customer died before the birth date that the number gives. Nothing was changed; check the number,"
                " or correct the day of death first."
            )
        )
    first, _ = deaths.registered_days(tx, customer_id)
    if first is not None and first < born:
        raise Conflict(
            N_(
                "The customer has groups or doses from before the birth date that the number gives."
                " Nothing was changed; check the number, or correct these first."
            )
        )
    _keep_earlier_number(tx, at, actor, now, person)
    detail = {"before": now["identity_kind"], "number_kind": person.kind}
    audit.record_customers(tx, at, actor, Action.CHANGE_IDENTITY, [(customer_id, detail)])
    return _update(tx, customer_id, person, born, sex)


def _keep_earlier_number(tx: Transaction, at: datetime, actor: Actor, now: Row, person: Identity) -> None:
    tx.execute(
        """
        INSERT INTO identity_change
            (customer_id, version, old_identity, new_identity, changed_at, changed_by, old_birth_date, old_sex)
        SELECT $1, 1 + count(*), $2, $3, $4, $5, $6, $7 FROM identity_change WHERE customer_id = $1
        """,
        now["customer_id"], now["identity"], person.number, at, actor.user_id, now["birth_date"], now["sex"],
    )  # fmt: skip


def _update(tx: Transaction, customer_id: int, person: Identity, born: date, sex: str | None) -> Customer:
    row = tx.row(
        f"""
        UPDATE customer SET identity = $2, identity_kind = $3, birth_date = $4, sex = $5
        WHERE customer_id = $1 RETURNING {COLUMNS}
        """,
        customer_id, person.number, person.kind, born, sex,
    )  # fmt: skip
    assert row is not None  # noqa: S101 (the transaction has locked the customer)
    tx.execute(
        "UPDATE customer_name SET identity = $2, birth_date = $3 WHERE customer_id = $1",
        customer_id, person.number, born,
    )  # fmt: skip
    return Customer(**row)
