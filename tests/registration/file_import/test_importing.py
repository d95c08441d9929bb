"""A file of people: what becomes of each row, all of it saved or nothing, never twice, and undone as a whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest

from mv import customers, memberships, vaccinations
from mv.access import Actor, Role
from mv.batches import batch as batch_rows
from mv.customers import Customer
from mv.errors import Conflict, Field, Forbidden, Invalid
from mv.identity import format_identity
from mv.memberships import EndReason
from mv.registration import rounds, undo
from mv.registration.file_import import columns, importing, loading
from mv.registration.file_import.columns import Column
from mv.registration.file_import.plan import RowState
from mv.reimbursement.payments import columns as payment_columns
from mv.store import Store, open_store
from mv.tabular_files import reading
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import LOG, contents, logged, nothing_changes
from tests.registration.people_files import counted, plan, problems, request, said, states, table, take_in

ROOT = Path(__file__).parents[3]
FIRST = TODAY - timedelta(days=10)
LATER = TODAY - timedelta(days=5)
EVA = invented_number(date(1950, 1, 2), 982)
NEW = invented_number(date(1950, 5, 5))
NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")


@pytest.fixture
def batch(store: Store) -> None:
    """The batch B1 of Efluelda and of Prevenar 20, which lasts."""
    sql = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ($1, 'B1', $2)"
    for product in ("efluelda", "prevenar_20"):
        store.write(lambda tx, product=product: tx.execute(sql, product, TODAY + timedelta(days=90)))


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    return customers.register(store, actor, EVA, "Eva", "Ek", "soder")


@pytest.mark.usefixtures("batch")
def test_rows_are_saved_together_and_undone_together(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    file = table(
        f"{format_identity(anders.identity, TODAY)};65 år och äldre;;{FIRST};;;;;",
        f"{EVA[2:8]}-{EVA[8:]};Medical risk group;heart;;soder;{LATER:%Y%m%d};EFLUELDA;B1;;eva;ek",
    )
    found = plan(store, actor, file)
    assert (states(found), found.problems) == ([RowState.READY, RowState.READY], [])
    before = contents(store)
    made = take_in(store, actor, file)
    (of_anders,) = memberships.of_customer(store, actor, anders.customer_id)
    (of_eva,) = memberships.of_customer(store, actor, eva.customer_id)
    (dose,) = vaccinations.of_customer(store, actor, eva.customer_id)
    assert (of_anders.group_code, of_anders.valid_from, of_anders.unit_id) == ("65_plus", FIRST, "norr")
    assert (of_eva.subgroup_code, of_eva.valid_from, of_eva.unit_id) == ("heart", LATER, "soder")
    assert (dose.given_on, dose.batch_number, dose.membership_id) == (LATER, "B1", of_eva.membership_id)
    assert [row.row_number for row in rounds.read_rows(store, actor, made.registration_id)] == [2, 1]
    assert logged(store, "import_rows")[-1]["detail"] == {"change": "imported", "rows": 2}
    assert undo.undo_all(store, actor, made.registration_id) == 2
    assert memberships.of_customer(store, actor, eva.customer_id)[0].ended_reason == EndReason.WRONG
    assert contents(store)["customer_name"] == before["customer_name"]


def test_the_same_file_or_row_again_saves_nothing(store: Store, actor: Actor, anders: Customer, eva: Customer) -> None:
    rows = [f"{anders.identity};65_plus;;{FIRST}", f"{EVA};65_plus;;{FIRST}"]
    take_in(store, actor, table(rows[0], headings="Personnummer;Kundgrupp;Undergrupp;Från"))
    both = table(*rows, headings="Pnr;Grupp;Undergrupp;Fr o m")
    assert states(plan(store, actor, both)) == [RowState.ALREADY, RowState.READY]
    take_in(store, actor, both)
    found = plan(store, actor, both)
    assert counted(found) == {RowState.ALREADY: 2}
    with nothing_changes(store), pytest.raises(Invalid):
        importing.import_file(store, actor, request(both), found.fingerprint)


def test_what_was_removed_since_is_said_to_be_and_not_added_again(store: Store, actor: Actor, anders: Customer) -> None:
    file = table(f"{anders.identity};65_plus;;{FIRST}", headings="Personnummer;Kundgrupp;Undergrupp;Första dag")
    made = take_in(store, actor, file)
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    memberships.remove(store, actor, row.membership_id, 1, EndReason.WRONG)
    (line,) = plan(store, actor, file).lines
    assert line.state is RowState.ALREADY
    assert str(line.error) == f"Imported on {TODAY} already, and removed or changed here since. It is not added again."
    with pytest.raises(Conflict):  # what was made is no more what it was
        undo.undo_all(store, actor, made.registration_id)


def test_what_was_undone_can_be_imported_again(store: Store, actor: Actor, anders: Customer) -> None:
    file = table(f"{anders.identity};65_plus;;{FIRST}", headings="Personnummer;Kundgrupp;Undergrupp;Första dag")
    made = take_in(store, actor, file)
    undo.undo_all(store, actor, made.registration_id)
    take_in(store, actor, file)
    assert [row.active for row in memberships.of_customer(store, actor, anders.customer_id)] == [True, False]


def test_one_wrong_row_keeps_all_of_the_file_out_and_is_told_by_row_and_column(
    store: Store, actor: Actor, anders: Customer
) -> None:
    file = table(
        f"{anders.identity};65_plus;;{FIRST}",
        f"{anders.identity[:-1]}x;65_plus;;{FIRST}",
        f"{NEW};65_plus;;{FIRST}",
        f"{EVA};65_pluss;;{FIRST};Nowhere",
        f"{EVA};staff;heart;{TODAY + timedelta(days=1)}",
        f"{EVA};65_plus;;igår;;{FIRST};Efluelda;B?1",
        f"{EVA};65_plus;;",
        f"{EVA};65_plus;;;;;Efluelda;",
        f";=1+1;;{FIRST}",
    )
    found = plan(store, actor, file)
    assert states(found) == [RowState.READY] + [RowState.WRONG] * 8
    told = problems(found)
    assert [(row, column) for row, column, _ in told] == [
        (3, "Personnummer"), (4, "Personnummer"), (5, "Kundgrupp"), (5, "Enhet"), (6, "Undergrupp"), (6, "Första dag"),
        (7, "Första dag"), (7, "Sats"), (8, "Första dag"), (9, "Dosens dag"), (9, "Sats"), (9, "Första dag"),
        (10, "Personnummer"), (10, "Kundgrupp"),
    ]  # fmt: skip
    assert (5, "Kundgrupp", "There is no group “65_pluss”. Did you mean: 65_plus?") in told
    assert (7, "Första dag", "“igår” is no day. Write it like 2026-11-22.") in told
    assert "formula" in said(told)
    assert not any(number[2:] in said(told).replace("-", "") for number in (anders.identity, EVA, NEW))
    with nothing_changes(store), pytest.raises(Invalid):
        importing.import_file(store, actor, request(file), found.fingerprint)


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([f"65_plus;;{FIRST}", f"pregnant;;{FIRST}"], ["Kundgrupp"] * 2),
        ([f"65_plus;;{FIRST}", f"65_plus;;{LATER}"], ["Kundgrupp"] * 2),
        ([f"staff;care_home;{FIRST}", f"staff;home_care;{FIRST}"], ["Kundgrupp"] * 2),
        ([f"65_plus;;;;{FIRST};Efluelda;B1", f"pregnant;;;;{FIRST};Efluelda;B1"], ["Vaccin"] * 2),
        ([f"65_plus;;;;{FIRST};Efluelda;B1", f"65_plus;;;;{FIRST};Efluelda;B2"], ["Sats"] * 2),
        ([f"65_plus;;{FIRST};;{FIRST};Efluelda;B1", f"65_plus;;{LATER};;{LATER};Prevenar 20;B1"], ["Kundgrupp"] * 2),
        ([f"65_plus;;{FIRST};;{FIRST};Efluelda;B1", f"65_plus;;{LATER}"], ["Kundgrupp"] * 2),
        ([f"65_plus;;;;{FIRST};Efluelda;B1", f"staff;;;;{LATER};VaxigripTetra;B1"], ["Kundgrupp"] * 2),
        ([f"65_plus;;;;{LATER};Efluelda;B1", f"pneumo_65_74;;;;{LATER};Prevenar 20;B1"], []),
        ([f"65_plus;;;;{LATER};Efluelda;B1", f"65_plus;;;;{FIRST};Prevenar 20;B1"], []),
        ([f"65_plus;;;;{FIRST};Efluelda;B1"] * 2, []),
    ],
)
def test_rows_that_say_different_things_of_one_person_are_told_both_and_none_wins(
    store: Store, actor: Actor, rows: list[str], columns: list[str]
) -> None:
    customers.register(store, actor, NEW, "Åke", "Ek", "norr")
    found = plan(store, actor, table(*(f"{NEW};{row}" for row in rows)), reason="Checked")
    assert [(row, column) for row, column, _ in problems(found)] == [(n + 2, name) for n, name in enumerate(columns)]
    if rows[0] == rows[1]:
        assert states(found) == [RowState.READY, RowState.REPEATED]
        assert str(found.lines[1].error) == "The same as row 2."
    elif columns:
        assert states(found) == [RowState.WRONG, RowState.WRONG]
    else:
        take_in(store, actor, table(*(f"{NEW};{row}" for row in rows)), reason="Checked")
        assert counted(plan(store, actor, table(*(f"{NEW};{row}" for row in rows)))) == {RowState.ALREADY: 2}


def test_who_is_unknown_is_registered_where_both_names_are_given(store: Store, actor: Actor) -> None:
    file = table(f"{NEW};65_plus;;{FIRST};;;;;;Åke;Ek", f"{EVA};65_plus;;{FIRST};;;;;;Eva;")
    assert said(problems(plan(store, actor, file))).startswith("No customer has this number. Check it, or give both")
    file = table(f"{NEW};65_plus;;{FIRST};centrum;;;;;Åke;Ek", f"{NEW};65_plus;;{FIRST};centrum;;;;;;")
    found = plan(store, actor, file)
    assert (len(found.new_people), states(found)) == (1, [RowState.READY, RowState.REPEATED])
    take_in(store, actor, file)
    (new,) = customers.search(store, actor, NEW).customers
    assert (new.name, new.unit_id, new.birth_date) == ("Åke Ek", "centrum", date(1950, 5, 5))
    assert customers.search(store, actor, "ek ak").customers == [new]
    assert counted(plan(store, actor, file)) == {RowState.ALREADY: 1, RowState.REPEATED: 1}
    assert [entry["customer_id"] for entry in logged(store, "register_customer")] == [new.customer_id]


def test_what_is_doubtful_takes_the_reason_of_its_row_or_of_all(store: Store, actor: Actor, anders: Customer) -> None:
    row = f"{anders.identity};65_plus;;{FIRST};;{FIRST};Efluelda;NEW-1"
    assert counted(plan(store, actor, table(row))) == {RowState.DOUBTFUL: 1}
    with nothing_changes(store), pytest.raises(Invalid):
        take_in(store, actor, table(row))
    assert counted(plan(store, actor, table(f"{row};Seen on the box"))) == {RowState.READY: 1}
    made = take_in(store, actor, table(row), reason="Seen on the box")
    (saved,) = rounds.read_rows(store, actor, made.registration_id)
    assert (saved.concerns, saved.reason) == ('["batch_unknown"]', "Seen on the box")
    told = problems(plan(store, actor, table(f"{row};see {EVA}")))
    assert (told[0][:2], EVA in said(told)) == ((2, "Orsak"), False)


def test_another_name_than_the_registered_one_is_doubtful(store: Store, actor: Actor, anders: Customer) -> None:
    rows = [f"{anders.identity};65_plus;;{FIRST};;;;;;{name}" for name in ("Eva;Karlsson", "ANDERS;Ek", ";Karlsson")]
    assert [states(plan(store, actor, table(row)))[0] for row in rows] == [
        RowState.DOUBTFUL,
        RowState.READY,
        RowState.READY,
    ]


def test_who_is_of_another_unit_is_not_told_about_and_logged_as_a_refusal(
    store: Store, anders: Customer, eva: Customer
) -> None:
    file = table(f"{EVA};65_plus;;{FIRST}", f"{anders.identity};65_plus;;{FIRST}")
    found = plan(store, NORR, file)
    assert states(found) == [RowState.WRONG, RowState.READY]
    assert said(problems(found)).startswith("The customer belongs to another unit.")
    assert [(e["customer_id"], e["user_id"]) for e in logged(store, "import_rows")] == [
        (anders.customer_id, "nils.berg"), (eva.customer_id, "nils.berg"),
    ]  # fmt: skip
    found = plan(store, NORR, table(f"{anders.identity};65_plus;;{FIRST};soder"))
    assert problems(found) == [(2, "Enhet", "The unit is not one of yours. Choose one that is.")]
    with nothing_changes(store, but=LOG), pytest.raises(Forbidden):
        importing.preview(store, NORR, request(file, unit_id="soder"))


def test_a_file_is_imported_only_as_it_was_looked_at(store: Store, actor: Actor, anders: Customer) -> None:
    file = table(f"{anders.identity};65_plus;;{FIRST}")
    fingerprint = plan(store, actor, file).fingerprint
    memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, FIRST))
    with nothing_changes(store), pytest.raises(Conflict, match="changed meanwhile"):
        importing.import_file(store, actor, request(file), fingerprint)


def test_a_last_day_that_is_not_the_registered_one_is_told(store: Store, actor: Actor, anders: Customer) -> None:
    memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, FIRST))
    headings = "Personnummer;Kundgrupp;Första dag;Sista dag"
    found = plan(store, actor, table(f"{anders.identity};65_plus;{FIRST};{LATER}", headings=headings))
    assert said(problems(found)).startswith("The customer is in this group already, with another last day.")


def test_a_file_with_too_many_rows_is_refused_before_anything_is_read(
    store: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MOST_ROWS", 2)
    with nothing_changes(store), pytest.raises(Invalid, match="more than 2 rows"):
        plan(store, actor, table(*[f"{NEW};65_plus;;{FIRST}"] * 3))


def test_every_field_that_an_error_can_be_about_is_a_column() -> None:
    assert set(get_args(Field)) <= set(Column)


KILLED = """
import os, signal, sys
from mv.access import EVERY_UNIT, Actor, Role
from mv.store import open_store
from mv.registration import membership_steps
from mv.registration.file_import import importing
from tests.conftest import SetClock
from tests.registration.people_files import request, table

