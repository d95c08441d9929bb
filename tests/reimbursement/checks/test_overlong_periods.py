"""Groups that are active for longer than they can last."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mv import memberships
from mv.access import Actor, Role
from mv.memberships import EndReason, Membership
from mv.reimbursement.checks.findings import Check
from tests.conftest import TODAY
from tests.reimbursement.checks.clinic import Clinic


def pregnant(clinic: Clinic, day_number: int, unit_id: str = "norr") -> Membership:
    """Have somebody pregnant, today on the day with this number."""
    first = TODAY - timedelta(days=day_number - 1)
    return clinic.group(clinic.person(date(1995, 4, 5), unit_id), "pregnant", first=first, unit_id=unit_id)


@pytest.mark.parametrize(("day_number", "is_found"), [(299, False), (300, False), (301, True), (302, True)])
def test_a_pregnancy_has_surely_ended_after_its_three_hundredth_day(
    clinic: Clinic, day_number: int, is_found: bool
) -> None:
    row = pregnant(clinic, day_number)
    found = clinic.find(Check.TOO_LONG).frame
    assert list(found["membership_id"]) == ([row.membership_id] if is_found else [])
    assert list(found["days"]) == ([day_number] if is_found else [])
    assert list(found["ore"]) == ([0] if is_found else [])


def test_how_long_a_group_lasts_is_data(clinic: Clinic) -> None:
    row = pregnant(clinic, 200)
    assert clinic.find(Check.TOO_LONG).frame.empty
    clinic.store.write(lambda tx: tx.execute("UPDATE customer_group SET longest_days = 199"))
    assert list(clinic.find(Check.TOO_LONG).frame["membership_id"]) == [row.membership_id]
    clinic.store.write(lambda tx: tx.execute("UPDATE customer_group SET longest_days = NULL"))
    assert clinic.find(Check.TOO_LONG).frame.empty


@pytest.mark.parametrize("reason", EndReason)
def test_a_group_that_was_removed_is_no_longer_found(clinic: Clinic, reason: EndReason) -> None:
    row = pregnant(clinic, 400)
    clinic.remove(row, reason)
    assert clinic.find(Check.TOO_LONG).frame.empty


def test_a_group_whose_first_day_is_adjusted_is_no_longer_found(clinic: Clinic) -> None:
    row = pregnant(clinic, 400)
    entry = memberships.Entry("pregnant", None, TODAY - timedelta(days=299))
    memberships.adjust(clinic.store, clinic.actor, row.membership_id, row.version, entry)
    assert clinic.find(Check.TOO_LONG).frame.empty


@pytest.mark.parametrize(("day_number", "ore"), [(300, 0), (301, 150_00)])
def test_the_kronor_are_of_doses_from_after_the_longest_time(clinic: Clinic, day_number: int, ore: int) -> None:
    person, first = clinic.person(date(1995, 4, 5)), TODAY - timedelta(days=319)
    row = clinic.group(person, "pregnant", first=first)
    clinic.dose(person, row, "vaxigrip_tetra", first + timedelta(days=day_number - 1))
    other = clinic.person(date(1995, 4, 5))
    clinic.dose(other, clinic.group(other, "pregnant", first=first), "vaxigrip_tetra", first)
    found = clinic.find(Check.TOO_LONG)
    assert (sorted(found.frame["ore"]), found.ore) == ([0, ore], ore)


def test_doses_by_another_group_do_not_depend_on_it(clinic: Clinic) -> None:
    person = clinic.person(date(1995, 4, 5))
    clinic.group(person, "pregnant", first=TODAY - timedelta(days=400))
    clinic.dose(person, clinic.group(person, "medical_risk", "diabetes"), "vaxigrip_tetra")
    assert clinic.find(Check.TOO_LONG).ore == 0


def test_most_kronor_come_first_and_then_the_longest(clinic: Clinic) -> None:
    person = clinic.person(date(1995, 4, 5))
    short = clinic.group(person, "pregnant", first=TODAY - timedelta(days=310))
    clinic.dose(person, short, "vaxigrip_tetra", TODAY)
    longer, longest = pregnant(clinic, 400), pregnant(clinic, 500)
    found = clinic.find(Check.TOO_LONG)
    numbers = [row.membership_id for row in (short, longest, longer)]
    assert list(found.frame["membership_id"]) == numbers
    assert found.ore == 150_00


def test_only_groups_of_the_own_units_are_found(clinic: Clinic) -> None:
    here, there = pregnant(clinic, 400), pregnant(clinic, 400, "soder")
    norr = Actor("maj.lund", "Maj Lund", Role.COORDINATOR, "norr")
    assert list(clinic.find(Check.TOO_LONG, actor=norr).frame["membership_id"]) == [here.membership_id]
    assert set(clinic.find(Check.TOO_LONG).frame["membership_id"]) == {here.membership_id, there.membership_id}
