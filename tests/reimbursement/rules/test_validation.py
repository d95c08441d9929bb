"""What can stand in a rule: amounts as people write them, what is refused, and what is pointed out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mv import catalogue
from mv.catalogue import AgeUnit
from mv.errors import Invalid
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.validation import check, concerns, parse_amount
from mv.store import Store
from tests.reimbursement.examples import rule


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("150", 150_00), ("0", 0), ("149,95", 149_95), ("149.95", 149_95), ("149,5", 149_50), ("0,01", 1),
        (" 150 ", 150_00), ("1 200", 1_200_00), ("1\u00a0200,50", 1_200_50), ("1\u202f200", 1_200_00),
        ("150 kr", 150_00),
        ("150:-", 150_00), ("150 KR", 150_00), ("150 kronor", 150_00), ("007", 7_00),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text: str, ore: int) -> None:
    assert parse_amount(text) == ore


@pytest.mark.parametrize(
    "text", ["", " ", "-150", "−150", "150,999", "150,", ",50", "1,200.50", "1.200,50", "hundra", "1e3", "٣", "150 öre"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_amount(text)
    assert explain(caught.value, SWEDISH) == "Skriv beloppet i kronor, till exempel 150 eller 149,95."


CANNOT_BE: list[tuple[dict[str, Any], str]] = [
    ({"region": " "}, "Choose or write the region."),
    ({"payer": ""}, "Choose or write who pays."),
    ({"source": ""}, "Write where the rule comes from: the decision, agreement or web page."),
    ({"payer": "a" * 101}, "A text is at most 100 characters, on one line."),
    ({"source": "a" * 501}, "A text is at most 500 characters, on one line."),
    ({"source": "a\nb"}, "A text is at most 500 characters, on one line."),
    ({"atc": None}, "Choose a kind of vaccine or one product, not both."),
    ({"product_code": "efluelda"}, "Choose a kind of vaccine or one product, not both."),
    ({"atc": None, "product_code": "gone"}, "There is no vaccine with the code gone."),
    ({"atc": "j07bb"}, "j07bb is no ATC code. Write it as in J07BB or J07BB02."),
    ({"atc": "J0"}, "J0 is no ATC code. Write it as in J07BB or J07BB02."),
    ({"atc": "J07BB0"}, "J07BB0 is no ATC code. Write it as in J07BB or J07BB02."),
    ({"atc": "J07BB021"}, "J07BB021 is no ATC code. Write it as in J07BB or J07BB02."),
    ({"group_code": "gone"}, "There is no group with the code gone."),
    ({"group_code": "staff", "subgroup_code": "heart"},
     "The group Health and social care staff has no subgroup with the code heart."),
    ({"subgroup_code": "heart"}, "Choose a group, or no subgroup."),
    ({"age_from": 18, "age_to": 17}, "The ages are from 0 to 130, the lower one first."),
    ({"age_from": -1}, "The ages are from 0 to 130, the lower one first."),
    ({"age_to": 131}, "The ages are from 0 to 130, the lower one first."),
    ({"age_to": 1561, "age_unit": AgeUnit.MONTHS}, "The ages are from 0 to 1560, the lower one first."),
    ({"birth_year_from": 1962, "birth_year_to": 1961},
     "The years of birth are from 1870 to 2200, the earlier one first."),
    ({"birth_year_to": 61}, "The years of birth are from 1870 to 2200, the earlier one first."),
    ({"dose_from": 0}, "The dose numbers are from 1 to 99, the lower one first."),
    ({"dose_from": 3, "dose_to": 2}, "The dose numbers are from 1 to 99, the lower one first."),
    ({"dose_to": 100}, "The dose numbers are from 1 to 99, the lower one first."),
    ({"days_to_register": -1}, "The days to register are from 0 to 36500."),
    ({"days_between": 36501}, "The days between doses are from 0 to 36500."),
    ({"valid_to": date(2019, 12, 31)}, "The last day is before the first. Change one of them."),
    ({"ore": -1}, "The amount is from 0 to 100000 kronor."),
    ({"ore": 100_000_01}, "The amount is from 0 to 100000 kronor."),
]  # fmt: skip


@pytest.mark.parametrize(("values", "says"), CANNOT_BE)
def test_what_cannot_be_in_a_rule_is_refused_in_both_languages(store: Store, values: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(rule(**values), catalogue.load(store))
    assert explain(caught.value, ENGLISH) == says
    assert explain(caught.value, SWEDISH) != says


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"ore": 0},
        {"ore": 100_000_00},
        {"valid_to": date(2020, 1, 1)},
        {"age_from": 65, "age_to": 65},
        {"age_from": 0, "age_to": 130},
        {"age_to": 1560, "age_unit": AgeUnit.MONTHS},
        {"dose_from": 1, "dose_to": 99, "days_to_register": 0, "days_between": 0},
        {"group_code": "staff", "subgroup_code": "home_care"},
        {"group_code": "covid_phase"},  # no longer in use
        {"atc": None, "product_code": "efluelda"},
        {"atc": "J"}, {"atc": "J07"}, {"atc": "J07B"}, {"atc": "J07BB02"},
    ],
)  # fmt: skip
def test_what_can_be_in_a_rule_is_not_refused(store: Store, values: dict[str, Any]) -> None:
    check(rule(**values), catalogue.load(store))


def test_the_shipped_rules_are_neither_refused_nor_odd_but_for_those_at_own_cost(store: Store) -> None:
    known, shipped = catalogue.load(store), rule_table.load(store)
    for one in shipped:
        check(one, known)
        assert [doubt.key for doubt in concerns(one, known, shipped)] == (
            [] if one.ore else ["With 0 kronor nobody pays the clinic: the dose is at the patient’s own cost."]
        )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"atc": "J07BC"}, "No vaccine in the catalogue has an ATC code that begins with J07BC. Check it."),
        ({"region": "Exempelregion"}, "No unit belongs to the region Exempelregion. Check how it is written."),
        ({"payer": "Sttaen"}, "No other rule has the payer Sttaen. Check how it is written."),
        (
            {"group_code": "covid_80_plus"},
            "Covid-19: 80 years and older, two doses a year is not in use on all days of the rule.",
        ),
        (
            {"group_code": "covid_phase", "valid_from": date(2021, 1, 1), "valid_to": date(2022, 9, 1)},
            "Covid-19: vaccination by phase is not in use on all days of the rule.",
        ),
        ({"ore": 0}, "With 0 kronor nobody pays the clinic: the dose is at the patient’s own cost."),
    ],
)  # fmt: skip
def test_what_is_odd_in_a_rule_is_pointed_out_in_both_languages(
    store: Store, values: dict[str, Any], says: str
) -> None:
    known, others = catalogue.load(store), rule_table.load(store)
    (found,) = concerns(rule(**values), known, others)
    assert explain(found, ENGLISH) == says
    assert explain(found, SWEDISH) != says
    check(replace(rule(), **values), known)