store = open_store(sys.argv[1], SetClock())
actor = Actor("karin.holm", "Karin Holm", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
asked = request(table(*open(sys.argv[2], encoding="utf-8").read().splitlines()))
fingerprint = importing.preview(store, actor, asked).fingerprint
kept = membership_steps.record_changes

def keep(*arguments):
    kept(*arguments)
    if sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)

membership_steps.record_changes = keep
importing.import_file(store, actor, asked, fingerprint)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_leaves_all_or_nothing_and_repeating_ends_as_once(
    duckdb_file: Path, tmp_path: Path, actor: Actor, moment: str
) -> None:
    path, rows = Path(shutil.copy(duckdb_file, tmp_path / "mv.duckdb")), tmp_path / "rows.csv"
    numbers = [invented_number(date(1950, 1, 1) + timedelta(days=n)) for n in range(30)]
    lines = [f"{number};staff;;{FIRST};;;;;;Åke;Ek" for number in numbers]
    rows.write_text("\n".join(lines), encoding="utf-8")
    ended = subprocess.run([sys.executable, "-c", KILLED, path, rows, moment], cwd=ROOT, env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    with closing(open_store(str(path), SetClock())) as store:
        left = contents(store)
        assert (len(left["customer"]), len(left["registration_row"])) == ((0, 0) if moment == "before" else (30, 30))
        found = plan(store, actor, table(*lines))
        assert counted(found) == {RowState.READY if moment == "before" else RowState.ALREADY: 30}
        if moment == "before":
            take_in(store, actor, table(*lines))
        after = contents(store)
    assert {name: len(after[name]) for name in ("customer", "membership", "registration_row")} == {
        "customer": 30, "membership": 30, "registration_row": 30,
    }  # fmt: skip
    assert len({row["customer_id"] for row in after["membership"]}) == 30


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (f"{FIRST} 00:00:00", None),
        (f"{FIRST}T00:00", None),
        (f"{FIRST} 13:45", f"“{FIRST} 13:45” has a time. Write the day alone, like 2026-11-22."),
        ("11/02/2026", "“11/02/2026” can be read in two ways. Write the day like 2026-11-22."),
        ("1066-10-14", "“1066-10-14” is too long ago. Check the year."),
    ],
)
def test_a_day_is_read_for_certain_or_told(
    store: Store, actor: Actor, anders: Customer, day: str, told: str | None
) -> None:
    headings = "Personnummer;Kundgrupp;Första dag"
    found = plan(store, actor, table(f"{anders.identity};65_plus;{day}", headings=headings))
    assert problems(found) == ([(2, "Första dag", told)] if told else [])
    if told is None:
        assert states(found) == [RowState.READY]


