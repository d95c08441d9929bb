"""Vaccinations: doses, registered with the group that counts, corrected and withdrawn, with a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

import pyarrow as pa

from mv import audit, catalogue, customers, deaths, memberships
from mv.access import Action, Actor, require_unit
from mv.batches import batch as batch_rows
from mv.batches import receiving, usage
from mv.batches.batch import BatchKey, clean_number
from mv.catalogue import Catalogue
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid
from mv.memberships import Membership
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import clean_note, with_hyphens
from mv.versioned import VersionedTable

Shown = TypeVar("Shown")
GroupCodes = tuple[str | None, str | None]
"""Codes of a group and a subgroup; None twice where no group counts."""

LONGEST_REASON = 200
MAX_DOSE_NUMBER = 99
"""The highest dose number that the national vaccination register accepts."""


class WithdrawReason(StrEnum):
    """The reason for withdrawing a dose."""

    ENTERED_BY_MISTAKE = "entered_by_mistake"
    WRONG_PERSON = "wrong_person"


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose that was given, with the group that counts for its payment; instants are naive UTC.

    Nothing is paid for a dose given ``abroad``, and its batch may be unknown, an empty text. ``completed_at`` is the
    instant of the last change of product, day or group, from which the time limit of the payment counts. ``reason``
    says why the dose is right although something about it was unusual.
    """

    dose_id: int
    customer_id: int
    product_code: str
    batch_number: str
    dose_number: int
    given_on: date
    unit_id: str
    membership_id: int | None
    group_code: str | None
    subgroup_code: str | None
    abroad: bool
    registered_at: datetime
    registered_by: str
    completed_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None
    version: int
    reason: str | None = None

    def require_not_withdrawn(self) -> None:
        """Raise Conflict when the dose is withdrawn."""
        if self.withdrawn_at is not None:
            raise Conflict(N_("The dose is withdrawn already."))

    def as_withdrawn(self, at: datetime, user_id: str, reason: WithdrawReason) -> Dose:
        """Return the dose as withdrawn. Raises Conflict when it is already."""
        self.require_not_withdrawn()
        return replace(self, withdrawn_at=at, withdrawn_by=user_id, withdrawn_reason=reason)


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a dose in its history; version 1 is the dose as it was registered."""

    dose_id: int
    version: int
    change: str
    changed_at: datetime
    changed_by: str
    product_code: str
    batch_number: str
    dose_number: int
    given_on: date
    unit_id: str
    group_code: str | None
    subgroup_code: str | None
    abroad: bool
    withdrawn_reason: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of a dose that a coordinator fills in; ``membership_id`` is the membership that counts.

    It is None when no group applies, when one does and ``without_group`` is set, and for a dose given ``abroad``. A
    dose keeps the group that its membership had, whatever became of that since, unless ``group_anew`` is set.
    ``reason`` is for what is unusual about the dose, such as one given a short while ago.
    """

    product_code: str | None
    batch_number: str
    dose_number: int
    given_on: date
    unit_id: str
    membership_id: int | None
    without_group: bool = False
    group_anew: bool = False
    abroad: bool = False
    reason: str = ""


TABLE = VersionedTable(
    "dose",
    Dose,
    Change,
    {
        **dict.fromkeys(("dose_id", "customer_id", "membership_id"), pa.int64()),
        **dict.fromkeys(("product_code", "batch_number", "unit_id", "group_code", "subgroup_code"), pa.string()),
        **dict.fromkeys(("dose_number", "version"), pa.int32()),
        "given_on": pa.date32(),
        "abroad": pa.bool_(),
        **dict.fromkeys(("registered_at", "completed_at", "withdrawn_at"), pa.timestamp("us")),
        **dict.fromkeys(("registered_by", "withdrawn_by", "withdrawn_reason", "reason"), pa.string()),
    },
    missing=N_("The dose does not exist. Open the customer anew."),
    changed=N_("{who} changed this dose at {time}. It is shown as it is now; nothing was overwritten."),
)
COLUMNS = TABLE.columns


