"""Seasons of vaccination, by which payments are followed up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

FIRST_MONTH = 7
"""A season begins on 1 July."""


@dataclass(frozen=True, slots=True, order=True)
class Season:
    """A season of vaccinations, from 1 July of its first year to 30 June."""

    first_year: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the season of ``day``."""
        return cls(day.year if day.month >= FIRST_MONTH else day.year - 1)

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.first_year, FIRST_MONTH, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return date(self.first_year + 1, FIRST_MONTH, 1) - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.first_year}/{(self.first_year + 1) % 100:02}"
