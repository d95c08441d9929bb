"""Parquet: days as dates, instants as instants, one row group for each piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from mv.export.formats.byte_sink import ByteSink
from mv.export.schema import Kind, Layout, texts

TYPES = {
    Kind.TEXT: pa.string(),
    Kind.DAY: pa.date32(),
    Kind.INSTANT: pa.timestamp("ms", "UTC"),
    Kind.WHOLE: pa.int64(),
    Kind.KRONOR: pa.decimal128(18, 2),
}


@dataclass(frozen=True, slots=True)
class Parquet:
    """Parquet, compressed with Zstandard."""

    suffix: str = "parquet"
    mime: str = "application/vnd.apache.parquet"

    def encoder(self, layout: Layout) -> ParquetEncoder:
        """Return the encoder of one file."""
        return ParquetEncoder(layout)


class ParquetEncoder:
    """Encoder of a Parquet file."""

    def __init__(self, layout: Layout) -> None:
        self._names = [column.name for column in layout.columns]
        self._kinds = {column.name: column.kind for column in layout.columns}
        fields = [pa.field(head, TYPES[c.kind]) for head, c in zip(layout.heads, layout.columns, strict=True)]
        self._schema = pa.schema(fields)
        self._sink = ByteSink()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def begin(self) -> Iterator[bytes]:
        """Yield the magic bytes of a Parquet file."""
        yield self._sink.take()

    def encode(self, frame: pd.DataFrame) -> pa.Table:
        """Convert the rows to an Arrow table with the file's types."""
        columns = [texts(frame[name]) if self._kinds[name] is Kind.TEXT else frame[name] for name in self._names]
        typed = zip(columns, self._schema, strict=True)
        return pa.table([pa.array(column, field.type) for column, field in typed], schema=self._schema)

    def add(self, part: pa.Table) -> Iterator[bytes]:
        """Yield the rows as a row group."""
        self._writer.write_table(part, row_group_size=part.num_rows)
        yield self._sink.take()

    def end(self) -> Iterator[bytes]:
        """Yield the footer, which locates everything in the file."""
        self._writer.close()
        yield self._sink.take()

    def close(self) -> None:
        """Release an unfinished file."""
        self._writer.close()
