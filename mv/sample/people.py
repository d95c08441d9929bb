"""People of the sample: birth, unit, days of visits, and name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mv.sample import names, numbers
from mv.sample.bookings import BookedTimes
from mv.sample.columns import (
    NEVER,
    SEASONS,
    Bools,
    Calendar,
    Ints,
    between,
    nearby_weekday,
    years,
)
from mv.sample.context import SampleContext
from mv.sample.records import Records

OLDEST = 104
YOUNGEST_DAYS = 40
AGES = (0, 1, 5, 17, 18, 30, 50, 63, 65, 70, 78, 85, 90, 95, 100, OLDEST)
PEOPLE_PER_AGE = (3, 6, 4, 4, 7, 9, 11, 15, 25, 26, 25, 15, 8, 3.5, 0.6, 0.2)
"""How common an age is among people who get vaccinated at such clinics; straight lines between these."""
YOUNGEST_VACCINATED_DAYS = 183
"""The age in days from which influenza vaccine is given."""

FIRST_SEASON_SHARES = (0.5, 0.25, 0.25)
"""The share of people who come for the first time in each season."""
DEATH_SHARE, DEATH_AGE, QUIET_DAYS = 0.08, 75, 120
"""The share of people who have died, of those from this age on of whom nothing is known for so many days."""
RETURN_SHARE = 0.75
ATTENDANCE_SHARE = 0.93
"""The share of people with a booking in the past week who came."""


@dataclass(frozen=True)
class People:
    """A block of people. ``visits`` has a day, or NEVER, for each person and influenza season."""

    births: Ints
    female: Bools
    units: Ints
    visits: Ints
    minutes: Ints
    booked: Ints
    """The people who have booked, one for each of the block's times."""

    def __len__(self) -> int:
        return len(self.births)

    def ages(self, calendar: Calendar) -> Ints:
        """Return the age that each person turns this year."""
        return years(np.array([calendar.today])) - years(self.births)

    @cached_property
    def turns(self) -> Ints:
        """Age that each person turns in the year of each visit."""
        return years(self.visits) - years(self.births)[:, None]


def first_birth(today: int) -> int:
    """Return the earliest day of birth in the sample."""
    return today - YOUNGEST_DAYS - int((OLDEST + 1) * 365.2425)


def draw(rng: np.random.Generator, context: SampleContext, count: int, times: BookedTimes) -> People:
    """Draw ``count`` people, among them those who have booked ``times``."""
    chances = np.interp(np.arange(OLDEST + 1), AGES, PEOPLE_PER_AGE)
    ages = rng.choice(OLDEST + 1, count, p=chances / chances.sum()) + rng.random(count)
    births = context.calendar.today - YOUNGEST_DAYS - (ages * 365.2425).astype(np.int64)
    female = rng.random(count) < 0.505 + 0.006 * np.maximum(ages - 70, 0)
    units = rng.choice(len(context.units), count, p=context.unit_shares)
    booked = rng.permutation(count)[: len(times)]
    own = rng.random(len(times)) < 0.95
    units[booked[own]] = times.units[own]
    minutes = 8 * 60 + 5 * between(rng, 0, 95, count * SEASONS).reshape(count, SEASONS)
    visits = _draw_visits(rng, context, births, booked)
    _attend_bookings(rng, context, times, booked, visits, minutes)
    visits[(visits > context.calendar.yesterday) | (visits < births[:, None] + YOUNGEST_VACCINATED_DAYS)] = NEVER
    return People(births, female, units, visits, minutes, booked)


def _draw_visits(rng: np.random.Generator, context: SampleContext, births: Ints, booked: Ints) -> Ints:
    """Draw a day in each season on which a person comes; it may still be to come."""
    calendar, shape = context.calendar, (len(births), SEASONS)
    length = calendar.last_days - calendar.first_days
    days = calendar.first_days + (rng.beta(1.8, 4.0, shape) * length).astype(np.int64)
    days = np.clip(nearby_weekday(rng, days), calendar.first_days, calendar.last_days)
    first = rng.choice(SEASONS, len(births), p=FIRST_SEASON_SHARES)[:, None]
    seasons = np.arange(SEASONS)
    comes = (seasons == first) | ((seasons > first) & (rng.random(shape) < RETURN_SHARE))
    # Whoever would come for the first time in the weeks ahead, without a booking, has been there a year ago.
    unseen = ~(comes & (days <= calendar.yesterday)).any(axis=1)
    unseen[booked] = False
    comes[unseen, SEASONS - 2] = True
    return np.where(comes, days, NEVER)


def _attend_bookings(
    rng: np.random.Generator, context: SampleContext, times: BookedTimes, booked: Ints, visits: Ints, minutes: Ints
) -> None:
    """Move the season's visit to the booked time; drop it where the time is ahead or was missed."""
    calendar = context.calendar
    in_season = (calendar.first_days[-1] <= times.days) & (times.days <= calendar.last_days[-1])
    came = (times.days <= calendar.yesterday) & (rng.random(len(times)) < ATTENDANCE_SHARE)
    visits[booked[in_season], -1] = np.where(came, times.days, NEVER)[in_season]
    minutes[booked[in_season], -1] = times.minutes[in_season]


def draw_deaths(rng: np.random.Generator, context: SampleContext, people: People, last_days: Ints) -> Ints:
    """Draw the day of death of each, after ``last_days``, the day of the last event; or NEVER."""
    yesterday, count = context.calendar.yesterday, len(people)
    days = last_days + 1 + (rng.random(count) * (yesterday - last_days)).astype(np.int64)
    dies = (rng.random(count) < DEATH_SHARE) & (people.ages(context.calendar) >= DEATH_AGE)
    return np.where(dies & (last_days < yesterday - QUIET_DAYS), days, NEVER)


def records(
    rng: np.random.Generator, context: SampleContext, people: People, serials: numbers.Serials, ids: Ints, died: Ints
) -> Records:
    """Draw the records of ``people``: their numbers and names, and the day when they ``died``."""
    kinds = numbers.draw_kinds(rng, len(people))
    words, hyphens = names.draw(rng, years(people.births), people.female)
    return Records(
        ids=ids,
        kinds=kinds.astype(np.int8),
        births=people.births.astype(np.int32),
        female=people.female,
        serials=serials.take(kinds, people.births, people.female).astype(np.int16),
        units=people.units.astype(np.int16),
        words=words,
        hyphens=hyphens,
        deaths=died.astype(np.int32),
    )
