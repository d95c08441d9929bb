"""Rights on rows: whom somebody has to do with, by unit, by what was done at an own unit, or for a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest

from mv import bookings, catalogue, customers, export, memberships, other_unit_access, vaccinations
from mv.access import EVERY_UNIT, Actor, OtherUnit, Role
from mv.access_log import entries as log_entries
from mv.access_log import patient_extract
from mv.audit import ONE_LOOK
from mv.customers import Customer, Hits
from mv.errors import Conflict, Forbidden
from mv.export import Filters
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.memberships import EndReason, Membership
from mv.other_unit_access import OpeningReason
from mv.reimbursement.preview import customer_case
from mv.store import Store
from mv.vaccinations import Dose, WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import LOG, Rows, nothing_changes, refused

NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
SECOND = Actor("nora.lind", "Nora Lind", Role.COORDINATOR, "norr")
LEAD = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
NOWHERE = Actor("lisa.falk", "Lisa Falk", Role.LEAD, "")
MINUTES = timedelta(minutes=30)
NUMBER = invented_number(date(1950, 1, 2), 982)
OTHER_UNIT = "The customer belongs to another unit, Mottagning Söder. Opening it takes a reason."
NOT_YOURS = "The unit is not one of yours. Choose one that is."
GROUP = memberships.Entry("65_plus", None, date(2026, 9, 1))
NEW_GROUP = memberships.Entry("medical_risk", "diabetes", date(2026, 9, 1))


@dataclass(frozen=True)
class Records:
    """Eva Ek of the unit soder, and everything about her, done there."""

    eva: Customer
    active: Membership
    removed: Membership
    dose: Dose


@pytest.fixture
def records(store: Store, actor: Actor) -> Records:
    soder = replace(actor, unit_id="soder")
    eva = customers.register(store, soder, NUMBER, "Eva", "Ek", "soder")
    active = memberships.add(store, soder, eva.customer_id, GROUP)
    other = memberships.add(store, soder, eva.customer_id, memberships.Entry("pregnant", None, date(2026, 9, 1)))
    removed = memberships.remove(store, soder, other.membership_id, 1, EndReason.CEASED)
    entry = vaccinations.Entry("comirnaty", "B1", 1, date(2026, 11, 2), "soder", active.membership_id)
    dose = vaccinations.register(store, soder, eva.customer_id, entry)
    book(store, eva, "soder")
    return Records(eva, active, removed, dose)


def book(store: Store, customer: Customer, unit_id: str) -> None:
    sql = "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at) VALUES ($1, $2, $3, $4, $3)"
    at = datetime(2026, 11, 22, 14)
    store.write(lambda tx: tx.execute(sql, customer.customer_id, unit_id, at, "comirnaty"))


def dose_at(unit_id: str, records: Records, day: date = TODAY, batch: str = "B1") -> vaccinations.Entry:
    return vaccinations.Entry("comirnaty", batch, 1, day, unit_id, records.active.membership_id)


Call = Callable[[Store, Actor, Records], object]
LOOKS: dict[str, Call] = {
    "customers.get": lambda s, who, r: customers.get(s, who, r.eva.customer_id),
    "memberships.of_customer": lambda s, who, r: memberships.of_customer(s, who, r.eva.customer_id),
    "memberships.changes": lambda s, who, r: memberships.changes(s, who, r.eva.customer_id),
    "vaccinations.of_customer": lambda s, who, r: vaccinations.of_customer(s, who, r.eva.customer_id),
    "vaccinations.changes": lambda s, who, r: vaccinations.changes(s, who, r.eva.customer_id),
    "customer_case.read_case": lambda s, who, r: customer_case.read_case(s, who, r.eva, catalogue.load(s)),
    "bookings.upcoming": lambda s, who, r: bookings.upcoming(s, who, r.eva.customer_id),
}
CHANGES: dict[str, Call] = {
    "memberships.add": lambda s, who, r: memberships.add(s, who, r.eva.customer_id, NEW_GROUP),
    "memberships.adjust": lambda s, who, r: memberships.adjust(
        s, who, r.active.membership_id, 1, replace(GROUP, valid_from=date(2026, 9, 2))
    ),
    "memberships.remove": lambda s, who, r: memberships.remove(s, who, r.active.membership_id, 1),
    "memberships.set_end_reason": lambda s, who, r: memberships.set_end_reason(
        s, who, r.removed.membership_id, 2, EndReason.WRONG
    ),
    "memberships.restore": lambda s, who, r: memberships.restore(s, who, r.removed.membership_id, 2),
    "vaccinations.register": lambda s, who, r: vaccinations.register(
        s, who, r.eva.customer_id, dose_at(who.unit_id, r)
    ),
    "vaccinations.correct": lambda s, who, r: vaccinations.correct(
        s, who, r.dose.dose_id, 1, dose_at("soder", r, r.dose.given_on, "B2")
    ),
    "vaccinations.withdraw": lambda s, who, r: vaccinations.withdraw(
        s, who, r.dose.dose_id, 1, WithdrawReason.WRONG_PERSON
    ),
}
HINTS: dict[str, Call] = {
    "a group that she is in already": lambda s, who, r: memberships.add(s, who, r.eva.customer_id, GROUP),
    "a group that starts before she was born": lambda s, who, r: memberships.add(
        s, who, r.eva.customer_id, replace(GROUP, valid_from=date(1950, 1, 1))
    ),
    "a group row that was changed since": lambda s, who, r: memberships.remove(s, who, r.active.membership_id, 9),
    "a group row that is removed already": lambda s, who, r: memberships.remove(s, who, r.removed.membership_id, 2),
    "a group row that is active already": lambda s, who, r: memberships.restore(s, who, r.active.membership_id, 1),
    "a dose that is registered already": lambda s, who, r: vaccinations.register(
        s, who, r.eva.customer_id, dose_at("norr", r, r.dose.given_on)
    ),
    "a dose without the group that counts": lambda s, who, r: vaccinations.register(
        s, who, r.eva.customer_id, vaccinations.Entry("comirnaty", "B1", 1, TODAY, "norr", None)
    ),
    "a dose that was changed since": lambda s, who, r: vaccinations.correct(
        s, who, r.dose.dose_id, 9, dose_at("norr", r)
    ),
    "a customer of a unit that is not one's own": lambda s, who, r: vaccinations.register(
        s, who, r.eva.customer_id, dose_at("hamnen", r)
    ),
}
"""Calls that say something about a customer to whoever has to do with her, and must not to others."""
CALLS = {**LOOKS, **CHANGES, **HINTS}


def entries(store: Store, user_id: str) -> Rows:
    """Return what the log says of this user, in order."""
    sql = """
        SELECT unit_id, action, customer_id, outcome, why, detail FROM access_log WHERE user_id = $1 ORDER BY entry_id
    """
    with store.read() as tx:
        return tx.rows(sql, user_id)


def outcomes(store: Store, who: Actor) -> list[tuple[int | None, str, str | None]]:
    """Return each entry's customer, outcome and ground; that a dose made a batch known is about nobody."""
    about_people = [entry for entry in entries(store, who.user_id) if entry["action"] != "receive_batch"]
    return [(entry["customer_id"], entry["outcome"], entry["why"]) for entry in about_people]


