"""Typing row after row: what each number comes to, what stops it, and what is there on another computer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mv import customers, deaths, memberships, vaccinations
from mv.access import Actor, OtherUnit, Role
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid, MvError, NotFound
from mv.memberships import EndReason
from mv.registration import rounds, undo
from mv.registration.entry import RegistrationEntry
from mv.registration.rounds import UnknownIdentity
from mv.registration.saving import AlreadyRegistered, ReasonRequired
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import LOG, logged, nothing_changes

DAY = TODAY - timedelta(days=1)
GROUP = RegistrationEntry("medical_risk", "heart", DAY, "norr")
DOSE = replace(GROUP, given_on=DAY, product_code="efluelda", batch_number="B1")
WHY = {"reason": "Checked with the nurse", "accepted": frozenset(Concern)}


@pytest.fixture
def batch(store: Store) -> None:
    """The batch B1 of Efluelda, which lasts."""
    sql = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('efluelda', 'B1', $1)"
    store.write(lambda tx: tx.execute(sql, TODAY + timedelta(days=90)))


def test_a_number_registers_the_group_from_the_day_on(store: Store, actor: Actor, anders: Customer) -> None:
    entered = rounds.register(store, actor, anders.identity, GROUP)
    assert entered.customer == anders
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    assert (row.group_code, row.subgroup_code, row.valid_from, row.valid_to) == ("medical_risk", "heart", DAY, None)
    assert entered.saved.membership == row
    assert entered.saved.dose is None
    assert [entry["action"] for entry in logged(store, "add_group")] == ["add_group"]


@pytest.mark.usefixtures("batch")
def test_with_a_product_the_dose_is_registered_and_counts_by_that_group(
    store: Store, actor: Actor, anders: Customer
) -> None:
    entered = rounds.register(store, actor, anders.identity, DOSE)
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    (dose,) = vaccinations.of_customer(store, actor, anders.customer_id)
    assert entered.saved.dose == dose
    assert (dose.membership_id, dose.group_code, dose.subgroup_code) == (row.membership_id, "medical_risk", "heart")
    assert (dose.given_on, dose.batch_number, dose.dose_number, dose.unit_id) == (DAY, "B1", 1, "norr")


@pytest.mark.usefixtures("batch")
def test_somebody_who_is_in_the_group_already_gets_the_dose_by_that_row(
    store: Store, actor: Actor, anders: Customer
) -> None:
    entry = memberships.Entry("medical_risk", "heart", TODAY - timedelta(days=30))
    there = memberships.add(store, actor, anders.customer_id, entry)
    entered = rounds.register(store, actor, anders.identity, DOSE)
    assert entered.saved.membership is None
    assert entered.saved.dose is not None
    assert entered.saved.dose.membership_id == there.membership_id
    assert memberships.of_customer(store, actor, anders.customer_id) == [there]


def stops(store: Store, actor: Actor, number: str, entry: RegistrationEntry, kind: type[MvError], says: str) -> None:
    with nothing_changes(store, but=LOG if kind in (OtherUnit, UnknownIdentity) else ()):
        with pytest.raises(kind) as caught:
            rounds.register(store, actor, number, entry)
        assert says in str(caught.value)


def test_a_wrong_and_an_unknown_number_stop_the_line(store: Store, actor: Actor, anders: Customer) -> None:
    stops(store, actor, anders.identity[:-1] + "x", GROUP, Invalid, "reserve number")
    stops(store, actor, invented_number(date(1950, 5, 5)), GROUP, UnknownIdentity, "No customer has this number")


def test_somebody_of_another_unit_stops_the_line_until_there_is_a_reason(store: Store, actor: Actor) -> None:
    number = invented_number(date(1950, 1, 2), 982)
    customers.register(store, actor, number, "Eva", "Ek", "soder")
    norr = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
    stops(store, norr, number, GROUP, OtherUnit, "belongs to another unit")


def test_somebody_who_died_before_the_day_stops_the_line(store: Store, actor: Actor, anders: Customer) -> None:
    deaths.record(store, actor, anders.customer_id, DAY - timedelta(days=1))
    stops(store, actor, anders.identity, GROUP, Conflict, f"died on {DAY - timedelta(days=1)}")


def test_what_is_registered_already_stops_the_line(store: Store, actor: Actor, anders: Customer) -> None:
    rounds.register(store, actor, anders.identity, GROUP)
    stops(store, actor, anders.identity, GROUP, AlreadyRegistered, "already")


@pytest.mark.usefixtures("batch")
def test_the_same_dose_twice_stops_the_line(store: Store, actor: Actor, anders: Customer) -> None:
    rounds.register(store, actor, anders.identity, DOSE)
    stops(store, actor, anders.identity, DOSE, AlreadyRegistered, "registered already")
    other = replace(DOSE, batch_number="B2")
    stops(store, actor, anders.identity, other, Conflict, "with another group or batch")


def test_days_that_cannot_be_stop_the_line(store: Store, actor: Actor, anders: Customer) -> None:
    future = replace(GROUP, valid_from=TODAY + timedelta(days=1))
    stops(store, actor, anders.identity, future, Invalid, "cannot start after today")
    unborn = replace(GROUP, valid_from=anders.birth_date - timedelta(days=1))
    stops(store, actor, anders.identity, unborn, Invalid, "before the customer was born")
    gone = replace(GROUP, group_code="covid_phase", subgroup_code=None)
    stops(store, actor, anders.identity, gone, Invalid, "was not in use")


@pytest.mark.parametrize(
    ("entry", "concern"),
    [
        (replace(GROUP, group_code="pneumo_75", subgroup_code=None), Concern.AGE),
        (replace(DOSE, batch_number="B9"), Concern.BATCH_UNKNOWN),
        (replace(DOSE, batch_number="OLD"), Concern.BATCH_EXPIRED),
    ],
)
@pytest.mark.usefixtures("batch")
def test_what_is_unusual_takes_a_reason_and_is_then_registered(
    store: Store, actor: Actor, anders: Customer, entry: RegistrationEntry, concern: Concern
) -> None:
    sql = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('efluelda', 'OLD', $1)"
    store.write(lambda tx: tx.execute(sql, DAY - timedelta(days=1)))
    with nothing_changes(store):
        for more in ({}, {"reason": "Checked"}, {"accepted": frozenset(Concern)}, {**WHY, "accepted": frozenset()}):
            with pytest.raises(ReasonRequired) as caught:
                rounds.register(store, actor, anders.identity, entry, **more)
            assert set(caught.value.concerns) == {concern}
    entered = rounds.register(store, actor, anders.identity, entry, **WHY)
    (row,) = rounds.read_rows(store, actor, rounds.rounds_of_today(store, actor)[0].registration_id)
    assert (row.reason, row.concerns) == ("Checked with the nurse", f'["{concern}"]')
    assert entered.customer == anders


def test_what_stays_and_the_rows_are_there_on_another_computer_the_same_day(
    store: Store, actor: Actor, anders: Customer, clock: SetClock
) -> None:
    rounds.keep_entry(store, actor, GROUP)
    rounds.register(store, actor, anders.identity, GROUP)
    other = replace(GROUP, subgroup_code="lung")
    rounds.keep_entry(store, actor, other)
    now = rounds.current_round(store, replace(actor))
    assert now is not None
    assert now.entry == other
    assert [row.name for row in rounds.read_rows(store, actor, now.registration_id)] == ["Anders Karlsson"]
    clock.now += timedelta(days=1)
    assert rounds.current_round(store, actor) is None
    begun = rounds.keep_entry(store, actor, other)
    assert begun.registration_id != now.registration_id
    assert rounds.read_rows(store, actor, begun.registration_id) == []


def test_a_registration_is_its_users_alone(store: Store, actor: Actor, colleague: Actor, anders: Customer) -> None:
    rounds.register(store, actor, anders.identity, GROUP)
    (mine,) = rounds.rounds_of_today(store, actor)
    with pytest.raises(NotFound):
        rounds.read_rows(store, colleague, mine.registration_id)
    with pytest.raises(NotFound):
        undo.undo_all(store, colleague, mine.registration_id)
    with pytest.raises(Forbidden):
        rounds.rounds_of_today(store, Actor("a", "A", Role.ANALYST, "norr"))


def test_what_is_ended_is_not_open_any_more(store: Store, actor: Actor, anders: Customer) -> None:
    rounds.register(store, actor, anders.identity, GROUP)
    rounds.end(store, actor)
    assert rounds.current_round(store, actor) is None
    with pytest.raises(Conflict):
        rounds.end(store, actor)
    rounds.register(store, actor, anders.identity, replace(GROUP, subgroup_code="lung"))
    assert [r.ended_at is None for r in rounds.rounds_of_today(store, actor)] == [True, False]


@pytest.mark.usefixtures("batch")
def test_undo_takes_back_dose_and_group_and_leaves_them_in_the_history(
    store: Store, actor: Actor, anders: Customer
) -> None:
    entered = rounds.register(store, actor, anders.identity, DOSE)
    (mine,) = rounds.rounds_of_today(store, actor)
    undo.undo_row(store, actor, mine.registration_id, entered.saved.row_number)
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    (dose,) = vaccinations.of_customer(store, actor, anders.customer_id)
    assert row.ended_reason == EndReason.WRONG
    assert dose.withdrawn_reason == "entered_by_mistake"
    assert [change.change for change in memberships.changes(store, actor, anders.customer_id)] == ["removed", "added"]
    (undone,) = rounds.read_rows(store, actor, mine.registration_id)
    assert undone.undone_by == actor.user_id
    with pytest.raises(Conflict):
        undo.undo_row(store, actor, mine.registration_id, entered.saved.row_number)
    again = rounds.register(store, actor, anders.identity, DOSE)
    assert again.saved.row_number == 2


def test_a_group_that_is_undone_just_after_midnight_ends_on_the_new_day(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    clock.now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # 00:30 in Stockholm
    entered = rounds.register(store, actor, anders.identity, replace(GROUP, valid_from=TODAY))
    (registration,) = rounds.rounds_of_today(store, actor)
    undo.undo_row(store, actor, registration.registration_id, entered.saved.row_number)
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    assert (row.valid_to, row.ended_reason) == (TODAY + timedelta(days=1), EndReason.WRONG)


def test_what_was_changed_since_is_not_undone(store: Store, actor: Actor, anders: Customer) -> None:
    entered = rounds.register(store, actor, anders.identity, GROUP)
    (mine,) = rounds.rounds_of_today(store, actor)
    assert entered.saved.membership is not None
    entry = memberships.Entry("medical_risk", "lung", DAY)
    memberships.adjust(store, actor, entered.saved.membership.membership_id, 1, entry)
    with nothing_changes(store), pytest.raises(Conflict):
        undo.undo_row(store, actor, mine.registration_id, 1)


@pytest.mark.usefixtures("batch")
def test_a_group_by_which_a_dose_counts_is_not_undone(store: Store, actor: Actor, anders: Customer) -> None:
    rounds.register(store, actor, anders.identity, GROUP)
    rounds.register(store, actor, anders.identity, DOSE)
    (mine,) = rounds.rounds_of_today(store, actor)
    with nothing_changes(store), pytest.raises(Conflict, match="counts by the group"):
        undo.undo_row(store, actor, mine.registration_id, 1)
    assert undo.undo_all(store, actor, mine.registration_id) == 2
    with pytest.raises(Conflict, match="undone already"):
        undo.undo_all(store, actor, mine.registration_id)
