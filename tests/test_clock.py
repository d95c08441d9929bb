"""Days are Stockholm's, instants UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv.clock import STOCKHOLM, day_bounds, from_local, system_clock, to_local

SUMMER_BEGINS, SUMMER_ENDS = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (SUMMER_BEGINS, 23),
        (SUMMER_ENDS, 25),
        (SUMMER_BEGINS - timedelta(days=1), 24),
        (SUMMER_ENDS + timedelta(days=1), 24),
        (date(2026, 11, 22), 24),
        (date(2027, 3, 28), 23),
        (date(2027, 10, 31), 25),
    ],
)
def test_a_day_has_23_or_25_hours_when_summer_time_begins_or_ends(day: date, hours: int) -> None:
    first, after = day_bounds(day)
    assert after - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 11, 22), datetime(2026, 11, 21, 23)),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22)),
        (SUMMER_BEGINS, datetime(2026, 3, 28, 23)),
        (SUMMER_ENDS, datetime(2026, 10, 24, 22)),
    ],
)
def test_a_day_begins_at_midnight_in_stockholm(day: date, first: datetime) -> None:
    assert day_bounds(day)[0] == first


@given(st.dates(date(1900, 1, 1), date(2999, 12, 30)))
def test_days_follow_each_other_without_gap_or_overlap(day: date) -> None:
    assert day_bounds(day)[1] == day_bounds(day + timedelta(days=1))[0]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 30)))
def test_every_instant_is_within_its_day(instant: datetime) -> None:
    first, after = day_bounds(to_local(instant).date())
    assert first <= instant < after


@pytest.mark.parametrize(
    ("instant", "local"),
    [
        (datetime(2026, 11, 22, 23, 30), datetime(2026, 11, 23, 0, 30)),
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 14)),
        (datetime(2026, 3, 29, 0, 59), datetime(2026, 3, 29, 1, 59)),
        (datetime(2026, 3, 29, 1, 0), datetime(2026, 3, 29, 3, 0)),
        (datetime(2026, 10, 25, 0, 59), datetime(2026, 10, 25, 2, 59)),
    ],
)
def test_a_stored_instant_is_shown_as_the_clock_on_the_wall_shows_it_and_back(
    instant: datetime, local: datetime
) -> None:
    assert to_local(instant) == local
    assert from_local(local) == instant


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    twice = datetime(2026, 10, 25, 2, 30)
    assert to_local(datetime(2026, 10, 25, 0, 30)) == to_local(datetime(2026, 10, 25, 1, 30)) == twice
    assert from_local(twice) == datetime(2026, 10, 25, 0, 30)


def test_the_clock_of_the_system_shows_utc_and_stockholm_is_where_the_clinics_are() -> None:
    assert system_clock().tzinfo is UTC
    assert STOCKHOLM.key == "Europe/Stockholm"
