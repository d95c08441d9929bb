"""What is told before it is saved, held against what is so once it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import catalogue, customers, memberships, sample, vaccinations
from mv.access import Actor
from mv.customers import Customer
from mv.i18n import ENGLISH
from mv.memberships import EndReason, Membership
from mv.reimbursement.preview import group as of_group
from mv.reimbursement.preview.customer_case import (
    Adjudications,
    CustomerCase,
    Effect,
    adjudicate_customers,
    adjudicate_doses,
    covered,
    periods,
    read_case,
)
from mv.reimbursement.preview.dose import Forecast, GroupSuggestion, forecast
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.remedies import Remedy
from mv.reimbursement.pricing.wording import explain
from mv.store import Store
from mv.vaccinations import Dose, Entry
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged, nothing_changes

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 9, 1), date(2026, 11, 10)
FLU = Entry("efluelda", "B1", 1, TODAY, "norr", None)
COVID = replace(FLU, product_code="comirnaty")
OLD = memberships.Entry("65_plus", None, FIRST)


def stands(store: Store, actor: Actor, customer: Customer) -> CustomerCase:
    return read_case(store, actor, customer, catalogue.load(store))


def adjudications(store: Store, actor: Actor, customer: Customer) -> Adjudications:
    """Return what the rules say of the customer's doses, as the follow-up reads them."""
    case = stands(store, actor, customer)
    return adjudicate_doses(case.doses, case.rules)


def told(store: Store, actor: Actor, customer: Customer, entry: Entry, was: Dose | None = None) -> Forecast:
    with nothing_changes(store, but=("access_log", "log_head")):
        found = forecast(stands(store, actor, customer), entry, was)
    assert found is not None
    return found


def changed(effect: Effect) -> dict[int, tuple[int, int]]:
    """Return by dose how many öre it was paid before, and is after."""
    return {turn.dose_id: (turn.before.ore, turn.after.ore) for turn in effect.changed_doses}


def between(before: Adjudications, after: Adjudications) -> dict[int, tuple[int, int]]:
    """Return the same from what was so before something was saved, and what is so since."""
    ore = {number: (before[number].ore, after[number].ore) for number in before}
    return {number: pair for number, pair in ore.items() if pair[0] != pair[1]}


@pytest.fixture
def old(store: Store, actor: Actor, anders: Customer) -> Membership:
    """Anders's group 65 years and older, since September."""
    return memberships.add(store, actor, anders.customer_id, OLD)


# A dose before it is saved


def test_the_outcome_of_a_dose_names_kronor_payer_rule_and_why(
    store: Store, actor: Actor, anders: Customer, old: Membership
) -> None:
    found = told(store, actor, anders, replace(FLU, membership_id=old.membership_id))
    assert (found.adjudication.outcome, found.adjudication.ore, found.others, found.suggestion) == (
        Outcome.PAYABLE, 150_00, Effect(), None,
    )  # fmt: skip
    says = explain(found.adjudication.dose, found.adjudication.rule, catalogue.load(store), ENGLISH)
    assert says == ("Exempelregionen pays 150 kr by the rule “Influenza vaccine, 65 years and older, 2024-03-01”.")


def test_customers_together_come_to_what_each_case_comes_to(store: Store, actor: Actor) -> None:
    sample.make(store, 30, 3)
    with store.read() as tx:
        ids = [row["customer_id"] for row in tx.rows("SELECT DISTINCT customer_id FROM dose ORDER BY customer_id")]
    assert len(ids) > 5
    known, each = catalogue.load(store), {}
    for number in ids:
        case = read_case(store, actor, customers.get(store, actor, number), known)
        each |= adjudicate_doses(case.doses, case.rules)
    assert adjudicate_customers(store, actor, ids) == each
    assert adjudicate_customers(store, actor, []) == {}


