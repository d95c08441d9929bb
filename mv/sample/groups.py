"""Memberships of the sample: groups of people with their periods, by the shares in data/sample_groups.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from mv.catalogue import DATA, Catalogue
from mv.sample.columns import FOREVER, MINUTE, NEVER, PHASES_START, Bools, Calendar, Ints, between, day_number, years
from mv.sample.context import SampleContext
from mv.sample.people import People

FILE = DATA / "sample_groups.csv"
ADULT, SENIOR = 18, 65

SEASONAL_SHARE = 0.15
"""The share of people whose groups are ended after each season and added anew in the next."""
ENDED_SHARE = 0.07
"""The share of the other rows that are ended some day."""
MISTAKE_SHARE = 0.015
"""The share of visits at which a wrong row is added."""
ADJUSTED_SHARE = 0.08
"""The share of rows that had another subgroup first, among those that can have had."""
LATE_SHARE = 0.04

PHASE_GROUP = "covid_phase"
PHASE_SHARE = 0.2
PHASES_END = date(2022, 8, 31)


class PlannedRows(NamedTuple):
    """Rows before they are registered: person, choice, period, visit, and a mark for the wrong ones."""

    persons: Ints
    choices: Ints
    starts: Ints
    ends: Ints
    days: Ints
    minutes: Ints
    wrong: Bools


@dataclass(frozen=True)
class Choices:
    """Every group alone and with each of its subgroups, and the days on which that can be chosen."""

    groups: list[str]
    subgroups: list[str | None]
    first_days: Ints
    last_days: Ints

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """List the choices that the catalogue gives."""
        pairs = [(group, sub) for group in catalogue.groups.values() for sub in (None, *group.subgroups)]
        return cls(
            [group.group_code for group, _ in pairs],
            [sub.subgroup_code if sub else None for _, sub in pairs],
            np.array([day_number(max(group.valid_from, (sub or group).valid_from)) for group, sub in pairs]),
            np.array([min(day_number(group.valid_to), day_number((sub or group).valid_to)) for group, sub in pairs]),
        )

    def place(self, group: str, subgroup: str | None) -> int:
        """Return the place of a choice, NEVER for one that the catalogue lacks."""
        pairs = list(zip(self.groups, self.subgroups, strict=True))
        return pairs.index((group, subgroup)) if (group, subgroup) in pairs else NEVER

    def fitting(self, choices: Ints, first_days: Ints, last_days: Ints) -> Bools:
        """Return True for each choice that could be chosen for all of these days."""
        return (self.first_days[choices] <= first_days) & (last_days <= self.last_days[choices])

    def next_subgroup(self, choices: Ints) -> Ints:
        """Map each choice to another subgroup of the same group, or to itself where there is none."""
        others = np.arange(len(self.groups))
        for group in set(self.groups):
            subs = [n for n in others if self.groups[n] == group and self.subgroups[n] is not None]
            others[subs] = np.roll(subs, -1)
        return others[choices]


@dataclass(frozen=True)
class Memberships:
    """Rows in order of person; days and instants of what has not happened are NEVER."""

    persons: Ints
    choices: Ints
    first_choices: Ints
    """What was chosen before the row was adjusted."""
    starts: Ints
    ends: Ints
    wrong: Bools
    units: Ints
    registered: Ints
    registered_by: Ints
    adjusted: Ints
    ended: Ints
    ended_by: Ints

    def __len__(self) -> int:
        return len(self.persons)


@cache
def membership_rules(file: Path = FILE) -> list[dict[str, str]]:
    """Read ``file``: the people who can be in each group, by the age turned that year, and their share."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def draw(rng: np.random.Generator, context: SampleContext, choices: Choices, people: People) -> Memberships:
    """Draw the memberships of ``people``."""
    by_season = rng.random(len(people)) < SEASONAL_SHARE
    parts = [
        _draw_by_rule(rng, rule, place, people, context.calendar, by_season)
        for rule in membership_rules()
        if (place := choices.place(rule["group_code"], rule["subgroup_code"] or None)) != NEVER
    ]
    parts += [_draw_phase(rng, choices, people, phase) for phase in (1, 2)]
    parts.append(_draw_mistakes(rng, context.calendar, choices, people))
    rows = _keep_possible(
        PlannedRows._make(map(np.concatenate, zip(*parts, strict=True))), context.calendar, choices, people
    )
    return _register(rng, context, choices, people, rows)


def _draw_by_rule(
    rng: np.random.Generator,
    rule: dict[str, str],
    place: int,
    people: People,
    calendar: Calendar,
    by_season: Bools,
) -> PlannedRows:
    turns = people.turns
    shares = np.array([float(rule[band]) for band in ("child", "adult", "senior")])
    has = rng.random(len(people)) < shares[np.digitize(people.ages(calendar), (ADULT, SENIOR))]
    if rule["sex"]:
        has &= people.female == (rule["sex"] == "female")
    fits = has[:, None] & (people.visits != NEVER)
    fits &= (int(rule["age_from"]) <= turns) & (turns <= int(rule["age_to"] or FOREVER))
    first_only = ~by_season if rule["lasts"] == "long" else np.full(len(people), True)
    fits &= (fits.cumsum(axis=1) == 1) | ~first_only[:, None]
    persons, seasons = np.nonzero(fits)
    days = people.visits[persons, seasons]
    starts, ends = _draw_periods(rng, rule["lasts"], days, calendar.last_days[seasons], by_season[persons])
    ends[ends > calendar.yesterday] = NEVER
    minutes = people.minutes[persons, seasons]
    return PlannedRows(persons, np.full_like(persons, place), starts, ends, days, minutes, np.zeros(len(persons), bool))