@pytest.mark.parametrize("born", ["0026-05-01", "1066-10-14", "1799-12-31"])
def test_a_birth_date_that_cannot_be_is_told(store: Store, actor: Actor, born: str) -> None:
    headings = "Personnummer;Kundgrupp;Första dag;Förnamn;Efternamn;Födelsedatum"
    found = plan(store, actor, table(f"19810829M071;65_plus;{FIRST};Eva;Ek;{born}", headings=headings))
    assert problems(found) == [(2, "Födelsedatum", f"“{born}” is too long ago. Check the year.")]


@pytest.mark.parametrize(
    ("page", "given", "family"), [("cp850", "S”ren", "Sj”berg"), ("mac_roman", "Sšren", "Sjšberg")]
)
def test_broken_names_are_told_with_what_they_likely_were(
    store: Store, actor: Actor, page: str, given: str, family: str
) -> None:
    text = f"Personnummer;Kundgrupp;Forsta dag;Fornamn;Efternamn\n{NEW};65_plus;{FIRST};Sören;Sjöberg\n"
    found = plan(store, actor, reading.read_table(BytesIO(text.encode(page))))
    assert states(found) == [RowState.WRONG]
    first, second = problems(found)
    assert first[:2] == (2, "Fornamn")
    assert first[2].startswith(f"“{given}” is likely “Sören”")
    assert second[2].startswith(f"“{family}” is likely “Sjöberg”")


