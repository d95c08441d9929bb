from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from mv import bookings
from mv.access import Actor
from mv.bookings import Booking
from mv.customers import Customer, register
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged, nothing_changes

NOON = datetime(2026, 11, 22, 12)


def book(store: Store, customer: Customer, starts_at: datetime, unit_id: str = "norr") -> int:
    """Book a time, an instant in UTC, and return the booking's id."""
    row = store.write(
        lambda tx: tx.row(
            "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING booking_id",
            customer.customer_id,
            unit_id,
            starts_at,
            "comirnaty",
            datetime(2026, 11, 1, 8),
        )
    )
    assert row is not None
    return int(row["booking_id"])


def ids(found: list[Booking]) -> list[int]:
    return [booking.booking_id for booking in found]


def test_a_units_day_is_shown_in_order_of_time_with_the_customers_names(
    store: Store, actor: Actor, anders: Customer
) -> None:
    anna = register(store, actor, invented_number(date(1950, 1, 2)), "Anna", "Ek", "soder")
    late = book(store, anders, datetime(2026, 11, 23, 14))
    early = book(store, anna, datetime(2026, 11, 23, 7, 5))
    book(store, anna, datetime(2026, 11, 23, 9), unit_id="soder")
    same = book(store, anna, datetime(2026, 11, 23, 14))

    found = bookings.of_day(store, actor, "norr", date(2026, 11, 23))
    assert ids(found) == [early, late, same]
    assert [booking.name for booking in found] == ["Anna Ek", "Anders Karlsson", "Anna Ek"]
    assert found[1] == Booking(
        late,
        anders.customer_id,
        "norr",
        datetime(2026, 11, 23, 14),
        "comirnaty",
        datetime(2026, 11, 1, 8),
        "Anders",
        "Karlsson",
        anders.identity,
    )
    assert ids(bookings.of_day(store, actor, "hamnen", date(2026, 11, 23))) == []
    assert ids(bookings.of_day(store, actor, "nowhere", date(2026, 11, 23))) == []


def test_a_day_is_stockholms_also_when_summer_time_begins_and_ends(
    store: Store, actor: Actor, anders: Customer
) -> None:
    for day, first, last in (
        (date(2026, 11, 22), datetime(2026, 11, 21, 23), datetime(2026, 11, 22, 22, 59)),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22), datetime(2026, 7, 1, 21, 59)),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 22, 59)),  # 25 hours
        (date(2026, 3, 29), datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 21, 59)),  # 23 hours
    ):
        minute = timedelta(minutes=1)
        book(store, anders, first - minute)
        within = [book(store, anders, first), book(store, anders, last)]
        book(store, anders, last + minute)
        found = bookings.of_day(store, actor, "norr", day)
        assert ids(found) == within, day
        assert {booking.local_day for booking in found} == {day}


def test_coming_bookings_are_the_customers_own_from_this_morning_on_at_every_unit(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    anna = register(store, actor, invented_number(date(1950, 1, 2)), "Anna", "Ek", "norr")
    book(store, anders, datetime(2026, 11, 21, 22, 59))
    next_week = book(store, anders, datetime(2026, 11, 29, 8), unit_id="soder")
    this_morning = book(store, anders, datetime(2026, 11, 22, 7))
    at_midnight = book(store, anders, datetime(2026, 11, 21, 23))
    book(store, anna, datetime(2026, 11, 24, 8))
    assert ids(bookings.upcoming(store, actor, anders.customer_id)) == [at_midnight, this_morning, next_week]
    clock.now = datetime(2026, 11, 22, 23, tzinfo=UTC)  # midnight in Stockholm
    assert ids(bookings.upcoming(store, actor, anders.customer_id)) == [next_week]


def test_every_customer_on_the_list_is_logged_once_in_ten_minutes(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    anna = register(store, actor, invented_number(date(1950, 1, 2)), "Anna", "Ek", "norr")
    for customer in (anna, anders, anders):
        book(store, customer, NOON)
    bookings.of_day(store, actor, "norr", TODAY)
    clock.now += timedelta(minutes=5)
    with nothing_changes(store):
        bookings.of_day(store, actor, "norr", TODAY)
        bookings.upcoming(store, actor, anders.customer_id)
    bookings.upcoming(store, colleague, anna.customer_id)
    assert [(e["user_id"], e["unit_id"], e["customer_id"]) for e in logged(store, "view_bookings")] == [
        ("karin.holm", "norr", anders.customer_id),
        ("karin.holm", "norr", anna.customer_id),
        ("samir.haddad", "soder", anna.customer_id),
    ]


def test_a_day_without_bookings_shows_nobody_and_logs_nothing(store: Store, actor: Actor, anders: Customer) -> None:
    with nothing_changes(store):
        assert bookings.of_day(store, actor, "norr", TODAY) == []


def test_that_somebody_has_no_booking_is_a_look_at_that_person(store: Store, actor: Actor, anders: Customer) -> None:
    assert bookings.upcoming(store, actor, anders.customer_id) == []
    (entry,) = logged(store, "view_bookings")
    assert entry["customer_id"] == anders.customer_id
