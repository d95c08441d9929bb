"""Bookings made, moved and cancelled, with their history. A booking is its unit's to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pyarrow as pa

from mv import audit, catalogue, customers, deaths, identity
from mv.access import Action, Actor, require_unit
from mv.bookings import STANDING, BookingState
from mv.catalogue import Catalogue
from mv.clock import to_local
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, NotFound
from mv.store import Store
from mv.store.engine import Transaction
from mv.versioned import VersionedTable

MOST_DAYS_AHEAD = 731


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A row of the table; instants are naive UTC. ``booked_by`` is None of the oldest ones."""

    booking_id: int
    customer_id: int
    unit_id: str
    starts_at: datetime
    product_code: str
    state: str
    booked_at: datetime
    booked_by: str | None
    version: int

    @property
    def standing(self) -> bool:
        """Whether the customer is expected."""
        return self.state == BookingState.BOOKED


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a booking in its history; version 1 is the booking as it was made."""

    booking_id: int
    version: int
    change: str
    changed_at: datetime
    changed_by: str
    unit_id: str
    starts_at: datetime
    product_code: str
    state: str


class UnknownNumber(NotFound):
    """No customer has or had the identity number."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a booking is for: the unit, the instant (naive UTC) and the vaccine."""

    unit_id: str
    starts_at: datetime
    product_code: str

    @property
    def local_day(self) -> date:
        """The day in Stockholm."""
        return to_local(self.starts_at).date()


TABLE = VersionedTable(
    "booking",
    BookingRow,
    Change,
    {
        **dict.fromkeys(("booking_id", "customer_id"), pa.int64()),
        **dict.fromkeys(("unit_id", "product_code", "state", "booked_by"), pa.string()),
        **dict.fromkeys(("starts_at", "booked_at"), pa.timestamp("us")),
        "version": pa.int32(),
    },
    missing=N_("The booking does not exist. Open the day anew."),
    changed=N_("{who} changed this booking at {time}. It is shown as it is now; nothing was overwritten."),
    of_own_rows=True,
)
OF_CUSTOMERS = f"""
    SELECT {TABLE.columns} FROM booking WHERE customer_id = ANY($1) AND {STANDING} ORDER BY booking_id
"""


def book(store: Store, actor: Actor, customer_id: int, entry: Entry) -> BookingRow:
    """Book a time for the customer at one of the actor's own units and return the booking.

    Raises Invalid for a day that is over or too far ahead and for a vaccine or unit that is not in use then, Conflict
    when the customer has the same booking already, or has died before; Forbidden for another unit, NotFound, OtherUnit.
    """

    def work(tx: Transaction) -> BookingRow:
        return _book(tx, store.now(), actor, customer_id, entry, store.today())

    return audit.perform(store, actor, Action.CHANGE_BOOKING, work, customer_id)


def book_by_number(store: Store, actor: Actor, number: str, entry: Entry) -> BookingRow:
    """Book a time for the customer with this identity number, and return the booking.

    Raises what :func:`book` does, UnclearCentury, Invalid for a wrong number, and NotFound where nobody has it.
    """

    def work(tx: Transaction) -> BookingRow:
        person = identity.parse(number, store.today())
        customers.refuse_unclear(tx, person)
        found = customers.find_by_numbers(tx, [person.number]).get(person.number)
        if found is None:
            raise UnknownNumber(
                N_("No customer has this number. Check it, or register the person on the page Find customer first."),
                field="identity",
            )
        return _book(tx, store.now(), actor, found.customer_id, entry, store.today())

    try:
        return audit.perform(store, actor, Action.CHANGE_BOOKING, work)
    except UnknownNumber:
        at, asked = store.now(), identity.parse(number, store.today()).number
        store.write(lambda tx: audit.record_miss(tx, at, actor, Action.CHANGE_BOOKING, asked))
        raise
    except customers.UnclearCentury as error:
        audit.record_known_elsewhere(store, actor, Action.CHANGE_BOOKING, error.customer_id)
        raise


def move(store: Store, actor: Actor, booking_id: int, version: int, entry: Entry) -> BookingRow:
    """Change time, unit or vaccine of a booking that was seen at ``version``, and return it.

    One that was cancelled or is gone is booked again by it. Raises as :func:`book`, and Conflict when somebody changed
    it since.
    """

    def apply(tx: Transaction, row: BookingRow, customer: Customer) -> BookingRow:
        for unit_id in (row.unit_id, entry.unit_id):
            require_unit(actor, unit_id)
        if row.standing and entry == Entry(row.unit_id, row.starts_at, row.product_code):
            raise Invalid(N_("The booking is like this already. Change the time, the unit or the vaccine."))
        _refuse_past(entry.local_day, store.today())
        check(catalogue.read(tx), customer, entry, store.today())
        _refuse_twice(tx, row.customer_id, entry, row.booking_id)
        return moved(row, entry)

    return TABLE.perform(store, actor, Action.CHANGE_BOOKING, "moved", booking_id, version, apply)


