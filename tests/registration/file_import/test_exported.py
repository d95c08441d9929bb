"""Groups taken out by Utdata, changed in a spreadsheet and handed in again: unchanged rows change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import deaths, export, memberships, sample
from mv.access import Actor
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import Conflict, Invalid
from mv.export import Filters, Format, Headings
from mv.memberships import EndReason, Entry, Membership
from mv.pseudonyms import Pseudonyms
from mv.registration import rounds, undo
from mv.registration.file_import import importing
from mv.registration.file_import.exported_layout import recognise
from mv.registration.file_import.loading import ImportRequest
from mv.registration.file_import.plan import RowState, editable_values
from mv.store import Store, open_store
from mv.tabular_files import reading
from mv.tabular_files.table import Record, Table
from tests.conftest import TODAY, SetClock, invented_number, tries
from tests.contents import logged, nothing_changes
from tests.registration.people_files import counted, plan, problems, request, said, states, take_in

Edit = Mapping[str, str]
PSEUDONYMS = Pseudonyms("k" * 64)
FIRST = TODAY - timedelta(days=100)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of invented people with their groups."""
    with closing(open_store(str(tmp_path_factory.mktemp("clinic") / "mv.duckdb"), SetClock())) as store:
        sample.make(store, 60, 5)
        yield store


def taken_out(
    store: Store,
    actor: Actor,
    form: Format = export.Csv(),  # noqa: B008 (it is frozen)
    headings: Headings = "en",
    pseudonyms: Pseudonyms | None = None,
) -> bytes:
    return b"".join(export.groups_file(store, actor, Filters(), form, headings=headings, pseudonyms=pseudonyms))


def read(data: bytes) -> Table:
    return reading.read_table(BytesIO(data))


def edited(table: Table, edits: Mapping[int, Edit]) -> Table:
    """Return the table with other texts in some cells, by row number and the column's stable name."""
    layout = recognise(table.headings)
    assert layout is not None
    records = []
    for record in table.records:
        cells = list(record.cells)
        for name, text in edits.get(record.number, {}).items():
            cells[layout.places[name]] = text
        records.append(Record(record.number, tuple(cells)))
    return replace(table, records=records)


def rows_of(table: Table) -> dict[int, dict[str, str]]:
    layout = recognise(table.headings)
    assert layout is not None
    return {r.number: {name: r.cells[place] for name, place in layout.places.items()} for r in table.records}


# What comes back as it was


@pytest.mark.parametrize("form", [export.Csv(), export.Csv(","), export.Xlsx()], ids=["semicolon", "comma", "xlsx"])
@pytest.mark.parametrize("headings", ["en", "sv"])
@pytest.mark.parametrize("pseudonyms", [None, PSEUDONYMS], ids=["identity", "pseudonyms"])
def test_a_file_that_nobody_changed_changes_nothing(
    clinic: Store, actor: Actor, form: Format, headings: Headings, pseudonyms: Pseudonyms | None
) -> None:
    table = read(taken_out(clinic, actor, form, headings, pseudonyms))
    found = importing.preview(clinic, actor, ImportRequest(table, {}, None, pseudonyms=pseudonyms))
    assert (counted(found), found.problems) == ({RowState.UNCHANGED: len(table.records)}, [])
    assert len(table.records) > 60


def test_a_workbook_that_a_spreadsheet_saved_anew_changes_nothing(clinic: Store, actor: Actor) -> None:
    book, out = openpyxl.load_workbook(BytesIO(taken_out(clinic, actor, export.Xlsx(), "sv"))), BytesIO()
    book.save(out)
    assert set(states(plan(clinic, actor, read(out.getvalue())))) == {RowState.UNCHANGED}


def test_what_a_spreadsheet_does_to_csv_changes_nothing(clinic: Store, actor: Actor) -> None:
    table = read(taken_out(clinic, actor))
    shortened = {
        number: {
            "customer_identity": f"{int(row['customer_identity']):.5E}".replace(".", ","),
            "registered_at": row["registered_at"][:16],
            "valid_from": f"{date.fromisoformat(row['valid_from']):%d/%m/%Y}",
        }
        for number, row in rows_of(table).items()
        if row["customer_identity"].isdigit()
    }
    found = plan(clinic, actor, edited(table, shortened))
    assert (set(states(found)), found.problems) == ({RowState.UNCHANGED}, [])


# What comes back otherwise


