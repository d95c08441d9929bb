"""Adjudication of doses: dose, recorded group and rules give an outcome with an amount, as in claims adjudication.

Pure functions on whole columns: the loop is over the rules, not over the doses. The outcomes are in the order of the
steps, and the first step that a dose fails is its outcome, so that each dose has exactly one (docs/reimbursement.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mv.catalogue import AgeUnit
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NONE = -1
LONG_AGO = -10_000_000
"""A day before every other."""


class Outcome(StrEnum):
    """The step that a dose fails, or PAYABLE. Where several hold, the first one counts.

    The files call the column ``verdict``; a claim line names it as its ``cause``.
    """

    WITHDRAWN = "withdrawn"
    ABROAD = "abroad"
    REGION_WITHOUT_RULES = "region_without_rules"
    NO_RULE = "no_rule"
    NO_GROUP = "no_group"
    GROUP_NOT_PAID = "group_not_paid"
    PERIOD = "period"
    AGE = "age"
    DOSE_NUMBER = "dose_number"
    LATE = "late"
    OWN_COST = "own_cost"
    TOO_SOON = "too_soon"
    PAYABLE = "payable"


OUTCOMES = pd.CategoricalDtype([outcome.value for outcome in Outcome])
OUTCOMES_BY_STEP = (Outcome.NO_RULE, Outcome.GROUP_NOT_PAID, Outcome.PERIOD, Outcome.AGE, Outcome.DOSE_NUMBER)
"""The outcome by how many conditions of a rule are met, in order: vaccine and day, group, period, age, dose number."""
STEPS_WITH_GROUP = 2
"""Conditions met once the rule is for the dose's group, too."""

DOSE_COLUMNS = (
    "dose_id", "customer_id", "region", "product_code", "atc", "dose_number", "given_on", "completed_on",
    "birth_date", "group_code", "subgroup_code", "covered", "abroad", "withdrawn",
)  # fmt: skip
"""The columns that :func:`adjudicate` needs. Days are datetime64; ``completed_on`` is the Stockholm day on which
product, day and group were registered as they are now; ``covered`` tells whether the customer was in the group that
day."""


