"""The dated rules: what is shipped, how a new file is taken over, how a change is kept, and what a rule is called."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import InvalidOperation
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from mv import catalogue
from mv.catalogue import AgeUnit, covers
from mv.i18n import ENGLISH, SWEDISH
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import FROM_FILE, Rule
from mv.store import Store
from tests.contents import Rows, nothing_changes
from tests.reimbursement.examples import INFLUENZA, dose, frame, outcome_of, rule

SHIPPED = rule_table.read_file()
NOT_NULL = (duckdb.ConstraintException, psycopg.errors.NotNullViolation)


# What is shipped


def test_every_shipped_rule_has_a_source_and_is_marked_as_an_example() -> None:
    assert len(SHIPPED) > 20
    assert [one.rule_code for one in SHIPPED if not one.source.startswith("Example. ")] == []
    assert {one.region for one in SHIPPED} == {"Exempelregionen"}
    assert len({one.rule_code for one in SHIPPED}) == len(SHIPPED)


def test_every_shipped_rule_can_be(store: Store) -> None:
    known = catalogue.load(store)
    assert {one.region for one in SHIPPED} == {unit.region for unit in known.units.values()}
    for one in SHIPPED:
        assert (one.atc is None) != (one.product_code is None)
        assert one.valid_to is None or one.valid_from <= one.valid_to
        if one.group_code:
            assert known.choice(one.group_code, one.subgroup_code).in_use(one.valid_from)
        assert any(one.is_for(vaccine.product_code, vaccine.atc) for vaccine in known.vaccines.values())
        assert (one.ore == 0) == (one.payer == "Patienten")


def test_no_two_shipped_rules_that_say_the_same_hold_on_the_same_day() -> None:
    for one, other in combinations(SHIPPED, 2):
        same = ("region", "atc", "product_code", "group_code", "subgroup_code", "dose_from", "dose_to")
        if all(getattr(one, name) == getattr(other, name) for name in same):
            assert one.valid_from != other.valid_from
            first, second = sorted((one, other), key=lambda rule: rule.valid_from)
            assert first.valid_to is not None and first.valid_to < second.valid_from


def paid(atc: str, day: date, **values: Any) -> int:
    """Return the öre that the shipped rules pay for a dose that is registered on its day."""
    one = dose(atc=atc, product_code="", given_on=day, **values)
    return int(adjudicate(frame([one]), SHIPPED)["ore"].sum())


OF_65 = {"group_code": "65_plus", "birth_date": date(1940, 1, 1)}
AT_RISK = {"group_code": "medical_risk", "subgroup_code": "heart", "birth_date": date(1980, 1, 1)}


@pytest.mark.parametrize("values", [OF_65, AT_RISK, {"group_code": "pregnant"}])
@pytest.mark.parametrize(
    ("day", "ore"),
    [
        (date(2022, 10, 31), 100_00),
        (date(2022, 11, 1), 150_00),
        (date(2024, 2, 29), 150_00),
        (date(2024, 3, 1), 150_00),
        (date(2026, 11, 2), 150_00),
    ],
)
def test_influenza_is_paid_100_kronor_and_150_from_1_november_2022(values: dict[str, Any], day: date, ore: int) -> None:
    assert paid("J07BB02", day, **values) == ore


@pytest.mark.parametrize(
    ("day", "values", "ore"),
    [
        (date(2020, 12, 26), {}, 0),
        (date(2020, 12, 27), {}, 200_00),
        (date(2020, 12, 31), {}, 200_00),
        (date(2021, 1, 1), {}, 275_00),
        (date(2021, 12, 31), {"dose_number": 3}, 275_00),
        (date(2022, 1, 1), {"dose_number": 1}, 325_00),
        (date(2022, 12, 31), {"dose_number": 2}, 325_00),
        (date(2022, 6, 1), {"dose_number": 3}, 275_00),
        (date(2022, 6, 1), {"birth_date": date(2004, 6, 1)}, 325_00),
        (date(2022, 6, 1), {"birth_date": date(2004, 6, 2)}, 275_00),
        (date(2023, 1, 1), {}, 0),
    ],
)
def test_covid_is_paid_200_then_275_and_in_2022_325_for_adults_first_two_doses(
    day: date, values: dict[str, Any], ore: int
) -> None:
    assert paid("J07BN01", day, **values) == ore


@pytest.mark.parametrize(("day", "late"), [(date(2024, 2, 29), False), (date(2024, 3, 1), True)])
def test_from_1_march_2024_an_influenza_dose_is_registered_within_30_days(day: date, late: bool) -> None:
    one = dose(given_on=day, completed_on=day + timedelta(days=31), **OF_65)
    assert outcome_of(one, *SHIPPED) == ("late" if late else "payable")


def test_household_contacts_pay_for_their_influenza_vaccine_themselves() -> None:
    assert outcome_of(dose(group_code="household_contact"), *SHIPPED) == "own_cost"


@pytest.mark.parametrize(("born", "ore"), [(1950, 0), (1951, 250_00), (1952, 0)])
def test_pneumococcal_vaccine_is_paid_in_the_year_in_which_somebody_turns_75(born: int, ore: int) -> None:
    one = {"group_code": "pneumo_75", "birth_date": date(born, 12, 31)}
    assert paid("J07AL02", date(2026, 1, 1), **one) == ore


def test_only_the_pneumococcal_doses_of_risk_groups_and_all_against_covid_are_reported_to_the_national_register() -> (
    None
):
    reported = {(one.atc, one.group_code) for one in SHIPPED if one.nvr}
    assert {atc for atc, _ in reported} == {"J07BN", "J07AL"}
    assert {group for atc, group in reported if atc == "J07AL"} == {"pneumo_risk"}
    assert all(one.nvr for one in SHIPPED if one.atc == "J07BN")


# From the file into the store


def row(**values: str) -> dict[str, str]:
    with rule_table.FILE.open(encoding="utf-8") as lines:
        columns = csv.DictReader(lines).fieldnames or []
    plain = {
        "rule_code": "one", "region": "R", "payer": "P", "atc": "J07BB", "age_unit": "years",
        "valid_from": "2026-01-01", "kronor": "150", "nvr": "false", "source": "Example. Made up",
    }  # fmt: skip
    return dict.fromkeys(columns, "") | plain | values


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, str]) -> Path:
        file = tmp_path / "reimbursement.csv"
        with file.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(row()))
            writer.writeheader()
            writer.writerows(rows)
        return file

    return write


def ours(store: Store) -> dict[str | None, Rule]:
    """Return the rules of the tests' own file, by their code."""
    return {one.rule_code: one for one in rule_table.load(store) if one.region == "R"}


