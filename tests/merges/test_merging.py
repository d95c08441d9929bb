"""Two records of one person made one: what moves, what is in both, that it can be undone, and that nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest

from mv import bookings, customers, deaths, identity_changes, memberships, users, vaccinations
from mv.access import Actor, OtherUnit, Role
from mv.access_log import entries as log_entries
from mv.access_log import patient_extract, signals
from mv.access_log.signals import Signal
from mv.customers import Customer, Hits, search
from mv.errors import Conflict, Invalid, MvError, NotFound
from mv.identity_changes import NumberTaken
from mv.memberships import EndReason, Membership
from mv.merges import merging, undo
from mv.merges.merging import Merge, PersonDiffers
from mv.merges.plan import Difference, KeepReason, Preview
from mv.reimbursement.checks import findings, new_year
from mv.reimbursement.checks.findings import Check
from mv.reimbursement.claims import drafting, ledger
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.reimbursement.claims.line_references import find_by_identity
from mv.reimbursement.corrections import queue as corrections
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.vaccinations import Dose, WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import Rows, contents, logged, nothing_changes, refused

BORN = date(1950, 8, 29)
NUMBER = invented_number(BORN, 983)
OTHER_NUMBER = invented_number(BORN, 985)
DAY = TODAY - timedelta(days=20)
PAYER = "Exempelregionen"
DAYS_BETWEEN = 150
"""Between two doses against influenza that are paid."""
MONTH = date(2026, 11, 1), date(2026, 11, 30)
OF_HISTORY = ("membership_change", "dose_change", "access_log", "log_head", "merge", "merge_row")
"""What tells that a merging was, after it was undone."""


def register(store: Store, actor: Actor, number: str, unit: str = "norr", name: str = "Kim Räv") -> Customer:
    given, family = name.split()
    return customers.register(store, actor, number, given, family, unit, BORN)


@pytest.fixture
def kim(store: Store, actor: Actor) -> Customer:
    """The record that goes on."""
    return register(store, actor, NUMBER)


@pytest.fixture
def twin(store: Store, actor: Actor) -> Customer:
    """The other record of Kim."""
    return register(store, actor, OTHER_NUMBER)


def join(
    store: Store, actor: Actor, customer: Customer, first: date, last: date | None = None, group: str = "65_plus"
) -> Membership:
    return memberships.add(store, actor, customer.customer_id, memberships.Entry(group, None, first, last))


def give(
    store: Store, actor: Actor, row: Membership, day: date = DAY, product: str = "efluelda", batch: str = "B1"
) -> Dose:
    entry = vaccinations.Entry(product, batch, 1, day, "norr", row.membership_id)
    return vaccinations.register(store, actor, row.customer_id, entry)


def book(store: Store, customer: Customer) -> None:
    sql = """
        INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)
        VALUES ($1, 'norr', $2, 'comirnaty', $2)
    """
    store.write(lambda tx: tx.execute(sql, customer.customer_id, datetime(2026, 11, 30, 9)))


def seen(store: Store, actor: Actor, keep: Customer, merged: Customer) -> Preview:
    return merging.preview(store, actor, keep.customer_id, merged.customer_id)


def merge(store: Store, actor: Actor, keep: Customer, merged: Customer, **how: bool) -> Merge:
    """Merge the records as they are, and return what a card shows of it."""
    merging.merge(store, actor, seen(store, actor, keep, merged), **how)
    return merging.of_customer(store, actor, keep.customer_id)[0]


def claim(store: Store, actor: Actor) -> Claim:
    made = drafting.draft(store, actor, PAYER, *MONTH)
    return ledger.move(store, actor, made.claim_id, made.version, ClaimState.SENT)


def claimed(store: Store) -> dict[int, int]:
    """Return what the lines of each dose come to; doses with nothing left out."""
    with store.read() as tx:
        rows = tx.rows("SELECT dose_id, CAST(sum(ore) AS BIGINT) AS ore FROM claim_line GROUP BY dose_id")
    return {row["dose_id"]: row["ore"] for row in rows if row["ore"]}


def comparable(store: Store) -> dict[str, Rows]:
    """Return what the store holds but for history, log and versions."""
    return {
        table: sorted(({k: v for k, v in row.items() if k != "version"} for row in rows), key=repr)
        for table, rows in contents(store).items()
        if table not in OF_HISTORY
    }


# Everything moves


def test_everything_moves_to_the_record_that_goes_on_and_is_counted(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    own = join(store, actor, kim, DAY, group="pregnant")
    row = join(store, actor, twin, date(2026, 1, 1))
    dose = give(store, actor, row)
    book(store, twin)
    shown = seen(store, actor, kim, twin)
    assert (shown.groups, shown.doses, shown.differences) == ((), (), ())
    kept = merging.merge(store, actor, shown)
    assert kept == kim
    rows = memberships.of_customer(store, actor, kim.customer_id)
    assert {found.membership_id for found in rows} == {own.membership_id, row.membership_id}
    assert {found.customer_id for found in rows} == {kim.customer_id}
    assert vaccinations.of_customer(store, actor, kim.customer_id) == [replace(dose, customer_id=kim.customer_id)]
    assert len(bookings.upcoming(store, actor, kim.customer_id)) == 1
    assert len(memberships.changes(store, actor, kim.customer_id)) == 2
    assert len(vaccinations.changes(store, actor, kim.customer_id)) == 1
    for table in ("membership", "membership_change", "dose", "dose_change", "booking", "customer_name"):
        assert not [found for found in contents(store)[table] if found["customer_id"] == twin.customer_id]
    (made,) = merging.of_customer(store, actor, kim.customer_id)
    assert (made.merged, made.merged_by, made.memberships, made.doses, made.bookings, made.is_latest) == (
        twin, "karin.holm", 1, 1, 1, True,
    )  # fmt: skip


def test_the_moved_groups_keep_others_from_being_added_twice(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    row = join(store, actor, twin, DAY)
    merge(store, actor, kim, twin)
    (moved,) = contents(store)["membership"]
    assert moved["active_key"] == f"{kim.customer_id}/65_plus/"
    with nothing_changes(store), pytest.raises(Conflict, match="already, since"):
        join(store, actor, kim, TODAY)
    memberships.remove(store, actor, row.membership_id, row.version, EndReason.WRONG)
    join(store, actor, kim, TODAY)


def test_every_number_and_both_names_find_the_record_that_goes_on(store: Store, actor: Actor, kim: Customer) -> None:
    other = register(store, actor, OTHER_NUMBER, name="Kim Berg")
    third = invented_number(BORN, 987)
    renumbered = identity_changes.change(store, actor, other.customer_id, third, other.identity)
    merge(store, actor, kim, renumbered)
    for number in (OTHER_NUMBER, third):
        assert search(store, actor, number) == Hits([kim], earlier=True)
    assert search(store, actor, "kim berg").customers == [kim]
    assert search(store, actor, "räv").customers == [kim]
    assert customers.get(store, actor, other.customer_id) == kim
    with refused(store, Conflict, "A customer with this number is registered already. Search for the number."):
        register(store, actor, third)
    assert {row["customer_id"] for row in contents(store)["customer_name"]} == {kim.customer_id}
    assert len(contents(store)["customer_name"]) == 4


def test_the_number_of_a_merged_record_cannot_become_the_customers(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    with pytest.raises(NumberTaken) as caught:
        identity_changes.change(store, actor, kim.customer_id, twin.identity, kim.identity)
    assert caught.value.customer_id == twin.customer_id
    merge(store, actor, kim, twin)
    with nothing_changes(store), pytest.raises(Conflict, match="merged into this one"):
        identity_changes.change(store, actor, kim.customer_id, twin.identity, kim.identity)


def test_both_customers_stand_in_the_log_and_an_extract_has_the_accesses_to_both(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    customers.get(store, actor, twin.customer_id)
    made = merge(store, actor, kim, twin)
    entries = logged(store, "merge_customers")
    assert [(entry["customer_id"], entry["detail"]) for entry in entries] == [
        (kim.customer_id, {"merge": made.merge_id, "change": "merged", "customer_id": twin.customer_id}),
        (twin.customer_id, {"merge": made.merge_id, "change": "merged", "customer_id": kim.customer_id}),
    ]
    log = repr(contents(store)["access_log"])
    assert not [number for number in (NUMBER, OTHER_NUMBER) if number[2:] in log]
    named = [entry for entry in logged(store) if entry["customer_id"] in (kim.customer_id, twin.customer_id)]
    found = patient_extract.extract(store, actor, twin.customer_id)
    assert (found.name, len(found.accesses)) == ("Kim Räv", len(named) + 1)  # and the extract itself
    assert "register_customer" in [access.action for access in found.accesses]


def test_the_log_of_a_customer_has_the_entries_of_the_merged_record(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    merge(store, actor, kim, twin)
    found = log_entries.entries(store, actor, log_entries.Filters(customer_id=kim.customer_id)).entries
    assert {entry.customer_id for entry in found} == {kim.customer_id, twin.customer_id}


def test_after_an_undoing_each_extract_has_what_was_seen_of_the_person_meanwhile(
    store: Store, actor: Actor, clock: SetClock, kim: Customer, twin: Customer
) -> None:
    shown = seen(store, actor, kim, twin)
    clock.now += timedelta(hours=1)
    merging.merge(store, actor, shown)
    (made,) = merging.of_customer(store, actor, kim.customer_id)
    clock.now += timedelta(hours=1)
    memberships.of_customer(store, actor, kim.customer_id)
    clock.now += timedelta(hours=1)
    undo.undo(store, actor, made.merge_id)
    clock.now += timedelta(hours=1)
    vaccinations.of_customer(store, actor, kim.customer_id)
    accesses = [access.action for access in patient_extract.extract(store, actor, twin.customer_id).accesses]
    assert (accesses.count("view_groups"), accesses.count("view_doses")) == (2, 1)  # one each by the preview


# What is in both


def test_of_the_same_active_group_twice_one_is_kept_with_the_days_of_both(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    own, other = join(store, actor, kim, DAY), join(store, actor, twin, date(2026, 3, 1))
    dose = give(store, actor, other, DAY - timedelta(days=5))
    (same,) = seen(store, actor, kim, twin).groups
    assert (same.kept, same.wrong, same.valid_from, same.valid_to) == (own, (other,), date(2026, 3, 1), None)
    assert (same.why, same.is_widened) == (KeepReason.GOES_ON, True)
    merge(store, actor, kim, twin)
    active, wrong = memberships.of_customer(store, actor, kim.customer_id)
    assert (active.membership_id, active.valid_from) == (own.membership_id, date(2026, 3, 1))
    assert (wrong.membership_id, wrong.ended_reason, wrong.valid_to) == (other.membership_id, EndReason.WRONG, TODAY)
    assert reasons(store)[dose.dose_id] == Outcome.PAYABLE


def test_the_row_that_is_still_active_is_kept(store: Store, actor: Actor, kim: Customer, twin: Customer) -> None:
    ended = join(store, actor, kim, date(2026, 1, 1), date(2026, 6, 1))
    other = join(store, actor, twin, date(2026, 5, 1))
    (same,) = seen(store, actor, kim, twin).groups
    assert (same.kept, same.wrong, same.valid_from, same.why) == (other, (ended,), date(2026, 1, 1), KeepReason.ACTIVE)
    merge(store, actor, kim, twin)
    active, wrong = memberships.of_customer(store, actor, kim.customer_id)
    assert (active.membership_id, wrong.membership_id) == (other.membership_id, ended.membership_id)


def test_periods_that_hang_together_over_both_records_become_one(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    first = join(store, actor, kim, date(2026, 1, 1), date(2026, 2, 28))
    last = join(store, actor, kim, date(2026, 4, 1), date(2026, 5, 31))
    between = join(store, actor, twin, date(2026, 2, 1), date(2026, 4, 1))
    apart = join(store, actor, twin, date(2026, 6, 1), date(2026, 6, 30))
    (same,) = seen(store, actor, kim, twin).groups
    assert (same.kept, same.valid_from, same.valid_to) == (first, date(2026, 1, 1), date(2026, 5, 31))
    assert set(same.wrong) == {last, between}
    merge(store, actor, kim, twin)
    rows = memberships.of_customer(store, actor, kim.customer_id)
    assert [row.membership_id for row in rows if row.ended_reason == EndReason.CEASED] == [
        apart.membership_id, first.membership_id,
    ]  # fmt: skip


@pytest.mark.both_engines
@pytest.mark.parametrize("of_other", [False, True])
def test_of_the_same_vaccine_on_the_same_day_the_dose_that_is_claimed_is_kept(
    store: Store, actor: Actor, kim: Customer, twin: Customer, of_other: bool
) -> None:
    claims = twin if of_other else kim
    first = give(store, actor, join(store, actor, claims, date(2026, 1, 1)))
    claim(store, actor)
    second = give(store, actor, join(store, actor, kim if of_other else twin, date(2026, 1, 1)), batch="B2")
    (same,) = seen(store, actor, kim, twin).doses
    assert (same.kept, same.withdrawn, same.why) == (first, second, KeepReason.CLAIMED)
    merge(store, actor, kim, twin)
    states = {d.dose_id: d.withdrawn_reason for d in vaccinations.of_customer(store, actor, kim.customer_id)}
    assert states == {first.dose_id: None, second.dose_id: WithdrawReason.ENTERED_BY_MISTAKE}
    with pytest.raises(Invalid, match="nothing to claim"):
        claim(store, actor)


def test_where_both_are_claimed_the_next_claim_takes_one_back(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    first, second = (give(store, actor, join(store, actor, who, date(2026, 1, 1))) for who in (kim, twin))
    claim(store, actor)
    assert claimed(store) == {first.dose_id: 150_00, second.dose_id: 150_00}
    shown = seen(store, actor, kim, twin)
    assert (shown.keep.claimed, shown.merged.claimed) == ({first.dose_id: 150_00}, {second.dose_id: 150_00})
    before = [row for row in contents(store)["claim_line"]]
    merging.merge(store, actor, shown)
    assert contents(store)["claim_line"] == before
    claim(store, actor)
    assert claimed(store) == {first.dose_id: 150_00}


def test_a_dose_that_comes_too_soon_after_the_other_records_is_taken_back_by_the_next_claim(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    first = give(store, actor, join(store, actor, kim, date(2026, 1, 1)))
    give(store, actor, join(store, actor, twin, date(2026, 1, 1)), DAY + timedelta(days=3))
    claim(store, actor)
    assert sum(claimed(store).values()) == 300_00
    merge(store, actor, kim, twin)
    claim(store, actor)
    assert claimed(store) == {first.dose_id: 150_00}


def test_the_dose_that_was_given_here_is_kept_beside_one_that_was_given_abroad(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    abroad = vaccinations.Entry("efluelda", "", 1, DAY, "norr", None, abroad=True)
    vaccinations.register(store, actor, kim.customer_id, abroad)
    here = give(store, actor, join(store, actor, twin, date(2026, 1, 1)))
    (same,) = seen(store, actor, kim, twin).doses
    assert (same.kept, same.why) == (here, KeepReason.GIVEN_HERE)


@pytest.mark.both_engines
def test_what_was_claimed_and_paid_of_a_moved_dose_follows_it(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    dose = give(store, actor, join(store, actor, twin, date(2026, 1, 1)))
    made = claim(store, actor)
    sql = "INSERT INTO payment (payment_file_id, row_number, ore, claim_id, line_number, outcome)"
    store.write(lambda tx: tx.execute(f"{sql} VALUES (1, 1, 15000, $1, 1, 'paid')", made.claim_id))
    merge(store, actor, kim, twin)
    frame = dose_frames.read_doses(store, kim.customer_id, kim.customer_id)
    assert frame[["dose_id", "claimed", "paid"]].to_numpy().tolist() == [[dose.dose_id, 150_00, 150_00]]
    with store.read() as tx:
        for number in (NUMBER, OTHER_NUMBER):
            (line,) = find_by_identity(tx, PAYER, [number])[number]
            assert (line.dose_id, line.customer_id, line.identity) == (dose.dose_id, twin.customer_id, OTHER_NUMBER)


# What is refused


def test_what_cannot_be_merged_is_refused(store: Store, actor: Actor, kim: Customer, twin: Customer) -> None:
    with refused(store, Invalid, "That is the same record. Choose another one."):
        merging.preview(store, actor, kim.customer_id, kim.customer_id)
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        merging.preview(store, actor, kim.customer_id, 999)
    shown, back = seen(store, actor, kim, twin), seen(store, actor, twin, kim)
    merging.merge(store, actor, shown)
    already = "One of the records was merged into another already. Open the customer anew."
    for again in (shown, back):
        with refused(store, Conflict, already):
            merging.merge(store, actor, again)
    with refused(store, Conflict, already):
        merging.preview(store, actor, kim.customer_id, twin.customer_id)


def test_other_birth_dates_and_sexes_have_to_be_meant(store: Store, actor: Actor, kim: Customer) -> None:
    born = BORN + timedelta(days=1)
    for number in (invented_number(BORN, 982), invented_number(born, 983)):
        other = customers.register(store, actor, number, "Kim", "Räv", "norr")
        shown = seen(store, actor, kim, other)
        assert shown.may_be_two_people
        with nothing_changes(store), pytest.raises(PersonDiffers):
            merging.merge(store, actor, shown)
        merging.merge(store, actor, shown, same_person=True)
    assert customers.get(store, actor, kim.customer_id).birth_date == BORN


def test_names_and_units_may_differ_and_those_of_the_record_that_goes_on_stay(
    store: Store, actor: Actor, kim: Customer
) -> None:
    other = register(store, actor, OTHER_NUMBER, "soder", "Kim Berg")
    shown = seen(store, actor, kim, other)
    assert shown.differences == (Difference.NAME, Difference.UNIT)
    assert not shown.may_be_two_people
    assert merging.merge(store, actor, shown) == kim


def test_nothing_is_from_before_the_birth_or_after_the_death_of_the_one_who_goes_on(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    young = customers.register(store, actor, invented_number(DAY), "Kim", "Räv", "norr")
    join(store, actor, twin, DAY - timedelta(days=1))
    with nothing_changes(store), pytest.raises(Conflict, match="before the birth date"):
        seen(store, actor, young, twin)
    deaths.record(store, actor, kim.customer_id, DAY - timedelta(days=2))
    for keep, merged in ((kim, twin), (twin, kim)):
        with nothing_changes(store), pytest.raises(Conflict, match="died on"):
            seen(store, actor, keep, merged)


@pytest.mark.both_engines
def test_a_death_is_not_lost_and_goes_back(store: Store, actor: Actor, kim: Customer, twin: Customer) -> None:
    deaths.record(store, actor, twin.customer_id, DAY)
    made = merge(store, actor, kim, twin)
    assert search(store, actor, "kim räv").customers == [replace(kim, deceased_on=DAY)]
    assert undo.undo(store, actor, made.merge_id) == kim
    assert customers.get(store, actor, twin.customer_id).deceased_on == DAY


def test_what_was_changed_since_it_was_seen_is_seen_again_first(
    store: Store, actor: Actor, colleague: Actor, kim: Customer, twin: Customer
) -> None:
    row = join(store, actor, twin, DAY)
    says = "One of the records was changed meanwhile. They are shown as they are now; nothing was merged."
    for change in (
        lambda: give(store, colleague, row),
        lambda: claim(store, actor),
        lambda: memberships.remove(store, colleague, row.membership_id, row.version),
        lambda: deaths.record(store, colleague, kim.customer_id, TODAY),
    ):
        shown = seen(store, actor, kim, twin)
        change()
        with refused(store, Conflict, says):
            merging.merge(store, actor, shown)
    merging.merge(store, actor, seen(store, actor, kim, twin))


# Units


def test_another_units_record_is_neither_shown_nor_merged(store: Store, actor: Actor, kim: Customer) -> None:
    other = register(store, actor, OTHER_NUMBER, "soder")
    norr = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
    for keep, merged in ((kim, other), (other, kim)):
        with nothing_changes(store, but=("access_log", "log_head")), pytest.raises(OtherUnit) as caught:
            seen(store, norr, keep, merged)
        assert caught.value.customer_id == other.customer_id
    shown = seen(store, actor, kim, other)
    with nothing_changes(store, but=("access_log", "log_head")), pytest.raises(OtherUnit):
        merging.merge(store, norr, shown)


def test_whoever_had_to_do_with_either_record_has_to_do_with_the_one_that_goes_on(
    store: Store, actor: Actor, kim: Customer
) -> None:
    other = register(store, actor, OTHER_NUMBER, "soder")
    soder = Actor("sara.dahl", "Sara Dahl", Role.COORDINATOR, "soder")
    with pytest.raises(OtherUnit):
        customers.get(store, soder, kim.customer_id)
    made = merge(store, actor, kim, other)
    assert customers.get(store, soder, other.customer_id) == kim
    assert merging.of_customer(store, soder, kim.customer_id) == [made]
    undo.undo(store, soder, made.merge_id)
    with pytest.raises(OtherUnit):
        customers.get(store, soder, kim.customer_id)


# Undoing


@pytest.mark.both_engines
def test_undoing_gives_both_records_back_as_they_were(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    join(store, actor, kim, date(2026, 5, 1))
    join(store, actor, kim, date(2025, 1, 1), date(2025, 2, 1))
    give(store, actor, join(store, actor, twin, date(2025, 12, 1)))
    join(store, actor, twin, date(2025, 1, 20), date(2025, 3, 1))
    give(store, actor, memberships.of_customer(store, actor, kim.customer_id)[0], batch="B2")
    book(store, twin)
    before = comparable(store)
    made = merge(store, actor, kim, twin)
    assert comparable(store) != before
    assert undo.undo(store, actor, made.merge_id) == kim
    after = comparable(store)
    assert {name for name in before if before[name] != after[name]} == set()
    assert merging.of_customer(store, actor, kim.customer_id) == []
    assert search(store, actor, OTHER_NUMBER) == Hits([twin])
    assert [entry["detail"]["change"] for entry in logged(store, "merge_customers")] == ["merged"] * 2 + ["undone"] * 2
    with refused(store, Conflict, "The merging is undone already."):
        undo.undo(store, actor, made.merge_id)
    with refused(store, NotFound, "There is no such merging. Open the customer anew."):
        undo.undo(store, actor, 999)
    merge(store, actor, twin, kim)  # the other way round, now


def test_what_was_registered_since_stays_and_what_moved_takes_its_changes_along(
    store: Store, actor: Actor, clock: SetClock, kim: Customer, twin: Customer
) -> None:
    row = join(store, actor, twin, date(2026, 1, 1))
    made = merge(store, actor, kim, twin)
    clock.now += timedelta(minutes=1)
    new = join(store, actor, kim, DAY, group="pregnant")
    dose = give(store, actor, new)
    memberships.remove(store, actor, row.membership_id, row.version)
    undo.undo(store, actor, made.merge_id)
    assert memberships.of_customer(store, actor, kim.customer_id) == [new]
    assert vaccinations.of_customer(store, actor, kim.customer_id) == [dose]
    (moved,) = memberships.of_customer(store, actor, twin.customer_id)
    assert (moved.membership_id, moved.valid_to) == (row.membership_id, TODAY)


def test_what_builds_on_the_merging_keeps_it_from_being_undone(
    store: Store, actor: Actor, clock: SetClock, kim: Customer, twin: Customer
) -> None:
    row = join(store, actor, twin, date(2026, 1, 1))
    made = merge(store, actor, kim, twin)
    clock.now += timedelta(minutes=1)
    dose = give(store, actor, row := replace(row, customer_id=kim.customer_id))
    with nothing_changes(store), pytest.raises(Conflict, match=f"The dose of {DAY} counts by a group"):
        undo.undo(store, actor, made.merge_id)
    vaccinations.withdraw(store, actor, dose.dose_id, 1, WithdrawReason.WRONG_PERSON)
    undo.undo(store, actor, made.merge_id)


def test_a_dose_on_days_that_only_the_merging_gave_keeps_it_from_being_undone(
    store: Store, actor: Actor, clock: SetClock, kim: Customer, twin: Customer
) -> None:
    own = join(store, actor, kim, DAY)
    join(store, actor, twin, date(2026, 1, 1))
    made = merge(store, actor, kim, twin)
    clock.now += timedelta(minutes=1)
    give(store, actor, own, date(2026, 2, 1), "comirnaty")
    with nothing_changes(store), pytest.raises(Conflict, match="The dose of 2026-02-01 counts by a group"):
        undo.undo(store, actor, made.merge_id)


@pytest.mark.both_engines
def test_a_row_that_the_merging_changed_and_somebody_after_it_cannot_become_what_it_was(
    store: Store, actor: Actor, colleague: Actor, kim: Customer, twin: Customer
) -> None:
    own, other = join(store, actor, kim, DAY), join(store, actor, twin, date(2026, 1, 1))
    made = merge(store, actor, kim, twin)
    entry = memberships.Entry("65_plus", None, date(2025, 12, 1))
    memberships.adjust(store, colleague, own.membership_id, own.version + 1, entry)
    with nothing_changes(store), pytest.raises(Conflict, match=r"samir\.haddad changed") as caught:
        undo.undo(store, actor, made.merge_id)
    assert str(caught.value.params["what"])
    assert other.version == 1


def test_a_dose_that_was_registered_in_place_of_the_withdrawn_one_keeps_the_merging(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    own = give(store, actor, join(store, actor, kim, date(2026, 1, 1)))
    give(store, actor, join(store, actor, twin, date(2026, 1, 1)))
    made = merge(store, actor, kim, twin)
    vaccinations.withdraw(store, actor, own.dose_id, own.version, WithdrawReason.ENTERED_BY_MISTAKE)
    undo.undo(store, actor, made.merge_id)
    (dose,) = vaccinations.of_customer(store, actor, twin.customer_id)
    assert dose.withdrawn_at is None


def test_a_group_that_the_merging_ended_is_not_active_again_once_it_is_no_longer_in_use(
    store: Store, actor: Actor, clock: SetClock, kim: Customer, twin: Customer
) -> None:
    join(store, actor, kim, date(2026, 1, 1))
    join(store, actor, twin, date(2026, 2, 1))
    made = merge(store, actor, kim, twin)
    clock.now += timedelta(days=1)
    retire = "UPDATE customer_group SET valid_to = $1 WHERE group_code = '65_plus'"
    store.write(lambda tx: tx.execute(retire, TODAY))
    with nothing_changes(store), pytest.raises(Invalid, match="was not in use on 2026-11-23"):
        undo.undo(store, actor, made.merge_id)
    clock.now -= timedelta(days=1)
    undo.undo(store, actor, made.merge_id)


def test_a_dose_that_the_merging_withdrew_is_not_valid_again_after_a_death(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    claimed = give(store, actor, join(store, actor, twin, date(2026, 1, 1)))
    claim(store, actor)
    give(store, actor, join(store, actor, kim, date(2026, 1, 1)))
    made = merge(store, actor, kim, twin)
    vaccinations.withdraw(store, actor, claimed.dose_id, claimed.version, WithdrawReason.WRONG_PERSON)
    deaths.record(store, actor, kim.customer_id, DAY - timedelta(days=1))
    with nothing_changes(store), pytest.raises(Conflict, match="died on"):
        undo.undo(store, actor, made.merge_id)


@pytest.mark.parametrize("day", ["birth", "death"])
def test_what_was_adjusted_since_is_not_given_back_to_whom_it_cannot_be(
    store: Store, actor: Actor, kim: Customer, day: str
) -> None:
    young = customers.register(store, actor, invented_number(date(2025, 1, 1)), "Kim", "Räv", "norr")
    row = join(store, actor, young, date(2026, 1, 1), group="medical_risk")
    if day == "death":
        deaths.record(store, actor, young.customer_id, date(2026, 1, 1))
    made = merge(store, actor, kim, young, same_person=True)
    deaths.record(store, actor, kim.customer_id, None)
    first = date(2024, 12, 31) if day == "birth" else date(2026, 1, 2)
    entry = memberships.Entry("medical_risk", None, first)
    adjusted = memberships.adjust(store, actor, row.membership_id, row.version, entry)
    with nothing_changes(store), pytest.raises(Conflict, match=f"A group or a dose of {first} would be from before"):
        undo.undo(store, actor, made.merge_id)
    memberships.adjust(store, actor, row.membership_id, adjusted.version, replace(entry, valid_from=date(2026, 1, 1)))
    undo.undo(store, actor, made.merge_id)


def test_records_of_records_follow_and_are_undone_from_the_last_on(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    third = register(store, actor, invented_number(BORN, 987), name="Kim Ek")
    row = join(store, actor, kim, DAY)
    before = comparable(store)
    first = merge(store, actor, twin, kim)
    second = merge(store, actor, third, twin)
    for customer in (kim, twin):
        assert customers.get(store, actor, customer.customer_id) == third
        assert search(store, actor, customer.identity).customers == [third]
    assert search(store, actor, "räv kim").customers == [third]
    assert [found.merge_id for found in merging.of_customer(store, actor, third.customer_id)] == [
        second.merge_id, first.merge_id,
    ]  # fmt: skip
    assert [found.is_latest for found in merging.of_customer(store, actor, third.customer_id)] == [True, False]
    with refused(store, Conflict, "The record was merged into another since. Undo that first."):
        undo.undo(store, actor, first.merge_id)
    undo.undo(store, actor, second.merge_id)
    assert customers.get(store, actor, kim.customer_id) == twin
    (moved,) = memberships.of_customer(store, actor, twin.customer_id)
    assert moved.membership_id == row.membership_id
    undo.undo(store, actor, first.merge_id)
    assert comparable(store) == before


def test_only_the_latest_merging_of_a_record_is_undone(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    third = register(store, actor, invented_number(BORN, 987))
    first, second = merge(store, actor, kim, twin), merge(store, actor, kim, third)
    with refused(store, Conflict, "Another record was merged into this one later. Undo that first."):
        undo.undo(store, actor, first.merge_id)
    undo.undo(store, actor, second.merge_id)
    undo.undo(store, actor, first.merge_id)


# Lists and counts


def test_a_merged_record_is_in_no_list(store: Store, actor: Actor, kim: Customer, twin: Customer) -> None:
    young = date(TODAY.year - 64, 5, 6)
    pair = [
        customers.register(store, actor, invented_number(young, serial), "Gun", "Ek", "norr") for serial in (982, 984)
    ]

    def turning() -> list[int]:
        people = new_year.people(store, actor, TODAY.year + 1, new_year.Filters(), limit=99)
        return sorted({person.customer.customer_id for person in people})

    both = sorted(person.customer_id for person in pair)
    assert turning() == both
    assert len(findings.find(store, actor, Check.TWICE, TODAY, TODAY).frame) == 2
    made = merge(store, actor, *pair)
    merge(store, actor, kim, twin)
    assert turning() == [pair[0].customer_id]
    assert findings.find(store, actor, Check.TWICE, TODAY, TODAY).frame.empty
    assert search(store, actor, "gun").customers == [pair[0]]
    undo.undo(store, actor, made.merge_id)
    assert turning() == both


def test_a_queue_that_was_made_before_follows_the_doses(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    entry = vaccinations.Entry("fluad_tetra", "B1", 1, DAY, "norr", None)
    dose = vaccinations.register(store, actor, twin.customer_id, entry)
    queue = corrections.build_queue(store, actor)
    assert queue.frame["customer_id"].tolist() == [twin.customer_id]
    merge(store, actor, kim, twin)
    assert corrections.refresh_queue(store, actor, queue).frame[["customer_id", "dose_id"]].to_numpy().tolist() == [
        [kim.customer_id, dose.dose_id]
    ]


def test_a_user_whose_own_record_was_merged_is_found_before_it_all_the_same(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    users.record_sign_in(store, "kim.rav", "Kim Räv", own_number=twin.identity)
    own = Actor("kim.rav", "Kim Räv", Role.COORDINATOR, "norr")
    merge(store, actor, kim, twin)
    customers.get(store, own, kim.customer_id)
    found = signals.find(store, actor, TODAY, TODAY, signals=[Signal.OWN_RECORD, Signal.SAME_FAMILY_NAME])
    assert [finding.customer_id for finding in found[Signal.OWN_RECORD].found] == [kim.customer_id]
    assert found[Signal.SAME_FAMILY_NAME].found == []


# Several at once


def at_once(*works: object) -> list[object]:
    start = Barrier(len(works))

    def run(work: object) -> object:
        start.wait(30)
        try:
            return work()  # type: ignore[operator]
        except MvError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_of_two_who_merge_the_same_records_at_once_one_does(
    store: Store, actor: Actor, colleague: Actor, kim: Customer, twin: Customer
) -> None:
    join(store, actor, twin, DAY)
    one, other = seen(store, actor, kim, twin), seen(store, actor, twin, kim)
    outcomes = at_once(lambda: merging.merge(store, actor, one), lambda: merging.merge(store, actor, other))
    assert sorted(isinstance(outcome, Customer) for outcome in outcomes) == [False, True]
    assert len(contents(store)["merge"]) == 1
    assert len([row for row in contents(store)["customer"] if row["merged_into"] is None]) == 1


def test_a_group_that_is_added_while_the_records_are_merged_is_not_lost(
    store: Store, actor: Actor, kim: Customer, twin: Customer
) -> None:
    shown = seen(store, actor, kim, twin)
    merged, added = at_once(lambda: merging.merge(store, actor, shown), lambda: join(store, actor, twin, DAY))
    assert isinstance(merged, Customer) != isinstance(added, Membership)  # who comes second is told so
    assert len(contents(store)["membership"]) == isinstance(added, Membership)
    live = kim if isinstance(merged, Customer) else twin
    assert all(row["customer_id"] == live.customer_id for row in contents(store)["membership"])


# By chance


def reasons(store: Store) -> dict[int, Outcome]:
    """Return the verdict on each dose."""
    with store.read() as tx:
        last = tx.rows("SELECT max(customer_id) AS last FROM customer")[0]["last"]
    frame = dose_frames.read_doses(store, 1, last)
    verdicts = adjudicate(frame, rule_table.load(store))
    return {dose: Outcome(reason) for dose, reason in zip(frame["dose_id"], verdicts["outcome"], strict=True)}


def live_history(store: Store, actor: Actor, clock: SetClock, people: list[Customer], chance: random.Random) -> None:
    """Let anything happen to these people that can happen; what is refused does not."""
    for _ in range(25):
        clock.now += timedelta(minutes=1)
        customer = chance.choice(people)
        with store.read() as tx:
            rows = memberships.read(tx, customer.customer_id)
            given = vaccinations.read(tx, customer.customer_id)
        first = TODAY - timedelta(days=chance.randrange(40))
        last = chance.choice([None, min(first + timedelta(days=chance.randrange(20)), TODAY)])
        row, dose = (chance.choice(some) if some else None for some in (rows, given))
        try:
            if row is None or chance.random() < 0.4:
                join(store, actor, customer, first, last, chance.choice(["65_plus", "pregnant"]))
            elif dose is None or chance.random() < 0.5:
                product = chance.choice(["efluelda", "vaxigrip_tetra"])
                give(store, actor, row, TODAY - timedelta(days=chance.randrange(8)), product)
            elif chance.random() < 0.4:
                reason = chance.choice(list(EndReason))
                memberships.remove(store, actor, row.membership_id, row.version, reason)
            elif chance.random() < 0.5:
                vaccinations.withdraw(store, actor, dose.dose_id, dose.version, WithdrawReason.WRONG_PERSON)
            else:
                claim(store, actor)
        except MvError:
            continue


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happened_before_nothing_is_lost_nothing_is_paid_twice_and_undoing_restores_it(
    store: Store, actor: Actor, clock: SetClock, kim: Customer, twin: Customer, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    live_history(store, actor, clock, [kim, twin], chance)
    clock.now += timedelta(minutes=1)
    before, sizes = comparable(store), {name: len(rows) for name, rows in contents(store).items()}
    made = merge(store, actor, kim, twin)
    merged = contents(store)
    for table in ("membership", "dose", "booking", "customer", "claim_line", "identity_change", "crossing"):
        assert len(merged[table]) == sizes[table]
    assert_one_person(store, kim)
    clock.now += timedelta(minutes=1)
    undo.undo(store, actor, made.merge_id)
    assert comparable(store) == before
    clock.now += timedelta(minutes=1)
    merge(store, actor, kim, twin)
    live_history(store, actor, clock, [kim], chance)
    assert_one_person(store, kim)
    latest = merging.of_customer(store, actor, kim.customer_id)[0]
    held = contents(store)
    try:
        undo.undo(store, actor, latest.merge_id)
    except Conflict:
        assert contents(store) == held
        return
    for customer in (kim, twin):
        assert_one_person(store, customer)


def assert_one_person(store: Store, customer: Customer) -> None:
    """Check that the customer is in no group twice and has no dose twice, and that nothing is paid twice for it."""
    with store.read() as tx:
        rows = memberships.read(tx, customer.customer_id)
        given = vaccinations.read(tx, customer.customer_id)
    counting = [row for row in rows if row.ended_reason != EndReason.WRONG]
    for place, row in enumerate(counting):
        for other in counting[place + 1 :]:
            same = (row.group_code, row.subgroup_code) == (other.group_code, other.subgroup_code)
            assert not (same and memberships.overlap(row, other))
    valid = Counter((dose.product_code, dose.given_on) for dose in given if dose.withdrawn_at is None)
    assert set(valid.values()) <= {1}
    verdicts = reasons(store)
    paid = sorted(dose.given_on for dose in given if verdicts[dose.dose_id] == Outcome.PAYABLE)
    assert all((later - day).days >= DAYS_BETWEEN for day, later in pairwise(paid))
