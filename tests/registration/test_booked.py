"""A day's bookings: who was booked, what is filled in, and all who came registered together or nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from mv import customers, deaths, memberships, vaccinations
from mv.access import Actor, Role
from mv.clock import from_local
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import Forbidden, Invalid
from mv.registration import booked, rounds, undo
from mv.registration.booked import NO_GROUP, Attendance, AttendanceRejected, BookedCustomer
from mv.registration.rounds import EntryMethod
from mv.registration.validation import Outcome
from mv.store import Store
from tests.conftest import TODAY, invented_number
from tests.contents import LOG, logged, nothing_changes

DAY = TODAY - timedelta(days=1)
Book = Callable[..., None]


@pytest.fixture
def book(store: Store) -> Book:
    """Books a customer at norr, and has the batch B1 of Efluelda known."""
    batch = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('efluelda', 'B1', $1)"
    store.write(lambda tx: tx.execute(batch, TODAY))

    def insert(customer: Customer, hour: int, product: str = "efluelda", day: date = DAY, unit: str = "norr") -> None:
        sql = (
            "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at) VALUES ($1, $2, $3, $4, $3)"
        )
        values = (customer.customer_id, unit, from_local(datetime.combine(day, time(hour))), product)
        store.write(lambda tx: tx.execute(sql, *values))

    return insert


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    """Eva Ek, 36 years old, who belongs to another unit than norr."""
    return customers.register(store, actor, invented_number(date(1990, 1, 2), 982), "Eva", "Ek", "soder")


def of_day(store: Store, actor: Actor) -> list[BookedCustomer]:
    return booked.read_day(store, actor, "norr", DAY)


def came(each: BookedCustomer, **values: object) -> Attendance:
    return replace(Attendance(each, each.likely, "B1"), **values)  # type: ignore[arg-type]


def test_the_days_people_stand_in_order_of_time_with_what_is_plain_filled_in(
    store: Store, actor: Actor, anders: Customer, eva: Customer, book: Book
) -> None:
    memberships.add(store, actor, eva.customer_id, memberships.Entry("pregnant", None, DAY))
    book(eva, 11)
    book(anders, 9)
    book(eva, 12, "fsme_immun")
    book(anders, 10, day=TODAY)
    book(anders, 10, unit="soder")
    found = of_day(store, actor)
    assert [(each.customer, each.booking.product_code, each.likely) for each in found] == [
        (anders, "efluelda", ("65_plus", None)),
        (eva, "efluelda", ("pregnant", None)),
        (eva, "fsme_immun", ("pregnant", None)),
    ]
    assert [each.groups for each in found] == [(), (("pregnant", None),), (("pregnant", None),)]
    assert [each.given for each in found] == [None, None, None]
    looked = [entry["customer_id"] for entry in logged(store, "register_afterwards")]
    assert looked == sorted([anders.customer_id, eva.customer_id])


def test_what_is_given_that_day_already_is_told_also_where_it_was_another_product_of_the_kind(
    store: Store, actor: Actor, anders: Customer, eva: Customer, book: Book
) -> None:
    book(anders, 9)
    book(eva, 10, "vaxigrip_tetra")
    book(eva, 11, "fsme_immun")
    doses = [
        vaccinations.register(
            store, actor, customer.customer_id, vaccinations.Entry("efluelda", "B1", 1, day, "norr", None)
        )
        for customer, day in ((anders, DAY - timedelta(days=1)), (eva, DAY))
    ]
    assert [each.given for each in of_day(store, actor)] == [None, doses[1], None]
    vaccinations.withdraw(
        store, actor, doses[1].dose_id, doses[1].version, vaccinations.WithdrawReason.ENTERED_BY_MISTAKE
    )
    assert [each.given for each in of_day(store, actor)] == [None, None, None]


def test_the_bookings_of_a_unit_are_for_those_who_work_there(store: Store, anders: Customer, book: Book) -> None:
    book(anders, 9)
    with pytest.raises(Forbidden):
        of_day(store, Actor("stina.berg", "Stina Berg", Role.COORDINATOR, "soder"))
    at_norr = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
    assert [each.customer for each in of_day(store, at_norr)] == [anders]


def test_all_who_came_are_registered_together_and_undone_together(
    store: Store, actor: Actor, anders: Customer, eva: Customer, book: Book
) -> None:
    book(anders, 9)
    book(eva, 10)
    first, second = of_day(store, actor)
    told: list[float] = []
    made = booked.save_attendances(store, actor, [came(first), came(second, group=NO_GROUP)], told.append)
    assert (made.method, made.entry) == (EntryMethod.BOOKED, None)
    assert told == sorted(told)
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    (dose,) = vaccinations.of_customer(store, actor, anders.customer_id)
    assert (row.group_code, row.valid_from) == ("65_plus", DAY)
    assert (dose.product_code, dose.batch_number, dose.given_on, dose.unit_id) == ("efluelda", "B1", DAY, "norr")
    assert (dose.membership_id, dose.group_code) == (row.membership_id, "65_plus")
    assert memberships.of_customer(store, actor, eva.customer_id) == []
    (without,) = vaccinations.of_customer(store, actor, eva.customer_id)
    assert (without.membership_id, without.group_code) == (None, None)
    assert [each.given for each in of_day(store, actor)] == [dose, without]
    assert [row.group_code for row in rounds.read_rows(store, actor, made.registration_id)] == [None, "65_plus"]
    assert undo.undo_all(store, actor, made.registration_id) == 2
    assert [each.given for each in of_day(store, actor)] == [None, None]


def test_two_bookings_of_one_person_are_registered_with_the_same_group(
    store: Store, actor: Actor, anders: Customer, book: Book
) -> None:
    book(anders, 9)
    book(anders, 10, "fsme_immun")
    first, second = of_day(store, actor)
    found = booked.validate_attendances(store, actor, [came(second, group=("65_plus", None))])[0]
    assert found.concerns.keys() == {Concern.BATCH_UNKNOWN}
    other = came(second, group=("65_plus", None), batch_reason="New delivery", concerns=frozenset(found.concerns))
    booked.save_attendances(store, actor, [came(first), other])
    (row,) = memberships.of_customer(store, actor, anders.customer_id)
    assert {dose.membership_id for dose in vaccinations.of_customer(store, actor, anders.customer_id)} == {
        row.membership_id
    }


def test_each_doubt_takes_a_reason_of_its_kind(
    store: Store, actor: Actor, anders: Customer, eva: Customer, book: Book
) -> None:
    book(eva, 10)
    (each,) = of_day(store, actor)
    planned = came(each, group=("65_plus", None), batch_number="B9")
    (validation,) = booked.validate_attendances(store, actor, [planned])
    assert (validation.outcome, set(validation.concerns)) == (Outcome.DOUBTFUL, {Concern.AGE, Concern.BATCH_UNKNOWN})
    shown = replace(planned, concerns=frozenset(validation.concerns))
    both = {"reason": "Checked", "batch_reason": "New delivery"}
    with nothing_changes(store):
        for values in ({}, {"reason": "Checked"}, {"batch_reason": "New"}, {**both, "concerns": frozenset()}):
            with pytest.raises(AttendanceRejected, match=r"because of Eva Ek\. Something is unusual"):
                booked.save_attendances(store, actor, [replace(shown, **values)])
        with pytest.raises(AttendanceRejected, match="identity numbers"):
            booked.save_attendances(
                store, actor, [replace(shown, **both | {"reason": invented_number(date(1981, 1, 2))})]
            )
    made = booked.save_attendances(store, actor, [replace(shown, **both)])
    (row,) = rounds.read_rows(store, actor, made.registration_id)
    assert row.reason == "Checked; New delivery"


def test_whoever_cannot_be_registered_is_named_and_nobody_is(
    store: Store, actor: Actor, anders: Customer, eva: Customer, book: Book
) -> None:
    book(anders, 9)
    book(eva, 10)
    first, second = of_day(store, actor)
    with nothing_changes(store):
        with pytest.raises(AttendanceRejected, match=r"because of Eva Ek\. Choose a customer group\."):
            booked.save_attendances(store, actor, [came(first), came(second, group=None)])
        with pytest.raises(AttendanceRejected, match=r"because of Anders Karlsson\. Write the batch number"):
            booked.save_attendances(store, actor, [came(first, batch_number=" ")])
        with pytest.raises(Invalid, match="Tick who came"):
            booked.save_attendances(store, actor, [])
    deaths.record(store, actor, eva.customer_id, DAY - timedelta(days=1))
    with nothing_changes(store), pytest.raises(AttendanceRejected, match=r"because of Eva Ek\. The customer died"):
        booked.save_attendances(store, actor, [came(first), came(second, group=("household_contact", None))])


def test_saving_the_same_again_registers_nothing(store: Store, actor: Actor, anders: Customer, book: Book) -> None:
    book(anders, 9)
    (each,) = of_day(store, actor)
    booked.save_attendances(store, actor, [came(each)])
    with nothing_changes(store, but=LOG), pytest.raises(AttendanceRejected, match="registered already"):
        booked.save_attendances(store, actor, [came(each)])
