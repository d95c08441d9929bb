"""Doses: who was given what and when, from which batch, and which group counted for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mv.sample.batches import INFLUENZA, Batches
from mv.sample.columns import FOREVER, NEVER, Bools, Ints, between, years
from mv.sample.groups import BY_PHASE, Choices, Memberships
from mv.sample.people import VACCINATED_FROM, People
from mv.sample.setting import Setting

COMIRNATY, FSME = {"comirnaty": 1.0}, {"fsme_immun": 1.0}
FLU = {"vaxigrip_tetra": 0.97, "fluad_tetra": 0.03}
FLU_OF_OLD = {"efluelda": 0.5, "fluad_tetra": 0.35, "vaxigrip_tetra": 0.15}
PNEUMOCOCCAL = {"pneumovax": 0.6, "prevenar_20": 0.4}
OLD, VERY_OLD = 65, 81
"""Ages turned that year."""
ADULT = 18
AFTER_HOURS = (965, 1000)
"""Minutes of the day at which doses are registered when the groups of that day's visits have been."""

GIVEN, GIVEN_WITHOUT_GROUP = 0.93, 0.15
WITHOUT_GROUP_FSME = 0.08
SAME_DAY_COVID, SPRING_COVID, PNEUMOCOCCAL_GIVEN = 0.4, 0.4, 0.8
FORGOTTEN = 0.02
"""The share of doses registered without their group, although the customer has one."""
LATE, VERY_LATE = 0.05, 0.03
WITHDRAWN = 0.005

COUNTS_FOR = {
    "J07BB": (
        "65_plus",
        "medical_risk",
        "pregnant",
        "household_contact",
        "staff",
        "impaired_health",
        "frailty",
    ),
    "J07BN": (BY_PHASE, "covid_80_plus", "covid_home_care", "65_plus", "medical_risk", "pregnant"),
    "J07AL": ("pneumo_75", "pneumo_risk", "pneumo_65_74"),
}
"""By the beginning of the vaccine's ATC code, the groups that can count, the first that a customer has."""
NOT_AT_ALL = 99


class Draft(NamedTuple):
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
    setting: Setting,
    choices: Choices,
    batches: Batches,
    people: People,
    memberships: Memberships,
) -> Doses:
    """Return the doses that ``people`` have been given."""
    grouped = _grouped(people, memberships)
    parts = [
        _influenza(rng, setting, people, grouped),
        _covid_with_influenza(rng, setting, people, grouped),
        _covid_in_spring(rng, setting, people),
        *_covid_by_phase(rng, setting, choices, memberships),
        _pneumococcal(rng, setting, choices, people, memberships),
        *_on_own_account(rng, setting, people, grouped),
    ]
    given = Draft._make(map(np.concatenate, zip(*parts, strict=True)))
    return _register(rng, setting, choices, batches, people, memberships, _possible(setting, people, given))


def _grouped(people: People, memberships: Memberships) -> Bools:
    """Return whether each person is in any group on the day of each visit."""
    days = people.visits[memberships.persons]
    ends = np.where(memberships.ends == NEVER, FOREVER, memberships.ends)
    covers = (memberships.starts[:, None] <= days) & (days <= ends[:, None]) & ~memberships.wrong[:, None]
    counts = [np.bincount(memberships.persons[season], minlength=len(people)) for season in covers.T]
    return np.column_stack(counts) > 0


def _influenza(rng: np.random.Generator, setting: Setting, people: People, grouped: Bools) -> Draft:
    given = rng.random(people.visits.shape) < np.where(grouped, GIVEN, GIVEN_WITHOUT_GROUP)
    persons, seasons = np.nonzero(given & (people.visits != NEVER))
    products = np.where(
        people.turns[persons, seasons] >= OLD,
        setting.draw_products(rng, FLU_OF_OLD, len(persons)),
        setting.draw_products(rng, FLU, len(persons)),
    )
    return Draft(persons, products, people.visits[persons, seasons], people.minutes[persons, seasons])


def _covid_with_influenza(rng: np.random.Generator, setting: Setting, people: People, grouped: Bools) -> Draft:
    turns = people.turns
    chances = np.where(turns >= OLD, SAME_DAY_COVID, np.where(turns > ADULT, SAME_DAY_COVID / 16, 0))
    given = (rng.random(turns.shape) < chances) & grouped
    persons, seasons = np.nonzero(given & (people.visits != NEVER))
    products = setting.draw_products(rng, COMIRNATY, len(persons))
    return Draft(persons, products, people.visits[persons, seasons], people.minutes[persons, seasons] + 4)


def _covid_in_spring(rng: np.random.Generator, setting: Setting, people: People) -> Draft:
    fits = (people.turns >= VERY_OLD) & (people.visits != NEVER)
    persons, seasons = np.nonzero(fits & (rng.random(fits.shape) < SPRING_COVID))
    count = len(persons)
    days = setting.calendar.last_days[seasons] + between(rng, 5, 60, count)
    return Draft(persons, setting.draw_products(rng, COMIRNATY, count), days, between(rng, 480, 960, count))


