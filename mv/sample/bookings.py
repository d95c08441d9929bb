"""Bookings from a week ago to two weeks ahead: the times first, then the customers who come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mv.sample.columns import NEVER, Ints, between, instant_column, text_column
from mv.sample.context import SampleContext

DAYS_AGO, DAYS_AHEAD = 7, 14
FIRST_MINUTE, MINUTES_PER_BOOKING, TIMES_PER_DAY = 8 * 60, 10, 48
"""The first booking is at 08:00, the last at 15:50."""
WEEKDAY_BOOKINGS, WEEKEND_BOOKINGS = (20, 45), (2, 8)
MOST_BOOKED_SHARE = 0.6
"""The share of a small sample's people who have a booking."""

PRODUCT_SHARES = {"vaxigrip_tetra": 0.80, "comirnaty": 0.08, "prevenar_20": 0.05, "fsme_immun": 0.07}
SENIOR_SHARES = {
    "vaxigrip_tetra": 0.10,
    "efluelda": 0.42,
    "fluad_tetra": 0.28,
    "comirnaty": 0.14,
    "pneumovax": 0.06,
}
SENIOR = 65


@dataclass(frozen=True)
class BookedTimes:
    """Booked times: the unit, the day, and the minute of Stockholm's day."""

    units: Ints
    days: Ints
    minutes: Ints

    def __len__(self) -> int:
        return len(self.units)

    def part(self, places: Ints | slice) -> BookedTimes:
        """Return the times at ``places``."""
        return BookedTimes(self.units[places], self.days[places], self.minutes[places])


@dataclass(frozen=True)
class Bookings:
    """Bookings: customer, time and purpose of each, and the instant when it was made."""

    customers: Ints
    times: BookedTimes
    products: Ints
    booked: Ints


def plan(rng: np.random.Generator, context: SampleContext, customers: int) -> BookedTimes:
    """Draw the booked times, in random order: no more of them than there are customers."""
    today = context.calendar.today
    days = np.arange(today - DAYS_AGO, today + DAYS_AHEAD + 1).repeat(len(context.units))
    units = np.tile(np.arange(len(context.units)), DAYS_AGO + 1 + DAYS_AHEAD)
    is_weekend = (days + 3) % 7 >= 5
    wanted = np.where(
        is_weekend, between(rng, *WEEKEND_BOOKINGS, len(days)), between(rng, *WEEKDAY_BOOKINGS, len(days))
    )
    scale = min(1.0, MOST_BOOKED_SHARE * customers / max(wanted.sum(), 1))
    counts = np.maximum(np.round(wanted * scale).astype(np.int64), days == today)
    minutes = np.concatenate(
        [
            FIRST_MINUTE + MINUTES_PER_BOOKING * rng.choice(TIMES_PER_DAY, count, replace=False, shuffle=False)
            for count in counts
        ]
    )
    times = BookedTimes(units.repeat(counts), days.repeat(counts), minutes)
    # Today's come first, so that a sample that is too small for all of them has those.
    first = np.argsort(times.days != today, kind="stable")[:customers]
    return times.part(rng.permutation(first))


def book(rng: np.random.Generator, context: SampleContext, times: BookedTimes, customers: Ints, ages: Ints) -> Bookings:
    """Draw the bookings of these customers, one time each."""
    count = len(times)
    calendar = context.calendar
    products = np.where(
        ages >= SENIOR,
        context.draw_products(rng, SENIOR_SHARES, count),
        context.draw_products(rng, PRODUCT_SHARES, count),
    )
    booked_on = np.minimum(times.days - between(rng, 1, 28, count), calendar.yesterday)
    booked = calendar.instants(booked_on, between(rng, 8 * 60, 17 * 60, count))
    return Bookings(customers, times, products, booked)


def table(rng: np.random.Generator, context: SampleContext, parts: list[Bookings]) -> pa.Table:
    """Return the rows of table ``booking``, without their ids, in order of time."""
    starts = np.concatenate([context.calendar.instants(part.times.days, part.times.minutes) for part in parts])
    units = np.concatenate([part.times.units for part in parts])
    customers = np.concatenate([part.customers for part in parts])
    products = np.concatenate([part.products for part in parts])
    booked = np.concatenate([part.booked for part in parts])
    order = np.lexsort((units, starts))
    order = order[products[order] != NEVER]
    return pa.table(
        {
            "customer_id": customers[order],
            "unit_id": text_column(context.units, units[order]),
            "starts_at": instant_column(starts[order]),
            "product_code": text_column(context.products, products[order]),
            "booked_at": instant_column(booked[order]),
            "booked_by": text_column(context.accounts, context.draw_accounts(rng, units[order])),
        }
    )


def history(rows: pa.Table) -> pa.Table:
    """Return the rows of table ``booking_change`` that say how the bookings ``rows`` were made."""
    same = {"version": pa.array([1] * len(rows), pa.int32()), "change": ["booked"] * len(rows)}
    made = {"changed_at": rows["booked_at"], "changed_by": rows["booked_by"], "state": ["booked"] * len(rows)}
    kept = ("booking_id", "customer_id", "unit_id", "starts_at", "product_code")
    return pa.table({name: rows[name] for name in kept} | same | made)