def test_rows_that_excel_cut_short_are_filled(store: Store, actor: Actor, anders: Customer, eva: Customer) -> None:
    text = f"Personnummer;Kundgrupp;Första dag;Enhet;Orsak;Sista dag\n{anders.identity};65_plus;{FIRST};norr;;\n"
    short = reading.read_table(BytesIO(f"{text}{EVA};65_plus;{FIRST}\n".encode()))
    assert states(plan(store, actor, short)) == [RowState.READY, RowState.READY]
    with pytest.raises(Invalid):
        reading.read_table(BytesIO(f"{text}{EVA},65_plus,{FIRST}\n".encode()))


@pytest.mark.parametrize(
    ("headings", "guessed"),
    [
        (("Vårdnadshavares personnummer", "Barnets personnummer"), None),
        (("Personnummer", "Barnets personnummer"), None),
        (("Pnr vårdnadshavare", "Pnr barn"), None),
        (("Guardian identity number", "Identity number"), None),
        (("Personnummer", "Patientens namn"), "Personnummer"),
        (("Barnets personnummer", "Vårdnadshavares namn"), "Barnets personnummer"),
    ],
)
def test_of_two_columns_that_could_be_the_number_none_is_guessed(
    headings: tuple[str, ...], guessed: str | None
) -> None:
    found = columns.guess([*headings, "Kundgrupp", "Första dag"])
    assert found.get(Column.IDENTITY) == guessed
    if guessed is None:
        with pytest.raises(Invalid, match="Choose which column holds the identity number"):
            columns.check(found)
    assert payment_columns.guess_columns(headings).get(payment_columns.Column.IDENTITY) == guessed


