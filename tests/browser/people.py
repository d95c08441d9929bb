"""The invented people of the browser tests, put into the dashboard's store before it starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Set
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from mv import bookings, customers, memberships, sample, vaccinations
from mv.access import EVERY_UNIT, Actor, Role
from mv.bookings import Booking
from mv.clock import STOCKHOLM, from_local
from mv.customers import Customer
from mv.identity import check_digit
from mv.memberships import Entry
from mv.store import Store, open_store

WITHOUT_GROUP, WITH_GROUP, ELSEWHERE, UNPAID, UNREGISTERED = 135, 52, 57, 12, 14
"""How many people there are to hand out; each test takes its own."""
DAYS_SINCE_REGISTERED, DAYS_SINCE_CAME, DAYS_SINCE_UNPAID = 40, 20, 10
STRANGE_NAME = r"<img src=x onerror=alert(1)> [x](javascript:alert(1)) $\LaTeX$ :red[x] **b**"
STRANGE_FAMILY_NAME = "</p><script>alert(2)</script> www.example.com :smile: -> `a` {0} %s ~~s~~ # h"
PREPARER = Actor("maja.lund", "Maja Lund", Role.LEAD, "norr", frozenset({EVERY_UNIT}))


@dataclass
class People:
    """Who is in the store beside the sample, numbers of nobody yet, and the bookings of one day."""

    without_group: deque[Customer]
    with_group: deque[Customer]
    elsewhere: deque[Customer]
    unpaid: deque[Customer]
    unregistered: deque[str]
    anders: Customer
    booked: Customer
    strange: Customer
    booking_day: date
    bookings: list[Booking]
    came: list[Customer]
    came_day: date
    numbers: frozenset[str]


@dataclass
class LateClock:
    """A clock that is some of Stockholm's days behind, whether summer time ended in between or not."""

    days: int = 0

    def __call__(self) -> datetime:
        return (datetime.now(STOCKHOLM) - timedelta(days=self.days)).astimezone(UTC)


def today() -> date:
    """Return the day that the dashboard calls today."""
    return datetime.now(STOCKHOLM).date()


def day_of_unpaid_dose() -> date:
    """Return the day of the doses without a group, of Fluad Tetra at Björkens vårdcentral, to people over 65."""
    return today() - timedelta(days=DAYS_SINCE_UNPAID)


def first_day_with_group() -> date:
    """Return since when the people with a group have it."""
    return today() - timedelta(days=DAYS_SINCE_REGISTERED)


def free_numbers(taken: Set[str]) -> Iterator[str]:
    """Yield numbers that pass the check and are not ``taken``, with serials that Skatteverket keeps for tests."""
    for day in range(10_000):
        born = date(1950, 1, 1) + timedelta(days=day)
        numbers = (f"{born:%Y%m%d}{n}{check_digit(f'{born:%y%m%d}{n}')}" for n in range(980, 1000))
        yield from (number for number in numbers if number not in taken)


def prepare(path: Path) -> People:
    """Fill the store with a sample and with the tests' own people, who were registered weeks ago."""
    clock = LateClock()
    with closing(open_store(str(path), clock)) as store:
        sample.make(store, 300, 7)
        unused = free_numbers(_numbers(store))

        def register(given_name: str, family_name: str, unit_id: str = "norr") -> Customer:
            return customers.register(store, PREPARER, next(unused), given_name, family_name, unit_id)

        clock.days = DAYS_SINCE_REGISTERED
        without_group = [register("Vilma", f"Provberg{_letters(n)}") for n in range(WITHOUT_GROUP)]
        with_group = [register("Gerd", f"Provlund{_letters(n)}") for n in range(WITH_GROUP)]
        elsewhere = [register("Hedda", f"Provhamn{_letters(n)}", "hamnen") for n in range(ELSEWHERE)]
        for customer in with_group:
            memberships.add(store, PREPARER, customer.customer_id, Entry("65_plus", None, store.today()))
        anders = register("Anders", "Karlsson")
        booked = register("Bodil", "Provbokad")
        strange = register(STRANGE_NAME, STRANGE_FAMILY_NAME)
        came = [register("Kim", f"Provkom{_letters(n)}", "soder") for n in range(3)]
        clock.days = DAYS_SINCE_UNPAID
        unpaid = [register("Ulla", f"Provdos{_letters(n)}", "bjorken") for n in range(UNPAID)]
        for customer in unpaid:
            dose = vaccinations.Entry("fluad_tetra", "UNPAID-1", 1, store.today(), "bjorken", None)
            vaccinations.register(store, PREPARER, customer.customer_id, dose)
        clock.days = 0
        day = store.today() + timedelta(days=3)
        _book(store, booked, day, time(10, 0))
        _book(store, strange, day, time(10, 10))
        found = bookings.of_day(store, PREPARER, "soder", day)
        came_day = store.today() - timedelta(days=DAYS_SINCE_CAME)
        for minute, customer in enumerate(came):
            _book(store, customer, came_day, time(9, minute))
        numbers = _numbers(store)
    unregistered = deque(islice(unused, UNREGISTERED))
    return People(
        deque(without_group), deque(with_group), deque(elsewhere), deque(unpaid), unregistered, anders, booked, strange,
        day, found, came, came_day, numbers,
    )  # fmt: skip


def _letters(number: int) -> str:
    """Return ``number`` as letters: names are all different, and hold no digit."""
    return f"{chr(ord('a') + number // 26)}{chr(ord('a') + number % 26)}"


def _numbers(store: Store) -> frozenset[str]:
    with store.read() as tx:
        return frozenset(row["identity"] for row in tx.rows("SELECT identity FROM customer"))


def _book(store: Store, customer: Customer, day: date, at: time) -> None:
    columns = "customer_id, unit_id, starts_at, product_code, booked_at"
    values = (customer.customer_id, "soder", from_local(datetime.combine(day, at)), "vaxigrip_tetra", store.now())
    store.write(lambda tx: tx.execute(f"INSERT INTO booking ({columns}) VALUES ($1, $2, $3, $4, $5)", *values))  # noqa: S608