def _draw_periods(
    rng: np.random.Generator, lasts: str, days: Ints, season_ends: Ints, by_season: Bools
) -> tuple[Ints, Ints]:
    """Draw first and last days of rows registered on ``days``; a last day that is to come is no last day."""
    count = len(days)
    if lasts == "pregnancy":
        starts = days - between(rng, 0, 60, count)
        return starts, starts + between(rng, 120, 290, count)
    if lasts == "year":
        new_years = days.astype("datetime64[D]").astype("datetime64[Y]") + 1
        return days, new_years.astype("datetime64[D]").astype(np.int64) - 1
    ceases = np.where(rng.random(count) < ENDED_SHARE, days + between(rng, 20, 600, count), FOREVER)
    return days, np.where(by_season, np.maximum(season_ends - between(rng, 0, 6, count), days), ceases)


def _draw_phase(rng: np.random.Generator, choices: Choices, people: People, phase: int) -> PlannedRows:
    """Draw rows of the group by which people were vaccinated against covid-19 in 2021: the old first."""
    turned = PHASES_START.year - years(people.births)
    fits = (turned >= SENIOR) if phase == 1 else (ADULT <= turned) & (turned < SENIOR)
    place = choices.place(PHASE_GROUP, f"phase_{phase}")
    persons = np.flatnonzero(fits & (rng.random(len(people)) < PHASE_SHARE) & (place != NEVER))
    count = len(persons)
    starts = day_number(PHASES_START) + 60 * (phase - 1) + between(rng, 0, 90, count)
    ends = day_number(PHASES_END) - between(rng, 0, 70, count)
    minutes = between(rng, 8 * 60, 16 * 60, count)
    return PlannedRows(persons, np.full(count, place), starts, ends, starts, minutes, np.zeros(count, bool))


def _draw_mistakes(rng: np.random.Generator, calendar: Calendar, choices: Choices, people: People) -> PlannedRows:
    """Draw rows that never should have been: a slip at a visit, mostly seen the same day."""
    places = np.array([n for n, group in enumerate(choices.groups) if group not in (PHASE_GROUP, "pregnant")])
    here = people.visits != NEVER
    persons, seasons = np.nonzero(here & (rng.random(here.shape) < MISTAKE_SHARE))
    count = len(persons)
    days = people.visits[persons, seasons]
    seen_later = np.where(rng.random(count) < 0.4, between(rng, 1, 20, count), 0)
    ends = np.minimum(days + seen_later, calendar.yesterday)
    minutes = people.minutes[persons, seasons]
    return PlannedRows(persons, rng.choice(places, count), days, ends, days, minutes, np.full(count, True))


def _keep_possible(rows: PlannedRows, calendar: Calendar, choices: Choices, people: People) -> PlannedRows:
    """Keep the rows that could be registered, whatever the catalogue and today's date are."""
    ends = np.where(rows.ends > calendar.yesterday, NEVER, rows.ends)
    last_days = np.where(ends == NEVER, calendar.today, ends)
    keep = choices.fitting(rows.choices, rows.starts, last_days)
    keep &= (people.births[rows.persons] <= rows.starts) & (rows.days <= calendar.yesterday)
    return PlannedRows._make(column[keep] for column in rows._replace(ends=ends))


def _register(
    rng: np.random.Generator, context: SampleContext, choices: Choices, people: People, rows: PlannedRows
) -> Memberships:
    order = np.lexsort((rows.choices, rows.minutes, rows.days, rows.persons))
    rows = PlannedRows._make(column[order] for column in rows)
    count, calendar = len(order), context.calendar
    days = rows.days + between(rng, 1, 14, count)
    latest = np.where(rows.ends == NEVER, calendar.yesterday, rows.ends)
    later = (rng.random(count) < LATE_SHARE) & (days <= latest) & ~rows.wrong
    days = np.where(later, days, rows.days)
    registered = calendar.instants(days, rows.minutes)
    ended = calendar.instants(rows.ends, between(rng, 8 * 60, 16 * 60, count))
    ended = np.where(rows.ends == days, registered + between(rng, 15, 90, count) * MINUTE, ended)
    before = _draw_first_choices(rng, choices, rows)
    units = context.draw_visited(rng, people.units[rows.persons])
    return Memberships(
        persons=rows.persons,
        choices=rows.choices,
        first_choices=before,
        starts=rows.starts,
        ends=rows.ends,
        wrong=rows.wrong,
        units=units,
        registered=registered,
        registered_by=context.draw_accounts(rng, units),
        adjusted=np.where(before == rows.choices, NEVER, registered + between(rng, 3, 8, count) * MINUTE),
        ended=np.where(rows.ends == NEVER, NEVER, ended),
        ended_by=np.where(rows.ends == NEVER, NEVER, context.draw_accounts(rng, units)),
    )


def _draw_first_choices(rng: np.random.Generator, choices: Choices, rows: PlannedRows) -> Ints:
    """Draw the first choice of subgroup: the neighbour, where the row was adjusted.

    Only the sole row of its group is, so that the neighbour was not the customer's already.
    """
    codes = {group: n for n, group in enumerate(dict.fromkeys(choices.groups))}
    group_codes = np.array([codes[group] for group in choices.groups])[rows.choices]
    _, same, counts = np.unique(rows.persons * len(codes) + group_codes, return_inverse=True, return_counts=True)
    others = choices.next_subgroup(rows.choices)
    adjusted = (rng.random(len(rows.persons)) < ADJUSTED_SHARE) & (counts[same] == 1) & ~rows.wrong
    adjusted &= choices.fitting(others, rows.starts, rows.starts)
    return np.where(adjusted, others, rows.choices)
