from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from mv import customers, memberships, vaccinations
from mv.access import Actor
from mv.customers import Customer
from mv.errors import Conflict, Invalid, NotFound
from mv.memberships import EndReason, Membership
from mv.store import Store, open_store
from mv.store.migrate import MIGRATIONS
from mv.vaccinations import Change, Dose, Entry, WithdrawReason, next_dose_number
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged, nothing_changes, refused

NOON = datetime(2026, 11, 22, 12)
DAY = timedelta(days=1)
BORN = date(1946, 3, 12)
ENTRY = Entry("vaxigrip_tetra", "X7-2201a", 1, TODAY, "norr", None)
BATCH = "Write the batch number: letters, digits and hyphens, at most 80."
DOSE_NUMBER = "The dose number is from 1 to 99."
NOT_APPLYING = "The chosen group does not apply on {day} any more. Choose again."


@pytest.fixture
def group(store: Store, actor: Actor, anders: Customer) -> Membership:
    """Anders's only group, since September."""
    entry = memberships.Entry("frailty", "home_care", date(2026, 9, 1))
    return memberships.add(store, actor, anders.customer_id, entry)


def doses_of(store: Store, customer: Customer) -> list[Dose]:
    with store.read() as tx:
        sql = f"SELECT {vaccinations.COLUMNS} FROM dose WHERE customer_id = $1 ORDER BY dose_id"  # noqa: S608
        return [Dose(**row) for row in tx.rows(sql, customer.customer_id)]


# Register


def test_a_dose_is_registered_with_its_group_its_first_change_and_a_log_entry(
    store: Store, actor: Actor, colleague: Actor, anders: Customer, group: Membership
) -> None:
    entry = Entry("vaxigrip_tetra", " X7-2201a ", 2, date(2026, 11, 20), "centrum", group.membership_id)
    dose = vaccinations.register(store, colleague, anders.customer_id, entry)
    assert dose == Dose(
        dose_id=dose.dose_id,
        customer_id=anders.customer_id,
        product_code="vaxigrip_tetra",
        batch_number="X7-2201a",
        dose_number=2,
        given_on=date(2026, 11, 20),
        unit_id="centrum",
        membership_id=group.membership_id,
        group_code="frailty",
        subgroup_code="home_care",
        abroad=False,
        registered_at=NOON,
        registered_by="samir.haddad",
        completed_at=NOON,
        withdrawn_at=None,
        withdrawn_by=None,
        withdrawn_reason=None,
        version=1,
    )
    assert vaccinations.of_customer(store, actor, anders.customer_id) == [dose]
    assert vaccinations.changes(store, actor, anders.customer_id) == [
        Change(
            dose.dose_id, 1, "registered", NOON, "samir.haddad", "vaxigrip_tetra", "X7-2201a", 2,
            date(2026, 11, 20), "centrum", "frailty", "home_care", False, None,
        )
    ]  # fmt: skip
    assert logged(store, "register_dose") == [
        {
            "logged_at": NOON,
            "user_id": "samir.haddad",
            "unit_id": "soder",
            "action": "register_dose",
            "customer_id": anders.customer_id,
            "detail": {"dose": dose.dose_id, "version": 1, "change": "registered"},
        }
    ]


def test_the_group_stays_on_the_dose_when_the_row_is_adjusted_removed_or_called_wrong(
    store: Store, actor: Actor, anders: Customer, group: Membership
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, membership_id=group.membership_id))
    entry = memberships.Entry("staff", "care_home", TODAY)
    row = memberships.adjust(store, actor, group.membership_id, 1, entry)
    row = memberships.remove(store, actor, row.membership_id, row.version, EndReason.CEASED)
    memberships.set_end_reason(store, actor, row.membership_id, row.version, EndReason.WRONG)
    assert doses_of(store, anders) == [dose]
    # … and also when something else of the dose is corrected.
    entry_as_it_was = replace(ENTRY, membership_id=group.membership_id, batch_number="B2")
    corrected = vaccinations.correct(store, actor, dose.dose_id, 1, entry_as_it_was)
    assert (corrected.group_code, corrected.subgroup_code) == ("frailty", "home_care")


