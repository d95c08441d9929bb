"""Random rules and doses, from a seed: near each other and near every boundary, so that each outcome comes often."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from mv.catalogue import AgeUnit
from mv.reimbursement.rules.rule_table import Rule
from tests.reimbursement.examples import COVID, INFLUENZA, PNEUMO, dose, rule

REGIONS = ("Exempelregionen", "Östra regionen", "Västra regionen")
WITHOUT_RULES = "Regionen utan regler"
VACCINES = (INFLUENZA, ("efluelda", "J07BB02"), ("flumist", "J07BB03"), COVID, PNEUMO, ("pneumovax", "J07AL01"))
ATCS = ("J07", "J07B", "J07BB", "J07BB02", "J07BB03", "J07BN", "J07AL", "J07AL02")
GROUPS = (None, None, "65_plus", "medical_risk", "medical_risk", "pregnant")
SUBGROUPS = (None, "heart", "lung")
FIRST_DAY = date(2023, 1, 1)
DAYS = 4 * 365
COMMON_FIRST_DAY = date(2024, 3, 1)
"""Many rules begin on it, so that some say as much as each other and are as new."""
LEAP_DAYS = (date(1956, 2, 29), date(1960, 2, 29), date(2004, 2, 29), date(2020, 2, 29), date(2024, 2, 29))


def rules(chance: Random, count: int) -> list[Rule]:
    """Return rules that overlap, leave gaps and contradict each other."""
    return [_rule(chance, number) for number in range(1, count + 1)]


def doses(chance: Random, among: list[Rule], count: int) -> list[dict[str, Any]]:
    """Return doses of people who have some each; many are given on a day on which something changes."""
    people = [(number, chance.choice((*REGIONS * 4, WITHOUT_RULES))) for number in range(1, max(count // 12, 3))]
    births: dict[int, date] = {}
    made = []
    for number in range(1, count + 1):
        customer_id, region = chance.choice(people)
        near = chance.choice(among)
        day = _day(chance, near)
        born = births.setdefault(customer_id, _born(chance, near, day))
        product_code, atc = chance.choice(VACCINES)
        group_code = chance.choice(GROUPS)
        made.append(
            dose(
                dose_id=number,
                customer_id=customer_id,
                region=region,
                product_code=product_code,
                atc=atc,
                dose_number=chance.choice((1, 1, 2, 3, 4, 9)),
                given_on=max(day, born),
                completed_on=max(day, born) + timedelta(days=chance.choice((0, 0, 0, 1, 6, 7, 8, 29, 30, 31, 90))),
                birth_date=born,
                group_code=group_code,
                subgroup_code=chance.choice(SUBGROUPS) if group_code == "medical_risk" else None,
                covered=group_code is not None and chance.random() < 0.75,
                abroad=chance.random() < 0.03,
                withdrawn=chance.random() < 0.03,
            )
        )
    return made


def _rule(chance: Random, number: int) -> Rule:
    group_code = chance.choice(GROUPS)
    by_product = chance.random() < 0.3
    first = FIRST_DAY + timedelta(days=chance.randrange(-200, DAYS - 200))
    if chance.random() < 0.4:
        first = COMMON_FIRST_DAY
    return rule(
        payment_rule_id=number,
        region=chance.choice(REGIONS),
        atc=None if by_product else chance.choice(ATCS),
        product_code=chance.choice(VACCINES)[0] if by_product else None,
        group_code=group_code,
        subgroup_code=chance.choice(SUBGROUPS) if group_code == "medical_risk" else None,
        **_ages(chance),
        dose_from=chance.choice((None, None, None, None, 1, 2)),
        dose_to=chance.choice((None, None, None, None, 2, 3)),
        valid_from=first,
        valid_to=chance.choice((None, first, first + timedelta(days=chance.randrange(DAYS)))),
        ore=chance.choice((0, 100_00, 150_00, 275_50)),
        days_to_register=chance.choice((None, None, 0, 7, 30)),
        days_between=chance.choice((None, 0, 1, 30, 150, 600)),
    )


def _ages(chance: Random) -> dict[str, Any]:
    values: dict[str, Any] = {"age_unit": chance.choice(list(AgeUnit))}
    if chance.random() < 0.4:
        first, last = (6, 30) if values["age_unit"] == AgeUnit.MONTHS else (18, 65)
        values |= {"age_from": chance.choice((None, 0, first)), "age_to": chance.choice((None, last, last))}
    if chance.random() < 0.2:
        values |= {"birth_year_from": chance.choice((None, 1946)), "birth_year_to": chance.choice((None, 1961))}
    return values


def _day(chance: Random, near: Rule) -> date:
    if chance.random() < 0.5:
        return FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    edge = chance.choice((near.valid_from, near.valid_to or near.valid_from, date(chance.randrange(2023, 2027), 2, 28)))
    return edge + timedelta(days=chance.choice((-1, 0, 1)))


def _born(chance: Random, near: Rule, day: date) -> date:
    """Return a day of birth: about an age's bound before the day, on a leap day, or any."""
    kind = chance.random()
    if kind < 0.2:
        return chance.choice([leap for leap in LEAP_DAYS if leap <= day])
    bound = chance.choice((near.age_from, near.age_to))
    if kind < 0.7 and bound:
        months = bound if near.age_unit == AgeUnit.MONTHS else 12 * bound
        years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
        return date(years, month + 1, min(day.day, 28)) + timedelta(days=chance.choice((-1, 0, 1)))
    return date(chance.randrange(1925, 2022), chance.randrange(1, 13), chance.randrange(1, 29))
