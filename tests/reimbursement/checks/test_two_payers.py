"""Two groups at once by which different payers pay."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mv.access import Actor, Role
from mv.memberships import EndReason
from mv.reimbursement.checks.findings import Check
from tests.conftest import TODAY
from tests.reimbursement.checks.clinic import DAY, Clinic

REGION, EMPLOYER = "Exempelregionen", "Arbetsgivaren"


def pairs(clinic: Clinic, **how: date) -> list[tuple[int, int]]:
    frame = clinic.find(Check.TWO_PAYERS, **how).frame
    return list(zip(frame["membership_id"], frame["other_membership_id"], strict=True))


def test_staff_and_risk_group_at_once_are_found_with_both_payers(clinic: Clinic) -> None:
    person = clinic.person()
    staff = clinic.group(person, "staff", "health_care", date(2025, 3, 1))
    risk = clinic.group(person, "medical_risk", "diabetes", date(2026, 2, 1))
    found = clinic.find(Check.TWO_PAYERS)
    (row,) = found.frame.to_dict("records")
    assert (row["membership_id"], row["other_membership_id"]) == (staff.membership_id, risk.membership_id)
    assert (row["payer"], row["other_payer"], row["kinds"]) == (EMPLOYER, REGION, "J07BB")
    assert (row["first_day"].date(), row["last_day"].date()) == (date(2026, 2, 1), TODAY)
    assert found.ore == 0


@pytest.mark.parametrize(
    ("group", "subgroup", "is_found"),
    [
        ("pregnant", None, True),
        ("impaired_health", "dementia", True),
        ("household_contact", None, False),  # at own cost: nobody else pays
        ("pneumo_risk", "heart", False),  # another vaccine
    ],
)
def test_what_the_rules_say_of_the_same_vaccine_decides(
    clinic: Clinic, group: str, subgroup: str | None, is_found: bool
) -> None:
    person = clinic.person()
    clinic.group(person, "staff", "health_care")
    clinic.group(person, group, subgroup)
    assert (len(pairs(clinic)) == 1) is is_found


def test_two_groups_with_the_same_payer_are_as_they_should_be(clinic: Clinic) -> None:
    person = clinic.person(date(1950, 1, 2))
    for group in ("65_plus", "medical_risk", "impaired_health", "frailty"):
        clinic.group(person, group)
    assert pairs(clinic) == []


def test_two_subgroups_of_a_group_are_found_where_their_rules_name_different_payers(clinic: Clinic) -> None:
    person = clinic.person()
    clinic.group(person, "staff", "health_care")
    clinic.group(person, "staff", "home_care")
    assert pairs(clinic) == []
    clinic.add_rule("flu_staff_2022", subgroup_code="home_care", payer="Kommunen")
    (row,) = clinic.find(Check.TWO_PAYERS).frame.to_dict("records")
    assert {row["payer"], row["other_payer"]} == {EMPLOYER, "Kommunen"}


def test_a_rule_that_is_for_another_age_names_no_payer(clinic: Clinic) -> None:
    clinic.add_rule("covid_risk_2023", group_code="staff", payer=EMPLOYER)  # from 18 years, as by the risk group
    clinic.change_rule("flu_staff_2022", removed=True)
    young, grown = (clinic.person(TODAY.replace(year=TODAY.year - 18) + timedelta(days=n)) for n in (1, 0))
    for person in (young, grown):
        clinic.group(person, "staff")
        clinic.group(person, "medical_risk", "heart")
    frame = clinic.find(Check.TWO_PAYERS).frame
    assert (list(frame["customer_id"]), list(frame["kinds"])) == ([grown.customer_id], ["J07BN"])


def test_every_kind_of_vaccine_is_named_and_a_pair_stands_once(clinic: Clinic) -> None:
    clinic.add_rule("covid_risk_2023", group_code="staff", payer=EMPLOYER)
    person = clinic.person()
    clinic.group(person, "staff")
    clinic.group(person, "medical_risk", "heart")
    (row,) = clinic.find(Check.TWO_PAYERS).frame.to_dict("records")
    assert row["kinds"] == "J07BB,J07BN"


@pytest.mark.parametrize(("days", "is_found"), [(-1, False), (0, True), (1, True)])
def test_one_day_in_common_is_enough(clinic: Clinic, days: int, is_found: bool) -> None:
    person, first = clinic.person(), date(2026, 6, 1)
    clinic.group(person, "staff", first=date(2026, 1, 1), last=first + timedelta(days=days))
    clinic.group(person, "medical_risk", "heart", first)
    assert (len(pairs(clinic)) == 1) is is_found


@pytest.mark.parametrize(
    ("first", "last", "is_found"),
    [
        (date(2026, 6, 30), TODAY, True),
        (date(2026, 7, 1), TODAY, False),
        (date(2026, 1, 1), date(2026, 6, 1), True),
        (date(2026, 1, 1), date(2026, 5, 31), False),
    ],
)
def test_the_day_in_common_is_in_the_period(clinic: Clinic, first: date, last: date, is_found: bool) -> None:
    person = clinic.person()
    clinic.group(person, "staff", first=date(2026, 1, 1), last=date(2026, 6, 30))
    clinic.group(person, "medical_risk", "heart", date(2026, 6, 1))
    assert (len(pairs(clinic, first=first, last=last)) == 1) is is_found


def test_a_group_that_was_wrong_from_the_start_is_none(clinic: Clinic) -> None:
    person = clinic.person()
    staff = clinic.group(person, "staff")
    clinic.group(person, "medical_risk", "heart")
    clinic.remove(staff, EndReason.CEASED)
    assert len(pairs(clinic)) == 1
    other = clinic.person()
    wrong = clinic.group(other, "staff")
    clinic.group(other, "medical_risk", "heart")
    clinic.remove(wrong, EndReason.WRONG)
    assert len(pairs(clinic)) == 1


def test_the_kronor_are_of_doses_by_either_group_on_days_that_both_cover(clinic: Clinic) -> None:
    clinic.change_rule("flu_staff_2022", days_between=None)
    clinic.change_rule("flu_risk_2024", days_between=None)
    person = clinic.person()
    staff = clinic.group(person, "staff")
    risk = clinic.group(person, "medical_risk", "heart", date(2026, 11, 1))
    clinic.dose(person, staff, "vaxigrip_tetra", date(2026, 10, 31))  # the other did not cover it
    clinic.dose(person, staff, "vaxigrip_tetra", date(2026, 11, 1))
    clinic.dose(person, risk, "efluelda", date(2026, 11, 3))
    clinic.dose(person, risk, "comirnaty", date(2026, 11, 4))  # nobody but the region pays for it
    clinic.dose(person, None, "fluad_tetra", date(2026, 11, 5))
    found = clinic.find(Check.TWO_PAYERS)
    assert (list(found.frame["ore"]), found.ore) == ([300_00], 300_00)
    assert clinic.find(Check.TWO_PAYERS, last=date(2026, 11, 2)).ore == 150_00


def test_a_dose_that_belongs_to_several_pairs_is_counted_once(clinic: Clinic) -> None:
    person = clinic.person()
    staff = clinic.group(person, "staff")
    clinic.group(person, "medical_risk", "heart")
    clinic.group(person, "impaired_health", "substance")
    clinic.dose(person, staff, "vaxigrip_tetra")
    found = clinic.find(Check.TWO_PAYERS)
    assert (list(found.frame["ore"]), found.ore) == ([150_00, 0], 150_00)


def test_one_of_the_groups_is_of_an_own_unit(clinic: Clinic) -> None:
    person, stranger = clinic.person(unit_id="soder"), clinic.person(unit_id="soder")
    clinic.group(person, "staff", unit_id="norr")
    clinic.group(person, "medical_risk", "heart", unit_id="soder")
    clinic.group(stranger, "staff", unit_id="soder")
    clinic.group(stranger, "medical_risk", "heart", unit_id="soder")
    norr = Actor("maj.lund", "Maj Lund", Role.COORDINATOR, "norr")
    assert list(clinic.find(Check.TWO_PAYERS, actor=norr).frame["customer_id"]) == [person.customer_id]
    assert len(pairs(clinic)) == 2


def test_the_day_of_the_rule_counts(clinic: Clinic) -> None:
    clinic.change_rule("flu_staff_2022", valid_to=DAY)
    person = clinic.person()
    clinic.group(person, "staff")
    clinic.group(person, "medical_risk", "heart")
    assert len(pairs(clinic, last=DAY)) == 1
    assert pairs(clinic, last=DAY + timedelta(days=1)) == []