def test_a_dose_without_a_group_is_possible_where_none_applies_or_none_is_to_count(
    store: Store, actor: Actor, anders: Customer, group: Membership
) -> None:
    before = replace(ENTRY, given_on=date(2026, 8, 31))
    alone = vaccinations.register(store, actor, anders.customer_id, before)
    with refused(store, Invalid, "Choose which group counts for the dose, or that none does."):
        vaccinations.register(store, actor, anders.customer_id, ENTRY)
    unpaid = vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, without_group=True))
    for dose in (alone, unpaid):
        assert (dose.membership_id, dose.group_code, dose.subgroup_code) == (None, None, None)


def test_a_group_that_does_not_apply_on_the_day_does_not_count(
    store: Store, actor: Actor, anders: Customer, group: Membership
) -> None:
    other = customers.register(store, actor, invented_number(BORN, 982), "Anna", "Ek", "norr")
    chosen = replace(ENTRY, membership_id=group.membership_id)
    day = date(2026, 8, 31)
    with refused(store, Conflict, NOT_APPLYING.format(day=day)):
        vaccinations.register(store, actor, anders.customer_id, replace(chosen, given_on=day))
    with refused(store, Conflict, NOT_APPLYING.format(day=TODAY)):
        vaccinations.register(store, actor, other.customer_id, chosen)
    with refused(store, Conflict, NOT_APPLYING.format(day=TODAY)):
        vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, membership_id=999))
    memberships.remove(store, actor, group.membership_id, 1, EndReason.WRONG)
    with refused(store, Conflict, NOT_APPLYING.format(day=TODAY)):
        vaccinations.register(store, actor, anders.customer_id, chosen)
    memberships.set_end_reason(store, actor, group.membership_id, 2, EndReason.CEASED)
    assert vaccinations.register(store, actor, anders.customer_id, chosen).group_code == "frailty"


def test_what_cannot_be_is_no_dose_and_no_correction(
    store: Store, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, ENTRY)
    for wrong, says in (
        ({"product_code": None}, "Choose a vaccine."),
        ({"product_code": "VaxigripTetra"}, "Choose a vaccine."),
        ({"batch_number": ""}, BATCH),
        ({"batch_number": "  "}, BATCH),
        ({"batch_number": "?"}, BATCH),
        ({"batch_number": "X 7"}, "A batch number has no spaces. Did you mean X7?"),
        ({"batch_number": "X7\nY"}, BATCH),
        ({"batch_number": "Å7"}, BATCH),
        ({"batch_number": "X7_1"}, BATCH),
        ({"batch_number": "٣"}, BATCH),
        ({"batch_number": "x" * 81}, BATCH),
        ({"dose_number": 0}, DOSE_NUMBER),
        ({"dose_number": -1}, DOSE_NUMBER),
        ({"dose_number": 100}, DOSE_NUMBER),
        ({"unit_id": ""}, "Choose a unit."),
        ({"unit_id": "Mottagning Norr"}, "Choose a unit."),
        ({"given_on": TODAY + DAY}, "The dose cannot be given after today, 2026-11-22."),
        ({"given_on": BORN - DAY}, "The dose cannot be given before the customer was born."),
    ):
        with refused(store, Invalid, says):
            vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, **wrong))
        with refused(store, Invalid, says):
            vaccinations.correct(store, colleague, dose.dose_id, 1, replace(ENTRY, **wrong))
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        vaccinations.register(store, actor, 999, ENTRY)


def test_a_dose_number_that_is_no_number_does_not_get_into_the_store(
    store: Store, actor: Actor, anders: Customer
) -> None:
    unknown: object = "?"
    with nothing_changes(store), pytest.raises((Invalid, TypeError)):
        vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, dose_number=unknown))


def test_the_bounds_themselves_are_fine(store: Store, actor: Actor, anders: Customer) -> None:
    newborn = customers.register(store, actor, invented_number(TODAY), "Elsa", "Ek", "norr")
    vaccinations.register(store, actor, newborn.customer_id, ENTRY)  # given on the day of birth, which is today
    longest = replace(ENTRY, batch_number="x" * 80, dose_number=99)
    assert vaccinations.register(store, actor, anders.customer_id, longest).dose_number == 99


