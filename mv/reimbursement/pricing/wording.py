"""Outcomes in words: why a dose is paid or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mv.catalogue import AgeUnit, Catalogue
from mv.errors import N_
from mv.i18n import SWEDISH, translate
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.rules.rule_table import Rule, label

OUTCOME_NAMES: Mapping[Outcome, str] = {
    Outcome.PAYABLE: N_("paid by a rule"),
    Outcome.WITHDRAWN: N_("withdrawn"),
    Outcome.ABROAD: N_("given abroad"),
    Outcome.REGION_WITHOUT_RULES: N_("the region has no rules"),
    Outcome.NO_RULE: N_("no rule that day"),
    Outcome.NO_GROUP: N_("no group"),
    Outcome.GROUP_NOT_PAID: N_("the group is not paid for"),
    Outcome.PERIOD: N_("the group’s period does not cover the day"),
    Outcome.AGE: N_("age outside"),
    Outcome.DOSE_NUMBER: N_("dose number outside"),
    Outcome.LATE: N_("registered too late"),
    Outcome.OWN_COST: N_("at own cost"),
    Outcome.TOO_SOON: N_("a second paid dose too soon"),
}
"""Each outcome in a few words, for lists and charts."""

EXPLANATIONS: Mapping[Outcome, str] = {
    Outcome.PAYABLE: N_("{payer} pays {kronor} kr by the rule “{rule}”."),
    Outcome.WITHDRAWN: N_("Not paid: the dose is withdrawn."),
    Outcome.ABROAD: N_("Not paid: the dose was given abroad."),
    Outcome.REGION_WITHOUT_RULES: N_("Not decided: the region has no rules of what is paid."),
    Outcome.NO_RULE: N_("Not paid: no rule pays for this vaccine on {day}."),
    Outcome.NO_GROUP: N_("Not paid: no group counts for the dose."),
    Outcome.GROUP_NOT_PAID: N_("Not paid: no rule pays for this vaccine to the group {group} on {day}."),
    Outcome.PERIOD: N_("Not paid: the customer’s period in the group {group} does not cover {day}."),
    Outcome.AGE: N_("Not paid: the rule “{rule}” is for {ages}."),
    Outcome.DOSE_NUMBER: N_("Not paid: the rule “{rule}” is for the doses {doses}, and this is dose {number}."),
    Outcome.LATE: N_("Not paid: registered {taken} days after the dose, and the rule “{rule}” allows {allowed}."),
    Outcome.OWN_COST: N_("Not paid: the customer pays, by the rule “{rule}”."),
    Outcome.TOO_SOON: N_("Not paid: {between} days have to lie after the paid dose of {previous}."),
}
"""Each outcome as a sentence."""

Texts = tuple[str, str, str, str]
"""The texts for a lower bound alone, an upper bound alone, both, and two that are equal."""
AGES: Mapping[AgeUnit, Texts] = {
    AgeUnit.YEARS: (
        N_("{first} years or older"),
        N_("{last} years or younger"),
        N_("{first} to {last} years"),
        N_("{first} years"),
    ),
    AgeUnit.MONTHS: (
        N_("{first} months or older"),
        N_("{last} months or younger"),
        N_("{first} to {last} months"),
        N_("{first} months"),
    ),
    AgeUnit.TURNS: (
        N_("those who turn {first} or more that year"),
        N_("those who turn {last} or less that year"),
        N_("those who turn {first} to {last} that year"),
        N_("those who turn {first} that year"),
    ),
}
BIRTH_YEARS: Texts = (
    N_("those born {first} or later"),
    N_("those born {last} or earlier"),
    N_("those born {first} to {last}"),
    N_("those born {first}"),
)
DEPENDS_ON: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.NO_RULE: ("given_on",),
    Outcome.GROUP_NOT_PAID: ("given_on", "group_code", "subgroup_code"),
    Outcome.PERIOD: ("given_on", "group_code", "subgroup_code"),
    Outcome.DOSE_NUMBER: ("dose_number",),
    Outcome.LATE: ("given_on", "completed_on"),
    Outcome.TOO_SOON: ("previous_on",),
}
"""Columns of a dose that its sentence depends on, beside outcome and rule."""


def explain(dose: Mapping[str, Any], rule: Rule | None, known: Catalogue, language: str) -> str:
    """Return why a dose is paid or not. ``dose`` has its outcome and the columns of DEPENDS_ON, days as dates."""
    outcome = Outcome(dose["outcome"])
    values: dict[str, object] = {"number": dose.get("dose_number"), "previous": _day(dose.get("previous_on"))}
    values["day"] = _day(dose.get("given_on"))
    if dose.get("group_code"):
        values["group"] = known.choice(dose["group_code"], dose.get("subgroup_code")).label(language)
    if outcome == Outcome.LATE:
        values["taken"] = (dose["completed_on"] - dose["given_on"]).days
    if rule:
        values |= _of_rule(rule, known, language)
    return translate(EXPLANATIONS[outcome], language).format(**values)


def explain_all(frame: pd.DataFrame, rules: Sequence[Rule], known: Catalogue, language: str) -> pd.Series:
    """Return the sentence of each adjudicated dose; equal sentences are worded once."""
    texts = pd.Series("", index=frame.index, dtype="str")
    for outcome in Outcome:
        part = frame.loc[frame["outcome"] == outcome.value]
        columns = ["rule", *DEPENDS_ON.get(outcome, ())]
        distinct = part[columns].drop_duplicates().reset_index(drop=True)
        worded = [
            explain(
                {str(name): None if pd.isna(value) else value for name, value in row.items()} | {"outcome": outcome},
                rules[row["rule"]] if row["rule"] >= 0 else None,
                known,
                language,
            )
            for row in distinct.to_dict("records")
        ]
        if worded:
            places = part[columns].merge(distinct.assign(text=worded), on=columns, how="left")["text"]
            texts.loc[part.index] = places.to_numpy()
    return texts


def kronor(ore: int, language: str = SWEDISH) -> str:
    """Return öre as kronor: 150, or 149,95 where there are öre (149.95 in English)."""
    whole, rest = divmod(abs(ore), 100)
    sign = "−" if ore < 0 else ""
    grouped = f"{whole:,}".replace(",", "\u00a0")
    point = "," if language == SWEDISH else "."
    return f"{sign}{grouped}{point}{rest:02}" if rest else f"{sign}{grouped}"


def ages(rule: Rule, language: str) -> str:
    """Return the ages and birth years that a rule is for; an empty text where it is for everyone."""
    parts = (
        bounds(AGES[rule.age_unit], rule.age_from, rule.age_to, language),
        bounds(BIRTH_YEARS, rule.birth_year_from, rule.birth_year_to, language),
    )
    return ", ".join(part for part in parts if part)


def bounds(texts: Texts, first: int | None, last: int | None, language: str) -> str:
    """Return bounds in words (AGES or BIRTH_YEARS); an empty text where there are none."""
    if first is None and last is None:
        return ""
    place = 1 if first is None else 0 if last is None else 3 if first == last else 2
    return translate(texts[place], language).format(first=first, last=last)


def _of_rule(rule: Rule, known: Catalogue, language: str) -> dict[str, object]:
    doses = f"{rule.dose_from or 1}–{rule.dose_to}" if rule.dose_to else f"{rule.dose_from}–"
    return {
        "rule": label(rule, known, language),
        "payer": rule.payer,
        "kronor": kronor(rule.ore, language),
        "ages": ages(rule, language),
        "doses": doses,
        "allowed": rule.days_to_register,
        "between": rule.days_between,
    }


def _day(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if value is not None else ""
