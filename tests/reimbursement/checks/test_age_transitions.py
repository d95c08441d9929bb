"""Between which birth dates people turn into or out of a group, at each boundary and held against the outcomes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from mv import catalogue
from mv.catalogue import AgeUnit, Group, in_use
from mv.reimbursement.checks.age_transitions import AgeTransition, Direction, age_transitions
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store

REGION = "Exempelregionen"
NEW_YEAR = date(2027, 1, 1)
NEW_YEARS_EVE = date(2026, 12, 31)
GROUP = Group("grown", "Vuxen", "Grown", date(2020, 1, 1), None, True, None, ())
RULE = Rule(
    payment_rule_id=1, rule_code=None, region=REGION, payer=REGION, atc="J07BB", product_code=None,
    group_code="grown", subgroup_code=None, age_from=None, age_to=None, age_unit=AgeUnit.TURNS, birth_year_from=None,
    birth_year_to=None, dose_from=None, dose_to=None, valid_from=date(2020, 1, 1), valid_to=None, ore=100_00,
    days_to_register=None, days_between=None, nvr=False, source="Example.",
)  # fmt: skip


def transitions(*found: Rule, day: date = NEW_YEAR, group: Group = GROUP) -> list[tuple[str, str, str]]:
    """Return the direction and the first and last birth date of each turn."""
    return [
        (transition.direction.value, str(transition.first), str(transition.last))
        for transition in age_transitions(found, [group], day)
    ]


def test_the_shipped_rules_move_these_years_of_birth_in_2027(store: Store) -> None:
    found = age_transitions(rule_table.load(store), catalogue.load(store).groups.values(), NEW_YEAR)
    year = {number: (date(number, 1, 1), date(number, 12, 31)) for number in (1947, 1951, 1952, 1962)}
    assert found == [
        AgeTransition(Direction.INTO, "65_plus", REGION, *year[1962]),
        AgeTransition(Direction.INTO, "covid_80_plus", REGION, *year[1947]),
        AgeTransition(Direction.OUT, "covid_home_care", REGION, *year[1947]),
        AgeTransition(Direction.INTO, "pneumo_75", REGION, *year[1952]),
        AgeTransition(Direction.OUT, "pneumo_75", REGION, *year[1951]),
        AgeTransition(Direction.INTO, "pneumo_65_74", REGION, *year[1962]),
        AgeTransition(Direction.OUT, "pneumo_65_74", REGION, *year[1952]),
    ]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"age_from": 65}, [("into", "1962-01-01", "1962-12-31")]),
        ({"age_to": 64}, [("out", "1962-01-01", "1962-12-31")]),
        (
            {"age_from": 65, "age_to": 65},
            [("into", "1962-01-01", "1962-12-31"), ("out", "1961-01-01", "1961-12-31")],
        ),
        ({"age_from": 65, "birth_year_to": 1961}, []),
        ({"age_from": 65, "birth_year_to": 1962}, [("into", "1962-01-01", "1962-12-31")]),
        ({"birth_year_to": 1961}, []),
        ({}, []),
        ({"age_from": 65, "age_unit": AgeUnit.YEARS}, [("into", "1962-01-01", "1962-01-01")]),
        ({"age_to": 64, "age_unit": AgeUnit.YEARS}, [("out", "1962-01-01", "1962-01-01")]),
        ({"age_from": 6, "age_unit": AgeUnit.MONTHS}, [("into", "2026-07-01", "2026-07-01")]),
        ({"age_to": 5, "age_unit": AgeUnit.MONTHS}, [("out", "2026-07-01", "2026-07-01")]),
    ],
)
def test_each_sort_of_bound_moves_those_whom_it_names(
    bounds: dict[str, object], expected: list[tuple[str, str, str]]
) -> None:
    assert transitions(replace(RULE, **bounds)) == expected


def test_years_of_birth_that_a_new_rule_names_turn_when_it_begins() -> None:
    old = replace(RULE, birth_year_to=1960, valid_to=NEW_YEARS_EVE)
    new = replace(RULE, birth_year_to=1962, valid_from=NEW_YEAR)
    assert transitions(old, new) == [("into", "1961-01-01", "1962-12-31")]
    assert transitions(old, replace(new, birth_year_to=1958)) == [("out", "1959-01-01", "1960-12-31")]
    assert transitions(old, new, day=date(2028, 1, 1)) == []


def test_a_group_is_left_where_no_rule_fits_any_more() -> None:
    influenza, covid = replace(RULE, age_from=65), replace(RULE, atc="J07BN", age_from=65, age_to=79)
    assert transitions(influenza, covid) == [("into", "1962-01-01", "1962-12-31")]
    younger, older = replace(covid, age_from=60, age_to=70), replace(covid, age_from=73)
    assert transitions(younger, older) == [
        ("into", "1954-01-01", "1954-12-31"),
        ("into", "1967-01-01", "1967-12-31"),
        ("out", "1947-01-01", "1947-12-31"),
        ("out", "1956-01-01", "1956-12-31"),
    ]


def test_a_group_that_no_rule_is_about_on_one_of_the_days_moves_nobody() -> None:
    assert transitions(replace(RULE, age_from=65, valid_to=NEW_YEARS_EVE)) == []
    assert transitions(replace(RULE, age_from=65, valid_from=NEW_YEAR)) == []
    assert transitions(replace(RULE, age_from=65, group_code="other")) == []
    assert transitions(replace(RULE, age_from=65), group=replace(GROUP, valid_to=NEW_YEARS_EVE)) == []


def test_age_alone_puts_nobody_into_a_group_that_takes_more_but_leads_out_of_it() -> None:
    care = replace(GROUP, by_age=False)
    assert transitions(replace(RULE, age_from=65, age_to=79), group=care) == [("out", "1947-01-01", "1947-12-31")]


def test_each_region_goes_by_its_own_rules() -> None:
    found = age_transitions([replace(RULE, age_from=65), replace(RULE, age_from=70, region="Annan")], [GROUP], NEW_YEAR)
    assert {(transition.region, transition.first.year) for transition in found} == {(REGION, 1962), ("Annan", 1957)}


def test_a_transition_is_what_the_outcomes_say_on_the_days_before_and_after() -> None:
    chance = random.Random(8)  # noqa: S311
    for _ in range(80):
        some = [_any_rule(chance) for _ in range(chance.randint(1, 3))]
        found = age_transitions(some, [GROUP], NEW_YEAR)
        births = _births_to_try(some, found)
        before, after = _fits(births, some, NEW_YEARS_EVE), _fits(births, some, NEW_YEAR)
        for birth, was, becomes in zip(births, before, after, strict=True):
            expected = {Direction.INTO} if becomes and not was else {Direction.OUT} if was and not becomes else set()
            if not (in_use(some, NEW_YEARS_EVE) and in_use(some, NEW_YEAR)):
                expected = set()
            assert {
                transition.direction for transition in found if transition.first <= birth <= transition.last
            } == expected, (some, birth)


def _any_rule(chance: random.Random) -> Rule:
    unit = chance.choice(list(AgeUnit))
    ages = (0, 6, 23, 24) if unit == AgeUnit.MONTHS else (2, 18, 64, 65, 79, 80)
    first, last = (chance.choice([None, *ages]) for _ in range(2))
    if first is not None and last is not None and first > last:
        first, last = last, first
    born = chance.choice([None, None, 1947, 1962])
    valid_to, valid_from = chance.choice([(None, RULE.valid_from), (NEW_YEARS_EVE, RULE.valid_from), (None, NEW_YEAR)])
    return replace(
        RULE, age_unit=unit, age_from=first, age_to=last, birth_year_from=born, valid_from=valid_from,
        valid_to=valid_to,
    )  # fmt: skip


def _births_to_try(some: list[Rule], found: list[AgeTransition]) -> list[date]:
    """Return the days beside each boundary that there is, and those beside the first and last day of some years."""
    years = (1947, 1948, 1961, 1962, 1963, 2008, 2009, 2024)
    edges = [date(year, month, 1) for year in years for month in (1, 2, 3, 7)]
    edges += [transition.first for transition in found if transition.first > date(1800, 1, 1)]
    edges += [transition.last for transition in found if transition.last < NEW_YEARS_EVE]
    return sorted({edge + timedelta(days=n) for edge in edges for n in (-1, 0, 1) if edge < NEW_YEARS_EVE})


def _fits(births: list[date], some: list[Rule], day: date) -> list[bool]:
    """Return whether a dose on the day to somebody of the group who was born then is paid."""
    doses = pd.DataFrame({"birth_date": pd.Series(births, dtype="datetime64[s]")})
    doses = doses.assign(
        dose_id=doses.index, customer_id=doses.index, region=REGION, product_code="efluelda", atc="J07BB02",
        dose_number=1, given_on=pd.Timestamp(day), completed_on=pd.Timestamp(day), group_code="grown",
        subgroup_code=None, covered=True, abroad=False, withdrawn=False,
    )  # fmt: skip
    return list(adjudicate(doses, some)["outcome"] == Outcome.PAYABLE.value)
