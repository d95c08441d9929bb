"""What would make a dose paid that is not: which group, by when, and that nothing is suggested that would not help."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest

from mv.catalogue import AgeUnit, Group
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.pricing.remedies import REMEDIABLE, REMEDY_COLUMNS, find_remedies
from mv.reimbursement.rules.rule_table import Rule
from tests.reimbursement import random_cases
from tests.reimbursement.examples import DAY, dose, frame, group, memberships, rule

ONE_DAY = timedelta(days=1)
TODAY = DAY + timedelta(days=10)
OF_65 = rule(group_code="65_plus", age_from=65, age_unit=AgeUnit.TURNS, days_to_register=30, days_between=150)
OF_RISK = rule(payment_rule_id=2, group_code="medical_risk", days_to_register=30, days_between=150)
OF_PREGNANT = rule(payment_rule_id=3, group_code="pregnant", ore=100_00)
RULES = [OF_65, OF_RISK, OF_PREGNANT]
GROUPS = [
    group("65_plus", by_age=True),
    group("medical_risk"),
    group("pregnant", longest_days=300),
    group("unpaid", by_age=True),
]
YOUNG = {"birth_date": date(1980, 1, 1)}


def suggested(
    doses: list[dict[str, Any]],
    rows: pd.DataFrame | None = None,
    rules: list[Rule] = RULES,
    groups: list[Group] = GROUPS,
    today: date = TODAY,
) -> list[dict[str, Any]]:
    """Return what is suggested for each dose, without the columns that are missing."""
    made = frame(doses)
    found = find_remedies(made, adjudicate(made, rules), memberships() if rows is None else rows, rules, groups, today)
    assert found.index.equals(made.index)
    assert tuple(found) == REMEDY_COLUMNS
    return [{name: value for name, value in row.items() if not pd.isna(value)} for row in found.to_dict("records")]


def remedies(*args: Any, **named: Any) -> list[str | None]:
    return [row.get("remedy") for row in suggested(*args, **named)]


@pytest.mark.parametrize(
    ("first", "last", "remedy"),
    [
        (DAY - ONE_DAY, None, "choose_group"),
        (DAY, None, "choose_group"),
        (DAY + ONE_DAY, None, "active_after"),
        (DAY - 9 * ONE_DAY, DAY + ONE_DAY, "choose_group"),
        (DAY - 9 * ONE_DAY, DAY, "choose_group"),
        (DAY - 9 * ONE_DAY, DAY - ONE_DAY, "ended_before"),
    ],
)
def test_a_group_that_the_customer_is_in_before_on_or_after_the_day_is_suggested(
    first: date, last: date | None, remedy: str
) -> None:
    (found,) = suggested([dose(**YOUNG)], memberships((7, 1, "medical_risk", "heart", first, last)))
    assert found == {
        "remedy": remedy,
        "remedy_group": "medical_risk",
        "remedy_subgroup": "heart",
        "remedy_membership": 7,
        "remedy_rule": 1,
        "remedy_amount": 150_00,
        "remedy_deadline": pd.Timestamp(DAY + 30 * ONE_DAY),
        "in_time": True,
    }


def test_a_group_that_goes_by_age_is_suggested_to_whoever_is_of_that_age_on_the_day() -> None:
    doses = [dose(dose_id=year, customer_id=year, birth_date=date(year, 12, 31)) for year in (1960, 1961, 1962)]
    assert remedies(doses) == ["add_by_age", "add_by_age", None]
    assert suggested(doses)[1] == {
        "remedy": "add_by_age",
        "remedy_group": "65_plus",
        "remedy_rule": 0,
        "remedy_amount": 150_00,
        "remedy_deadline": pd.Timestamp(DAY + 30 * ONE_DAY),
        "in_time": True,
    }


def test_a_group_goes_by_age_only_where_the_rule_says_an_age_and_the_group_was_in_use() -> None:
    anyone_in_it = [rule(group_code="unpaid")]
    assert remedies([dose()], rules=anyone_in_it) == [None]
    later = [group("65_plus", by_age=True, valid_from=DAY + ONE_DAY)]
    assert remedies([dose()], groups=later) == [None]
    assert remedies([dose()], groups=[]) == [None]


def test_whoever_is_in_the_group_at_another_time_has_that_period_suggested_and_not_the_group_once_more() -> None:
    rows = memberships((7, 1, "65_plus", None, DAY + ONE_DAY, None))
    assert remedies([dose(), dose(dose_id=2, customer_id=2)], rows) == ["active_after", "add_by_age"]


@pytest.mark.parametrize(("days", "in_time"), [(29, True), (30, True), (31, False)])
def test_a_remedy_is_in_time_to_the_last_day_on_which_the_dose_can_be_registered(days: int, in_time: bool) -> None:
    (found,) = suggested([dose()], today=DAY + days * ONE_DAY)
    assert (found["in_time"], found["remedy_amount"]) == (in_time, 150_00)


def test_what_is_in_time_and_allows_most_goes_first_and_then_what_is_likeliest() -> None:
    in_risk = (7, 1, "medical_risk", None, DAY, None)
    in_pregnant = (8, 1, "pregnant", None, DAY, None)
    assert suggested([dose(**YOUNG)], memberships(in_pregnant, in_risk))[0]["remedy_membership"] == 7
    late = DAY + 60 * ONE_DAY  # too late for the rule of the risk group, which has 30 days
    assert suggested([dose(**YOUNG)], memberships(in_pregnant, in_risk), today=late)[0]["remedy_membership"] == 8
    assert remedies([dose()], memberships(in_risk)) == ["choose_group"]  # worth the same as the group by age
    near, far = (9, 1, "medical_risk", None, DAY + ONE_DAY, None), (6, 1, "medical_risk", None, DAY + 9 * ONE_DAY, None)
    assert suggested([dose(**YOUNG)], memberships(far, near))[0]["remedy_membership"] == 9


@pytest.mark.parametrize(
    ("first", "last", "remedy"),
    [
        (DAY - 299 * ONE_DAY, DAY - ONE_DAY, "ended_before"),  # the day would be its 300th
        (DAY - 300 * ONE_DAY, DAY - ONE_DAY, None),
        (DAY + ONE_DAY, DAY + 299 * ONE_DAY, "active_after"),
        (DAY + ONE_DAY, DAY + 300 * ONE_DAY, None),
        (DAY - 400 * ONE_DAY, None, "choose_group"),  # whether it has ended is for the checks to ask
    ],
)
def test_a_group_that_surely_ends_is_not_stretched_beyond_its_longest(
    first: date, last: date | None, remedy: str | None
) -> None:
    assert remedies([dose(**YOUNG)], memberships((7, 1, "pregnant", None, first, last))) == [remedy]


@pytest.mark.parametrize(
    ("days", "remedy"),
    [(-150, "add_by_age"), (-149, None), (0, None), (149, None), (150, "add_by_age")],
)
def test_nothing_is_suggested_too_near_to_a_dose_that_is_paid(days: int, remedy: str | None) -> None:
    paid = dose(dose_id=2, given_on=DAY + days * ONE_DAY, group_code="65_plus")
    other_kind = dose(dose_id=3, given_on=DAY, group_code="65_plus", product_code="comirnaty", atc="J07BN01")
    assert remedies([dose(), paid, other_kind], rules=[OF_65, rule(atc="J07BN", payment_rule_id=9)]) == [
        remedy,
        None,
        None,
    ]
    somebody_elses = paid | {"customer_id": 2}
    assert remedies([dose(), somebody_elses]) == ["add_by_age", None]


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({}, "add_by_age"),
        ({"group_code": "unpaid"}, "add_by_age"),
        ({"group_code": "medical_risk", "covered": False}, "add_by_age"),
        ({"group_code": "65_plus", "birth_date": date(1990, 1, 1)}, None),
        ({"withdrawn": True}, None),
        ({"abroad": True}, None),
        ({"atc": "J07BA01"}, None),
        ({"group_code": "65_plus", "completed_on": DAY + 31 * ONE_DAY}, None),
        ({"group_code": "65_plus"}, None),
    ],
)
def test_only_what_another_group_would_remedy_has_a_suggestion(values: dict[str, Any], remedy: str | None) -> None:
    assert remedies([dose(**values)]) == [remedy]


@pytest.mark.parametrize(
    ("own", "others", "days", "remedy"),
    [
        (150, None, 100, "choose_group"),  # the later dose is paid whatever lies before it
        (None, 150, 100, None),  # the later dose would no longer be
        (None, 150, 150, "choose_group"),
        (150, None, -100, None),
        (None, 150, -100, "choose_group"),
        (None, 1, 0, None),
    ],
)
def test_a_dose_waits_by_its_own_rule_and_a_later_one_by_that_ones(
    own: int | None, others: int | None, days: int, remedy: str | None
) -> None:
    rules = [
        rule(group_code="medical_risk", days_between=own),
        rule(payment_rule_id=2, group_code="pregnant", days_between=others),
    ]
    rows = memberships((7, 1, "medical_risk", None, DAY - ONE_DAY, None))
    paid = dose(dose_id=2, given_on=DAY + days * ONE_DAY, group_code="pregnant")
    assert remedies([dose(), paid], rows, rules=rules) == [remedy, None]


def test_a_group_for_which_the_patient_pays_is_not_suggested() -> None:
    rows = memberships((7, 1, "medical_risk", None, DAY, None))
    assert remedies([dose(**YOUNG)], rows, rules=[rule(group_code="medical_risk", ore=0)]) == [None]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_suggested_does_make_the_dose_paid_as_long_as_it_is_in_time(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable, no secret)
    rules = random_cases.rules(random, 60)
    doses = random_cases.doses(random, rules, 3_000)
    today = random_cases.COMMON_FIRST_DAY + 300 * ONE_DAY  # the doses lie before and after it, so that some are in time
    rows = memberships(
        *(
            (number, one["customer_id"], code, None, one["given_on"] + random.randrange(-40, 40) * ONE_DAY, None)
            for number, one in enumerate(doses)
            if (code := random.choice((None, "65_plus", "medical_risk", "pregnant")))
        )
    )
    made = frame(doses)
    before = adjudicate(made, rules)
    found = find_remedies(made, before, rows, rules, GROUPS, today)
    remedied = found.index[found["remedy"].notna()]
    assert len(remedied) > 50
    assert set(before["outcome"][remedied]) <= {outcome.value for outcome in REMEDIABLE}
    assert set(found.loc[remedied, "in_time"]) == {True, False}
    for place in remedied[:60]:
        remedy = found.loc[place]
        values = {"group_code": remedy["remedy_group"], "covered": True, "completed_on": today}
        values["subgroup_code"] = None if pd.isna(remedy["remedy_subgroup"]) else remedy["remedy_subgroup"]
        own = [n for n, one in enumerate(doses) if one["customer_id"] == doses[place]["customer_id"]]
        after = adjudicate(frame([doses[n] | (values if n == place else {}) for n in own]), rules).set_index(
            pd.Index(own)
        )
        assert after.loc[place, "outcome"] == ("payable" if remedy["in_time"] else "late")
        assert after.loc[place, "allowed_amount"] == remedy["remedy_amount"]
        if remedy["in_time"]:
            assert after["ore"].sum() == before.loc[own, "ore"].sum() + remedy["remedy_amount"]
