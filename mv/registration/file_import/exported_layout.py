"""Recognise an exported file of groups, and find its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mv.errors import N_, Invalid
from mv.export import doses, groups
from mv.export.schema import Column as ExportColumn
from mv.i18n import SWEDISH, translate
from mv.registration.file_import.columns import Column, is_problem_heading
from mv.tabular_files.table import Record, Table
from mv.text import fold, restore_formulas

ROW_ID, ROW_VERSION = "membership_id", "version"
COLUMNS = (*groups.COLUMNS, *groups.PSEUDONYM)
NEW_ROW_COLUMNS: Mapping[Column, Sequence[str]] = {
    Column.IDENTITY: ("customer_identity",),
    Column.GROUP: ("group", "group_code"),
    Column.SUBGROUP: ("subgroup", "subgroup_code"),
    Column.VALID_FROM: ("valid_from",),
    Column.VALID_TO: ("valid_to",),
    Column.UNIT: ("unit", "unit_id"),
}
"""The exported columns of a row without an id, which is a new one."""


@dataclass(frozen=True, slots=True)
class ExportedLayout:
    """The headings of a file, and the positions of the exported columns by their stable names."""

    headings: Sequence[str]
    places: Mapping[str, int]

    def text(self, record: Record, name: str) -> str | None:
        """Return the text of a row in a column; None if the column was removed from the file."""
        return record.cells[self.places[name]] if name in self.places else None

    def heading(self, name: str) -> str:
        """Return the heading of a column; empty if the file does not have it."""
        return self.headings[self.places[name]] if name in self.places else ""

    def of_new_rows(self) -> dict[Column, list[int]]:
        """Return the positions of the columns of new rows."""
        found = {
            column: [self.places[name] for name in names if name in self.places]
            for column, names in NEW_ROW_COLUMNS.items()
        }
        return {column: places for column, places in found.items() if places}


def recognise(headings: Sequence[str]) -> ExportedLayout | None:
    """Return the layout of an exported file of groups, in either language; None for any other file.

    Raises Invalid for a file of doses, which cannot be imported.
    """
    places = _places(headings, COLUMNS)
    if ROW_ID in places and ROW_VERSION in places:
        return ExportedLayout(headings, places)
    if {"dose_id", ROW_VERSION} <= _places(headings, doses.DOSE).keys():
        raise Invalid(
            N_("This is a file of doses, which cannot be imported back. Correct each dose on the page Vaccination.")
        )
    return None


def without_escapes(table: Table) -> Table:
    """Return the table without the apostrophes that were put before texts that could run as formulas.

    CSV that was written here has them: exports, and files that were handed back with their problems.
    """
    made_here = any(is_problem_heading(heading) for heading in table.headings) or recognise(table.headings)
    if table.delimiter is None or not made_here:
        return table
    records = [Record(each.number, tuple(map(restore_formulas, each.cells))) for each in table.records]
    return replace(table, records=records)


def _places(headings: Sequence[str], columns: Sequence[ExportColumn]) -> dict[str, int]:
    called = {fold(name): column.name for column in columns for name in (column.name, translate(column.label, SWEDISH))}
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = called.get(fold(heading))
        if name:
            found.setdefault(name, place)
    return found
