"""The columns of a file of people: their names, how they are guessed, and which are required."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from mv.errors import N_, Invalid
from mv.i18n import ENGLISH, SWEDISH, translate
from mv.tabular_files import column_guess
from mv.text import fold


class Column(StrEnum):
    """A kind of column."""

    IDENTITY = "identity"
    GROUP = "group"
    SUBGROUP = "subgroup"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    UNIT = "unit"
    GIVEN_ON = "given_on"
    VACCINE = "vaccine"
    BATCH = "batch"
    DOSE_NUMBER = "dose_number"
    REASON = "reason"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTH_DATE = "birth_date"


NAMES: Mapping[Column, str] = {
    Column.IDENTITY: N_("Identity number"),
    Column.GROUP: N_("Group"),
    Column.SUBGROUP: N_("Subgroup"),
    Column.VALID_FROM: N_("First day"),
    Column.VALID_TO: N_("Last day"),
    Column.UNIT: N_("Unit"),
    Column.GIVEN_ON: N_("Day of the dose"),
    Column.VACCINE: N_("Vaccine"),
    Column.BATCH: N_("Batch"),
    Column.DOSE_NUMBER: N_("Dose number"),
    Column.REASON: N_("Reason"),
    Column.GIVEN_NAME: N_("Given name"),
    Column.FAMILY_NAME: N_("Family name"),
    Column.BIRTH_DATE: N_("Birth date"),
}
"""The names on the screen and in the template."""
DAY_COLUMNS = frozenset({Column.VALID_FROM, Column.VALID_TO, Column.GIVEN_ON, Column.BIRTH_DATE})
DOSE_COLUMNS = (Column.GIVEN_ON, Column.VACCINE, Column.BATCH)
"""Required for a dose, all of them or none."""

DATE_HEADINGS = ("datum", "date", "dag", "day")
"""Headings that can mean the first day of the group or the day of the dose."""
HEADINGS: Mapping[Column, Sequence[str]] = {
    Column.IDENTITY: (
        "personnummer", "personnr", "pnr", "person id", "identitetsnummer", "identity number", "personal number",
        "identity", "kundens personnummer", "patient", "id nummer",
    ),
    Column.GIVEN_ON: (
        "dosens dag", "dosdatum", "vaccinationsdatum", "vaccinationsdag", "given den", "vaccinerad", "given",
        "day of the dose", "dose date", "date given", "given on", "vaccination date",
    ),
    Column.BIRTH_DATE: ("fodelsedatum", "fodelsedag", "fodd", "birth date", "date of birth", "birthday", "born"),
    Column.VALID_TO: (
        "sista dag", "galler till", "giltig till", "till och med", "till", "tom", "t o m", "slutdatum", "last day",
        "valid to", "applies to", "to", "end date",
    ),
    Column.VALID_FROM: (
        "forsta dag", "galler fran", "giltig fran", "fran och med", "fran", "from", "fr o m", "startdatum", "first day",
        "valid from", "applies from", "start date", *DATE_HEADINGS,
    ),
    Column.SUBGROUP: ("undergrupp", "undergruppskod", "subgroup", "sub group", "subgroup code"),
    Column.GROUP: ("kundgrupp", "kundgruppskod", "grupp", "customer group", "group", "group code"),
    Column.DOSE_NUMBER: ("dosnummer", "dosnr", "dos nr", "dose number", "dose no", "dos", "dose"),
    Column.BATCH: ("sats", "satsnummer", "satsnr", "batch", "batchnummer", "batch number", "lot"),
    Column.VACCINE: ("vaccin", "vaccine", "preparat", "produkt", "product", "lakemedel", "vara"),
    Column.UNIT: ("enhet", "enhetskod", "mottagning", "vardenhet", "unit", "unit code", "clinic"),
    Column.REASON: ("orsak", "skal", "anledning", "motivering", "reason", "kommentar", "comment"),
    Column.GIVEN_NAME: ("fornamn", "tilltalsnamn", "given name", "first name"),
    Column.FAMILY_NAME: ("efternamn", "family name", "last name", "surname"),
}  # fmt: skip
"""Known headings of each column, the surest first; a column precedes those whose names are part of its own."""
PROBLEM_HEADING = N_("What is wrong")
"""The heading of the last column of a file that is handed back with its problems. An import ignores that column."""

ColumnHeadings = Mapping[Column, str]
"""The heading of each column that is in a file."""


def guess(names: Sequence[str]) -> dict[Column, str]:
    """Guess the heading of each column; the only day beside a vaccine is the day of the dose.

    Of two that could be the identity number, such as a guardian's and a child's, none is guessed.
    """
    own = [name for name in names if not is_problem_heading(name)]
    found = column_guess.guess(own, HEADINGS, {}, {Column.IDENTITY: column_guess.IDENTITY_NUMBER})
    if (
        Column.VACCINE in found
        and Column.GIVEN_ON not in found
        and fold(found.get(Column.VALID_FROM, "")) in DATE_HEADINGS
    ):
        found[Column.GIVEN_ON] = found.pop(Column.VALID_FROM)
    return {column: found[column] for column in Column if column in found}


def is_problem_heading(heading: str) -> bool:
    """Return whether the column holds the problems of a file that was handed back."""
    return fold(heading) in {fold(translate(PROBLEM_HEADING, language)) for language in (ENGLISH, SWEDISH)}


def check(columns: ColumnHeadings) -> None:
    """Raise Invalid unless there are an identity number, a group, a day, and a whole dose or none."""
    if Column.IDENTITY not in columns:
        raise Invalid(N_("Choose which column holds the identity number."))
    if Column.GROUP not in columns:
        raise Invalid(N_("Choose which column holds the customer group."))
    has = [column in columns for column in DOSE_COLUMNS]
    if any(has) and not all(has):
        raise Invalid(N_("Choose which columns hold the day of the dose, the vaccine and the batch, or none of them."))
    if Column.VALID_FROM not in columns and not any(has):
        raise Invalid(N_("Choose which column holds the first day of the group, or the day of the dose."))
    if len(set(columns.values())) < len(columns):
        raise Invalid(N_("A column can be chosen for one thing only."))


def from_json(text: str, names: Sequence[str]) -> dict[Column, str]:
    """Read columns from a JSON object such as ``{"identity": "Personnr"}``, and guess the others. Raises Invalid."""
    return column_guess.from_json(text, names, Column, guess(names))
