"""What a check finds shows nobody; whom the screen shows is logged; what was found is kept while it is true."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mv import memberships
from mv.access import Actor, OtherUnit, Role
from mv.errors import Invalid
from mv.reimbursement.checks import findings
from mv.reimbursement.checks.findings import LONGEST_KEPT, Check
from tests.conftest import TODAY
from tests.contents import LOG, logged, nothing_changes, refused
from tests.reimbursement.checks.clinic import Clinic


@pytest.fixture
def clinic_with_findings(clinic: Clinic) -> Clinic:
    """Have somebody of norr whose groups have two payers, and a pregnancy that was never ended."""
    person = clinic.person(date(1995, 4, 5))
    clinic.group(person, "staff")
    clinic.group(person, "pregnant", first=TODAY - timedelta(days=400))
    return clinic


@pytest.mark.both_engines
@pytest.mark.parametrize("check", Check)
def test_finding_shows_nobody_and_is_not_logged(clinic_with_findings: Clinic, check: Check) -> None:
    with nothing_changes(clinic_with_findings.store):
        found = clinic_with_findings.find(check)
    assert "identity" not in found.frame
    assert not {"given_name", "family_name"} & set(found.frame)
    assert "1995" not in repr(found)


def test_days_that_cannot_be_are_refused(clinic: Clinic) -> None:
    with refused(clinic.store, Invalid, "The period's first day is after its last. Change one of them."):
        clinic.find(Check.TWO_PAYERS, first=TODAY, last=TODAY - timedelta(days=1))


def test_whom_the_screen_shows_is_logged_once_in_ten_minutes(clinic: Clinic) -> None:
    one, other = clinic.person(), clinic.person()
    for _ in range(2):
        shown = findings.shown(clinic.store, clinic.actor, [one.customer_id])
        assert shown == {one.customer_id: one}
    assert [entry["customer_id"] for entry in logged(clinic.store, "view_checks")] == [one.customer_id]
    both = findings.shown(clinic.store, clinic.actor, [other.customer_id, one.customer_id])
    assert set(both) == {one.customer_id, other.customer_id}
    assert len(logged(clinic.store, "view_checks")) == 2
    with nothing_changes(clinic.store):
        assert findings.shown(clinic.store, clinic.actor, []) == {}


def test_another_units_customer_is_not_shown(clinic: Clinic) -> None:
    here, there = clinic.person(), clinic.person(unit_id="soder")
    norr = Actor("maj.lund", "Maj Lund", Role.COORDINATOR, "norr")
    with nothing_changes(clinic.store, but=LOG), pytest.raises(OtherUnit):
        findings.shown(clinic.store, norr, [here.customer_id, there.customer_id])
    assert logged(clinic.store, "view_checks")[-1]["customer_id"] == there.customer_id  # the refusal


def test_what_was_found_is_outdated_when_the_user_has_changed_something(clinic_with_findings: Clinic) -> None:
    clinic = clinic_with_findings
    found = clinic.find(Check.TOO_LONG)
    person = int(found.frame["customer_id"].iloc[0])
    findings.shown(clinic.store, clinic.actor, [person])
    memberships.of_customer(clinic.store, clinic.actor, person)
    assert not findings.is_outdated(clinic.store, clinic.actor, found)  # looking changes nothing
    row = memberships.of_customer(clinic.store, clinic.actor, person)[0]
    clinic.remove(row)
    assert findings.is_outdated(clinic.store, clinic.actor, found)
    assert not findings.is_outdated(clinic.store, clinic.actor, clinic.find(Check.TOO_LONG))


def test_a_new_customer_may_be_one_person_with_another(clinic_with_findings: Clinic) -> None:
    clinic = clinic_with_findings
    found = clinic.find(Check.TWICE)
    clinic.person()
    assert findings.is_outdated(clinic.store, clinic.actor, found)


def test_what_others_changed_shows_after_ten_minutes(clinic_with_findings: Clinic, colleague: Actor) -> None:
    clinic = clinic_with_findings
    found = clinic.find(Check.TOO_LONG)
    person = int(found.frame["customer_id"].iloc[0])
    entry = memberships.Entry("medical_risk", "heart", TODAY)
    memberships.add(clinic.store, colleague, person, entry)
    clinic.clock.now += LONGEST_KEPT
    assert not findings.is_outdated(clinic.store, clinic.actor, found)
    clinic.clock.now += timedelta(seconds=1)
    assert findings.is_outdated(clinic.store, clinic.actor, found)


def test_what_was_found_is_of_its_day_and_of_the_units_of_then(clinic_with_findings: Clinic) -> None:
    clinic = clinic_with_findings
    norr = Actor("karin.holm", "Karin Holm", Role.COORDINATOR, "norr")
    found = clinic.find(Check.TOO_LONG)
    assert findings.is_outdated(clinic.store, norr, found)
    clinic.clock.now = clinic.clock.now.replace(hour=22, minute=59)  # 23:59 in Stockholm
    late = clinic.find(Check.TOO_LONG)
    clinic.clock.now += timedelta(minutes=1)
    assert findings.is_outdated(clinic.store, clinic.actor, late)
