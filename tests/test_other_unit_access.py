"""Opening another unit's customer: for a reason, for a while, and not without a trace."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from mv import customers
from mv.access import EVERY_UNIT, Actor, Role
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid, NotFound
from mv.other_unit_access import MAX_NOTE_LENGTH, OpeningReason, OtherUnitAccess, open_customer
from mv.store import Store
from tests.conftest import SetClock, invented_number
from tests.contents import contents, refused

NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
NOON = datetime(2026, 11, 22, 12)
MINUTES = timedelta(minutes=30)
CORRECTION, OTHER = OpeningReason.CORRECTION, OpeningReason.OTHER


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    """Eva Ek, at the unit soder."""
    return customers.register(store, actor, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")


def test_an_opened_customer_is_remembered_with_reason_note_and_how_long(store: Store, eva: Customer) -> None:
    opened = open_customer(store, NORR, eva.customer_id, OTHER, "  The booking  is\nhere ", MINUTES)
    assert opened == OtherUnitAccess(
        1, "nils.berg", "norr", eva.customer_id, "other", "The booking is here", NOON, NOON + MINUTES
    )
    (row,) = contents(store)["crossing"]
    assert OtherUnitAccess(access_id=row.pop("crossing_id"), **row) == opened


def test_the_log_has_the_reason_and_the_time_but_not_the_note(store: Store, eva: Customer) -> None:
    open_customer(store, NORR, eva.customer_id, CORRECTION, "A group is wrong", MINUTES)
    entry = contents(store)["access_log"][-1]
    assert (entry["user_id"], entry["unit_id"], entry["action"]) == ("nils.berg", "norr", "open_other_unit")
    assert (entry["customer_id"], entry["outcome"], entry["why"]) == (eva.customer_id, "done", "other_unit")
    assert json.loads(entry["detail"]) == {"crossing": 1, "reason": "correction", "minutes": 30}


@pytest.mark.parametrize("reason", OpeningReason)
def test_a_note_is_needed_where_the_reason_is_another_one(store: Store, eva: Customer, reason: OpeningReason) -> None:
    for note in ("", " \n\t "):
        if reason in (OTHER, OpeningReason.EMERGENCY):
            with refused(store, Invalid, "Write why you open the customer."):
                open_customer(store, NORR, eva.customer_id, reason, note, MINUTES)
        else:
            assert open_customer(store, NORR, eva.customer_id, reason, note, MINUTES).note == ""


def test_without_a_reason_nothing_is_opened(store: Store, eva: Customer) -> None:
    with refused(store, Invalid, "Choose why you open the customer."):
        open_customer(store, NORR, eva.customer_id, None, "Because", MINUTES)


def test_a_note_has_two_hundred_characters_at_most(store: Store, eva: Customer) -> None:
    assert MAX_NOTE_LENGTH == 200
    opened = open_customer(store, NORR, eva.customer_id, CORRECTION, "å" * MAX_NOTE_LENGTH, MINUTES)
    assert len(opened.note) == MAX_NOTE_LENGTH
    with refused(store, Invalid, "The note has at most 200 characters."):
        open_customer(store, NORR, eva.customer_id, CORRECTION, "å" * (MAX_NOTE_LENGTH + 1), MINUTES)


@pytest.mark.parametrize(
    "note",
    [
        "195001029822",
        "19500102-9822",
        "500102-9822",
        "500102+9822",
        "Eva 19 50 01 02 98 22",
        "1950-01-02-9822",
        "1950-01-02 9822",
        "born 500102",
    ],
)
def test_a_note_holds_no_identity_number_however_it_is_written(store: Store, eva: Customer, note: str) -> None:
    says = "Leave identity numbers out of the note; the customer is logged as it is."
    with refused(store, Invalid, says):
        open_customer(store, NORR, eva.customer_id, OTHER, note, MINUTES)


@pytest.mark.parametrize("note", ["Dose of 2026-11-02", "2026-11-02 to 2026-11-20", "Batch 12345", "Room 3, 14:30"])
def test_a_note_may_hold_a_day_and_other_numbers(store: Store, eva: Customer, note: str) -> None:
    assert open_customer(store, NORR, eva.customer_id, OTHER, note, MINUTES).note == note


def test_an_own_customer_needs_no_reason(store: Store, eva: Customer) -> None:
    for units in ({"soder"}, {EVERY_UNIT}):
        with refused(store, Conflict, "The customer belongs to one of your units already."):
            open_customer(store, replace(NORR, units=frozenset(units)), eva.customer_id, CORRECTION, "", MINUTES)


def test_an_unknown_customer_is_not_found_and_leaves_no_trace(store: Store, eva: Customer) -> None:
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        open_customer(store, NORR, 999, CORRECTION, "", MINUTES)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMINISTRATOR, None])
def test_a_role_without_care_opens_nobody_and_that_is_logged(store: Store, eva: Customer, role: Role | None) -> None:
    who = replace(NORR, role=role)
    with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
        open_customer(store, who, eva.customer_id, CORRECTION, "", MINUTES)
    entry = contents(store)["access_log"][-1]
    assert (entry["action"], entry["customer_id"], entry["outcome"]) == ("open_other_unit", eva.customer_id, "refused")


def test_opening_again_prolongs_the_time_and_stands_in_the_log_again(
    store: Store, clock: SetClock, eva: Customer
) -> None:
    for _ in range(2):
        open_customer(store, NORR, eva.customer_id, CORRECTION, "", MINUTES)
        clock.now += MINUTES / 2
    clock.now += MINUTES / 2 - timedelta(seconds=1)
    customers.get(store, NORR, eva.customer_id)
    clock.now += timedelta(seconds=1)
    with pytest.raises(Forbidden):
        customers.get(store, NORR, eva.customer_id)
    actions = [entry["action"] for entry in contents(store)["access_log"]]
    assert actions.count("open_other_unit") == 2
