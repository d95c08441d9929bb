"""Calendars of Outlook and Google, and what else an .ics file can hold: each with its right result."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

import pytest

from mv.access import Actor
from mv.booking_files import calendars
from mv.booking_files.plan import RowState
from mv.customers import Customer
from mv.errors import Invalid
from mv.store import Store
from tests.booking_files.files import (
    ANDERS,
    EVA,
    GOOGLE,
    OUTLOOK,
    calendar,
    changed,
    counted,
    event,
    look,
    problems,
    take_in,
)
from tests.contents import contents, nothing_changes

AT_NINE = datetime(2026, 11, 30, 8)


def booked(store: Store) -> list[tuple[int, datetime, str, str]]:
    rows = sorted(contents(store)["booking"], key=lambda row: (row["starts_at"], row["booking_id"]))
    return [(row["customer_id"], row["starts_at"], row["product_code"], row["state"]) for row in rows]


def test_outlooks_time_zone_keeps_the_hour_over_the_change_to_summer_time(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    found = take_in(store, actor, calendar(OUTLOOK))
    assert counted(found) == {RowState.NEW: 2}
    assert booked(store) == [
        (anders.customer_id, datetime(2027, 3, 26, 8), "comirnaty", "booked"),
        (eva.customer_id, datetime(2027, 3, 29, 7), "efluelda", "booked"),
    ]
    # Moved over the change: nine is nine.
    moved = changed(OUTLOOK, {"20270326T090000\nPRIORITY:5\nSEQUENCE:0": "20270330T090000\nPRIORITY:5\nSEQUENCE:1"})
    found = take_in(store, actor, calendar(moved))
    assert counted(found) == {RowState.MOVED: 1, RowState.UNCHANGED: 1}
    assert booked(store)[1][:2] == (anders.customer_id, datetime(2027, 3, 30, 7))
    # A file that was taken out before overwrites nothing.
    with nothing_changes(store, but=("access_log", "log_head")):
        assert counted(look(store, actor, calendar(OUTLOOK))) == {RowState.OLDER: 1, RowState.UNCHANGED: 1}


def test_googles_utc_zone_and_floating_time_are_stockholms_hours(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    assert counted(take_in(store, actor, calendar(GOOGLE))) == {RowState.NEW: 3}
    assert booked(store) == [
        (anders.customer_id, AT_NINE, "comirnaty", "booked"),
        (eva.customer_id, AT_NINE + timedelta(minutes=30), "efluelda", "booked"),
        (eva.customer_id, datetime(2026, 12, 1, 9, 15), "vaxigrip_tetra", "booked"),
    ]
    again = look(store, actor, calendar(GOOGLE))
    assert (counted(again), again.can_be_saved, again.gone) == ({RowState.UNCHANGED: 3}, False, [])


def test_a_cancelled_event_is_cancelled_and_one_that_is_missing_is_gone_and_comes_back(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    take_in(store, actor, calendar(GOOGLE))
    events = GOOGLE.split("BEGIN:VEVENT")
    # The second is missing, and the third cancelled, without what it was for.
    rest = "BEGIN:VEVENT".join([events[0], events[1], events[3]])
    rest = changed(
        rest, {"SEQUENCE:0\nSTATUS:TENTATIVE\nSUMMARY:vaxigrip_tetra " + EVA: "SEQUENCE:1\nSTATUS:CANCELLED"}
    )
    found = take_in(store, actor, calendar(rest))
    assert (counted(found), len(found.gone)) == ({RowState.UNCHANGED: 1, RowState.CANCELLED: 1}, 1)
    assert [state for *_, state in booked(store)] == ["booked", "gone", "cancelled"]
    found = take_in(store, actor, calendar(GOOGLE))
    assert counted(found) == {RowState.UNCHANGED: 1, RowState.MOVED: 1, RowState.OLDER: 1}
    assert [state for *_, state in booked(store)] == ["booked", "booked", "cancelled"]


def test_a_message_about_one_event_makes_no_other_gone(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    take_in(store, actor, calendar(GOOGLE))
    invitation = event("UID:new", "DTSTART:20261130T110000", method="REQUEST")
    assert take_in(store, actor, calendar(invitation)).gone == []
    cancel = event("UID:4q9p1c0a@google.com", "SEQUENCE:2", method="CANCEL")
    found = take_in(store, actor, calendar(cancel))
    assert (counted(found), found.gone) == ({RowState.CANCELLED: 1}, [])


@pytest.mark.parametrize(
    ("lines", "column", "message"),
    [
        (["RRULE:FREQ=WEEKLY;COUNT=3"], "RRULE", "The event recurs"),
        (["RDATE:20261207T090000"], "RRULE", "The event recurs"),
        (["RECURRENCE-ID:20261130T090000"], "RRULE", "The event recurs"),
        (["DTSTART;VALUE=DATE:20261130"], "DTSTART", "The event lasts all day"),
        (["DTSTART:i morgon"], "DTSTART", "no time that can be read"),
        (["DTSTART;TZID=Min egen:20261130T090000"], "DTSTART", "“Min egen” is no time zone that is known"),
        (["DTSTART;TZID=../../etc:20261130T090000"], "DTSTART", "is no time zone that is known"),
        (["DTSTART:20270328T023000"], "DTSTART", "There is no time 2027-03-28 02:30"),
        (["DTSTART;TZID=W. Europe Standard Time:20271031T023000"], "DTSTART", "2027-10-31 02:30 comes twice"),
        (["SEQUENCE:ett"], "SEQUENCE", "no whole number"),
        (["UID:"], "UID", "has no id of its own"),
        (["SUMMARY:Comirnaty"], "SUMMARY", "hold no valid identity number"),
        ([f"SUMMARY:Comirnaty {ANDERS[:-1]}1"], "SUMMARY", "hold no valid identity number"),
        ([f"DESCRIPTION:för {EVA}"], "SUMMARY", "hold several identity numbers"),
        ([f"SUMMARY:Vaccin {ANDERS}"], "SUMMARY", "No vaccine is named"),
        (["CATEGORIES:Efluelda"], "SUMMARY", "Several vaccines are named"),
        (["DTSTART:20621130T090000"], "DTSTART", "more than two years ahead"),
    ],
)
def test_an_event_that_cannot_be_a_booking_says_why(
    store: Store, actor: Actor, anders: Customer, eva: Customer, lines: list[str], column: str, message: str
) -> None:
    found = look(store, actor, calendar(event(*lines)))
    ((line, where, says),) = problems(found)
    assert (line, where) == (4, column)
    assert message in says
    assert not [number for number in (ANDERS, EVA) if number[2:] in says]
    assert not found.can_be_saved


def test_the_calendars_own_time_zone_and_a_long_name_of_a_known_one_are_understood(
    store: Store, actor: Actor, anders: Customer
) -> None:
    zone = OUTLOOK[OUTLOOK.index("BEGIN:VTIMEZONE") : OUTLOOK.index("BEGIN:VEVENT")]
    own = changed(zone, {"W. Europe Standard Time": "Min egen"})
    text = changed(event("DTSTART;TZID=Min egen:20270401T090000"), {"BEGIN:VEVENT": own + "BEGIN:VEVENT"})
    (read,) = calendar(text).events
    assert read.starts_at == datetime(2027, 4, 1, 7)
    (read,) = calendar(event("DTSTART;TZID=/mozilla.org/2005/Europe/Helsinki:20270401T090000")).events
    assert read.starts_at == datetime(2027, 4, 1, 6)
    # It is known in its own calendar alone.
    assert calendar(event("DTSTART;TZID=Min egen:20270401T090000")).events[0].starts_at is None


def test_of_two_versions_in_one_file_the_later_counts_and_of_two_alike_none(
    store: Store, actor: Actor, anders: Customer
) -> None:
    first, second = event("SEQUENCE:1"), event("SEQUENCE:2", "DTSTART:20261130T100000")
    both = changed(second, {"END:VCALENDAR\n": ""}) + first.partition("METHOD:PUBLISH\n")[2]
    found = take_in(store, actor, calendar(both))
    assert [line.state for line in found.lines] == [RowState.NEW, RowState.OLDER]
    assert booked(store)[0][1] == datetime(2026, 11, 30, 9)
    alike = look(store, actor, calendar(changed(both, {"SEQUENCE:1": "SEQUENCE:2"})))
    assert [where for _, where, _ in problems(alike)] == ["UID", "UID"]


def test_a_later_sequence_is_kept_also_where_nothing_else_is_new(store: Store, actor: Actor, anders: Customer) -> None:
    take_in(store, actor, calendar(event("SEQUENCE:1")))
    take_in(store, actor, calendar(event("SEQUENCE:5")))
    between = look(store, actor, calendar(event("SEQUENCE:4", "DTSTART:20261130T100000")))
    assert counted(between) == {RowState.OLDER: 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (event().encode()[:-30], "damaged or cut short"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "damaged or cut short"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "no events"),
        (event("DESCRIPTION:\u00e5").encode("latin-1"), "no text in UTF-8"),
        (OUTLOOK.replace("BEGIN:VTIMEZONE\n", "").encode(), "damaged or cut short"),
        (OUTLOOK.replace("TZID:W", "TZID:1\nTZID:W").encode(), "damaged or cut short"),
    ],
)
def test_a_calendar_that_is_none_says_what_to_do(data: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        calendars.read(BytesIO(data))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (f"Comirnaty: Anna-Lisa Öberg {EVA}", "Anna-Lisa Öberg"),
        (f"{EVA[2:8]}-{EVA[8:]} Eva O’Ek | comirnaty", "Eva O’Ek"),
        ("Eva Ek – Comirnaty", "Eva Ek"),
        (f"{EVA} Comirnaty", None),
        ("Comirnaty: Ek, Eva", None),
        ("Comirnaty Eva Maria Ek", None),
        ("Comirnaty ring först", None),
        ("Comirnaty dos 2 Eva", None),
    ],
)
def test_an_unknown_person_is_registered_where_the_title_is_a_name_and_else_listed(
    store: Store, actor: Actor, title: str, name: str | None
) -> None:
    found = look(store, actor, calendar(event(f"SUMMARY:{title}", f"DESCRIPTION:{EVA}")))
    assert [customer.name for _identity, customer in found.new_people.values()] == ([name] if name else [])
    assert [where for _, where, _ in problems(found)] == ([] if name else ["SUMMARY"])


def test_the_title_of_a_known_person_is_no_name_to_hold_against_the_number(
    store: Store, actor: Actor, eva: Customer
) -> None:
    found = look(store, actor, calendar(event(f"SUMMARY:Comirnaty Andra Dosen {EVA}")))
    assert counted(found) == {RowState.NEW: 1}


def test_an_unknown_person_is_listed_with_what_to_do(store: Store, actor: Actor) -> None:
    ((_, where, says),) = problems(look(store, actor, calendar(event())))
    assert where == "SUMMARY"
    assert "register the person on the page Find customer first" in says
