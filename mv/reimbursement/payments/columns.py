"""The columns of a payer's file, and its rows read as payments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from mv import identity
from mv.errors import N_, Invalid
from mv.reimbursement.claims.line_references import parse_reference
from mv.tabular_files import cells, column_guess
from mv.tabular_files.table import Problem, Record, Table
from mv.text import fold

T = TypeVar("T")


class Column(StrEnum):
    """The content of a column."""

    REFERENCE = "reference"
    IDENTITY = "identity"
    GIVEN_ON = "given_on"
    VACCINE = "vaccine"
    AMOUNT = "amount"
    PAID_ON = "paid_on"


NAMES: Mapping[Column, str] = {
    Column.REFERENCE: N_("Reference (claim-line)"),
    Column.IDENTITY: N_("Identity number"),
    Column.GIVEN_ON: N_("Day of the dose"),
    Column.VACCINE: N_("Vaccine"),
    Column.AMOUNT: N_("Amount"),
    Column.PAID_ON: N_("Day paid"),
}
"""The name of each column on the screen."""

WORDS: Mapping[Column, Sequence[str]] = {
    Column.REFERENCE: ("referens", "reference", "anspraksrad", "claim line", "ansprak", "claim", "ref", "rad", "line"),
    Column.PAID_ON: (
        "utbetalningsdatum", "utbetalningsdag", "betalningsdatum", "betalningsdag", "betaldatum", "betaldag",
        "betald den", "utbetald", "payment date", "day paid", "date paid", "paid on", "bokforingsdatum",
    ),
    Column.GIVEN_ON: (
        "vaccinationsdatum", "vaccinationsdag", "dosdatum", "dosens dag", "given den", "vaccinerad", "varddatum",
        "besoksdatum", "day of the dose", "dose date", "vaccination date", "date given", "given on", "datum", "date",
        "dag", "day",
    ),
    Column.IDENTITY: (
        "personnummer", "personnr", "pnr", "person id", "identity number", "identity", "personal number", "patient",
        "id nummer",
    ),
    Column.AMOUNT: (
        "utbetalt belopp", "betalt belopp", "godkant belopp", "beviljat belopp", "paid amount", "belopp", 
        "amount", "ersattning", "reimbursement", "betalt", "paid", "kronor", "kr", "sek", "summa", "sum",
    ),
    Column.VACCINE: ("vaccin", "vaccine", "atc", "preparat", "produkt", "product", "lakemedel", "vara"),
}  # fmt: skip
"""Words of headings, the surest first; day columns come before columns named by the same first word."""
EARLIEST_PAYMENT = date(2000, 1, 1)
LONGEST_NOTICE = timedelta(days=31)
"""A payer may tell what it will pay, but not longer before."""
TOTALS = {"summa", "totalt", "total", "sum", "totalsumma", "totals"}
"""The first word of a cell in a row of totals."""

Columns = Mapping[Column, str]
"""The heading of each column in the file."""


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as the file has it. The öre are negative where the payer deducts.

    ``identity`` is the patient's number as the file writes it; it is used for matching only, and is in no repr.
    """

    number: int
    ore: int
    paid_on: date | None
    reference: tuple[int, int] | None
    identity: str = field(repr=False)
    given_on: date | None
    vaccine: str = ""


@dataclass(frozen=True, slots=True)
class Payments:
    """The rows of a file, the unreadable cells, and the number of the row of totals, if there is one."""

    rows: list[PaymentRow]
    problems: list[Problem]
    totals_row: int | None

    @property
    def ore(self) -> int:
        """The sum of the rows."""
        return sum(row.ore for row in self.rows)


def guess_columns(names: Sequence[str], saved: str | None = None) -> dict[Column, str]:
    """Guess the heading of each column: the payer's ``saved`` ones (JSON) where the file has all of them.

    Otherwise those saved ones that it has, and the rest by the words in the headings.
    """
    known: dict[str, str | None] = json.loads(saved) if saved else {}
    found = {Column(name): heading for name, heading in known.items() if heading in names and heading}
    if known and len(found) == sum(heading is not None for heading in known.values()):
        return found
    return column_guess.guess(names, WORDS, found, {Column.IDENTITY: column_guess.IDENTITY_NUMBER})


