"""Read the cells of a table's rows by the kinds of its columns, and collect their problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mv.errors import N_, Invalid, MvError
from mv.tabular_files.cells import parse_value
from mv.tabular_files.table import Problem, Record

C = TypeVar("C", bound=str)
T = TypeVar("T")

FORMULA_PREFIXES = ("+", "@")
"""How formulas begin in a spreadsheet, beside =. No valid value begins so."""


@dataclass(frozen=True, slots=True)
class CellReader(Generic[C]):
    """Reads cells, and collects their ``problems``.

    ``places`` holds the positions of each column in a record; of two, one holds names and the other codes.
    """

    headings: Sequence[str]
    places: Mapping[C, Sequence[int]]
    problems: list[Problem] = field(default_factory=list, kw_only=True)

    def heading(self, column: C) -> str:
        """Return the heading of a column; empty if the file does not have it."""
        return self.headings[self.places[column][0]] if column in self.places else ""

    def add(self, number: int, column: C, error: MvError) -> None:
        """Collect a problem of a row."""
        self.problems.append(Problem(number, self.heading(column), error))

    def text(self, record: Record, column: C) -> str:
        """Return the text of the column's first cell that is not empty; empty if there is none."""
        return next((text for _, text in self._cells(record, column)), "")

    def value(self, record: Record, column: C, parse: Callable[[str], T], *, needed: bool = False) -> T | None:
        """Return the value of the column; None if it is empty, or wrong, with a problem for it."""
        read: list[T] = []
        for heading, text in self._cells(record, column):
            try:
                read.append(parse(_cell_value(text)))
            except MvError as error:
                self.problems.append(Problem(record.number, heading, error))
                return None
            if read[0] != read[-1]:
                differ = Invalid(N_("The name and the code mean different things. Change one of them."))
                self.problems.append(Problem(record.number, heading, differ))
                return None
        if needed and not read:
            self.add(record.number, column, Invalid(N_("This is missing.")))
        return read[0] if read else None

    def _cells(self, record: Record, column: C) -> list[tuple[str, str]]:
        """Return the headings and texts of the column's cells that are not empty."""
        found = [(self.headings[place], record.cells[place]) for place in self.places.get(column, ())]
        return [(heading, text) for heading, text in found if text]


def _cell_value(text: str) -> str:
    """Return the value of a cell. Raises Invalid for formulas and errors of a spreadsheet."""
    text = parse_value(text)
    if text.startswith(FORMULA_PREFIXES):
        raise Invalid(N_("The cell holds a formula. Write the value itself."))
    return text
