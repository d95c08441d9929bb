"""How a file is made: in pieces, by workers, in order, within bounds, and until nobody wants it any more."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Generator, Iterator

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv.errors import Invalid
from mv.export import Cancelled, Csv, Format, Parquet, Progress, Xlsx, pipeline
from mv.export.formats.xlsx_parts import MOST_ROWS_OF_A_SHEET
from mv.export.pipeline import MOST_IN_WORK, ROWS_PER_PIECE, map_in_order, pieces, rebatch
from mv.export.schema import Column, Kind, Layout

NUMBERS = Layout.of("Numbers", [Column("number", "Number", Kind.WHOLE)], "en")
FORMATS = pytest.mark.parametrize("form", [Csv(), Parquet(), Xlsx()], ids=lambda form: form.suffix)


class Source:
    """Tables of ten numbers each, and whether whoever reads them has let go of them."""

    def __init__(self, tables: int) -> None:
        self.tables = tables
        self.read = 0
        self.closed = False

    def rows(self) -> Generator[pa.Table]:
        try:
            for number in range(self.tables):
                self.read += 1
                yield pa.table({"number": range(number * 10, number * 10 + 10)})
        finally:
            self.closed = True


def shape(rows: pa.Table) -> pd.DataFrame:
    return rows.to_pandas(types_mapper=pd.ArrowDtype)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("export")]


@pytest.fixture
def ten_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "ROWS_PER_PIECE", 10)


# Pieces


@given(st.lists(st.integers(0, 12)), st.integers(1, 10))
def test_rows_are_cut_anew_into_pieces_of_one_size_and_none_is_lost(sizes: list[int], size: int) -> None:
    total = sum(sizes)
    numbers = iter(range(total))
    tables = [pa.table({"number": pa.array([next(numbers) for _ in range(n)], pa.int64())}) for n in sizes]

    cut = list(rebatch(tables, size))

    assert [number for piece in cut for number in piece["number"].to_pylist()] == list(range(total))
    assert [piece.num_rows for piece in cut[:-1]] == [size] * (len(cut) - 1)
    assert not cut or 1 <= cut[-1].num_rows <= size


def test_a_whole_number_of_pieces_fills_a_sheet_of_a_workbook() -> None:
    assert MOST_ROWS_OF_A_SHEET % ROWS_PER_PIECE == 0


# Workers


def test_results_come_in_the_order_of_their_items_though_the_second_is_made_first() -> None:
    second_is_made = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_made.wait(10), "the second is not begun while the first is made"
        if item == 1:
            second_is_made.set()
        return item * 2

    assert list(map_in_order(range(5), work)) == [0, 2, 4, 6, 8]


def test_no_more_is_read_ahead_than_there_is_room_for() -> None:
    fetched = 0

    def items() -> Iterator[int]:
        nonlocal fetched
        for item in range(100):
            fetched += 1
            yield item

    results = map_in_order(items(), lambda item: item)
    for taken in range(1, 6):
        next(results)
        assert fetched == MOST_IN_WORK + taken - 1
    results.close()


def test_what_goes_wrong_with_an_item_is_raised_in_its_turn_and_ends_the_workers() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise Invalid("not this one")
        return item

    results = map_in_order(range(10), work)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Invalid):
        next(results)
    assert workers() == []


# Leaving and cancelling


@pytest.mark.usefixtures("ten_rows_at_once")
@FORMATS
def test_whoever_stops_reading_ends_the_workers_and_the_reading_of_the_store(form: Format) -> None:
    complaints: list[object] = []
    source = Source(1000)
    chunks = pieces(NUMBERS, source.rows(), shape, form, Progress())
    for _ in range(4):
        next(chunks)
    assert workers()
    hook, sys.unraisablehook = sys.unraisablehook, complaints.append
    try:
        chunks.close()
        del chunks
        gc.collect()
    finally:
        sys.unraisablehook = hook
    assert source.closed
    assert source.read < 20
    assert workers() == []
    assert complaints == []


@pytest.mark.usefixtures("ten_rows_at_once")
@FORMATS
def test_a_file_that_is_cancelled_is_not_made_to_its_end(form: Format) -> None:
    source, progress, taken = Source(1000), Progress(), 0

    with pytest.raises(Cancelled):
        for _ in pieces(NUMBERS, source.rows(), shape, form, progress):
            taken += 1
            if taken == 4:
                progress.cancel()

    assert taken == 4
    assert source.closed
    assert workers() == []


@pytest.mark.usefixtures("ten_rows_at_once")
def test_rows_count_as_done_once_they_are_handed_on() -> None:
    progress = Progress()
    progress.begin(30)
    chunks = pieces(NUMBERS, Source(3).rows(), shape, Csv(), progress)
    seen = []
    for _ in chunks:
        seen.append((progress.done, round(progress.share, 2)))
    assert seen == [(0, 0), (0, 0), (10, 0.33), (20, 0.67)]
    assert (progress.done, progress.share) == (30, 1)
