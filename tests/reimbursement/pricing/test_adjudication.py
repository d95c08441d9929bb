"""The outcome of each dose: at every boundary, by precedence, whole, and as a slow reference gives it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv.catalogue import AgeUnit
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.rules.rule_table import Rule
from tests.conftest import tries
from tests.reimbursement import random_cases, reference
from tests.reimbursement.examples import COVID, DAY, PNEUMO, dose, frame, outcome_of, outcomes_of, rule

ONE_DAY = timedelta(days=1)
SETS, DOSES_PER_SET, RULES_PER_SET = 20, 5_000, 40


# An independent reference


def test_it_agrees_with_the_slow_reference_on_100_000_random_doses_among_which_every_reason_is_common() -> None:
    seen: Counter[str] = Counter()
    for seed in range(SETS):
        random = Random(seed)  # noqa: S311 (repeatable, no secret)
        rules = random_cases.rules(random, RULES_PER_SET)
        doses = random_cases.doses(random, rules, DOSES_PER_SET)
        found = adjudicate(frame(doses), rules)
        expected = reference.adjudicate(doses, rules)
        assert as_reference(found, rules) == [expected[one["dose_id"]] for one in doses]
        assert found["allowed_amount"].tolist() == [expected[one["dose_id"]].allowed_amount for one in doses]
        seen.update(found["outcome"].astype(str))
    assert seen.total() == 100_000
    assert {outcome: count for outcome, count in seen.items() if count < 1_000} == {}
    assert set(seen) == set(Outcome)


def as_reference(found: pd.DataFrame, rules: list[Rule]) -> list[reference.Adjudication]:
    return [
        reference.Adjudication(
            row.outcome,
            rules[row.rule] if row.rule >= 0 else None,
            row.ore,
            None if pd.isna(row.last_day) else row.last_day.date(),
            None if pd.isna(row.previous_on) else row.previous_on.date(),
        )
        for row in found.itertuples()
    ]


@pytest.mark.parametrize(
    ("born", "day", "years", "months"),
    [
        (date(2008, 2, 29), date(2026, 2, 27), 17, 215),
        (date(2008, 2, 29), date(2026, 2, 28), 18, 216),
        (date(2008, 2, 29), date(2028, 2, 28), 19, 239),
        (date(2008, 2, 29), date(2028, 2, 29), 20, 240),
        (date(2026, 8, 31), date(2027, 2, 27), 0, 5),
        (date(2026, 8, 31), date(2027, 2, 28), 0, 6),
        (date(2026, 5, 31), date(2026, 6, 29), 0, 0),
        (date(2026, 5, 31), date(2026, 6, 30), 0, 1),
        (date(2026, 5, 17), date(2026, 5, 17), 0, 0),
    ],
)
def test_where_a_month_has_no_such_day_its_last_one_is_the_birthday(
    born: date, day: date, years: int, months: int
) -> None:
    assert (reference.full_years(born, day), reference.full_months(born, day)) == (years, months)
    one = dose(birth_date=born, given_on=day)
    for age, unit in ((years, AgeUnit.YEARS), (months, AgeUnit.MONTHS)):
        assert outcome_of(one, rule(age_from=age, age_to=age, age_unit=unit)) == "payable"
        assert outcome_of(one, rule(age_from=age + 1, age_unit=unit)) == "age"
        assert outcome_of(one, rule(age_to=age - 1, age_unit=unit)) == "age"


# Each boundary: the day before, the day, the day after


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2026, 9, 30), "no_rule"),
        (date(2026, 10, 1), "payable"),
        (date(2026, 10, 2), "payable"),
        (date(2027, 1, 30), "payable"),
        (date(2027, 1, 31), "payable"),
        (date(2027, 2, 1), "no_rule"),
    ],
)
def test_a_rule_holds_on_both_days_of_its_period_and_on_no_other(day: date, outcome: str) -> None:
    assert outcome_of(dose(given_on=day), rule(valid_from=date(2026, 10, 1), valid_to=date(2027, 1, 31))) == outcome


@pytest.mark.parametrize(("days", "outcome"), [(0, "payable"), (29, "payable"), (30, "payable"), (31, "late")])
def test_a_dose_is_late_from_the_day_after_the_last_one_on_which_it_can_be_registered(days: int, outcome: str) -> None:
    one = dose(completed_on=DAY + timedelta(days=days))
    assert outcome_of(one, rule(days_to_register=30)) == outcome
    assert outcome_of(one, rule()) == "payable"
    found = adjudicate(frame([one]), [rule(days_to_register=30)]).iloc[0]
    assert (found["last_day"].date(), found["allowed_amount"]) == (date(2026, 12, 2), 150_00)
    assert found["ore"] == (150_00 if outcome == "payable" else 0)


def test_where_no_day_is_allowed_a_dose_is_registered_on_its_own_day() -> None:
    day_after = DAY + ONE_DAY
    assert outcomes_of([dose(), dose(completed_on=day_after)], rule(days_to_register=0)) == ["payable", "late"]


@pytest.mark.parametrize(("days", "outcome"), [(0, "too_soon"), (149, "too_soon"), (150, "payable"), (151, "payable")])
def test_so_many_days_have_to_lie_after_the_last_paid_dose(days: int, outcome: str) -> None:
    second = dose(dose_id=2, given_on=DAY + timedelta(days=days))
    found = adjudicate(frame([second, dose()]), [rule(days_between=150)])
    assert found["outcome"].tolist() == [outcome, "payable"]
    assert found["ore"].sum() == (300_00 if outcome == "payable" else 150_00)
    previous = [None if pd.isna(day) else day.date() for day in found["previous_on"]]
    assert previous == [DAY if outcome == "too_soon" else None, None]


def test_days_are_counted_from_the_last_paid_dose_not_from_one_that_was_itself_too_soon() -> None:
    days = [0, 100, 150, 299, 300]
    doses = [dose(dose_id=n, given_on=DAY + timedelta(days=day)) for n, day in enumerate(days)]
    assert outcomes_of(doses, rule(days_between=150)) == ["payable", "too_soon", "payable", "too_soon", "payable"]


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ({}, {"product_code": "efluelda"}, "too_soon"),  # another product of the same kind
        ({}, {"atc": "J07BB03"}, "too_soon"),  # another substance of the same kind
        ({}, {"product_code": COVID[0], "atc": COVID[1]}, "payable"),
        ({}, {"customer_id": 2}, "payable"),
        ({"withdrawn": True}, {}, "payable"),
        ({"abroad": True}, {}, "payable"),
        ({"region": "Östra regionen"}, {}, "payable"),  # nobody pays there
        ({"region": "Södra regionen"}, {}, "too_soon"),
    ],
)
def test_only_a_paid_dose_of_the_same_kind_to_the_same_person_is_too_near(
    first: dict[str, Any], second: dict[str, Any], outcome: str
) -> None:
    doses = [dose(**first), dose(dose_id=2, given_on=DAY + ONE_DAY, **second)]
    rules = [rule(atc="J07", days_between=150), rule(atc="J07", days_between=150, region="Södra regionen")]
    assert outcomes_of(doses, *rules)[1] == outcome


def test_the_rule_of_the_later_dose_says_how_many_days_have_to_lie_between() -> None:
    doses = [dose(group_code="65_plus"), dose(dose_id=2, given_on=DAY + ONE_DAY)]
    patient, strict = rule(days_between=None), rule(group_code="65_plus", days_between=150)
    assert outcomes_of(doses, patient, strict) == ["payable", "payable"]
    assert outcomes_of([dose(), dose(dose_id=2, given_on=DAY + ONE_DAY, group_code="65_plus")], patient, strict) == [
        "payable",
        "too_soon",
    ]


def test_of_two_doses_on_a_day_the_one_registered_first_is_paid() -> None:
    assert outcomes_of([dose(dose_id=8), dose(dose_id=7)], rule(days_between=1)) == ["too_soon", "payable"]
    assert outcomes_of([dose(dose_id=8), dose(dose_id=7)], rule(days_between=0)) == ["payable", "payable"]


@pytest.mark.parametrize(("born", "outcome"), [(1960, "payable"), (1961, "payable"), (1962, "age")])
@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)])
@pytest.mark.parametrize("birthday", [(1, 1), (7, 1), (12, 31)])
def test_who_turns_65_in_2026_is_of_that_age_all_year(
    born: int, outcome: str, day: date, birthday: tuple[int, int]
) -> None:
    one = dose(birth_date=date(born, *birthday), given_on=day)
    assert outcome_of(one, rule(age_from=65, age_unit=AgeUnit.TURNS)) == outcome
    assert outcome_of(one, rule(birth_year_to=1961)) == outcome


@pytest.mark.parametrize(("born", "outcome"), [(1945, "age"), (1946, "payable"), (1961, "payable"), (1962, "age")])
def test_both_years_of_birth_are_included(born: int, outcome: str) -> None:
    one = dose(birth_date=date(born, 12, 31))
    assert outcome_of(one, rule(birth_year_from=1946, birth_year_to=1961)) == outcome
    assert outcome_of(one, rule(age_from=65, age_to=80, age_unit=AgeUnit.TURNS)) == outcome


@pytest.mark.parametrize(
    ("given_on", "outcome"),
    [(date(2026, 11, 1), "age"), (date(2026, 11, 2), "payable"), (date(2026, 11, 3), "payable")],
)
def test_a_child_is_six_months_old_on_the_day_of_that_number(given_on: date, outcome: str) -> None:
    one = dose(birth_date=date(2026, 5, 2), given_on=given_on)
    assert outcome_of(one, rule(age_from=6, age_unit=AgeUnit.MONTHS)) == outcome
    assert outcome_of(one, rule(age_to=5, age_unit=AgeUnit.MONTHS)) == ("payable" if outcome == "age" else "age")


@pytest.mark.parametrize(
    ("born", "outcome"),
    [(date(2008, 11, 3), "age"), (date(2008, 11, 2), "payable"), (date(2008, 11, 1), "payable")],
)
def test_somebody_is_18_from_the_birthday_on(born: date, outcome: str) -> None:
    assert outcome_of(dose(birth_date=born), rule(age_from=18)) == outcome
    assert outcome_of(dose(birth_date=born), rule(age_to=17)) == ("payable" if outcome == "age" else "age")


def test_ages_and_years_of_birth_have_to_fit_both() -> None:
    both = rule(age_from=65, birth_year_to=1955)
    years = [1955, 1956, 1965]
    assert [outcome_of(dose(birth_date=date(year, 1, 1)), both) for year in years] == ["payable", "age", "age"]


@pytest.mark.parametrize(
    ("number", "outcome"), [(1, "dose_number"), (2, "payable"), (3, "payable"), (4, "dose_number"), (99, "dose_number")]
)
def test_both_numbers_of_doses_are_included(number: int, outcome: str) -> None:
    assert outcome_of(dose(dose_number=number), rule(dose_from=2, dose_to=3)) == outcome
    assert outcome_of(dose(dose_number=number), rule(dose_from=2)) == ("dose_number" if number == 1 else "payable")
    assert outcome_of(dose(dose_number=number), rule(dose_to=3)) == ("payable" if number <= 3 else "dose_number")


# The steps, in their order


FLAWED = dose(
    group_code="pregnant", covered=False, birth_date=date(2020, 1, 1), dose_number=9, abroad=True, withdrawn=True,
    completed_on=DAY + timedelta(days=90),
)  # fmt: skip
STRICT = rule(group_code="medical_risk", age_from=65, dose_to=2, days_to_register=30, ore=0)


def test_what_stands_first_goes_first_where_several_things_are_wrong() -> None:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("withdrawn", {}),
        ("abroad", {"withdrawn": False}),
        ("group_not_paid", {"abroad": False}),
        ("period", {"group_code": "medical_risk"}),
        ("age", {"covered": True}),
        ("dose_number", {"birth_date": date(1950, 1, 1)}),
        ("late", {"dose_number": 2}),
        ("own_cost", {"completed_on": DAY}),
    ]
    one = FLAWED
    for outcome, remedied in steps:
        one = one | remedied
        assert outcome_of(one, STRICT) == outcome
    assert outcome_of(one, rule(group_code="medical_risk", ore=1)) == "payable"


def test_without_a_group_or_a_rule_that_is_what_is_said() -> None:
    assert outcome_of(dose(), STRICT) == "no_group"
    assert outcome_of(dose()) == "region_without_rules"
    assert outcome_of(dose(region="Östra regionen"), STRICT) == "region_without_rules"
    assert outcome_of(dose(abroad=True)) == "abroad"
    assert outcome_of(dose(product_code=PNEUMO[0], atc=PNEUMO[1]), STRICT) == "no_rule"
    assert outcome_of(dose(group_code="medical_risk"), rule(group_code="medical_risk", subgroup_code="heart")) == (
        "group_not_paid"
    )


def test_a_rule_for_anyone_asks_for_neither_group_nor_period() -> None:
    doses = [dose(), dose(dose_id=2, group_code="pregnant"), dose(dose_id=3, group_code="pregnant", covered=False)]
    assert outcomes_of(doses, rule()) == ["payable"] * 3


def test_a_rule_for_a_whole_group_is_for_its_subgroups() -> None:
    one = dose(group_code="medical_risk", subgroup_code="heart")
    assert outcome_of(one, rule(group_code="medical_risk")) == "payable"
    assert outcome_of(one, rule(group_code="medical_risk", subgroup_code="lung")) == "group_not_paid"


def test_the_rule_that_comes_nearest_is_named_even_where_it_does_not_pay() -> None:
    rules = [rule(payment_rule_id=1, group_code="65_plus", age_from=65), rule(payment_rule_id=2, group_code="pregnant")]
    found = adjudicate(frame([dose(group_code="65_plus", birth_date=date(1980, 1, 1)), dose(dose_id=2)]), rules)
    assert found["rule"].tolist() == [0, -1]
    assert found["allowed_amount"].tolist() == [150_00, 0]


# Precedence


NARROWER = [
    ({"atc": "J07"}, {"atc": "J07BB"}),
    ({"atc": "J07BB"}, {"atc": "J07BB02"}),
    ({"atc": "J07BB02"}, {"atc": None, "product_code": "vaxigrip_tetra"}),
    ({}, {"group_code": "medical_risk"}),
    ({"group_code": "medical_risk"}, {"group_code": "medical_risk", "subgroup_code": "heart"}),
    ({}, {"age_from": 18}),
    ({"age_from": 18}, {"age_from": 18, "age_to": 99}),
    ({"age_from": 18}, {"age_from": 18, "birth_year_to": 2000}),
    ({}, {"dose_from": 1}),
    ({"dose_to": 2}, {"dose_from": 1, "dose_to": 2}),
    # What is compared first outweighs all that comes after it.
    ({"atc": "J07", "group_code": "medical_risk", "subgroup_code": "heart", "age_from": 1}, {"atc": "J07BB"}),
    ({"age_from": 1, "age_to": 99, "dose_from": 1, "dose_to": 9}, {"group_code": "medical_risk"}),
    ({"dose_from": 1, "dose_to": 9}, {"age_from": 18}),
    # Of rules that say as much the newest decides, and of those the one that was made first.
    ({"valid_from": date(2025, 1, 1)}, {"valid_from": date(2026, 1, 1)}),
    ({"payment_rule_id": 8}, {"payment_rule_id": 7}),
]


@pytest.mark.parametrize(("wide", "narrow"), NARROWER)
def test_the_rule_that_says_most_decides_in_whatever_order_they_stand(
    wide: dict[str, Any], narrow: dict[str, Any]
) -> None:
    wide_rule, narrow_rule = (
        rule(ore=1, **{"payment_rule_id": 1} | wide),
        rule(ore=2, **{"payment_rule_id": 2} | narrow),
    )
    one = frame([dose(group_code="medical_risk", subgroup_code="heart")])
    for rules in ([wide_rule, narrow_rule], [narrow_rule, wide_rule]):
        found = adjudicate(one, rules).iloc[0]
        assert (found["outcome"], found["ore"], found["rule"]) == ("payable", 2, rules.index(narrow_rule))


def test_a_narrow_rule_that_does_not_fit_leaves_the_dose_to_a_wider_one() -> None:
    rules = [rule(group_code="medical_risk", age_to=17, ore=200_00), rule(payment_rule_id=2, ore=100_00)]
    found = adjudicate(frame([dose(group_code="medical_risk")]), rules)
    assert (found["outcome"][0], found["ore"][0]) == ("payable", 100_00)


def test_a_narrow_rule_decides_even_where_a_wider_one_would_pay_more() -> None:
    rules = [rule(group_code="65_plus", ore=0), rule(payment_rule_id=2, ore=100_00)]
    assert outcome_of(dose(group_code="65_plus"), *rules) == "own_cost"
    late = dose(group_code="65_plus", completed_on=DAY + timedelta(days=31))
    assert outcome_of(late, rule(group_code="65_plus", days_to_register=30), rule(payment_rule_id=2)) == "late"


# Shapes


def test_no_doses_and_no_rules_give_an_empty_frame_and_nothing_paid() -> None:
    empty = adjudicate(frame([]), [rule()])
    assert len(empty) == 0
    assert list(empty) == ["outcome", "rule", "ore", "allowed_amount", "last_day", "previous_on"]
    assert adjudicate(frame([dose()]), []).iloc[0][["outcome", "rule", "ore", "allowed_amount"]].tolist() == [
        "region_without_rules",
        -1,
        0,
        0,
    ]


def test_the_doses_are_left_as_they_were_and_the_outcomes_have_their_index() -> None:
    doses = frame([dose(), dose(dose_id=2, customer_id=2)]).set_index(pd.Index([40, 7]))
    before = doses.copy()
    found = adjudicate(doses, [rule()])
    pd.testing.assert_frame_equal(doses, before)
    assert found.index.tolist() == [40, 7]


# What holds whatever the rules and doses are


@dataclass(frozen=True)
class Case:
    """Some random rules, and doses near them."""

    seed: int
    rule_count: int
    dose_count: int

    @property
    def random(self) -> Random:
        return Random(self.seed)  # noqa: S311 (repeatable, no secret)

    @property
    def rules(self) -> list[Rule]:
        return random_cases.rules(self.random, self.rule_count)

    @property
    def doses(self) -> list[dict[str, Any]]:
        return random_cases.doses(self.random, self.rules, self.dose_count)


CASES = st.builds(Case, st.integers(0, 10**9), st.integers(1, 12), st.integers(8, 120))


def by_dose(doses: list[dict[str, Any]], rules: list[Rule]) -> dict[int, tuple[object, ...]]:
    """Return the outcome of each dose by its id, the rule as a rule."""
    found = adjudicate(frame(doses), rules)
    named = [rules[place].payment_rule_id if place >= 0 else 0 for place in found["rule"]]
    rows = found.assign(rule=named).astype(object).where(found.notna(), None)
    return dict(zip([one["dose_id"] for one in doses], rows.itertuples(index=False, name=None), strict=True))


@given(CASES)
@tries(60)
def test_each_dose_has_one_outcome_and_is_paid_only_where_that_says_so(case: Case) -> None:
    doses, rules = case.doses, case.rules
    found = adjudicate(frame(doses), rules)
    assert len(found) == len(doses)
    assert found["outcome"].notna().all()
    payable = found["outcome"] == Outcome.PAYABLE
    assert (found.loc[payable, "ore"] == found.loc[payable, "allowed_amount"]).all()
    assert (found.loc[payable, "ore"] > 0).all()
    assert (found.loc[~payable, "ore"] == 0).all()
    assert (found["previous_on"].notna() == (found["outcome"] == Outcome.TOO_SOON)).all()
    without = found["outcome"].isin(
        [Outcome.REGION_WITHOUT_RULES, Outcome.NO_RULE, Outcome.NO_GROUP, Outcome.GROUP_NOT_PAID]
    )
    ruled = {one.region for one in rules}
    unruled = [one["region"] not in ruled and not one["abroad"] and not one["withdrawn"] for one in doses]
    assert (found["outcome"] == Outcome.REGION_WITHOUT_RULES).tolist() == unruled
    never = found["outcome"].isin([Outcome.WITHDRAWN, Outcome.ABROAD])
    assert ((found["rule"] == -1) == without)[~never].all()
    allowed = np.array([r.days_to_register is not None for r in rules] + [False])[found["rule"]]
    assert (found["last_day"].notna() == allowed).all()


@given(CASES)
@tries(60)
def test_the_order_of_doses_and_of_rules_changes_nothing(case: Case) -> None:
    doses, rules, random = case.doses, case.rules, case.random
    expected = by_dose(doses, rules)
    assert by_dose(random.sample(doses, len(doses)), random.sample(rules, len(rules))) == expected


@given(CASES)
@tries(60)
def test_customers_may_be_adjudicated_apart(case: Case) -> None:
    doses, rules, random = case.doses, case.rules, case.random
    apart = {one["customer_id"]: random.randrange(3) for one in doses}
    parts = [[one for one in doses if apart[one["customer_id"]] == part] for part in range(3)]
    joined: dict[int, tuple[object, ...]] = {}
    for part in parts:
        joined |= by_dose(part, rules)
    assert joined == by_dose(doses, rules)


@given(CASES)
@tries(60)
def test_a_rule_that_none_of_the_doses_can_fit_changes_nothing(case: Case) -> None:
    doses, rules, random = case.doses, case.rules, case.random
    elsewhere = rule(payment_rule_id=900, region="Norra regionen", atc="J07")
    region = rules[0].region
    other_vaccine = rule(payment_rule_id=901, region=region, atc="J07BA")
    long_ago = rule(payment_rule_id=902, region=region, atc="J07", valid_to=date(2021, 1, 1))
    more = [*rules, elsewhere, other_vaccine, long_ago]
    assert by_dose(doses, random.sample(more, len(more))) == by_dose(doses, rules)


@given(CASES)
@tries(60)
def test_drafts_and_removed_rules_among_the_rules_change_nothing(case: Case) -> None:
    doses, rules, random = case.doses, case.rules, case.random
    numbers = iter(range(900, 990))
    idle = [
        replace(one, payment_rule_id=next(numbers), ore=one.ore + 1, region=region, **{how: True})
        for one in random.sample(rules, min(10, len(rules)))
        for how in ("draft", "removed")
        for region in (one.region, random_cases.WITHOUT_RULES)
    ]
    more = [*rules, *idle]
    assert by_dose(doses, random.sample(more, len(more))) == by_dose(doses, rules)
    expected, slow = reference.adjudicate(doses, more), reference.adjudicate(doses, rules)
    assert expected == slow
