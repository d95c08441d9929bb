"""The gaps: days, ages, groups, vaccines and doses without a rule; and that there is none where a wider rule pays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from mv import catalogue, customers, vaccinations
from mv.access import Actor, Role
from mv.catalogue import AgeUnit, Catalogue
from mv.customers import Customer
from mv.i18n import ENGLISH, label
from mv.reimbursement.pricing import assessment
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.gaps import (
    UnruledDoses,
    count_without_rule,
    doses_without_rule,
    gaps_in_age,
    gaps_in_time,
    unpaid,
)
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, invented_number
from tests.reimbursement.examples import REGION, rule

KNOWN = Catalogue(
    units={},
    groups={},
    vaccines={"efluelda": catalogue.Vaccine("efluelda", "Efluelda", "J07BB02", None, date(2020, 1, 1), None)},
)
YEAR_20 = {"valid_from": date(2020, 1, 1), "valid_to": date(2020, 12, 31)}
YEAR_22 = {"valid_from": date(2022, 1, 1), "valid_to": date(2022, 12, 31)}
YEAR_21 = (date(2021, 1, 1), date(2021, 12, 31))


def numbered(*values: dict[str, Any]) -> list[Rule]:
    return [rule(payment_rule_id=number, **own) for number, own in enumerate(values, start=1)]


@pytest.mark.parametrize(
    ("values", "gaps"),
    [
        ([YEAR_20], []),
        ([YEAR_20, YEAR_22], [YEAR_21]),
        ([YEAR_22, YEAR_20], [YEAR_21]),
        ([YEAR_20, {"valid_from": date(2021, 1, 1)}], []),
        ([YEAR_20, {"valid_from": date(2021, 1, 2)}], [(date(2021, 1, 1), date(2021, 1, 1))]),
        ([YEAR_20, {"valid_from": date(2020, 6, 1), "valid_to": date(2021, 3, 1)}, YEAR_22],
         [(date(2021, 3, 2), date(2021, 12, 31))]),
        ([{"valid_from": date(2019, 1, 1)}, YEAR_20, YEAR_22], []),
        # other doses
        ([YEAR_20, YEAR_22 | {"group_code": "pregnant"}], []),
        ([YEAR_20, YEAR_22 | {"region": "R"}], []),
        ([YEAR_20, YEAR_22 | {"atc": "J07BN"}], []),
        # a rule that is for all of the same doses meanwhile
        ([YEAR_20 | {"group_code": "staff"}, YEAR_22 | {"group_code": "staff"}, {}], []),
        ([YEAR_20 | {"atc": "J07BB02"}, YEAR_22 | {"atc": "J07BB02"}, {}], []),
        ([YEAR_20 | {"atc": None, "product_code": "efluelda"},
          YEAR_22 | {"atc": None, "product_code": "efluelda"}, {}], []),
        ([YEAR_20 | {"group_code": "staff"}, YEAR_22 | {"group_code": "staff"},
          {"valid_from": date(2021, 3, 1), "valid_to": date(2021, 3, 31)}],
         [(date(2021, 1, 1), date(2021, 2, 28)), (date(2021, 4, 1), date(2021, 12, 31))]),
        # one that is for some of them alone leaves a gap
        ([YEAR_20 | {"group_code": "staff"}, YEAR_22 | {"group_code": "staff"}, {"age_from": 18}], [YEAR_21]),
        ([YEAR_20 | {"group_code": "staff"}, YEAR_22 | {"group_code": "staff"}, {"dose_to": 2}], [YEAR_21]),
        ([YEAR_20 | {"group_code": "staff"}, YEAR_22 | {"group_code": "staff"},
          {"group_code": "staff", "subgroup_code": "home_care"}], [YEAR_21]),
    ],
)  # fmt: skip
def test_days_between_the_periods_of_like_rules_are_a_gap(
    values: list[dict[str, Any]], gaps: list[tuple[date, date]]
) -> None:
    found = gaps_in_time(numbered(*values), KNOWN)
    assert [(gap.first, gap.last) for gap in found] == gaps


CHILD, ADULT = {"age_to": 17}, {"age_from": 20}


@pytest.mark.parametrize(
    ("values", "gaps"),
    [
        ([CHILD, {"age_from": 18}], []),
        ([CHILD, {"age_from": 19}], [("years", 18, 18)]),
        ([ADULT, CHILD], [("years", 18, 19)]),
        ([CHILD, ADULT, {"age_from": 18, "age_to": 19}], []),
        ([CHILD, ADULT, {"age_from": 10, "age_to": 18}], [("years", 19, 19)]),
        ([{"age_from": 2, "age_to": 17}], []),  # below and above there is nobody that a like rule is for
        ([{"age_from": 0, "age_to": 0}, {"age_from": 2}], [("years", 1, 1)]),
        ([{"birth_year_to": 1950}, {"birth_year_from": 1960}], [("birth_years", 1951, 1959)]),
        ([{"age_to": 64, "age_unit": AgeUnit.TURNS}, {"age_from": 70, "age_unit": AgeUnit.TURNS}], [("turns", 65, 69)]),
        # compared only where the same is counted
        ([CHILD, {"age_from": 240, "age_unit": AgeUnit.MONTHS}], []),
        ([CHILD, {"birth_year_to": 1950}], []),
        ([CHILD | {"birth_year_to": 2020}, ADULT | {"birth_year_to": 2020}], []),
        # for other doses, or on other days
        ([CHILD, ADULT | {"group_code": "staff"}], []),
        ([CHILD | YEAR_20, ADULT | YEAR_22], []),
        # a rule for all ages
        ([CHILD, ADULT, {}], []),
        ([CHILD | {"group_code": "staff"}, ADULT | {"group_code": "staff"}, {}], []),
        ([CHILD | {"group_code": "staff"}, ADULT | {"group_code": "staff"}, {"group_code": "pregnant"}],
         [("years", 18, 19)]),
    ],
)  # fmt: skip
def test_ages_between_those_of_like_rules_on_the_same_day_are_a_gap(
    values: list[dict[str, Any]], gaps: list[tuple[str, int, int]]
) -> None:
    found = gaps_in_age(numbered(*values), KNOWN)
    assert [(gap.unit, gap.age_from, gap.age_to) for gap in found] == gaps


def test_a_gap_between_ages_has_the_days_on_which_all_of_that_holds() -> None:
    (gap,) = gaps_in_age(numbered(CHILD | YEAR_20, ADULT | {"valid_from": date(2020, 5, 1)}), KNOWN)
    assert (gap.first, gap.last) == (date(2020, 5, 1), date(2020, 12, 31))
    (gap,) = gaps_in_age(numbered(CHILD, ADULT | YEAR_20, ADULT | {"valid_from": date(2021, 1, 1)}), KNOWN)
    assert (gap.first, gap.last) == (date(2020, 1, 1), None)
    wider = {"valid_from": date(2020, 3, 1), "valid_to": date(2020, 3, 31), "atc": "J07"}
    found = gaps_in_age(numbered(CHILD | YEAR_20, ADULT | YEAR_20, wider), KNOWN)
    assert [(gap.first, gap.last) for gap in found] == [
        (date(2020, 1, 1), date(2020, 2, 29)),
        (date(2020, 4, 1), date(2020, 12, 31)),
    ]


def test_the_shipped_rules_have_no_gaps_between_days_or_ages(store: Store) -> None:
    shipped, known = rule_table.load(store), catalogue.load(store)
    assert gaps_in_time(shipped, known) == []
    assert gaps_in_age(shipped, known) == []


# Groups and vaccines without a rule


def named(store: Store, found: list[Rule], day: date = TODAY) -> list[tuple[str, str]]:
    known = catalogue.load(store)
    return [
        (one.region, str(getattr(one.what, "name", None) or label(one.what, ENGLISH)))
        for one in unpaid(found, known, day)
    ]


def test_of_what_is_in_use_only_a_vaccine_that_nobody_pays_for_is_without_a_shipped_rule(store: Store) -> None:
    assert named(store, rule_table.load(store)) == [(REGION, "FSME-IMMUN")]


def test_a_vaccine_or_a_group_is_without_a_rule_from_the_day_on_which_its_last_one_has_ended(store: Store) -> None:
    of_group = rule(atc="J07", group_code="65_plus", valid_to=TODAY)
    tomorrow = date(2026, 11, 23)
    all_of_them = {vaccine.name for vaccine in catalogue.load(store).vaccines.values()}
    today = [name for _, name in named(store, [of_group])]
    assert "65 years and older" not in today and "Pregnant" in today
    assert not all_of_them & set(today)
    later = [name for _, name in named(store, [of_group], tomorrow)]
    assert "65 years and older" in later and all_of_them < set(later)


def test_where_a_rule_is_for_anyone_no_group_is_without_one(store: Store) -> None:
    assert named(store, [rule(atc="J07")]) == []


def test_of_a_group_whose_subgroups_are_named_the_others_are_without_a_rule(store: Store) -> None:
    of_all = rule(atc="J07", group_code="staff")
    of_one = rule(atc="J07", group_code="staff", subgroup_code="home_care")
    staff = [name for _, name in named(store, [of_one]) if name.startswith("Health and social care staff")]
    assert staff == ["Health and social care staff – Care home", "Health and social care staff – Health care"]
    assert not [name for _, name in named(store, [of_one, of_all]) if name.startswith("Health")]


# Doses on days without a rule


def test_doses_are_counted_where_no_rule_is_for_their_vaccine_on_their_day() -> None:
    def given(day: date, doses: int, product: str = "efluelda", region: str = REGION) -> dict[str, Any]:
        return {"region": region, "product_code": product, "atc": "J07BB02", "given_on": day, "doses": doses}

    counts = [
        given(date(2020, 12, 31), 1),
        given(date(2021, 1, 1), 2),
        given(date(2021, 12, 31), 4),
        given(date(2022, 1, 1), 8),
        given(date(2022, 1, 1), 16, region="R"),
        given(date(2021, 5, 1), 32, product="fluad_tetra"),
        given(date(2022, 1, 1), 64, region="Without any rule"),
    ]
    of_r = {"region": "R", "atc": "J07AL"}
    assert count_without_rule(counts, numbered(YEAR_20, YEAR_22, of_r)) == [
        UnruledDoses(REGION, "efluelda", 6, date(2021, 1, 1), date(2021, 12, 31)),
        UnruledDoses("R", "efluelda", 16, date(2022, 1, 1), date(2022, 1, 1)),
        UnruledDoses(REGION, "fluad_tetra", 32, date(2021, 5, 1), date(2021, 5, 1)),
    ]


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    return customers.register(store, actor, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")


def test_the_doses_of_own_units_without_a_rule_are_those_whose_outcome_says_so(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    days = [
        (anders, "fsme_immun", TODAY, "norr"),
        (anders, "fsme_immun", date(2026, 11, 1), "soder"),
        (anders, "efluelda", TODAY, "norr"),
        (eva, "fsme_immun", TODAY, "soder"),
        (eva, "fsme_immun", date(2026, 10, 1), "soder"),
        (eva, "fsme_immun", date(2026, 10, 2), "soder"),
    ]
    made = [
        vaccinations.register(
            store, actor, customer.customer_id,
            vaccinations.Entry(product, "B1", 1, day, unit, None, without_group=True),
        )
        for customer, product, day, unit in days
    ]  # fmt: skip
    vaccinations.withdraw(store, actor, made[4].dose_id, 1, WithdrawReason.WRONG_PERSON)
    abroad = made[5].dose_id
    store.write(lambda tx: tx.execute("UPDATE dose SET abroad = TRUE WHERE dose_id = $1", abroad))
    found, known = rule_table.load(store), catalogue.load(store)
    at_soder = Actor("maj.lund", "Maj Lund", Role.ANALYST, "soder")
    assert doses_without_rule(store, actor, found) == [UnruledDoses(REGION, "fsme_immun", 3, date(2026, 11, 1), TODAY)]
    assert doses_without_rule(store, at_soder, found) == [
        UnruledDoses(REGION, "fsme_immun", 2, date(2026, 11, 1), TODAY)
    ]
    assert doses_without_rule(store, Actor("x", "X", Role.ANALYST, ""), found) == []
    for who in (actor, at_soder):
        adjudicated = pd.concat(assessment.assess_units(store, who.units_to_filter, found, known))
        assert doses_without_rule(store, who, found)[0].doses == (adjudicated["outcome"] == "no_rule").sum()
