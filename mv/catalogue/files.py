"""Files of the catalogue, one for each table: compared with the store, and written as they are read."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import pandas as pd

from mv import audit
from mv.access import Action, Actor
from mv.catalogue import changes
from mv.catalogue.tables import TABLES, CatalogueRow, CatalogueTable, Column, Kind, Value
from mv.catalogue.validation import Rows, faults
from mv.catalogue.values import parse, written
from mv.errors import N_, Invalid
from mv.i18n import SWEDISH, translate
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files import cells
from mv.tabular_files.table import Problem, Record, Table
from mv.text import fold, neutralise_formulas, restore_formulas


class State(StrEnum):
    """What a row of a file, or of the store, is beside the other."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ONLY_HERE = "only_here"
    """In the store alone; it stays as it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row beside what the store has: ``row`` as the file has it, ``seen`` as the store has it.

    ``number`` is the row's in the file, 0 where it is in the store only.
    """

    state: State
    number: int
    row: CatalogueRow
    seen: CatalogueRow | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of a file beside the store; with ``problems`` nothing of it can be saved."""

    table: CatalogueTable
    differences: list[Difference]
    problems: list[Problem] = field(default_factory=list)

    @property
    def counts(self) -> Counter[State]:
        """How many rows there are of each state."""
        return Counter(each.state for each in self.differences)

    @property
    def to_save(self) -> list[CatalogueRow]:
        """The rows that are new or changed, with the versions that were seen."""
        return [each.row for each in self.differences if each.state in (State.NEW, State.CHANGED)]


def compare(store: Store, actor: Actor, files: Sequence[Table]) -> list[Comparison]:
    """Compare files, at most one for a table, with the store; return each beside it.

    Raises Invalid for a file that is of no table of the catalogue, and for two of the same one.
    """
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    with store.read() as tx:
        return compare_with(changes.read_all(tx), files)


def compare_with(before: Rows, files: Sequence[Table]) -> list[Comparison]:
    """Compare files with the rows of the store, as :func:`compare` does."""
    found = [_compare(before, find_table(file), file) for file in files]
    if len({each.table.name for each in found}) < len(found):
        raise Invalid(N_("Two of the files are of the same table. Take them one at a time."))
    after = changes.rows_after(before, [row for each in found for row in each.to_save])
    for comparison, file in zip(found, files, strict=True):
        places = _places(comparison.table, file)
        for each in comparison.differences:
            if each.state in (State.NEW, State.CHANGED):
                for column, error in faults(each.row, each.seen, after):
                    heading = file.headings[places[column.name]] if column.name in places else column.name
                    comparison.problems.append(Problem(each.number, heading, error))
        comparison.problems.sort(key=lambda problem: problem.row)
    return found


def add_new(tx: Transaction, at: datetime, by: str, files: Sequence[Table]) -> None:
    """Add the rows of files that are not in the store, as ``by``; those that are there stay as they are."""
    compared = compare_with(changes.read_all(tx), files)
    new = [each.row for one in compared for each in one.differences if each.state == State.NEW]
    changes.write(tx, at, by, new)


def find_table(file: Table) -> CatalogueTable:
    """Return the table that the file is of, by the headings of its codes. Raises Invalid for another file."""
    fits = [table for table in TABLES if all(column.name in _places(table, file) for column in table.key_columns)]
    named = [
        table for table in fits if sum(column.name in _places(table, file) for column in table.columns) > table.keys
    ]
    if not named:
        raise Invalid(
            N_("The file is none of the catalogue’s. It has a heading {headings}, as a file that was taken out has."),
            headings=", ".join(table.columns[table.keys - 1].name for table in TABLES),
        )
    return max(named, key=lambda table: sum(column.name in _places(table, file) for column in table.columns))


def write_table(rows: Iterable[CatalogueRow], table: CatalogueTable) -> bytes:
    """Return rows as CSV with semicolons and a byte-order mark, for a Swedish spreadsheet, and for :func:`compare`."""
    lines = [[written(row.values[column.name]) for column in table.columns] for row in rows]
    flat = iter(neutralise_formulas(pd.Series([cell for line in lines for cell in line], dtype="str")))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([next(flat) for _cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def export_table(store: Store, actor: Actor, table: CatalogueTable) -> Iterator[bytes]:
    """Yield the rows of the table as a file; see :func:`write_table`."""
    yield write_table(changes.rows_of(store, actor, table).values(), table)


def _compare(before: Rows, table: CatalogueTable, file: Table) -> Comparison:
    known, places = before[table.name], _places(table, file)
    comparison, numbers = Comparison(table, []), dict[str, int]()
    for record in file.records:
        row = _read(comparison, known, places, file, record)
        if row is None:
            continue
        if row.key in numbers:
            again = Invalid(N_("Row {row} has the same code."), row=numbers[row.key])
            heading = file.headings[places[table.columns[table.keys - 1].name]]
            comparison.problems.append(Problem(record.number, heading, again))
            continue
        numbers[row.key] = record.number
        seen = known.get(row.key)
        changed = State.CHANGED if seen and changes.differing(seen, row) else State.SAME
        comparison.differences.append(Difference(changed if seen else State.NEW, record.number, row, seen))
    comparison.differences.extend(
        Difference(State.ONLY_HERE, 0, row, row) for key, row in known.items() if key not in numbers
    )
    return comparison


def _read(
    comparison: Comparison, known: Mapping[str, CatalogueRow], places: dict[str, int], file: Table, record: Record
) -> CatalogueRow | None:
    """Return the row of the file; None, with a problem, where a cell cannot be read.

    A column that the file lacks keeps the value in the store.
    """
    table, values = comparison.table, dict[str, Value]()
    before = len(comparison.problems)
    for column in table.columns:
        if column.name in places:
            text = record.cells[places[column.name]]
            try:
                text = cells.parse_value(text)
                values[column.name] = parse(column, text if file.delimiter is None else restore_formulas(text))
            except Invalid as error:
                heading = file.headings[places[column.name]]
                comparison.problems.append(Problem(record.number, heading, error))
    if len(comparison.problems) > before:
        return None
    key = CatalogueRow(table, values).key
    seen = known.get(key)
    missing = {column.name: _nothing(column) for column in table.columns}
    return CatalogueRow(table, {**missing, **(seen.values if seen else {}), **values}, seen.version if seen else 0)


def _nothing(column: Column) -> Value:
    if column.kind == Kind.GTINS:
        return ()
    return False if column.kind == Kind.YES_NO else None


def _places(table: CatalogueTable, file: Table) -> dict[str, int]:
    """Return the place of each column in the file, by its name or its Swedish title."""
    found: dict[str, int] = {}
    for column in table.columns:
        called = {fold(column.name), fold(column.title), fold(translate(column.title, SWEDISH))}
        for place, heading in enumerate(file.headings):
            if fold(heading) in called and place not in found.values():
                found[column.name] = place
                break
    return found
