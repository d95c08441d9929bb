"""The invented people of the browser tests, put into the dashboard's store before it starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Set
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from mv import bookings, customers, memberships, other_unit_access, sample, users, vaccinations
from mv.access import EVERY_UNIT, Actor, Role
from mv.bookings import Booking
from mv.clock import STOCKHOLM, from_local
from mv.customers import Customer
from mv.identity import check_digit
from mv.memberships import Entry
from mv.other_unit_access import OpeningReason
from mv.store import Store, open_store
from tests.browser.hostile_texts import TEXTS

TODAY = date(2026, 11, 23)
NOW = datetime.combine(TODAY, time(9, 30), STOCKHOLM)
"""What a dashboard's clock shows when it starts."""
GROUP_SINCE = TODAY - timedelta(days=40)
"""Since when the people with a group have it, and when most of the tests' people were registered."""
UNPAID_ON = TODAY - timedelta(days=10)
"""The day of the doses without a group, of Fluad Tetra at Björkens vårdcentral, to people over 65."""
CAME_ON, BOOKED_ON = TODAY - timedelta(days=20), TODAY + timedelta(days=3)

WITHOUT_GROUP, WITH_GROUP, ELSEWHERE, UNPAID, UNREGISTERED = 70, 40, 5, 6, 10
"""How many people there are to hand out; each test takes its own."""
STRANGE_NAME = r"<img src=x onerror=alert(1)> [x](javascript:alert(1)) $\LaTeX$ :red[x] **b**"
STRANGE_FAMILY_NAME = "</p><script>alert(2)</script> www.example.com :smile: -> `a` {0} %s ~~s~~ # h"
VISITOR = Actor("hanna.ek", "Hanna Ek", Role.COORDINATOR, "hamnen", frozenset({"hamnen"}))
PREPARER = Actor("maja.lund", "Maja Lund", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
HOSTILE = [text for text in TEXTS if text.isprintable()]
RULE_COLUMNS = "rule_code, region, payer, atc, age_unit, valid_from, valid_to, ore, nvr, source, removed"
SENT_CLAIM = """
    INSERT INTO claim (payer, period_from, period_to, units, state, lines, ore, made_at, made_by, sent_at, file_hash)
    VALUES ('Provregionen', DATE '2025-10-01', DATE '2025-10-31', 'norr', 'sent', 4, 60000,
        TIMESTAMP '2025-11-03 12:00:00', 'maja.lund', TIMESTAMP '2025-11-03 12:00:00', '');
    INSERT INTO claim_line (claim_id, line_number, ore, cause, dose_id, customer_id, identity, unit_id, given_on,
        registered_at, product_code, atc, batch_number, dose_number, payment_rule_id, rule_version, unit, vaccine, rule)
    SELECT (SELECT max(claim_id) FROM claim), row_number() OVER (ORDER BY customer_id), 15000, 'due', -customer_id,
        customer_id, identity, 'norr', DATE '2025-10-13', TIMESTAMP '2025-10-13 12:00:00', 'efluelda', 'J07BB02', 'B1',
        1, 1, 1, 'Mottagning Norr', 'Efluelda', ''
    FROM customer WHERE family_name LIKE 'Provbetald%'
"""
"""A claim of four lines, 150 kr each, that was sent to Provregionen a long time ago."""


@dataclass
class People:
    """Who is in the store beside the sample, numbers of nobody yet, and the bookings of one day."""

    without_group: deque[Customer]
    with_group: deque[Customer]
    elsewhere: deque[Customer]
    unpaid: deque[Customer]
    unregistered: deque[str]
    claimed: list[Customer]
    anders: Customer
    booked: Customer
    strange: Customer
    bookings: list[Booking]
    came: list[Customer]
    numbers: frozenset[str]


@dataclass
class DayClock:
    """A clock that shows eight o'clock in Stockholm on its day."""

    day: date = TODAY

    def __call__(self) -> datetime:
        return datetime.combine(self.day, time(8), STOCKHOLM).astimezone(UTC)


def free_numbers(taken: Set[str]) -> Iterator[str]:
    """Yield numbers that pass the check and are not ``taken``, with serials that Skatteverket keeps for tests."""
    for day in range(10_000):
        born = date(1950, 1, 1) + timedelta(days=day)
        numbers = (f"{born:%Y%m%d}{n}{check_digit(f'{born:%y%m%d}{n}')}" for n in range(980, 1000))
        yield from (number for number in numbers if number not in taken)


def prepare(path: Path) -> People:
    """Fill the store with a sample and with the tests' own people, who were registered weeks ago."""
    clock = DayClock()
    with closing(open_store(str(path), clock)) as store:
        sample.make(store, 300, 7)
        unused = free_numbers(_numbers(store))

        def register(given_name: str, family_name: str, unit_id: str = "norr") -> Customer:
            return customers.register(store, PREPARER, next(unused), given_name, family_name, unit_id)

        clock.day = GROUP_SINCE
        without_group = [register("Vilma", f"Provberg{_letters(n)}") for n in range(WITHOUT_GROUP)]
        with_group = [register("Gerd", f"Provlund{_letters(n)}") for n in range(WITH_GROUP)]
        elsewhere = [register("Hedda", f"Provhamn{_letters(n)}", "hamnen") for n in range(ELSEWHERE)]
        for customer in with_group:
            memberships.add(store, PREPARER, customer.customer_id, Entry("65_plus", None, store.today()))
        anders = register("Anders", "Karlsson")
        booked = register("Bodil", "Provbokad")
        strange = register(STRANGE_NAME, STRANGE_FAMILY_NAME)
        came = [register("Kim", f"Provkom{_letters(n)}", "soder") for n in range(3)]
        claimed = [register("Pia", f"Provbetald{_letters(n)}") for n in range(4)]
        store.write(lambda tx: tx.execute(SENT_CLAIM))
        clock.day = UNPAID_ON
        unpaid = [register("Ulla", f"Provdos{_letters(n)}", "bjorken") for n in range(UNPAID)]
        for customer in unpaid:
            dose = vaccinations.Entry("fluad_tetra", "UNPAID-1", 1, store.today(), "bjorken", None)
            vaccinations.register(store, PREPARER, customer.customer_id, dose)
        clock.day = TODAY
        _book(store, booked, BOOKED_ON, time(10, 0))
        _book(store, strange, BOOKED_ON, time(10, 10))
        found = bookings.of_day(store, PREPARER, "soder", BOOKED_ON)
        for minute, customer in enumerate(came):
            _book(store, customer, CAME_ON, time(9, minute))
        _add_hostile_texts(store, [register(f"Prov {text}", "Provfientlig") for text in HOSTILE])
        numbers = _numbers(store)
    unregistered = deque(islice(unused, UNREGISTERED))
    return People(
        deque(without_group), deque(with_group), deque(elsewhere), deque(unpaid), unregistered, claimed, anders, booked,
        strange, found, came, numbers,
    )  # fmt: skip


def _add_hostile_texts(store: Store, named: list[Customer]) -> None:
    """Put each of the texts where somebody reads them: as a user, as a reason, and in a rule of the year 2019."""
    for number, (text, customer) in enumerate(zip(HOSTILE, named, strict=True)):
        users.record_sign_in(store, f"test:hostile-{number}", text)
        lasts = timedelta(minutes=1)
        other_unit_access.open_customer(store, VISITOR, customer.customer_id, OpeningReason.OTHER, text, lasts)
        # Each for another kind of vaccine, so that none of them pays for the same as another.
        values = f"'x{number}', $1, $1, 'J{number // 10:02}{chr(65 + number % 10)}', 'years'"
        dates = "DATE '2019-01-01', DATE '2019-12-31', 100, FALSE"
        rule = f"INSERT INTO payment_rule ({RULE_COLUMNS}) VALUES ({values}, {dates}, $1, FALSE)"  # noqa: S608
        store.write(lambda tx, rule=rule, text=text: tx.execute(rule, text))  # type: ignore[misc]


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
