"""Validation of rows of the catalogue: what cannot be right is told column by column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from mv.catalogue import AgeUnit
from mv.catalogue.tables import GROUP, SUBGROUP, VACCINE, CatalogueRow, Column, Kind
from mv.catalogue.values import parse_gtin
from mv.errors import N_, Invalid, MvError
from mv.identity import Sex

CODE = re.compile(r"[a-z0-9_]{1,50}")
ATC = re.compile(r"[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}")
"""An ATC code of the fifth level, which a product has."""
NPL_ID = re.compile(r"[0-9]{14}")
LONGEST_NAME = 200
LONGEST_SOURCE = 500
OLDEST = 130
"""Years: no one has lived longer."""
MOST_DAYS = 36_500
MOST_PLACES = 100_000

Rows = Mapping[str, Mapping[str, CatalogueRow]]
"""The rows by the name of their table and their code."""
Fault = tuple[Column, MvError]


def faults(row: CatalogueRow, seen: CatalogueRow | None, after: Rows) -> Iterator[Fault]:
    """Yield what is wrong with the row, and in which column.

    ``seen`` is the row as it was: a value that was missing already may be missing still. ``after`` has all rows as they
    are to be, this one among them.
    """
    for column in row.table.columns:
        value = row.values[column.name]
        if value is None:
            if column.required and (seen is None or seen.values[column.name] is not None):
                yield column, Invalid(N_("This is missing."))
        elif error := _fault_of_value(column, value):
            yield column, error
    yield from _faults_of_days(row)
    yield from _faults_of_ages(row)
    yield from _faults_of_names(row, after)
    if row.table is SUBGROUP and str(row.values["group_code"]) not in after[GROUP.name]:
        missing = Invalid(N_("There is no group with the code {code}."), code=row.values["group_code"])
        yield row.table.column("group_code"), missing
    if row.table is VACCINE:
        yield from _faults_of_packs(row, after)


def _fault_of_value(column: Column, value: object) -> MvError | None:
    if column.kind == Kind.CODE and not CODE.fullmatch(str(value)):
        return Invalid(N_("A code has small letters a to z, digits and _ alone, at most 50."))
    if column.kind == Kind.ATC and not ATC.fullmatch(str(value)):
        return Invalid(N_("{atc} is no ATC code of a product. Write it as in J07BB02."), atc=value)
    if column.kind == Kind.NPL and not NPL_ID.fullmatch(str(value)):
        return Invalid(N_("An NPL id has 14 digits."))
    if column.kind == Kind.NUMBER and not (isinstance(value, int) and 0 <= value <= _most(column)):
        return Invalid(N_("Write a whole number from 0 to {most}."), most=_most(column))
    if column.kind == Kind.AGE_UNIT and value not in list(AgeUnit):
        return Invalid(N_("Choose in what the ages are."))
    if column.kind == Kind.SEX and value not in list(Sex):
        return Invalid(N_("Choose the sex, or none."))
    if column.kind == Kind.GTINS and isinstance(value, tuple):
        return next((error for error in map(_fault_of_gtin, value) if error), None)
    if column.kind == Kind.TEXT:
        longest = LONGEST_SOURCE if column.name.endswith("source") else LONGEST_NAME
        if len(str(value)) > longest or not str(value).isprintable():
            return Invalid(N_("A text is at most {most} characters, on one line."), most=longest)
    return None


def _fault_of_gtin(gtin: str) -> MvError | None:
    try:
        parse_gtin(gtin)
    except Invalid as error:
        return error
    return None


def _most(column: Column) -> int:
    if column.name.startswith("age_"):
        return OLDEST * 12
    return MOST_PLACES if column.name == "sort_order" else MOST_DAYS


def _faults_of_days(row: CatalogueRow) -> Iterator[Fault]:
    first, last = row.values["valid_from"], row.values["valid_to"]
    if isinstance(first, date) and isinstance(last, date) and last < first:
        error = Invalid(N_("The last day is before the first. Change one of them."))
        yield row.table.column("valid_to"), error


def _faults_of_ages(row: CatalogueRow) -> Iterator[Fault]:
    if "age_unit" not in row.values:
        return
    first, last, unit = (row.values[name] for name in ("age_from", "age_to", "age_unit"))
    bounds = [age for age in (first, last) if isinstance(age, int)]
    if bounds != sorted(bounds):
        yield row.table.column("age_to"), Invalid(N_("The higher age stands first. Change one of them."))
    if bounds and unit is None:
        yield row.table.column("age_unit"), Invalid(N_("Choose in what the ages are."))
    if bounds and unit != AgeUnit.MONTHS and max(bounds) > OLDEST:
        yield row.table.column("age_to"), Invalid(N_("Write a whole number from 0 to {most}."), most=OLDEST)
    if unit is not None and not bounds:
        yield row.table.column("age_from"), Invalid(N_("Write an age, or leave empty in what it is."))


def _faults_of_names(row: CatalogueRow, after: Rows) -> Iterator[Fault]:
    """Yield a fault for each name that another row of the list has on the same days: nobody could tell them apart."""
    for name in ("name", "name_sv", "name_en"):
        text = row.values.get(name)
        if text is None:
            continue
        for other in after[row.table.name].values():
            same_list = row.table is not SUBGROUP or other.values["group_code"] == row.values["group_code"]
            same_name = str(other.values[name] or "").casefold() == str(text).casefold()
            if same_name and same_list and other.key != row.key and _overlap(row, other):
                error = Invalid(N_("{code} has this name already, on the same days."), code=other.key)
                yield row.table.column(name), error
                break


def _overlap(one: CatalogueRow, other: CatalogueRow) -> bool:
    days = [(row.values["valid_from"], row.values["valid_to"] or date.max) for row in (one, other)]
    (first, last), (others_first, others_last) = days
    if not isinstance(first, date) or not isinstance(others_first, date):
        return False
    return first <= others_last and others_first <= last  # type: ignore[operator]


def _faults_of_packs(row: CatalogueRow, after: Rows) -> Iterator[Fault]:
    packs = row.values["gtins"]
    for other in after[VACCINE.name].values():
        theirs = other.values["gtins"]
        if other.key != row.key and isinstance(packs, tuple) and isinstance(theirs, tuple):
            for gtin in sorted(set(packs) & set(theirs)):
                error = Invalid(N_("The GTIN {gtin} is of {vaccine}."), gtin=gtin, vaccine=other.name)
                yield row.table.column("gtins"), error
