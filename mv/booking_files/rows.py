"""Read the rows of a file of bookings, a table's or a calendar's, before the store is asked about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from mv import customers
from mv.booking_files.calendars import Calendar, Event
from mv.booking_files.columns import Column
from mv.booking_files.times import parse_moment, parse_time
from mv.bookings.times import to_instant
from mv.errors import N_, Invalid, MvError
from mv.identity import Identity
from mv.registration.code_lookup import CodeLookup
from mv.registration.file_import.rows import parse_identity
from mv.tabular_files import broken_letters, cells
from mv.tabular_files.cell_reader import CellReader
from mv.tabular_files.cells import quote
from mv.tabular_files.table import Problem, Record
from mv.text import fold

T = TypeVar("T")

LONGEST_ID = 255
CANCELLED = ("avbokad", "avbokat", "installd", "makulerad", "annullerad", "struken", "cancelled", "canceled")
STANDING = (
    "bokad", "bokat", "ombokad", "bekraftad", "preliminar", "ny", "ankommen", "incheckad", "paborjad", "genomford",
    "klar", "avslutad", "uteblev", "utebliven", "booked", "confirmed", "tentative", "rescheduled", "new", "arrived",
    "checked in", "completed", "done", "no show",
)  # fmt: skip
"""The words of a status, folded. Whether a customer came is not taken from the file."""
NUMBER_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{8}|[0-9]{6})[-+\u2013 ]?[0-9A-Za-z]{4}(?![0-9A-Za-z])")
BETWEEN_WORDS = re.compile(r"[\s:;|/()]+")
NO_NAME = ("", "")
WORD_OF_NAME = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class FileBooking:
    """A booking of a file, by its row there, or its event's line. The repr shows no personal data.

    A cancelled one may lack all but its id. The names are as written, and empty if the file has none.
    """

    number: int
    external_id: str = field(repr=False)
    unit_id: str
    cancelled: bool
    sequence: int = 0
    starts_at: datetime | None = None
    product_code: str | None = None
    identity_or_none: Identity | None = field(default=None, repr=False)
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by: its unit and its own id."""
        return self.unit_id, self.external_id

    @property
    def identity(self) -> Identity:
        """The identity number of a booking that is not cancelled."""
        assert self.identity_or_none is not None  # noqa: S101 (else the row has a problem)
        return self.identity_or_none

    @property
    def is_named(self) -> bool:
        """Whether the row has both names, so that the person can be registered."""
        return bool(self.given_name and self.family_name)


@dataclass(frozen=True, slots=True)
class TableReader(CellReader[Column]):
    """Reads the rows of a table. ``unit_id`` is the unit of rows that name none."""

    names: CodeLookup
    unit_id: str | None
    today: date
    encoding: str

    def read(self, record: Record) -> FileBooking | None:
        """Return the row; None if a cell is wrong, with a problem for it."""
        before = len(self.problems)
        external_id = self.value(record, Column.ID, clean_id, needed=True)
        cancelled = self.value(record, Column.STATUS, parse_status) or False
        unit_id = self.value(record, Column.UNIT, self.names.unit) or self.unit_id
        if unit_id is None:
            self.add(record.number, Column.UNIT, Invalid(N_("Choose a unit.")))
        known = len(self.problems)
        starts_at = self._starts_at(record)
        if cancelled:
            del self.problems[known:]
            if external_id is None or unit_id is None or known > before:
                return None
            return FileBooking(record.number, external_id, unit_id, True, starts_at=starts_at)
        person = self.value(record, Column.IDENTITY, lambda text: parse_identity(text, self.today), needed=True)
        product = self.value(record, Column.VACCINE, self._vaccine, needed=True)
        given = self.value(record, Column.GIVEN_NAME, self._parse_name)
        family = self.value(record, Column.FAMILY_NAME, self._parse_name)
        born = self.value(record, Column.BIRTH_DATE, cells.parse_day)
        if external_id is None or unit_id is None or len(self.problems) > before:
            return None
        return FileBooking(
            record.number, external_id, unit_id, False, 0, starts_at, product, person, given or "", family or "", born
        )

    def _starts_at(self, record: Record) -> datetime | None:
        """Return the instant of one column or two; None if it is wrong, with a problem for it."""
        if Column.TIME not in self.places:
            return self.value(record, Column.DAY, parse_moment, needed=True)
        day = self.value(record, Column.DAY, cells.parse_day, needed=True)
        if day is None:
            return None
        return self.value(record, Column.TIME, lambda text: to_instant(parse_time(day, text)), needed=True)

    def _vaccine(self, text: str) -> str:
        """Return the product that the text is the name of, or else the only one that it names."""
        try:
            return self.names.vaccine(text)
        except Invalid:
            try:
                return self.names.vaccine_in(text)
            except Invalid:
                pass
            raise

    def _parse_name(self, text: str) -> str:
        broken_letters.check_name(text, self.encoding)
        return customers.clean_name(text)


