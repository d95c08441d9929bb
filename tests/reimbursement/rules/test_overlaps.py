"""Which rules overlap: exactly those that some dose fits both, and that say as much as each other."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv.catalogue import AgeUnit
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.overlaps import find_overlaps
from mv.reimbursement.rules.rule_table import Rule
from tests.conftest import tries
from tests.reimbursement.examples import dose, frame, rule

NEW_YEAR = date(2026, 1, 1)


def two(one: dict[str, Any], other: dict[str, Any]) -> list[Rule]:
    return [rule(payment_rule_id=1, **one), rule(payment_rule_id=2, **other)]


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ({}, {}, 1),
        ({"region": "R"}, {}, 0),
        ({"atc": "J07BB02"}, {}, 0),  # the narrower one decides, as is meant
        ({"atc": "J07BN"}, {}, 0),
        ({"atc": None, "product_code": "efluelda"}, {}, 0),
        ({"atc": None, "product_code": "efluelda"}, {"atc": None, "product_code": "efluelda"}, 1),
        ({"group_code": "pregnant"}, {}, 0),
        ({"group_code": "pregnant"}, {"group_code": "pregnant"}, 1),
        ({"group_code": "pregnant"}, {"group_code": "65_plus"}, 0),
        ({"group_code": "staff", "subgroup_code": "home_care"}, {"group_code": "staff"}, 0),
        # days
        ({"valid_to": date(2025, 12, 31)}, {"valid_from": NEW_YEAR}, 0),
        ({"valid_to": NEW_YEAR}, {"valid_from": NEW_YEAR}, 1),
        # dose numbers
        ({"dose_to": 2}, {"dose_from": 3}, 0),
        ({"dose_to": 2}, {"dose_from": 2}, 1),
        ({"dose_from": 1, "dose_to": 2}, {"dose_from": 2}, 0),
        # ages in the same unit
        ({"age_to": 17}, {"age_from": 18}, 0),
        ({"age_to": 18}, {"age_from": 18}, 1),
        ({"age_from": 65}, {"age_from": 80}, 1),
        ({"age_from": 65}, {"age_from": 80, "age_to": 90}, 0),
        # ages in different units
        ({"age_to": 17}, {"age_from": 216, "age_unit": AgeUnit.MONTHS}, 0),
        ({"age_to": 17}, {"age_from": 215, "age_unit": AgeUnit.MONTHS}, 1),
        ({"age_to": 63}, {"age_from": 65, "age_unit": AgeUnit.TURNS}, 0),
        ({"age_to": 64}, {"age_from": 65, "age_unit": AgeUnit.TURNS}, 1),
        (
            {"age_to": 64, "valid_from": date(2026, 12, 31), "valid_to": date(2026, 12, 31)},
            {"age_from": 65, "age_unit": AgeUnit.TURNS},
            0,
        ),
        ({"age_from": 66}, {"age_to": 65, "age_unit": AgeUnit.TURNS}, 0),
        ({"age_from": 65}, {"age_to": 65, "age_unit": AgeUnit.TURNS}, 1),
        # years of birth
        ({"birth_year_to": 1961}, {"birth_year_from": 1962}, 0),
        ({"birth_year_to": 1961}, {"birth_year_from": 1961}, 1),
        ({"birth_year_to": 1961}, {"age_from": 65}, 1),
        ({"birth_year_from": 2010}, {"age_from": 80}, 1),  # in the year 2090
        ({"birth_year_from": 2010, "valid_to": date(2089, 12, 31)}, {"age_from": 80}, 0),
        ({"birth_year_from": 2010, "valid_to": date(2090, 1, 1)}, {"age_from": 80}, 1),
    ],
)
def test_two_rules_overlap_where_some_dose_fits_both(one: dict[str, Any], other: dict[str, Any], count: int) -> None:
    assert len(find_overlaps(two(one, other))) == count
    assert len(find_overlaps(two(other, one))) == count


def test_the_newer_rule_decides_on_the_days_that_both_hold() -> None:
    old, new = two({"valid_to": date(2026, 6, 30)}, {"valid_from": NEW_YEAR, "ore": 160_00})
    (found,) = find_overlaps([old, new])
    assert (found.decides, found.other, found.first, found.last) == (new, old, NEW_YEAR, date(2026, 6, 30))
    assert not found.same_outcome
    assert adjudicate(frame([dose(given_on=NEW_YEAR)]), [old, new])["ore"].tolist() == [160_00]
    (endless,) = find_overlaps(two({}, {"valid_from": NEW_YEAR}))
    assert (endless.first, endless.last, endless.same_outcome) == (NEW_YEAR, None, True)


def test_of_three_rules_each_pair_is_named() -> None:
    found = find_overlaps([rule(payment_rule_id=number, valid_from=date(2020, 1, number)) for number in (1, 2, 3)])
    assert [(o.decides.payment_rule_id, o.other.payment_rule_id) for o in found] == [(3, 2), (3, 1), (2, 1)]


def test_the_shipped_rules_do_not_overlap() -> None:
    assert find_overlaps(rule_table.read_file()) == []


DAYS = [date(2024, 2, 29), date(2024, 12, 31), date(2025, 1, 1), date(2025, 7, 2), date(2025, 12, 31)]
BIRTHS = [date(2018, 12, 20) + timedelta(days=day) for day in range(0, 365 * 7)]


def young(random: Random, number: int) -> Rule:
    """Return a rule with bounds for small children, so that every birth can be tried."""
    unit = random.choice(list(AgeUnit))
    most = 60 if unit == AgeUnit.MONTHS else 6
    ages = sorted(random.sample(range(most), 2))
    years = sorted(random.sample(range(2018, 2027), 2))
    first, last = sorted(random.sample(DAYS, 2))
    by_year = random.random() < 0.4
    return rule(
        payment_rule_id=number,
        age_unit=unit,
        age_from=random.choice((None, ages[0])),
        age_to=ages[1],
        birth_year_from=years[0] if by_year else None,
        birth_year_to=random.choice((None, years[1])) if by_year else None,
        valid_from=first,
        valid_to=last,
    )


@given(st.integers(0, 10**9))
@tries(40)
def test_an_overlap_is_found_if_and_only_if_there_is_a_dose_that_fits_both(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable, no secret)
    one, other = young(random, 1), young(random, 2)
    if one.specificity != other.specificity:
        assert find_overlaps([one, other]) == []
        return
    doses = frame(
        dose(dose_id=number, customer_id=number, given_on=day, birth_date=born)
        for number, (born, day) in enumerate(product(BIRTHS, DAYS))
        if born <= day
    )
    fits = [adjudicate(doses, [single])["outcome"] == "payable" for single in (one, other)]
    assert bool(find_overlaps([one, other])) == bool((fits[0] & fits[1]).any())
