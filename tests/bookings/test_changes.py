"""Bookings made, moved and cancelled by hand: who may, what is kept, and whom they let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from mv import bookings, customers, deaths, other_unit_access
from mv.access import Actor, OtherUnit, Role
from mv.bookings import BookingState, changes
from mv.bookings.changes import Entry
from mv.bookings.times import to_instant
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid
from mv.merges import merging
from mv.merges import undo as merge_undoing
from mv.other_unit_access import OpeningReason
from mv.registration import booked
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import entries_of, logged, nothing_changes

NEXT = datetime(2026, 11, 30, 8)
ENTRY = Entry("norr", NEXT, "comirnaty")
NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
SODER = Actor("sara.dahl", "Sara Dahl", Role.COORDINATOR, "soder")


def test_a_booking_is_made_moved_and_cancelled_and_every_step_is_kept(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    row = changes.book(store, actor, anders.customer_id, ENTRY)
    clock.now += timedelta(hours=1)
    later = replace(ENTRY, starts_at=NEXT + timedelta(days=1), product_code="vaxigrip_tetra")
    row = changes.move(store, replace(actor, user_id="nils.berg"), row.booking_id, 1, later)
    clock.now += timedelta(hours=1)
    row = changes.cancel(store, actor, row.booking_id, 2)
    assert (row.state, row.version, row.starts_at) == (BookingState.CANCELLED, 3, later.starts_at)
    found = changes.history(store, actor, row.booking_id)
    assert [(each.version, each.change, each.changed_by, each.starts_at, each.state) for each in found] == [
        (3, "cancelled", "karin.holm", later.starts_at, "cancelled"),
        (2, "moved", "nils.berg", later.starts_at, "booked"),
        (1, "booked", "karin.holm", NEXT, "booked"),
    ]
    entries = logged(store, "change_booking")
    assert [(entry["customer_id"], entry["detail"]["change"]) for entry in entries] == [
        (anders.customer_id, "booked"), (anders.customer_id, "moved"), (anders.customer_id, "cancelled"),
    ]  # fmt: skip
    again = changes.move(store, actor, row.booking_id, 3, ENTRY)
    assert (again.state, again.starts_at) == (BookingState.BOOKED, NEXT)


def test_a_cancelled_booking_is_seen_as_such_and_expected_no_more(store: Store, actor: Actor, anders: Customer) -> None:
    row = changes.book(store, actor, anders.customer_id, ENTRY)
    changes.cancel(store, actor, row.booking_id, 1)
    day = date(2026, 11, 30)
    assert bookings.of_day(store, actor, "norr", day) == []
    assert bookings.upcoming(store, actor, anders.customer_id) == []
    assert booked.read_day(store, actor, "norr", day) == []
    (shown,) = bookings.of_day(store, actor, "norr", day, with_ended=True)
    assert (shown.state, shown.standing, shown.version) == ("cancelled", False, 2)
    assert bookings.upcoming(store, actor, anders.customer_id, with_ended=True) == [shown]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (replace(ENTRY, starts_at=datetime(2026, 11, 21, 8)), "2026-11-21 is over"),
        (replace(ENTRY, starts_at=datetime(2062, 11, 30, 8)), "more than two years ahead"),
        (replace(ENTRY, product_code="none"), "The vaccine is not in use"),
        (replace(ENTRY, unit_id="nowhere"), "The unit is not in use"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    store: Store, actor: Actor, anders: Customer, entry: Entry, message: str
) -> None:
    with nothing_changes(store), pytest.raises(Invalid, match=message):
        changes.book(store, actor, anders.customer_id, entry)


def test_the_same_booking_twice_and_a_change_that_is_none_are_refused(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = changes.book(store, actor, anders.customer_id, ENTRY)
    with nothing_changes(store):
        with pytest.raises(Conflict, match="has a booking of this vaccine at that time already"):
            changes.book(store, actor, anders.customer_id, ENTRY)
        with pytest.raises(Invalid, match="like this already"):
            changes.move(store, actor, row.booking_id, 1, ENTRY)
        with pytest.raises(Conflict, match="changed this booking at"):
            changes.cancel(store, actor, row.booking_id, 9)
    changes.book(store, actor, anders.customer_id, replace(ENTRY, product_code="vaxigrip_tetra"))
    changes.cancel(store, actor, row.booking_id, 1)
    with nothing_changes(store), pytest.raises(Conflict, match="cancelled already"):
        changes.cancel(store, actor, row.booking_id, 2)


def test_the_dead_are_not_booked(store: Store, actor: Actor, anders: Customer) -> None:
    deaths.record(store, actor, anders.customer_id, TODAY)
    with pytest.raises(Conflict, match="died"):
        changes.book(store, actor, anders.customer_id, ENTRY)


def test_a_booking_is_made_and_changed_at_ones_own_units_alone(store: Store, actor: Actor, anders: Customer) -> None:
    row = changes.book(store, actor, anders.customer_id, ENTRY)
    for call in (
        lambda: changes.book(store, NORR, anders.customer_id, replace(ENTRY, unit_id="soder")),
        lambda: changes.move(store, NORR, row.booking_id, 1, replace(ENTRY, unit_id="soder")),
        lambda: changes.cancel(store, SODER, row.booking_id, 1),
        lambda: changes.history(store, SODER, row.booking_id),
    ):
        with pytest.raises(Forbidden):
            call()
    for who in (NORR, SODER):
        assert {entry["outcome"] for entry in entries_of(store, who.user_id, "refused")} == {"refused"}
        assert entries_of(store, who.user_id, "done") == []


@pytest.mark.both_engines
def test_a_booking_lets_its_unit_in_until_it_is_cancelled(store: Store, actor: Actor, anders: Customer) -> None:
    at_soder = replace(ENTRY, unit_id="soder")
    row = changes.book(store, actor, anders.customer_id, at_soder)
    customers.get(store, SODER, anders.customer_id)
    # The booking is the unit's to cancel, and to book again, although it lets nobody in any more.
    row = changes.cancel(store, SODER, row.booking_id, row.version)
    with pytest.raises(OtherUnit):
        customers.get(store, SODER, anders.customer_id)
    (shown,) = bookings.of_day(store, SODER, "soder", date(2026, 11, 30), with_ended=True)
    row = changes.move(store, SODER, shown.booking_id, shown.version, at_soder)
    customers.get(store, SODER, anders.customer_id)


@pytest.mark.both_engines
def test_what_is_booked_while_open_for_a_reason_does_not_prolong_that(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    other_unit_access.open_customer(
        store, SODER, anders.customer_id, OpeningReason.CORRECTION, "", timedelta(minutes=30)
    )
    changes.book(store, SODER, anders.customer_id, replace(ENTRY, unit_id="soder"))
    clock.now += timedelta(hours=1)
    with pytest.raises(OtherUnit):
        customers.get(store, SODER, anders.customer_id)
    day = date(2026, 11, 30)
    assert len(bookings.of_day(store, SODER, "soder", day)) == 1  # the unit's day is whole
    assert booked.read_day(store, SODER, "soder", day) == []


@pytest.mark.both_engines
def test_bookings_and_their_history_follow_a_merge_and_its_undoing(
    store: Store, actor: Actor, anders: Customer
) -> None:
    twin = customers.register(store, actor, invented_number(anders.birth_date, 983), "Anders", "Karlsson", "norr")
    row = changes.book(store, actor, twin.customer_id, ENTRY)
    ended = changes.book(store, actor, twin.customer_id, replace(ENTRY, product_code="vaxigrip_tetra"))
    changes.cancel(store, actor, ended.booking_id, 1)
    merging.merge(store, actor, merging.preview(store, actor, anders.customer_id, twin.customer_id))
    found = bookings.upcoming(store, actor, anders.customer_id, with_ended=True)
    assert {each.booking_id for each in found} == {row.booking_id, ended.booking_id}
    assert len(changes.history(store, actor, ended.booking_id)) == 2
    row = changes.move(store, actor, row.booking_id, 1, replace(ENTRY, starts_at=NEXT + timedelta(hours=1)))
    (merge,) = merging.of_customer(store, actor, anders.customer_id)
    merge_undoing.undo(store, actor, merge.merge_id)
    assert bookings.upcoming(store, actor, anders.customer_id, with_ended=True) == []
    assert len(changes.history(store, actor, row.booking_id)) == 2


def test_a_time_that_the_change_of_the_clock_takes_or_repeats_is_no_guess() -> None:
    assert to_instant(datetime(2027, 3, 28, 1, 59)) == datetime(2027, 3, 28, 0, 59)
    assert to_instant(datetime(2027, 3, 28, 3)) == datetime(2027, 3, 28, 1)
    with pytest.raises(Invalid, match="There is no time 2027-03-28 02:30"):
        to_instant(datetime(2027, 3, 28, 2, 30))
    with pytest.raises(Invalid, match="2027-10-31 02:30 comes twice"):
        to_instant(datetime(2027, 10, 31, 2, 30))
