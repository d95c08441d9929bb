"""Files of bookings as other systems make them, with invented people, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO

from mv.access import Actor
from mv.booking_files import calendars, columns, importing
from mv.booking_files.calendars import Calendar
from mv.booking_files.loading import ImportRequest
from mv.booking_files.plan import Plan, RowState
from mv.i18n import ENGLISH, explain
from mv.store import Store
from mv.tabular_files import reading
from mv.tabular_files.table import Table
from tests.conftest import invented_number

ANDERS = invented_number(date(1946, 3, 12))
EVA = invented_number(date(1950, 1, 2), 982)
HEADINGS = "Boknings-id;Personnummer;Datum;Tid;Vaccin;Status;Förnamn;Efternamn"

OUTLOOK = f"""BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
X-CALSTART:20270326T080000Z
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
CATEGORIES:Comirnaty
CLASS:PUBLIC
CREATED:20261120T091500Z
DESCRIPTION:Vaccination\\nPersonnr: {ANDERS[:8]}-{ANDERS[8:]}\\nTel 070-174 06 05\\n
DTEND;TZID="W. Europe Standard Time":20270326T091000
DTSTAMP:20261120T091500Z
DTSTART;TZID="W. Europe Standard Time":20270326T090000
PRIORITY:5
SEQUENCE:0
SUMMARY;LANGUAGE=sv:Anders Karlsson
TRANSP:OPAQUE
UID:040000008200E00074C5B7101A82E00800000000A1
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
BEGIN:VEVENT
CATEGORIES:Viktigt,Efluelda
DTSTART;TZID="W. Europe Standard Time":20270329T090000
SEQUENCE:0
SUMMARY;LANGUAGE=sv:{EVA[2:8]}-{EVA[8:]} Eva Ek
UID:040000008200E00074C5B7101A82E00800000000A2
END:VEVENT
END:VCALENDAR
"""
"""Two bookings at nine, before and after the clock is put forward on 28 March 2027."""

GOOGLE = f"""BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Vaccinationer
X-WR-TIMEZONE:Europe/Stockholm
BEGIN:VEVENT
DTSTART:20261130T080000Z
DTEND:20261130T081000Z
DTSTAMP:20261122T110000Z
UID:4q9p1c0a@google.com
CREATED:20261120T100000Z
DESCRIPTION:<b>{ANDERS}</b>
LAST-MODIFIED:20261121T100000Z
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Comirnaty: Anders Karlsson
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Stockholm:20261130T093000
UID:4q9p1c0b@google.com
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Efluelda {EVA}
END:VEVENT
BEGIN:VEVENT
DTSTART:20261201T101500
UID:4q9p1c0c@google.com
SEQUENCE:0
STATUS:TENTATIVE
SUMMARY:vaxigrip_tetra {EVA}
END:VEVENT
END:VCALENDAR
"""
"""A time in UTC, one with a time zone and one without, which is Stockholm's: 09:00, 09:30, 10:15 the next day."""


def changed(file: str, changes: Mapping[str, str]) -> str:
    """Return the file with each text replaced, which has to be in it."""
    for before, after in changes.items():
        assert before in file
        file = file.replace(before, after)
    return file


def event(*lines: str, method: str = "PUBLISH") -> str:
    """Return a calendar with one event, whose id is 1 and whose text is of a booking of Anders."""
    own = [line.partition(":")[0].partition(";")[0] for line in lines]
    usual = {"UID": "1", "DTSTART": "20261130T090000", "SUMMARY": f"Comirnaty {ANDERS}"}
    rest = [f"{name}:{value}" for name, value in usual.items() if name not in own]
    begin = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"]
    return "\n".join([*begin, *rest, *lines, "END:VEVENT", "END:VCALENDAR", ""])


def calendar(text: str) -> Calendar:
    """Return what the calendar holds, with the line ends of the standard."""
    return calendars.read(BytesIO(text.replace("\n", "\r\n").encode()))


def table(*rows: str, headings: str = HEADINGS) -> Table:
    """Return what a CSV file with these rows holds; what a row lacks at its end is empty."""
    whole = [row + ";" * (headings.count(";") - row.count(";")) for row in rows]
    return reading.read_table(BytesIO("\n".join([headings, *whole]).encode()))


def request(file: Table | Calendar, unit_id: str | None = "norr", *, has_all: bool = True) -> ImportRequest:
    """Return the file with its columns as they are guessed."""
    guessed = {} if isinstance(file, Calendar) else columns.guess(file.headings)
    return ImportRequest(file, guessed, unit_id, has_all)


def look(store: Store, actor: Actor, file: Table | Calendar, **how: bool) -> Plan:
    return importing.preview(store, actor, request(file, **how))


def take_in(store: Store, actor: Actor, file: Table | Calendar, **how: bool) -> Plan:
    """Look at the file, and import it."""
    asked = request(file, **how)
    return importing.import_file(store, actor, asked, importing.preview(store, actor, asked).fingerprint)


def counted(found: Plan) -> dict[RowState, int]:
    """Return the states that there are rows of."""
    return {state: count for state, count in found.counts.items() if count}


def problems(found: Plan) -> list[tuple[int, str, str]]:
    """Return each problem: row, column, and what it says."""
    return [(problem.row, problem.column, explain(problem.error, ENGLISH)) for problem in found.problems]