def of_customer(store: Store, actor: Actor, customer_id: int) -> list[Dose]:
    """Return the customer's doses, withdrawn ones too, the latest given first."""
    return _look(store, actor, customer_id, read)


def changes(store: Store, actor: Actor, customer_id: int) -> list[Change]:
    """Return every change of the customer's doses, the latest first."""
    return _look(store, actor, customer_id, TABLE.history)


def _look(
    store: Store, actor: Actor, customer_id: int, read_rows: Callable[[Transaction, int], list[Shown]]
) -> list[Shown]:
    def work(tx: Transaction) -> list[Shown]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_DOSES, [customer_id])
        return read_rows(tx, customer_id)

    return audit.perform(store, actor, Action.VIEW_DOSES, work, customer_id)


def next_dose_number(doses: list[Dose], atc_by_product: dict[str, str], atc: str, day: date) -> int:
    """Return the likely number of a dose with the code ``atc`` given on ``day``.

    Of vaccines against influenza (J07BB), which are seasonal, only doses since the season's start on 1 July count.
    """
    season = date(day.year if day.month >= 7 else day.year - 1, 7, 1)
    earlier = [
        dose
        for dose in doses
        if dose.withdrawn_at is None and dose.given_on <= day and atc_by_product.get(dose.product_code) == atc
    ]
    if atc.startswith("J07BB"):
        earlier = [dose for dose in earlier if dose.given_on >= season]
    return min(len(earlier) + 1, MAX_DOSE_NUMBER)


def register(store: Store, actor: Actor, customer_id: int, entry: Entry) -> Dose:
    """Register a dose, with the codes of the group that counts, and return it.

    Raises Invalid for a wrong field, Forbidden for a unit that is not the actor's own, Conflict when the same product
    is registered for that day and for a day after the customer's death; NotFound, and OtherUnit when the actor has no
    care relation with the customer.
    """

    def work(tx: Transaction) -> Dose:
        at = store.now()
        customer = customers.lock(tx, at, actor, [customer_id])[customer_id]
        check(catalogue.read(tx), entry, customer.birth_date, store.today())
        deaths.refuse_after(customer.deceased_on, entry.given_on)
        require_unit(actor, entry.unit_id)
        refuse_duplicate(read(tx, customer_id), entry)
        _check_batch(tx, entry)
        group = counting_group(memberships.read(tx, customer_id), entry)
        return insert(tx, at, actor, [(customer_id, entry, group)])[0]

    return audit.perform(store, actor, Action.REGISTER_DOSE, work, customer_id)


def insert(tx: Transaction, at: datetime, actor: Actor, entries: Sequence[tuple[int, Entry, GroupCodes]]) -> list[Dose]:
    """Insert a dose for each customer id, entry and group, in the open transaction, and return them in the same order.

    The caller has checked them: see :func:`check`, :func:`refuse_duplicate` and :func:`counting_group`.
    """
    new = [
        Dose(
            dose_id=dose_id,
            customer_id=customer_id,
            product_code=entry.product_code or "",
            batch_number=with_hyphens(entry.batch_number),
            dose_number=entry.dose_number,
            given_on=entry.given_on,
            unit_id=entry.unit_id,
            membership_id=entry.membership_id,
            group_code=group[0],
            subgroup_code=group[1],
            abroad=entry.abroad,
            registered_at=at,
            registered_by=actor.user_id,
            completed_at=at,
            withdrawn_at=None,
            withdrawn_by=None,
            withdrawn_reason=None,
            version=1,
            reason=clean_note(entry.reason, LONGEST_REASON) or None,
        )
        for dose_id, (customer_id, entry, group) in zip(tx.next_ids("dose_seq", len(entries)), entries, strict=True)
    ]
    receiving.remember(
        tx, at, actor, {(dose.product_code, dose.batch_number): dose.unit_id for dose in new if not dose.abroad}
    )
    TABLE.insert(tx, at, actor, Action.REGISTER_DOSE, "registered", new)
    return new