@contextmanager
def other_unit(store: Store) -> Iterator[None]:
    """Check that another unit's customer is refused, that nothing is said but the unit, and nothing changed."""
    with nothing_changes(store, but=LOG):
        with pytest.raises(OtherUnit) as caught:
            yield
        assert explain(caught.value, ENGLISH) == OTHER_UNIT
        assert "Mottagning Söder" in explain(caught.value, SWEDISH)
        assert caught.value.params == {"unit": "Mottagning Söder"}
        assert caught.value.__cause__ is None


def cross(store: Store, who: Actor, customer: Customer) -> None:
    other_unit_access.open_customer(store, who, customer.customer_id, OpeningReason.VACCINATED_HERE, "", MINUTES)


# Searching


def test_a_name_finds_customers_of_own_units_alone(store: Store, records: Records, anders: Customer) -> None:
    assert customers.search(store, NORR, "ek") == Hits([])
    assert customers.search(store, NORR, "eva e") == Hits([])
    assert customers.search(store, NORR, "karl").customers == [anders]
    assert customers.search(store, replace(NORR, units=frozenset({"soder"})), "ek").customers == [records.eva]
    assert customers.search(store, replace(NORR, units=frozenset({EVERY_UNIT})), "ek").customers == [records.eva]
    assert outcomes(store, NORR) == [
        (None, "done", None),
        (None, "done", None),
        (anders.customer_id, "done", "normal"),
        (records.eva.customer_id, "done", "normal"),
    ]