def test_what_is_told_of_doses_comes_true_when_they_are_saved(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, old: Membership
) -> None:
    flu, covid = replace(FLU, membership_id=old.membership_id), replace(COVID, membership_id=old.membership_id)
    outcomes = []
    for entry in (
        replace(flu, given_on=date(2026, 10, 1)),  # registered too late
        replace(flu, given_on=date(2026, 11, 20)),
        replace(flu, product_code="fluad_tetra"),  # two days after a paid one
        replace(flu, given_on=date(2026, 11, 1), product_code="vaxigrip_tetra"),  # makes the one of the 20th too soon
        replace(covid, given_on=date(2026, 11, 20), abroad=True, membership_id=None, batch_number=""),
        covid,
        replace(covid, given_on=date(2026, 8, 31), membership_id=None),  # before the group
        replace(covid, given_on=TODAY - DAY, membership_id=None, without_group=True),
        replace(flu, product_code="fsme_immun"),
    ):
        found, before = told(store, actor, anders, entry), adjudications(store, actor, anders)
        saved = vaccinations.register(store, actor, anders.customer_id, entry)
        after = adjudications(store, actor, anders)
        now = after[saved.dose_id]
        assert (found.adjudication.outcome, found.adjudication.ore, found.adjudication.rule) == (
            now.outcome,
            now.ore,
            now.rule,
        )
        assert changed(found.others) == between(before, after)
        outcomes.append((now.outcome, len(found.others.changed_doses)))
    assert outcomes == [
        (Outcome.LATE, 0),
        (Outcome.PAYABLE, 0),
        (Outcome.TOO_SOON, 0),
        (Outcome.PAYABLE, 1),
        (Outcome.ABROAD, 0),
        (Outcome.PAYABLE, 0),
        (Outcome.NO_GROUP, 0),
        (Outcome.NO_GROUP, 0),
        (Outcome.NO_RULE, 0),
    ]


def test_what_is_told_of_corrections_comes_true_when_they_are_saved(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, old: Membership
) -> None:
    entry = replace(FLU, given_on=date(2026, 11, 1), membership_id=old.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, entry)
    later = vaccinations.register(store, actor, anders.customer_id, replace(entry, given_on=TODAY))
    clock.now += 15 * DAY  # by now a dose of 1 November that is completed anew is late
    told_so_far = []
    for change in (
        {"batch_number": "B2"},
        {"given_on": date(2026, 11, 10)},
        {"given_on": date(2026, 11, 1)},
        {"abroad": True, "membership_id": None, "batch_number": ""},
        {"abroad": False, "membership_id": old.membership_id, "batch_number": "B1"},
    ):
        entry = replace(entry, **change)
        found, before = told(store, actor, anders, entry, dose), adjudications(store, actor, anders)
        dose = vaccinations.correct(store, actor, dose.dose_id, dose.version, entry)
        after = adjudications(store, actor, anders)
        assert (found.adjudication.outcome, found.adjudication.ore) == (
            after[dose.dose_id].outcome,
            after[dose.dose_id].ore,
        )
        assert changed(found.others) | {dose.dose_id: None} == between(before, after) | {dose.dose_id: None}
        told_so_far.append((found.adjudication.outcome, changed(found.others).get(later.dose_id)))
    assert told_so_far == [
        (Outcome.PAYABLE, None),
        (Outcome.PAYABLE, None),
        (Outcome.LATE, (0, 150_00)),
        (Outcome.ABROAD, None),
        (Outcome.LATE, None),
    ]


@pytest.mark.parametrize(
    ("given_on", "outcome"),
    [
        (FIRST - DAY, Outcome.PERIOD),
        (FIRST, Outcome.LATE),
        (TODAY - 31 * DAY, Outcome.LATE),
        (TODAY - 30 * DAY, Outcome.PAYABLE),
        (LAST, Outcome.PAYABLE),
        (LAST + DAY, Outcome.PERIOD),
    ],
)
def test_a_corrected_dose_is_adjudicated_by_its_day_at_the_bounds(
    store: Store, actor: Actor, anders: Customer, given_on: date, outcome: Outcome
) -> None:
    row = memberships.add(store, actor, anders.customer_id, replace(OLD, valid_from=FIRST - DAY, valid_to=LAST + DAY))
    entry = replace(FLU, given_on=given_on, membership_id=row.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, entry)
    memberships.adjust(store, actor, row.membership_id, 1, replace(OLD, valid_to=LAST))
    assert told(store, actor, anders, entry, dose).adjudication.outcome == outcome