def _covid_by_phase(
    rng: np.random.Generator, setting: Setting, choices: Choices, memberships: Memberships
) -> list[Draft]:
    of_phase = np.array([group == BY_PHASE for group in choices.groups])
    rows = np.flatnonzero(of_phase[memberships.choices] & ~memberships.wrong)
    persons, count = memberships.persons[rows], len(rows)
    first = memberships.starts[rows]
    return [
        Draft(persons, setting.draw_products(rng, COMIRNATY, count), days, between(rng, *AFTER_HOURS, count))
        for days in (first, first + between(rng, 28, 42, count))
    ]


def _pneumococcal(
    rng: np.random.Generator, setting: Setting, choices: Choices, people: People, memberships: Memberships
) -> Draft:
    """Return one dose at most for each person in a group for it."""
    groups = COUNTS_FOR["J07AL"]
    fits = np.array([group in groups for group in choices.groups])[memberships.choices] & ~memberships.wrong
    rows = np.flatnonzero(fits)
    persons, first = np.unique(memberships.persons[rows], return_index=True)
    given = rng.random(len(persons)) < PNEUMOCOCCAL_GIVEN
    persons, rows = persons[given], rows[first[given]]
    products = setting.draw_products(rng, PNEUMOCOCCAL, len(persons))
    return Draft(persons, products, memberships.starts[rows], between(rng, *AFTER_HOURS, len(persons)))


def _on_own_account(rng: np.random.Generator, setting: Setting, people: People, grouped: Bools) -> list[Draft]:
    """Return doses against TBE in the summer before the latest season, of people without a group."""
    persons = np.flatnonzero(~grouped.any(axis=1) & (rng.random(len(people)) < WITHOUT_GROUP_FSME))
    count = len(persons)
    first = setting.calendar.first_days[-1] - between(rng, 70, 190, count)
    return [
        Draft(persons[:upto], setting.draw_products(rng, FSME, upto), days[:upto], between(rng, 480, 960, upto))
        for days, upto in ((first, count), (first + between(rng, 30, 60, count), count // 2))
    ]


def _possible(setting: Setting, people: People, given: Draft) -> Draft:
    """Return the doses that could be given, in order of person and day, each product once a day."""
    keep = setting.usable(given.products, given.days) & (given.days <= setting.calendar.yesterday)
    keep &= people.births[given.persons] + VACCINATED_FROM <= given.days
    given = Draft._make(column[keep] for column in given)
    order = np.lexsort((given.products, given.days, given.persons))
    given = Draft._make(column[order] for column in given)
    again = (
        (np.diff(given.persons, prepend=-1) == 0)
        & (np.diff(given.days, prepend=-1) == 0)
        & (np.diff(given.products, prepend=-1) == 0)
    )
    return Draft._make(column[~again] for column in given)


def _register(
    rng: np.random.Generator,
    setting: Setting,
    choices: Choices,
    batches: Batches,
    people: People,
    memberships: Memberships,
    given: Draft,
) -> Doses:
    count, calendar = len(given.persons), setting.calendar
    how_late = rng.random(count)
    delays = np.where(how_late < LATE + VERY_LATE, between(rng, 1, 30, count), 0)
    delays = np.where(how_late < VERY_LATE, between(rng, 31, 90, count), delays)
    days = np.where(given.days + delays > calendar.yesterday, given.days, given.days + delays)
    registered = calendar.instants(days, given.minutes + 10)
    after = between(rng, 0, 20, count)
    withdrawn_on = np.where(days + after > calendar.yesterday, days, days + after)
    withdrawn = rng.random(count) < WITHDRAWN
    units = setting.draw_visited(rng, people.units[given.persons])
    rows = _counting(setting, choices, memberships, given, registered)
    return Doses(
        persons=given.persons,
        products=given.products,
        batches=batches.choose(rng, given.products, given.days),
        numbers=_dose_numbers(setting, given, ~withdrawn),
        days=given.days,
        units=units,
        rows=np.where(rng.random(count) < FORGOTTEN, NEVER, rows),
        registered=registered,
        registered_by=setting.draw_accounts(rng, units),
        withdrawn=np.where(withdrawn, calendar.instants(withdrawn_on, given.minutes + 25), NEVER),
        withdrawn_by=np.where(withdrawn, setting.draw_accounts(rng, units), NEVER),
        withdrawn_reasons=np.where(withdrawn, between(rng, 0, 1, count), NEVER),
    )


def _counting(setting: Setting, choices: Choices, memberships: Memberships, given: Draft, registered: Ints) -> Ints:
    """Return the place of the membership that counts for each dose: it covers the day and was known by then."""
    ranks = _ranks(setting, choices)
    best, rows = np.full(len(given.persons), NOT_AT_ALL), np.full(len(given.persons), NEVER)
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


def _ranks(setting: Setting, choices: Choices) -> Ints:
    """Return how soon a choice is taken for a product, NOT_AT_ALL where it never is."""
    ranks = np.full((len(setting.products), len(choices.groups)), NOT_AT_ALL)
    for product, code in enumerate(setting.products):
        groups = COUNTS_FOR.get(setting.catalogue.vaccines[code].atc[:5], ())
        for choice, group in enumerate(choices.groups):
            if group in groups:
                ranks[product, choice] = groups.index(group)
    return ranks


def _dose_numbers(setting: Setting, given: Draft, counted: Bools) -> Ints:
    """Return which dose of its ATC code each one is; against influenza each season, from July, starts anew."""
    atc = [setting.catalogue.vaccines[code].atc for code in setting.products]
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
