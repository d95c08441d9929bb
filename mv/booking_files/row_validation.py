"""Validate the rows of a file of bookings with what the store knows of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from mv.booking_files.columns import Column
from mv.booking_files.plan import PlannedRow, RowState, Source
from mv.booking_files.rows import FileBooking
from mv.bookings import BookingState, changes
from mv.bookings.changes import BookingRow, Entry
from mv.catalogue import Catalogue
from mv.customers import Customer
from mv.errors import N_, Conflict, Field, Invalid, MvError
from mv.identity import Identity
from mv.registration.file_import import new_customers
from mv.registration.file_import.new_customers import OTHER_BIRTH_DATE
from mv.tabular_files.table import Problem
from mv.text import fold

COLUMNS_OF_FIELDS: Mapping[Field, Column] = {
    "identity": Column.IDENTITY,
    "given_name": Column.GIVEN_NAME,
    "family_name": Column.FAMILY_NAME,
    "birth_date": Column.BIRTH_DATE,
    "unit": Column.UNIT,
    "vaccine": Column.VACCINE,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a file's rows.

    ``sources`` are by unit and own id, ``bookings`` by id, ``customers`` by identity number. ``related`` are the
    customers with whom the user has a care relation, ``seen`` also those of known bookings, ``unrelated`` the others.
    ``by_hand`` has bookings that no file knows, by unit, customer, time and vaccine.
    """

    sources: Mapping[tuple[str, str], Source]
    bookings: Mapping[int, BookingRow]
    customers: Mapping[str, Customer]
    related: frozenset[int]
    seen: frozenset[int]
    unrelated: frozenset[int]
    by_hand: Mapping[tuple[object, ...], BookingRow]


