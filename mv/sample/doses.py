"""Doses of the sample: person, day, product and batch, and the group that counted for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mv.sample.batches import INFLUENZA, Batches
from mv.sample.columns import FOREVER, NEVER, Bools, Ints, between, years
from mv.sample.context import SampleContext
from mv.sample.groups import PHASE_GROUP, Choices, Memberships
from mv.sample.people import YOUNGEST_VACCINATED_DAYS, People

COVID_SHARES, TBE_SHARES = {"comirnaty": 1.0}, {"fsme_immun": 1.0}
FLU_SHARES = {"vaxigrip_tetra": 0.97, "fluad_tetra": 0.03}
SENIOR_FLU_SHARES = {"efluelda": 0.5, "fluad_tetra": 0.35, "vaxigrip_tetra": 0.15}
PNEUMOCOCCAL_SHARES = {"pneumovax": 0.6, "prevenar_20": 0.4}
SENIOR, SPRING_AGE = 65, 81
"""Ages turned that year."""
ADULT = 18
AFTER_VISITS = (965, 1000)
"""Minutes of the day at which doses are registered when the groups of that day's visits have been."""

GROUPED_SHARE, UNGROUPED_SHARE = 0.93, 0.15
TBE_SHARE = 0.08
SAME_DAY_COVID_SHARE, SPRING_COVID_SHARE, PNEUMOCOCCAL_SHARE = 0.4, 0.4, 0.8
FORGOTTEN_GROUP_SHARE = 0.02
"""The share of doses registered without their group, although the customer has one."""
LATE_SHARE, VERY_LATE_SHARE = 0.05, 0.03
WITHDRAWN_SHARE = 0.005

GROUPS_BY_ATC = {
    "J07BB": (
        "65_plus",
        "medical_risk",
        "pregnant",
        "household_contact",
        "staff",
        "impaired_health",
        "frailty",
    ),
    "J07BN": (PHASE_GROUP, "covid_80_plus", "covid_home_care", "65_plus", "medical_risk", "pregnant"),
    "J07AL": ("pneumo_75", "pneumo_risk", "pneumo_65_74"),
}
"""By the beginning of the vaccine's ATC code, the groups that can count, the first that a customer has."""
NO_RANK = 99


class GivenDoses(NamedTuple):
    """Doses as they were given."""

    persons: Ints
    products: Ints
    days: Ints
    minutes: Ints


@dataclass(frozen=True)
class Doses:
    """Rows in order of person and day; ``rows`` are places in the memberships, or NEVER."""

    persons: Ints
    products: Ints
    batches: Ints
    numbers: Ints
    days: Ints
    units: Ints
    rows: Ints
    registered: Ints
    registered_by: Ints
    withdrawn: Ints
    withdrawn_by: Ints
    withdrawn_reasons: Ints

    def __len__(self) -> int:
        return len(self.persons)


def draw(
    rng: np.random.Generator,
    context: SampleContext,
    choices: Choices,
    batches: Batches,
    people: People,
    memberships: Memberships,
) -> Doses:
    """Draw the doses that ``people`` have been given."""
    grouped = _in_group_at_visits(people, memberships)
    parts = [
        _influenza(rng, context, people, grouped),
        _covid_with_influenza(rng, context, people, grouped),
        _covid_in_spring(rng, context, people),
        *_covid_by_phase(rng, context, choices, memberships),
        _pneumococcal(rng, context, choices, people, memberships),
        *_tbe(rng, context, people, grouped),
    ]
    given = GivenDoses._make(map(np.concatenate, zip(*parts, strict=True)))
    return _register(rng, context, choices, batches, people, memberships, _keep_possible(context, people, given))


def _in_group_at_visits(people: People, memberships: Memberships) -> Bools:
    """Mark the visits of each person on a day in any group."""
    days = people.visits[memberships.persons]
    ends = np.where(memberships.ends == NEVER, FOREVER, memberships.ends)
    covers = (memberships.starts[:, None] <= days) & (days <= ends[:, None]) & ~memberships.wrong[:, None]
    counts = [np.bincount(memberships.persons[season], minlength=len(people)) for season in covers.T]
    return np.column_stack(counts) > 0