def alone(store: Store, actor: Actor) -> dict[int, Membership]:
    """Return by their numbers in the file the rows of those who have one, in groups that are in use."""
    with store.read() as tx:
        rows = [Membership(**row) for row in tx.rows(f"SELECT {memberships.COLUMNS} FROM membership")]  # noqa: S608
    per_person = {row.customer_id: [r for r in rows if r.customer_id == row.customer_id] for row in rows}
    found = {own[0].membership_id: own[0] for own in per_person.values() if len(own) == 1}
    table = rows_of(read(taken_out(store, actor)))
    numbers = {int(row["membership_id"]): number for number, row in table.items()}
    return {numbers[n]: row for n, row in found.items() if row.group_code != "covid_phase"}


@st.composite
def edits(draw: st.DrawFn, row: Membership) -> tuple[Edit, tuple[object, ...]]:
    """Draw what somebody writes in a row, and what the row is to be then."""
    first = row.valid_from + timedelta(days=draw(st.integers(0, min(20, (TODAY - row.valid_from).days))))
    last = row.valid_to and max(row.valid_to, first)
    kind = draw(st.sampled_from(["days", "group", "end" if row.active else "restore", "reason"]))
    edit: dict[str, str] = {"valid_from": f"{first}", **({"valid_to": f"{last}"} if last else {})}
    group, subgroup, reason = row.group_code, row.subgroup_code, row.ended_reason
    if kind == "group":
        named = draw(st.sampled_from(["group", "group_code"]))
        edit |= {
            named: "Skörhet" if named == "group" else "frailty",
            "subgroup": "Hemtjänst",
            "subgroup_code": "home_care",
        }
        group, subgroup = "frailty", "home_care"
    elif kind == "end":
        last = first + timedelta(days=draw(st.integers(0, (TODAY - first).days)))
        reason = draw(st.sampled_from([EndReason.CEASED.value, EndReason.WRONG.value]))
        edit |= {"valid_to": f"{last:%Y%m%d}", "ended_reason": reason}
    elif kind == "restore":
        edit["valid_to"], last, reason = "", None, None
    elif not row.active:
        reason = EndReason.WRONG.value if reason == EndReason.CEASED else EndReason.CEASED.value
        edit["ended_reason"] = reason
    return edit, (group, subgroup, first, last, reason)


@given(data=st.data())
@tries(40)
def test_what_was_changed_in_the_file_and_nothing_else_is_to_be_changed(
    clinic: Store, actor: Actor, data: st.DataObject
) -> None:
    table, candidates = read(taken_out(clinic, actor)), alone(clinic, actor)
    chosen = data.draw(st.lists(st.sampled_from(sorted(candidates)), min_size=1, max_size=8, unique=True))
    drawn = {number: data.draw(edits(candidates[number])) for number in chosen}
    found = plan(clinic, actor, edited(table, {number: edit for number, (edit, _) in drawn.items()}))
    assert found.problems == []
    planned = {number: want for number, (_, want) in drawn.items() if want != editable_values(candidates[number])}
    changes = {line.number: editable_values(line.change[1]) for line in found.lines if line.change}
    assert changes == planned
    assert counted(found).get(RowState.UNCHANGED, 0) == len(table.records) - len(planned)


@pytest.fixture
def rows(store: Store, actor: Actor, anders: Customer) -> list[Membership]:
    """Anders' rows: one that is active, one that ceased, one that was wrong."""
    added = [
        memberships.add(store, actor, anders.customer_id, Entry(group, None, FIRST))
        for group in ("65_plus", "pregnant", "staff")
    ]
    ceased = memberships.remove(store, actor, added[1].membership_id, 1, EndReason.CEASED)
    wrong = memberships.remove(store, actor, added[2].membership_id, 1, EndReason.WRONG)
    return [added[0], ceased, wrong]


def of_anders(store: Store, actor: Actor, row: Membership) -> Membership:
    (found,) = [
        each for each in memberships.of_customer(store, actor, row.customer_id)
        if each.membership_id == row.membership_id
    ]  # fmt: skip
    return found


