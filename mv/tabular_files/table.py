"""A table of texts from a file: its headings, its rows, and the limits of both."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mv.errors import N_, Invalid, MvError
from mv.i18n import explain, translate
from mv.tabular_files.cells import may_be_identity, parse_value, quote

MEGABYTE = 1024 * 1024
MOST_BYTES = 20 * MEGABYTE
"""The same limit as in `.streamlit/config.toml`."""
MOST_ROWS = 100_000
"""Under the headings."""
MOST_COLUMNS = 200
MOST_CELLS = 2_000_000
"""Empty ones included, so that no table takes more memory than some hundred megabytes."""
EXCEL = "Excel"

Delimiter = Literal[";", ",", "\t"]
DELIMITERS: Final[tuple[Delimiter, ...]] = (";", "\t", ",")
"""In the order of preference if the headings leave it open."""

_NUMBER_ALONE = re.compile(r"[\W_]*[0-9](?:[0-9]|[\W_])*")


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file, by its number there, and its texts, as many as there are headings. The repr shows none."""

    number: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a cell: its row, the heading of its column, and the error."""

    row: int
    column: str
    error: MvError

    def label(self, language: str) -> str:
        """Return row, column and error in ``language``."""
        place = translate(N_("Row {row}, column {column}:"), language).format(row=self.row, column=self.column)
        return f"{place} {explain(self.error, language)}"


@dataclass(frozen=True, slots=True)
class Table:
    """The headings of a file, all different, and the rows under them that are not empty."""

    headings: tuple[str, ...]
    records: list[Record] = field(repr=False)
    encoding: str
    """Of a CSV file; EXCEL of a workbook."""
    delimiter: Delimiter | None
    """None of a workbook."""
    sheet: str | None = None
    """The name of the sheet that was read, for a workbook."""
    other_sheets: tuple[str, ...] = ()
    """The names of the sheets that were not read, hidden ones too."""
    hidden_rows: int = 0
    """The number of rows that the workbook hides, by a filter for example. They are in ``records``, too."""

    def content_hash(self, about: str) -> str:
        """Return SHA-256, in hexadecimal, of ``about`` and the texts, whatever the format of the file."""
        digest = hashlib.sha256(json.dumps([about, self.headings]).encode())
        for record in self.records:
            digest.update(json.dumps(record.cells).encode())
        return digest.hexdigest()

    def problems(self, headings: Iterable[str]) -> list[Problem]:
        """Return the problems of cells under these headings that :func:`mv.tabular_files.cells.parse_value` refuses."""
        places = [(heading, self.headings.index(heading)) for heading in headings]
        found: list[Problem] = []
        for record in self.records:
            for heading, place in places:
                try:
                    parse_value(record.cells[place])
                except Invalid as error:
                    found.append(Problem(record.number, heading, error))
        return found


def too_many_rows_error() -> Invalid:
    """Return the error for too many rows."""
    return Invalid(N_("The file has more than {most} rows. Divide it into several."), most=MOST_ROWS)


def too_many_cells_error() -> Invalid:
    """Return the error for too many cells."""
    return Invalid(
        N_("The file has more than {most} cells, empty ones included. Copy the rows into a new one, or into several."),
        most=MOST_CELLS,
    )


def parse_headings(cells: Sequence[str]) -> tuple[str, ...]:
    """Return unique headings, an empty or repeated one with its position. Raises Invalid for numbers, as data has."""
    if not cells:
        raise Invalid(N_("The file is empty."))
    if len(strip_trailing_empty(cells)) > MOST_COLUMNS:
        raise Invalid(N_("The file has more than {most} columns. Keep those that are needed."), most=MOST_COLUMNS)
    if any(may_be_identity(cell) or _NUMBER_ALONE.fullmatch(cell) for cell in cells):
        raise Invalid(N_("The first row holds no headings but data. Add a row of headings."))
    found: list[str] = []
    for place, cell in enumerate(strip_trailing_empty(cells), start=1):
        heading = cell or f"({place})"
        while heading in found:
            heading = f"{heading} ({place})"
        found.append(heading)
    return tuple(found)


def strip_trailing_empty(cells: Sequence[str]) -> Sequence[str]:
    """Return ``cells`` without the empty ones at the end."""
    last = max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
    return cells[:last]


def quote_cells(table: Table, problems: Sequence[Problem]) -> list[str]:
    """Return the text of each problem's cell, as far as a message may quote it; empty if it has no column."""
    rows = {record.number: record for record in table.records}
    places = {heading: place for place, heading in enumerate(table.headings)}
    return [quote(rows[each.row].cells[places[each.column]]) if each.column in places else "" for each in problems]
