from __future__ import annotations

import csv
import re
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

from mv import catalogue, memberships
from mv.access import Actor
from mv.catalogue import DATA, TABLES, Catalogue, Choice, Group, Subgroup, covers, in_use
from mv.customers import Customer
from mv.errors import Invalid
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.memberships import Entry
from mv.store import Store
from tests.contents import contents, nothing_changes

DAY = timedelta(days=1)
FIRST, LAST = date(2021, 2, 1), date(2022, 8, 31)


def shipped(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@dataclass(frozen=True)
class Days:
    valid_from: date
    valid_to: date | None


PHASE_2 = Subgroup("covid_phase", "phase_2", "Fas 2", "Phase 2", FIRST, LAST)
PHASES = Group(
    "covid_phase", "I fasordning", "By phase", date(2020, 12, 27), date(2022, 7, 31), False, None, (PHASE_2,)
)
STAFF = Group("staff", "Personal", "Staff", date(2020, 1, 1), None, False, None, ())
KNOWN = Catalogue({}, {"covid_phase": PHASES, "staff": STAFF}, {})

# In use or not


def test_both_days_of_a_period_are_in_use_and_an_open_one_has_no_last() -> None:
    closed, still = Days(FIRST, LAST), Days(FIRST, None)
    assert [covers(closed, day) for day in (FIRST - DAY, FIRST, LAST, LAST + DAY)] == [False, True, True, False]
    assert [covers(still, day) for day in (FIRST - DAY, FIRST, date.max)] == [False, True, True]
    assert in_use([closed, still, closed], LAST + DAY) == [still]
    assert in_use([closed, still], LAST) == [closed, still]


def test_a_subgroup_is_in_use_only_while_its_group_is() -> None:
    choice = Choice(PHASES, PHASE_2)
    days = (date(2021, 1, 31), FIRST, date(2022, 7, 31), date(2022, 8, 1))
    assert [choice.in_use(day) for day in days] == [False, True, True, False]
    assert [Choice(PHASES, None).in_use(day) for day in days] == [True, True, True, False]


# Choices


def test_a_choice_is_named_in_the_readers_language() -> None:
    assert KNOWN.choice("staff", None).label(SWEDISH) == "Personal"
    assert KNOWN.choice("covid_phase", "phase_2").label(SWEDISH) == "I fasordning – Fas 2"
    assert KNOWN.choice("covid_phase", "phase_2").label(ENGLISH) == "By phase – Phase 2"


def test_an_unknown_group_or_subgroup_is_no_choice() -> None:
    for codes, says in (
        (("Personal", None), "There is no group with the code Personal."),
        (("staff", "phase_2"), "The group Staff has no subgroup with the code phase_2."),
        (("covid_phase", "phase_3"), "The group By phase has no subgroup with the code phase_3."),
    ):
        with pytest.raises(Invalid) as caught:
            KNOWN.choice(*codes)
        assert explain(caught.value, ENGLISH) == says
    assert explain(caught.value, SWEDISH) == "Kundgruppen I fasordning har ingen undergrupp med koden phase_3."


# What is shipped


def test_the_store_has_what_the_files_have_in_the_order_to_show_it_in(store: Store) -> None:
    known = catalogue.load(store)
    by_order = sorted(shipped("groups.csv"), key=lambda row: int(row["sort_order"]))
    assert list(known.groups) == [row["group_code"] for row in by_order]
    for code, group in known.groups.items():
        own = [row for row in shipped("subgroups.csv") if row["group_code"] == code]
        own.sort(key=lambda row: int(row["sort_order"]))
        assert [sub.name_sv for sub in group.subgroups] == [row["name_sv"] for row in own]
    assert sorted(known.units) == sorted(row["unit_id"] for row in shipped("units.csv"))
    assert {v.product_code: v.npl_id for v in known.vaccines.values()} == {
        row["product_code"]: row["npl_id"] or None for row in shipped("vaccines.csv")
    }
    phase = known.choice("covid_phase", "phase_1")
    assert (phase.group.valid_to, phase.label(SWEDISH)) == (LAST, "Covid-19: vaccination i fasordning – Fas 1")


def test_the_shipped_files_fit_together() -> None:
    groups = {row["group_code"]: row for row in shipped("groups.csv")}
    for name, (_, keys) in TABLES.items():
        rows = shipped(name)
        taken = [tuple(row.values())[:keys] for row in rows]
        assert len(set(taken)) == len(taken), name
        for row in rows:
            assert all(value == value.strip() for value in row.values()), row
            first, last = row["valid_from"], row["valid_to"]
            assert date.fromisoformat(first) <= (date.fromisoformat(last) if last else date.max), row
    for row in shipped("subgroups.csv"):
        group = groups[row["group_code"]]
        assert row["valid_from"] >= group["valid_from"]
        assert (row["valid_to"] or "9999") <= (group["valid_to"] or "9999")
    for row in shipped("groups.csv") + shipped("subgroups.csv"):
        assert row["name_sv"] and row["name_en"]
        codes = [row["group_code"], row.get("subgroup_code", "none")]
        assert all(re.fullmatch(r"[a-z0-9_]+", code) for code in codes), codes  # they are the parts of an active_key
    assert all(re.fullmatch(r"J07[A-Z]{2}[0-9]{2}", row["atc"]) for row in shipped("vaccines.csv"))


def test_the_groups_of_the_routine_are_shipped() -> None:
    names = {row["name_sv"] for row in shipped("groups.csv")}
    assert {"65 år och äldre", "Gravid", "Medicinsk riskgrupp", "Personal inom vård och omsorg", "Skörhet"} <= names
    assert {"VaxigripTetra", "Efluelda", "Fluad Tetra", "Pneumovax", "Prevenar 20", "Comirnaty", "FSME-IMMUN"} == {
        row["name"] for row in shipped("vaccines.csv")
    }


# Refresh


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be changed."""
    files = tmp_path / "files"
    files.mkdir()
    for name in TABLES:
        shutil.copy(DATA / name, files)
    return files


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_files_that_have_not_changed_are_left_alone(store: Store, folder: Path) -> None:
    store.write(lambda tx: tx.execute("UPDATE unit SET name = 'Norr' WHERE unit_id = 'norr'"))
    with nothing_changes(store):
        catalogue.refresh(store, folder)


def test_a_changed_file_brings_the_store_up_to_it(store: Store, folder: Path) -> None:
    change(folder / "groups.csv", "Gravid,Pregnant,20,2020-01-01,,", "Gravida,Pregnancy,5,2020-01-01,2026-12-31,")
    change(folder / "units.csv", "norr,Mottagning Norr", "ost,Mottagning Öst,Exempelregionen,2026-01-01,\nnorr,Norr")
    before = contents(store)
    catalogue.refresh(store, folder)
    known = catalogue.load(store)
    assert next(iter(known.groups)) == "pregnant"
    assert known.groups["pregnant"].label(SWEDISH) == "Gravida"
    assert known.groups["pregnant"].valid_to == date(2026, 12, 31)
    assert (known.units["ost"].name, known.units["norr"].name) == ("Mottagning Öst", "Norr")
    after = contents(store)
    assert {table for table in after if after[table] != before[table]} == {"customer_group", "unit", "meta"}
    assert len(after["customer_group"]) == len(before["customer_group"])


def test_what_a_file_no_longer_has_stays_readable_on_old_rows(
    store: Store, folder: Path, actor: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, Entry("pregnant", None, date(2026, 9, 1)))
    file = folder / "groups.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("pregnant,")), encoding="utf-8")
    catalogue.refresh(store, folder)
    assert catalogue.load(store).choice(row.group_code, None).label(ENGLISH) == "Pregnant"


def test_files_saved_by_a_spreadsheet_with_a_byte_order_mark_are_read(store: Store, folder: Path) -> None:
    for name in TABLES:
        text = (folder / name).read_text(encoding="utf-8").replace("\n", "\r\n")
        (folder / name).write_text("\ufeff" + text.replace("Gravid,", "Gravida,"), encoding="utf-8", newline="")
    catalogue.refresh(store, folder)
    assert catalogue.load(store).groups["pregnant"].name_sv == "Gravida"


def test_a_file_with_a_fault_changes_nothing(store: Store, folder: Path) -> None:
    change(folder / "units.csv", "Mottagning Norr", "Norr")
    change(folder / "vaccines.csv", "FSME-IMMUN,J07BA01,,2020-01-01", "FSME-IMMUN,J07BA01,,2020-13-01")
    with nothing_changes(store), pytest.raises((duckdb.Error, psycopg.Error)):
        catalogue.refresh(store, folder)
