"""An hour is an hour: what was registered while another unit's customer was open gives no access afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import customers, identity_changes, memberships, other_unit_access, vaccinations
from mv.access import Action, Actor, OtherUnit, Role
from mv.access_log import samples
from mv.access_log.entries import Filters
from mv.access_log.samples import Verdict
from mv.customers import Customer, NumberRegistered
from mv.errors import Forbidden
from mv.export import Filters as ExportFilters
from mv.export import preview
from mv.identity_changes import NumberTaken
from mv.merges import merging
from mv.other_unit_access import OpeningReason
from mv.store import Store
from tests.conftest import SetClock, invented_number
from tests.contents import LOG, entries_of, nothing_changes, refused

pytestmark = pytest.mark.both_engines

NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
SECOND = Actor("nora.lind", "Nora Lind", Role.COORDINATOR, "norr")
MAJ = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
MINUTES = timedelta(minutes=30)
FIRST_DAY = date(2026, 9, 1)
DOSE = vaccinations.Entry("comirnaty", "B1", 1, date(2026, 11, 2), "norr", None)


@pytest.fixture
def soder(actor: Actor) -> Actor:
    return replace(actor, unit_id="soder", units=frozenset())


@pytest.fixture
def eva(store: Store, soder: Actor) -> Customer:
    """Eva Ek, at the unit soder."""
    return customers.register(store, soder, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")


def add_group(store: Store, who: Actor, eva: Customer) -> None:
    memberships.add(store, who, eva.customer_id, memberships.Entry("65_plus", None, FIRST_DAY))


def add_dose(store: Store, who: Actor, eva: Customer) -> None:
    vaccinations.register(store, who, eva.customer_id, DOSE)


def move_dose(store: Store, who: Actor, eva: Customer) -> None:
    elsewhere = replace(who, user_id="sara.dahl", unit_id="soder")
    dose = vaccinations.register(store, elsewhere, eva.customer_id, replace(DOSE, unit_id="soder"))
    vaccinations.correct(store, who, dose.dose_id, dose.version, DOSE)


def merge_new(store: Store, who: Actor, eva: Customer) -> None:
    new = customers.register(store, who, invented_number(date(1950, 1, 2), 984), "Eva", "Ek", "norr")
    merging.merge(store, who, merging.preview(store, who, eva.customer_id, new.customer_id))


def may_look(store: Store, who: Actor, eva: Customer) -> bool:
    try:
        customers.get(store, who, eva.customer_id)
    except OtherUnit:
        return False
    return True


@pytest.mark.parametrize("change", [add_group, add_dose, move_dose, merge_new])
def test_what_is_registered_while_a_customer_is_open_gives_no_access_afterwards(
    store: Store, clock: SetClock, eva: Customer, change: Callable[[Store, Actor, Customer], None]
) -> None:
    other_unit_access.open_customer(store, NORR, eva.customer_id, OpeningReason.VACCINATED_HERE, "", MINUTES)
    clock.now += timedelta(minutes=1)
    change(store, NORR, eva)
    assert may_look(store, NORR, eva)
    assert not may_look(store, SECOND, eva)
    clock.now += MINUTES
    assert not may_look(store, NORR, eva)


@pytest.mark.parametrize("change", [add_group, add_dose])
def test_what_was_registered_without_opening_gives_access_as_before(
    store: Store, clock: SetClock, actor: Actor, eva: Customer, change: Callable[[Store, Actor, Customer], None]
) -> None:
    change(store, actor, eva)  # by somebody of every unit, at norr
    other_unit_access.open_customer(store, NORR, eva.customer_id, OpeningReason.CORRECTION, "", MINUTES)
    clock.now += MINUTES + timedelta(minutes=1)
    assert may_look(store, NORR, eva)
    assert may_look(store, SECOND, eva)


def test_a_list_of_the_units_own_rows_still_has_them(store: Store, clock: SetClock, eva: Customer) -> None:
    other_unit_access.open_customer(store, NORR, eva.customer_id, OpeningReason.VACCINATED_HERE, "", MINUTES)
    add_group(store, NORR, eva)
    clock.now += MINUTES + timedelta(minutes=1)
    assert len(preview(store, MAJ, ExportFilters())) == 1


@pytest.mark.parametrize("earlier", [False, True])
def test_a_number_of_another_units_customer_is_a_refusal_when_registering_and_when_changing_a_number(
    store: Store, soder: Actor, anders: Customer, eva: Customer, earlier: bool
) -> None:
    if earlier:
        later = invented_number(date(1950, 1, 2), 986)
        identity_changes.change(store, soder, eva.customer_id, later, eva.identity)
    with nothing_changes(store, but=LOG), pytest.raises(NumberRegistered):
        customers.register(store, NORR, eva.identity, "Eva", "Ek", "norr")
    with nothing_changes(store, but=LOG), pytest.raises(NumberTaken):
        identity_changes.change(store, NORR, anders.customer_id, eva.identity, anders.identity, other_birth_date=True)
    found = [(entry["action"], entry["customer_id"]) for entry in entries_of(store, NORR.user_id, "refused")]
    assert found == [(Action.REGISTER_CUSTOMER, eva.customer_id), (Action.CHANGE_IDENTITY, eva.customer_id)]


def test_a_number_of_an_own_customer_is_no_refusal(store: Store, anders: Customer) -> None:
    with nothing_changes(store), pytest.raises(NumberRegistered):
        customers.register(store, NORR, anders.identity, "Anders", "Ek", "norr")


def test_a_lead_does_not_judge_the_leads_own_access_and_another_lead_does(store: Store, anders: Customer) -> None:
    customers.get(store, MAJ, anders.customer_id)
    check = samples.draw(store, MAJ, Filters(user_id=MAJ.user_id, action="view_customer"), 5, seed=1)
    with refused(store, Forbidden, "This is an access of your own. Somebody else has to judge it."):
        samples.review(store, MAJ, check.check_id, 1, 1, Verdict.IN_ORDER, "")
    assert [entry["action"] for entry in entries_of(store, MAJ.user_id, "refused")] == ["check_log"]
    other = replace(MAJ, user_id="per.ek")
    samples.review(store, other, check.check_id, 1, 1, Verdict.IN_ORDER, "")
    assert samples.read_sample(store, MAJ, check.check_id)[0].judged_by == "per.ek"
