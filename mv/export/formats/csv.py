"""CSV in UTF-8: quoted texts, empty missing values, no cell that a spreadsheet runs (see docs/export.md)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray
from pyarrow import csv

from mv.export.schema import Kind, Layout, texts, to_stockholm
from mv.pseudonyms import TEXT
from mv.text import neutralise_formulas

Delimiter = Literal[";", ","]
ROWS_PER_WRITE = 4096
"""Rows that are written at once, column by column: as many as stay close to the processor, and are worth it."""


@dataclass(frozen=True, slots=True)
class Csv:
    """CSV with a delimiter. A byte-order mark comes first with ";", unless ``bom`` says otherwise."""

    delimiter: Delimiter = ";"
    bom: bool | None = None
    suffix: str = "csv"
    mime: str = "text/csv"

    def encoder(self, layout: Layout) -> CsvEncoder:
        """Return the encoder of one file."""
        return CsvEncoder(layout, self.delimiter, self.delimiter == ";" if self.bom is None else self.bom)


class CsvEncoder:
    """Encoder of a CSV file."""

    def __init__(self, layout: Layout, delimiter: Delimiter, bom: bool) -> None:
        self._layout = layout
        self._delimiter = delimiter
        self._bom = bom

    def begin(self) -> Iterator[bytes]:
        """Yield the byte-order mark and the headings."""
        harmless = neutralise_formulas(pd.Series(self._layout.heads, dtype=TEXT))
        heads = pd.DataFrame(columns=list(harmless), dtype=TEXT)
        yield (codecs.BOM_UTF8 if self._bom else b"") + encode(heads, self._delimiter, heading=True)

    def encode(self, frame: pd.DataFrame) -> bytes:
        """Encode the rows as lines."""
        shown = cells(frame, self._layout, comma=self._delimiter == ";")
        return _to_csv(pa.table(shown), self._delimiter)

    def add(self, part: bytes) -> Iterator[bytes]:
        """Yield the lines."""
        yield part

    def end(self) -> Iterator[bytes]:
        """Yield nothing."""
        yield from ()

    def close(self) -> None:
        """Do nothing, as there is nothing to release."""


def cells(frame: pd.DataFrame, layout: Layout, *, comma: bool = False) -> dict[str, ExtensionArray]:
    """Convert the frame's columns to cells: harmless texts, local times without a time zone.

    Kronor have a decimal ``comma`` where a Swedish spreadsheet is to read them as numbers, else a point.
    """
    return {column.name: _cells(frame[column.name], column.kind, comma) for column in layout.columns}


def encode(frame: pd.DataFrame, delimiter: Delimiter, *, heading: bool = False) -> bytes:
    """Encode a frame as CSV unchanged, the column names first with ``heading``."""
    return _to_csv(pa.Table.from_pandas(frame, preserve_index=False, nthreads=1), delimiter, heading=heading)


def _cells(values: pd.Series, kind: Kind, comma: bool) -> ExtensionArray:
    if kind is Kind.TEXT:
        return texts(values, neutralise_formulas)
    if kind is Kind.KRONOR and comma:
        return values.astype(TEXT).str.replace(".", ",", regex=False).array
    shown: ExtensionArray = (to_stockholm(values) if kind is Kind.INSTANT else values).array
    return shown


def _to_csv(rows: pa.Table, delimiter: Delimiter, *, heading: bool = False) -> bytes:
    out = pa.BufferOutputStream()
    options = csv.WriteOptions(include_header=heading, delimiter=delimiter, batch_size=ROWS_PER_WRITE)
    csv.write_csv(rows, out, options)
    data: bytes = out.getvalue().to_pybytes()
    return data
