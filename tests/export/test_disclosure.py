"""Which counts of people may be published."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv.export.disclosure import FEWEST_PEOPLE, is_small, suppress


def published(*people: int) -> list[int | None]:
    """Return what is published of cells with so many people; None for what is left out."""
    frame = suppress(cells(people))
    assert frame["people"].isna().tolist() == frame["rows"].isna().tolist()
    return [None if pd.isna(cell) else int(cell) for cell in frame["people"]]


def cells(people: Iterable[int]) -> pd.DataFrame:
    counts = list(people)
    return pd.DataFrame({"people": counts, "rows": [count * 2 for count in counts]}, dtype="int64")


@pytest.mark.parametrize(("people", "small"), [(0, False), (1, True), (4, True), (5, False), (6, False)])
def test_one_to_four_people_are_few(people: int, small: bool) -> None:
    assert FEWEST_PEOPLE == 5
    assert is_small(people) is small


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ((), []),
        ((0,), [0]),
        ((5,), [5]),
        ((4,), [None]),
        ((5, 6), [5, 6]),
        ((0, 0), [0, 0]),
        ((1, 2, 9), [None, None, 9]),
        ((4, 4), [None, None]),
    ],
    ids=str,
)
def test_few_people_are_left_out_and_nobody_or_enough_are_shown(people: tuple[int, ...], shown: list[int]) -> None:
    assert published(*people) == shown


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ((1, 5, 9), [None, None, 9]),
        ((9, 4, 7, 8), [9, None, None, 8]),
        ((5, 5, 1), [None, 5, None]),
        ((3, 0, 8), [None, 0, None]),
        ((3, 0, 0), [None, 0, 0]),
    ],
    ids=str,
)
def test_where_one_cell_alone_is_left_out_the_next_smallest_with_people_goes_with_it(
    people: tuple[int, ...], shown: list[int]
) -> None:
    assert published(*people) == shown


def test_rows_are_left_out_with_the_people_and_everything_else_stays() -> None:
    frame = cells([3, 7, 20]).assign(group=["a", "b", "c"])
    before = frame.copy()
    shown = suppress(frame)
    assert shown["group"].tolist() == ["a", "b", "c"]
    assert shown["rows"].isna().tolist() == [True, True, False]
    assert shown["rows"].tolist()[2] == 40
    pd.testing.assert_frame_equal(frame, before)


@given(st.lists(st.integers(0, 30), max_size=12))
def test_no_published_cell_points_at_anyone(people: list[int]) -> None:
    shown = published(*people)
    assert all(cell is None or cell == people[place] for place, cell in enumerate(shown))
    assert not [cell for cell in shown if cell is not None and 0 < cell < FEWEST_PEOPLE]
    left_out = [place for place, cell in enumerate(shown) if cell is None]
    if len([cell for cell in people if cell > 0]) > 1:
        assert len(left_out) != 1
    few = [cell for cell in people if 0 < cell < FEWEST_PEOPLE]
    assert len(left_out) <= max(len(few), 2)
    assert bool(left_out) == bool(few)
