"""Batches of every vaccine, some for each season, most of them expired by now."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
import pyarrow as pa

from mv.sample.columns import Ints, between, date_column, day_number, years
from mv.sample.context import SampleContext

BATCHES_PER_SEASON = 5
INFLUENZA = "J07BB"
DAYS_TO_OCTOBER = 273
"""Days from New Year to October, when a season begins."""
LETTERS = np.array(list(string.ascii_uppercase))


@dataclass(frozen=True)
class Batches:
    """Batches by product, season and number within that, in this order."""

    numbers: list[str]
    products: Ints
    seasons: Ints
    expiries: Ints
    first_season: int

    @classmethod
    def draw(cls, rng: np.random.Generator, context: SampleContext) -> Self:
        """Draw the batches from the first season that a dose can be from to the present one."""
        first, last = (
            int(_season(np.array([day]))[0]) for day in (context.calendar.first_known, context.calendar.today)
        )
        numbers, products, seasons, expiries = [], [], [], []
        for product, code in enumerate(context.products):
            is_flu = context.catalogue.vaccines[code].atc.startswith(INFLUENZA)
            for season in range(first, last + 1):
                # A season's influenza vaccine is used up by summer; the rest lasts until the next one at least.
                lasts = day_number(date(season + 1, 6, 1) if is_flu else date(season + 1, 10, 1))
                expiries.append(lasts + between(rng, 0, 60 if is_flu else 400, BATCHES_PER_SEASON))
                numbers += [_draw_number(rng, season, n) for n in range(BATCHES_PER_SEASON)]
                products += [product] * BATCHES_PER_SEASON
                seasons += [season] * BATCHES_PER_SEASON
        return cls(numbers, np.array(products), np.array(seasons), np.concatenate(expiries), first)

    def choose(self, rng: np.random.Generator, products: Ints, days: Ints) -> Ints:
        """Choose a batch for each dose, one that had not expired on the day."""
        seasons = int(self.seasons[-1]) - self.first_season + 1
        places = products * seasons + _season(days) - self.first_season
        return places * BATCHES_PER_SEASON + between(rng, 0, BATCHES_PER_SEASON - 1, len(days))

    def table(self, context: SampleContext) -> pa.Table:
        """Return the rows of table ``batch``, without those from before the product was in use."""
        begun = [context.catalogue.vaccines[code].valid_from.year for code in context.products]
        keep = np.flatnonzero(self.seasons + 1 >= np.array(begun)[self.products])
        return pa.table(
            {
                "product_code": pa.array(context.products).take(self.products[keep]),
                "batch_number": pa.array(self.numbers).take(keep),
                "expires_on": date_column(self.expiries[keep]),
            }
        )


def _season(days: Ints) -> Ints:
    return years(days - DAYS_TO_OCTOBER)


def _draw_number(rng: np.random.Generator, season: int, n: int) -> str:
    """Draw a batch number such as V26B21A1 or KC264-7082, unique within the product."""
    a, b, c = rng.choice(LETTERS, 3)
    if rng.random() < 0.3:
        return f"{a}{b}{season % 100}{n}-{rng.integers(1000, 10_000)}"
    return f"{a}{season % 100}{b}{n}{rng.integers(0, 10)}{c}{rng.integers(1, 10)}"
