"""A customer who has died: nothing is registered for a later day, and it can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import customers, deaths, memberships, vaccinations
from mv.access import Actor, OtherUnit, Role
from mv.customers import Customer, search
from mv.errors import Conflict, Invalid, NotFound
from mv.memberships import EndReason, Membership
from mv.reimbursement.checks import new_year
from mv.store import Store
from mv.vaccinations import Dose, WithdrawReason
from tests.conftest import TODAY, invented_number
from tests.contents import contents, logged, nothing_changes, refused

DAY = TODAY - timedelta(days=30)
NEXT = DAY + timedelta(days=1)
DIED = f"The customer died on {DAY}. Nothing can be registered for a later day."


def join(store: Store, actor: Actor, customer: Customer, first: date, last: date | None = None) -> Membership:
    return memberships.add(store, actor, customer.customer_id, memberships.Entry("65_plus", None, first, last))


def give(store: Store, actor: Actor, row: Membership, day: date) -> Dose:
    entry = vaccinations.Entry("efluelda", "B1", 1, day, "norr", row.membership_id)
    return vaccinations.register(store, actor, row.customer_id, entry)


def test_a_death_is_shown_with_the_customer_however_found_and_logged_without_the_day(
    store: Store, actor: Actor, anders: Customer
) -> None:
    deaths.record(store, actor, anders.customer_id, DAY)
    dead = replace(anders, deceased_on=DAY)
    assert customers.get(store, actor, anders.customer_id) == dead
    for text in (anders.identity, "and kar"):
        assert search(store, actor, text).customers == [dead]
    (entry,) = logged(store, "record_death")
    assert (entry["customer_id"], entry["detail"]) == (anders.customer_id, {"died": True})


def test_a_death_is_corrected_and_taken_back(store: Store, actor: Actor, anders: Customer) -> None:
    before = contents(store)["customer_name"]
    for day in (DAY, NEXT, None):
        deaths.record(store, actor, anders.customer_id, day)
        assert customers.get(store, actor, anders.customer_id).deceased_on == day
    assert contents(store)["customer_name"] == before
    assert [entry["detail"] for entry in logged(store, "record_death")] == [{"died": died} for died in (1, 1, 0)]


def test_nothing_begins_after_the_day_of_death(store: Store, actor: Actor, anders: Customer) -> None:
    row = join(store, actor, anders, DAY - timedelta(days=100))
    deaths.record(store, actor, anders.customer_id, DAY)
    entry = memberships.Entry("pregnant", None, NEXT)
    with refused(store, Conflict, DIED):
        memberships.add(store, actor, anders.customer_id, entry)
    with refused(store, Conflict, DIED):
        give(store, actor, row, NEXT)
    with refused(store, Conflict, DIED):
        moved = memberships.Entry("65_plus", None, NEXT)
        memberships.adjust(store, actor, row.membership_id, row.version, moved)


def test_what_was_given_before_is_registered_and_corrected_afterwards(
    store: Store, actor: Actor, anders: Customer
) -> None:
    deaths.record(store, actor, anders.customer_id, DAY)
    row = join(store, actor, anders, DAY)
    dose = give(store, actor, row, DAY)
    entry = vaccinations.Entry("efluelda", "B2", 1, DAY, "norr", row.membership_id)
    dose = vaccinations.correct(store, actor, dose.dose_id, dose.version, entry)
    with refused(store, Conflict, DIED):
        vaccinations.correct(store, actor, dose.dose_id, dose.version, replace(entry, given_on=NEXT))
    memberships.remove(store, actor, row.membership_id, row.version)


@pytest.mark.parametrize("of", ["group", "dose"])
def test_a_death_before_what_is_registered_is_refused_unless_that_was_a_mistake(
    store: Store, actor: Actor, anders: Customer, of: str
) -> None:
    row = join(store, actor, anders, NEXT if of == "group" else DAY)
    dose = give(store, actor, row, NEXT) if of == "dose" else None
    says = (
        f"A group or a dose of the customer is from a later day, {NEXT}. Check the day; if it is right, correct these"
        " first."
    )
    with refused(store, Conflict, says):
        deaths.record(store, actor, anders.customer_id, DAY)
    if dose:
        vaccinations.withdraw(store, actor, dose.dose_id, dose.version, WithdrawReason.WRONG_PERSON)
    else:
        memberships.remove(store, actor, row.membership_id, row.version, EndReason.WRONG)
    deaths.record(store, actor, anders.customer_id, DAY)


def test_a_day_that_cannot_be_is_refused(store: Store, actor: Actor, anders: Customer) -> None:
    with refused(store, Invalid, f"The day of death cannot be after today, {TODAY}."):
        deaths.record(store, actor, anders.customer_id, TODAY + timedelta(days=1))
    with refused(store, Invalid, "The customer cannot have died before being born."):
        deaths.record(store, actor, anders.customer_id, anders.birth_date - timedelta(days=1))
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        deaths.record(store, actor, 999, DAY)
    stranger = Actor("ali.ek", "Ali Ek", Role.COORDINATOR, "hamnen")
    with nothing_changes(store, but=("access_log", "log_head")), pytest.raises(OtherUnit):
        deaths.record(store, stranger, anders.customer_id, DAY)


def test_who_has_died_is_not_on_the_new_year_list(store: Store, actor: Actor) -> None:
    born = date(TODAY.year - 64, 5, 6)
    two = [
        customers.register(store, actor, invented_number(born, serial), "Gun", "Ek", "norr") for serial in (982, 984)
    ]
    deaths.record(store, actor, two[0].customer_id, DAY)
    people = new_year.people(store, actor, TODAY.year + 1, new_year.Filters(), limit=99)
    assert {person.customer for person in people} == {two[1]}
