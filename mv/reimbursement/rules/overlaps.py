"""Overlaps: two equally specific rules that the same dose can fit.

The dose still has one outcome, by the order of precedence; but which rule decides was hardly meant.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from mv.catalogue import AgeUnit
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.validation import OLDEST

Bounds = tuple[int | None, int | None]
"""The first and the last that are included; None bounds nothing."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """From ``first`` to ``last`` a dose can fit both rules; ``decides`` is the one that goes first."""

    decides: Rule
    other: Rule
    first: date
    last: date | None

    @property
    def same_outcome(self) -> bool:
        """Whether payer, amount, days and report are the same by either rule."""
        return _outcome(self.decides) == _outcome(self.other)


def find_overlaps(found: Iterable[Rule]) -> list[Overlap]:
    """Return the overlaps among the rules, by the precedence of the rule that decides."""
    alike: dict[tuple[object, ...], list[Rule]] = {}
    for rule in sorted(found, key=lambda rule: rule.precedence):
        # Of the vaccine and the group only rules that say the same say as much.
        alike.setdefault((rule.subject, rule.specificity), []).append(rule)
    pairs = [pair for rules in alike.values() for pair in combinations(rules, 2)]
    made = [overlap for one, other in pairs if (overlap := _overlap(one, other))]
    return sorted(made, key=lambda overlap: (overlap.decides.precedence, overlap.other.precedence))


def meet(one: Bounds, other: Bounds) -> bool:
    """Return whether some number is within both bounds."""
    return all(
        first is None or last is None or first <= last for first, last in ((one[0], other[1]), (other[0], one[1]))
    )


def _overlap(decides: Rule, other: Rule) -> Overlap | None:
    first = max(decides.valid_from, other.valid_from)
    last = min((rule.valid_to for rule in (decides, other) if rule.valid_to is not None), default=None)
    if last is not None and last < first:
        return None
    if not meet((decides.dose_from, decides.dose_to), (other.dose_from, other.dose_to)):
        return None
    return Overlap(decides, other, first, last) if _share_a_person(decides, other, first, last) else None


def _share_a_person(one: Rule, other: Rule, first: date, last: date | None) -> bool:
    """Return whether a person can fit the ages and birth years of both rules on a day from ``first`` to ``last``."""
    by_years = [(rule.birth_year_from, rule.birth_year_to) for rule in (one, other)]
    if not meet(*by_years):
        return False
    if one.age_unit == other.age_unit:
        if not meet((one.age_from, one.age_to), (other.age_from, other.age_to)):
            return False
        if by_years == [(None, None)] * 2:
            return True
    end = last or date(first.year + OLDEST + 1, 12, 31)
    return any(
        _fits_both(one, other, born, max(first, date(year, 1, 1)), min(end, date(year, 12, 31)))
        for year in range(first.year, end.year + 1)
        for born in range(year - OLDEST, year + 1)
    )


def _fits_both(one: Rule, other: Rule, born: int, first: date, last: date) -> bool:
    """Return whether a person born in that year can fit both rules on one of these days of a calendar year.

    Every age in months occurs, from that of the youngest to that of the oldest person born in the year.
    """
    months: Bounds = (_months(date(born, 12, 31), first), _months(date(born, 1, 1), last))
    for rule in (one, other):
        if not meet((born, born), (rule.birth_year_from, rule.birth_year_to)):
            return False
        if rule.age_unit == AgeUnit.TURNS:
            turned = first.year - born
            if not meet((turned, turned), (rule.age_from, rule.age_to)):
                return False
        else:
            months = _common(months, _in_months(rule))
    return months[0] is not None and months[1] is not None and months[0] <= months[1]


def _months(born: date, day: date) -> int:
    birthday = min(born.day, monthrange(day.year, day.month)[1])
    return max((day.year - born.year) * 12 + day.month - born.month - (day.day < birthday), 0)


def _in_months(rule: Rule) -> Bounds:
    if rule.age_unit == AgeUnit.MONTHS:
        return rule.age_from, rule.age_to
    first = None if rule.age_from is None else rule.age_from * 12
    return first, None if rule.age_to is None else rule.age_to * 12 + 11


def _common(one: Bounds, other: Bounds) -> Bounds:
    firsts = [bounds[0] for bounds in (one, other) if bounds[0] is not None]
    lasts = [bounds[1] for bounds in (one, other) if bounds[1] is not None]
    return max(firsts, default=None), min(lasts, default=None)


def _outcome(rule: Rule) -> tuple[object, ...]:
    return rule.payer, rule.ore, rule.days_to_register, rule.days_between, rule.nvr