def history(store: Store, rule_id: int) -> Rows:
    sql = """
        SELECT version, change, changed_at, changed_by, ore, valid_to, removed FROM payment_rule_change
        WHERE payment_rule_id = $1 ORDER BY version
    """
    with store.read() as tx:
        return tx.rows(sql, rule_id)


def test_a_line_of_the_file_is_read_as_it_stands(written: Callable[..., Path]) -> None:
    file = written(
        row(
            group_code="medical_risk", subgroup_code="heart", age_from="6", age_to="30", age_unit="months",
            birth_year_from="1940", birth_year_to="2026", dose_from="1", dose_to="2", valid_to="2026-12-31",
            kronor="275.50", days_to_register="30", days_between="0", nvr="true",
        )
    )  # fmt: skip
    assert rule_table.read_file(file) == [
        Rule(
            0, "one", "R", "P", "J07BB", None, "medical_risk", "heart", 6, 30, AgeUnit.MONTHS, 1940, 2026, 1, 2,
            date(2026, 1, 1), date(2026, 12, 31), 275_50, 30, 0, True, "Example. Made up",
        )
    ]  # fmt: skip


def test_the_shipped_rules_are_in_a_new_store_with_how_they_came_there(store: Store) -> None:
    found = {one.rule_code: one for one in rule_table.load(store)}
    assert {code: replace(one, payment_rule_id=0) for code, one in found.items()} == {
        one.rule_code: one for one in SHIPPED
    }
    changes = history(store, found["flu_65_2024"].payment_rule_id)
    assert [(c["version"], c["change"], c["changed_by"]) for c in changes] == [(1, "added", FROM_FILE)]


@pytest.mark.both_engines
def test_of_the_example_only_what_a_store_does_not_have_is_added(store: Store, written: Callable[..., Path]) -> None:
    rule_table.add_example(store, written(row(), row(rule_code="removed")))
    found = ours(store)
    for code, change in (("one", {"ore": 155_00}), ("removed", {"removed": True})):
        new = replace(found[code], **change)
        store.write(lambda tx, new=new: rule_table.update(tx, store.now(), "karin.holm", "adjusted", new))
    rule_table.add_example(store, written(row(kronor="160"), row(rule_code="removed"), row(rule_code="new")))
    assert {code: one.ore for code, one in ours(store).items()} == {"one": 155_00, "new": 150_00}
    assert [c["changed_by"] for c in history(store, found["one"].payment_rule_id)] == [FROM_FILE, "karin.holm"]
    with nothing_changes(store):
        rule_table.add_example(store, written(row()))


def test_an_example_with_a_fault_is_added_in_no_part(store: Store, written: Callable[..., Path]) -> None:
    for fault in ({"region": ""}, {"valid_from": "2026-13-01"}, {"kronor": "some"}):
        file = written(row(), row(rule_code="two", **fault))
        with nothing_changes(store), pytest.raises((*NOT_NULL, ValueError, InvalidOperation)):
            rule_table.add_example(store, file)