def _influenza(rng: np.random.Generator, context: SampleContext, people: People, grouped: Bools) -> GivenDoses:
    given = rng.random(people.visits.shape) < np.where(grouped, GROUPED_SHARE, UNGROUPED_SHARE)
    persons, seasons = np.nonzero(given & (people.visits != NEVER))
    products = np.where(
        people.turns[persons, seasons] >= SENIOR,
        context.draw_products(rng, SENIOR_FLU_SHARES, len(persons)),
        context.draw_products(rng, FLU_SHARES, len(persons)),
    )
    return GivenDoses(persons, products, people.visits[persons, seasons], people.minutes[persons, seasons])


def _covid_with_influenza(
    rng: np.random.Generator, context: SampleContext, people: People, grouped: Bools
) -> GivenDoses:
    turns = people.turns
    chances = np.where(turns >= SENIOR, SAME_DAY_COVID_SHARE, np.where(turns > ADULT, SAME_DAY_COVID_SHARE / 16, 0))
    given = (rng.random(turns.shape) < chances) & grouped
    persons, seasons = np.nonzero(given & (people.visits != NEVER))
    products = context.draw_products(rng, COVID_SHARES, len(persons))
    return GivenDoses(persons, products, people.visits[persons, seasons], people.minutes[persons, seasons] + 4)


def _covid_in_spring(rng: np.random.Generator, context: SampleContext, people: People) -> GivenDoses:
    fits = (people.turns >= SPRING_AGE) & (people.visits != NEVER)
    persons, seasons = np.nonzero(fits & (rng.random(fits.shape) < SPRING_COVID_SHARE))
    count = len(persons)
    days = context.calendar.last_days[seasons] + between(rng, 5, 60, count)
    return GivenDoses(persons, context.draw_products(rng, COVID_SHARES, count), days, between(rng, 480, 960, count))


def _covid_by_phase(
    rng: np.random.Generator, context: SampleContext, choices: Choices, memberships: Memberships
) -> list[GivenDoses]:
    of_phase = np.array([group == PHASE_GROUP for group in choices.groups])
    rows = np.flatnonzero(of_phase[memberships.choices] & ~memberships.wrong)
    persons, count = memberships.persons[rows], len(rows)
    first = memberships.starts[rows]
    return [
        GivenDoses(persons, context.draw_products(rng, COVID_SHARES, count), days, between(rng, *AFTER_VISITS, count))
        for days in (first, first + between(rng, 28, 42, count))
    ]


def _pneumococcal(
    rng: np.random.Generator, context: SampleContext, choices: Choices, people: People, memberships: Memberships
) -> GivenDoses:
    """Draw one dose at most for each person in a group for it."""
    groups = GROUPS_BY_ATC["J07AL"]
    fits = np.array([group in groups for group in choices.groups])[memberships.choices] & ~memberships.wrong
    rows = np.flatnonzero(fits)
    persons, first = np.unique(memberships.persons[rows], return_index=True)
    given = rng.random(len(persons)) < PNEUMOCOCCAL_SHARE
    persons, rows = persons[given], rows[first[given]]
    products = context.draw_products(rng, PNEUMOCOCCAL_SHARES, len(persons))
    return GivenDoses(persons, products, memberships.starts[rows], between(rng, *AFTER_VISITS, len(persons)))