def test_customers_of_other_units_do_not_count_among_many_hits(store: Store, actor: Actor) -> None:
    for serial in range(100, 100 + customers.MAX_HITS):
        unit = "norr" if serial % 2 else "soder"
        customers.register(store, actor, invented_number(date(1960, 1, 1), serial), "Bo", "Ek", unit)
    hits = customers.search(store, NORR, "ek")
    assert (len(hits.customers), hits.more) == (customers.MAX_HITS // 2, False)


def test_a_number_tells_that_there_is_a_customer_elsewhere_and_nothing_more(store: Store, records: Records) -> None:
    with nothing_changes(store, but=LOG):
        assert customers.search(store, NORR, NUMBER) == Hits([], elsewhere=records.eva.customer_id)
    (entry,) = entries(store, NORR.user_id)
    assert (entry["action"], entry["customer_id"], entry["outcome"]) == (
        "search_customers",
        records.eva.customer_id,
        "refused",
    )


def test_a_number_that_nobody_has_leaves_no_refusal(store: Store, records: Records) -> None:
    assert customers.search(store, NORR, invented_number(date(1991, 1, 1))) == Hits([])
    assert outcomes(store, NORR) == [(None, "done", None)]


# Another unit's customer


@pytest.mark.parametrize("call", CALLS)
def test_another_units_customer_is_refused_without_a_word_about_her_and_logged(
    store: Store, records: Records, call: str
) -> None:
    with other_unit(store):
        CALLS[call](store, NORR, records)
    assert outcomes(store, NORR) == [(records.eva.customer_id, "refused", None)]


@pytest.mark.parametrize("call", CALLS)
def test_without_any_unit_nobody_is_ones_own(store: Store, records: Records, call: str) -> None:
    with other_unit(store):
        CALLS[call](store, NOWHERE, records)


@pytest.mark.parametrize("call", {**LOOKS, **CHANGES})
def test_whoever_gave_a_reason_is_let_in_alone_and_every_entry_says_so(
    store: Store, clock: SetClock, records: Records, call: str
) -> None:
    cross(store, NORR, records.eva)
    with other_unit(store):
        CALLS[call](store, SECOND, records)
    CALLS[call](store, NORR, records)
    assert outcomes(store, NORR) == [(records.eva.customer_id, "done", "other_unit")] * 2


def test_a_reason_holds_until_its_time_is_over(store: Store, clock: SetClock, records: Records) -> None:
    cross(store, NORR, records.eva)
    clock.now += MINUTES - timedelta(seconds=1)
    assert customers.get(store, NORR, records.eva.customer_id) == records.eva
    assert customers.search(store, NORR, NUMBER).customers == [records.eva]
    clock.now += timedelta(seconds=1)
    with other_unit(store):
        customers.get(store, NORR, records.eva.customer_id)
    assert customers.search(store, NORR, NUMBER).elsewhere == records.eva.customer_id


def test_a_change_that_is_saved_after_the_time_is_over_is_refused(
    store: Store, clock: SetClock, records: Records
) -> None:
    cross(store, NORR, records.eva)
    memberships.of_customer(store, NORR, records.eva.customer_id)
    clock.now += MINUTES
    with other_unit(store):
        CHANGES["memberships.remove"](store, NORR, records)


def test_a_reason_opens_one_customer_and_no_other(
    store: Store, actor: Actor, records: Records, anders: Customer
) -> None:
    other = customers.register(store, actor, invented_number(date(1951, 1, 2), 982), "Siv", "Dal", "soder")
    cross(store, NORR, records.eva)
    with other_unit(store):
        customers.get(store, NORR, other.customer_id)
    customers.get(store, NORR, anders.customer_id)
    assert outcomes(store, NORR)[-1] == (anders.customer_id, "done", "normal")


def test_a_name_does_not_find_another_units_customer_for_a_reason_either(store: Store, records: Records) -> None:
    cross(store, NORR, records.eva)
    assert customers.search(store, NORR, "eva ek") == Hits([])


# What was done at an own unit


def put_in_group(store: Store, who: Actor, records: Records) -> None:
    memberships.add(store, who, records.eva.customer_id, NEW_GROUP)


def vaccinate(store: Store, who: Actor, records: Records) -> None:
    vaccinations.register(store, who, records.eva.customer_id, dose_at("norr", records))


@pytest.mark.parametrize("done", [put_in_group, vaccinate], ids=["group", "dose"])
def test_whom_ones_own_unit_has_done_something_for_is_let_in_without_a_reason(
    store: Store, actor: Actor, records: Records, done: Call
) -> None:
    done(store, actor, records)  # who works at norr
    for call in LOOKS.values():
        call(store, NORR, records)
    assert {entry[1:] for entry in outcomes(store, NORR)} == {("done", "normal")}


def mistake_a_group(store: Store, who: Actor, records: Records) -> None:
    row = memberships.add(store, who, records.eva.customer_id, NEW_GROUP)
    memberships.remove(store, who, row.membership_id, row.version, EndReason.WRONG)


def mistake_a_dose(store: Store, who: Actor, records: Records) -> None:
    dose = vaccinations.register(store, who, records.eva.customer_id, dose_at("norr", records))
    vaccinations.withdraw(store, who, dose.dose_id, dose.version, WithdrawReason.WRONG_PERSON)


@pytest.mark.parametrize("done", [mistake_a_group, mistake_a_dose], ids=["group", "dose"])
def test_what_ones_own_unit_entered_by_mistake_lets_nobody_in(
    store: Store, actor: Actor, records: Records, done: Call
) -> None:
    done(store, actor, records)
    with other_unit(store):
        customers.get(store, NORR, records.eva.customer_id)


def test_whom_ones_own_unit_expects_is_let_in_without_a_reason(store: Store, records: Records) -> None:
    book(store, records.eva, "norr")
    for call in (*LOOKS.values(), *CHANGES.values()):
        if call is not CHANGES["vaccinations.withdraw"]:
            with_conflict(call, store, records)
    assert {entry[1:] for entry in outcomes(store, NORR)} == {("done", "normal")}
    assert [booking.customer_id for booking in bookings.of_day(store, NORR, "norr", TODAY)] == [1]


def with_conflict(call: Call, store: Store, records: Records) -> None:
    """Call, where what was changed just before may be in the way."""
    try:
        call(store, NORR, records)
    except Conflict:
        pass


def test_what_was_done_at_another_unit_of_ones_own_counts_too(store: Store, records: Records) -> None:
    book(store, records.eva, "centrum")
    with other_unit(store):
        customers.get(store, NORR, records.eva.customer_id)
    customers.get(store, replace(NORR, units=frozenset({"centrum"})), records.eva.customer_id)


# Other units


def test_a_customer_is_registered_at_an_own_unit_alone(store: Store, records: Records) -> None:
    number = invented_number(date(1990, 1, 2))
    with refused(store, Forbidden, NOT_YOURS):
        customers.register(store, NORR, number, "Siv", "Dal", "soder")
    # A number that is taken says so at an own unit alone.
    with refused(store, Forbidden, NOT_YOURS):
        customers.register(store, NORR, NUMBER, "Siv", "Dal", "soder")
    assert outcomes(store, NORR) == [(None, "refused", None)]
    customers.register(store, NORR, number, "Siv", "Dal", "norr")


def test_another_units_bookings_are_refused(store: Store, records: Records) -> None:
    for unit_id in ("soder", "", "nowhere", EVERY_UNIT):
        with refused(store, Forbidden, NOT_YOURS):
            bookings.of_day(store, NORR, unit_id, TODAY)
    (entry,) = entries(store, NORR.user_id)
    assert (entry["action"], entry["outcome"]) == ("view_bookings", "refused")


def test_a_dose_is_registered_and_moved_to_an_own_unit_alone(store: Store, records: Records) -> None:
    cross(store, NORR, records.eva)
    with refused(store, Forbidden, NOT_YOURS):
        vaccinations.register(store, NORR, records.eva.customer_id, dose_at("soder", records))
    with refused(store, Forbidden, NOT_YOURS):
        vaccinations.correct(store, NORR, records.dose.dose_id, 1, dose_at("hamnen", records))
    moved = vaccinations.correct(store, NORR, records.dose.dose_id, 1, dose_at("norr", records, records.dose.given_on))
    assert moved.unit_id == "norr"


# Output data


@pytest.fixture
def groups_of_two_units(store: Store, actor: Actor, records: Records, anders: Customer) -> None:
    """Eva has two groups at soder, and Anders one at norr."""
    memberships.add(store, actor, anders.customer_id, GROUP)


def taken_out(store: Store, who: Actor, filters: Filters) -> dict[str, object]:
    """Return by part how many rows or people the output data have."""
    counted = export.counts(store, who, filters)
    summary = export.summary(store, who, filters)
    over_time = export.active_over_time(store, who, filters)
    last = over_time[over_time["day"] == over_time["day"].max()]
    return {
        "counts": (counted.rows, counted.people),
        "summary": int(summary["rows"].sum()),
        "preview": len(export.preview(store, who, filters)),
        "file": b"".join(export.groups_file(store, who, filters)).count(b"\n") - 1,
        "active today": int(last["active"].sum()),
    }


@pytest.mark.parametrize(
    ("units", "rows", "people", "active"),
    [(["norr"], 1, 1, 1), (["soder"], 2, 1, 2), (["norr", "soder"], 3, 2, 3), ([EVERY_UNIT], 3, 2, 3), ([], 0, 0, 0)],
    ids=str,
)
def test_output_data_are_those_of_own_units(
    store: Store, groups_of_two_units: None, units: list[str], rows: int, people: int, active: int
) -> None:
    who = replace(NOWHERE, units=frozenset(units))
    expected = {"counts": (rows, people), "summary": rows, "preview": rows, "file": rows, "active today": active}
    assert taken_out(store, who, Filters()) == expected
    file = b"".join(export.groups_file(store, who, Filters())).decode()
    assert ("Eva Ek" in file, "Anders Karlsson" in file) == (
        not {"soder", EVERY_UNIT}.isdisjoint(units),
        not {"norr", EVERY_UNIT}.isdisjoint(units),
    )


EXPORTS: list[Callable[[Store, Actor, Filters], object]] = [
    export.counts, export.summary, export.active_over_time, export.preview, export.groups_file,
]  # fmt: skip


@pytest.mark.parametrize("function", EXPORTS, ids=lambda function: function.__name__)
def test_output_data_of_another_unit_are_refused_by_code_and_by_name(
    store: Store, groups_of_two_units: None, function: Callable[[Store, Actor, Filters], object]
) -> None:
    for unit in ("soder", " SODER", "Mottagning Söder"):
        with refused(store, Forbidden, NOT_YOURS):
            function(store, LEAD, Filters(unit=unit))
    (entry,) = entries(store, LEAD.user_id)
    assert (entry["action"], entry["outcome"]) == ("export_groups", "refused")
    function(store, LEAD, Filters(unit="norr"))


# The log


def test_the_log_of_another_unit_and_of_its_customers_is_refused(store: Store, records: Records) -> None:
    with refused(store, Forbidden, NOT_YOURS):
        log_entries.entries(store, LEAD, log_entries.Filters(unit_id="soder"))
    with other_unit(store):
        log_entries.entries(store, LEAD, log_entries.Filters(customer_id=records.eva.customer_id))
    with other_unit(store):
        patient_extract.extract(store, LEAD, records.eva.customer_id)
    assert outcomes(store, LEAD) == [
        (None, "refused", None),
        (records.eva.customer_id, "refused", None),
        (records.eva.customer_id, "refused", None),
    ]


# Looks


def test_a_refusal_is_logged_once_per_look(store: Store, clock: SetClock, records: Records) -> None:
    for seconds in (0, 599, 1):
        clock.now += timedelta(seconds=seconds)
        with other_unit(store):
            customers.get(store, NORR, records.eva.customer_id)
    assert ONE_LOOK == timedelta(seconds=600)
    assert len(entries(store, NORR.user_id)) == 2


def test_a_refusal_does_not_hide_the_look_that_follows_it(store: Store, records: Records) -> None:
    with other_unit(store):
        customers.get(store, NORR, records.eva.customer_id)
    cross(store, NORR, records.eva)
    customers.get(store, NORR, records.eva.customer_id)
    assert [(entry["action"], entry["outcome"], entry["why"]) for entry in entries(store, NORR.user_id)] == [
        ("view_customer", "refused", None),
        ("open_other_unit", "done", "other_unit"),
        ("view_customer", "done", "other_unit"),
    ]


def test_a_lead_of_every_unit_has_to_do_with_everybody(store: Store, actor: Actor, records: Records) -> None:
    nowhere_yet = replace(actor, user_id="ulla.bo", unit_id="")
    for call in LOOKS.values():
        call(store, nowhere_yet, records)
    assert {entry[1:] for entry in outcomes(store, nowhere_yet)} == {("done", "normal")}
