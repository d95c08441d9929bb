"""Gaps: days, ages, groups, vaccines and given doses without a rule, although similar ones have one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from mv import audit
from mv.access import Action, Actor, in_own_units
from mv.catalogue import Catalogue, Choice, Vaccine, covers, in_use
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Row

ONE_DAY = timedelta(days=1)
BIRTH_YEARS = "birth_years"
"""The unit of a gap in years of birth, beside the words of AgeUnit."""
BOTH = "both"

GIVEN = """
    SELECT u.region, d.product_code, v.atc, d.given_on, count(*) AS doses
    FROM dose d JOIN unit u ON u.unit_id = d.unit_id JOIN vaccine v ON v.product_code = d.product_code
    WHERE d.withdrawn_at IS NULL AND NOT COALESCE(d.abroad, FALSE) AND {own}
    GROUP BY u.region, d.product_code, v.atc, d.given_on ORDER BY u.region, d.product_code, d.given_on
"""


@dataclass(frozen=True, slots=True)
class GapInTime:
    """No rule from ``first`` to ``last``, between rules like ``like``."""

    like: Rule
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class GapInAge:
    """No rule for these ages from ``first`` to ``last``, between rules for younger and older people like ``like``.

    ``unit`` is one of AgeUnit, or BIRTH_YEARS; ``last`` is None where the gap has no end.
    """

    like: Rule
    unit: str
    age_from: int
    age_to: int
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A vaccine or a group for which nothing is paid in the region."""

    region: str
    what: Vaccine | Choice


@dataclass(frozen=True, slots=True)
class UnruledDoses:
    """The doses of a vaccine given in a region on days without a rule, and the first and last of these days."""

    region: str
    product_code: str
    doses: int
    first: date
    last: date


def doses_without_rule(store: Store, actor: Actor, rules: Sequence[Rule]) -> list[UnruledDoses]:
    """Count the doses of the actor's own units that were given on days without a rule for their vaccine.

    Withdrawn doses and those given abroad are not counted.
    """
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    own, units = in_own_units(actor, "d.unit_id", 1)
    with store.read() as tx:
        return count_without_rule(tx.rows(GIVEN.format(own=own), *units), rules)


def count_without_rule(counts: Iterable[Row], rules: Sequence[Rule]) -> list[UnruledDoses]:
    """Sum up ``counts`` (region, product_code, atc, given_on, doses) without a rule, by region and vaccine.

    A region without rules is no gap among them: :func:`mv.reimbursement.rules.regions.without_rules` names it.
    """
    ruled = {rule.region for rule in rules}
    found: dict[tuple[str, str], UnruledDoses] = {}
    for row in counts:
        region, product, day = row["region"], row["product_code"], row["given_on"]
        if region not in ruled:
            continue
        if any(rule.region == region and covers(rule, day) and rule.is_for(product, row["atc"]) for rule in rules):
            continue
        so_far = found.get((region, product), UnruledDoses(region, product, 0, day, day))
        found[region, product] = UnruledDoses(
            region, product, so_far.doses + row["doses"], min(so_far.first, day), max(so_far.last, day)
        )
    return list(found.values())


def unpaid(rules: Sequence[Rule], known: Catalogue, day: date) -> list[Unpaid]:
    """Return the vaccines, groups and subgroups in use on ``day`` without a rule that day, by region that has rules."""
    found: list[Unpaid] = []
    ruled = {rule.region for rule in rules}
    for region in sorted(ruled & {unit.region for unit in in_use(known.units.values(), day)}):
        today = [rule for rule in rules if rule.region == region and covers(rule, day)]
        for vaccine in in_use(known.vaccines.values(), day):
            if not any(rule.is_for(vaccine.product_code, vaccine.atc) for rule in today):
                found.append(Unpaid(region, vaccine))
        if not any(rule.group_code is None for rule in today):
            found += [Unpaid(region, choice) for choice in _unpaid_choices(today, known, day)]
    return found


def _unpaid_choices(today: Sequence[Rule], known: Catalogue, day: date) -> Iterator[Choice]:
    """Yield the groups that no rule names; where rules name only subgroups, the subgroups that none names."""
    for group in in_use(known.groups.values(), day):
        named = {rule.subgroup_code for rule in today if rule.group_code == group.group_code}
        if not named:
            yield Choice(group, None)
        elif None not in named:
            for subgroup in in_use(group.subgroups, day):
                if subgroup.subgroup_code not in named:
                    yield Choice(group, subgroup)


