"""Pipeline from rows to a file: cut into pieces, shaped and encoded by several workers at once, handed on in order.

The content of a piece depends on its rows alone, and its cut on their number alone: the same rows give the same
bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

import pandas as pd
import pyarrow as pa

from mv.export.formats import Format
from mv.export.formats.xlsx_parts import MOST_ROWS_OF_A_SHEET
from mv.export.progress import Progress
from mv.export.schema import Layout

ROWS_PER_PIECE = MOST_ROWS_OF_A_SHEET // 15
"""Rows of a piece, 69,905: that many pieces fill a sheet of a workbook to the last row. Fewer would take longer."""
WORKERS = 2
"""Threads that shape and encode. For the most part that is outside Python's lock: two of them keep two cores busy."""
MOST_IN_WORK = 4
"""Pieces in work or waiting to be handed on; what bounds the memory, however slowly they are taken."""

T = TypeVar("T")
R = TypeVar("R")


def pieces(
    layout: Layout,
    rows: Generator[pa.Table],
    shape: Callable[[pa.Table], pd.DataFrame],
    form: Format,
    progress: Progress,
) -> Generator[bytes]:
    """Yield the file, piece by piece; ``rows`` are read in order and shaped into frames that fit ``layout``.

    Raises Cancelled when ``progress`` is. Closing the iterator ends the workers and closes ``rows``.
    """
    with closing(form.encoder(layout)) as encoder, closing(rows):

        def encoded(piece: pa.Table) -> tuple[int, object]:
            return piece.num_rows, encoder.encode(shape(piece.combine_chunks()))

        yield from encoder.begin()
        with closing(map_in_order(rebatch(rows, ROWS_PER_PIECE), encoded)) as parts:
            for count, part in parts:
                yield from encoder.add(part)
                progress.add(count)
        yield from encoder.end()


def encode_frame(layout: Layout, frame: pd.DataFrame, form: Format) -> Iterator[bytes]:
    """Yield a file of one frame, piece by piece."""
    with closing(form.encoder(layout)) as encoder:
        yield from encoder.begin()
        yield from encoder.add(encoder.encode(frame))
        yield from encoder.end()


def rebatch(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """Cut the same rows into tables of ``size`` rows each; the last has the rest."""
    kept: list[pa.Table] = []
    count = 0
    for table in tables:
        kept.append(table)
        count += table.num_rows
        while count >= size:
            whole = pa.concat_tables(kept)
            yield whole.slice(0, size)
            count -= size
            kept = [whole.slice(size)]
    if count:
        yield pa.concat_tables(kept)


def map_in_order(items: Iterable[T], work: Callable[[T], R]) -> Generator[R]:
    """Yield the result of ``work`` for each item, in order; workers make the next ones meanwhile.

    The consumer's thread also fetches the items. An exception of ``work`` is raised in its turn.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(WORKERS, "export") as workers:
        try:
            for item in items:
                waiting.append(workers.submit(work, item))
                if len(waiting) == MOST_IN_WORK:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
