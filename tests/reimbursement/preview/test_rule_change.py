"""What a change of rules does to given doses: as a slow count says, whole by payer and by season, and of own units."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import catalogue, customers, memberships, vaccinations
from mv.access import EVERY_UNIT, Actor, Role
from mv.catalogue import Catalogue
from mv.customers import Customer
from mv.errors import Forbidden
from mv.reimbursement.preview import rule_change
from mv.reimbursement.preview.rule_change import Impact, PaymentChange, Share, changed_vaccine_types, compare, summarize
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.seasons import Season
from mv.reimbursement.rules import changes, rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from tests.conftest import TODAY, invented_number, tries
from tests.contents import refused
from tests.reimbursement import random_cases, reference
from tests.reimbursement.examples import COVID, DAY, PNEUMO, REGION, dose, frame, rule

KNOWN = Catalogue(
    units={},
    groups={},
    vaccines={"efluelda": catalogue.Vaccine("efluelda", "Efluelda", "J07BB02", None, date(2020, 1, 1), None)},
)


def effect(own: list[dict[str, Any]], before: list[Rule], after: list[Rule]) -> Impact:
    return summarize(compare(frame(own), before, after))


@pytest.mark.parametrize(
    ("before", "after", "turn", "ore"),
    [
        ([rule()], [rule(ore=160_00)], PaymentChange.AMOUNT, 10_00),
        ([rule()], [rule(ore=140_00)], PaymentChange.AMOUNT, -10_00),
        ([], [rule()], PaymentChange.GAINS, 150_00),
        ([rule()], [], PaymentChange.LOSES, -150_00),
        ([rule()], [rule(ore=0)], PaymentChange.LOSES, -150_00),
        ([rule(ore=0)], [rule()], PaymentChange.GAINS, 150_00),
        ([rule()], [rule(group_code="pregnant")], PaymentChange.LOSES, -150_00),
        ([rule()], [rule(payer="Staten")], PaymentChange.PAYER, 0),
        ([rule()], [rule(payer="Staten", ore=160_00)], PaymentChange.AMOUNT, 10_00),
    ],
)
def test_a_dose_gains_loses_or_is_paid_another_amount_or_by_another(
    before: list[Rule], after: list[Rule], turn: PaymentChange, ore: int
) -> None:
    found = effect([dose()], before, after)
    assert (found.whole, found.changes) == (Share(1, ore), Counter({turn: 1}))
    assert found.by_season == {Season(2026): Share(1, ore)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], []),
        ([rule()], [rule()]),
        ([rule()], [rule(source="Another", days_to_register=30, nvr=True, version=2)]),
        ([rule()], [rule(payment_rule_id=7), rule(payment_rule_id=8, valid_to=date(2026, 1, 1), ore=1)]),
        ([rule(ore=0)], []),
        ([rule(ore=0, payer="Patienten")], [rule(ore=0, payer="Arbetsgivaren")]),
    ],
)
def test_a_change_that_pays_every_dose_as_before_has_no_effect(before: list[Rule], after: list[Rule]) -> None:
    assert effect([dose()], before, after) == Impact()


def test_a_dose_with_another_payer_is_counted_for_both_and_once_in_all() -> None:
    found = effect([dose()], [rule(payer="A")], [rule(payer="B", ore=160_00)])
    assert found.whole == Share(1, 10_00)
    assert found.by_payer == {"A": Share(1, -150_00), "B": Share(1, 160_00)}


def test_a_new_amount_from_1_january_changes_the_doses_from_that_day_on() -> None:
    new_year = date(2026, 1, 1)
    days = [date(2025, 6, 30), date(2025, 12, 31), new_year, date(2026, 6, 30), date(2026, 7, 1)]
    own = [dose(dose_id=n, customer_id=n, given_on=day) for n, day in enumerate(days)]
    before = [rule()]
    after = changes.rules_after(before, changes.propose_amount(before, new_year, 160_00, "Decision"))
    found = effect(own, before, after)
    assert found.whole == Share(3, 30_00)
    assert found.changes == {PaymentChange.AMOUNT: 3}
    assert found.by_season == {Season(2025): Share(2, 20_00), Season(2026): Share(1, 10_00)}
    assert found.by_payer == {REGION: Share(3, 30_00)}


def test_days_between_doses_change_a_later_dose_that_the_changed_rule_is_not_for() -> None:
    own = [dose(group_code="pregnant"), dose(dose_id=2, given_on=DAY + timedelta(days=9))]
    for_anyone = rule(days_between=150)
    of_group = rule(payment_rule_id=2, group_code="pregnant", ore=0)
    found = effect(own, [for_anyone], [for_anyone, of_group])
    assert found.changes == {PaymentChange.LOSES: 1, PaymentChange.GAINS: 1}
    assert found.whole == Share(2, 0)


def test_doses_that_are_claimed_already_are_counted() -> None:
    own = [dose(dose_id=n, customer_id=n, claimed=ore) for n, ore in enumerate((0, 150_00, -150_00))]
    assert effect(own, [rule()], [rule(ore=1_00)]).claimed == 2


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ([], [], []),
        ([rule()], [rule()], []),
        ([rule()], [rule(ore=1)], ["J07BB"]),
        ([rule()], [rule(atc="J07BN01")], ["J07BB", "J07BN"]),
        ([rule()], [rule(atc=None, product_code="efluelda")], ["J07BB"]),
        ([], [rule(atc=None, product_code="gone")], []),
        ([rule()], [rule(atc="J07")], ["J07"]),
        ([rule(), rule(payment_rule_id=2, atc="J07AL")], [rule(), rule(payment_rule_id=3, atc="J07AL")], ["J07AL"]),
    ],
)
def test_only_the_kinds_of_vaccine_of_changed_rules_can_change(
    before: list[Rule], after: list[Rule], kinds: list[str]
) -> None:
    assert changed_vaccine_types(before, after, KNOWN) == kinds


@given(st.integers(0, 10**9))
@tries(30)
def test_the_effect_is_what_a_slow_count_gives_and_its_parts_sum_to_the_whole(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable, no secret)
    before = [replace(one, payer=random.choice("ABC")) for one in random_cases.rules(random, 12)]
    after = [replace(one, ore=random.choice((0, 90_00, one.ore))) for one in before if random.random() < 0.8]
    own = random_cases.doses(random, before, 200)
    found = effect(own, before, after)
    was, becomes = reference.adjudicate(own, before), reference.adjudicate(own, after)
    more, changes, payers = 0, 0, Counter[str]()
    for number, adjudication in was.items():
        pays = adjudication.rule.payer if adjudication.ore and adjudication.rule else ""
        then = becomes[number]
        will_pay = then.rule.payer if then.ore and then.rule else ""
        more += then.ore - adjudication.ore
        changes += (pays, adjudication.ore) != (will_pay, then.ore)
        payers[pays] -= adjudication.ore
        payers[will_pay] += then.ore
    assert found.whole == Share(changes, more)
    assert found.changes.total() == changes
    assert sum(share.ore for share in found.by_payer.values()) == more
    assert sum(share.ore for share in found.by_season.values()) == more
    assert sum(share.doses for share in found.by_season.values()) == changes
    assert {name: share.ore for name, share in found.by_payer.items() if share.ore} == {
        name: ore for name, ore in payers.items() if ore
    }
    back = effect(own, after, before)
    assert back.whole == Share(changes, -more)
    assert (back.changes[PaymentChange.GAINS], back.changes[PaymentChange.LOSES]) == (
        found.changes[PaymentChange.LOSES],
        found.changes[PaymentChange.GAINS],
    )


@given(st.integers(0, 10**9))
@tries(20)
def test_customers_apart_and_kinds_apart_have_together_the_effect_of_all(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (repeatable, no secret)
    before = random_cases.rules(random, 12)
    after = [replace(one, ore=90_00) if one.atc == "J07BB" or random.random() < 0.2 else one for one in before]
    own = random_cases.doses(random, before, 200)
    whole = effect(own, before, after)
    apart = Impact()
    for part in range(3):
        apart = apart.with_more(effect([one for one in own if one["customer_id"] % 3 == part], before, after))
    assert apart == whole
    kinds = changed_vaccine_types(before, after, KNOWN)
    unknown = any(one.product_code for one in set(before) ^ set(after))
    if not unknown:
        assert effect([one for one in own if one["atc"].startswith(tuple(kinds))], before, after) == whole


# Of the doses in a store


@pytest.fixture
def given_doses(store: Store, actor: Actor, anders: Customer) -> Customer:
    """Influenza at norr and, too soon after, at soder; others at norr; and somebody else's influenza at soder."""
    eva = customers.register(store, actor, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")
    for customer in (anders, eva):
        memberships.add(store, actor, customer.customer_id, memberships.Entry("65_plus", None, date(2026, 1, 1)))
    given: list[tuple[Customer, str, date, str]] = [
        (anders, "efluelda", date(2026, 11, 1), "soder"),
        (anders, "vaxigrip_tetra", date(2026, 11, 10), "norr"),
        (anders, COVID[0], date(2026, 11, 10), "norr"),
        (anders, PNEUMO[0], date(2026, 11, 11), "norr"),
        (eva, "efluelda", TODAY, "soder"),
    ]
    for customer, product, day, unit in given:
        rows = memberships.of_customer(store, actor, customer.customer_id)
        entry = vaccinations.Entry(product, "B1", 1, day, unit, rows[0].membership_id)
        vaccinations.register(store, actor, customer.customer_id, entry)
    return eva


def proposed(store: Store, **values: Any) -> tuple[list[Rule], list[Rule]]:
    """Return the rules and what they would be with these values in the influenza rule for 65+."""
    before = rule_table.load(store)
    seen = next(one for one in before if one.rule_code == "flu_65_2024")
    return before, changes.rules_after(before, changes.propose_correction(seen, replace(seen, **values)))


def test_the_effect_is_of_the_own_units_doses_with_all_of_a_customers_looked_at(
    store: Store, actor: Actor, given_doses: Customer
) -> None:
    known = catalogue.load(store)
    at_norr = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
    at_soder = Actor("siv.ros", "Siv Ros", Role.LEAD, "soder")
    for values, of_all, of_norr in (
        ({"ore": 160_00}, Share(2, 20_00), Share()),
        ({"days_between": 9}, Share(1, 150_00), Share(1, 150_00)),
        ({"valid_from": date(2026, 11, 2), "days_between": 9}, Share(2, 0), Share(1, 150_00)),
    ):
        before, after = proposed(store, **values)
        assert rule_change.impact_at_own_units(store, actor, before, after, known).whole == of_all
        assert rule_change.impact_at_own_units(store, at_norr, before, after, known).whole == of_norr
        rest = Share(of_all.doses - of_norr.doses, of_all.ore - of_norr.ore)
        assert rule_change.impact_at_own_units(store, at_soder, before, after, known).whole == rest
        nobody = Actor("x", "X", Role.LEAD, "")
        assert rule_change.impact_at_own_units(store, nobody, before, after, known) == Impact()


def test_as_many_doses_may_change_as_there_are_of_the_kind(store: Store, actor: Actor, given_doses: Customer) -> None:
    known = catalogue.load(store)
    before, after = proposed(store, ore=1)
    assert rule_change.count_affected(store, actor, before, after, known) == 3
    assert rule_change.count_affected(store, actor, before, before, known) == 0
    of_all = [replace(one, atc="J07") for one in before]
    assert rule_change.count_affected(store, actor, before, of_all, known) == 5


def test_doses_of_some_kinds_are_those_of_all_that_are_of_them(
    store: Store, actor: Actor, given_doses: Customer
) -> None:
    ((first, last),) = dose_frames.customer_ranges(store)
    everything = dose_frames.read_doses(store, first, last)
    assert len(everything) == 5
    for kinds in (["J07BB"], ["J07BN", "J07AL"], ["J07"], [""], []):
        expected = everything[everything["atc"].str.startswith(tuple(kinds))]
        assert dose_frames.read_doses(store, first, last, kinds)["dose_id"].tolist() == expected["dose_id"].tolist()


def test_doses_read_in_parts_have_the_effect_of_all(
    store: Store, actor: Actor, given_doses: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = catalogue.load(store)
    before, after = proposed(store, ore=160_00)
    whole = rule_change.impact_at_own_units(store, actor, before, after, known)
    monkeypatch.setattr(dose_frames, "CUSTOMERS_AT_ONCE", 1)
    assert rule_change.impact_at_own_units(store, actor, before, after, known) == whole
    assert whole.by_season == {Season(2026): Share(2, 20_00)}


def test_what_was_foreseen_has_come_once_it_is_saved(store: Store, actor: Actor, given_doses: Customer) -> None:
    known = catalogue.load(store)
    before = rule_table.load(store)
    seen = next(one for one in before if one.rule_code == "flu_65_2024")
    proposal = changes.propose_amount([seen], date(2026, 11, 15), 175_50, "Decision")
    foreseen = rule_change.impact_at_own_units(store, actor, before, changes.rules_after(before, proposal), known)
    assert foreseen.whole == Share(1, 25_50)
    changes.save(store, actor, proposal)
    assert rule_change.impact_at_own_units(store, actor, before, rule_table.load(store), known) == foreseen


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COORDINATOR, None])
def test_only_whoever_changes_rules_is_told_what_a_change_does(store: Store, role: Role | None) -> None:
    who = Actor("kim.ek", "Kim Ek", role, "norr", frozenset({EVERY_UNIT}))
    known, before = catalogue.load(store), rule_table.load(store)
    for ask in (rule_change.impact_at_own_units, rule_change.count_affected):
        with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
            ask(store, who, before, [], known)