def test_a_file_with_a_new_batch_is_doubtful_in_one_row_and_makes_it_known(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    rows = [f"{person.identity};65_plus;;;norr;{FIRST};Efluelda;NEW-1" for person in (anders, eva)]
    found = plan(store, actor, table(*rows))
    assert states(found) == [RowState.DOUBTFUL, RowState.READY]
    take_in(store, actor, table(*rows), "A new delivery")
    (known,) = batch_rows.of_product(store, "efluelda")
    assert (known.batch_number, known.expires_on) == ("NEW-1", None)
    assert [each["detail"]["change"] for each in logged(store, "receive_batch")] == ["with_dose"]
    doses = ((anders, "Prevenar 20;NEW-1"), (eva, "Efluelda;new1"))
    later = table(*(f"{person.identity};65_plus;;;norr;{LATER};{dose}" for person, dose in doses))
    lines = plan(store, actor, later).lines
    told = [str(concern) for line in lines if line.validation for concern in line.validation.concerns.values()]
    assert "Batch NEW-1 is one of Efluelda." in told
    assert "Batch new1 is not known, but NEW-1 is. Did you mean NEW-1?" in told
    spaced = plan(store, actor, table(f"{eva.identity};65_plus;;;norr;{LATER};Efluelda;NEW 1"))
    assert problems(spaced) == [(2, "Sats", "A batch number has no spaces. Did you mean NEW1?")]
