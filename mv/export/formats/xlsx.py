"""Excel workbooks: days and instants as dates, texts that are never formulas, as many sheets as the rows need.

The rows are written here, a column at a time, and not by a library: those that stream write a cell at a time in Python,
which took XlsxWriter 14 µs a cell here, 45 minutes for 10 M rows, with every user of the process waiting for its lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import IO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from mv.export.formats import xlsx_parts
from mv.export.formats.byte_sink import ByteSink
from mv.export.formats.xlsx_parts import MOST_ROWS_OF_A_SHEET, STYLES
from mv.export.schema import Kind, Layout, texts, to_stockholm
from mv.pseudonyms import TEXT

FASTEST = 1
"""Of the levels of compression: what is written is so repetitive that more effort saves little."""
LONGEST_TEXT = 32_767
"""Units of UTF-16 in a cell, up to two for a character; Excel calls a file with a longer text damaged."""

EMPTY = "<c/>"
SPECIAL = "[&<>\\x00-\\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^ | $"
"""A text that takes more than being put between two tags."""
UNENCODABLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML cannot hold, and what would be taken for the way in which that is written (ECMA-376, part 1, 22.9.2.19)."""

DAY_ZERO = date(1899, 12, 30)
FIRST_DAY = date(1900, 3, 1)
"""Excel counts days from DAY_ZERO, but only from FIRST_DAY on: it has a 29 February 1900."""
SECONDS_OF_A_DAY = 86_400
DAYS_TO_1970 = (date(1970, 1, 1) - DAY_ZERO).days


@dataclass(frozen=True, slots=True)
class Xlsx:
    """Workbook for Excel 2007 and later, and for programs that read the same files."""

    suffix: str = "xlsx"
    mime: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def encoder(self, layout: Layout) -> XlsxEncoder:
        """Return the encoder of one file."""
        return XlsxEncoder(layout)


class XlsxEncoder:
    """Encoder of a workbook. A sheet takes whole pieces, none of which has more rows than a sheet."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._sink = ByteSink()
        self._package = ZipFile(self._sink, "w", ZIP_DEFLATED, compresslevel=FASTEST)
        self._rows: list[int] = []
        self._sheet: IO[bytes] = BytesIO()

    def begin(self) -> Iterator[bytes]:
        """Yield the beginning of the first sheet."""
        self._write("_rels/.rels", xlsx_parts.RELATIONSHIPS)
        self._begin_sheet()
        yield self._sink.take()

    def encode(self, frame: pd.DataFrame) -> tuple[int, bytes]:
        """Return the number of rows, and the rows as XML of a sheet."""
        cells = [_cells(frame[column.name], column.kind).fillna(EMPTY) for column in self._layout.columns]
        rows = pc.binary_join_element_wise("<row>", *(pa.array(column) for column in cells), "</row>", "")
        return len(frame), _join_bytes(rows)

    def add(self, part: tuple[int, bytes]) -> Iterator[bytes]:
        """Yield the rows; those that do not fit on the sheet go on to the next."""
        count, rows = part
        if self._rows[-1] + count > MOST_ROWS_OF_A_SHEET:
            self._end_sheet()
            self._begin_sheet()
        self._rows[-1] += count
        self._sheet.write(rows)
        yield self._sink.take()

    def end(self) -> Iterator[bytes]:
        """Yield the end of the last sheet and the remaining parts of the package."""
        self._end_sheet()
        sheets = len(self._rows)
        self._write("xl/workbook.xml", xlsx_parts.workbook(self._layout, self._rows))
        self._write("xl/_rels/workbook.xml.rels", xlsx_parts.workbook_relationships(sheets))
        self._write("xl/styles.xml", xlsx_parts.STYLE_SHEET)
        self._write("[Content_Types].xml", xlsx_parts.content_types(sheets))
        self._package.close()
        yield self._sink.take()

    def close(self) -> None:
        """Release an unfinished workbook."""
        self._sheet.close()
        self._package.close()

    def _begin_sheet(self) -> None:
        self._rows.append(0)
        # Opened by name: zipfile then takes a constant time for the entry, so that equal rows give equal files.
        self._sheet = self._package.open(f"xl/worksheets/sheet{len(self._rows)}.xml", "w")
        self._sheet.write(xlsx_parts.sheet_start(self._layout).encode())

    def _end_sheet(self) -> None:
        self._sheet.write(xlsx_parts.sheet_end(self._layout, self._rows[-1]).encode())
        self._sheet.close()

    def _write(self, name: str, text: str) -> None:
        with self._package.open(name, "w") as part:
            part.write(text.encode())


def _join_bytes(rows: pa.StringArray | pa.ChunkedArray) -> bytes:
    """Join texts into the bytes that Arrow keeps of them."""
    parts = []
    for part in rows.chunks if isinstance(rows, pa.ChunkedArray) else [rows]:
        _, offsets, data = part.buffers()
        first, last = np.frombuffer(offsets, "int32")[[part.offset, part.offset + len(part)]]
        parts.append(memoryview(data)[first:last])
    return b"".join(parts)


def _cells(values: pd.Series, kind: Kind) -> ExtensionArray:
    """Encode each value as a cell, missing where it is missing."""
    if kind is Kind.TEXT:
        return texts(values, _text_cells)
    if kind is Kind.DAY:
        places, distinct = values.array.factorize()
        days: ExtensionArray = _day_cells(pd.Series(distinct)).array
        return days.take(places, allow_fill=True)
    if kind is Kind.INSTANT:
        serials = (to_stockholm(values).to_numpy("datetime64[s]").astype("int64") / SECONDS_OF_A_DAY) + DAYS_TO_1970
        values = pd.Series(pa.array(serials, mask=values.isna().to_numpy()), dtype=pd.ArrowDtype(pa.float64()))
    numbers: ExtensionArray = _number_cells(values, kind).array
    return numbers


def _text_cells(words: pd.Series) -> pd.Series:
    before, after = f'<c s="{STYLES[Kind.TEXT]}" t="inlineStr"><is><t>', "</t></is></c>"
    cells = before + words + after
    special = (words.str.contains(SPECIAL, regex=True) | (words.str.len() > LONGEST_TEXT // 2)).fillna(False)
    if special.any():
        preserved = before.removesuffix(">") + ' xml:space="preserve">'
        written = [preserved + _encode_text(text) + after for text in words[special]]
        cells[special] = pd.Series(written, index=words.index[special], dtype=TEXT)
    return cells


def _encode_text(text: str) -> str:
    """Encode a text as XML, cut at the length that a cell holds."""
    kept = text.encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")
    return escape(UNENCODABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", kept))


def _number_cells(numbers: pd.Series, kind: Kind) -> pd.Series:
    return f'<c s="{STYLES[kind]}"><v>' + numbers.astype(TEXT) + "</v></c>"


def _day_cells(days: pd.Series) -> pd.Series:
    """Encode days as dates; those before FIRST_DAY, for which Excel has no number, as texts."""
    numbers = days.astype(pd.ArrowDtype(pa.int32())) + DAYS_TO_1970
    early = days < FIRST_DAY
    return _number_cells(numbers, Kind.DAY).mask(early, _text_cells(days.astype(TEXT)))