@pytest.mark.parametrize(("apart", "outcome"), [(149, Outcome.TOO_SOON), (150, Outcome.PAYABLE)])
def test_a_second_dose_is_too_soon_before_the_days_between_are_over(
    store: Store, actor: Actor, anders: Customer, apart: int, outcome: Outcome
) -> None:
    row = memberships.add(store, actor, anders.customer_id, replace(OLD, valid_from=date(2024, 1, 1)))
    entry = replace(FLU, membership_id=row.membership_id)
    with_time = replace(entry, given_on=TODAY - apart * DAY)
    dose = vaccinations.register(store, actor, anders.customer_id, with_time)
    set_completed(store, dose)
    assert told(store, actor, anders, entry).adjudication.outcome == outcome


def set_completed(store: Store, dose: Dose) -> None:
    """Have the dose registered on its day."""
    sql = "UPDATE dose SET completed_at = given_on, registered_at = given_on WHERE dose_id = $1"
    store.write(lambda tx: tx.execute(sql, dose.dose_id))


def test_nothing_is_told_while_too_little_is_entered_or_what_cannot_be_saved(
    store: Store, actor: Actor, anders: Customer, old: Membership
) -> None:
    case = stands(store, actor, anders)
    chosen = replace(FLU, membership_id=old.membership_id)
    assert forecast(case, chosen) is not None
    for entry in (
        replace(chosen, product_code=None),
        replace(chosen, unit_id=""),
        FLU,  # which of the groups counts is not chosen
        replace(chosen, given_on=FIRST - DAY),  # the group does not apply
        replace(chosen, abroad=True),
        replace(chosen, given_on=TODAY + DAY),
        replace(chosen, given_on=anders.birth_date - DAY),
    ):
        assert forecast(case, entry) is None


def test_a_batch_that_is_not_written_yet_keeps_no_outcome_back(
    store: Store, actor: Actor, anders: Customer, old: Membership
) -> None:
    entry = replace(FLU, membership_id=old.membership_id, batch_number="")
    assert told(store, actor, anders, entry).adjudication.outcome == Outcome.PAYABLE


def test_a_dose_of_another_unit_is_adjudicated_by_the_rules_of_its_region(
    store: Store, actor: Actor, anders: Customer, old: Membership
) -> None:
    store.write(lambda tx: tx.execute("UPDATE unit SET region = 'Annan region' WHERE unit_id = 'soder'"))
    entry = replace(FLU, membership_id=old.membership_id)
    assert told(store, actor, anders, entry).adjudication.outcome == Outcome.PAYABLE
    elsewhere = told(store, actor, anders, replace(entry, unit_id="soder")).adjudication
    assert elsewhere.outcome == Outcome.REGION_WITHOUT_RULES


# Which group fits


def suggestion(store: Store, actor: Actor, customer: Customer, entry: Entry) -> GroupSuggestion | None:
    return told(store, actor, customer, entry).suggestion


