"""Read the rows of a file of people, before the store is asked about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from mv import customers, identity
from mv.batches.batch import clean_number
from mv.errors import N_, Invalid
from mv.identity import Identity
from mv.registration import saving
from mv.registration.code_lookup import CodeLookup
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.columns import Column
from mv.registration.pasted_list_parsing import SCIENTIFIC_NOTATION
from mv.tabular_files import broken_letters, cells
from mv.tabular_files.cell_reader import CellReader
from mv.tabular_files.cells import quote
from mv.tabular_files.table import Record
from mv.vaccinations import MAX_DOSE_NUMBER

DOSE_NUMBER = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row, by its number in the file, with its identity and entry.

    The names are as written, and empty if the file has none. The repr shows no personal data.
    """

    number: int
    identity: Identity
    entry: RegistrationEntry
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    reason: str = field(repr=False)
    states_first_day: bool = True
    """Whether it has a first day of its own; else the group is wanted on the day of the dose."""

    @property
    def is_named(self) -> bool:
        """Whether the row has both names, so that the person can be registered."""
        return bool(self.given_name and self.family_name)


@dataclass(frozen=True, slots=True)
class RowReader(CellReader[Column]):
    """Reads rows. ``unit_id`` is the unit of rows that name none."""

    names: CodeLookup
    unit_id: str | None
    today: date
    encoding: str

    def read(self, record: Record) -> ImportRow | None:
        """Return the row; None if a cell is wrong, with a problem for it."""
        before = len(self.problems)
        person = self.value(record, Column.IDENTITY, lambda text: parse_identity(text, self.today), needed=True)
        entry = self._entry(record)
        given = self.value(record, Column.GIVEN_NAME, self._parse_name)
        family = self.value(record, Column.FAMILY_NAME, self._parse_name)
        born = self.value(record, Column.BIRTH_DATE, cells.parse_day)
        reason = self.value(record, Column.REASON, saving.clean_reason)
        if person is None or entry is None or len(self.problems) > before:
            return None
        first = bool(self.text(record, Column.VALID_FROM))
        return ImportRow(record.number, person, entry, given or "", family or "", born, reason or "", first)

    def _entry(self, record: Record) -> RegistrationEntry | None:
        group = self.value(record, Column.GROUP, self.names.group, needed=True)
        subgroup = group and self.value(record, Column.SUBGROUP, lambda text: self.names.subgroup(group, text))
        first = self._past(record, Column.VALID_FROM, N_("The group cannot start after today, {today}."))
        last = self._past(record, Column.VALID_TO, N_("The last day cannot be after today, {today}."))
        unit = self.value(record, Column.UNIT, self.names.unit) or self.unit_id
        given_on = self._past(record, Column.GIVEN_ON, N_("The dose cannot be given after today, {today}."))
        number = self.value(record, Column.DOSE_NUMBER, parse_dose_number)
        product, batch = self._dose(record)
        if not self.text(record, Column.VALID_FROM) and not self.text(record, Column.GIVEN_ON):
            self.add(record.number, Column.VALID_FROM, Invalid(N_("The first day is missing.")))
        if unit is None:
            self.add(record.number, Column.UNIT, Invalid(N_("Choose a unit.")))
        start = first or given_on
        if group is None or start is None or unit is None:
            return None
        return RegistrationEntry(group, subgroup or None, start, unit, last, given_on, product, batch, number)

    def _dose(self, record: Record) -> tuple[str | None, str]:
        """Return the product and the batch; a part of a dose requires the whole of it."""
        of_dose = (Column.GIVEN_ON, Column.VACCINE, Column.BATCH, Column.DOSE_NUMBER)
        needed = any(self.text(record, column) for column in of_dose)
        if needed and not self.text(record, Column.GIVEN_ON):
            self.add(record.number, Column.GIVEN_ON, Invalid(N_("The day of the dose is missing.")))
        product = self.value(record, Column.VACCINE, self.names.vaccine, needed=needed)
        batch = self.value(record, Column.BATCH, clean_number, needed=needed)
        return product, batch or ""

    def _parse_name(self, text: str) -> str:
        broken_letters.check_name(text, self.encoding)
        return customers.clean_name(text)

    def _past(self, record: Record, column: Column, future: str) -> date | None:
        """Return the day in the column, with ``future`` as the problem of a day after today."""

        def parse(text: str) -> date:
            day = cells.parse_day(text)
            if day > self.today:
                raise Invalid(future, today=self.today)
            return day

        return self.value(record, column, parse)


def parse_identity(text: str, today: date) -> Identity:
    """Parse an identity number. Raises Invalid, whose text never holds the number."""
    if SCIENTIFIC_NOTATION.fullmatch(text):
        raise Invalid(
            N_("The spreadsheet has shortened the number. Give its column the format Text, and write it anew.")
        )
    return identity.parse(text, today)


def parse_dose_number(text: str) -> int:
    """Parse a dose number. Raises Invalid."""
    if not DOSE_NUMBER.fullmatch(text) or int(text) == 0:
        raise Invalid(
            N_("“{read}” is no dose number. Write a whole number from 1 to {last}."),
            read=quote(text),
            last=MAX_DOSE_NUMBER,
        )
    return int(text)
