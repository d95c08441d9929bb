"""The columns of a table of bookings: their names, how they are guessed and kept, and which are required."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum

from mv.errors import N_, Invalid
from mv.tabular_files import column_guess


class Column(StrEnum):
    """A kind of column."""

    ID = "id"
    IDENTITY = "identity"
    DAY = "day"
    TIME = "time"
    VACCINE = "vaccine"
    STATUS = "status"
    UNIT = "unit"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTH_DATE = "birth_date"


NAMES: Mapping[Column, str] = {
    Column.ID: N_("The booking’s own id"),
    Column.IDENTITY: N_("Identity number"),
    Column.DAY: N_("Day, or day and time"),
    Column.TIME: N_("Time"),
    Column.VACCINE: N_("Vaccine"),
    Column.STATUS: N_("Status"),
    Column.UNIT: N_("Unit"),
    Column.GIVEN_NAME: N_("Given name"),
    Column.FAMILY_NAME: N_("Family name"),
    Column.BIRTH_DATE: N_("Birth date"),
}
"""The names on the screen."""
HEADINGS: Mapping[Column, Sequence[str]] = {
    Column.ID: (
        "bokningsid", "boknings id", "boknings nr", "bokningsnr", "bokningsnummer", "booking id", "bookingid",
        "booking number", "booking reference", "appointment id", "appointmentid", "tidbokningsid", "uid", "id",
    ),
    Column.IDENTITY: (
        "personnummer", "personnr", "pnr", "person id", "identitetsnummer", "identity number", "personal number",
        "kundens personnummer", "patient id",
    ),
    Column.BIRTH_DATE: ("fodelsedatum", "fodelsedag", "fodd", "birth date", "date of birth", "birthday"),
    Column.STATUS: ("status", "bokningsstatus", "tillstand", "booking status", "appointment status", "state"),
    Column.TIME: ("klockslag", "starttid", "kl", "tid", "start time", "time", "bokad tid"),
    Column.DAY: (
        "starttidpunkt", "datum och tid", "datum tid", "date and time", "datetime", "start", "startdatum", "borjar",
        "bokad dag", "bokningsdatum", "besoksdatum", "datum", "dag", "start date", "appointment date", "date", "day",
    ),
    Column.VACCINE: (
        "vaccin", "vaccine", "preparat", "produkt", "product", "lakemedel", "vara", "besokstyp", "bokningstyp",
        "tjanst", "appointment type", "service", "arende",
    ),
    Column.UNIT: ("enhet", "enhetskod", "mottagning", "vardenhet", "unit", "unit code", "clinic", "plats", "location"),
    Column.GIVEN_NAME: ("fornamn", "tilltalsnamn", "given name", "first name"),
    Column.FAMILY_NAME: ("efternamn", "family name", "last name", "surname"),
}  # fmt: skip
"""Known headings of each column, the surest first; a column precedes those whose names are part of its own."""

ColumnHeadings = Mapping[Column, str]
"""The heading of each column that is in a file."""


def guess(names: Sequence[str], kept: str | None = None) -> dict[Column, str]:
    """Guess the heading of each column; the ``kept`` ones (JSON) are taken as they are where the file has them all.

    Of two that could be the identity number, such as a guardian's and a child's, none is guessed.
    """
    known = {Column(column): heading for column, heading in json.loads(kept).items()} if kept else {}
    if known and set(known.values()) <= set(names):
        return known
    found = column_guess.guess(names, HEADINGS, {}, {Column.IDENTITY: column_guess.IDENTITY_NUMBER})
    if Column.DAY not in found and Column.TIME in found:  # one column with day and time, called a time
        found[Column.DAY] = found.pop(Column.TIME)
    return {column: found[column] for column in Column if column in found}


def check(columns: ColumnHeadings) -> None:
    """Raise Invalid unless there are the booking's id, an identity number, a day and a vaccine."""
    if Column.ID not in columns:
        raise Invalid(
            N_(
                "Choose which column holds the booking’s own id. Without it, one that was moved or cancelled cannot be"
                " told from another."
            )
        )
    if Column.IDENTITY not in columns:
        raise Invalid(N_("Choose which column holds the identity number."))
    if Column.DAY not in columns:
        raise Invalid(N_("Choose which column holds the day, or the day and the time."))
    if Column.VACCINE not in columns:
        raise Invalid(N_("Choose which column holds the vaccine."))
    if len(set(columns.values())) < len(columns):
        raise Invalid(N_("A column can be chosen for one thing only."))


def from_json(text: str, names: Sequence[str], kept: str | None = None) -> dict[Column, str]:
    """Read the columns from a JSON object such as ``{"id": "Nr"}``, and guess the others. Raises Invalid."""
    return column_guess.from_json(text, names, Column, guess(names, kept))


def to_json(columns: ColumnHeadings) -> str:
    """Return the columns as a JSON object, to be kept."""
    return json.dumps({column.value: heading for column, heading in columns.items()}, ensure_ascii=False)
