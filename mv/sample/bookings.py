"""Bookings from a week ago to two weeks ahead: the times first, then who comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mv.sample.columns import NEVER, Ints, between, instant_column, text_column
from mv.sample.setting import Setting

DAYS_AGO, DAYS_AHEAD = 7, 14
OPENS, MINUTES_EACH, TIMES = 8 * 60, 10, 48
"""The first booking is at 08:00, the last at 15:50."""
ON_A_WEEKDAY, AT_WEEKENDS = (20, 45), (2, 8)
MOST_BOOKED = 0.6
"""The share of a small sample's people who have a booking."""

FLU = {"vaxigrip_tetra": 0.80, "comirnaty": 0.08, "prevenar_20": 0.05, "fsme_immun": 0.07}
FLU_OF_OLD = {
    "vaxigrip_tetra": 0.10,
    "efluelda": 0.42,
    "fluad_tetra": 0.28,
    "comirnaty": 0.14,
    "pneumovax": 0.06,
}
OLD = 65


@dataclass(frozen=True)
class Times:
    """Times that are booked: at which unit, on which day, at which minute of Stockholm's day."""

    units: Ints
    days: Ints
    minutes: Ints

    def __len__(self) -> int:
        return len(self.units)

    def part(self, places: Ints | slice) -> Times:
        """Return those at ``places``."""
        return Times(self.units[places], self.days[places], self.minutes[places])


@dataclass(frozen=True)
class Bookings:
    """Who has booked which time for what, and when it was booked."""

    customers: Ints
    times: Times
    products: Ints
    booked: Ints


def plan(rng: np.random.Generator, setting: Setting, customers: int) -> Times:
    """Return the times that are booked, in random order: no more of them than there are customers."""
    today = setting.calendar.today
    days = np.arange(today - DAYS_AGO, today + DAYS_AHEAD + 1).repeat(len(setting.units))
    units = np.tile(np.arange(len(setting.units)), DAYS_AGO + 1 + DAYS_AHEAD)
    is_weekend = (days + 3) % 7 >= 5
    wanted = np.where(is_weekend, between(rng, *AT_WEEKENDS, len(days)), between(rng, *ON_A_WEEKDAY, len(days)))
    scale = min(1.0, MOST_BOOKED * customers / max(wanted.sum(), 1))
    counts = np.maximum(np.round(wanted * scale).astype(np.int64), days == today)
    minutes = np.concatenate(
        [OPENS + MINUTES_EACH * rng.choice(TIMES, count, replace=False, shuffle=False) for count in counts]
    )
    times = Times(units.repeat(counts), days.repeat(counts), minutes)
    # Today's come first, so that a sample that is too small for all of them has those.
    first = np.argsort(times.days != today, kind="stable")[:customers]
    return times.part(rng.permutation(first))


def book(rng: np.random.Generator, setting: Setting, times: Times, customers: Ints, ages: Ints) -> Bookings:
    """Return the bookings of these customers, one time each."""
    count = len(times)
    calendar = setting.calendar
    products = np.where(
        ages >= OLD, setting.draw_products(rng, FLU_OF_OLD, count), setting.draw_products(rng, FLU, count)
    )
    booked_on = np.minimum(times.days - between(rng, 1, 28, count), calendar.yesterday)
    booked = calendar.instants(booked_on, between(rng, 8 * 60, 17 * 60, count))
    return Bookings(customers, times, products, booked)


def table(setting: Setting, parts: list[Bookings]) -> pa.Table:
    """Return the rows of table ``booking`` but for their ids, in order of time."""
    starts = np.concatenate([setting.calendar.instants(part.times.days, part.times.minutes) for part in parts])
    units = np.concatenate([part.times.units for part in parts])
    customers = np.concatenate([part.customers for part in parts])
    products = np.concatenate([part.products for part in parts])
    booked = np.concatenate([part.booked for part in parts])
    order = np.lexsort((units, starts))
    order = order[products[order] != NEVER]
    return pa.table(
        {
            "customer_id": customers[order],
            "unit_id": text_column(setting.units, units[order]),
            "starts_at": instant_column(starts[order]),
            "product_code": text_column(setting.products, products[order]),
            "booked_at": instant_column(booked[order]),
        }
    )
