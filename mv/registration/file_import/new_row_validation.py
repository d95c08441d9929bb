"""Validate the new rows of a file of people, each with the rows of the same person before it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mv.access import Actor
from mv.clock import to_local
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.identity import Identity
from mv.registration import saving
from mv.registration.file_import import contradictions, imported_rows, new_customers
from mv.registration.file_import.columns import Column
from mv.registration.file_import.new_customers import OTHER_BIRTH_DATE
from mv.registration.file_import.plan import ImportContext, PlannedRow, RowState
from mv.registration.file_import.rows import ImportRow, RowReader
from mv.registration.saving import PlannedEntry
from mv.registration.validation import Outcome, Person, Validation, remember_batch, validate, with_rows
from mv.text import fold


@dataclass(frozen=True, slots=True)
class NewRowValidator:
    """Validates new rows. ``reason`` is for rows that have none of their own."""

    reader: RowReader
    context: ImportContext
    reason: str
    at: datetime
    actor: Actor
    new_people: dict[int, tuple[Identity, Customer]] = field(default_factory=dict)

    def validate(self, rows: Sequence[ImportRow]) -> Iterator[PlannedRow]:
        """Yield each row with its state, and add what will be saved to the people of the context."""
        of_person: defaultdict[int, list[ImportRow]] = defaultdict(list)
        found = self._customers(rows)
        for row in rows:
            if row.identity.number in found:
                of_person[found[row.identity.number].customer_id].append(row)
            else:
                yield PlannedRow(row.number, RowState.WRONG)
        customers = {customer.customer_id: customer for customer in found.values()}
        for customer_id, own in of_person.items():
            yield from self._validate_customer(customers[customer_id], own)

    def _validate_customer(self, customer: Customer, rows: Sequence[ImportRow]) -> Iterator[PlannedRow]:
        contradicted = set()
        for row, column, error in contradictions.find(rows, self.context.validation.catalogue):
            self.reader.add(row.number, column, error)
            contradicted.add(row.number)
        firsts: dict[str, int] = {}
        for row in sorted(rows, key=lambda each: (each.entry.day, each.number)):
            key = row.entry.key(customer.customer_id)
            first = firsts.setdefault(key, row.number)
            if row.number in contradicted:
                yield PlannedRow(row.number, RowState.WRONG, customer)
            elif first != row.number:
                same = Conflict(N_("The same as row {row}."), row=first)
                yield PlannedRow(row.number, RowState.REPEATED, customer, same)
            else:
                yield self._validate_row(customer, row, key)

    def _validate_row(self, customer: Customer, row: ImportRow, key: str) -> PlannedRow:
        person = self.context.people[customer.customer_id]
        validation = validate(person, row.entry, self.context.validation)
        imported = self.context.imported
        if key in imported.keys:
            return PlannedRow(row.number, RowState.ALREADY, customer, _imported_earlier(imported.keys[key], validation))
        error = validation.error or self._other_person(customer, row)
        if difference := imported_rows.find_difference(row, validation, imported):
            self.reader.add(row.number, *difference)
            return PlannedRow(row.number, RowState.WRONG, customer)
        if validation.outcome is Outcome.ALREADY:
            return PlannedRow(row.number, RowState.ALREADY, customer, error)
        if error:
            self.reader.add(row.number, _column_of(error, row), error)
            return PlannedRow(row.number, RowState.WRONG, customer)
        if _has_other_given_name(customer, row):
            name = Invalid(N_("The given name is not the one that is registered for this number. Check the number."))
            validation = replace(validation, concerns={**validation.concerns, Concern.NAME: name})
        reason = row.reason or self.reason
        accepted = frozenset(validation.concerns) if reason else frozenset()
        planned = PlannedEntry(customer.customer_id, row.entry, reason, accepted, key)
        self.context.people[customer.customer_id] = with_rows(
            person, *saving.provisional_rows(planned, validation, self.at, self.actor)
        )
        remember_batch(row.entry, self.context.validation)
        state = RowState.READY if reason or not validation.concerns else RowState.DOUBTFUL
        return PlannedRow(row.number, state, customer, None, planned, validation)

    def _other_person(self, customer: Customer, row: ImportRow) -> MvError | None:
        if row.birth_date not in (None, customer.birth_date):
            return Invalid(OTHER_BIRTH_DATE, field="birth_date")
        if not self.actor.owns(row.entry.unit_id):
            return Invalid(N_("The unit is not one of yours. Choose one that is."), field="unit")
        return None

    def _customers(self, rows: Sequence[ImportRow]) -> dict[str, Customer]:
        """Map each identity number to its customer, registered or new; collect a problem for each that has none."""
        found: dict[str, Customer] = {}
        unknown: defaultdict[str, list[ImportRow]] = defaultdict(list)
        for row in rows:
            customer = self.context.customers.get(row.identity.number)
            if customer is None:
                unknown[row.identity.number].append(row)
            elif customer.customer_id in self.context.unrelated:
                elsewhere = N_(
                    "The customer belongs to another unit. Open it with its number and a reason, then check again."
                )
                self.reader.add(row.number, Column.IDENTITY, Conflict(elsewhere))
            else:
                found[row.identity.number] = customer
        for number, own in unknown.items():
            if new := self._new_person(own):
                found[number] = new
        return found

    def _new_person(self, rows: Sequence[ImportRow]) -> Customer | None:
        """Return the new customer of these rows; None if it cannot be registered, with a problem for each row."""
        first = next((row for row in rows if row.is_named), rows[0])
        error = new_customers.find_problem(first, rows, self.context.validation.today)
        if error:
            for row in rows:
                self.reader.add(row.number, _column_of(error, row), error)
            return None
        person, unit_id = first.identity, first.entry.unit_id
        born = person.birth_date or first.birth_date
        assert born is not None  # noqa: S101 (else there is an error)
        number = -len(self.new_people) - 1
        new = Customer(number, person.number, born, first.given_name, first.family_name, unit_id)
        self.new_people[number] = (person, new)
        self.context.people[number] = Person(new, [], [])
        return new


def _column_of(error: MvError, row: ImportRow) -> Column:
    column = Column(error.field) if error.field else Column.GROUP
    if column is Column.VALID_FROM and row.entry.valid_from == row.entry.given_on:
        return Column.GIVEN_ON
    return column


def _imported_earlier(at: datetime, validation: Validation) -> Conflict:
    """Return the error of a row that was saved from a file before, which says whether it still stands."""
    day = to_local(at).date()
    if validation.outcome is Outcome.ALREADY:
        return Conflict(N_("Imported on {day} already."), day=day)
    return Conflict(N_("Imported on {day} already, and removed or changed here since. It is not added again."), day=day)


def _has_other_given_name(customer: Customer, row: ImportRow) -> bool:
    given = set(fold(row.given_name).split())
    return bool(given) and not given & set(fold(customer.name).split())