def adjudicate(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the outcome of each of ``doses`` (see DOSE_COLUMNS), with their index.

    Columns: outcome; rule, the place in ``rules`` of the one that decided or came nearest, -1 where none is for the
    vaccine and the group; ore, the amount paid; allowed_amount, the amount of that rule in öre, whether it is paid or
    not; last_day, the last on which the dose can be registered by that rule; previous_on, the day of the paid dose
    that it follows too soon.

    A region that no rule in force names has no rules; a draft or a removed rule decides nothing. ``doses`` has to hold
    every dose of a customer, or the days between doses are wrong.
    """
    columns = _Columns.of(doses)
    steps, nearest = _nearest(columns, rules)
    nearest[steps < STEPS_WITH_GROUP] = NONE
    outcome = _first_reasons(columns, steps, {rule.region for rule in rules if rule.in_force})
    ore = _of_rules(nearest, [rule.ore for rule in rules])
    allowed = _of_rules(nearest, [NONE if rule.days_to_register is None else rule.days_to_register for rule in rules])
    decided = outcome == _code(Outcome.PAYABLE)
    late = decided & (allowed != NONE) & (columns.completed > columns.given + allowed)
    outcome[late] = _code(Outcome.LATE)
    outcome[decided & ~late & (ore == 0)] = _code(Outcome.OWN_COST)
    between = _of_rules(nearest, [rule.days_between or 0 for rule in rules])
    previous = _too_near(columns, np.flatnonzero(outcome == _code(Outcome.PAYABLE)), between)
    outcome[previous != NONE] = _code(Outcome.TOO_SOON)
    last_day = np.where((nearest != NONE) & (allowed != NONE), columns.given + allowed, NONE)
    return pd.DataFrame(
        {
            "outcome": pd.Categorical.from_codes(outcome, dtype=OUTCOMES),
            "rule": nearest,
            "ore": np.where(outcome == _code(Outcome.PAYABLE), ore, 0),
            "allowed_amount": ore,
            "last_day": _days(last_day),
            "previous_on": _days(previous),
        },
        index=doses.index,
    )


class VaccineAndGroup(NamedTuple):
    """A region, a vaccine and the group that counts: what most rules go by."""

    region: str
    product_code: str
    atc: str
    group_code: str | None
    subgroup_code: str | None


@dataclass(frozen=True, slots=True)
class _Columns:
    """The doses as arrays; ``kinds`` are the distinct regions, vaccines and groups, ``kind`` the place of each."""

    kinds: list[VaccineAndGroup]
    kind: Ints
    series: Ints
    dose_ids: Ints
    numbers: Ints
    given: Ints
    completed: Ints
    birth_years: Ints
    months: Ints
    covered: Bools
    abroad: Bools
    withdrawn: Bools

    @classmethod
    def of(cls, doses: pd.DataFrame) -> Self:
        kind, kinds = _distinct(doses[list(VaccineAndGroup._fields)])
        vaccine_kinds, _ = pd.factorize(np.array([each.atc[:ATC_LEVEL_4_LENGTH] for each in kinds], object))
        births, given = doses["birth_date"].dt, doses["given_on"].dt
        birth_years = births.year.to_numpy(np.int64)
        months = (given.year.to_numpy(np.int64) - birth_years) * 12 + given.month.to_numpy() - births.month.to_numpy()
        # Where the month has no such day, its last one counts (lagen (1930:173), 1 §).
        birthday = np.minimum(births.day.to_numpy(np.int64), given.days_in_month.to_numpy(np.int64))
        return cls(
            kinds=kinds,
            kind=kind,
            series=doses["customer_id"].to_numpy(np.int64) * (len(kinds) + 1) + vaccine_kinds[kind],
            dose_ids=doses["dose_id"].to_numpy(np.int64),
            numbers=doses["dose_number"].to_numpy(np.int64),
            given=_day_numbers(doses["given_on"]),
            completed=_day_numbers(doses["completed_on"]),
            birth_years=birth_years,
            months=months - (given.day.to_numpy(np.int64) < birthday),
            covered=doses["covered"].to_numpy(bool),
            abroad=doses["abroad"].to_numpy(bool),
            withdrawn=doses["withdrawn"].to_numpy(bool),
        )


def _distinct(texts: pd.DataFrame) -> tuple[Ints, list[VaccineAndGroup]]:
    """Return the place of each row among the distinct rows, and the distinct rows."""
    place: Ints = np.zeros(len(texts), np.int64)
    for name in texts:
        codes, values = pd.factorize(texts[name])
        place = place * (len(values) + 1) + codes + 1
    first, place = np.unique(place, return_index=True, return_inverse=True)[1:]
    rows = texts.iloc[first].itertuples(index=False, name=None)
    return place, [VaccineAndGroup._make(None if pd.isna(text) else text for text in row) for row in rows]


def _nearest(columns: _Columns, rules: Sequence[Rule]) -> tuple[Ints, Ints]:
    """Return how many conditions each dose meets with its best rule, and the place of that rule.

    Of rules that fit equally well, the most specific decides.
    """
    best = np.zeros(len(columns.kind), np.int64)
    nearest = np.full(len(columns.kind), NONE)
    for place in sorted(range(len(rules)), key=lambda place: rules[place].precedence):
        rule = rules[place]
        if not rule.in_force:
            continue
        of_vaccine, of_group = _fits(columns.kinds, rule)
        at = np.flatnonzero(of_vaccine[columns.kind])
        day = columns.given[at]
        at = at[(day >= _number(rule.valid_from)) & (day <= _number(rule.valid_to))]
        steps = 1 + of_group[columns.kind[at]].astype(np.int64)
        steps += (steps == 2) & (columns.covered[at] | (rule.group_code is None))
        steps += (steps == 3) & _fits_age(columns, at, rule)
        number = columns.numbers[at]
        steps += (steps == 4) & ((rule.dose_from or 0) <= number) & ((rule.dose_to or number.max(initial=0)) >= number)
        better = steps > best[at]
        best[at[better]], nearest[at[better]] = steps[better], place
    return best, nearest


def _fits(kinds: Sequence[VaccineAndGroup], rule: Rule) -> tuple[Bools, Bools]:
    """Return for each of ``kinds`` whether the rule is for its region and vaccine, and whether for its group."""
    of_vaccine = [kind.region == rule.region and rule.is_for(kind.product_code, kind.atc) for kind in kinds]
    of_group = [
        rule.group_code in (None, kind.group_code) and rule.subgroup_code in (None, kind.subgroup_code)
        for kind in kinds
    ]
    return np.array(of_vaccine, bool), np.array(of_group, bool)


def _fits_age(columns: _Columns, at: Ints, rule: Rule) -> Bools:
    born = columns.birth_years[at]
    fits: Bools = np.ones(len(at), bool)
    if rule.birth_year_from is not None:
        fits &= born >= rule.birth_year_from
    if rule.birth_year_to is not None:
        fits &= born <= rule.birth_year_to
    if rule.age_from is None and rule.age_to is None:
        return fits
    if rule.age_unit == AgeUnit.TURNS:
        age = _years(columns.given[at]) - born
    else:
        age = columns.months[at] if rule.age_unit == AgeUnit.MONTHS else columns.months[at] // 12
    if rule.age_from is not None:
        fits &= age >= rule.age_from
    if rule.age_to is not None:
        fits &= age <= rule.age_to
    return fits


def _first_reasons(columns: _Columns, steps: Ints, ruled: Collection[str]) -> Ints:
    codes = np.array([_code(outcome) for outcome in (*OUTCOMES_BY_STEP, Outcome.PAYABLE)])
    outcome: Ints = codes[steps]
    without = np.array([kind.group_code is None for kind in columns.kinds], bool)[columns.kind]
    outcome[(steps == 1) & without] = _code(Outcome.NO_GROUP)
    unruled = np.array([kind.region not in ruled for kind in columns.kinds], bool)[columns.kind]
    outcome[unruled] = _code(Outcome.REGION_WITHOUT_RULES)
    outcome[columns.abroad] = _code(Outcome.ABROAD)
    outcome[columns.withdrawn] = _code(Outcome.WITHDRAWN)
    return outcome


def _too_near(columns: _Columns, at: Ints, between: Ints) -> Ints:
    """Return for each dose the day of the paid dose that it follows too soon, else NONE; ``at`` are the candidates.

    The first candidate of every customer and vaccine type is decided at once, then the second: a dose that is itself
    too soon is not paid, and does not count for later ones.
    """
    previous = np.full(len(between), NONE)
    order = at[np.lexsort((columns.dose_ids[at], columns.given[at], columns.series[at]))]
    series = columns.series[order]
    starts = np.flatnonzero(np.diff(series, prepend=series[:1] - 1)) if len(series) else np.empty(0, np.int64)
    sizes = np.diff(starts, append=len(series))
    last = np.full(len(starts), LONG_AGO)
    for turn in range(int(sizes.max(initial=0))):
        which = np.flatnonzero(sizes > turn)
        dose = order[starts[which] + turn]
        soon = columns.given[dose] - last[which] < between[dose]
        previous[dose[soon]] = last[which[soon]]
        last[which[~soon]] = columns.given[dose[~soon]]
    return previous


def _of_rules(nearest: Ints, values: Sequence[int]) -> Ints:
    """Look up the value of each dose's rule; 0 where there is no rule."""
    taken: Ints = np.array([*values, 0], np.int64)[nearest]
    return taken


def _code(outcome: Outcome) -> int:
    return list(Outcome).index(outcome)


def _number(day: object) -> int:
    return int(np.datetime64(day, "D").astype(np.int64)) if day is not None else -LONG_AGO  # type: ignore[call-overload]


def _day_numbers(days: pd.Series) -> Ints:
    numbers: Ints = days.to_numpy().astype("datetime64[D]").astype(np.int64)
    return numbers


def _years(days: Ints) -> Ints:
    years: Ints = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def _days(numbers: Ints) -> NDArray[np.datetime64]:
    """Return day numbers as instants at midnight, NaT for NONE."""
    days = numbers.astype("datetime64[D]")
    days[numbers == NONE] = np.datetime64("NaT")
    return days.astype("datetime64[s]")
