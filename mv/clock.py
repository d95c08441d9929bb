"""Convert between the instants of the store, which are naive UTC, and the days and times of Europe/Stockholm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")

Clock = Callable[[], datetime]
"""A function that returns the current instant, with its time zone."""


def system_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


def to_local(instant: datetime) -> datetime:
    """Return ``instant`` (naive UTC, as stored) as Stockholm's wall-clock time, naive."""
    return instant.replace(tzinfo=UTC).astimezone(STOCKHOLM).replace(tzinfo=None)


def from_local(moment: datetime) -> datetime:
    """Return Stockholm's wall-clock ``moment`` (naive) as naive UTC, as stored."""
    return moment.replace(tzinfo=STOCKHOLM).astimezone(UTC).replace(tzinfo=None)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of ``day`` and of the day after, naive UTC.

    A day has 23 or 25 hours when summer time begins or ends.
    """
    start = datetime.combine(day, time())
    return from_local(start), from_local(start + timedelta(days=1))
