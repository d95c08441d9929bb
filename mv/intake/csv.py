"""CSV files: bytes → a table of texts, whatever the encoding, the delimiter, the quotes and the line ends."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from mv.errors import N_, Invalid
from mv.intake import kinds, tables
from mv.intake.tables import DELIMITERS, Delimiter, Record, Table, without_end

MOST_CHARACTERS = 100_000
"""In a line of a file."""

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_16 = (("utf-16", "UTF-16"),)
_ENCODINGS = (("utf-8-sig", "UTF-8"), ("windows-1252", "Windows-1252"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_QUOTED = re.compile(r'"[^"]*"')


def read(data: bytes, delimiter: Delimiter | None = None) -> Table:
    """Return the table that is written in UTF-8, UTF-16 with its mark, or else Windows-1252.

    Without a ``delimiter`` the headings tell which it is. Raises Invalid as :func:`mv.intake.read` does.
    """
    text, encoding = _decode(data)
    found = delimiter or _guess_delimiter(text)
    parsed = _parse(text, found)
    headings = tables.headings(next(parsed, Record(1, ())).cells)
    records = [_fitted(record, len(headings)) for record in parsed]
    if not records:
        raise Invalid(N_("The file has no rows under its headings."))
    return Table(headings, records, encoding, found)


def _decode(data: bytes) -> tuple[str, str]:
    kinds.refuse_text(data)
    for encoding, name in _UTF_16 if data.startswith(_UTF_16_MARKS) else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return unicodedata.normalize("NFC", text), name
        break
    raise kinds.no_text(data)


def _guess_delimiter(text: str) -> Delimiter:
    first = next((line for line in StringIO(text[:MOST_CHARACTERS], newline="") if line.strip()), "")
    found = Counter(_QUOTED.sub("", first))
    return max(DELIMITERS, key=lambda delimiter: found[delimiter])


def _parse(text: str, delimiter: Delimiter) -> Iterator[Record]:
    """Yield the rows that are not empty, their cells without spaces around, numbered from 1, empty ones included."""
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            return
        except csv.Error:
            raise Invalid(
                N_("Row {row} cannot be read: a quotation mark is not closed, or stands inside a value."), row=number
            ) from None
        if number > tables.MOST_ROWS + 1:
            raise tables.too_many_rows()
        if any(cells):
            yield Record(number, cells)


def _lines(text: str) -> Iterator[str]:
    lines = StringIO(text, newline="")
    while line := lines.readline(MOST_CHARACTERS + 1):
        if len(line) > MOST_CHARACTERS:
            raise Invalid(N_("The file has a line of more than {most} characters."), most=MOST_CHARACTERS)
        yield line


def _fitted(record: Record, columns: int) -> Record:
    cells = record.cells
    if len(cells) < columns or any(cells[columns:]):
        raise Invalid(
            N_("Row {row} has {found} values, and there are {columns} headings. Is the delimiter right?"),
            row=record.number,
            found=len(without_end(cells)) if len(cells) > columns else len(cells),
            columns=columns,
        )
    return Record(record.number, cells[:columns])
