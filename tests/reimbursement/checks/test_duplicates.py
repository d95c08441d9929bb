"""Two records that may be one person, and what is paid for both."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mv import identity_changes, vaccinations
from mv.access import Actor, Role
from mv.customers import Customer
from mv.identity import check_digit
from mv.reimbursement.checks.duplicates import look_alike
from mv.reimbursement.checks.findings import Check
from mv.vaccinations import Dose, WithdrawReason
from tests.conftest import invented_number
from tests.reimbursement.checks.clinic import BORN, DAY, NUMBER, RESERVE, Clinic


def vaccinated(clinic: Clinic, customer: Customer, day: date = DAY, product: str = "vaxigrip_tetra") -> Dose:
    """Give a dose of influenza, worth 150 kr."""
    return clinic.dose(customer, clinic.group(customer, "medical_risk", "diabetes"), product, day)


def two(clinic: Clinic) -> tuple[Customer, Customer]:
    """Register Kim Räv twice: with a reserve number, and with a personnummer."""
    return clinic.person(number=RESERVE), clinic.person(number=NUMBER, unit_id="centrum")


def found_pairs(clinic: Clinic) -> list[tuple[int, int]]:
    frame = clinic.find(Check.TWICE).frame
    return list(zip(frame["customer_id"], frame["other_customer_id"], strict=True))


def test_a_reserve_number_that_became_a_personnummer_is_paid_twice(clinic: Clinic) -> None:
    reserve, known = two(clinic)
    first, second = vaccinated(clinic, reserve, DAY), vaccinated(clinic, known, DAY + timedelta(days=10), "efluelda")
    found = clinic.find(Check.TWICE)
    (row,) = found.frame.to_dict("records")
    assert (row["customer_id"], row["other_customer_id"]) == (reserve.customer_id, known.customer_id)
    assert (row["dose_id"], row["other_dose_id"]) == (first.dose_id, second.dose_id)
    assert (row["paid"], row["other_paid"], row["ore"], found.ore) == (150_00, 150_00, 150_00, 150_00)


@pytest.mark.parametrize(("days", "ore"), [(0, 150_00), (1, 150_00), (149, 150_00), (150, 0), (151, 0)])
def test_doses_that_would_be_too_near_for_one_person_are_paid_twice(clinic: Clinic, days: int, ore: int) -> None:
    reserve, known = two(clinic)
    clinic.dose(known, clinic.group(known, "medical_risk", "heart"), "vaxigrip_tetra", DAY)
    group = clinic.group(reserve, "medical_risk", "heart")
    clinic.dose(reserve, group, "efluelda", DAY - timedelta(days=days))
    assert clinic.find(Check.TWICE).ore == ore
    assert found_pairs(clinic) == [(reserve.customer_id, known.customer_id)]


@pytest.mark.both_engines
def test_doses_of_one_day_are_paid_twice_whatever_the_days_between(clinic: Clinic) -> None:
    clinic.change_rule("flu_risk_2024", days_between=None)
    reserve, known = two(clinic)
    vaccinated(clinic, reserve)
    dose = vaccinated(clinic, known)
    assert clinic.find(Check.TWICE).ore == 150_00
    vaccinations.withdraw(clinic.store, clinic.actor, dose.dose_id, dose.version, WithdrawReason.ENTERED_BY_MISTAKE)
    clinic.dose(known, None, "vaxigrip_tetra", DAY)  # without a group it is not paid
    assert clinic.find(Check.TWICE).ore == 0


def test_the_later_doses_rule_says_what_would_not_be_paid(clinic: Clinic) -> None:
    reserve, known = two(clinic)
    clinic.dose(reserve, clinic.group(reserve, "staff"), "vaxigrip_tetra", DAY)
    vaccinated(clinic, known, DAY + timedelta(days=5))
    clinic.change_rule("flu_staff_2022", ore=200_00)
    (row,) = clinic.find(Check.TWICE).frame.to_dict("records")
    assert (row["paid"], row["other_paid"], row["ore"]) == (200_00, 150_00, 150_00)
    clinic.change_rule("flu_risk_2024", days_between=5)
    assert clinic.find(Check.TWICE).ore == 0
    clinic.change_rule("flu_risk_2024", days_between=6)
    assert clinic.find(Check.TWICE).ore == 150_00


def test_another_kind_of_vaccine_is_not_paid_twice(clinic: Clinic) -> None:
    reserve, known = two(clinic)
    vaccinated(clinic, reserve)
    vaccinated(clinic, known, product="comirnaty")
    frame = clinic.find(Check.TWICE).frame
    assert list(frame["ore"]) == [0]
    assert frame[["dose_id", "other_dose_id", "paid", "other_paid"]].isna().all(axis=None)


def test_a_dose_is_counted_once_beside_the_nearest_of_the_other(clinic: Clinic) -> None:
    clinic.change_rule("flu_risk_2024", days_between=3)
    clinic.change_rule("flu_staff_2022", days_between=5)
    reserve, known = two(clinic)
    group = clinic.group(reserve, "medical_risk", "heart")
    clinic.dose(reserve, group, "vaxigrip_tetra", DAY)
    nearest = clinic.dose(reserve, group, "vaxigrip_tetra", DAY + timedelta(days=3))
    later = clinic.dose(known, clinic.group(known, "staff"), "vaxigrip_tetra", DAY + timedelta(days=4))
    found = clinic.find(Check.TWICE)
    (row,) = found.frame.to_dict("records")
    assert (row["dose_id"], row["other_dose_id"], found.ore) == (nearest.dose_id, later.dose_id, 150_00)


@pytest.mark.parametrize(
    ("name", "born", "is_found"),
    [
        ("KIM RAV", BORN, True),
        ("Räv Kim", BORN, True),
        ("Kim Räf", BORN, False),
        ("Kim Räv-Uv", BORN, False),
        ("Kim Räv", BORN + timedelta(days=1), False),
    ],
)
def test_name_and_birth_date_have_to_be_the_same(clinic: Clinic, name: str, born: date, is_found: bool) -> None:
    reserve = clinic.person(number=RESERVE)
    other = clinic.person(born, name=name)
    assert found_pairs(clinic) == ([(reserve.customer_id, other.customer_id)] if is_found else [])


def test_two_personnummer_that_do_not_look_alike_are_two_people(clinic: Clinic) -> None:
    one, alike, other = (invented_number(BORN, serial) for serial in (100, 110, 543))
    assert (look_alike(one, alike), look_alike(one, other), look_alike(alike, other)) == (True, False, False)
    people = [clinic.person(number=number) for number in (one, alike, other)]
    assert found_pairs(clinic) == [(people[0].customer_id, people[1].customer_id)]


def test_a_coordination_number_may_be_followed_by_a_personnummer(clinic: Clinic) -> None:
    coordination = f"{BORN:%Y%m}{BORN.day + 60}543"
    coordination += str(check_digit(coordination[2:]))
    one, other = clinic.person(number=coordination), clinic.person(number=NUMBER)
    assert found_pairs(clinic) == [(one.customer_id, other.customer_id)]


def test_a_pair_is_shown_where_both_are_of_own_units(clinic: Clinic) -> None:
    two(clinic)
    both = Actor("maj.lund", "Maj Lund", Role.COORDINATOR, "norr", frozenset({"centrum"}))
    one = Actor("ali.ek", "Ali Ek", Role.COORDINATOR, "norr")
    assert [len(clinic.find(Check.TWICE, actor=who).frame) for who in (both, one)] == [1, 0]


def test_a_changed_number_leaves_no_second_record(clinic: Clinic) -> None:
    reserve = clinic.person(number=RESERVE)
    vaccinated(clinic, reserve)
    identity_changes.change(clinic.store, clinic.actor, reserve.customer_id, NUMBER, RESERVE)
    assert found_pairs(clinic) == []


@pytest.mark.parametrize(("name", "is_found"), [("Kim Räv", True), ("Kim Uv", False)])
def test_who_was_registered_anew_a_century_younger_is_found(clinic: Clinic, name: str, *, is_found: bool) -> None:
    old = invented_number(date(1926, 3, 12))
    one = clinic.person(number=old)
    other = clinic.person(number=f"20{old[2:]}", name=name)
    assert found_pairs(clinic) == ([(one.customer_id, other.customer_id)] if is_found else [])
