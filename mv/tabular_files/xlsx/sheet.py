"""Read the rows of a sheet as texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from xml.etree.ElementTree import Element

from mv.errors import N_, Invalid
from mv.tabular_files import table
from mv.tabular_files.cells import NO_VALUE
from mv.tabular_files.xlsx.number_formats import Formatter, format_number
from mv.tabular_files.xlsx.shared_strings import clean_text, text_of
from mv.tabular_files.xlsx.xml import damaged_error, iter_children, local_name

LAST_ROW = 1_048_576
"""Of a sheet in Excel."""
MOST_CHARACTERS = 100_000
"""In a cell."""

_LONGEST_COLUMN = 3
"""Letters: the last is XFD."""
_TRUE = ("1", "true")
_MIDNIGHT = "T00:00:00"
_LONGEST_NUMBER = 9
"""Digits in the number of a row, a style or a shared text."""
_MOST_IN_CELL = 8
"""Elements: its formula, its value, its text, what extends it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number. A cell is a text, or the number of a shared string."""

    number: int
    cells: list[str | int] = field(repr=False)
    hidden: bool


def read_rows(pieces: Iterable[bytes], writers: Sequence[Formatter]) -> Iterator[Row]:
    """Yield the rows that have a value; ``writers`` are the formatters of numbers by the style of the cell.

    Raises Invalid beyond the limits of rows, columns and cells, and for anything that is no sheet.
    """
    before = found = seen = 0
    for element in iter_children(pieces, "sheetData"):
        if local_name(element.tag) != "row":
            raise damaged_error()
        given = element.get("r")
        number = before + 1 if given is None else _parse_whole_number(given)
        if not before < number <= LAST_ROW:
            raise damaged_error()
        before = number
        seen += len(element)
        if seen > table.MOST_CELLS:
            raise table.too_many_cells_error()
        cells = _row_cells(element, number, writers)
        if not cells:
            continue
        found += 1
        if found > table.MOST_ROWS + 1:
            raise table.too_many_rows_error()
        yield Row(number, cells, element.get("hidden") in _TRUE)


@cache
def column_letters(place: int) -> str:
    """Return the letters of the column at this position, from 0: A … Z, AA …"""
    return (column_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def _row_cells(row: Element, number: int, writers: Sequence[Formatter]) -> list[str | int]:
    """Return the cells from the first column to the last that has a value."""
    space = row.tag.removesuffix("row")
    names = (f"{space}v", f"{space}f", f"{space}is")
    cells: list[str | int] = []
    place = -1
    for element in row:
        reference = element.get("r")
        place = place + 1 if reference is None else _column_place(reference)
        value = _cell_value(element, names, writers)
        if value == "":
            continue
        if place < len(cells):
            raise damaged_error()
        if place >= table.MOST_COLUMNS:
            raise Invalid(
                N_(
                    "Row {row} has a value in column {column}, and only the first {most} columns are read. Clear the"
                    " cell, or move the value."
                ),
                row=number,
                column=column_letters(place),
                most=table.MOST_COLUMNS,
            )
        if type(value) is str and len(value) > MOST_CHARACTERS:
            raise Invalid(N_("Row {row} has a cell of more than {most} characters."), row=number, most=MOST_CHARACTERS)
        cells.extend([""] * (place - len(cells)))
        cells.append(value)
    return cells


def _cell_value(cell: Element, names: tuple[str, str, str], writers: Sequence[Formatter]) -> str | int:
    """Return the value of the cell by its type; NO_VALUE for a formula that was saved without its value."""
    value, formula, inline = names
    kind = cell.get("t", "n")
    text, is_formula = "", False
    if len(cell) > _MOST_IN_CELL:
        raise damaged_error()
    for child in cell:
        if child.tag == value:
            text = child.text or ""
            is_formula = is_formula and not (kind == "str" and text == "")
        elif child.tag == formula:
            is_formula = True
        elif child.tag == inline and kind == "inlineStr":
            return text_of(child)
    if not text:
        return NO_VALUE if is_formula else ""
    match kind:
        case "s":
            return _parse_whole_number(text)
        case "n":
            return _format_number(text, cell.get("s"), writers)
        case "str" | "e" | "inlineStr":
            return clean_text(text)
        case "b":
            return "TRUE" if text in _TRUE else "FALSE"
        case "d":
            return clean_text(text).removesuffix(_MIDNIGHT)
    raise damaged_error()


def _format_number(text: str, style: str | None, writers: Sequence[Formatter]) -> str:
    place = _parse_whole_number(style) if style else 0
    return writers[place](text) if place < len(writers) else format_number(text)


def _parse_whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise damaged_error()
    return int(text)


def _column_place(reference: str) -> int:
    """Return the place of a cell's column, from 0."""
    name = reference.rstrip("0123456789")
    if len(name) > _LONGEST_COLUMN:
        raise damaged_error()
    return _column(name)


@cache
def _column(name: str) -> int:
    if not (name.isascii() and name.isalpha() and name.isupper()):
        raise damaged_error()
    place = 0
    for letter in name:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