def test_where_no_group_counts_it_is_told_which_one_fits(store: Store, actor: Actor, anders: Customer) -> None:
    risk = catalogue.load(store).choice("medical_risk", "diabetes")
    by_age = suggestion(store, actor, anders, FLU)
    assert by_age == GroupSuggestion(
        Remedy.ADD_BY_AGE, catalogue.load(store).choice("65_plus", None), 150_00, TODAY + 30 * DAY, in_time=True
    )
    young = customers.register(store, actor, invented_number(date(1980, 5, 5)), "Anna", "Ek", "norr")
    row = memberships.add(store, actor, young.customer_id, memberships.Entry("medical_risk", "diabetes", FIRST, LAST))
    for entry, remedy in (
        (replace(FLU, given_on=LAST + DAY), Remedy.ENDED_BEFORE),
        (replace(FLU, given_on=LAST, without_group=True), Remedy.CHOOSE_GROUP),
    ):
        last_day = entry.given_on + 30 * DAY
        assert suggestion(store, actor, young, entry) == GroupSuggestion(remedy, risk, 150_00, last_day, in_time=True)
    early = replace(FLU, given_on=TODAY - 30 * DAY)
    memberships.adjust(store, actor, row.membership_id, 1, memberships.Entry("medical_risk", "diabetes", LAST, LAST))
    assert suggestion(store, actor, young, early) == GroupSuggestion(
        Remedy.ACTIVE_AFTER, risk, 150_00, TODAY, in_time=True
    )
    too_late = suggestion(store, actor, young, replace(early, given_on=TODAY - 31 * DAY))
    assert too_late == GroupSuggestion(Remedy.ACTIVE_AFTER, risk, 150_00, TODAY - DAY, in_time=False)


def test_where_no_group_fits_it_is_told_what_the_best_one_would_give(
    store: Store, actor: Actor, anders: Customer
) -> None:
    young = customers.register(store, actor, invented_number(date(1980, 5, 5)), "Anna", "Ek", "norr")
    newborn = customers.register(store, actor, invented_number(date(2026, 10, 1)), "Elsa", "Ek", "norr")
    assert told(store, actor, young, FLU).with_a_group == 150_00
    assert told(store, actor, young, COVID).with_a_group == 275_00
    tbe = told(store, actor, young, replace(FLU, product_code="fsme_immun"))
    assert (tbe.adjudication.outcome, tbe.with_a_group) == (Outcome.NO_RULE, 0)
    late = told(store, actor, young, replace(FLU, given_on=TODAY - 31 * DAY))
    assert (late.adjudication.outcome, late.with_a_group) == (Outcome.NO_GROUP, 0)
    # The age of a risk group against covid-19 is 18, but pregnancy has none.
    assert told(store, actor, newborn, COVID).with_a_group == 275_00
    pneumo = told(store, actor, newborn, replace(FLU, product_code="prevenar_20"))
    assert (pneumo.adjudication.outcome, pneumo.with_a_group) == (Outcome.NO_GROUP, 0)
    abroad = told(store, actor, young, replace(FLU, abroad=True))
    assert (abroad.suggestion, abroad.with_a_group) == (None, 0)


def test_a_second_dose_too_soon_is_paid_nothing_with_any_group(
    store: Store, actor: Actor, anders: Customer, old: Membership
) -> None:
    entry = replace(FLU, given_on=TODAY - DAY, membership_id=old.membership_id)
    vaccinations.register(store, actor, anders.customer_id, entry)
    found = told(store, actor, anders, replace(FLU, product_code="fluad_tetra", without_group=True))
    assert (found.adjudication.outcome, found.suggestion, found.with_a_group) == (Outcome.NO_GROUP, None, 0)


# A group before it is saved


@pytest.fixture
def dosed(store: Store, actor: Actor, anders: Customer, old: Membership) -> list[Dose]:
    """Doses that Anders's group counts for: against influenza on two days, too near to each other, and covid-19."""
    entries = (
        replace(FLU, given_on=date(2026, 11, 1)),
        replace(FLU, given_on=date(2026, 11, 10), product_code="fluad_tetra"),
        replace(COVID, given_on=date(2026, 11, 10)),
    )
    return [
        vaccinations.register(store, actor, anders.customer_id, replace(entry, membership_id=old.membership_id))
        for entry in entries
    ]


def comes_true(
    store: Store, actor: Actor, customer: Customer, effect: Effect, save: Callable[[], object]
) -> dict[int, tuple[int, int]]:
    """Save, check that what was told has come true, and return which doses turned and how."""
    before = adjudications(store, actor, customer)
    save()
    changed_doses = between(before, adjudications(store, actor, customer))
    assert changed(effect) == changed_doses
    assert effect.ore == sum(after - before for before, after in changed_doses.values())
    return changed_doses


