"""Age transitions on a 1 January: the birth dates that enter or leave a group, by the bounds of the dated rules.

A rule on the age turned in the year moves a whole year of birth; a rule on the age on the day moves those born on
1 January.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from mv.catalogue import AgeUnit, Group, in_use
from mv.reimbursement.rules.rule_table import Rule

Span = tuple[date, date]
ONE_DAY = timedelta(days=1)


class Direction(StrEnum):
    """Into a group or out of it."""

    INTO = "into"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class AgeTransition:
    """Customers of a region born from ``first`` to ``last`` enter or leave a group."""

    direction: Direction
    group_code: str
    region: str
    first: date
    last: date


def age_transitions(rules: Sequence[Rule], groups: Collection[Group], day: date) -> list[AgeTransition]:
    """Return the birth dates that enter or leave a group on ``day``, a 1 January, in the order of the groups.

    Age alone makes people enter a group ``by_age``; any group is left when no rule fits any more. A group without a
    rule on one of the two days has changed for another reason than age, and is left out.
    """
    found = []
    for group in in_use(groups, day):
        for region in sorted({rule.region for rule in rules}):
            own = [rule for rule in rules if (rule.group_code, rule.region) == (group.group_code, region)]
            if not in_use(own, day - ONE_DAY) or not in_use(own, day):
                continue
            before, after = _fitting(own, day - ONE_DAY), _fitting(own, day)
            if group.by_age:
                found += [
                    AgeTransition(Direction.INTO, group.group_code, region, *span) for span in _without(after, before)
                ]
            found += [AgeTransition(Direction.OUT, group.group_code, region, *span) for span in _without(before, after)]
    return found


def _fitting(rules: Iterable[Rule], day: date) -> list[Span]:
    """Return the spans of birth dates that fit a rule on ``day``, in order and disjoint."""
    spans: list[Span] = []
    for first, last in sorted(_birth_dates(rule, day) for rule in in_use(rules, day)):
        if first > last:
            continue
        if spans and (first - spans[-1][1]).days <= 1:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return spans


def _birth_dates(rule: Rule, day: date) -> Span:
    """Return the first and last birth date that fit the rule on ``day``, the first or the last day of a year."""
    first, last = date.min, date.max
    if rule.age_unit == AgeUnit.TURNS:
        if rule.age_to is not None:
            first = date(max(day.year - rule.age_to, 1), 1, 1)
        if rule.age_from is not None:
            last = date(max(day.year - rule.age_from, 1), 12, 31)
    else:
        months = 1 if rule.age_unit == AgeUnit.MONTHS else 12
        if rule.age_to is not None:
            first = _before(day, (rule.age_to + 1) * months) + ONE_DAY
        if rule.age_from is not None:
            last = _before(day, rule.age_from * months)
    if rule.birth_year_from is not None:
        first = max(first, date(rule.birth_year_from, 1, 1))
    if rule.birth_year_to is not None:
        last = min(last, date(rule.birth_year_to, 12, 31))
    return first, last


def _before(day: date, months: int) -> date:
    """Return the day ``months`` months earlier; from the last day of a year, the last day of a month."""
    if day.day > 1:
        return _before(day + ONE_DAY, months) - ONE_DAY
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(max(year, 1), month + 1, 1)


def _without(spans: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Subtract ``others`` from ``spans``; ``others`` are in order and disjoint."""
    left = []
    for first, last in spans:
        for begin, end in others:
            if end < first or begin > last:
                continue
            if first < begin:
                left.append((first, begin - ONE_DAY))
            if end >= last:
                break
            first = end + ONE_DAY
        else:
            left.append((first, last))
    return left