def correct(store: Store, actor: Actor, dose_id: int, seen_version: int, entry: Entry) -> Dose:
    """Correct a dose and return it; the version before stays in its history.

    Raises what :func:`register` raises, and Conflict when the dose is withdrawn or was changed by someone
    else since ``seen_version``.
    """

    def change(tx: Transaction, now: Dose, customer: Customer) -> Dose:
        now.require_not_withdrawn()
        check(catalogue.read(tx), entry, customer.birth_date, store.today(), was=now)
        deaths.refuse_after(customer.deceased_on, entry.given_on)
        if entry.unit_id != now.unit_id:
            require_unit(actor, entry.unit_id)
        refuse_duplicate(read(tx, now.customer_id), entry, but=dose_id)
        if not keeps_batch(now, entry):
            _check_batch(tx, entry)
            receiving.remember(tx, store.now(), actor, {} if entry.abroad else {_batch_key(entry): entry.unit_id})
        group = counting_group(memberships.read(tx, now.customer_id), entry, now)
        return replace(
            now,
            product_code=entry.product_code or "",
            batch_number=with_hyphens(entry.batch_number),
            dose_number=entry.dose_number,
            given_on=entry.given_on,
            unit_id=entry.unit_id,
            membership_id=entry.membership_id,
            group_code=group[0],
            subgroup_code=group[1],
            abroad=entry.abroad,
            reason=clean_note(entry.reason, LONGEST_REASON) or now.reason,
            completed_at=store.now() if changes_payment_basis(now, entry, group) else now.completed_at,
        )

    return TABLE.perform(store, actor, Action.CORRECT_DOSE, "corrected", dose_id, seen_version, change)


def withdraw(store: Store, actor: Actor, dose_id: int, seen_version: int, reason: WithdrawReason) -> Dose:
    """Withdraw a dose that was not given, or not to this customer, and return it.

    Raises Conflict when it is withdrawn already or was changed since ``seen_version``, NotFound.
    """

    def change(tx: Transaction, now: Dose, customer: Customer) -> Dose:
        return now.as_withdrawn(store.now(), actor.user_id, reason)

    return TABLE.perform(store, actor, Action.WITHDRAW_DOSE, "withdrawn", dose_id, seen_version, change)


def read(tx: Transaction, customer_id: int) -> list[Dose]:
    """Return the customer's doses, withdrawn ones too, read in the open transaction, the latest given first."""
    sql = f"SELECT {COLUMNS} FROM dose WHERE customer_id = $1 ORDER BY given_on DESC, dose_id DESC"
    return [Dose(**row) for row in tx.rows(sql, customer_id)]


def check(known: Catalogue, entry: Entry, birth_date: date, today: date, was: Dose | None = None) -> None:
    """Raise Invalid for a wrong field of the entry.

    A product that was not in use is accepted for a dose that ``was`` registered with it, and for one given abroad.
    """
    vaccine = known.vaccines.get(entry.product_code or "")
    if vaccine is None:
        raise Invalid(N_("Choose a vaccine."), field="vaccine")
    if entry.batch_number.strip() or not entry.abroad:
        clean_number(entry.batch_number)
    if not 1 <= entry.dose_number <= MAX_DOSE_NUMBER:
        raise Invalid(N_("The dose number is from 1 to {last}."), field="dose_number", last=MAX_DOSE_NUMBER)
    if entry.unit_id not in known.units:
        raise Invalid(N_("Choose a unit."), field="unit")
    if entry.given_on > today:
        raise Invalid(N_("The dose cannot be given after today, {today}."), field="given_on", today=today)
    if entry.given_on < birth_date:
        raise Invalid(N_("The dose cannot be given before the customer was born."), field="given_on")
    before = was and (was.product_code, was.given_on, was.abroad)
    kept = before == (entry.product_code, entry.given_on, entry.abroad)
    if not entry.abroad and not kept and not catalogue.covers(vaccine, entry.given_on):
        raise Invalid(
            N_("{vaccine} was not in use on {day}. Choose another vaccine or day."),
            field="vaccine",
            vaccine=vaccine.name,
            day=entry.given_on,
        )