@pytest.mark.parametrize(
    ("first_day", "changed_doses"),
    [
        (date(2026, 10, 1), {}),
        (date(2026, 11, 1), {}),
        (date(2026, 11, 2), {0: (150_00, 0), 1: (0, 150_00)}),
        (date(2026, 11, 10), {0: (150_00, 0), 1: (0, 150_00)}),
        (date(2026, 11, 11), {0: (150_00, 0), 2: (275_00, 0)}),
    ],
)
def test_adjusting_the_first_day_changes_the_doses_that_it_leaves_out(
    store: Store,
    actor: Actor,
    anders: Customer,
    old: Membership,
    dosed: list[Dose],
    first_day: date,
    changed_doses: dict[int, tuple[int, int]],
) -> None:
    entry = replace(OLD, valid_from=first_day)
    effect = of_group.adjusting(stands(store, actor, anders), old, entry)
    found = comes_true(
        store, actor, anders, effect, lambda: memberships.adjust(store, actor, old.membership_id, 1, entry)
    )
    assert found == {dosed[place].dose_id: pair for place, pair in changed_doses.items()}


@pytest.mark.parametrize(("last_day", "ore"), [(date(2026, 11, 9), -275_00), (date(2026, 11, 10), 0)])
def test_adjusting_the_last_day_of_an_ended_group_changes_the_doses_after_it(
    store: Store, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose], last_day: date, ore: int
) -> None:
    row = memberships.remove(store, actor, old.membership_id, 1, EndReason.CEASED)
    entry = replace(OLD, valid_to=last_day)
    effect = of_group.adjusting(stands(store, actor, anders), row, entry)
    comes_true(store, actor, anders, effect, lambda: memberships.adjust(store, actor, row.membership_id, 2, entry))
    assert effect.ore == ore
    back = of_group.adjusting(stands(store, actor, anders), replace(row, version=3), OLD_ENDED)
    comes_true(store, actor, anders, back, lambda: memberships.adjust(store, actor, row.membership_id, 3, OLD_ENDED))
    assert back.ore == -ore


OLD_ENDED = replace(OLD, valid_to=TODAY)


