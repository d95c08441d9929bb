"""Read CSV files as tables of texts, with any usual encoding, delimiter, quotes and line ends."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from mv.errors import N_, Invalid
from mv.tabular_files import file_type, table
from mv.tabular_files.broken_letters import WINDOWS_1252
from mv.tabular_files.table import DELIMITERS, Delimiter, Record, Table, strip_trailing_empty
from mv.text import visible

MOST_CHARACTERS = 100_000
"""In a line of a file."""

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DELIMITER_LINE = re.compile(r'(?P<mark>"?)sep=(?P<delimiter>.)(?P=mark)[ ;,\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_SWEDISH_IN_UTF_8 = re.compile(rb"\xc3[\x84\x85\x89\x96\xa4\xa5\xa9\xb6]")
"""Å, Ä, É and Ö in UTF-8: no Swedish text in Windows-1252 has these pairs."""
_LETTER_OF_ANOTHER_PAGE = re.compile(rb"[a-z][\x81\x8d\x8f\x90\x9d]|[\x81\x8d\x8f\x90\x9d][a-z]", re.IGNORECASE)
"""Å and É of DOS and of old Macs in a word: Windows-1252 has no such bytes."""
_QUOTED = re.compile(r'"[^"]*"')


def read(data: bytes, delimiter: Delimiter | None = None) -> Table:
    """Read a table in UTF-8, UTF-16 with a byte-order mark, or else Windows-1252.

    Without a ``delimiter`` it is guessed from the headings. Raises Invalid as
    :func:`mv.tabular_files.reading.read_table` does.
    """
    text, encoding = _decode(data)
    text, stated = _split_delimiter_line(text)
    found = delimiter or stated or _guess_delimiter(text)
    parsed = _parse(text, found)
    headings = table.parse_headings(next(parsed, Record(1, ())).cells)
    records: list[Record] = []
    for record in parsed:
        records.append(_fit(record, len(headings)))
        if len(records) * len(headings) > table.MOST_CELLS:
            raise table.too_many_cells_error()
    if not records:
        raise Invalid(N_("The file has no rows under its headings."))
    return Table(headings, records, encoding, found)


def _decode(data: bytes) -> tuple[str, str]:
    file_type.refuse_document(data)
    encoding, name = ("utf-16", "UTF-16") if data.startswith(_UTF_16_MARKS) else ("utf-8-sig", "UTF-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        text, name = _in_windows_1252(data, error.start), WINDOWS_1252
    if _CONTROL.search(text):
        raise file_type.not_text_error(data)
    return unicodedata.normalize("NFC", text), name


def _in_windows_1252(data: bytes, broken_at: int) -> str:
    """Decode ``data``, which is no UTF-8 from the byte ``broken_at`` on."""
    try:
        text = data.decode("windows-1252")
    except UnicodeDecodeError as error:
        if _CONTROL.search(data.decode("windows-1252", "replace")) or not _LETTER_OF_ANOTHER_PAGE.search(data):
            raise file_type.not_text_error(data) from None
        text, broken_at = "", error.start
    if not text or _SWEDISH_IN_UTF_8.search(data):
        line = data.count(b"\n", 0, broken_at) + 1
        raise Invalid(N_("Line {line} has a letter that cannot be read. Save the file as CSV (UTF-8)."), line=line)
    return text


def _split_delimiter_line(text: str) -> tuple[str, Delimiter | None]:
    """Split off a first line such as ``sep=;``, which Excel does not count as a row, and return its delimiter."""
    found = _DELIMITER_LINE.match(text)
    if found is None:
        return text, None
    for delimiter in DELIMITERS:
        if found["delimiter"] == delimiter:
            return text[found.end() :], delimiter
    raise Invalid(N_("The delimiter that the first line states is none of semicolon, tab and comma."))


def _guess_delimiter(text: str) -> Delimiter:
    first = next((line for line in StringIO(text[:MOST_CHARACTERS], newline="") if line.strip()), "")
    found = Counter(_QUOTED.sub("", first))
    return max(DELIMITERS, key=lambda delimiter: found[delimiter])


def _parse(text: str, delimiter: Delimiter) -> Iterator[Record]:
    """Yield the rows that are not empty, with stripped cells. Empty rows count in the numbers, from 1."""
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = tuple(visible(cell).strip() for cell in next(reader))
        except StopIteration:
            return
        except csv.Error:
            raise Invalid(
                N_("Row {row} cannot be read: a quotation mark is not closed, or stands inside a value."), row=number
            ) from None
        if number > table.MOST_ROWS + 1:
            raise table.too_many_rows_error()
        if any(cells):
            yield Record(number, cells)


def _lines(text: str) -> Iterator[str]:
    lines = StringIO(text, newline="")
    while line := lines.readline(MOST_CHARACTERS + 1):
        if len(line) > MOST_CHARACTERS:
            raise Invalid(N_("The file has a line of more than {most} characters."), most=MOST_CHARACTERS)
        yield line


def _fit(record: Record, columns: int) -> Record:
    """Return the record with as many cells as there are headings; Excel leaves out empty ones at the end of a row.

    A single cell of several is refused: that is a row of another delimiter, or a part of one.
    """
    cells = record.cells
    if (len(cells) == 1 < columns) or any(cells[columns:]):
        raise Invalid(
            N_("Row {row} has {found} values, and there are {columns} headings. Is the delimiter right?"),
            row=record.number,
            found=len(strip_trailing_empty(cells)) if len(cells) > columns else len(cells),
            columns=columns,
        )
    return Record(record.number, cells[:columns] + ("",) * (columns - len(cells)))
