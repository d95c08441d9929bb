"""Setting of the sample: the catalogue's units and vaccines, and the accounts that register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mv.catalogue import Catalogue
from mv.sample import names
from mv.sample.columns import FOREVER, NEVER, Bools, Calendar, Ints, between, day_number

ACCOUNTS_PER_UNIT = 6
"""How many people register at each unit."""


@dataclass(frozen=True)
class SampleContext:
    """Setting shared by every block of people. Units, accounts and products are places in these lists."""

    calendar: Calendar
    catalogue: Catalogue
    units: list[str]
    unit_shares: NDArray[np.float64]
    accounts: list[str]
    products: list[str]

    @classmethod
    def draw(cls, rng: np.random.Generator, catalogue: Catalogue, calendar: Calendar) -> Self:
        """Draw the setting around today, with units of different sizes."""
        units = sorted(
            unit.unit_id
            for unit in catalogue.units.values()
            if day_number(unit.valid_from) <= calendar.today <= day_number(unit.valid_to)
        )
        sizes = rng.uniform(0.6, 1.6, len(units))
        accounts = _accounts(rng, len(units) * ACCOUNTS_PER_UNIT)
        return cls(calendar, catalogue, units, sizes / sizes.sum(), accounts, sorted(catalogue.vaccines))

    def draw_accounts(self, rng: np.random.Generator, units: Ints) -> Ints:
        """Draw an account at each of ``units``."""
        return units * ACCOUNTS_PER_UNIT + between(rng, 0, ACCOUNTS_PER_UNIT - 1, len(units))

    def draw_visited(self, rng: np.random.Generator, units: Ints) -> Ints:
        """Draw the units that people of ``units`` visit: almost always their own."""
        elsewhere = rng.random(len(units)) < 0.04
        return np.where(elsewhere, between(rng, 0, len(self.units) - 1, len(units)), units)

    def draw_products(self, rng: np.random.Generator, shares: dict[str, float], count: int) -> Ints:
        """Draw products by these shares, which add up to one; NEVER for one that the catalogue lacks."""
        places = [self.products.index(code) if code in self.products else NEVER for code in shares]
        return rng.choice(np.array(places), count, p=list(shares.values()))

    def usable(self, products: Ints, days: Ints) -> Bools:
        """Return True for each product that is in the catalogue and in use on its day."""
        vaccines = [self.catalogue.vaccines[code] for code in self.products]
        first = np.array([*(day_number(vaccine.valid_from) for vaccine in vaccines), FOREVER])
        last = np.array([*(day_number(vaccine.valid_to) for vaccine in vaccines), NEVER])
        places = np.where(products == NEVER, len(vaccines), products)
        return (first[places] <= days) & (days <= last[places])


def _accounts(rng: np.random.Generator, count: int) -> list[str]:
    lists = names.name_lists()
    found: dict[str, None] = {}
    while len(found) < count:
        female, other = rng.random() < 0.8, rng.random() < 0.25
        given = lists.folded[lists.given[female, other, 1980].draw(rng, 1)[0]]
        family = lists.folded[lists.family[other].draw(rng, 1)[0]]
        found[f"{given}.{family}"] = None
    return list(found)