# Changing


@pytest.fixture
def made(store: Store) -> Rule:
    new = rule(payment_rule_id=0, region="R")
    return store.write(lambda tx: rule_table.insert(tx, store.now(), "karin.holm", new))


def test_a_rule_is_kept_as_every_change_left_it(store: Store, made: Rule) -> None:
    new = replace(made, ore=160_00)
    changed = store.write(lambda tx: rule_table.update(tx, store.now(), "samir.haddad", "adjusted", new))
    assert changed == replace(new, version=2)
    assert ours(store) == {None: changed}
    with store.read() as tx:
        kept = tx.rows(
            "SELECT * FROM payment_rule_change WHERE payment_rule_id = $1 ORDER BY version", made.payment_rule_id
        )
    assert [(c["version"], c["change"], c["changed_by"]) for c in kept] == [
        (1, "added", "karin.holm"),
        (2, "adjusted", "samir.haddad"),
    ]
    for change, left in zip(kept, (made, changed), strict=True):
        assert {name: change[name] for name in rule_table.VALUES} == {
            name: value for name, value in asdict(left).items() if name in rule_table.VALUES
        }


def test_a_rule_that_somebody_else_changed_is_not_overwritten(store: Store, made: Rule) -> None:
    store.write(lambda tx: rule_table.update(tx, store.now(), "x", "adjusted", replace(made, ore=160_00)))
    with nothing_changes(store):
        late = replace(made, ore=170_00)
        assert store.write(lambda tx: rule_table.update(tx, store.now(), "y", "adjusted", late)) is None


def test_a_removed_rule_decides_nothing(store: Store, made: Rule) -> None:
    assert ours(store)
    store.write(lambda tx: rule_table.update(tx, store.now(), "x", "removed", replace(made, removed=True)))
    assert not ours(store)


# Order and names


def test_rules_come_in_order_of_precedence(store: Store) -> None:
    found = rule_table.load(store)
    assert found == sorted(found, key=lambda one: one.precedence)
    groups = [one.group_code for one in found if one.atc == "J07BN" and covers(one, date(2022, 5, 1))]
    assert groups == [None, None]
    assert [one.rule_code for one in found if covers(one, date(2022, 5, 1)) and one.atc == "J07BN"] == [
        "covid_2022_first",
        "covid_2022",
    ]


@pytest.mark.parametrize(
    ("values", "product", "is_for"),
    [
        ({"atc": "J07BB"}, INFLUENZA, True),
        ({"atc": "J07BB02"}, INFLUENZA, True),
        ({"atc": "J07BB03"}, INFLUENZA, False),
        ({"atc": "J07BA"}, INFLUENZA, False),
        ({"atc": None, "product_code": "vaxigrip_tetra"}, INFLUENZA, True),
        ({"atc": None, "product_code": "efluelda"}, INFLUENZA, False),
    ],
)
def test_a_rule_is_for_a_product_or_for_what_an_atc_code_begins_with(
    values: dict[str, Any], product: tuple[str, str], is_for: bool
) -> None:
    assert rule(**values).is_for(*product) == is_for


@pytest.mark.parametrize(
    ("values", "swedish", "english"),
    [
        ({}, "Influensavaccin, alla, 2020-01-01", "Influenza vaccine, anyone, 2020-01-01"),
        (
            {"atc": "J07BN01", "group_code": "65_plus"},
            "Covid-19-vaccin J07BN01, 65 år och äldre, 2020-01-01",
            "Covid-19 vaccine J07BN01, 65 years and older, 2020-01-01",
        ),
        (
            {"atc": None, "product_code": "efluelda", "group_code": "medical_risk", "subgroup_code": "lung"},
            "Efluelda, Medicinsk riskgrupp – Lungsjukdom (KOL, svår eller instabil astma), 2020-01-01",
            "Efluelda, Medical risk group – Lung disease (COPD, severe or unstable asthma), 2020-01-01",
        ),
        ({"atc": "J07B"}, "J07B, alla, 2020-01-01", "J07B, anyone, 2020-01-01"),
        (
            {"atc": None, "product_code": "gone", "group_code": "gone"},
            "gone, gone, 2020-01-01",
            "gone, gone, 2020-01-01",
        ),
    ],
)
def test_a_rule_is_called_by_its_vaccine_its_group_and_its_first_day(
    store: Store, values: dict[str, Any], swedish: str, english: str
) -> None:
    known = catalogue.load(store)
    one = rule(**values)
    assert (rule_table.label(one, known, SWEDISH), rule_table.label(one, known, ENGLISH)) == (swedish, english)


def test_payers_are_those_who_pay_anything() -> None:
    assert rule_table.payers(SHIPPED) == ["Arbetsgivaren", "Exempelregionen", "Staten"]