def cancel(store: Store, actor: Actor, booking_id: int, version: int) -> BookingRow:
    """Cancel a booking of an own unit that was seen at ``version``, and return it; it stays as cancelled.

    Raises Conflict when it is cancelled or gone already or somebody changed it since, Forbidden for another unit.
    """

    def apply(tx: Transaction, row: BookingRow, customer: Customer) -> BookingRow:
        require_unit(actor, row.unit_id)
        if not row.standing:
            raise Conflict(N_("The booking is cancelled already. Nothing was changed."))
        return with_state(row, BookingState.CANCELLED)

    return TABLE.perform(store, actor, Action.CHANGE_BOOKING, "cancelled", booking_id, version, apply)


def history(store: Store, actor: Actor, booking_id: int) -> list[Change]:
    """Return every version of a booking of an own unit, the latest first. Raises NotFound, Forbidden."""

    def work(tx: Transaction) -> list[Change]:
        found = read(tx, [booking_id])
        if not found:
            raise NotFound(TABLE.missing)
        (row,) = found
        require_unit(actor, row.unit_id)
        audit.record_look(tx, store.now(), actor, Action.VIEW_BOOKINGS, [row.customer_id], of_own_rows=True)
        return [change for change in TABLE.history(tx, row.customer_id) if change.booking_id == booking_id]

    return audit.perform(store, actor, Action.VIEW_BOOKINGS, work)


def read(tx: Transaction, booking_ids: Sequence[int]) -> list[BookingRow]:
    """Return the bookings that exist of these ids. No right is checked and nothing logged."""
    sql = f"SELECT {TABLE.columns} FROM booking WHERE booking_id = ANY($1) ORDER BY booking_id"
    return [BookingRow(**row) for row in tx.rows_in(sql, booking_ids)]


def of_customers(tx: Transaction, customer_ids: Sequence[int]) -> list[BookingRow]:
    """Return the standing bookings of these customers. No right is checked and nothing logged."""
    return [BookingRow(**row) for row in tx.rows_in(OF_CUSTOMERS, customer_ids)]


def insert(tx: Transaction, at: datetime, actor: Actor, entries: Sequence[tuple[int, Entry]]) -> list[BookingRow]:
    """Insert a booking for each customer id and entry, in the open transaction, and return them in the same order.

    The caller has checked them with :func:`check`.
    """
    ids = tx.next_ids("booking_seq", len(entries))
    new = [
        BookingRow(
            booking_id, customer_id, entry.unit_id, entry.starts_at, entry.product_code, BookingState.BOOKED, at,
            actor.user_id, 1,
        )
        for booking_id, (customer_id, entry) in zip(ids, entries, strict=True)
    ]  # fmt: skip
    TABLE.insert(tx, at, actor, Action.CHANGE_BOOKING, "booked", new)
    return new


def with_state(row: BookingRow, state: BookingState) -> BookingRow:
    """Return the booking with another state."""
    return replace(row, state=state)


def moved(row: BookingRow, entry: Entry) -> BookingRow:
    """Return the booking with unit, time and vaccine of ``entry``, and booked."""
    return replace(
        row,
        unit_id=entry.unit_id,
        starts_at=entry.starts_at,
        product_code=entry.product_code,
        state=BookingState.BOOKED,
    )


def check(known: Catalogue, customer: Customer, entry: Entry, today: date) -> None:
    """Raise Invalid when the unit or the vaccine is not in use on the day, or the day is too far ahead.

    Raises Conflict for a day after the customer's death.
    """
    day = entry.local_day
    unit, vaccine = known.units.get(entry.unit_id), known.vaccines.get(entry.product_code)
    if unit is None or not catalogue.covers(unit, day):
        raise Invalid(N_("The unit is not in use on that day. Choose another one."), field="unit")
    if vaccine is None or not catalogue.covers(vaccine, day):
        raise Invalid(N_("The vaccine is not in use on that day. Choose another one."), field="vaccine")
    if day > today + timedelta(days=MOST_DAYS_AHEAD):
        raise Invalid(N_("{day} is more than two years ahead. Check the year."), day=day)
    deaths.refuse_after(customer.deceased_on, day)


def _book(tx: Transaction, at: datetime, actor: Actor, customer_id: int, entry: Entry, today: date) -> BookingRow:
    require_unit(actor, entry.unit_id)
    customer = customers.lock(tx, at, actor, [customer_id])[customer_id]
    _refuse_past(entry.local_day, today)
    check(catalogue.read(tx), customer, entry, today)
    _refuse_twice(tx, customer_id, entry)
    return insert(tx, at, actor, [(customer_id, entry)])[0]


def _refuse_past(day: date, today: date) -> None:
    if day < today:
        raise Invalid(N_("{day} is over. Choose a day from today on."), day=day)


def _refuse_twice(tx: Transaction, customer_id: int, entry: Entry, booking_id: int | None = None) -> None:
    for row in of_customers(tx, [customer_id]):
        same = (row.starts_at, row.product_code) == (entry.starts_at, entry.product_code)
        if same and row.booking_id != booking_id:
            raise Conflict(N_("The customer has a booking of this vaccine at that time already. Nothing was changed."))
