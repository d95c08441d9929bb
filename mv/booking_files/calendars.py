"""Read a calendar (iCalendar, RFC 5545) as the events of bookings, each by its line in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from icalendar import Calendar as ParsedCalendar
from icalendar import Timezone
from icalendar.cal.component import Component
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from mv.bookings.times import to_instant
from mv.clock import STOCKHOLM
from mv.errors import N_, Invalid, MvError
from mv.tabular_files.cells import quote
from mv.tabular_files.table import MEGABYTE, MOST_BYTES, Problem, Record, Table

BEGINNING = b"BEGIN:VCALENDAR"
HEADINGS = ("UID", "DTSTART", "RRULE", "SUMMARY", "STATUS", "SEQUENCE")
"""The properties that problems are told of; the texts of a title are never quoted."""
LISTS = frozenset({"", "PUBLISH"})
"""The METHOD of a calendar that lists its events; any other is a message about some of them."""
LINE_END = re.compile(r"\r\n|\r|\n")
BEGINS_EVENT = re.compile(r"BEGIN:VEVENT\s*", re.IGNORECASE)
RECURS = ("RRULE", "RDATE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class Event:
    """An event, by the number of its line BEGIN:VEVENT; ``starts_at`` is naive UTC, None where it has a problem.

    ``texts`` are the title, the description and the categories.
    """

    line: int
    uid: str = field(repr=False)
    sequence: int
    cancelled: bool
    starts_at: datetime | None
    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The events of a file, the problems in them, and a table of what may be quoted from it.

    ``lists_all`` is whether it lists events, and is no message about some of them.
    """

    events: tuple[Event, ...]
    problems: tuple[Problem, ...]
    table: Table
    lists_all: bool


def is_calendar(data: bytes) -> bool:
    """Return whether the data begins as a calendar does, whatever the file's name."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[: len(BEGINNING)].upper() == BEGINNING


def read(file: BinaryIO) -> Calendar:
    """Read a calendar. Raises Invalid for a file that is too large, damaged, or holds no events."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Invalid(N_("The file is larger than {most} MB. Divide it into several."), most=MOST_BYTES // MEGABYTE)
    try:
        text = data.decode("utf-8-sig")
        parsed = ParsedCalendar.from_ical(text.lstrip(), multiple=True)
    except UnicodeDecodeError:
        raise Invalid(N_("The calendar is no text in UTF-8. Save it so, and choose that one.")) from None
    except (ValueError, AttributeError, TypeError, LookupError):  # the library stumbles over parts that are not whole
        raise _damaged() from None
    lines = [number for number, line in enumerate(LINE_END.split(text), start=1) if BEGINS_EVENT.fullmatch(line)]
    found = [(calendar, event) for calendar in parsed for event in calendar.walk("VEVENT")]
    if len(found) != len(lines):
        raise _damaged()
    if not found:
        raise Invalid(N_("The calendar holds no events. Choose another file."))
    problems: list[Problem] = []
    events, records = [], []
    for line, (calendar, event) in zip(lines, found, strict=True):
        events.append(_event(line, calendar, event, problems))
        records.append(Record(line, _quotable(event)))
    table = Table(HEADINGS, records, "UTF-8", None)
    lists_all = all(_text(calendar, "METHOD").upper() in LISTS for calendar in parsed)
    return Calendar(tuple(events), tuple(problems), table, lists_all)


def _damaged() -> Invalid:
    return Invalid(N_("The calendar is damaged or cut short. Take it out of the booking system anew."))


def _event(line: int, calendar: Component, event: Component, problems: list[Problem]) -> Event:
    cancelled = "CANCEL" in (_text(calendar, "METHOD").upper(), _text(event, "STATUS").upper()[:6])
    own: list[Problem] = []
    for name in RECURS:
        if name in event:
            recurs = Invalid(
                N_("The event recurs, and a booking is for one time. Book each time as an event of its own.")
            )
            own.append(Problem(line, "RRULE", recurs))
            break
    starts_at = None
    try:
        starts_at = _starts_at(calendar, event)
    except MvError as error:
        own.append(Problem(line, "DTSTART", error))
    sequence = _text(event, "SEQUENCE") or "0"
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 10):
        own.append(Problem(line, "SEQUENCE", Invalid(N_("The event’s SEQUENCE is no whole number."))))
        sequence = "0"
    if not cancelled:
        problems += own
    return Event(line, _text(event, "UID"), int(sequence), cancelled, starts_at, tuple(_texts(event)))


def _starts_at(calendar: Component, event: Component) -> datetime:
    """Return the start as naive UTC; a time without a zone is Stockholm's. Raises Invalid."""
    given = event.get("DTSTART")
    if given is None or isinstance(given, list) or "DTSTART" in _broken(event):
        raise Invalid(N_("The event has no time that can be read."))
    value = given.dt
    if not isinstance(value, datetime):
        if isinstance(value, date):
            raise Invalid(N_("The event lasts all day. A booking has a time; give it one."))
        raise Invalid(N_("The event has no time that can be read."))
    zone_id = str(given.params.get("TZID", ""))
    if value.tzinfo is not None and not zone_id:
        return value.astimezone(UTC).replace(tzinfo=None)
    return to_instant(value.replace(tzinfo=None), _zone(calendar, zone_id) if zone_id else STOCKHOLM)


def _zone(calendar: Component, zone_id: str) -> tzinfo:
    """Return the time zone with this name: the world's, Windows', or one that the calendar itself defines."""
    name = zone_id.strip().strip("/")
    parts = name.split("/")
    names = ["/".join(parts[first:]) for first in range(len(parts))] if zone_id.startswith("/") else [name]
    for each in names:
        try:
            return ZoneInfo(WINDOWS_TO_OLSON.get(each, each))
        except (KeyError, ValueError, OSError):  # of another name, and of one that is no file's
            continue
    for component in calendar.walk("VTIMEZONE"):
        if isinstance(component, Timezone) and _text(component, "TZID") == zone_id:
            try:
                own: tzinfo = component.to_tz(lookup_tzid=False)
            except (ValueError, KeyError, TypeError, AttributeError):  # a definition that is not whole
                break
            return own
    raise Invalid(
        N_("“{read}” is no time zone that is known. Take the calendar out with Europe/Stockholm."), read=quote(zone_id)
    )


def _texts(event: Component) -> Iterator[str]:
    for name in ("SUMMARY", "DESCRIPTION"):
        yield _text(event, name).replace("\\n", "\n")
    categories = event.get("CATEGORIES")
    for each in categories if isinstance(categories, list) else [categories] if categories is not None else []:
        yield from (str(category) for category in getattr(each, "cats", ()))


def _quotable(event: Component) -> tuple[str, ...]:
    status, sequence = _text(event, "STATUS"), _text(event, "SEQUENCE")
    return _text(event, "UID"), _raw(event, "DTSTART"), _raw(event, "RRULE"), "", status, sequence


def _raw(event: Component, name: str) -> str:
    """Return a property as the file has it; empty where there is none, several, or one that cannot be read."""
    value = event.get(name)
    if value is None or isinstance(value, list) or name in _broken(event):
        return ""
    raw: bytes | str = value.to_ical()
    return raw.decode() if isinstance(raw, bytes) else raw


def _text(component: Mapping[str, Any], name: str) -> str:
    value = component.get(name)
    if isinstance(value, list):
        value = value[0]
    return "" if value is None else str(value)


def _broken(event: Component) -> set[str | None]:
    return {name for name, _error in event.errors}
