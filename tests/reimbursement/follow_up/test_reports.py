"""What doses bring, could bring and have lost: the cube, its sums, whose doses it is of, and when it is outdated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from threading import Thread

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import customers, memberships, sample, vaccinations
from mv.access import Actor, Role
from mv.customers import Customer
from mv.errors import Forbidden
from mv.memberships import EndReason
from mv.reimbursement.claims.line_references import reference
from mv.reimbursement.follow_up import reports
from mv.reimbursement.follow_up.cube import (
    AMOUNTS,
    ASSESSMENT,
    MEASURES,
    NO_GROUP,
    PLACE,
    Filters,
    Sum,
    combine,
    differences,
    group_by,
    over_time,
    seasons,
    select,
    sums,
    totals,
)
from mv.reimbursement.follow_up.cube import cube_of as cube_over
from mv.reimbursement.follow_up.reports import Figures
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.assessment import PaymentState, assess
from mv.reimbursement.pricing.seasons import Season
from mv.reimbursement.rules import changes, rule_table
from mv.store import Store
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number, tries
from tests.contents import LOG, nothing_changes
from tests.reimbursement import examples, random_cases
from tests.reimbursement.examples import group, rule
from tests.reimbursement.sent_claims import Claimed, add_claim, file_of, import_rows

ONE_DAY = timedelta(days=1)
IN_SEASON, YEAR_BEFORE = TODAY - 20 * ONE_DAY, date(2025, 11, 3)
GROUPS = [group("65_plus", by_age=True), group("medical_risk"), group("pregnant", longest_days=300)]
DIMENSIONS = ("season", *PLACE, *ASSESSMENT)
EVERYTHING = Filters()
AT_SODER = Actor("samir.haddad", "Samir Haddad", Role.ANALYST, "soder")


def given_dose(
    store: Store,
    actor: Actor,
    customer: Customer,
    day: date = IN_SEASON,
    membership_id: int | None = None,
    unit_id: str = "norr",
    product_code: str = "vaxigrip_tetra",
) -> vaccinations.Dose:
    without = membership_id is None
    entry = vaccinations.Entry(product_code, "B1", 1, day, unit_id, membership_id, without_group=without)
    return vaccinations.register(store, actor, customer.customer_id, entry)


def in_group(store: Store, actor: Actor, customer: Customer, first: date = date(2024, 10, 1)) -> int:
    return memberships.add(store, actor, customer.customer_id, memberships.Entry("65_plus", None, first)).membership_id


def person(store: Store, actor: Actor, serial: int, unit_id: str = "norr") -> Customer:
    return customers.register(store, actor, invented_number(date(1946, 3, 12), serial), "Maj", "Lind", unit_id)


def pay(store: Store, actor: Actor, dose: vaccinations.Dose, kronor: str) -> None:
    """Claim 150 kronor for the dose, and import a file that pays so much for it."""
    line = Claimed(150_00, customer_id=dose.customer_id, dose_id=dose.dose_id, product_code=dose.product_code)
    import_rows(store, actor, file_of(f"{reference(add_claim(store, [line]), 1)};{kronor}"))


def ties(figures: Figures, filters: Filters = EVERYTHING) -> dict[str, Sum]:
    """Check that the parts are the whole in every way, and return the sums."""
    cube, counted = select(figures.cube, filters), select(figures.counted, filters)
    found = sums(cube, counted)
    assert {name: each for name, each in found.items() if not each.holds} == {}
    assert differences(figures.cube, figures.counted) == 0
    for dimension in DIMENSIONS:
        assert totals(group_by(cube, dimension)) == totals(cube)
    return found


# Seasons


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 6, 30), "2025/26"),
        (date(2026, 7, 1), "2026/27"),
        (date(2026, 12, 31), "2026/27"),
        (date(2027, 1, 1), "2026/27"),
        (date(2027, 6, 30), "2026/27"),
        (date(1999, 7, 1), "1999/00"),
    ],
)
def test_a_season_is_from_the_first_of_july_to_the_last_of_june(day: date, name: str) -> None:
    season = Season.of(day)
    assert str(season) == name
    assert season.first <= day <= season.last
    assert Season.of(season.first) == Season.of(season.last) == season
    assert Season.of(season.first - ONE_DAY) < season < Season.of(season.last + ONE_DAY)


# What becomes of each dose, from the store


def test_each_dose_is_in_one_state_with_its_amounts(store: Store, actor: Actor, clock: SetClock) -> None:
    people = [person(store, actor, serial) for serial in range(980, 988)]
    groups = {one.customer_id: in_group(store, actor, one) for one in people[:5]}
    late = people[6]
    _payable, paid, partly, overpaid, gone, _at_risk, _lost, withdrawn = [
        given_dose(store, actor, one, YEAR_BEFORE if one is late else IN_SEASON, groups.get(one.customer_id))
        for one in people
    ]
    pay(store, actor, paid, "150,00")
    pay(store, actor, partly, "100,00")
    pay(store, actor, overpaid, "170,00")
    pay(store, actor, gone, "150,00")
    memberships.remove(store, actor, groups[people[4].customer_id], 1, EndReason.WRONG)
    vaccinations.withdraw(store, actor, withdrawn.dose_id, 1, WithdrawReason.WRONG_PERSON)
    found = reports.compute_figures(store, actor)
    assert ties(found)["doses"].parts == {
        PaymentState.PAID: 2, PaymentState.PAYABLE: 2, PaymentState.AT_RISK: 2, PaymentState.LOST: 1,
        PaymentState.OUTSIDE: 1,
    }  # fmt: skip
    assert totals(found.cube) == {
        "doses": 8, "paid_back": 2, "ore": 600_00, "possible": 1050_00, "paid_part": 400_00, "payable": 200_00,
        "at_risk": 300_00, "lost": 150_00, "awaited": 50_00, "to_pay_back": 170_00, "received": 570_00,
        "overdrawn": 0,
    }  # fmt: skip
    outcomes = group_by(select(found.cube, Filters(season=Season(2026))), "outcome").set_index("outcome")["doses"]
    assert outcomes.to_dict() == {"withdrawn": 1, "no_group": 1, "period": 1, "payable": 4}


def test_what_is_paid_belongs_to_who_paid_and_what_could_be_paid_to_whose_rule_it_is(
    store: Store, actor: Actor, anders: Customer
) -> None:
    paid = given_dose(store, actor, anders, membership_id=in_group(store, actor, anders))
    line = Claimed(150_00, customer_id=anders.customer_id, dose_id=paid.dose_id)
    claim_id = add_claim(store, [line], payer="Grannregionen")
    import_rows(store, actor, file_of(f"{reference(claim_id, 1)};150,00"), payer="Grannregionen")
    given_dose(store, actor, person(store, actor, 983))
    given_dose(store, actor, person(store, actor, 985), product_code="fsme_immun")
    found = reports.compute_figures(store, actor)
    named = group_by(found.cube, "payer").astype({"payer": "object"}).fillna({"payer": "nobody"}).set_index("payer")
    assert named[["doses", "paid_part", "at_risk"]].to_dict("index") == {
        "Grannregionen": {"doses": 1, "paid_part": 150_00, "at_risk": 0},
        "Exempelregionen": {"doses": 1, "paid_part": 0, "at_risk": 150_00},
        "nobody": {"doses": 1, "paid_part": 0, "at_risk": 0},
    }
    ties(found)


def test_money_that_is_taken_back_without_having_been_paid_stands_in_the_sum(
    store: Store, actor: Actor, anders: Customer
) -> None:
    dose = given_dose(store, actor, anders, membership_id=in_group(store, actor, anders))
    pay(store, actor, dose, "-150,00")
    found = ties(reports.compute_figures(store, actor))
    assert found["received"] == Sum({"paid_part": 0, "to_pay_back": 0, "overdrawn": -150_00}, -150_00)
    assert found["due"] == Sum({"paid_part": 0, "payable": 150_00}, 150_00)


def test_a_store_without_doses_has_figures_of_nothing(store: Store, actor: Actor) -> None:
    found = reports.compute_figures(store, actor)
    assert found.cube.empty and found.counted.empty
    assert set(ties(found)["doses"].parts.values()) == {0}
    assert seasons(found.cube) == []


def test_a_dose_whose_vaccine_is_not_known_is_missed_by_the_cube_and_found_by_the_count(
    store: Store, actor: Actor, anders: Customer
) -> None:
    given_dose(store, actor, anders)
    given_dose(store, actor, anders, product_code="fsme_immun")
    store.write(lambda tx: tx.execute("DELETE FROM vaccine WHERE product_code = 'fsme_immun'"))
    found = reports.compute_figures(store, actor)
    assert differences(found.cube, found.counted) == 1
    doses = sums(found.cube, found.counted)["doses"]
    assert (sum(doses.parts.values()), doses.whole, doses.holds) == (1, 2, False)


def test_parts_of_the_customers_give_the_cube_of_all(
    store: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.make(store, 300, seed=5)
    whole = reports.compute_figures(store, actor)
    monkeypatch.setattr(dose_frames, "CUSTOMERS_AT_ONCE", 90)
    in_parts = reports.compute_figures(store, actor)
    order = [*PLACE, *ASSESSMENT]
    pd.testing.assert_frame_equal(
        in_parts.cube.sort_values(order, ignore_index=True), whole.cube.sort_values(order, ignore_index=True)
    )
    assert ties(in_parts)["doses"].whole > 300


def test_every_selection_of_a_sample_ties_out(store: Store, actor: Actor) -> None:
    sample.make(store, 300, seed=6)
    found = reports.compute_figures(store, actor)
    all_doses = ties(found)["doses"].whole
    by_season = [ties(found, Filters(season=season))["doses"].whole for season in seasons(found.cube)]
    assert len(by_season) > 2 and sum(by_season) == all_doses
    by_unit = [ties(found, Filters(unit=unit))["doses"].whole for unit in found.cube["unit_id"].unique()]
    assert len(by_unit) > 2 and sum(by_unit) == all_doses
    groups = [*found.cube["group_code"].dropna().unique(), NO_GROUP]
    assert sum(ties(found, Filters(group=group))["doses"].whole for group in groups) == all_doses
    products = found.cube.loc[found.cube["atc"].str.startswith("J07BB"), "product_code"].unique()
    of_kind = ties(found, Filters(vaccine="J07BB"))["doses"].whole
    assert 0 < of_kind < all_doses
    assert sum(ties(found, Filters(vaccine=product))["doses"].whole for product in products) == of_kind
    both = Filters(season=Season(2025), unit="norr", vaccine="J07BB", group="medical_risk", subgroup="diabetes")
    assert 0 < ties(found, both)["doses"].whole < of_kind


# Pure functions


def assessed(seed: int) -> tuple[pd.DataFrame, list[rule_table.Rule]]:
    """Return random doses, judged by random rules, with random claims and payments, also such as take money back."""
    random = Random(seed)  # noqa: S311 (repeatable, no secret)
    made = random_cases.rules(random, 8)
    own = [
        one | {"paid": random.choice((0, 0, 100_00, 275_50, -50_00)), "claimed": random.choice((0, 150_00, 275_50))}
        for one in random_cases.doses(random, made, 80)
    ]
    rows = [
        (n, one["customer_id"], code, None, one["given_on"] + random.randrange(-40, 40) * ONE_DAY, None)
        for n, one in enumerate(own)
        if (code := random.choice((None, None, "65_plus", "medical_risk", "pregnant")))
    ]
    frame = examples.frame(own)
    payers = pd.Series([random.choice(("Staten", "Exempelregionen")) for _ in own], dtype="str")
    frame = frame.assign(paid_by=payers.where(frame["paid"] != 0))
    return assess(frame, examples.memberships(*rows), made, GROUPS, date(2026, 1, 1)), made


@given(st.integers(0, 10**9), st.integers(1, 79))
@tries(20)
def test_whatever_the_doses_are_the_parts_are_the_whole(seed: int, cut: int) -> None:
    frame, made = assessed(seed)
    cube = combine([cube_over(frame[:cut], made), cube_over(frame[cut:], made)])
    assert totals(cube) == totals(cube_over(frame, made))
    counted = frame.assign(month=frame["given_on"].dt.to_period("M").dt.to_timestamp().astype("datetime64[s]"))
    counted = counted.assign(doses=1, received=frame["paid"])[[*PLACE, "doses", "received"]]
    ties(Figures(cube, counted, datetime(2026, 1, 1), reports.Basis(TODAY, (), 0), 0.0))
    found, total = sums(cube, counted), totals(cube)
    assert total["doses"] == len(frame) == sum(found["doses"].parts.values())
    assert total["received"] == frame["paid"].sum()
    assert total["possible"] == total["ore"] + total["at_risk"] + total["lost"]
    assert 0 <= total["awaited"] <= total["payable"]
    assert total["paid_back"] == (frame["to_pay_back"] > 0).sum()
    assert (cube[list(MEASURES)].drop(columns="received") >= 0).all(axis=None)


@given(st.integers(0, 10**9), st.sampled_from(["doses", "received"]))
@tries(10)
def test_a_row_that_is_lost_is_found(seed: int, measure: str) -> None:
    frame, made = assessed(seed)
    cube = cube_over(frame, made)
    counted = cube[[*PLACE, "doses", "received"]]
    assert differences(cube, counted) == 0
    row = cube.index[cube[measure] != 0][-1]
    assert differences(cube.drop(index=row), counted) == 1
    assert not sums(cube.drop(index=row), counted)[measure].holds


def test_a_sum_holds_only_when_its_parts_are_the_whole() -> None:
    assert Sum({"paid_part": 3, "payable": 4}, 7).holds
    assert not Sum({"paid_part": 3, "payable": 4}, 8).holds
    assert Sum({}, 0).holds


def cube_of(*days: date) -> pd.DataFrame:
    judged = [examples.dose(dose_id=n, customer_id=n, given_on=day) for n, day in enumerate(days)]
    frame = examples.frame(judged).assign(paid_by=pd.Series(None, index=range(len(days)), dtype="str"))
    only = [rule(valid_from=date(2000, 1, 1))]
    return cube_over(assess(frame, examples.memberships(), only, GROUPS, TODAY), only)


def test_months_without_a_dose_are_there_from_the_season_s_first_until_today() -> None:
    frame = over_time(cube_of(date(2026, 9, 30), date(2026, 9, 1)), Season(2026), TODAY)
    assert dict(zip(frame["month"].dt.strftime("%Y-%m"), frame["doses"], strict=True)) == {
        "2026-07": 0, "2026-08": 0, "2026-09": 2, "2026-10": 0, "2026-11": 0,
    }  # fmt: skip
    assert frame["payable"].sum() == 2 * 150_00


def test_an_earlier_season_has_all_its_months_and_all_time_those_between_doses() -> None:
    cube = cube_of(date(2025, 7, 1), date(2026, 6, 30))
    months = over_time(cube, Season(2025), TODAY)["month"]
    assert (len(months), months.iloc[0], months.iloc[-1]) == (12, pd.Timestamp(2025, 7, 1), pd.Timestamp(2026, 6, 1))
    cube = cube_of(date(2025, 12, 31), date(2026, 2, 1))
    assert over_time(cube, None, TODAY)["doses"].tolist() == [1, 0, 1]


def test_seasons_come_latest_first_and_only_where_doses_were_given() -> None:
    assert seasons(cube_of(date(2026, 6, 30), date(2026, 7, 1), date(2020, 8, 1))) == [
        Season(2026),
        Season(2025),
        Season(2020),
    ]


# Whose doses, and who may


def test_figures_are_of_the_own_units_alone(store: Store, actor: Actor, anders: Customer) -> None:
    for days, unit_id in enumerate(("norr", "soder", "soder", "hamnen", "hamnen", "hamnen")):
        given_dose(store, actor, anders, IN_SEASON + days * ONE_DAY, unit_id=unit_id)

    def seen(who: Actor) -> tuple[dict[str, int], int]:
        found = reports.compute_figures(store, who)
        units = group_by(found.cube, "unit_id").set_index("unit_id")["doses"].to_dict()
        return units, ties(found)["doses"].whole

    assert seen(actor) == ({"norr": 1, "soder": 2, "hamnen": 3}, 6)
    assert seen(AT_SODER) == ({"soder": 2}, 2)
    both = Actor("siv", "Siv Ros", Role.LEAD, "soder", frozenset({"hamnen"}))
    assert seen(both) == ({"soder": 2, "hamnen": 3}, 5)
    assert seen(Actor("new", "New", Role.ANALYST, "")) == ({}, 0)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, None])
def test_who_may_not_is_refused_the_figures_and_those_of_others(store: Store, actor: Actor, role: Role | None) -> None:
    found = reports.compute_figures(store, actor)
    who = Actor("kim", "Kim Ek", role, "norr")
    for ask in (lambda: reports.compute_figures(store, who), lambda: reports.are_outdated(store, who, found)):
        with nothing_changes(store, but=LOG), pytest.raises(Forbidden):
            ask()


def test_figures_show_nobody_and_leave_no_trace(store: Store, actor: Actor, anders: Customer) -> None:
    given_dose(store, actor, anders)
    with nothing_changes(store):
        found = reports.compute_figures(store, actor)
        assert not reports.are_outdated(store, actor, found)
    names = {*found.cube.columns, *found.counted.columns}
    assert names == {*PLACE, *ASSESSMENT, *MEASURES}
    assert set(AMOUNTS) < names


# When they are outdated


def is_outdated(store: Store, actor: Actor, change: Callable[[], object]) -> bool:
    found = reports.compute_figures(store, actor)
    assert not reports.are_outdated(store, actor, found)
    change()
    return reports.are_outdated(store, actor, found)


def test_figures_are_outdated_by_what_they_depend_on(
    store: Store, actor: Actor, anders: Customer, clock: SetClock
) -> None:
    doses: list[vaccinations.Dose] = []
    assert is_outdated(store, actor, lambda: in_group(store, actor, anders))
    assert is_outdated(store, actor, lambda: doses.append(given_dose(store, actor, anders)))
    assert is_outdated(store, actor, lambda: pay(store, actor, doses[0], "150,00"))
    withdraw = WithdrawReason.WRONG_PERSON
    assert is_outdated(store, actor, lambda: vaccinations.withdraw(store, actor, doses[0].dose_id, 1, withdraw))
    clock.now += ONE_DAY
    found = reports.compute_figures(store, actor)
    clock.now += ONE_DAY
    assert reports.are_outdated(store, actor, found)


def test_figures_are_outdated_by_other_rules(store: Store, actor: Actor) -> None:
    proposal = changes.propose_removal(changes.all_rules(store, actor)[0])
    assert is_outdated(store, actor, lambda: changes.save(store, actor, proposal))


def test_figures_are_not_outdated_by_a_look(store: Store, actor: Actor, anders: Customer) -> None:
    assert not is_outdated(store, actor, lambda: customers.get(store, actor, anders.customer_id))
    assert not is_outdated(store, actor, lambda: customers.search(store, actor, "and kar"))


def test_figures_that_are_made_while_others_register_and_correct_tie_out(
    store: Store, actor: Actor, anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "ATTEMPTS", 1_000)  # as often as it takes, whatever else the machine does

    def work() -> None:
        for days in range(15):
            dose = given_dose(store, actor, anders, IN_SEASON - days * ONE_DAY)
            before = dose.given_on - 365 * ONE_DAY
            entry = vaccinations.Entry("vaxigrip_tetra", "B1", 1, before, "soder", None, without_group=True)
            vaccinations.correct(store, actor, dose.dose_id, 1, entry)

    thread = Thread(target=work)
    thread.start()
    seen = []
    while thread.is_alive():
        seen.append(ties(reports.compute_figures(store, actor))["doses"].whole)
    thread.join()
    assert seen == sorted(seen)
    found = reports.compute_figures(store, actor)
    assert ties(found, Filters(season=Season(2025), unit="soder"))["doses"].whole == totals(found.cube)["doses"] == 15
