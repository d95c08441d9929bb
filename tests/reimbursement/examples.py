"""Rules and doses, each plain unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from mv.catalogue import AgeUnit, Group
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules.rule_table import Rule

REGION = "Exempelregionen"
INFLUENZA = ("vaxigrip_tetra", "J07BB02")
COVID = ("comirnaty", "J07BN01")
PNEUMO = ("prevenar_20", "J07AL02")
DAY = date(2026, 11, 2)
TEXTS = ("region", "product_code", "atc", "group_code", "subgroup_code")
DAYS = ("given_on", "completed_on", "birth_date")
PLAIN_RULE: dict[str, Any] = {
    "payment_rule_id": 1, "rule_code": None, "region": REGION, "payer": REGION, "atc": "J07BB", "product_code": None,
    "group_code": None, "subgroup_code": None, "age_from": None, "age_to": None, "age_unit": AgeUnit.YEARS,
    "birth_year_from": None, "birth_year_to": None, "dose_from": None, "dose_to": None,
    "valid_from": date(2020, 1, 1), "valid_to": None, "ore": 150_00, "days_to_register": None, "days_between": None,
    "nvr": False, "source": "Example",
}  # fmt: skip
PLAIN_DOSE: dict[str, Any] = {
    "dose_id": 1, "customer_id": 1, "unit_id": "norr", "region": REGION, "product_code": INFLUENZA[0],
    "atc": INFLUENZA[1], "dose_number": 1, "given_on": DAY, "completed_on": DAY, "birth_date": date(1950, 5, 17),
    "group_code": None, "subgroup_code": None, "covered": False, "abroad": False, "withdrawn": False, "claimed": 0,
    "paid": 0,
}  # fmt: skip


def rule(**values: Any) -> Rule:
    """Return a rule that pays 150 kr for an influenza vaccine to anyone, but for ``values``."""
    return Rule(**PLAIN_RULE | values)


def dose(**values: Any) -> dict[str, Any]:
    """Return somebody's influenza vaccine, registered on its day without a group, but for ``values``.

    A group that is named covers the day unless ``covered`` says otherwise.
    """
    made = PLAIN_DOSE | {"covered": "group_code" in values} | values
    return made | ({} if "completed_on" in values else {"completed_on": made["given_on"]})


def frame(doses: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return doses as the store hands them out: texts as texts, days as instants at midnight."""
    made = pd.DataFrame(list(doses), columns=list(PLAIN_DOSE))
    return made.astype(dict.fromkeys(TEXTS, "str") | dict.fromkeys(DAYS, "datetime64[s]"))


def outcomes_of(doses: Iterable[dict[str, Any]], *rules: Rule) -> list[str]:
    """Return the outcome of each dose, in order."""
    return [str(outcome) for outcome in adjudicate(frame(doses), rules)["outcome"]]


def outcome_of(one: dict[str, Any], *rules: Rule) -> str:
    """Return the outcome of a customer's only dose."""
    return outcomes_of([one], *rules)[0]


def group(group_code: str, *, by_age: bool = False, longest_days: int | None = None, **values: Any) -> Group:
    """Return a group that has been in use since 2020."""
    period = {"valid_from": date(2020, 1, 1), "valid_to": None} | values
    return Group(group_code, group_code, group_code, by_age=by_age, longest_days=longest_days, subgroups=(), **period)


def memberships(*rows: tuple[int, int, str, str | None, date, date | None]) -> pd.DataFrame:
    """Return group rows as the store hands them out: number, customer, group, subgroup, first and last day."""
    names = ["membership_id", "customer_id", "group_code", "subgroup_code", "valid_from", "valid_to"]
    days = dict.fromkeys(names[4:], "datetime64[s]")
    return pd.DataFrame(list(rows), columns=names).astype(
        dict.fromkeys(names[2:4], "str") | days | {"customer_id": int}
    )
