"""Tables of bookings: their columns, days and times, people, and what the same file again comes to."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest

from mv import bookings, customers, deaths
from mv.access import Actor, Role
from mv.booking_files import columns, importing
from mv.booking_files.columns import Column
from mv.booking_files.loading import ImportRequest
from mv.booking_files.plan import RowState
from mv.booking_files.times import parse_moment, parse_time
from mv.bookings import BookingState, changes
from mv.bookings.changes import Entry
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid
from mv.store import Store
from mv.tabular_files import reading
from tests.booking_files.files import ANDERS, EVA, counted, look, problems, request, table, take_in
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import contents, logged, nothing_changes
from tests.files.workbook import Cell, workbook

NEW = invented_number(date(1990, 1, 2))
ANDERS_ROW = f"B1;{ANDERS};2026-11-30;09:00;Comirnaty;Bokad"
EVA_ROW = f"B2;{EVA};2026-11-30;09:30;Efluelda;Bokad"
AT_NINE = datetime(2026, 11, 30, 8)
LOG = ("access_log", "log_head")
NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")


def states(store: Store) -> dict[str, str]:
    """Return the state of each booking that a file knows, by its own id."""
    found = contents(store)
    by_id = {row["booking_id"]: row["state"] for row in found["booking"]}
    return {row["external_id"]: by_id[row["booking_id"]] for row in found["booking_source"]}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-30 09:00", AT_NINE),
        ("2026-11-30T09:00:00", AT_NINE),
        ("20261130 9.00", AT_NINE),
        ("30/11/2026 9:00 AM", AT_NINE),
        ("2026-11-30 kl. 09:00", AT_NINE),
        ("2026-11-30T08:00Z", AT_NINE),
        ("2026-11-30T10:00+02:00", AT_NINE),
        ("2026-11-30 12:00 AM", datetime(2026, 11, 29, 23)),
        ("2026-11-30 12:15 pm", datetime(2026, 11, 30, 11, 15)),
        ("2026-11-30 9 PM", datetime(2026, 11, 30, 20)),
        ("2026-11-30 24:00", datetime(2026, 11, 30, 23)),
        ("2027-03-27 24:00", datetime(2027, 3, 27, 23)),
        ("2027-06-01 09:00", datetime(2027, 6, 1, 7)),
    ],
)
def test_a_day_and_a_time_in_one_column_are_an_instant(text: str, instant: datetime) -> None:
    assert parse_moment(text) == instant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-30", "has no time"),
        ("i morgon 09:00", "is no day"),
        ("2026-11-31 09:00", "There is no day"),
        ("2026-11-30 09:60", "is no time of day"),
        ("2026-11-30 24:30", "is no time of day"),
        ("2026-11-30 25:00", "is no time of day"),
        ("2026-11-30 13:00 PM", "is no time of day"),
        ("2026-11-30 09:00-09:30", "is no time of day"),
        ("2026-11-30 halv tio", "is no time of day"),
        ("2026-11-30 09:00+99:00", "is no time zone"),
        ("05/06/2027 09:00", "can be read in two ways"),
        ("2027-03-28 02:15", "There is no time"),
        ("2027-10-31 02:15", "comes twice"),
        ("46356.375", "is a number of days"),
    ],
)
def test_a_time_that_is_none_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_moment(text)
    assert message in str(caught.value)


def test_midnight_at_the_days_end_is_the_next_days_beginning() -> None:
    assert parse_time(date(2026, 12, 31), "24:00") == datetime(2027, 1, 1)


def test_day_and_time_in_two_columns_are_booked_once_and_the_same_file_again_changes_nothing(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    file = table(ANDERS_ROW, EVA_ROW, f"B3;{EVA};2026-12-01;24:00;vaxigrip_tetra;")
    found = take_in(store, actor, file)
    assert (counted(found), found.to_save) == ({RowState.NEW: 3}, 3)
    shown = bookings.of_day(store, actor, "norr", date(2026, 11, 30))
    assert [(each.customer_id, each.starts_at, each.product_code) for each in shown] == [
        (anders.customer_id, AT_NINE, "comirnaty"),
        (eva.customer_id, AT_NINE + timedelta(minutes=30), "efluelda"),
    ]
    (at_midnight,) = bookings.of_day(store, actor, "norr", date(2026, 12, 2))
    assert at_midnight.starts_at == datetime(2026, 12, 1, 23)
    entries = logged(store, "import_bookings")
    assert entries[-1]["detail"] == {"change": "imported", "gone": 0, "new": 3}
    with nothing_changes(store, but=LOG):
        again = look(store, actor, file)
        assert (counted(again), again.can_be_saved) == ({RowState.UNCHANGED: 3}, False)
        with pytest.raises(Invalid, match="Nothing was imported"):
            take_in(store, actor, file)


@pytest.mark.both_engines
def test_a_moved_or_cancelled_one_is_moved_or_cancelled_and_a_missing_one_gone(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    more = [f"B{n};{EVA};2026-11-30;1{n}:00;Comirnaty;Bokad" for n in (3, 4)]
    take_in(store, actor, table(ANDERS_ROW, EVA_ROW, *more))
    file = table(
        ANDERS_ROW.replace("09:00", "15:15"), "B2;;;;;Avbokad", f"B4;{EVA};2026-11-30;14:00;vaxigrip_tetra;Ombokad"
    )
    found = take_in(store, actor, file)
    assert counted(found) == {RowState.MOVED: 2, RowState.CANCELLED: 1}
    assert states(store) == {"B1": "booked", "B2": "cancelled", "B3": "gone", "B4": "booked"}
    history = {row["change"] for row in contents(store)["booking_change"]}
    assert history == {"booked", "moved", "cancelled", "gone"}
    shown = bookings.of_day(store, actor, "norr", date(2026, 11, 30))
    assert [(each.local_day, each.product_code) for each in shown] == [
        (date(2026, 11, 30), "vaxigrip_tetra"), (date(2026, 11, 30), "comirnaty"),
    ]  # fmt: skip
    take_in(store, actor, table(ANDERS_ROW, EVA_ROW, *more))
    assert set(states(store).values()) == {"booked"}


def test_only_what_a_file_knows_and_is_still_to_come_can_be_gone(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, eva: Customer
) -> None:
    by_hand = changes.book(store, actor, eva.customer_id, Entry("norr", AT_NINE, "vaxigrip_tetra"))
    later = f"B3;{EVA};2026-12-02;09:30;Comirnaty;Bokad"
    take_in(store, actor, table(ANDERS_ROW, EVA_ROW, later))
    clock.now = datetime(2026, 11, 30, 8, 15, tzinfo=clock.now.tzinfo)  # Anders has been
    late = f"B9;{EVA};2026-11-30;16:00;Comirnaty;Bokad"
    with nothing_changes(store, but=LOG):
        assert look(store, actor, table(late), has_all=False).gone == []
    found = take_in(store, actor, table(late))
    # B1 has begun, B3's day is not the file's, and no file knows what was booked by hand.
    assert [before.booking_id for before, _ in found.gone] == [by_hand.booking_id + 2]
    assert states(store) == {"B1": "booked", "B2": "gone", "B3": "booked", "B9": "booked"}


def test_what_was_changed_here_stays_until_the_file_says_something_else(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    take_in(store, actor, table(ANDERS_ROW, EVA_ROW))
    (first, _second) = bookings.of_day(store, actor, "norr", date(2026, 11, 30))
    changes.cancel(store, actor, first.booking_id, 1)
    assert counted(look(store, actor, table(ANDERS_ROW, EVA_ROW))) == {RowState.UNCHANGED: 2}
    take_in(store, actor, table(ANDERS_ROW.replace("09:00", "11:00"), EVA_ROW))
    assert states(store)["B1"] == "booked"


@pytest.mark.both_engines
def test_what_was_booked_by_hand_and_comes_in_a_file_is_one_booking(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = changes.book(store, actor, anders.customer_id, Entry("norr", AT_NINE, "comirnaty"))
    assert counted(take_in(store, actor, table(ANDERS_ROW))) == {RowState.UNCHANGED: 1}
    assert [each["booking_id"] for each in contents(store)["booking"]] == [row.booking_id]
    take_in(store, actor, table("B1;;;;;Avbokad"))
    assert states(store) == {"B1": "cancelled"}


def test_a_time_that_the_file_gives_to_another_person_is_the_other_persons(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    take_in(store, actor, table(ANDERS_ROW))
    take_in(store, actor, table(ANDERS_ROW.replace(ANDERS, EVA)))
    (shown,) = bookings.of_day(store, actor, "norr", date(2026, 11, 30))
    assert shown.customer_id == eva.customer_id
    rows = [(row["customer_id"], row["state"]) for row in contents(store)["booking"]]
    assert sorted(rows) == [(anders.customer_id, "cancelled"), (eva.customer_id, "booked")]


def test_a_wrong_row_among_right_ones_saves_nothing_and_is_told_by_row_and_column(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    file = table(
        ANDERS_ROW,
        f"B2;{EVA[:-1]}x;2026-11-31;9;Comirnatty;Kanske",
        f"B3;{EVA};2027-03-28;02:30;Comirnaty;",
        f";{EVA};2026-11-30;10:00;Comirnaty;",
        f"B1;{EVA};2026-11-30;11:00;Comirnaty;",
        f"B7;{EVA};2026-11-30;;;",
    )
    found = look(store, actor, file)
    assert [(row, column) for row, column, _ in problems(found)] == [
        (2, "Boknings-id"), (3, "Status"), (3, "Datum"), (3, "Personnummer"), (3, "Vaccin"), (4, "Tid"),
        (5, "Boknings-id"), (6, "Boknings-id"), (7, "Tid"), (7, "Vaccin"),
    ]  # fmt: skip
    assert counted(found) == {RowState.WRONG: 6}
    with nothing_changes(store, but=LOG), pytest.raises(Invalid):
        take_in(store, actor, file)


def test_who_is_unknown_is_registered_with_both_names_and_listed_without(store: Store, actor: Actor) -> None:
    row = f"B1;{NEW};2026-11-30;09:00;Comirnaty;Bokad"
    ((_, where, says),) = problems(look(store, actor, table(row)))
    assert (where, says) == (
        "Personnummer", "No customer has this number. Check it, or give both names to register the person.",
    )  # fmt: skip
    ((_, where, _says),) = problems(look(store, actor, table(f"{row};Ã…ke;Ek")))
    assert where == "Förnamn"
    found = take_in(store, actor, table(f"{row};Åke;Ek", f"{row.replace('B1', 'B2').replace('09', '10')};Åke;Ek"))
    assert (counted(found), len(found.new_people)) == ({RowState.NEW: 2}, 1)
    (ake,) = customers.search(store, actor, NEW).customers
    assert (ake.name, ake.unit_id) == ("Åke Ek", "norr")
    assert len(bookings.upcoming(store, actor, ake.customer_id)) == 2


def test_a_person_who_cannot_be_meant_is_told(store: Store, actor: Actor, anders: Customer) -> None:
    ((_, where, says),) = problems(look(store, actor, table(f"{ANDERS_ROW};Eva;Karlsson")))
    assert (where, "or the name on the customer card" in says) == ("Förnamn", True)
    deaths.record(store, actor, anders.customer_id, TODAY)
    ((_, where, says),) = problems(look(store, actor, table(ANDERS_ROW)))
    assert (where, "died" in says) == ("Datum", True)
    old = customers.register(store, actor, invented_number(date(1926, 3, 12)), "Siv", "Dal", "norr")
    short = old.identity[2:]  # of 2026 as well
    found = look(store, actor, table(f"B1;{short[:6]}-{short[6:]};2026-11-30;09:00;Comirnaty;"))
    assert any("Ten digits can be of two people" in says for _, _, says in problems(found))


def test_another_units_customer_is_opened_first_and_another_unit_refused(
    store: Store, actor: Actor, anders: Customer
) -> None:
    siv = customers.register(store, actor, invented_number(date(1950, 1, 2), 984), "Siv", "Dal", "soder")
    file = table(f"B1;{siv.identity};2026-11-30;09:00;Comirnaty;")
    ((_, where, says),) = problems(look(store, NORR, file))
    assert (where, "Open it with its number and a reason" in says) == ("Personnummer", True)
    with pytest.raises(Forbidden):
        importing.preview(store, NORR, request(table(ANDERS_ROW), "soder"))
    headings = "Boknings-id;Personnummer;Datum;Tid;Vaccin;Enhet"
    of_soder = table(f"B1;{ANDERS};2026-11-30;09:00;Comirnaty;Mottagning Söder", headings=headings)
    ((_, where, says),) = problems(look(store, NORR, of_soder))
    assert (where, says) == ("Enhet", "The unit is not one of yours. Choose one that is.")


def test_the_columns_are_guessed_and_kept_for_the_unit(store: Store, actor: Actor, anders: Customer) -> None:
    assert columns.guess(("BokningsID", "Pnr", "Starttid", "Besökstyp", "Bokningsstatus", "Mottagning")) == {
        Column.ID: "BokningsID", Column.IDENTITY: "Pnr", Column.DAY: "Starttid", Column.VACCINE: "Besökstyp",
        Column.STATUS: "Bokningsstatus", Column.UNIT: "Mottagning",
    }  # fmt: skip
    file = table(f"{ANDERS};x1;2026-11-30 09:00;Comirnaty", headings="A;Ref;När;Vad")
    guessed = columns.guess(file.headings)
    with pytest.raises(Invalid, match="the booking’s own id"):
        importing.preview(store, actor, ImportRequest(file, guessed, "norr"))
    chosen = {Column.ID: "Ref", Column.IDENTITY: "A", Column.DAY: "När", Column.VACCINE: "Vad"}
    asked = ImportRequest(file, chosen, "norr")
    importing.import_file(store, actor, asked, importing.preview(store, actor, asked).fingerprint)
    kept = importing.kept_columns(store, actor, "norr")
    assert columns.guess(file.headings, kept) == chosen
    assert importing.kept_columns(store, actor, "soder") is None
    assert columns.guess(("Boknings-id", "Pnr"), kept) == {Column.ID: "Boknings-id", Column.IDENTITY: "Pnr"}
    named = columns.from_json(json.dumps({"id": "Vad", "vaccine": None}), file.headings, kept)
    assert named == {Column.ID: "Vad", Column.IDENTITY: "A", Column.DAY: "När"}


def test_a_workbooks_date_times_are_read(store: Store, actor: Actor, anders: Customer) -> None:
    headings = ["Boknings-id", "Personnummer", "Datum", "Vaccin"]
    row: list[str | Cell | None] = ["B1", ANDERS, Cell("46356.375", style=1), "Comirnaty"]
    file = reading.read_table(BytesIO(workbook([headings, row], formats=["yyyy-mm-dd hh:mm"])))
    take_in(store, actor, file)
    (shown,) = bookings.upcoming(store, actor, anders.customer_id)
    assert shown.starts_at == AT_NINE


def test_two_who_import_the_same_file_at_once_import_it_once(store: Store, actor: Actor, anders: Customer) -> None:
    asked = request(table(ANDERS_ROW))
    seen = importing.preview(store, actor, asked).fingerprint
    importing.import_file(store, actor, asked, seen)
    with pytest.raises(Conflict, match="changed meanwhile"):
        importing.import_file(store, actor, asked, seen)
    assert len(contents(store)["booking"]) == 1


@pytest.mark.both_engines
def test_a_known_booking_of_another_units_customer_is_the_units_own_to_change(store: Store, actor: Actor) -> None:
    siv = customers.register(store, actor, invented_number(date(1950, 1, 2), 984), "Siv", "Dal", "soder")
    row = f"B1;{siv.identity};2026-11-30;09:00;Comirnaty;"
    take_in(store, actor, table(row))
    assert counted(look(store, NORR, table(row))) == {RowState.UNCHANGED: 1}
    take_in(store, NORR, table("B1;;;;;Avbokad"))
    assert states(store) == {"B1": BookingState.CANCELLED}
    found = take_in(store, NORR, table(row.replace("09:00", "10:00")))
    assert counted(found) == {RowState.MOVED: 1}
