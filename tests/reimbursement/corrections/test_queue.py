"""Doses that would be paid if something were corrected: which, in which order, for whom, and what is logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import audit, customers, memberships, vaccinations
from mv.access import Action, Actor, Role
from mv.audit import ONE_LOOK
from mv.catalogue import load
from mv.customers import Customer
from mv.errors import Forbidden
from mv.memberships import EndReason, Membership
from mv.reimbursement.corrections import queue as corrections
from mv.reimbursement.corrections.correction import Correction
from mv.reimbursement.corrections.queue import LONGEST_KEPT, Filters, Order, Queue, QueuedDose
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.assessment import PaymentState
from mv.reimbursement.pricing.remedies import Remedy
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.store.engine import Transaction
from mv.vaccinations import Dose, WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged

DAY = timedelta(days=1)
DOSE_DAY = TODAY - 10 * DAY
DAYS_ALLOWED = 30
"""What the example rules allow from the day of a dose."""
FLU, COVID = 15_000, 27_500
"""Öre for a dose by the example rules."""
OF_NORR = Actor("ida.berg", "Ida Berg", Role.COORDINATOR, "norr")
NOBODY_ELSE = Filters()


def person(store: Store, actor: Actor, born: date, serial: int = 981, unit_id: str = "norr") -> Customer:
    return customers.register(store, actor, invented_number(born, serial), "Eva", "Ek", unit_id)


def dose(
    store: Store,
    actor: Actor,
    customer: Customer,
    day: date = DOSE_DAY,
    product: str = "efluelda",
    unit_id: str = "norr",
    row: Membership | None = None,
) -> Dose:
    entry = vaccinations.Entry(
        product, "B1", 1, day, unit_id, row.membership_id if row else None, without_group=row is None
    )
    return vaccinations.register(store, actor, customer.customer_id, entry)


def group(
    store: Store, actor: Actor, customer: Customer, code: str, first: date, last: date | None = None
) -> Membership:
    return memberships.add(store, actor, customer.customer_id, memberships.Entry(code, None, first, last))


def choose(store: Store, actor: Actor, was: Dose, row: Membership) -> Dose:
    """Correct the dose so that this group counts for it."""
    entry = vaccinations.Entry(
        was.product_code, was.batch_number, was.dose_number, was.given_on, was.unit_id, row.membership_id
    )
    return vaccinations.correct(store, actor, was.dose_id, was.version, entry)


def numbers(queue: Queue, filters: Filters = NOBODY_ELSE) -> list[int]:
    return [step.dose_id for step in queue.steps(filters)]


def in_queue(store: Store, actor: Actor) -> Correction:
    """Return the only dose of the queue."""
    queue = corrections.build_queue(store, actor)
    (correction,) = corrections.read_shown(store, actor, queue, numbers(queue))
    return correction


# What is missing


def test_a_group_that_the_customer_was_in_is_suggested_with_its_row_kronor_and_last_day(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = group(store, actor, anders, "65_plus", DOSE_DAY)
    given = dose(store, actor, anders)
    found = in_queue(store, actor)
    assert (found.dose_id, found.customer_id, found.name) == (given.dose_id, anders.customer_id, "Anders Karlsson")
    assert (found.outcome, found.state, found.ore) == (Outcome.NO_GROUP, PaymentState.AT_RISK, FLU)
    assert found.last_day == DOSE_DAY + DAYS_ALLOWED * DAY
    assert found.suggestion
    assert (found.suggestion.remedy, found.suggestion.group_code) == (Remedy.CHOOSE_GROUP, "65_plus")
    assert found.suggestion.membership_id == row.membership_id
    assert found.suggestion.rule.rule_code == "flu_65_2024"
    assert found.explanation(load(store), "sv") == "Ersätts inte: ingen kundgrupp räknas för dosen."
    assert found.birth_date == anders.birth_date


@pytest.mark.parametrize(("born", "suggested"), [(1961, True), (1962, False)])
def test_the_group_of_an_age_is_suggested_from_the_year_in_which_it_is_reached(
    store: Store, actor: Actor, born: int, suggested: bool
) -> None:
    customer = person(store, actor, date(born, 12, 31))
    dose(store, actor, customer)
    queue = corrections.build_queue(store, actor)
    found = corrections.read_shown(store, actor, queue, numbers(queue))
    assert [(c.suggestion and c.suggestion.remedy, c.suggestion and c.suggestion.group_code) for c in found] == (
        [(Remedy.ADD_BY_AGE, "65_plus")] if suggested else []
    )


def test_a_group_by_age_begins_on_the_day_of_the_first_of_the_customers_doses_that_lack_it(
    store: Store, actor: Actor, anders: Customer
) -> None:
    dose(store, actor, anders, DOSE_DAY)
    dose(store, actor, anders, DOSE_DAY - 5 * DAY, "comirnaty")
    other = person(store, actor, date(1950, 1, 2))
    dose(store, actor, other, DOSE_DAY - 9 * DAY)
    queue = corrections.build_queue(store, actor)
    begins = {
        (c.customer_id, c.product_code): c.suggestion and c.suggestion.begins
        for c in corrections.read_shown(store, actor, queue, numbers(queue))
    }
    assert begins == {
        (anders.customer_id, "efluelda"): DOSE_DAY - 5 * DAY,
        (anders.customer_id, "comirnaty"): DOSE_DAY - 5 * DAY,
        (other.customer_id, "efluelda"): DOSE_DAY - 9 * DAY,
    }


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("first", "last", "remedy"),
    [(DOSE_DAY + 3 * DAY, None, Remedy.ACTIVE_AFTER), (DOSE_DAY - 99 * DAY, DOSE_DAY - DAY, Remedy.ENDED_BEFORE)],
)
def test_a_group_that_begins_later_or_ended_before_is_suggested_with_its_period(
    store: Store, actor: Actor, first: date, last: date | None, remedy: Remedy
) -> None:
    customer = person(store, actor, date(1990, 1, 2))
    row = group(store, actor, customer, "medical_risk", first, last)
    dose(store, actor, customer)
    found = in_queue(store, actor).suggestion
    assert found
    assert (found.remedy, found.group_code, found.membership_id) == (remedy, "medical_risk", row.membership_id)
    assert (found.valid_from, found.valid_to) == (first, last)


def test_a_group_of_the_age_that_begins_later_is_to_be_adjusted_since_it_cannot_be_added_twice(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = group(store, actor, anders, "65_plus", DOSE_DAY + 3 * DAY)
    dose(store, actor, anders)
    found = in_queue(store, actor).suggestion
    assert found
    assert (found.remedy, found.membership_id) == (Remedy.ACTIVE_AFTER, row.membership_id)


def test_a_dose_that_nothing_known_would_have_paid_is_not_in_the_queue(store: Store, actor: Actor) -> None:
    customer = person(store, actor, date(1990, 1, 2))
    dose(store, actor, customer)
    withdrawn = dose(store, actor, person(store, actor, date(1946, 3, 12)))
    vaccinations.withdraw(store, actor, withdrawn.dose_id, 1, WithdrawReason.WRONG_PERSON)
    assert numbers(corrections.build_queue(store, actor)) == []
    assert numbers(corrections.build_queue(store, actor, lost=True)) == []


# Until it is too late


@pytest.mark.parametrize(("days_ago", "days_left"), [(29, 1), (30, 0), (31, None)])
def test_the_last_day_counts_as_none_left_and_the_day_after_it_the_dose_is_lost(
    store: Store, actor: Actor, anders: Customer, days_ago: int, days_left: int | None
) -> None:
    given = dose(store, actor, anders, TODAY - days_ago * DAY)
    at_risk, lost = corrections.build_queue(store, actor), corrections.build_queue(store, actor, lost=True)
    if days_left is None:
        assert numbers(at_risk) == []
        assert lost.steps(Filters()) == [QueuedDose(given.dose_id, anders.customer_id, FLU, TODAY - DAY)]
    else:
        assert at_risk.steps(Filters()) == [QueuedDose(given.dose_id, anders.customer_id, FLU, TODAY + days_left * DAY)]
        assert numbers(lost) == []


def test_a_dose_with_its_group_that_was_registered_too_late_is_lost_with_nothing_to_suggest(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = group(store, actor, anders, "65_plus", TODAY - 90 * DAY)
    given = dose(store, actor, anders, TODAY - 31 * DAY, row=row)
    queue = corrections.build_queue(store, actor, lost=True)
    (found,) = corrections.read_shown(store, actor, queue, numbers(queue))
    assert (found.dose_id, found.state, found.ore, found.suggestion) == (given.dose_id, PaymentState.LOST, FLU, None)
    assert found.last_day == TODAY - DAY


@pytest.mark.parametrize(("last_day", "soon"), [(-1, False), (0, True), (7, True), (8, False), (None, False)])
def test_what_is_soon_has_seven_days_left_or_fewer(last_day: int | None, soon: bool) -> None:
    day = None if last_day is None else TODAY + last_day * DAY
    assert QueuedDose(1, 1, FLU, day).is_soon(TODAY) is soon


# Order and filters


@pytest.fixture
def four(store: Store, actor: Actor) -> dict[str, int]:
    """Doses of four people: two against influenza with 20 and 5 days left, one against covid-19 with 10, one without
    a last day, by a rule that allows any number of days."""  # fmt: skip
    flu = next(rule for rule in rule_table.load(store) if rule.rule_code == "flu_65_2024")
    forever = replace(flu, rule_code="tbe", atc="J07BA", days_to_register=None)
    store.write(lambda tx: rule_table.insert(tx, store.now(), "test", forever))
    people = [person(store, actor, date(1946, 3, 12), serial) for serial in (981, 983, 985, 987)]
    given = {
        "flu_20": dose(store, actor, people[0], TODAY - 10 * DAY),
        "flu_5": dose(store, actor, people[1], TODAY - 25 * DAY, "vaxigrip_tetra", "soder"),
        "covid_10": dose(store, actor, people[2], TODAY - 20 * DAY, "comirnaty"),
        "tbe": dose(store, actor, people[3], TODAY - 40 * DAY, "fsme_immun"),
    }
    group(store, actor, people[0], "65_plus", TODAY - 90 * DAY)
    return {name: one.dose_id for name, one in given.items()}


def test_the_queue_goes_by_kronor_and_for_equal_ones_by_days_left(
    store: Store, actor: Actor, four: dict[str, int]
) -> None:
    queue = corrections.build_queue(store, actor)
    assert numbers(queue) == [four[name] for name in ("covid_10", "flu_5", "flu_20", "tbe")]
    by_days = Filters(order=Order.DAYS_LEFT)
    assert numbers(queue, by_days) == [four[name] for name in ("flu_5", "covid_10", "flu_20", "tbe")]
    assert [step.last_day for step in queue.steps(by_days)] == [
        TODAY + 5 * DAY,
        TODAY + 10 * DAY,
        TODAY + 20 * DAY,
        None,
    ]
    assert sum(step.ore for step in queue.steps(Filters())) == 3 * FLU + COVID


def test_of_the_lost_doses_the_one_that_was_lost_last_comes_first(
    store: Store, actor: Actor, four: dict[str, int], clock: SetClock
) -> None:
    clock.now += 100 * DAY
    queue = corrections.build_queue(store, actor, lost=True)
    order = [four[name] for name in ("flu_20", "covid_10", "flu_5")]
    assert numbers(queue, Filters(order=Order.DAYS_LEFT)) == order
    assert numbers(corrections.build_queue(store, actor)) == [four["tbe"]]


def test_a_customers_doses_of_equal_amount_and_day_stand_together(store: Store, actor: Actor) -> None:
    one, other = (person(store, actor, date(1946, 3, 12), serial) for serial in (981, 983))
    given = [dose(store, actor, who, product=product) for product in ("efluelda", "comirnaty") for who in (one, other)]
    fifth = dose(store, actor, one, product="prevenar_20")
    assert fifth.dose_id not in numbers(corrections.build_queue(store, actor))  # not 75 this year
    expected = [given[2], given[3], given[0], given[1]]
    assert numbers(corrections.build_queue(store, actor)) == [each.dose_id for each in expected]


@pytest.mark.parametrize(
    ("filters", "taken"),
    [
        (Filters(unit_id="soder"), {"flu_5"}),
        (Filters(product_code="comirnaty"), {"covid_10"}),
        (Filters(remedy=Remedy.CHOOSE_GROUP), {"flu_20"}),
        (Filters(remedy=Remedy.ADD_BY_AGE), {"flu_5", "covid_10", "tbe"}),
        (Filters(unit_id="norr", remedy=Remedy.ADD_BY_AGE), {"covid_10", "tbe"}),
        (Filters(remedy=Remedy.ENDED_BEFORE), set()),
    ],
)
def test_filters_take_the_doses_that_they_name(
    store: Store, actor: Actor, four: dict[str, int], filters: Filters, taken: set[str]
) -> None:
    assert set(numbers(corrections.build_queue(store, actor), filters)) == {four[name] for name in taken}


# Whose doses, and what is logged


def test_the_queue_holds_the_doses_of_own_units_whatever_unit_the_customer_belongs_to(
    store: Store, actor: Actor
) -> None:
    of_soder = person(store, actor, date(1946, 3, 12), unit_id="soder")
    here = dose(store, actor, of_soder)
    dose(store, actor, of_soder, product="comirnaty", unit_id="soder")
    queue = corrections.build_queue(store, OF_NORR)
    assert numbers(queue) == [here.dose_id]
    (found,) = corrections.read_shown(store, OF_NORR, queue, numbers(queue))
    assert (found.name, found.unit_id) == ("Eva Ek", "norr")
    assert [one.dose_id for one in corrections.read_customer(store, OF_NORR, of_soder.customer_id)] == [here.dose_id]
    assert numbers(corrections.build_queue(store, Actor("x", "X", Role.COORDINATOR, ""))) == []


def test_only_those_who_are_shown_are_logged_as_looked_at_and_once_for_a_look(
    store: Store, actor: Actor, four: dict[str, int], clock: SetClock
) -> None:
    queue = corrections.build_queue(store, OF_NORR)
    assert len(queue.steps(Filters())) == 3
    corrections.refresh_queue(store, OF_NORR, queue)
    assert logged(store, "view_corrections") == []
    first = numbers(queue)[:1]
    for _ in range(2):
        (shown,) = corrections.read_shown(store, OF_NORR, queue, first)
    entries = logged(store, "view_corrections")
    assert [(entry["user_id"], entry["customer_id"]) for entry in entries] == [("ida.berg", shown.customer_id)]
    clock.now += ONE_LOOK
    corrections.read_customer(store, OF_NORR, shown.customer_id)
    assert len(logged(store, "view_corrections")) == 2


def test_a_customer_that_somebody_has_nothing_to_do_with_is_refused_and_that_is_logged(
    store: Store, actor: Actor, anders: Customer
) -> None:
    of_soder = Actor("samir", "Samir", Role.COORDINATOR, "soder")
    dose(store, actor, anders)
    queue = corrections.build_queue(store, actor)
    for looks in (
        lambda: corrections.read_customer(store, of_soder, anders.customer_id),
        lambda: corrections.read_shown(store, of_soder, queue, numbers(queue)),
    ):
        with pytest.raises(Forbidden):
            looks()
    with store.read() as tx:
        rows = tx.rows("SELECT action, customer_id, outcome FROM access_log WHERE user_id = 'samir'")
    assert rows == [{"action": "view_corrections", "customer_id": anders.customer_id, "outcome": "refused"}]


def test_what_a_program_prints_of_a_correction_names_nobody(store: Store, actor: Actor, anders: Customer) -> None:
    dose(store, actor, anders)
    queue = corrections.build_queue(store, actor)
    printed = f"{in_queue(store, actor)!r} {queue!r} {queue.steps(Filters())!r}"
    assert "Karlsson" not in printed
    assert "1946" not in printed


# Brought up to date


def test_a_dose_leaves_the_queue_when_it_is_corrected_and_only_its_customer_is_assessed_anew(
    store: Store, actor: Actor, anders: Customer, clock: SetClock
) -> None:
    given = dose(store, actor, anders)
    other = dose(store, actor, person(store, actor, date(1950, 1, 2)))
    queue = corrections.build_queue(store, actor)
    assert corrections.refresh_queue(store, actor, queue) is queue
    clock.now += timedelta(minutes=5)
    row = group(store, actor, anders, "65_plus", DOSE_DAY)
    added = corrections.refresh_queue(store, actor, queue)
    assert set(numbers(added, Filters(remedy=Remedy.CHOOSE_GROUP))) == {given.dose_id}
    choose(store, actor, given, row)
    corrected = corrections.refresh_queue(store, actor, added)
    assert numbers(corrected) == [other.dose_id]
    assert corrected.made_at == queue.made_at
    (found,) = corrections.read_customer(store, actor, anders.customer_id)
    assert (found.state, found.ore, found.is_paid) == (PaymentState.PAYABLE, FLU, True)
    assert "betalar 150 kr" in found.explanation(load(store), "sv")


def test_an_adjusted_period_alone_remedies_a_dose_whose_group_did_not_cover_its_day(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = group(store, actor, anders, "65_plus", DOSE_DAY - 5 * DAY)
    given = dose(store, actor, anders, row=row)
    later = memberships.Entry("65_plus", None, DOSE_DAY + DAY)
    late = memberships.adjust(store, actor, row.membership_id, 1, later)
    found = in_queue(store, actor)
    assert (found.dose_id, found.outcome) == (given.dose_id, Outcome.PERIOD)
    assert found.suggestion and found.suggestion.remedy == Remedy.ACTIVE_AFTER
    memberships.adjust(store, actor, row.membership_id, late.version, replace(later, valid_from=DOSE_DAY))
    assert numbers(corrections.build_queue(store, actor)) == []


def test_a_new_dose_and_a_group_that_was_removed_as_wrong_come_into_a_queue_that_is_brought_up_to_date(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = group(store, actor, anders, "65_plus", DOSE_DAY)
    paid = dose(store, actor, anders, row=row)
    queue = corrections.build_queue(store, actor)
    assert numbers(queue) == []
    memberships.remove(store, actor, row.membership_id, 1, EndReason.WRONG)
    new = dose(store, actor, person(store, actor, date(1950, 1, 2)))
    assert set(numbers(corrections.refresh_queue(store, actor, queue))) == {paid.dose_id, new.dose_id}


@pytest.mark.parametrize("later", [LONGEST_KEPT + timedelta(seconds=1), DAY], ids=["ten minutes", "a day"])
def test_a_queue_of_another_day_or_of_long_ago_is_made_anew(
    store: Store, actor: Actor, anders: Customer, clock: SetClock, later: timedelta
) -> None:
    given = dose(store, actor, anders, TODAY - 30 * DAY)
    queue = corrections.build_queue(store, actor)
    clock.now += later
    anew = corrections.refresh_queue(store, actor, queue)
    assert anew.made_at == store.now()
    assert numbers(anew) == ([given.dose_id] if later < DAY else [])


def test_a_queue_of_other_units_is_made_anew(store: Store, actor: Actor, anders: Customer) -> None:
    dose(store, actor, anders)
    queue = corrections.build_queue(store, actor)
    assert numbers(corrections.refresh_queue(store, OF_NORR, queue)) == numbers(queue)
    assert numbers(corrections.refresh_queue(store, Actor("x", "X", Role.LEAD, "soder"), queue)) == []


def test_a_changed_rule_makes_the_queue_anew(store: Store, actor: Actor, anders: Customer, clock: SetClock) -> None:
    dose(store, actor, anders)
    queue = corrections.build_queue(store, actor)
    flu = next(rule for rule in queue.rules if rule.rule_code == "flu_65_2024")

    def change(tx: Transaction) -> None:
        rule_table.update(tx, store.now(), actor.user_id, "adjusted", replace(flu, ore=2 * FLU))
        audit.record(tx, store.now(), actor, Action.CHANGE_RULE)

    store.write(change)
    assert [step.ore for step in corrections.refresh_queue(store, actor, queue).steps(Filters())] == [2 * FLU]


@pytest.mark.parametrize(("most", "anew"), [(1, True), (2, False)])
def test_when_many_customers_were_changed_the_queue_is_made_anew(
    store: Store,
    actor: Actor,
    anders: Customer,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    anew: bool,
) -> None:
    given = dose(store, actor, anders)
    queue = corrections.build_queue(store, actor)
    clock.now += timedelta(minutes=1)
    row = group(store, actor, anders, "65_plus", DOSE_DAY)
    new = dose(store, actor, person(store, actor, date(1950, 1, 2)))
    choose(store, actor, given, row)
    monkeypatch.setattr(corrections, "MOST_CHANGED", most)
    refreshed = corrections.refresh_queue(store, actor, queue)
    assert numbers(refreshed) == [new.dose_id]
    assert (refreshed.made_at == store.now()) is anew


def test_a_dose_that_is_no_longer_in_the_queue_is_not_shown(store: Store, actor: Actor, anders: Customer) -> None:
    given = dose(store, actor, anders)
    queue = corrections.build_queue(store, actor)
    assert corrections.read_shown(store, actor, queue, [given.dose_id + 1]) == []
    assert [c.dose_id for c in corrections.read_shown(store, actor, queue, [given.dose_id])] == [given.dose_id]