def test_the_same_product_twice_on_a_day_is_refused(
    store: Store, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    vaccinations.register(store, actor, anders.customer_id, ENTRY)
    says = "This vaccine is registered for 2026-11-22 already. Nothing was saved."
    with refused(store, Conflict, says):
        vaccinations.register(store, colleague, anders.customer_id, replace(ENTRY, batch_number="B2", dose_number=2))
    vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, product_code="pneumovax"))
    yesterday = vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, given_on=TODAY - DAY))
    with refused(store, Conflict, says):
        vaccinations.correct(store, actor, yesterday.dose_id, 1, ENTRY)
    anna = customers.register(store, actor, invented_number(BORN, 982), "Anna", "Ek", "norr")
    vaccinations.register(store, actor, anna.customer_id, ENTRY)


# Correct


def test_a_dose_is_corrected_in_place_and_keeps_what_it_was(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer, group: Membership
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, membership_id=group.membership_id))
    staff = memberships.add(store, actor, anders.customer_id, memberships.Entry("staff", None, date(2026, 10, 1)))
    clock.now += timedelta(hours=1)
    wanted = Entry("comirnaty", "EW-1", 3, date(2026, 11, 1), "soder", staff.membership_id)
    corrected = vaccinations.correct(store, colleague, dose.dose_id, 1, wanted)
    assert corrected == replace(
        dose,
        product_code="comirnaty",
        batch_number="EW-1",
        dose_number=3,
        given_on=date(2026, 11, 1),
        unit_id="soder",
        membership_id=staff.membership_id,
        group_code="staff",
        subgroup_code=None,
        completed_at=NOON + timedelta(hours=1),
        version=2,
    )
    assert doses_of(store, anders) == [corrected]
    after, before = vaccinations.changes(store, actor, anders.customer_id)
    assert (before.version, before.change, before.changed_by) == (1, "registered", "karin.holm")
    assert (before.product_code, before.batch_number, before.dose_number) == ("vaxigrip_tetra", "X7-2201a", 1)
    assert (before.given_on, before.unit_id, before.group_code) == (TODAY, "norr", "frailty")
    assert (after.version, after.change, after.changed_by) == (2, "corrected", "samir.haddad")
    assert after.changed_at == NOON + timedelta(hours=1)
    assert (after.product_code, after.given_on, after.group_code) == ("comirnaty", date(2026, 11, 1), "staff")
    (entry,) = logged(store, "correct_dose")
    assert (entry["user_id"], entry["unit_id"], entry["customer_id"], entry["detail"]) == (
        "samir.haddad",
        "soder",
        anders.customer_id,
        {"dose": dose.dose_id, "version": 2, "change": "corrected"},
    )


def test_a_dose_moved_to_another_day_needs_a_group_that_applies_then(
    store: Store, actor: Actor, anders: Customer, group: Membership
) -> None:
    chosen = replace(ENTRY, membership_id=group.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, chosen)
    with refused(store, Conflict, NOT_APPLYING.format(day="2026-08-31")):
        vaccinations.correct(store, actor, dose.dose_id, 1, replace(chosen, given_on=date(2026, 8, 31)))
    with refused(store, Invalid, "Choose which group counts for the dose, or that none does."):
        vaccinations.correct(store, actor, dose.dose_id, 1, replace(ENTRY, given_on=date(2026, 9, 1)))
    with refused(store, Invalid, "Choose which group counts for the dose, or that none does."):
        vaccinations.correct(store, actor, dose.dose_id, 1, ENTRY)
    moved = vaccinations.correct(store, actor, dose.dose_id, 1, replace(ENTRY, given_on=date(2026, 8, 31)))
    assert (moved.membership_id, moved.group_code, moved.subgroup_code) == (None, None, None)
    back = vaccinations.correct(store, actor, dose.dose_id, 2, replace(chosen, given_on=date(2026, 9, 1)))
    assert (back.membership_id, back.group_code) == (group.membership_id, "frailty")


