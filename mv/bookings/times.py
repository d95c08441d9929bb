"""Times of bookings: Stockholm's wall clock as instants, without guessing at changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from mv.clock import STOCKHOLM
from mv.errors import N_, Invalid


def to_instant(moment: datetime, zone: tzinfo = STOCKHOLM) -> datetime:
    """Return the wall-clock ``moment`` (naive) of a time zone as naive UTC, as stored.

    Raises Invalid for a time that the change to summer time passes over, and for one that the change from it repeats.
    """
    early, late = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) != moment or late.astimezone(zone).replace(tzinfo=None) != moment:
        raise Invalid(
            N_("There is no time {time} that day: the clock is put forward to summer time. Write another time."),
            time=f"{moment:%Y-%m-%d %H:%M}",
        )
    if early != late:
        raise Invalid(
            N_("{time} comes twice that day: the clock is put back from summer time. Write another time."),
            time=f"{moment:%Y-%m-%d %H:%M}",
        )
    return early.replace(tzinfo=None)
