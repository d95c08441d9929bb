"""Why a dose is paid or not, as people read it, in both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest

from mv import catalogue
from mv.catalogue import AgeUnit, Catalogue
from mv.i18n import ENGLISH, SWEDISH
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.pricing.wording import EXPLANATIONS, OUTCOME_NAMES, ages, explain, explain_all, kronor
from mv.reimbursement.rules.rule_table import Rule
from tests.reimbursement import random_cases
from tests.reimbursement.examples import COVID, DAY, dose, frame, rule

KNOWN = Catalogue(
    units={},
    groups={
        "medical_risk": catalogue.Group(
            "medical_risk", "Medicinsk riskgrupp", "Medical risk group", date(2020, 1, 1), None, False, None,
            (catalogue.Subgroup("medical_risk", "heart", "Hjärta", "Heart", date(2020, 1, 1), None),),
        ),
        "65_plus": catalogue.Group(
            "65_plus", "65 år och äldre", "65 years and older", date(2020, 1, 1), None, True, None, ()
        ),
        "pregnant": catalogue.Group("pregnant", "Gravid", "Pregnant", date(2020, 1, 1), None, False, 300, ()),
    },
    vaccines={"comirnaty": catalogue.Vaccine("comirnaty", "Comirnaty", "J07BN01", None, date(2020, 1, 1), None)},
)  # fmt: skip
HEART = {"group_code": "medical_risk", "subgroup_code": "heart"}

SAYS: list[tuple[dict[str, Any], dict[str, Any] | None, str, str]] = [
    (
        HEART,
        HEART,
        "Exempelregionen betalar 150 kr enligt regeln ”Influensavaccin, Medicinsk riskgrupp – Hjärta, 2020-01-01”.",
        "Exempelregionen pays 150 kr by the rule “Influenza vaccine, Medical risk group – Heart, 2020-01-01”.",
    ),
    (
        {"product_code": COVID[0], "atc": COVID[1]},
        {"atc": None, "product_code": "comirnaty", "ore": 275_50},
        "Exempelregionen betalar 275,50 kr enligt regeln ”Comirnaty, alla, 2020-01-01”.",
        "Exempelregionen pays 275.50 kr by the rule “Comirnaty, anyone, 2020-01-01”.",
    ),
    (
        {"withdrawn": True},
        {},
        "Ersätts inte: dosen är återkallad.",
        "Not paid: the dose is withdrawn.",
    ),
    (
        {"abroad": True},
        {},
        "Ersätts inte: dosen gavs utomlands.",
        "Not paid: the dose was given abroad.",
    ),
    (
        {},
        None,
        "Inte bedömd: regionen har inga ersättningsregler.",
        "Not decided: the region has no rules of what is paid.",
    ),
    (
        {},
        {"atc": "J07BN"},
        "Ersätts inte: ingen regel ersätter vaccinet den 2026-11-02.",
        "Not paid: no rule pays for this vaccine on 2026-11-02.",
    ),
    (
        {},
        HEART,
        "Ersätts inte: ingen kundgrupp räknas för dosen.",
        "Not paid: no group counts for the dose.",
    ),
    (
        {"group_code": "pregnant"},
        HEART,
        "Ersätts inte: ingen regel ersätter vaccinet för kundgruppen Gravid den 2026-11-02.",
        "Not paid: no rule pays for this vaccine to the group Pregnant on 2026-11-02.",
    ),
    (
        HEART | {"covered": False},
        HEART,
        "Ersätts inte: kundens period i kundgruppen Medicinsk riskgrupp – Hjärta täcker inte den 2026-11-02.",
        "Not paid: the customer’s period in the group Medical risk group – Heart does not cover 2026-11-02.",
    ),
    (
        {"birth_date": date(1962, 1, 1)},
        {"age_from": 65, "age_unit": AgeUnit.TURNS},
        "Ersätts inte: regeln ”Influensavaccin, alla, 2020-01-01” gäller den som fyller 65 eller mer det året.",
        "Not paid: the rule “Influenza vaccine, anyone, 2020-01-01” is for those who turn 65 or more that year.",
    ),
    (
        {"dose_number": 3},
        {"dose_to": 2},
        "Ersätts inte: regeln ”Influensavaccin, alla, 2020-01-01” gäller doserna 1–2, och det här är dos 3.",
        "Not paid: the rule “Influenza vaccine, anyone, 2020-01-01” is for the doses 1–2, and this is dose 3.",
    ),
    (
        {"completed_on": DAY + timedelta(days=31)},
        {"days_to_register": 30},
        "Ersätts inte: registrerad 31 dagar efter dosen, och regeln ”Influensavaccin, alla, 2020-01-01” tillåter 30.",
        "Not paid: registered 31 days after the dose, and the rule “Influenza vaccine, anyone, 2020-01-01” allows 30.",
    ),
    (
        {},
        {"ore": 0},
        "Ersätts inte: kunden betalar, enligt regeln ”Influensavaccin, alla, 2020-01-01”.",
        "Not paid: the customer pays, by the rule “Influenza vaccine, anyone, 2020-01-01”.",
    ),
]


@pytest.mark.parametrize(("values", "of_rule", "swedish", "english"), SAYS)
def test_an_outcome_is_explained_in_both_languages(
    values: dict[str, Any], of_rule: dict[str, Any] | None, swedish: str, english: str
) -> None:
    rules = [rule(**of_rule)] if of_rule is not None else []
    made = frame([dose(**values)])
    adjudicated = pd.concat([made, adjudicate(made, rules)], axis=1)
    assert explain_all(adjudicated, rules, KNOWN, SWEDISH).tolist() == [swedish]
    assert explain_all(adjudicated, rules, KNOWN, ENGLISH).tolist() == [english]


def test_of_a_second_dose_that_came_too_soon_the_first_is_named() -> None:
    made = frame([dose(), dose(dose_id=2, given_on=DAY + timedelta(days=9))])
    rules = [rule(days_between=150)]
    adjudicated = pd.concat([made, adjudicate(made, rules)], axis=1)
    assert explain_all(adjudicated, rules, KNOWN, SWEDISH)[1] == (
        "Ersätts inte: 150 dagar ska gå efter den ersatta dosen den 2026-11-02."
    )


def test_every_reason_has_a_name_and_a_text() -> None:
    assert set(OUTCOME_NAMES) == set(EXPLANATIONS) == set(Outcome)


@pytest.mark.parametrize("language", [SWEDISH, ENGLISH])
def test_many_doses_are_worded_as_each_would_be_alone(language: str) -> None:
    random = Random(11)  # noqa: S311 (repeatable, no secret)
    rules = [one for one in random_cases.rules(random, 60) if one.subgroup_code != "lung"]
    doses = [one for one in random_cases.doses(random, rules, 2_000) if one["subgroup_code"] != "lung"]
    made = frame(doses)
    adjudicated = pd.concat([made, adjudicate(made, rules)], axis=1)
    together = explain_all(adjudicated, rules, KNOWN, language)
    assert set(adjudicated["outcome"].astype(str)) == set(Outcome)
    assert together.tolist() == [alone(row, rules, language) for row in adjudicated.to_dict("records")]
    assert not [text for text in together if re.search(r"[{}]|\bNone\b|\bNaT\b|\bnan\b", text)]


def alone(row: dict[Any, Any], rules: list[Rule], language: str) -> str:
    one = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    return explain(one, rules[row["rule"]] if row["rule"] >= 0 else None, KNOWN, language)


@pytest.mark.parametrize(
    ("ore", "swedish", "english"),
    [
        (0, "0", "0"),
        (1, "0,01", "0.01"),
        (150_00, "150", "150"),
        (149_95, "149,95", "149.95"),
        (-150_05, "−150,05", "−150.05"),
        (1_234_567_00, "1\u00a0234\u00a0567", "1\u00a0234\u00a0567"),
    ],
)
def test_kronor_are_written_as_people_write_them(ore: int, swedish: str, english: str) -> None:
    assert (kronor(ore), kronor(ore, ENGLISH)) == (swedish, english)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, ""),
        ({"age_from": 18}, "18 år eller äldre"),
        ({"age_to": 17}, "17 år eller yngre"),
        ({"age_from": 65, "age_to": 79}, "65 till 79 år"),
        ({"age_from": 0, "age_to": 5, "age_unit": AgeUnit.MONTHS}, "0 till 5 månader"),
        ({"age_to": 64, "age_unit": AgeUnit.TURNS}, "den som fyller 64 eller mindre det året"),
        ({"age_from": 75, "age_to": 75, "age_unit": AgeUnit.TURNS}, "den som fyller 75 det året"),
        ({"age_from": 0, "age_to": 0}, "0 år"),
        ({"birth_year_to": 1961}, "födda 1961 eller tidigare"),
        ({"age_from": 18, "birth_year_from": 1946, "birth_year_to": 1961}, "18 år eller äldre, födda 1946 till 1961"),
    ],
)
def test_for_whom_a_rule_is_by_age_is_said(values: dict[str, Any], says: str) -> None:
    assert ages(rule(**values), SWEDISH) == says
