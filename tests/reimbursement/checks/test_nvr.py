"""Doses that are paid though NVR does not take them, and those that it takes though nobody pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import catalogue, memberships, vaccinations
from mv.access import Actor, Role
from mv.reimbursement.checks.findings import Check
from mv.reimbursement.checks.nvr import reported_kinds
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.vaccinations import Dose, WithdrawReason
from tests.conftest import TODAY
from tests.reimbursement.checks.clinic import DAY, Clinic

TURNS_75 = date(1951, 5, 6)
PENSIONER = date(1950, 5, 6)


def doses(clinic: Clinic, check: Check, **how: date) -> list[int]:
    return [int(dose) for dose in clinic.find(check, **how).frame["dose_id"]]


def of_turning_75(clinic: Clinic, day: date = DAY, unit_id: str = "norr") -> Dose:
    """Give a pneumococcal dose that is paid, 250 kr, but not reported."""
    person = clinic.person(TURNS_75, unit_id)
    return clinic.dose(person, clinic.group(person, "pneumo_75"), "pneumovax", day, unit_id)


def of_risk_group(clinic: Clinic, day: date = DAY, registered: date | None = None) -> Dose:
    """Give a pneumococcal dose that is reported, and paid if it is registered in time."""
    person = clinic.person()
    group = clinic.group(person, "pneumo_risk", "diabetes")
    return clinic.dose(person, group, "pneumovax", day, registered=registered)


def test_nvr_takes_the_kinds_that_some_rule_reports(store: Store) -> None:
    known, shipped = catalogue.load(store), rule_table.load(store)
    assert reported_kinds(shipped, known) == {"J07AL", "J07BN"}
    assert reported_kinds([replace(rule, nvr=False) for rule in shipped], known) == set()
    product = replace(shipped[0], atc=None, product_code="fsme_immun", nvr=True)
    assert reported_kinds([product], known) == {"J07BA"}
    assert reported_kinds([replace(shipped[0], atc="J07", nvr=True)], known) == {"J07AL", "J07BA", "J07BB", "J07BN"}
    assert reported_kinds([replace(shipped[0], atc="J07AL02", nvr=True)], known) == {"J07AL"}


def test_a_dose_that_is_paid_by_a_rule_that_does_not_report_it_is_found(clinic: Clinic) -> None:
    outside = of_turning_75(clinic)
    of_risk_group(clinic)
    pensioner = clinic.person(PENSIONER)
    group = clinic.group(pensioner, "65_plus")
    clinic.dose(pensioner, group, "efluelda")  # paid and not reported, as all of influenza
    clinic.dose(pensioner, group, "comirnaty")  # paid and reported
    found = clinic.find(Check.PAID_NOT_REPORTED)
    (row,) = found.frame.to_dict("records")
    assert (row["dose_id"], row["customer_id"], row["ore"]) == (outside.dose_id, outside.customer_id, 250_00)
    assert found.rules[row["rule"]].rule_code == "pneumo_75_2023"
    assert found.ore == 250_00
    assert doses(clinic, Check.REPORTED_NOT_PAID) == []


def test_a_dose_that_the_rule_reports_and_nobody_pays_is_found_with_why(clinic: Clinic) -> None:
    late = of_risk_group(clinic, TODAY - timedelta(days=31), registered=TODAY)
    in_time = of_risk_group(clinic, TODAY - timedelta(days=30), registered=TODAY)
    pensioner = clinic.person(PENSIONER)
    group = clinic.group(pensioner, "65_plus")
    clinic.dose(pensioner, group, "comirnaty", date(2026, 2, 1))
    soon = clinic.dose(pensioner, group, "comirnaty", date(2026, 11, 1), dose_number=2)
    child = clinic.person(date(2025, 6, 1))
    young = clinic.dose(child, clinic.group(child, "pneumo_risk", "heart"), "prevenar_20")
    found = clinic.find(Check.REPORTED_NOT_PAID)
    outcomes = dict(zip(found.frame["dose_id"], found.frame["outcome"], strict=True))
    assert outcomes == {late.dose_id: "late", soon.dose_id: "too_soon", young.dose_id: "age"}
    assert list(found.frame["ore"]) == [275_00, 250_00, 250_00]
    assert found.ore == 775_00
    assert doses(clinic, Check.PAID_NOT_REPORTED) == []
    clinic.change_rule("pneumo_risk_2020", days_to_register=29)
    assert in_time.dose_id in doses(clinic, Check.REPORTED_NOT_PAID)


def test_a_group_whose_period_does_not_cover_the_day_is_reported_but_not_paid(clinic: Clinic) -> None:
    dose = of_risk_group(clinic)
    (group,) = memberships.of_customer(clinic.store, clinic.actor, dose.customer_id)
    clinic.remove(group)
    (row,) = clinic.find(Check.REPORTED_NOT_PAID).frame.to_dict("records")
    assert (row["dose_id"], row["outcome"], row["ore"]) == (dose.dose_id, "period", 250_00)


def test_what_is_not_reported_is_not_missed_when_it_is_not_paid(clinic: Clinic) -> None:
    person = clinic.person(TURNS_75)
    group = clinic.group(person, "pneumo_75")
    clinic.dose(person, group, "pneumovax", TODAY - timedelta(days=40), registered=TODAY)  # too late, not reported
    clinic.dose(clinic.person(), None, "comirnaty")  # no group: no rule says that it is reported
    own_cost = clinic.person(date(1956, 1, 1))
    clinic.dose(own_cost, clinic.group(own_cost, "pneumo_65_74"), "pneumovax")
    assert doses(clinic, Check.REPORTED_NOT_PAID) == []
    assert doses(clinic, Check.PAID_NOT_REPORTED) == []


def test_a_withdrawn_dose_and_one_given_abroad_are_none_that_nvr_takes(clinic: Clinic) -> None:
    withdrawn = of_risk_group(clinic, TODAY - timedelta(days=40), registered=TODAY)
    vaccinations.withdraw(
        clinic.store, clinic.actor, withdrawn.dose_id, withdrawn.version, WithdrawReason.ENTERED_BY_MISTAKE
    )
    person = clinic.person()
    clinic.dose(person, None, "comirnaty", abroad=True)
    paid = of_turning_75(clinic)
    vaccinations.withdraw(clinic.store, clinic.actor, paid.dose_id, paid.version, WithdrawReason.WRONG_PERSON)
    assert doses(clinic, Check.REPORTED_NOT_PAID) == []
    assert doses(clinic, Check.PAID_NOT_REPORTED) == []


def test_the_rule_decides_what_is_reported_not_the_vaccine(clinic: Clinic) -> None:
    of_turning_75(clinic)
    clinic.change_rule("pneumo_75_2023", nvr=True)
    assert doses(clinic, Check.PAID_NOT_REPORTED) == []
    pensioner = clinic.person(PENSIONER)
    influenza = clinic.dose(pensioner, clinic.group(pensioner, "65_plus"), "efluelda")
    clinic.change_rule("flu_staff_2022", nvr=True)  # so NVR takes influenza of some group
    assert doses(clinic, Check.PAID_NOT_REPORTED) == [influenza.dose_id]


@pytest.mark.parametrize(
    ("first", "last", "is_found"),
    [(DAY, DAY, True), (DAY + timedelta(days=1), TODAY, False), (date(2026, 1, 1), DAY - timedelta(days=1), False)],
)
def test_both_days_of_the_period_are_included(clinic: Clinic, first: date, last: date, is_found: bool) -> None:
    dose = of_turning_75(clinic)
    found = doses(clinic, Check.PAID_NOT_REPORTED, first=first, last=last)
    assert found == ([dose.dose_id] if is_found else [])


def test_only_doses_of_the_own_units_are_found(clinic: Clinic) -> None:
    here, there = of_turning_75(clinic), of_turning_75(clinic, unit_id="soder")
    norr = Actor("maj.lund", "Maj Lund", Role.COORDINATOR, "norr")
    assert list(clinic.find(Check.PAID_NOT_REPORTED, actor=norr).frame["dose_id"]) == [here.dose_id]
    assert set(doses(clinic, Check.PAID_NOT_REPORTED)) == {here.dose_id, there.dose_id}


def test_a_store_without_doses_has_nothing_to_find(clinic: Clinic) -> None:
    for check in Check:
        found = clinic.find(check)
        assert (len(found.frame), found.ore) == (0, 0)