def _tbe(rng: np.random.Generator, context: SampleContext, people: People, grouped: Bools) -> list[GivenDoses]:
    """Draw doses against TBE in the summer before the latest season, for people without a group."""
    persons = np.flatnonzero(~grouped.any(axis=1) & (rng.random(len(people)) < TBE_SHARE))
    count = len(persons)
    first = context.calendar.first_days[-1] - between(rng, 70, 190, count)
    return [
        GivenDoses(
            persons[:upto], context.draw_products(rng, TBE_SHARES, upto), days[:upto], between(rng, 480, 960, upto)
        )
        for days, upto in ((first, count), (first + between(rng, 30, 60, count), count // 2))
    ]


def _keep_possible(context: SampleContext, people: People, given: GivenDoses) -> GivenDoses:
    """Keep the doses that could be given, in order of person and day, each product once a day."""
    keep = context.usable(given.products, given.days) & (given.days <= context.calendar.yesterday)
    keep &= people.births[given.persons] + YOUNGEST_VACCINATED_DAYS <= given.days
    given = GivenDoses._make(column[keep] for column in given)
    order = np.lexsort((given.products, given.days, given.persons))
    given = GivenDoses._make(column[order] for column in given)
    again = (
        (np.diff(given.persons, prepend=-1) == 0)
        & (np.diff(given.days, prepend=-1) == 0)
        & (np.diff(given.products, prepend=-1) == 0)
    )
    return GivenDoses._make(column[~again] for column in given)


def _register(
    rng: np.random.Generator,
    context: SampleContext,
    choices: Choices,
    batches: Batches,
    people: People,
    memberships: Memberships,
    given: GivenDoses,
) -> Doses:
    count, calendar = len(given.persons), context.calendar
    how_late = rng.random(count)
    delays = np.where(how_late < LATE_SHARE + VERY_LATE_SHARE, between(rng, 1, 30, count), 0)
    delays = np.where(how_late < VERY_LATE_SHARE, between(rng, 31, 90, count), delays)
    days = np.where(given.days + delays > calendar.yesterday, given.days, given.days + delays)
    registered = calendar.instants(days, given.minutes + 10)
    after = between(rng, 0, 20, count)
    withdrawn_on = np.where(days + after > calendar.yesterday, days, days + after)
    withdrawn = rng.random(count) < WITHDRAWN_SHARE
    units = context.draw_visited(rng, people.units[given.persons])
    rows = _find_memberships(context, choices, memberships, given, registered)
    return Doses(
        persons=given.persons,
        products=given.products,
        batches=batches.choose(rng, given.products, given.days),
        numbers=_dose_numbers(context, given, ~withdrawn),
        days=given.days,
        units=units,
        rows=np.where(rng.random(count) < FORGOTTEN_GROUP_SHARE, NEVER, rows),
        registered=registered,
        registered_by=context.draw_accounts(rng, units),
        withdrawn=np.where(withdrawn, calendar.instants(withdrawn_on, given.minutes + 25), NEVER),
        withdrawn_by=np.where(withdrawn, context.draw_accounts(rng, units), NEVER),
        withdrawn_reasons=np.where(withdrawn, between(rng, 0, 1, count), NEVER),
    )


def _find_memberships(
    context: SampleContext, choices: Choices, memberships: Memberships, given: GivenDoses, registered: Ints
) -> Ints:
    """Find the membership that counts for each dose: it covers the day and was known by then."""
    ranks = _ranks(context, choices)
    best, rows = np.full(len(given.persons), NO_RANK), np.full(len(given.persons), NEVER)
    first = np.searchsorted(memberships.persons, given.persons)
    last = np.searchsorted(memberships.persons, given.persons, side="right")
    for step in range(int((last - first).max(initial=0))):
        doses = np.flatnonzero(first + step < last)
        at = first[doses] + step
        day = given.days[doses]
        rank = ranks[given.products[doses], memberships.choices[at]]
        better = ~memberships.wrong[at] & (rank < best[doses]) & (memberships.registered[at] <= registered[doses])
        better &= (memberships.starts[at] <= day) & ((memberships.ends[at] == NEVER) | (day <= memberships.ends[at]))
        best[doses[better]], rows[doses[better]] = rank[better], at[better]
    return rows


def _ranks(context: SampleContext, choices: Choices) -> Ints:
    """Rank the choices for each product, the first to be taken lowest; NO_RANK for one that never is."""
    ranks = np.full((len(context.products), len(choices.groups)), NO_RANK)
    for product, code in enumerate(context.products):
        groups = GROUPS_BY_ATC.get(context.catalogue.vaccines[code].atc[:5], ())
        for choice, group in enumerate(choices.groups):
            if group in groups:
                ranks[product, choice] = groups.index(group)
    return ranks


def _dose_numbers(context: SampleContext, given: GivenDoses, counted: Bools) -> Ints:
    """Number the doses of each ATC code; against influenza each season, from July, starts anew."""
    atc = [context.catalogue.vaccines[code].atc for code in context.products]
    codes = np.array([sorted(set(atc)).index(code) for code in atc])[given.products]
    seasonal = np.array([code.startswith(INFLUENZA) for code in atc])[given.products]
    seasons = np.where(seasonal, years(given.days - 181), 0)
    series = (given.persons * len(atc) + codes) * 10_000 + seasons
    order = np.argsort(series, kind="stable")
    before = counted[order].cumsum() - counted[order]
    starts = np.diff(series[order], prepend=-1) != 0
    at_start = np.maximum.accumulate(np.where(starts, before, 0))
    numbers = np.empty(len(order), np.int64)
    numbers[order] = before - at_start + 1
    return numbers