@pytest.mark.both_engines
def test_changes_are_kept_in_the_history_as_if_made_by_hand_and_undone_together(
    store: Store, actor: Actor, anders: Customer, rows: list[Membership]
) -> None:
    last = TODAY - timedelta(days=3)
    edits = {
        2: {"valid_to": f"{last}", "status": "inactive", "group": "Skörhet", "subgroup": "", "valid_from": f"{last}"},
        3: {"valid_to": "", "group_code": "medical_risk", "subgroup": "Diabetes typ 1 eller 2"},
        4: {"ended_reason": "upphörde att gälla"},
    }
    table = edited(read(taken_out(store, actor)), edits)
    assert problems(plan(store, actor, table)) == []
    made = take_in(store, actor, table)
    now = [of_anders(store, actor, row) for row in rows]
    assert [editable_values(row) for row in now] == [
        ("frailty", None, last, last, "ceased"),
        ("medical_risk", "diabetes", FIRST, None, None),
        ("staff", None, FIRST, TODAY, "ceased"),
    ]
    history = memberships.changes(store, actor, anders.customer_id)
    since = {row.membership_id: row.version for row in rows}
    words = [
        [c.change for c in reversed(history) if c.membership_id == n and c.version > since[n]] for n in sorted(since)
    ]
    assert words == [["removed", "adjusted"], ["adjusted", "restored"], ["reason"]]
    assert [entry["action"] for entry in logged(store, "adjust_group", "restore_group")] == [
        "adjust_group", "adjust_group", "restore_group",
    ]  # fmt: skip
    assert counted(plan(store, actor, table)) == {RowState.ALREADY: 3}
    assert undo.undo_all(store, actor, made.registration_id) == 3
    back = [of_anders(store, actor, row) for row in rows]
    assert [replace(row, version=0) for row in back] == [replace(row, version=0) for row in rows]


