"""A table of texts, whatever file it was read from: its headings, its rows, and how much of both is let in."""

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
"""As `.streamlit/config.toml` lets in."""
MOST_ROWS = 100_000
"""Under the headings."""
MOST_COLUMNS = 200
MOST_CELLS = 2_000_000
"""Empty ones included, so that no table takes more memory than some hundred megabytes."""
EXCEL = "Excel"

Delimiter = Literal[";", ",", "\t"]
DELIMITERS: Final[tuple[Delimiter, ...]] = (";", "\t", ",")
"""In the order in which one is taken where the headings do not tell."""

_NUMBER_ALONE = re.compile(r"[\W_]*[0-9](?:[0-9]|[\W_])*")


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file, by its number there, and its texts, as many as there are headings. The repr shows none."""

    number: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that cannot be read: its row, the heading of its column, and what is wrong."""

    row: int
    column: str
    error: MvError

    def label(self, language: str) -> str:
        """Return row, column and what is wrong, in ``language``."""
        place = translate(N_("Row {row}, column {column}:"), language).format(row=self.row, column=self.column)
        return f"{place} {explain(self.error, language)}"


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: the headings, all different, and the rows under them that are not empty."""

    headings: tuple[str, ...]
    records: list[Record] = field(repr=False)
    encoding: str
    """Of a CSV file; EXCEL of a workbook."""
    delimiter: Delimiter | None
    """None of a workbook."""
    sheet: str | None = None
    """Which of a workbook's sheets it is."""
    other_sheets: tuple[str, ...] = ()
    """The names of those that were not read, hidden ones too."""
    hidden_rows: int = 0
    """How many of the rows the workbook hides, by a filter for one. They are among the others."""

    def content_hash(self, about: str) -> str:
        """Return SHA-256 in hexadecimal over ``about`` and the texts, however the file wrote them down."""
        digest = hashlib.sha256(json.dumps([about, self.headings]).encode())
        for record in self.records:
            digest.update(json.dumps(record.cells).encode())
        return digest.hexdigest()

    def problems(self, headings: Iterable[str]) -> list[Problem]:
        """Return, row by row, the cells under these headings that hold no value (see :mod:`mv.tabular_files.cells`)."""
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
    """Return the error that says how many rows are let in."""
    return Invalid(N_("The file has more than {most} rows. Divide it into several."), most=MOST_ROWS)


def too_many_cells_error() -> Invalid:
    """Return the error that says how many cells are let in."""
    return Invalid(
        N_("The file has more than {most} cells, empty ones included. Copy the rows into a new one, or into several."),
        most=MOST_CELLS,
    )


def parse_headings(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the headings, an empty or repeated one with its place. What is a number, of a person too, is none."""
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
    """Return what the cell of each problem holds, as far as a message may quote it; nothing where it has no column."""
    rows = {record.number: record for record in table.records}
    places = {heading: place for place, heading in enumerate(table.headings)}
    return [quote(rows[each.row].cells[places[each.column]]) if each.column in places else "" for each in problems]