def check_again(known: Catalogue, customer: Customer, dose: Dose, doses: Iterable[Dose], today: date) -> None:
    """Raise what :func:`correct` raises for a withdrawn dose of the customer's ``doses`` that is to be valid again."""
    entry = Entry(
        dose.product_code, dose.batch_number, dose.dose_number, dose.given_on, dose.unit_id, dose.membership_id,
        abroad=dose.abroad,
    )  # fmt: skip
    check(known, entry, customer.birth_date, today, was=dose)
    deaths.refuse_after(customer.deceased_on, dose.given_on)
    refuse_duplicate(doses, entry, but=dose.dose_id)


def keeps_batch(was: Dose | None, entry: Entry) -> bool:
    """Return whether the entry leaves the product, the batch and the day of the dose that ``was`` as they were."""
    before = was and (was.product_code, was.batch_number, was.given_on, was.abroad)
    return before == (entry.product_code, with_hyphens(entry.batch_number), entry.given_on, entry.abroad)


def _batch_key(entry: Entry) -> BatchKey:
    return entry.product_code or "", with_hyphens(entry.batch_number)


def _check_batch(tx: Transaction, entry: Entry) -> None:
    """Raise Conflict for a dose after its batch was stopped, Invalid for one that takes a reason and has none."""
    if entry.abroad:
        return
    key = _batch_key(entry)
    known = batch_rows.read_product(tx, key[0])
    usage.refuse_stopped(next((batch for batch in known if batch.key == key), None), entry.given_on)
    if not clean_note(entry.reason, LONGEST_REASON):
        for concern in usage.ask(key, entry.given_on, known).values():
            raise Invalid(N_("{concern} Write why it is right; nothing was saved."), field="batch", concern=concern)


def refuse_duplicate(doses: Iterable[Dose], entry: Entry, but: int | None = None) -> None:
    """Raise Conflict when one of ``doses`` other than ``but`` is of the same product and day."""
    for dose in doses:
        same = (dose.product_code, dose.given_on) == (entry.product_code, entry.given_on)
        if same and dose.withdrawn_at is None and dose.dose_id != but:
            raise Conflict(
                N_("This vaccine is registered for {day} already. Nothing was saved."),
                field="vaccine",
                day=entry.given_on,
            )


def counting_group(rows: Iterable[Membership], entry: Entry, was: Dose | None = None) -> GroupCodes:
    """Return the codes of the group and subgroup, of the customer's ``rows``, that count for the dose.

    A dose that ``was`` registered keeps its codes when membership, day and ``abroad`` are unchanged. Raises Invalid
    when a group applies and none was chosen, and for a group with a dose given abroad; Conflict when the chosen one
    does not apply on the day.
    """
    same = was and (was.membership_id, was.given_on, was.abroad) == (entry.membership_id, entry.given_on, entry.abroad)
    if was and same and not entry.group_anew:
        return was.group_code, was.subgroup_code
    if entry.abroad:
        if entry.membership_id is not None:
            raise Invalid(N_("No group counts for a dose that was given abroad."), field="group")
        return None, None
    applying = memberships.counting_on(rows, entry.given_on)
    if entry.membership_id is None:
        if applying and not entry.without_group:
            raise Invalid(N_("Choose which group counts for the dose, or that none does."), field="group")
        return None, None
    for row in applying:
        if row.membership_id == entry.membership_id:
            return row.group_code, row.subgroup_code
    raise Conflict(
        N_("The chosen group does not apply on {day} any more. Choose again."), field="group", day=entry.given_on
    )


def changes_payment_basis(was: Dose, entry: Entry, group: GroupCodes) -> bool:
    """Return whether a correction changes the basis of the payment: product, day or group."""
    before = (was.product_code, was.given_on, was.group_code, was.subgroup_code)
    return before != (entry.product_code, entry.given_on, *group)