def test_a_file_is_not_undone_where_a_group_no_longer_in_use_would_be_active_again(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    clock.now = datetime(2022, 1, 1, 12, tzinfo=UTC)
    row = memberships.add(store, actor, anders.customer_id, Entry("covid_phase", "phase_2", date(2021, 3, 1)))
    clock.now = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    edit = {"valid_to": "2022-08-31", "status": "inactive", "ended_reason": "ceased"}
    made = take_in(store, actor, edited(read(taken_out(store, actor)), {2: edit}))
    clock.now += timedelta(days=1)
    with nothing_changes(store), pytest.raises(Invalid, match="was not in use on 2026-11-23"):
        undo.undo_all(store, actor, made.registration_id)
    clock.now -= timedelta(days=1)
    undo.undo_all(store, actor, made.registration_id)
    assert of_anders(store, actor, row).active


def test_a_file_is_not_undone_where_a_group_would_begin_after_the_death(
    store: Store, actor: Actor, anders: Customer
) -> None:
    memberships.add(store, actor, anders.customer_id, Entry("65_plus", None, FIRST))
    made = take_in(store, actor, edited(read(taken_out(store, actor)), {2: {"valid_from": "2020-01-01"}}))
    deaths.record(store, actor, anders.customer_id, FIRST - timedelta(days=1))
    with nothing_changes(store), pytest.raises(Conflict, match="died on"):
        undo.undo_all(store, actor, made.registration_id)


def test_a_change_to_an_unusual_group_takes_a_reason(store: Store, actor: Actor, anders: Customer) -> None:
    memberships.add(store, actor, anders.customer_id, Entry("65_plus", None, FIRST))
    table = edited(read(taken_out(store, actor)), {2: {"group": "Gravid"}})
    found = plan(store, actor, table)
    assert (states(found), found.can_be_saved) == ([RowState.DOUBTFUL], False)
    assert found.lines[0].validation is not None
    assert set(found.lines[0].validation.concerns) == {Concern.AGE, Concern.SEX}
    asked = replace(request(table), reason="Checked")
    made = importing.import_file(store, actor, asked, importing.preview(store, actor, asked).fingerprint)
    (row,) = rounds.read_rows(store, actor, made.registration_id)
    assert (row.group_code, row.reason, row.concerns) == ("pregnant", "Checked", '["age", "sex"]')


def test_what_cannot_be_changed_is_told_by_row_and_column(
    store: Store, actor: Actor, anders: Customer, rows: list[Membership]
) -> None:
    table = read(taken_out(store, actor))
    other = invented_number(date(1950, 1, 2), 982)
    for edit, column in (
        ({"customer_identity": other}, "customer_identity"),
        ({"customer_name": "Eva Ek"}, "customer_name"),
        ({"birth_date": "1946-03-13"}, "birth_date"),
        ({"unit": "Mottagning Söder"}, "unit"),
        ({"registered_at": "2026-11-20 12:00:00"}, "registered_at"),
        ({"ended_by": "karin.holm"}, "ended_by"),
        ({"membership_id": "999"}, "membership_id"),
        ({"membership_id": ""}, "membership_id"),
        ({"version": "2"}, "version"),
        ({"group": "Gravid", "group_code": "staff"}, "group"),
        ({"group": "Personal inom vård och omsorg", "subgroup": "heart"}, "subgroup"),
        ({"group": ""}, "group"),
        ({"valid_from": ""}, "valid_from"),
        ({"valid_from": f"{TODAY + timedelta(days=1)}"}, "valid_from"),
        ({"valid_to": "2020-01-01"}, "valid_to"),
        ({"status": "gone"}, "status"),
        ({"ended_reason": "ceased"}, "ended_reason"),
    ):
        found = plan(store, actor, edited(table, {2: edit}))
        assert [(row, name) for row, name, _ in problems(found)] == [(2, column)], edit
        assert states(found) == [RowState.WRONG, RowState.UNCHANGED, RowState.UNCHANGED]
        assert other[2:] not in said(problems(found))
    found = plan(store, actor, edited(table, {3: {"status": "active"}, 4: {"ended_reason": ""}}))
    assert [(row, name) for row, name, _ in problems(found)] == [(3, "status"), (4, "ended_reason")]
    with nothing_changes(store), pytest.raises(Invalid):
        importing.import_file(store, actor, request(table), plan(store, actor, table).fingerprint)


@pytest.mark.both_engines
def test_a_row_that_was_changed_here_since_is_told_where_the_file_changes_it_too(
    store: Store, actor: Actor, rows: list[Membership]
) -> None:
    table = read(taken_out(store, actor))
    memberships.adjust(store, actor, rows[0].membership_id, 1, Entry("65_plus", None, FIRST - timedelta(days=1)))
    assert set(states(plan(store, actor, table))) == {RowState.UNCHANGED}
    found = plan(store, actor, edited(table, {2: {"valid_from": f"{TODAY}"}}))
    assert problems(found) == [
        (2, "version", "The row was changed here since the file was made. Take out the file anew.")
    ]
    same = edited(table, {2: {"valid_from": f"{FIRST - timedelta(days=1)}"}})
    assert states(plan(store, actor, same)) == [RowState.ALREADY, RowState.UNCHANGED, RowState.UNCHANGED]


def test_rows_without_a_number_are_new_and_judged_with_the_changes_of_the_others(
    store: Store, actor: Actor, anders: Customer, rows: list[Membership]
) -> None:
    table = read(taken_out(store, actor))
    last = TODAY - timedelta(days=30)
    fresh = {**rows_of(table)[2], "membership_id": "", "version": "", "valid_from": f"{TODAY - timedelta(days=10)}"}
    layout = recognise(table.headings)
    assert layout is not None
    cells = tuple(
        fresh[next(n for n, p in layout.places.items() if p == place)] for place in range(len(table.headings))
    )
    longer = replace(table, records=[*table.records, Record(5, cells)])
    assert said(problems(plan(store, actor, longer))) == ""
    assert states(plan(store, actor, longer))[-1] is RowState.ALREADY
    ended = edited(longer, {2: {"valid_to": f"{last}"}})
    assert states(plan(store, actor, ended)) == [
        RowState.CHANGED,
        RowState.UNCHANGED,
        RowState.UNCHANGED,
        RowState.READY,
    ]
    take_in(store, actor, ended)
    periods = [(row.valid_from, row.valid_to) for row in memberships.of_customer(store, actor, anders.customer_id)]
    assert (FIRST, last) in periods
    assert (TODAY - timedelta(days=10), None) in periods


def test_two_rows_that_would_be_of_the_same_group_at_once_are_refused(
    store: Store, actor: Actor, rows: list[Membership]
) -> None:
    table = read(taken_out(store, actor))
    found = plan(store, actor, edited(table, {3: {"valid_to": "", "group": "65_plus"}}))
    assert [(row, name) for row, name, _ in problems(found)] == [(3, "group")]
    swapped = edited(
        table, {2: {"valid_to": f"{TODAY}"}, 3: {"valid_to": "", "group": "65_plus", "valid_from": f"{TODAY}"}}
    )
    assert problems(plan(store, actor, swapped))[0][:2] == (3, "group")


def test_what_was_changed_cannot_be_changed_back_where_the_group_is_there_anew(
    store: Store, actor: Actor, anders: Customer, rows: list[Membership]
) -> None:
    file = edited(read(taken_out(store, actor)), {2: {"valid_to": f"{TODAY - timedelta(days=3)}"}})
    made = take_in(store, actor, file)
    memberships.add(store, actor, anders.customer_id, Entry("65_plus", None, TODAY))
    with nothing_changes(store), pytest.raises(Conflict, match="is in the group"):
        undo.undo_all(store, actor, made.registration_id)


def test_a_file_of_doses_is_refused_with_what_to_do(store: Store, actor: Actor) -> None:
    headings = "given_on;vaccine;dose_id;version"
    with pytest.raises(Invalid, match="file of doses, which cannot be imported back"):
        plan(store, actor, read(f"{headings}\n2026-01-01;x;1;1".encode()))