def read_events(
    calendar: Calendar, names: CodeLookup, unit_id: str | None, today: date
) -> tuple[list[FileBooking], list[Problem]]:
    """Return the bookings of a calendar's events, and the problems of the others. Raises Invalid without a unit."""
    if unit_id is None:
        raise Invalid(N_("Choose the unit that the calendar is of."))
    problems = list(calendar.problems)
    found: list[FileBooking] = []
    for event in calendar.events:
        try:
            external_id = clean_id(event.uid)
        except Invalid as error:
            problems.append(Problem(event.line, "UID", error))
            continue
        if event.cancelled:
            found.append(FileBooking(event.line, external_id, unit_id, True, event.sequence, event.starts_at))
            continue
        before = len(problems)
        person = _of_texts(event, problems, lambda texts: find_identity(texts, today))
        product = _of_texts(event, problems, lambda texts: names.vaccine_in(" | ".join(texts)))
        if len(problems) == before and event.starts_at is not None:
            name = find_name(event.texts[0], names.vaccine_names(product)) if product else NO_NAME
            found.append(
                FileBooking(
                    event.line, external_id, unit_id, False, event.sequence, event.starts_at, product, person, *name
                )
            )
    return found, problems


def _of_texts(event: Event, problems: list[Problem], find: Callable[[Sequence[str]], T]) -> T | None:
    """Return what is found in the texts of the event; None if it is not, with a problem for it."""
    try:
        return find(event.texts)
    except MvError as error:
        problems.append(Problem(event.line, "SUMMARY", error))
        return None


def find_identity(texts: Sequence[str], today: date) -> Identity:
    """Return the only valid identity number in the texts. Raises Invalid for none and for several."""
    found: dict[str, Identity] = {}
    for text in texts:
        for written in NUMBER_IN_TEXT.findall(text):
            try:
                person = parse_identity(written, today)
            except Invalid:
                continue
            found.setdefault(person.number, person)
    if not found:
        raise Invalid(N_("The title and the description hold no valid identity number. Write it in one of them."))
    if len(found) > 1:
        raise Invalid(N_("The title and the description hold several identity numbers. Leave that of the customer."))
    (person,) = found.values()
    return person


def find_name(title: str, vaccine: Sequence[str]) -> tuple[str, str]:
    """Return given and family name where a title is nothing but these, the number and the vaccine; else NO_NAME."""
    rest = NUMBER_IN_TEXT.sub(" ", title)
    for each in vaccine:
        rest = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    words = [word for word in BETWEEN_WORDS.split(rest) if fold(word)]
    if len(words) != 2 or not all(WORD_OF_NAME.fullmatch(word) and word[0].isupper() for word in words):
        return NO_NAME
    given_name, family_name = words
    return given_name, family_name


def parse_status(text: str) -> bool:
    """Return whether a status says that the booking is cancelled. Raises Invalid for an unknown word."""
    word = fold(text)
    if word in CANCELLED:
        return True
    if word in STANDING:
        return False
    known = ", ".join(("Bokad", "Avbokad", "Booked", "Cancelled"))
    raise Invalid(N_("“{read}” is no known status. Write one of: {known}."), read=quote(text), known=known)


def clean_id(text: str) -> str:
    """Return a booking's own id. Raises Invalid for one that is missing or too long."""
    clean = text.strip()
    if not clean:
        raise Invalid(N_("The booking has no id of its own, so that it could not be known again."))
    if len(clean) > LONGEST_ID:
        raise Invalid(N_("An id has at most {most} characters."), most=LONGEST_ID)
    return clean