def columns_to_json(columns: Columns) -> str:
    """Write the columns as JSON, with null for those that the file lacks."""
    return json.dumps({column: columns.get(column) for column in Column}, ensure_ascii=False)


def check_columns(columns: Columns) -> None:
    """Raise Invalid unless there are an amount, and a reference or an identity number with a day of the dose."""
    if Column.AMOUNT not in columns:
        raise Invalid(N_("Choose which column holds the amount."))
    if Column.REFERENCE not in columns and not {Column.IDENTITY, Column.GIVEN_ON} <= columns.keys():
        raise Invalid(N_("Choose which column holds the reference, or the identity number and the day of the dose."))
    if len(set(columns.values())) < len(columns):
        raise Invalid(N_("A column can be chosen for one thing only."))


def read_payments(table: Table, columns: Columns, today: date) -> Payments:
    """Read the payments of the table. Raises Invalid for columns that :func:`check_columns` refuses.

    A last row that names no dose and says that it is a total is no payment; it has to equal the sum of the others.
    """
    check_columns(columns)
    places = {column: table.headings.index(heading) for column, heading in columns.items()}
    reader = _Reader(columns, places, today)
    rows = [reader.row(record) for record in table.records]
    last = table.records[-1]
    if len(rows) < 2 or not _is_total(last, rows[-1], today):
        return Payments(rows, reader.problems, None)
    total = rows.pop().ore
    if not reader.problems and total != sum(row.ore for row in rows):
        error = Invalid(N_("The total is not what the rows above are together. Is the file whole?"))
        reader.problems.append(Problem(last.number, columns[Column.AMOUNT], error))
    return Payments(rows, reader.problems, last.number)


def parse_identity(text: str, today: date) -> list[str]:
    """Parse a number to the stored forms that it may stand for, the likeliest first; none if it is invalid."""
    try:
        found = identity.parse(text, today)
    except Invalid:
        return []
    return [found.number, found.century_before] if found.century_before else [found.number]


def _is_total(record: Record, row: PaymentRow, today: date) -> bool:
    if row.reference is not None or parse_identity(row.identity, today):
        return False
    return any(fold(cell).partition(" ")[0] in TOTALS for cell in record.cells)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the cells of rows, and collects the problems. Equal texts in a column are read once."""

    columns: Columns
    places: Mapping[Column, int]
    today: date
    problems: list[Problem] = field(default_factory=list)
    days: dict[str, date] = field(default_factory=dict)
    days_paid: dict[str, date] = field(default_factory=dict)
    amounts: dict[str, int] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def row(self, record: Record) -> PaymentRow:
        return PaymentRow(
            number=record.number,
            ore=self._read(record, Column.AMOUNT, cells.parse_amount, self.amounts) or 0,
            paid_on=self._day(record, Column.PAID_ON, self._parse_day_paid, self.days_paid),
            reference=parse_reference(self._value(record, Column.REFERENCE)),
            identity=self._value(record, Column.IDENTITY),
            given_on=self._day(record, Column.GIVEN_ON, self._parse_day_given, self.days),
            vaccine=self._value(record, Column.VACCINE),
        )

    def _text(self, record: Record, column: Column) -> str:
        return record.cells[self.places[column]] if column in self.places else ""

    def _value(self, record: Record, column: Column) -> str:
        return self._read(record, column, str, self.values) or ""

    def _day(self, record: Record, column: Column, parse: Callable[[str], date], known: dict[str, date]) -> date | None:
        return self._read(record, column, parse, known) if self._text(record, column) else None

    def _parse_day_paid(self, text: str) -> date:
        day = cells.parse_day(text)
        if not EARLIEST_PAYMENT <= day <= self.today + LONGEST_NOTICE:
            raise Invalid(N_("Nothing can be paid on {day}. Check the year."), day=day)
        return day

    def _parse_day_given(self, text: str) -> date:
        day = cells.parse_day(text)
        if day > self.today:
            raise Invalid(N_("The dose cannot be given after today, {today}."), today=self.today)
        return day

    def _read(self, record: Record, column: Column, parse: Callable[[str], T], known: dict[str, T]) -> T | None:
        text = self._text(record, column)
        if text in known:
            return known[text]
        try:
            return known.setdefault(text, parse(cells.parse_value(text)))
        except Invalid as error:
            self.problems.append(Problem(record.number, self.columns[column], error))
            return None
