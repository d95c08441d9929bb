"""Spärr: what a patient has blocked is opened from other units in an emergency only, and that is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import blocks, customers, memberships, vaccinations
from mv.access import Action, Actor, Blocked, OtherUnit, Role
from mv.access_log import entries
from mv.customers import Customer, Hits
from mv.errors import Conflict, Forbidden, Invalid
from mv.export import Filters, preview
from mv.other_unit_access import OpeningReason, open_customer
from mv.store import Store
from tests.conftest import SetClock, invented_number
from tests.contents import contents, entries_of, refused

NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
LEAD = Actor("sia.ek", "Sia Ek", Role.LEAD, "soder")
LEAD_OF_NORR = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
MINUTES = timedelta(minutes=30)
BLOCKED = (
    "The patient has blocked the data at Mottagning Söder from other units. Ask the patient to have the block lifted"
    " there. In an emergency they can be opened."
)
REASONS = [reason for reason in OpeningReason if reason is not OpeningReason.EMERGENCY]


@pytest.fixture
def eva(store: Store) -> Customer:
    """Eva Ek, at the unit soder."""
    return customers.register(store, LEAD, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")


@pytest.fixture
def blocked(store: Store, eva: Customer) -> Customer:
    blocks.set_block(store, LEAD, eva.customer_id, "Asked for at a visit")
    return eva


@pytest.mark.parametrize("reason", REASONS)
def test_no_reason_but_an_emergency_opens_what_is_blocked(
    store: Store, blocked: Customer, reason: OpeningReason
) -> None:
    with refused(store, Blocked, BLOCKED):
        open_customer(store, NORR, blocked.customer_id, reason, "Is here now", MINUTES)
    with refused(store, Blocked, BLOCKED):
        customers.get(store, NORR, blocked.customer_id)
    assert [(e["action"], e["customer_id"]) for e in entries_of(store, NORR.user_id, "refused")] == [
        ("open_other_unit", blocked.customer_id), ("view_customer", blocked.customer_id),
    ]  # fmt: skip


def test_an_emergency_opens_it_for_its_hour_and_every_entry_says_so(
    store: Store, clock: SetClock, blocked: Customer
) -> None:
    with refused(store, Invalid, "Write why you open the customer."):
        open_customer(store, NORR, blocked.customer_id, OpeningReason.EMERGENCY, " ", MINUTES)
    open_customer(store, NORR, blocked.customer_id, OpeningReason.EMERGENCY, "Unconscious", MINUTES)
    memberships.of_customer(store, NORR, blocked.customer_id)
    done = entries_of(store, NORR.user_id, "done")
    assert [(entry["action"], entry["why"]) for entry in done] == [
        ("open_other_unit", "emergency"), ("view_groups", "emergency"),
    ]  # fmt: skip
    assert entries.entries(store, LEAD_OF_NORR, entries.Filters(why="emergency")).total == 2
    with pytest.raises(Blocked):
        customers.get(store, replace(NORR, user_id="nora.lind"), blocked.customer_id)
    clock.now += MINUTES
    with pytest.raises(Blocked):
        customers.get(store, NORR, blocked.customer_id)


def test_a_block_ends_an_hour_that_is_open_and_precedes_a_care_relation(
    store: Store, actor: Actor, eva: Customer
) -> None:
    at_norr = replace(actor, unit_id="norr")
    memberships.add(store, at_norr, eva.customer_id, memberships.Entry("65_plus", None, date(2026, 9, 1)))
    customers.get(store, NORR, eva.customer_id)
    open_customer(store, NORR, eva.customer_id, OpeningReason.ASKED_BY_CUSTOMER, "", MINUTES)
    blocks.set_block(store, LEAD, eva.customer_id, "Asked for at a visit")
    for look in (customers.get, memberships.of_customer, vaccinations.of_customer):
        with pytest.raises(Blocked):
            look(store, NORR, eva.customer_id)  # type: ignore[operator]
    assert len(preview(store, LEAD_OF_NORR, Filters())) == 1  # the unit's own row stays in its own list


def test_the_units_own_staff_see_the_customer_as_before(store: Store, actor: Actor, blocked: Customer) -> None:
    for who in (LEAD, replace(NORR, unit_id="soder"), actor):
        assert customers.get(store, who, blocked.customer_id) == blocked


def test_a_search_tells_that_there_is_a_customer_elsewhere_and_nothing_more(store: Store, blocked: Customer) -> None:
    assert customers.search(store, NORR, blocked.identity) == Hits([], elsewhere=blocked.customer_id)
    assert customers.search(store, NORR, "eva ek") == Hits([])


def test_a_lifted_block_stays_on_record_and_a_reason_opens_the_customer_again(
    store: Store, clock: SetClock, blocked: Customer
) -> None:
    blocks.lift_block(store, LEAD, blocked.customer_id, "The patient asked for it on the phone")
    assert blocks.of_customer(store, LEAD, blocked.customer_id) is None
    (row,) = contents(store)["unit_block"]
    assert (row["set_by"], row["lifted_by"], row["lifted_at"]) == ("sia.ek", "sia.ek", store.now())
    with pytest.raises(OtherUnit) as caught:
        customers.get(store, NORR, blocked.customer_id)
    assert not isinstance(caught.value, Blocked)
    open_customer(store, NORR, blocked.customer_id, OpeningReason.CORRECTION, "", MINUTES)
    assert customers.get(store, NORR, blocked.customer_id) == blocked
    assert blocks.set_block(store, LEAD, blocked.customer_id, "And again").block_id == 2


def test_setting_and_lifting_are_logged_without_their_reason(store: Store, blocked: Customer) -> None:
    blocks.lift_block(store, LEAD, blocked.customer_id, "The patient asked for it on the phone")
    found = [entry for entry in entries_of(store, LEAD.user_id, "done") if entry["action"].endswith("_block")]
    assert [(entry["action"], entry["customer_id"], entry["detail"]) for entry in found] == [
        (Action.SET_BLOCK, blocked.customer_id, '{"unit": "soder"}'),
        (Action.LIFT_BLOCK, blocked.customer_id, '{"unit": "soder"}'),
    ]


def test_a_block_is_a_leads_of_the_customers_unit(store: Store, eva: Customer) -> None:
    coordinator = replace(LEAD, role=Role.COORDINATOR)
    with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
        blocks.set_block(store, coordinator, eva.customer_id, "Asked for at a visit")
    open_customer(store, LEAD_OF_NORR, eva.customer_id, OpeningReason.CORRECTION, "", MINUTES)
    with refused(store, Forbidden, "The unit is not one of yours. Choose one that is."):
        blocks.set_block(store, LEAD_OF_NORR, eva.customer_id, "Asked for at a visit")


@pytest.mark.parametrize("change", [blocks.set_block, blocks.lift_block])
def test_a_reason_is_needed_and_names_nobody(store: Store, blocked: Customer, change: object) -> None:
    with refused(store, Invalid, "Write why: what the patient has asked for, and when."):
        change(store, LEAD, blocked.customer_id, " ")  # type: ignore[operator]
    with pytest.raises(Invalid):
        change(store, LEAD, blocked.customer_id, f"Asked by {blocked.identity}")  # type: ignore[operator]


def test_what_is_blocked_is_not_blocked_twice_nor_lifted_twice(store: Store, blocked: Customer) -> None:
    with refused(store, Conflict, "The data are blocked already. Nothing was changed."):
        blocks.set_block(store, LEAD, blocked.customer_id, "Asked for at a visit")
    blocks.lift_block(store, LEAD, blocked.customer_id, "Asked for at a visit")
    with refused(store, Conflict, "The data are not blocked. Nothing was changed."):
        blocks.lift_block(store, LEAD, blocked.customer_id, "Asked for at a visit")