@dataclass(frozen=True, slots=True)
class RowValidator:
    """Plans rows, and collects their ``problems``; ``headings`` are where the problem of a column is told."""

    known: Known
    catalogue: Catalogue
    today: date
    headings: Mapping[Column, str]
    problems: list[Problem]
    new_people: dict[int, tuple[Identity, Customer]] = field(default_factory=dict)

    def plan(self, rows: Sequence[FileBooking]) -> list[PlannedRow]:
        """Return each row with its state; of several with the same id, the one with the latest sequence counts."""
        latest: dict[tuple[str, str], int] = {}
        for row in rows:
            latest[row.key] = max(row.sequence, latest.get(row.key, 0))
        people = self._people([row for row in rows if not row.cancelled])
        return [
            self._plan(row, people.get(row.number))
            if row.sequence == latest[row.key]
            else PlannedRow(row.number, RowState.OLDER)
            for row in rows
        ]

    def _plan(self, row: FileBooking, customer: Customer | None) -> PlannedRow:
        source = self.known.sources.get(row.key)
        if source and row.sequence < source.sequence:
            return PlannedRow(row.number, RowState.OLDER)
        if row.cancelled:
            return self._cancelled(row, source)
        if customer is None or row.starts_at is None or row.product_code is None:
            return PlannedRow(row.number, RowState.WRONG)
        entry = Entry(row.unit_id, row.starts_at, row.product_code)
        said = Source(
            row.unit_id, row.external_id, 0, row.sequence, row.starts_at, row.product_code, BookingState.BOOKED
        )
        booking = self.known.bookings[source.booking_id] if source else None
        same_person = booking is not None and booking.customer_id == customer.customer_id
        if source and same_person and source.said == said.said:
            return PlannedRow(row.number, RowState.UNCHANGED, customer, source=_later(row, source))
        if booking and booking.unit_id != row.unit_id:
            return self._moved_away(row, customer)
        try:
            changes.check(self.catalogue, customer, entry, self.today)
        except MvError as error:
            self._add(row, error, Column.DAY)
            return PlannedRow(row.number, RowState.WRONG, customer)
        if booking and same_person:
            after = changes.moved(booking, entry)
            kept = said.of(booking.booking_id)
            if after == booking:
                return PlannedRow(row.number, RowState.UNCHANGED, customer, source=kept)
            return PlannedRow(row.number, RowState.MOVED, customer, change=(booking, after), source=kept)
        by_hand = self.known.by_hand.get((row.unit_id, customer.customer_id, row.starts_at, row.product_code))
        if by_hand:
            return PlannedRow(row.number, RowState.UNCHANGED, customer, source=said.of(by_hand.booking_id))
        # The booking system gave the time to somebody else.
        given_away = _cancellation(booking) if booking else None
        return PlannedRow(row.number, RowState.NEW, customer, entry, given_away, said)

    def _cancelled(self, row: FileBooking, source: Source | None) -> PlannedRow:
        if source is None:
            return PlannedRow(row.number, RowState.UNCHANGED)
        if source.state == BookingState.CANCELLED:
            return PlannedRow(row.number, RowState.UNCHANGED, source=_later(row, source))
        booking = self.known.bookings[source.booking_id]
        if booking.unit_id != row.unit_id:
            return self._moved_away(row, None)
        change = _cancellation(booking)
        kept = source.with_state(BookingState.CANCELLED, row.sequence)
        state = RowState.CANCELLED if change else RowState.UNCHANGED
        return PlannedRow(row.number, state, change=change, source=kept)

    def _moved_away(self, row: FileBooking, customer: Customer | None) -> PlannedRow:
        message = N_("The booking was moved to another unit here. Move it back on the page Bookings, or leave it out.")
        self._add(row, Conflict(message), Column.ID)
        return PlannedRow(row.number, RowState.WRONG, customer)

    def _people(self, rows: Sequence[FileBooking]) -> dict[int, Customer]:
        """Map each row's number to its customer, registered or new; collect a problem for each that has none."""
        found: dict[int, Customer] = {}
        unknown: defaultdict[str, list[FileBooking]] = defaultdict(list)
        for row in rows:
            customer = self.known.customers.get(row.identity.number)
            if customer is None:
                unknown[row.identity.number].append(row)
            elif error := self._refusal(row, customer):
                self._add(row, error, Column.IDENTITY)
            else:
                found[row.number] = customer
        for own in unknown.values():
            if new := self._new_person(own):
                found |= {row.number: new for row in own}
        return found

    def _refusal(self, row: FileBooking, customer: Customer) -> MvError | None:
        """Return why the row cannot be of this customer; None if it can."""
        if not self._may_book(row, customer):
            return Conflict(
                N_("The customer belongs to another unit. Open it with its number and a reason, then check again.")
            )
        if row.birth_date not in (None, customer.birth_date):
            return Invalid(OTHER_BIRTH_DATE, field="birth_date")
        # A calendar's names are read from titles, which may hold other words.
        given = set(fold(row.given_name).split()) if Column.GIVEN_NAME in self.headings else set()
        if given and not given & set(fold(customer.name).split()):
            return Invalid(
                N_(
                    "The given name is not the one that is registered for this number. Correct the number in the file,"
                    " or the name on the customer card."
                ),
                field="given_name",
            )
        return None

    def _may_book(self, row: FileBooking, customer: Customer) -> bool:
        """Return whether the customer is related to the user, or has this very booking at the unit."""
        source = self.known.sources.get(row.key)
        has_it = source and self.known.bookings[source.booking_id].customer_id == customer.customer_id
        return bool(has_it) or customer.customer_id in self.known.related

    def _new_person(self, rows: Sequence[FileBooking]) -> Customer | None:
        """Return the new customer of these rows; None if it cannot be registered, with a problem for each row."""
        first = next((row for row in rows if row.is_named), rows[0])
        error = new_customers.find_problem(first, rows, self.today)
        if error and not first.is_named and Column.GIVEN_NAME not in self.headings:
            error = Invalid(
                N_("No customer has this number. Check it, or register the person on the page Find customer first.")
            )
        if error:
            for row in rows:
                self._add(row, error, Column.IDENTITY)
            return None
        born = first.identity.birth_date or first.birth_date
        assert born is not None  # noqa: S101 (else there is an error)
        number = -len(self.new_people) - 1
        new = Customer(number, first.identity.number, born, first.given_name, first.family_name, first.unit_id)
        self.new_people[number] = (first.identity, new)
        return new

    def _add(self, row: FileBooking, error: MvError, column: Column) -> None:
        told = COLUMNS_OF_FIELDS.get(error.field, column) if error.field else column
        self.problems.append(Problem(row.number, self.headings.get(told, ""), error))


def _later(row: FileBooking, source: Source) -> Source | None:
    """Return what is to be kept of a row that says the same again: a later sequence, if it has one."""
    return replace(source, sequence=row.sequence) if row.sequence > source.sequence else None


def _cancellation(booking: BookingRow) -> tuple[BookingRow, BookingRow] | None:
    """Return a standing booking before and after it is cancelled."""
    return (booking, changes.with_state(booking, BookingState.CANCELLED)) if booking.standing else None