def test_adjusting_the_group_takes_the_doses_of_the_old_one_along_only_when_they_are_corrected(
    store: Store, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    entry = memberships.Entry("medical_risk", "heart", FIRST)
    effect = of_group.adjusting(stands(store, actor, anders), old, entry)
    comes_true(store, actor, anders, effect, lambda: memberships.adjust(store, actor, old.membership_id, 1, entry))
    assert effect.ore == -150_00 - 275_00
    kept = Entry("efluelda", "B1", 1, date(2026, 11, 1), "norr", old.membership_id)
    assert told(store, actor, anders, kept, dosed[0]).adjudication.outcome == Outcome.PERIOD
    anew = told(store, actor, anders, replace(kept, group_anew=True), dosed[0])
    assert (anew.adjudication.outcome, anew.adjudication.dose["group_code"]) == (Outcome.PAYABLE, "medical_risk")


def test_a_dose_stays_paid_while_another_row_of_the_same_group_covers_its_day(
    store: Store, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    later = replace(OLD, valid_from=date(2026, 11, 6))
    shortened = of_group.adjusting(stands(store, actor, anders), old, later)
    assert shortened.ore == 0  # the first dose against influenza is not paid any more, and the second one is instead
    memberships.adjust(store, actor, old.membership_id, 1, later)
    earlier = replace(OLD, valid_to=date(2026, 11, 5))
    added = of_group.adding(stands(store, actor, anders), earlier)
    comes_true(store, actor, anders, added, lambda: memberships.add(store, actor, anders.customer_id, earlier))
    assert changed(added) == {dosed[0].dose_id: (0, 150_00), dosed[1].dose_id: (150_00, 0)}
    assert of_group.adding(stands(store, actor, anders), replace(earlier, group_code="staff")) == Effect()


def test_removing_changes_doses_only_where_it_says_that_the_group_was_wrong(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    slip = of_group.removing(stands(store, actor, anders), old)
    assert changed(slip) == {dosed[0].dose_id: (150_00, 0), dosed[2].dose_id: (275_00, 0)}
    clock.now += DAY  # from then on the row is taken for one that ceased to apply
    assert of_group.removing(stands(store, actor, anders), old) == Effect()
    clock.now -= DAY
    comes_true(store, actor, anders, slip, lambda: memberships.remove(store, actor, old.membership_id, 1))


def test_what_a_removal_did_and_the_ways_back_are_told(
    store: Store, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    lost = {dosed[0].dose_id: (150_00, 0), dosed[2].dose_id: (275_00, 0)}
    won = {number: (after, before) for number, (before, after) in lost.items()}
    wrong = memberships.remove(store, actor, old.membership_id, 1)
    assert wrong.ended_reason == EndReason.WRONG
    assert changed(of_group.having_removed(stands(store, actor, anders), wrong)) == lost
    ceased = of_group.giving_reason(stands(store, actor, anders), wrong, EndReason.CEASED)
    assert won == comes_true(
        store, actor, anders, ceased,
        lambda: memberships.set_end_reason(store, actor, old.membership_id, 2, EndReason.CEASED),
    )  # fmt: skip
    row = replace(wrong, ended_reason=EndReason.CEASED)
    assert of_group.having_removed(stands(store, actor, anders), row) == Effect()
    again = of_group.giving_reason(stands(store, actor, anders), row, EndReason.WRONG)
    assert lost == comes_true(
        store, actor, anders, again,
        lambda: memberships.set_end_reason(store, actor, old.membership_id, 3, EndReason.WRONG),
    )  # fmt: skip
    before = adjudications(store, actor, anders)
    memberships.restore(store, actor, old.membership_id, 4)
    assert between(before, adjudications(store, actor, anders)) == won


def test_adjusting_a_row_that_was_wrong_changes_nothing(
    store: Store, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    wrong = memberships.remove(store, actor, old.membership_id, 1, EndReason.WRONG)
    assert of_group.adjusting(stands(store, actor, anders), wrong, OLD_ENDED) == Effect()


def test_what_came_in_for_a_dose_that_is_no_longer_paid_has_to_be_paid_back(
    store: Store, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    case = stands(store, actor, anders)
    assert of_group.removing(case, old).to_pay_back == 0
    came_in = {dosed[0].dose_id: 150_00, dosed[1].dose_id: 150_00, dosed[2].dose_id: 100_00}
    # The second dose is not paid by the rules as it is: what came in for it is to be paid back in any case.
    assert of_group.removing(replace(case, paid=came_in), old).to_pay_back == 150_00 + 100_00
    shifted = of_group.adjusting(replace(case, paid=came_in), old, replace(OLD, valid_from=date(2026, 11, 2)))
    assert (shifted.ore, shifted.to_pay_back) == (0, 0)


# What it is told from


def test_whether_a_group_covers_a_dose_is_what_the_store_says(store: Store) -> None:
    sample.make(store, 150, 3)
    found = dose_frames.read_doses(store, 0, 10**9)
    with store.read() as tx:
        ids = [row["customer_id"] for row in tx.rows("SELECT customer_id FROM customer")]
        rows = {number: memberships.read(tx, number) for number in ids}
    assert found["covered"].any() and not found["covered"].all()
    for number, doses in found.groupby("customer_id"):
        assert covered(doses, periods(rows[number]).values()) == doses["covered"].tolist()


def test_reading_it_is_one_look_at_the_doses(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, old: Membership, dosed: list[Dose]
) -> None:
    stands(store, actor, anders)
    stands(store, actor, anders)
    assert [(entry["customer_id"], entry["detail"]) for entry in logged(store, "view_doses")] == [
        (anders.customer_id, None)
    ]


def test_somebody_without_doses_has_nothing_to_change(store: Store, actor: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, OLD)
    case = stands(store, actor, anders)
    assert adjudicate_doses(case.doses, case.rules) == {}
    assert of_group.removing(case, row) == Effect()