def test_a_dose_registered_without_a_group_gets_one_afterwards(store: Store, actor: Actor, anders: Customer) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, ENTRY)
    row = memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, date(2026, 9, 1)))
    same = vaccinations.correct(store, actor, dose.dose_id, 1, replace(ENTRY, batch_number="B2"))
    assert (same.membership_id, same.group_code) == (None, None)
    paid = vaccinations.correct(store, actor, dose.dose_id, 2, replace(ENTRY, membership_id=row.membership_id))
    assert (paid.membership_id, paid.group_code) == (row.membership_id, "65_plus")


def test_a_correction_of_a_dose_that_someone_else_changed_names_who_and_when(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, ENTRY)
    clock.now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    vaccinations.correct(store, colleague, dose.dose_id, 1, replace(ENTRY, dose_number=2))
    says = "samir.haddad changed this dose at 2026-11-23 00:30. It is shown as it is now; nothing was overwritten."
    with refused(store, Conflict, says):
        vaccinations.correct(store, actor, dose.dose_id, 1, replace(ENTRY, dose_number=3))
    with refused(store, Conflict, says):
        vaccinations.withdraw(store, actor, dose.dose_id, 1, WithdrawReason.WRONG_PERSON)


def test_a_dose_keeps_the_group_of_a_row_that_was_adjusted_until_it_is_given_the_row_s_new_one(
    store: Store, actor: Actor, anders: Customer, group: Membership
) -> None:
    chosen = replace(ENTRY, membership_id=group.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, chosen)
    memberships.adjust(store, actor, group.membership_id, 1, memberships.Entry("65_plus", None, date(2026, 9, 1)))
    assert vaccinations.correct(store, actor, dose.dose_id, 1, chosen) == dose
    anew = vaccinations.correct(store, actor, dose.dose_id, 1, replace(chosen, group_anew=True))
    assert (anew.membership_id, anew.group_code, anew.subgroup_code) == (group.membership_id, "65_plus", None)
    memberships.remove(store, actor, group.membership_id, 2, EndReason.WRONG)
    assert vaccinations.correct(store, actor, dose.dose_id, 2, chosen) == anew
    with refused(store, Conflict, NOT_APPLYING.format(day=TODAY)):
        vaccinations.correct(store, actor, dose.dose_id, 2, replace(chosen, group_anew=True))


# When a dose became what it is

LATER = timedelta(hours=5)


@pytest.mark.parametrize(
    ("change", "completes"),
    [
        ({"batch_number": "B2", "dose_number": 2, "unit_id": "soder"}, False),
        ({"product_code": "efluelda"}, True),
        ({"given_on": TODAY - DAY}, True),
        ({"membership_id": None, "without_group": True}, True),
    ],
    ids=["batch, number and unit", "product", "day", "group"],
)
def test_a_correction_of_what_decides_the_payment_is_what_has_to_be_in_time(
    store: Store,
    clock: SetClock,
    actor: Actor,
    anders: Customer,
    group: Membership,
    change: dict[str, Any],
    completes: bool,
) -> None:
    entry = replace(ENTRY, membership_id=group.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, entry)
    assert dose.completed_at == NOON
    clock.now += LATER
    corrected = vaccinations.correct(store, actor, dose.dose_id, 1, replace(entry, **change))
    assert corrected.completed_at == (NOON + LATER if completes else NOON)
    clock.now += LATER
    withdrawn = vaccinations.withdraw(store, actor, dose.dose_id, 2, WithdrawReason.ENTERED_BY_MISTAKE)
    assert withdrawn.completed_at == corrected.completed_at


