"""Files that people hand in: bytes → a checked table of texts, and its cells → amounts and days.

Nothing here knows what a file is about. Rows are named by their number in the file, as a spreadsheet counts them; what
an error quotes of a cell is never what may be an identity number.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import BinaryIO, Final, Literal

from mv.errors import N_, Invalid, MvError
from mv.i18n import explain, translate

MEGABYTE = 1024 * 1024
MOST_BYTES = 20 * MEGABYTE
"""As `.streamlit/config.toml` lets in."""
MOST_ROWS = 100_000
"""Under the headings, empty ones included."""
MOST_CHARACTERS = 100_000
"""In a line of a file."""
MOST_KRONOR = 100_000_000
LONGEST_AMOUNT = 25
"""Characters; so few that a Decimal of 28 digits is exact."""
LONGEST_QUOTE = 30

Delimiter = Literal[";", ",", "\t"]
DELIMITERS: Final[tuple[Delimiter, ...]] = (";", "\t", ",")
"""In the order in which one is taken where the headings do not tell."""

_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_16 = (("utf-16", "UTF-16"),)
_ENCODINGS = (("utf-8-sig", "UTF-8"), ("windows-1252", "Windows-1252"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_QUOTED = re.compile(r'"[^"]*"')
_MAY_BE_IDENTITY = re.compile(r"[0-9]{6}[0-9A-Z]{4}", re.IGNORECASE)
_SEPARATORS = re.compile(r"[^0-9A-Z]", re.IGNORECASE)

_NUMBER_ALONE = re.compile(r"[\W_]*[0-9](?:[0-9]|[\W_])*")

_SPACE = r"[ \u00a0\u2009\u202f]"
_AMOUNT = re.compile(
    rf"(?:kr|SEK){_SPACE}*(?P<before>.+)|(?P<after>.+?){_SPACE}*(?:kr\.?|SEK|[:,]-)|(?P<plain>.+)", re.IGNORECASE
)
_NUMBER = re.compile(
    rf"(?P<sign>[-+\u2212\u2013]?){_SPACE}*"
    rf"(?P<whole>[0-9]+|[0-9]{{1,3}}(?P<group>{_SPACE}|[.,'])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
    r"(?:(?P<point>[.,])(?P<rest>[0-9]+))?(?P<trailing>-?)"
)
_TWO_WAYS = re.compile(r"[-+\u2212\u2013]? *[0-9]{1,3}[.,][0-9]{3}-?")
_DAYS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file, by its number there, and its texts, as many as there are headings. The repr shows none."""

    number: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: the headings, all different, and the rows under them that are not empty."""

    headings: tuple[str, ...]
    records: list[Record] = field(repr=False)
    encoding: str
    delimiter: Delimiter

    def content_hash(self, about: str) -> str:
        """Return SHA-256 in hexadecimal over ``about`` and the texts, however the file wrote them down."""
        digest = hashlib.sha256(json.dumps([about, self.headings]).encode())
        for record in self.records:
            digest.update(json.dumps(record.cells).encode())
        return digest.hexdigest()


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


def read(file: BinaryIO, delimiter: Delimiter | None = None) -> Table:
    """Return the table that a CSV file holds: in UTF-8, UTF-16 with its mark, or else Windows-1252.

    Without a ``delimiter`` the headings tell which it is. Raises Invalid, which says what to do, for a file that is
    too large, is no text, has no headings or no rows, or has a row that does not fit them.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Invalid(N_("The file is larger than {most} MB. Divide it into several."), most=MOST_BYTES // MEGABYTE)
    text, encoding = _decode(data)
    found = delimiter or _guess_delimiter(text)
    parsed = _parse(text, found)
    headings = _headings(next(parsed, Record(1, ())).cells)
    records = [_fitted(record, len(headings)) for record in parsed]
    if not records:
        raise Invalid(N_("The file has no rows under its headings."))
    return Table(headings, records, encoding, found)


def amount(text: str) -> int:
    """Return the öre of an amount in kronor such as ``1 234,50``, ``1.234,50``, ``-150`` or ``150 kr``.

    Raises Invalid for anything else, for parts of an öre, and for what can be read in two ways: ``1.234``.
    """
    wrapped = _AMOUNT.fullmatch(text.strip()) if len(text) <= LONGEST_AMOUNT else None
    number = next(part for part in wrapped.groups() if part).strip() if wrapped else ""
    if _TWO_WAYS.fullmatch(number):
        raise Invalid(
            N_("“{read}” can be read in two ways. Write it without thousands’ marks, or with two decimals."),
            read=quoted(text),
        )
    found = _NUMBER.fullmatch(number)
    if found is None or (found["sign"] and found["trailing"]) or (found["group"] and found["group"] == found["point"]):
        raise Invalid(N_("“{read}” is no amount. Write it like 150,00."), read=quoted(text))
    ore = Decimal(f"{re.sub('[^0-9]', '', found['whole'])}.{found['rest'] or 0}") * 100
    if ore != int(ore):
        raise Invalid(N_("“{read}” has parts of an öre."), read=quoted(text))
    if ore > MOST_KRONOR * 100:
        raise Invalid(N_("“{read}” is more kronor than can be right."), read=quoted(text))
    negative = found["sign"] not in ("", "+") or found["trailing"]
    return -int(ore) if negative else int(ore)


def day(text: str) -> date:
    """Return the day that is written as YYYY-MM-DD, YYYYMMDD or DD/MM/YYYY. Raises Invalid for anything else."""
    for form in _DAYS:
        if found := form.fullmatch(text.strip()):
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                raise Invalid(N_("There is no day “{read}”."), read=quoted(text)) from None
    raise Invalid(N_("“{read}” is no day. Write it like 2026-11-22."), read=quoted(text))


def may_be_identity(text: str) -> bool:
    """Return whether ``text`` may hold an identity number, right or wrong, however it is written."""
    return _MAY_BE_IDENTITY.search(_SEPARATORS.sub("", text)) is not None


def quoted(text: str) -> str:
    """Return the beginning of ``text`` for a message, or only dots where it may hold an identity number."""
    plain = " ".join(text.split())
    if may_be_identity(plain):
        return "…"
    return plain if len(plain) <= LONGEST_QUOTE else f"{plain[:LONGEST_QUOTE]}…"


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith(_SPREADSHEETS):
        raise Invalid(N_("The file is an Excel workbook or a zip file. Save it as CSV (UTF-8), and choose that one."))
    for encoding, name in _UTF_16 if data.startswith(_UTF_16_MARKS) else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return unicodedata.normalize("NFC", text), name
        break
    raise Invalid(N_("The file is no text. Save it as CSV (UTF-8), and choose that one."))


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
        if number > MOST_ROWS + 1:
            raise Invalid(N_("The file has more than {most} rows. Divide it into several."), most=MOST_ROWS)
        if any(cells):
            yield Record(number, cells)


def _lines(text: str) -> Iterator[str]:
    lines = StringIO(text, newline="")
    while line := lines.readline(MOST_CHARACTERS + 1):
        if len(line) > MOST_CHARACTERS:
            raise Invalid(N_("The file has a line of more than {most} characters."), most=MOST_CHARACTERS)
        yield line


def _headings(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the headings, an empty or repeated one with its place. What is a number, of a person too, is none."""
    if not cells:
        raise Invalid(N_("The file is empty."))
    if any(may_be_identity(cell) or _NUMBER_ALONE.fullmatch(cell) for cell in cells):
        raise Invalid(N_("The first row holds no headings but data. Add a row of headings."))
    headings: list[str] = []
    for place, cell in enumerate(_without_end(cells), start=1):
        heading = cell or f"({place})"
        while heading in headings:
            heading = f"{heading} ({place})"
        headings.append(heading)
    return tuple(headings)


def _fitted(record: Record, columns: int) -> Record:
    cells = record.cells
    if len(cells) < columns or any(cells[columns:]):
        raise Invalid(
            N_("Row {row} has {found} values, and there are {columns} headings. Is the delimiter right?"),
            row=record.number,
            found=len(_without_end(cells)) if len(cells) > columns else len(cells),
            columns=columns,
        )
    return Record(record.number, cells[:columns])


def _without_end(cells: Sequence[str]) -> Sequence[str]:
    """Return ``cells`` without the empty ones at the end."""
    last = max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
    return cells[:last]
