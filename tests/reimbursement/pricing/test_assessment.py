"""Each dose in one state and its öre split whole, whatever the rules, doses and payments are; and the store's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import catalogue, customers, memberships, vaccinations
from mv.access import Actor, Role
from mv.customers import Customer
from mv.memberships import EndReason
from mv.reimbursement.pricing import assessment, dose_frames
from mv.reimbursement.pricing.assessment import PARTS, PaymentState, assess
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number, tries
from tests.reimbursement import examples, random_cases
from tests.reimbursement.examples import DAY, dose, frame, group, rule
from tests.reimbursement.sent_claims import Claimed, add_claim, file_of, import_rows

ONE_DAY = timedelta(days=1)
OF_65 = rule(group_code="65_plus", age_from=65, days_to_register=30, days_between=150)
GROUPS = [group("65_plus", by_age=True), group("medical_risk"), group("pregnant", longest_days=300)]


def assessed(*own: dict[str, Any], today: date = DAY + 10 * ONE_DAY) -> pd.DataFrame:
    return assess(frame(own), examples.memberships(), [OF_65], GROUPS, today)


@pytest.mark.parametrize(
    ("values", "days", "state", "parts"),
    [
        ({"group_code": "65_plus"}, 10, PaymentState.PAYABLE, (0, 150_00, 0, 0, 0)),
        ({"group_code": "65_plus", "paid": 100_00}, 10, PaymentState.PAYABLE, (100_00, 50_00, 0, 0, 0)),
        ({"group_code": "65_plus", "paid": 150_00}, 10, PaymentState.PAID, (150_00, 0, 0, 0, 0)),
        ({"group_code": "65_plus", "paid": 170_00}, 10, PaymentState.PAID, (150_00, 0, 0, 0, 20_00)),
        ({"group_code": "65_plus", "paid": -20_00}, 10, PaymentState.PAYABLE, (0, 150_00, 0, 0, 0)),
        ({}, 10, PaymentState.AT_RISK, (0, 0, 150_00, 0, 0)),
        ({}, 30, PaymentState.AT_RISK, (0, 0, 150_00, 0, 0)),
        ({}, 31, PaymentState.LOST, (0, 0, 0, 150_00, 0)),
        ({"paid": 150_00}, 10, PaymentState.AT_RISK, (0, 0, 150_00, 0, 150_00)),
        ({"group_code": "65_plus", "completed_on": DAY + 31 * ONE_DAY}, 40, PaymentState.LOST, (0, 0, 0, 150_00, 0)),
        ({"withdrawn": True, "paid": 150_00}, 10, PaymentState.OUTSIDE, (0, 0, 0, 0, 150_00)),
        ({"withdrawn": True}, 10, PaymentState.OUTSIDE, (0, 0, 0, 0, 0)),
        ({"birth_date": date(1990, 1, 1)}, 10, PaymentState.OUTSIDE, (0, 0, 0, 0, 0)),
    ],
)
def test_a_dose_is_paid_payable_at_risk_lost_or_outside(
    values: dict[str, Any], days: int, state: PaymentState, parts: tuple[int, ...]
) -> None:
    found = assessed(dose(**values), today=DAY + days * ONE_DAY).iloc[0]
    assert (found["state"], tuple(found[list(PARTS)])) == (state, parts)


@dataclass(frozen=True)
class Case:
    """Random rules, doses and payments."""

    seed: int

    def assessed(self) -> pd.DataFrame:
        random = Random(self.seed)  # noqa: S311 (repeatable, no secret)
        made = random_cases.rules(random, 15)
        own = [one | {"paid": random.choice((0, 0, 100_00, 275_50))} for one in random_cases.doses(random, made, 200)]
        rows = [
            (n, one["customer_id"], code, None, one["given_on"] + random.randrange(-40, 40) * ONE_DAY, None)
            for n, one in enumerate(own)
            if (code := random.choice((None, None, "65_plus", "medical_risk", "pregnant")))
        ]
        return assess(frame(own), examples.memberships(*rows), made, GROUPS, date(2026, 1, 1))


@given(st.builds(Case, st.integers(0, 10**9)))
@tries(30)
def test_the_parts_of_every_dose_sum_to_the_whole(case: Case) -> None:
    found = case.assessed()
    assert (found[list(PARTS)] >= 0).all(axis=None)
    assert (found["paid_part"] + found["payable"] == found["ore"]).all()
    assert (found["paid_part"] + found["to_pay_back"] == found["paid"]).all()
    # A dose that is due something has nothing at risk or lost, and none is both.
    assert ((found[["ore", "at_risk", "lost"]] > 0).sum(axis=1) <= 1).all()


@given(st.builds(Case, st.integers(0, 10**9)))
@tries(30)
def test_every_dose_is_in_the_one_state_that_its_parts_show(case: Case) -> None:
    found = case.assessed()
    shown = pd.Series(PaymentState.OUTSIDE.value, index=found.index, dtype="str")
    shown[found["ore"] > 0] = PaymentState.PAID.value
    for state, part in (
        (PaymentState.PAYABLE, "payable"),
        (PaymentState.AT_RISK, "at_risk"),
        (PaymentState.LOST, "lost"),
    ):
        shown[found[part] > 0] = state.value
    assert found["state"].astype("str").tolist() == shown.tolist()
    sums = found.groupby("state", observed=False)[["ore", *PARTS]].sum()
    assert sums.sum()["ore"] == found["ore"].sum()


# Doses as the store has them


@pytest.fixture
def in_group(store: Store, actor: Actor, anders: Customer) -> memberships.Membership:
    """Anders in 65 år och äldre from 2026-10-01 to 2026-10-31."""
    entry = memberships.Entry("65_plus", None, date(2026, 10, 1), date(2026, 10, 31))
    return memberships.add(store, actor, anders.customer_id, entry)


def given_dose(
    store: Store,
    actor: Actor,
    customer: Customer,
    day: date,
    membership_id: int | None = None,
    unit_id: str = "norr",
    product_code: str = "vaxigrip_tetra",
) -> vaccinations.Dose:
    without = membership_id is None
    entry = vaccinations.Entry(product_code, "B1", 1, day, unit_id, membership_id, without_group=without)
    return vaccinations.register(store, actor, customer.customer_id, entry)


def read(store: Store, actor: Actor) -> pd.DataFrame:
    found = list(assessment.assess_units(store, actor.units_to_filter, rule_table.load(store), catalogue.load(store)))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def move_membership(store: Store, membership_id: int, first: date, last: date | None) -> None:
    sql = "UPDATE membership SET valid_from = $2, valid_to = $3 WHERE membership_id = $1"
    store.write(lambda tx: tx.execute(sql, membership_id, first, last))


@pytest.mark.parametrize(
    ("first", "last", "covered"),
    [
        (date(2026, 10, 11), date(2026, 10, 31), False),
        (date(2026, 10, 10), date(2026, 10, 31), True),
        (date(2026, 10, 9), date(2026, 10, 9), False),
        (date(2026, 10, 9), date(2026, 10, 10), True),
        (date(2026, 10, 9), None, True),
    ],
)
def test_a_dose_is_covered_on_both_days_of_the_groups_period(
    store: Store,
    actor: Actor,
    anders: Customer,
    in_group: memberships.Membership,
    first: date,
    last: date | None,
    covered: bool,
) -> None:
    given_dose(store, actor, anders, date(2026, 10, 10), in_group.membership_id)
    move_membership(store, in_group.membership_id, first, last)
    found = read(store, actor).iloc[0]
    assert found["covered"] == covered
    assert found["outcome"] == ("late" if covered else "period")  # registered on 22 November


def test_a_group_that_was_wrong_covers_nothing_and_one_that_ceased_covers_its_days(
    store: Store, actor: Actor, anders: Customer, in_group: memberships.Membership
) -> None:
    given_dose(store, actor, anders, date(2026, 10, 30), in_group.membership_id)
    assert read(store, actor)["outcome"].tolist() == ["payable"]
    wrong = memberships.set_end_reason(store, actor, in_group.membership_id, 1, EndReason.WRONG)
    found = read(store, actor).iloc[0]
    assert (found["outcome"], found["remedy"], found["state"]) == ("period", "add_by_age", "at_risk")
    memberships.set_end_reason(store, actor, in_group.membership_id, wrong.version, EndReason.CEASED)
    assert read(store, actor)["outcome"].tolist() == ["payable"]


def test_another_row_of_the_same_group_and_subgroup_covers_the_day_and_one_of_another_subgroup_does_not(
    store: Store, actor: Actor, anders: Customer
) -> None:
    days = (date(2026, 11, 1), date(2026, 11, 10))
    rows = [
        memberships.add(store, actor, anders.customer_id, memberships.Entry("medical_risk", subgroup, *days))
        for subgroup in ("heart", "lung", None)
    ]
    given_dose(store, actor, anders, date(2026, 11, 5), rows[0].membership_id)
    memberships.set_end_reason(store, actor, rows[0].membership_id, 1, EndReason.WRONG)
    assert read(store, actor)["covered"].tolist() == [False]
    memberships.add(store, actor, anders.customer_id, memberships.Entry("medical_risk", "heart", *days))
    assert read(store, actor)["covered"].tolist() == [True]


def test_the_day_of_registration_is_stockholms(
    store: Store, actor: Actor, anders: Customer, clock: SetClock, in_group: memberships.Membership
) -> None:
    clock.now = clock.now.replace(month=11, day=30, hour=22, minute=59)  # 23:59 in Stockholm
    given_dose(store, actor, anders, date(2026, 10, 31), in_group.membership_id)
    clock.now += timedelta(minutes=1)
    given_dose(store, actor, anders, date(2026, 10, 31), in_group.membership_id, product_code="comirnaty")
    found = read(store, actor)
    assert [day.date() for day in found["completed_on"]] == [date(2026, 11, 30), date(2026, 12, 1)]
    assert found["outcome"].tolist() == ["payable", "late"]


def test_a_correction_of_what_decides_the_payment_has_to_be_in_time_and_any_other_has_not(
    store: Store, actor: Actor, anders: Customer, clock: SetClock, in_group: memberships.Membership
) -> None:
    made = given_dose(store, actor, anders, date(2026, 10, 30), in_group.membership_id)
    clock.now += timedelta(days=20)
    entry = vaccinations.Entry("vaxigrip_tetra", "B2", 1, date(2026, 10, 30), "norr", in_group.membership_id)
    batch_corrected = vaccinations.correct(store, actor, made.dose_id, made.version, entry)
    assert read(store, actor)["outcome"].tolist() == ["payable"]
    entry = vaccinations.Entry("efluelda", "B2", 1, date(2026, 10, 30), "norr", in_group.membership_id)
    vaccinations.correct(store, actor, made.dose_id, batch_corrected.version, entry)
    assert read(store, actor)["outcome"].tolist() == ["late"]


def test_doses_of_other_units_are_not_shown_but_count_for_the_days_between(
    store: Store, actor: Actor, anders: Customer, in_group: memberships.Membership
) -> None:
    given_dose(store, actor, anders, date(2026, 10, 30), in_group.membership_id, unit_id="soder")
    given_dose(store, actor, anders, date(2026, 10, 31), in_group.membership_id)
    eva = customers.register(store, actor, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")
    given_dose(store, actor, eva, TODAY, unit_id="soder")
    at_norr = Actor("maj.lund", "Maj Lund", Role.ANALYST, "norr")
    found = read(store, at_norr)
    assert (found["unit_id"].tolist(), found["outcome"].tolist()) == (["norr"], ["too_soon"])
    assert len(read(store, actor)) == 3
    assert read(store, Actor("x", "X", Role.ANALYST, "")).empty


def test_what_is_claimed_and_paid_is_summed_and_a_discarded_claim_is_not(
    store: Store, actor: Actor, anders: Customer, in_group: memberships.Membership
) -> None:
    made = given_dose(store, actor, anders, date(2026, 10, 30), in_group.membership_id)
    line = Claimed(150_00, anders.identity, anders.customer_id, made.dose_id, made.given_on, "vaxigrip_tetra")
    sent = add_claim(store, [line])
    add_claim(store, [line, replace(line, ore=-150_00)], state="draft")
    add_claim(store, [line], state="discarded")
    found = read(store, actor).iloc[0]
    assert (found["claimed"], found["paid"], found["state"]) == (150_00, 0, "payable")
    for amounts, paid, state, parts in (
        (["60"], 60_00, "payable", (60_00, 90_00, 0)),
        (["70", "20"], 150_00, "paid", (150_00, 0, 0)),
        (["30"], 180_00, "paid", (150_00, 0, 30_00)),
    ):
        import_rows(store, actor, file_of(*(f"A{sent}-1;{amount}" for amount in amounts)))
        found = read(store, actor).iloc[0]
        assert (found["paid"], found["state"]) == (paid, state)
        assert tuple(found[["paid_part", "payable", "to_pay_back"]]) == parts


def test_a_dose_from_before_it_was_kept_when_it_was_complete_counts_from_its_registration(
    store: Store, actor: Actor, anders: Customer, in_group: memberships.Membership
) -> None:
    given_dose(store, actor, anders, date(2026, 10, 30), in_group.membership_id)
    store.write(lambda tx: tx.execute("UPDATE dose SET completed_at = NULL, registered_at = $1", datetime(2026, 12, 1)))
    found = read(store, actor).iloc[0]
    assert (found["completed_on"].date(), found["outcome"]) == (date(2026, 12, 1), "late")


def test_a_withdrawn_dose_and_one_given_abroad_are_paid_by_nobody(
    store: Store, actor: Actor, anders: Customer, in_group: memberships.Membership
) -> None:
    first, second = (
        given_dose(store, actor, anders, day, in_group.membership_id)
        for day in (date(2026, 10, 30), date(2026, 10, 31))
    )
    vaccinations.withdraw(store, actor, first.dose_id, 1, WithdrawReason.WRONG_PERSON)
    sql = "UPDATE dose SET abroad = TRUE WHERE dose_id = $1"
    store.write(lambda tx: tx.execute(sql, second.dose_id))
    assert read(store, actor)["outcome"].tolist() == ["withdrawn", "abroad"]


def test_doses_are_read_in_parts_that_hold_each_one_once(
    store: Store, actor: Actor, anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(dose_frames.customer_ranges(store)) == []
    people = [anders] + [
        customers.register(store, actor, invented_number(date(1950, 1, day)), "Eva", "Ek", "norr")
        for day in range(1, 8)
    ]
    made = {given_dose(store, actor, person, TODAY).dose_id for person in people}
    monkeypatch.setattr(dose_frames, "CUSTOMERS_AT_ONCE", 3)
    assert len(list(dose_frames.customer_ranges(store))) == 3
    found = read(store, actor)["dose_id"].tolist()
    assert (len(found), set(found)) == (8, made)