def test_another_subgroup_completes_a_dose_anew_and_another_row_of_the_same_one_does_not(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    diabetes = memberships.Entry("medical_risk", "diabetes", date(2026, 9, 1))
    wrong = memberships.add(store, actor, anders.customer_id, diabetes)
    entry = replace(ENTRY, membership_id=wrong.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, entry)
    memberships.remove(store, actor, wrong.membership_id, 1, EndReason.WRONG)
    right = memberships.add(store, actor, anders.customer_id, diabetes)
    heart = memberships.add(store, actor, anders.customer_id, replace(diabetes, subgroup_code="heart"))
    clock.now += LATER
    moved = vaccinations.correct(store, actor, dose.dose_id, 1, replace(entry, membership_id=right.membership_id))
    assert (moved.membership_id, moved.completed_at) == (right.membership_id, NOON)
    other = vaccinations.correct(store, actor, dose.dose_id, 2, replace(entry, membership_id=heart.membership_id))
    assert (other.subgroup_code, other.completed_at) == ("heart", NOON + LATER)


@pytest.fixture
def corrected(duckdb_file: Path, tmp_path: Path, clock: SetClock, actor: Actor) -> Iterator[Store]:
    """A store in which doses were corrected at random, an hour after each other, and some of them withdrawn."""
    rng = Random(4)  # noqa: S311 (what is wanted is the same each time)
    with closing(open_store(str(shutil.copy(duckdb_file, tmp_path / "kept.duckdb")), clock)) as store:
        eva = customers.register(store, actor, invented_number(BORN, 982), "Eva", "Ek", "norr").customer_id
        groups: list[int | None] = [None]
        for code, subgroup in (("65_plus", None), ("medical_risk", None), ("medical_risk", "heart")):
            entry = memberships.Entry(code, subgroup, date(2026, 1, 1))
            groups.append(memberships.add(store, actor, eva, entry).membership_id)
        for n in range(20):
            entry = replace(ENTRY, given_on=date(2026, 1, 1) + n * 10 * DAY, membership_id=rng.choice(groups))
            dose = vaccinations.register(store, actor, eva, replace(entry, without_group=True))
            for _ in range(rng.randrange(6)):
                clock.now += timedelta(hours=1)
                change: dict[str, Any] = rng.choice(
                    [
                        {"batch_number": rng.choice("ABC")},
                        {"product_code": rng.choice(["vaxigrip_tetra", "efluelda"])},
                        {"given_on": entry.given_on + rng.randrange(5) * DAY},
                        {"membership_id": rng.choice(groups)},
                    ]
                )
                entry = replace(entry, **change, without_group=True)
                dose = vaccinations.correct(store, actor, dose.dose_id, dose.version, entry)
            if rng.random() < 0.2:
                vaccinations.withdraw(store, actor, dose.dose_id, dose.version, WithdrawReason.WRONG_PERSON)
        yield store


def test_doses_from_before_it_was_kept_get_what_would_have_been_kept(
    corrected: Store, empty_url: str, tmp_path: Path
) -> None:
    with corrected.read() as tx:
        doses = tx.rows("SELECT dose_id, completed_at, registered_at, version FROM dose")
        tables = {name: tx.rows(f"SELECT * EXCLUDE ({new}) FROM {name}") for name, new in NEW_COLUMNS.items()}  # noqa: S608
    kept = {row["dose_id"]: row["completed_at"] for row in doses}
    assert {row["completed_at"] == row["registered_at"] for row in doses if row["version"] > 2} == {True, False}
    before = tmp_path / "before"
    before.mkdir()
    for file in MIGRATIONS.glob("000[12]_*.sql"):
        shutil.copy(file, before)
    with closing(open_store(empty_url, SetClock(), migrations=before)) as store:
        store.load({name: pa.Table.from_pylist(rows) for name, rows in tables.items()})
    with closing(open_store(empty_url, SetClock())) as store, store.read() as tx:
        rows = tx.rows("SELECT dose_id, completed_at, abroad FROM dose")
        assert {row["dose_id"]: row["completed_at"] for row in rows} == kept
        assert {row["abroad"] for row in rows} == {False}


NEW_COLUMNS = {"dose": "abroad, completed_at, reason", "dose_change": "abroad, reason"}
"""What the doses had not before."""


# Given abroad

ABROAD = replace(ENTRY, batch_number="", abroad=True)


def test_a_dose_given_abroad_needs_neither_batch_nor_group(
    store: Store, actor: Actor, anders: Customer, group: Membership
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, ABROAD)
    assert (dose.abroad, dose.batch_number, dose.membership_id, dose.group_code) == (True, "", None, None)
    assert vaccinations.of_customer(store, actor, anders.customer_id) == [dose]
    assert [change.abroad for change in vaccinations.changes(store, actor, anders.customer_id)] == [True]
    known_batch = replace(ABROAD, given_on=TODAY - DAY, batch_number="X7")
    assert vaccinations.register(store, actor, anders.customer_id, known_batch).batch_number == "X7"
    another_day = replace(ABROAD, given_on=TODAY - 2 * DAY)
    with refused(store, Invalid, "No group counts for a dose that was given abroad."):
        vaccinations.register(store, actor, anders.customer_id, replace(another_day, membership_id=group.membership_id))
    with refused(store, Invalid, BATCH):
        vaccinations.register(store, actor, anders.customer_id, replace(another_day, batch_number="?"))
    with refused(store, Conflict, "This vaccine is registered for 2026-11-22 already. Nothing was saved."):
        vaccinations.register(store, actor, anders.customer_id, ABROAD)


def test_a_product_that_was_not_in_use_here_may_have_been_given_abroad(
    store: Store, actor: Actor, anders: Customer
) -> None:
    before = Entry("prevenar_20", "X7", 1, date(2022, 2, 28), "norr", None)
    says = "Prevenar 20 was not in use on 2022-02-28. Choose another vaccine or day."
    with refused(store, Invalid, says):
        vaccinations.register(store, actor, anders.customer_id, before)
    dose = vaccinations.register(store, actor, anders.customer_id, replace(before, abroad=True))
    with refused(store, Invalid, says):
        vaccinations.correct(store, actor, dose.dose_id, 1, before)
    assert vaccinations.correct(store, actor, dose.dose_id, 1, replace(before, given_on=date(2022, 3, 1))).version == 2


def test_a_dose_is_corrected_to_have_been_given_abroad_and_back(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, group: Membership
) -> None:
    chosen = replace(ENTRY, membership_id=group.membership_id)
    dose = vaccinations.register(store, actor, anders.customer_id, chosen)
    clock.now += LATER
    abroad = vaccinations.correct(store, actor, dose.dose_id, 1, ABROAD)
    assert (abroad.abroad, abroad.membership_id, abroad.group_code, abroad.subgroup_code) == (True, None, None, None)
    assert abroad.completed_at == NOON + LATER
    with refused(store, Invalid, "Choose which group counts for the dose, or that none does."):
        vaccinations.correct(store, actor, dose.dose_id, 2, ENTRY)
    with refused(store, Invalid, BATCH):
        vaccinations.correct(store, actor, dose.dose_id, 2, replace(chosen, batch_number=""))
    back = vaccinations.correct(store, actor, dose.dose_id, 2, chosen)
    assert (back.abroad, back.group_code, back.subgroup_code) == (False, "frailty", "home_care")
    assert [change.abroad for change in vaccinations.changes(store, actor, anders.customer_id)] == [False, True, False]


# Withdraw


def test_a_withdrawn_dose_stays_is_not_changed_any_more_and_can_be_registered_anew(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, ENTRY)
    clock.now += timedelta(hours=1)
    withdrawn = vaccinations.withdraw(store, colleague, dose.dose_id, 1, WithdrawReason.WRONG_PERSON)
    assert withdrawn == replace(
        dose,
        withdrawn_at=NOON + timedelta(hours=1),
        withdrawn_by="samir.haddad",
        withdrawn_reason="wrong_person",
        version=2,
    )
    with refused(store, Conflict, "The dose is withdrawn already."):
        vaccinations.correct(store, actor, dose.dose_id, 2, replace(ENTRY, dose_number=2))
    with refused(store, Conflict, "The dose is withdrawn already."):
        vaccinations.withdraw(store, actor, dose.dose_id, 2, WithdrawReason.ENTERED_BY_MISTAKE)
    anew = vaccinations.register(store, actor, anders.customer_id, ENTRY)
    assert vaccinations.of_customer(store, actor, anders.customer_id) == [anew, withdrawn]
    assert [(c.change, c.withdrawn_reason) for c in vaccinations.changes(store, actor, anders.customer_id)] == [
        ("registered", None),
        ("withdrawn", "wrong_person"),
        ("registered", None),
    ]
    (entry,) = logged(store, "withdraw_dose")
    assert (entry["user_id"], entry["detail"]) == (
        "samir.haddad",
        {"dose": dose.dose_id, "version": 2, "change": "withdrawn"},
    )


def test_a_dose_that_does_not_exist_is_not_changed(store: Store, actor: Actor, anders: Customer) -> None:
    says = "The dose does not exist. Open the customer anew."
    with refused(store, NotFound, says):
        vaccinations.correct(store, actor, 999, 1, ENTRY)
    with refused(store, NotFound, says):
        vaccinations.withdraw(store, actor, 999, 1, WithdrawReason.WRONG_PERSON)


# Read


def test_doses_come_the_latest_given_first_and_a_look_at_them_is_logged_once(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    for day in (date(2026, 9, 1), TODAY, date(2025, 10, 1)):
        vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, given_on=day))
    found = vaccinations.of_customer(store, actor, anders.customer_id)
    assert [dose.given_on for dose in found] == [TODAY, date(2026, 9, 1), date(2025, 10, 1)]
    clock.now += timedelta(minutes=9, seconds=59)
    with nothing_changes(store):
        vaccinations.of_customer(store, actor, anders.customer_id)
        vaccinations.changes(store, actor, anders.customer_id)
    assert [entry["customer_id"] for entry in logged(store, "view_doses")] == [anders.customer_id]


