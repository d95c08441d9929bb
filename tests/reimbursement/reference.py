"""The outcome of one dose at a time, slowly and plainly: what adjudication on whole columns is compared with.

It knows of the program nothing but what a rule's columns are called, and is written from docs/reimbursement.md.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from mv.reimbursement.rules.rule_table import Rule

Dose = dict[str, Any]


@dataclass(frozen=True)
class Adjudication:
    """What becomes of a dose: why, by which rule, öre, what the rule pays, last day to register, dose too near."""

    outcome: str
    rule: Rule | None
    ore: int = 0
    last_day: date | None = None
    previous_on: date | None = None

    @property
    def allowed_amount(self) -> int:
        return self.rule.ore if self.rule else 0


def adjudicate(doses: Iterable[Dose], rules: Sequence[Rule]) -> dict[int, Adjudication]:
    """Adjudicate the doses, by id; every dose of a customer has to be there."""
    rules = [rule for rule in rules if not rule.draft and not rule.removed]
    found = {}
    for own in _by_customer(doses).values():
        paid_days: dict[str, date] = {}
        for dose in sorted(own, key=lambda dose: (dose["given_on"], dose["dose_id"])):
            outcome = _alone(dose, rules)
            kind = dose["atc"][:5]
            if outcome.outcome == "payable":
                before = paid_days.get(kind)
                wait = outcome.rule.days_between if outcome.rule else None
                if before and wait and dose["given_on"] < before + timedelta(days=wait):
                    outcome = Adjudication("too_soon", outcome.rule, 0, outcome.last_day, before)
                else:
                    paid_days[kind] = dose["given_on"]
            found[dose["dose_id"]] = outcome
    return found


def _by_customer(doses: Iterable[Dose]) -> dict[int, list[Dose]]:
    own = defaultdict(list)
    for dose in doses:
        own[dose["customer_id"]].append(dose)
    return own


def _alone(dose: Dose, rules: Sequence[Rule]) -> Adjudication:
    """Judge a dose as if the customer had no other."""
    why_not, rule = _choose(dose, rules)
    last_day = None
    if rule and rule.days_to_register is not None:
        last_day = dose["given_on"] + timedelta(days=rule.days_to_register)
    if dose["withdrawn"]:
        return Adjudication("withdrawn", rule, last_day=last_day)
    if dose["abroad"]:
        return Adjudication("abroad", rule, last_day=last_day)
    if why_not:
        return Adjudication(why_not, rule, last_day=last_day)
    assert rule is not None
    if last_day and dose["completed_on"] > last_day:
        return Adjudication("late", rule, last_day=last_day)
    if rule.ore == 0:
        return Adjudication("own_cost", rule, last_day=last_day)
    return Adjudication("payable", rule, rule.ore, last_day)


def _choose(dose: Dose, rules: Sequence[Rule]) -> tuple[str | None, Rule | None]:
    """Return the outcome and the rule that the dose fits, or that came nearest."""
    if dose["region"] not in [rule.region for rule in rules]:
        return "region_without_rules", None
    left = [rule for rule in rules if _is_about(rule, dose)]
    if not left:
        return "no_rule", None
    of_group = [rule for rule in left if _is_for_group(rule, dose)]
    if not of_group:
        return ("group_not_paid" if dose["group_code"] else "no_group"), None
    in_period = [rule for rule in of_group if rule.group_code is None or dose["covered"]]
    if not in_period:
        return "period", _first(of_group)
    of_age = [rule for rule in in_period if _is_of_age(rule, dose["birth_date"], dose["given_on"])]
    if not of_age:
        return "age", _first(in_period)
    of_number = [rule for rule in of_age if _within(dose["dose_number"], rule.dose_from, rule.dose_to)]
    if not of_number:
        return "dose_number", _first(of_age)
    return None, _first(of_number)


def _is_about(rule: Rule, dose: Dose) -> bool:
    if rule.region != dose["region"]:
        return False
    if dose["given_on"] < rule.valid_from or (rule.valid_to and dose["given_on"] > rule.valid_to):
        return False
    if rule.product_code:
        return bool(rule.product_code == dose["product_code"])
    assert rule.atc
    return bool(dose["atc"][: len(rule.atc)] == rule.atc)


def _is_for_group(rule: Rule, dose: Dose) -> bool:
    if rule.group_code is None:
        return True
    if rule.group_code != dose["group_code"]:
        return False
    return rule.subgroup_code is None or bool(rule.subgroup_code == dose["subgroup_code"])


def _is_of_age(rule: Rule, born: date, day: date) -> bool:
    if not _within(born.year, rule.birth_year_from, rule.birth_year_to):
        return False
    if rule.age_unit == "turns":
        return _within(day.year - born.year, rule.age_from, rule.age_to)
    if rule.age_unit == "months":
        return _within(full_months(born, day), rule.age_from, rule.age_to)
    return _within(full_years(born, day), rule.age_from, rule.age_to)


def _within(value: int, first: int | None, last: int | None) -> bool:
    return (first is None or first <= value) and (last is None or value <= last)


def full_years(born: date, day: date) -> int:
    """Return the age in whole years; who was born on a leap day has the birthday on 28 February in other years."""
    try:
        birthday = born.replace(year=day.year)
    except ValueError:
        birthday = date(day.year, 2, 28)
    return day.year - born.year - (1 if day < birthday else 0)


@cache
def full_months(born: date, day: date) -> int:
    """Return the age in whole months, found by going on from a month too early."""
    months = (day - born).days // 31 - 1
    while _months_later(born, months + 1) <= day:
        months += 1
    return months


def _months_later(born: date, months: int) -> date:
    years, month = divmod(born.month - 1 + months, 12)
    year = born.year + years
    return date(year, month + 1, min(born.day, monthrange(year, month + 1)[1]))


def _first(rules: Sequence[Rule]) -> Rule:
    """Return the rule that goes before the others."""
    best = rules[0]
    for rule in rules[1:]:
        if _goes_before(rule, best):
            best = rule
    return best


def _goes_before(one: Rule, other: Rule) -> bool:
    if (one.product_code is None) != (other.product_code is None):
        return one.product_code is not None
    for says in (_length_of_atc, _says_of_group, _says_of_age, _says_of_number):
        if says(one) != says(other):
            return says(one) > says(other)
    if one.valid_from != other.valid_from:
        return one.valid_from > other.valid_from
    return one.payment_rule_id < other.payment_rule_id


def _length_of_atc(rule: Rule) -> int:
    return len(rule.atc or "")


def _says_of_group(rule: Rule) -> int:
    return 0 if rule.group_code is None else 1 if rule.subgroup_code is None else 2


def _says_of_age(rule: Rule) -> int:
    bounds = [rule.age_from, rule.age_to, rule.birth_year_from, rule.birth_year_to]
    return len([bound for bound in bounds if bound is not None])


def _says_of_number(rule: Rule) -> int:
    return len([bound for bound in (rule.dose_from, rule.dose_to) if bound is not None])
