"""Days and times of bookings as cells of a table hold them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from mv.bookings.times import to_instant
from mv.clock import STOCKHOLM
from mv.errors import N_, Invalid
from mv.tabular_files.cells import parse_day, quote

_TIME = re.compile(
    r"(?:kl\.? ?)?(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.]00(?:[.,]0+)?)?(?: ?(?P<half>[AP])\.?M\.?)?",
    re.IGNORECASE,
)
_HOUR = re.compile(r"(?P<hour>[0-9]{1,2}) ?(?P<half>[AP])\.?M\.?", re.IGNORECASE)
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{2}/[0-9]{2}/[0-9]{4})(?:T|,? +)(?P<time>[^Z+]+?)"
    r"(?P<zone> ?(?:Z|UTC|\+[0-9]{2}:?[0-9]{2}))?",
    re.IGNORECASE,
)


def parse_time(day: date, text: str) -> datetime:
    """Return the wall-clock moment of a time on ``day``, such as 9:05, 09.05, 9:05 AM, 9 PM or 24:00 (the day's end).

    Raises Invalid for anything else.
    """
    found = _TIME.fullmatch(text.strip()) or _HOUR.fullmatch(text.strip())
    wrong = Invalid(N_("“{read}” is no time of day. Write it like 09:30."), read=quote(text))
    if found is None:
        raise wrong
    parts = found.groupdict()
    hour, minute, half = int(parts["hour"]), int(parts.get("minute") or 0), (parts["half"] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            raise wrong
        hour = hour % 12 + (12 if half == "P" else 0)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise wrong
    midnight = datetime.combine(day, time())
    return midnight + timedelta(hours=hour, minutes=minute)


def parse_moment(text: str) -> datetime:
    """Return the instant (naive UTC) of a day with a time: Stockholm's, unless it ends in Z or +01:00.

    Raises Invalid for anything else.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        parse_day(text)
        raise Invalid(N_("“{read}” has no time. Write day and time, like 2026-11-22 09:30."), read=quote(text))
    moment = parse_time(parse_day(found["day"]), found["time"])
    return to_instant(moment, _zone((found["zone"] or "").strip().upper()))


def _zone(text: str) -> tzinfo:
    if not text:
        return STOCKHOLM
    if text in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    try:
        return timezone(timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
    except ValueError:
        raise Invalid(N_("“{read}” is no time zone."), read=quote(text)) from None