# The next dose number

ATC = {"vaxigrip_tetra": "J07BB02", "efluelda": "J07BB02", "comirnaty": "J07BN01"}
DOSE = Dose(
    1, 1, "comirnaty", "B", 1, TODAY, "norr", None, None, None, False, NOON, "karin.holm", NOON, None, None, None, 1
)  # fmt: skip


def given(*doses: tuple[str, date]) -> list[Dose]:
    return [replace(DOSE, dose_id=n, product_code=code, given_on=day) for n, (code, day) in enumerate(doses)]


def test_the_next_dose_number_counts_earlier_doses_with_the_same_code() -> None:
    doses = given(("comirnaty", date(2021, 3, 1)), ("comirnaty", date(2025, 10, 1)), ("pneumovax", date(2025, 10, 1)))
    assert next_dose_number([], ATC, "J07BN01", TODAY) == 1
    assert next_dose_number(doses, ATC, "J07BN01", TODAY) == 3
    assert next_dose_number(doses, ATC, "J07BN01", date(2025, 10, 1)) == 3
    assert next_dose_number(doses, ATC, "J07BN01", date(2025, 9, 30)) == 2
    assert next_dose_number(doses, ATC, "J07AL01", TODAY) == 1


def test_a_withdrawn_dose_is_not_counted() -> None:
    assert next_dose_number([replace(DOSE, withdrawn_at=NOON)], ATC, "J07BN01", TODAY) == 1


def test_influenza_doses_of_any_product_are_counted_within_the_season_that_begins_in_july() -> None:
    doses = given(
        ("vaxigrip_tetra", date(2025, 11, 1)), ("efluelda", date(2026, 6, 30)), ("vaxigrip_tetra", date(2026, 7, 1))
    )
    for day, number in (
        (date(2026, 6, 29), 2),
        (date(2026, 6, 30), 3),
        (date(2026, 7, 1), 2),
        (date(2026, 12, 31), 2),
        (date(2027, 1, 1), 2),
        (date(2027, 6, 30), 2),
        (date(2027, 7, 1), 1),
    ):
        assert next_dose_number(doses, ATC, "J07BB02", day) == number, day


def test_the_next_dose_number_is_one_that_can_be_registered() -> None:
    doses = given(*(("comirnaty", date(2021, 1, 1) + n * DAY) for n in range(120)))
    assert next_dose_number(doses, ATC, "J07BN01", TODAY) == vaccinations.MAX_DOSE_NUMBER
