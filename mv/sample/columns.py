"""Whole columns of days and instants, and the way from NumPy to Arrow.

A day is a number of days since 1970, an instant a number of microseconds since then, in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mv.clock import from_local

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = -1_000_000_000
"""The day, instant or code that stands for none: far from every real one, birth dates before 1970 included."""
FOREVER = -NEVER

EPOCH = date(1970, 1, 1)
MINUTE = 60_000_000
SEASONS = 3
PHASES_START = date(2021, 1, 4)
"""When the vaccination against covid-19 by phase begins in the sample."""


def day_number(day: date | None) -> int:
    """Return the number of days from 1970 to ``day``; FOREVER for None, the last day of what is in use."""
    return FOREVER if day is None else (day - EPOCH).days


def years(days: Ints) -> Ints:
    """Return the year of each day."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def between(rng: np.random.Generator, first: int, last: int, count: int) -> Ints:
    """Draw ``count`` whole numbers from ``first`` to ``last``, both included."""
    return rng.integers(first, last, count, endpoint=True)


@dataclass(frozen=True)
class Calendar:
    """Days around today: three influenza seasons, October to March, and Stockholm's offset from UTC."""

    today: int
    first_days: Ints
    last_days: Ints
    first_known: int
    offsets: Ints

    @classmethod
    def around(cls, today: date) -> Self:
        """Return the calendar of ``today``; the latest season has begun, and may be over."""
        newest = today.year if today.month >= 10 else today.year - 1
        starts = range(newest - SEASONS + 1, newest + 1)
        first = min(PHASES_START, date(starts[0], 10, 1)) - timedelta(days=60)
        noons = [datetime.combine(first, time(12)) + timedelta(days=n) for n in range((today - first).days + 30)]
        return cls(
            today=day_number(today),
            first_days=np.array([day_number(date(year, 10, 1)) for year in starts]),
            last_days=np.array([day_number(date(year + 1, 3, 31)) for year in starts]),
            first_known=day_number(first),
            offsets=np.array([(noon - from_local(noon)) // timedelta(minutes=1) for noon in noons]),
        )

    @property
    def yesterday(self) -> int:
        """Last day of any event, so that nothing depends on the time of day."""
        return self.today - 1

    def instants(self, days: Ints, minutes: Ints) -> Ints:
        """Convert these minutes of these days, in Stockholm's daytime, to instants."""
        offsets = self.offsets[np.clip(days - self.first_known, 0, len(self.offsets) - 1)]
        return (days * 1440 + minutes - offsets) * MINUTE


def nearby_weekday(rng: np.random.Generator, days: Ints) -> Ints:
    """Move most Saturdays to Friday, and most Sundays to Monday."""
    moved = rng.random(days.shape) < 0.85
    weekday = (days + 3) % 7
    to_friday, to_monday = moved & (weekday == 5), moved & (weekday == 6)
    weekdays: Ints = days - to_friday.astype(np.int64) + to_monday.astype(np.int64)
    return weekdays


def date_column(days: Ints) -> pa.Array:
    """Convert ``days`` to dates, NEVER to null."""
    return pa.array(days.astype(np.int32), mask=days == NEVER).view(pa.date32())


def instant_column(instants: Ints) -> pa.Array:
    """Convert ``instants`` to timestamps, NEVER to null."""
    return pa.array(instants, mask=instants == NEVER).view(pa.timestamp("us"))


def integer_column(values: Ints) -> pa.Array:
    """Convert ``values`` to whole numbers, NEVER to null."""
    return pa.array(values, mask=values == NEVER)


def text_column(texts: Sequence[str | None], codes: NDArray[np.integer[Any]]) -> pa.Array:
    """Look up each code as a place in ``texts``, NEVER as null."""
    return pa.array(texts, pa.string()).take(pa.array(codes, mask=codes == NEVER))