def gaps_in_time(rules: Sequence[Rule], known: Catalogue) -> list[GapInTime]:
    """Return the days between the periods of rules for the same region, vaccine, group and subgroup.

    Days on which a wider rule covers all of these doses are no gap.
    """
    found: list[GapInTime] = []
    for alike in _alike(rules):
        first = min(rule.valid_from for rule in alike)
        last = max((rule.valid_to or date.max) for rule in alike)
        free = first
        for rule in sorted([*alike, *_wider(alike[0], rules, known)], key=lambda rule: rule.valid_from):
            if free < rule.valid_from <= last:
                found.append(GapInTime(alike[0], free, rule.valid_from - ONE_DAY))
            free = max(free, _day_after(rule.valid_to))
    return found


def gaps_in_age(rules: Sequence[Rule], known: Catalogue) -> list[GapInAge]:
    """Return the ages between those of rules for the same region, vaccine, group and subgroup on the same day.

    Rules with different age units are not compared, and where a rule is for all ages there is no gap.
    """
    found: list[GapInAge] = []
    for alike in _alike(rules):
        wider = _wider(alike[0], rules, known)
        changes = {day for rule in [*alike, *wider] for day in (rule.valid_from, _day_after(rule.valid_to))}
        days = sorted(changes | {date.max})
        for first, after in pairwise(days):
            if not in_use(wider, first):
                last = None if after == date.max else after - ONE_DAY
                found += _between_ages(alike[0], in_use(alike, first), first, last)
    return _joined(found)


def _between_ages(like: Rule, holding: Sequence[Rule], first: date, last: date | None) -> Iterator[GapInAge]:
    """Yield the gaps between the ages of rules that are all in force from ``first`` to ``last``."""
    units = {_unit(rule) for rule in holding}
    unit = units.pop() if len(units) == 1 else None
    if unit is None or unit == BOTH:
        return
    end: int | None = None
    for age_from, age_to in sorted(_ages(rule, unit) for rule in holding):
        if end is not None and age_from > end + 1:
            yield GapInAge(like, unit, end + 1, age_from - 1, first, last)
        end = age_to if end is None else max(end, age_to)


def _joined(found: Sequence[GapInAge]) -> list[GapInAge]:
    """Join gaps that follow each other day by day."""
    joined: list[GapInAge] = []
    for gap in sorted(found, key=lambda gap: (gap.like.precedence, gap.age_from, gap.age_to, gap.first)):
        before = joined[-1] if joined else None
        same = before and (before.like, before.unit, before.age_from, before.age_to) == (
            gap.like, gap.unit, gap.age_from, gap.age_to,
        )  # fmt: skip
        if before and same and before.last == gap.first - ONE_DAY:
            joined[-1] = GapInAge(gap.like, gap.unit, gap.age_from, gap.age_to, before.first, gap.last)
        else:
            joined.append(gap)
    return joined


def _alike(rules: Iterable[Rule]) -> list[list[Rule]]:
    """Group the rules by region, vaccine, group and subgroup."""
    lots: dict[tuple[str | None, ...], list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.precedence):
        lots.setdefault(rule.subject, []).append(rule)
    return list(lots.values())


def _wider(like: Rule, rules: Iterable[Rule], known: Catalogue) -> list[Rule]:
    """Return the rules without bounds on age and dose number that cover the vaccine and group of ``like``."""
    product = known.vaccines.get(like.product_code or "")
    atc = product.atc if product else like.atc or ""
    return [
        rule
        for rule in rules
        if rule.region == like.region
        and (_unit(rule), rule.dose_from, rule.dose_to) == (None, None, None)
        and (rule.product_code == like.product_code if rule.product_code else atc.startswith(rule.atc or ""))
        and rule.group_code in (None, like.group_code)
        and rule.subgroup_code in (None, like.subgroup_code)
    ]


def _unit(rule: Rule) -> str | None:
    """Return the unit of the rule's bounds: a word of AgeUnit, BIRTH_YEARS, or BOTH; None where it is for all ages."""
    by_age = (rule.age_from, rule.age_to) != (None, None)
    if (rule.birth_year_from, rule.birth_year_to) != (None, None):
        return BOTH if by_age else BIRTH_YEARS
    return str(rule.age_unit) if by_age else None


def _ages(rule: Rule, unit: str) -> tuple[int, int]:
    bounds = (rule.birth_year_from, rule.birth_year_to) if unit == BIRTH_YEARS else (rule.age_from, rule.age_to)
    return bounds[0] or 0, 10_000 if bounds[1] is None else bounds[1]


def _day_after(last: date | None) -> date:
    return date.max if last is None or last == date.max else last + ONE_DAY
