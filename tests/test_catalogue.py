from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from mv import catalogue
from mv.catalogue import DATA, Catalogue, Choice, Group, Subgroup, covers, in_use
from mv.catalogue.tables import START, UNIT
from mv.errors import Invalid
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.store import Store

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
    assert sorted(known.units) == sorted(row["unit_id"] for row in shipped("sample_units.csv"))
    assert {v.product_code: v.npl_id for v in known.vaccines.values()} == {
        row["product_code"]: row["npl_id"] or None for row in shipped("vaccines.csv")
    }
    phase = known.choice("covid_phase", "phase_1")
    assert (phase.group.valid_to, phase.label(SWEDISH)) == (LAST, "Covid-19: vaccination i fasordning – Fas 1")


def test_the_shipped_files_fit_together() -> None:
    groups = {row["group_code"]: row for row in shipped("groups.csv")}
    for name, table in {"sample_units.csv": UNIT, **{table.file: table for table in START}}.items():
        rows = shipped(name)
        taken = [tuple(row.values())[: table.keys] for row in rows]
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
