"""The units that are decided for a user, each from one day to another; in text, as logs and histories keep them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from mv.access import EVERY_UNIT
from mv.catalogue import Catalogue
from mv.errors import N_, Invalid


@dataclass(frozen=True, slots=True)
class UserUnit:
    """A unit that is decided for a user, from one day to another, both included; a missing day is no bound."""

    unit_id: str
    first_day: date | None = None
    last_day: date | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether the user has the unit on ``day``."""
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


Units = Collection[UserUnit | str]
"""Units to decide; a code alone is a unit without bounds."""


def check_units(units: Collection[UserUnit], known: Catalogue) -> None:
    """Raise Invalid for an unknown unit, and for a last day before the first."""
    for unit in sorted(units, key=lambda unit: unit.unit_id):
        if unit.unit_id not in known.units and unit.unit_id != EVERY_UNIT:
            raise Invalid(N_("There is no unit with the code {code}."), code=unit.unit_id)
        if unit.first_day and unit.last_day and unit.last_day < unit.first_day:
            raise Invalid(N_("The last day is before the first. Change one of them."))


def as_units(units: Units) -> frozenset[UserUnit]:
    """Return the units, a code alone as one without bounds."""
    return frozenset(UserUnit(unit) if isinstance(unit, str) else unit for unit in units)


def to_text(units: Collection[UserUnit]) -> str:
    """Return the codes of units with their days, as they stand in the log."""
    ordered = sorted(units, key=lambda unit: unit.unit_id)
    days = [
        f"({unit.first_day or ''}/{unit.last_day or ''})" if unit.first_day or unit.last_day else "" for unit in ordered
    ]
    return " ".join(f"{unit.unit_id}{of}" for unit, of in zip(ordered, days, strict=True))


def to_json(units: Collection[UserUnit]) -> str:
    """Return units as JSON, as history and invitations keep them."""
    ordered = sorted(units, key=lambda unit: unit.unit_id)
    return json.dumps([(unit.unit_id, unit.first_day, unit.last_day) for unit in ordered], default=str)


def from_json(text: str) -> frozenset[UserUnit]:
    """Return the units of :func:`to_json`."""
    return frozenset(UserUnit(code, _day(first), _day(last)) for code, first, last in json.loads(text))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
