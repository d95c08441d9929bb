"""Signals in the log: for each one a case that fires, and beside it one that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mv import customers, memberships, other_unit_access, users
from mv.access import Actor, OtherUnit, Role
from mv.access_log import signals
from mv.access_log.signals import MOST_FINDINGS, Finding, Signal
from mv.audit import ONE_LOOK
from mv.customers import Customer
from mv.errors import Forbidden, Invalid
from mv.memberships import Entry
from mv.other_unit_access import OpeningReason
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged, refused

LEAD = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
NILS = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
SARA = Actor("sara.dahl", "Sara Dahl", Role.COORDINATOR, "soder")

Register = Callable[..., Customer]


@pytest.fixture
def register(store: Store, actor: Actor) -> Register:
    """Register somebody new."""
    serials = iter(range(980, 1000))

    def one(family_name: str = "Ek", unit_id: str = "norr", born: date = date(1950, 1, 2)) -> Customer:
        number = invented_number(born, next(serials))
        return customers.register(store, actor, number, "Anna", family_name, unit_id)

    return one


def found(
    store: Store, signal: Signal, who: Actor = LEAD, first: date = TODAY, last: date = TODAY, many: int = 2
) -> list[Finding]:
    return signals.find(store, who, first, last, many, [signal])[signal].found


def look(store: Store, clock: SetClock, who: Actor, *people: Customer) -> None:
    clock.now += ONE_LOOK
    for customer in people:
        customers.get(store, who, customer.customer_id)


def change(store: Store, who: Actor, customer: Customer) -> None:
    memberships.add(store, who, customer.customer_id, Entry("65_plus", None, TODAY))


def book(store: Store, customer: Customer, starts_at: datetime, unit_id: str = "norr") -> None:
    columns = "customer_id, unit_id, starts_at, product_code, booked_at"
    values = (customer.customer_id, unit_id, starts_at, "comirnaty", datetime(2026, 11, 1, 8))
    store.write(lambda tx: tx.execute(f"INSERT INTO booking ({columns}) VALUES ($1, $2, $3, $4, $5)", *values))  # noqa: S608


def about(findings: list[Finding]) -> set[tuple[str, int | None]]:
    return {(finding.user_id, finding.customer_id) for finding in findings}


def test_the_own_record_is_found_and_a_colleagues_look_at_it_is_not(
    store: Store, clock: SetClock, register: Register
) -> None:
    nils = register("Berg")
    users.record_sign_in(store, "nils.berg", "Nils Berg", own_number=nils.identity)
    users.record_sign_in(store, "eva.ros", "Eva Ros")
    look(store, clock, NILS, nils)
    look(store, clock, NILS, nils, register())
    look(store, clock, Actor("eva.ros", "Eva Ros", Role.COORDINATOR, "norr"), nils)
    (own,) = found(store, Signal.OWN_RECORD)
    assert (own.day, own.user_id, own.user_name, own.customer_id) == (TODAY, "nils.berg", "Nils Berg", nils.customer_id)
    assert own.customer_name == "Anna Berg"
    assert len(own.entry_ids) == 2
    assert own.explained("en") == "The user’s own record. Entries: 2."
    assert own.explained("sv") == "Användarens egna uppgifter. Poster: 2."
    assert "Berg" not in repr(own)
    assert found(store, Signal.SAME_FAMILY_NAME) == []


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("user", "family_name", "fires"),
    [
        ("Nils Åkerström", "AKERSTROM", True),
        ("Nils Berg", "von Berg-Ek", True),
        ("Nils Ek-Berg", "Berg", True),
        ("Nils Berg", "Bergström", False),
        ("Anna Ek", "Berg", False),  # Anna is the customer's given name
        ("Berg Ek", "Berg", False),
    ],
)
def test_a_word_of_the_family_name_in_common_is_found(
    store: Store, clock: SetClock, register: Register, user: str, family_name: str, fires: bool
) -> None:
    users.record_sign_in(store, "nils.berg", user)
    customer = register(family_name)
    look(store, clock, NILS, customer, register("Zetterlund"))
    expected = {("nils.berg", customer.customer_id)} if fires else set()
    assert about(found(store, Signal.SAME_FAMILY_NAME)) == expected


def test_many_opened_without_a_change_are_found_from_that_number_on(
    store: Store, clock: SetClock, register: Register
) -> None:
    people = [register() for _ in range(4)]
    look(store, clock, NILS, *people)
    look(store, clock, NILS, people[0])
    change(store, NILS, people[3])
    change(store, LEAD, people[2])  # a colleague's change is no change of the user's
    (one,) = found(store, Signal.MANY_OPENED, many=3)
    assert (one.user_id, one.customer_id, one.day, len(one.entry_ids)) == ("nils.berg", None, TODAY, 4)
    assert one.explained("en") == "Opened 3 customers that day and changed nothing for any of them."
    assert found(store, Signal.MANY_OPENED, many=4) == []


def test_a_change_counts_on_its_own_day_in_stockholm_only(store: Store, clock: SetClock, register: Register) -> None:
    people = [register(), register()]
    clock.now = datetime(2026, 11, 22, 22, 49, tzinfo=UTC)
    look(store, clock, NILS, *people)  # 23:59 in Stockholm
    clock.now = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    for customer in people:
        memberships.add(store, NILS, customer.customer_id, Entry("65_plus", None, date(2026, 11, 23)))
    period = {"first": TODAY, "last": date(2026, 11, 23)}
    assert [finding.day for finding in found(store, Signal.MANY_OPENED, **period)] == [TODAY]
    look(store, clock, NILS, *people)
    assert [finding.day for finding in found(store, Signal.MANY_OPENED, **period)] == [TODAY]


def test_opening_without_a_booking_near_and_without_a_change_is_found(
    store: Store, clock: SetClock, register: Register
) -> None:
    booked, late, elsewhere, changed, nothing = (register() for _ in range(5))
    book(store, booked, datetime(2026, 11, 23, 22, 59))  # the day after, in Stockholm
    book(store, late, datetime(2026, 11, 23, 23, 0))  # two days after
    book(store, elsewhere, datetime(2026, 11, 22, 12), unit_id="soder")
    change(store, NILS, changed)
    look(store, clock, NILS, booked, late, elsewhere, changed, nothing)
    findings = found(store, Signal.NOT_BOOKED)
    assert about(findings) == {("nils.berg", c.customer_id) for c in (late, elsewhere, nothing)}
    assert "Ingen bokning på enheten" in findings[0].explained("sv")


def test_another_units_customer_opened_for_a_reason_is_found_with_it(
    store: Store, clock: SetClock, register: Register
) -> None:
    other, own = register(unit_id="soder"), register()
    other_unit_access.open_customer(
        store, NILS, other.customer_id, OpeningReason.OTHER, "Flyttar hit", timedelta(hours=1)
    )
    look(store, clock, NILS, other, own)
    (one,) = found(store, Signal.OTHER_UNITS)
    assert (one.user_id, one.customer_id, len(one.entry_ids)) == ("nils.berg", other.customer_id, 2)
    assert one.explained("sv") == "En annan enhets kund, öppnad med angivet skäl: annat. Poster: 2. Flyttar hit"
    assert found(store, Signal.OTHER_UNITS, replace(LEAD, unit_id="soder")) == []


def test_several_refusals_in_a_day_are_found_and_fewer_are_not(
    store: Store, clock: SetClock, register: Register
) -> None:
    people = [register(unit_id="norr") for _ in range(3)]
    sixten = replace(SARA, user_id="sixten.ask")
    for who, number in ((SARA, 3), (sixten, 2)):
        for customer in people[:number]:
            with pytest.raises(OtherUnit):
                customers.get(store, who, customer.customer_id)
    lead = replace(LEAD, unit_id="soder")
    (one,) = found(store, Signal.REFUSALS, lead)
    assert (one.user_id, len(one.entry_ids)) == ("sara.dahl", 3)
    assert one.explained("sv") == "Nekad 3 gånger den dagen."
    assert found(store, Signal.REFUSALS) == []


def test_entries_of_other_units_and_other_days_are_in_no_signal(
    store: Store, clock: SetClock, register: Register
) -> None:
    people = [register("Dahl", unit_id="soder"), register("Dahl", unit_id="soder")]
    users.record_sign_in(store, "sara.dahl", "Sara Dahl", own_number=people[0].identity)
    look(store, clock, SARA, *people)
    period = (TODAY, TODAY, 2)
    own = signals.find(store, replace(LEAD, unit_id="soder"), *period)
    assert {signal for signal, found in own.items() if found.found} == {
        Signal.OWN_RECORD,
        Signal.SAME_FAMILY_NAME,
        Signal.MANY_OPENED,
        Signal.NOT_BOOKED,
    }
    assert not any(found.found for found in signals.find(store, LEAD, *period).values())
    day = date(2026, 11, 21)
    before = signals.find(store, replace(LEAD, unit_id="soder"), day, day)
    assert not any(found.found for found in before.values())
    nowhere = signals.find(store, replace(LEAD, unit_id=""), *period)
    assert not any(found.found for found in nowhere.values())


def test_no_more_findings_are_shown_than_can_be_looked_at(store: Store, actor: Actor, register: Register) -> None:
    def fill(number: int) -> None:
        store.write(
            lambda tx: tx.execute(
                """
                INSERT INTO access_log (entry_id, logged_at, user_id, role, unit_id, action, customer_id, outcome)
                SELECT 1000 + n, CAST('2026-11-22 12:00:00' AS TIMESTAMP), 'nils', '', 'norr', 'view_customer', n,
                    'done'
                FROM generate_series(1, CAST($1 AS BIGINT)) AS s (n) WHERE n NOT IN (
                    SELECT customer_id FROM access_log WHERE user_id = 'nils'
                )
                """,
                number,
            )
        )

    for number, more in ((MOST_FINDINGS, False), (MOST_FINDINGS + 1, True)):
        fill(number)
        findings = signals.find(store, LEAD, TODAY, TODAY)[Signal.NOT_BOOKED]
        assert (len(findings.found), findings.more) == (MOST_FINDINGS, more)


def test_looking_for_signals_is_logged_once_and_for_leads_alone(store: Store) -> None:
    signals.find(store, LEAD, TODAY, TODAY, 5, [Signal.REFUSALS])
    signals.find(store, LEAD, TODAY, TODAY, 5, [Signal.REFUSALS])
    detail = {"signals": ["refusals"], "first": "2026-11-22", "last": "2026-11-22", "many": 5}
    assert [entry["detail"] for entry in logged(store, "view_log")] == [detail]
    with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
        signals.find(store, NILS, TODAY, TODAY)


def test_a_period_or_number_that_cannot_be_is_refused(store: Store) -> None:
    with refused(store, Invalid, "The period's first day is after its last. Change one of them."):
        signals.find(store, LEAD, TODAY, date(2026, 11, 21))
    with refused(store, Invalid, "Choose a period of at most 92 days."):
        signals.find(store, LEAD, date(2026, 8, 22), TODAY)
    with refused(store, Invalid, "Choose a number of at least 2."):
        signals.find(store, LEAD, date(2026, 8, 23), TODAY, many=1)
