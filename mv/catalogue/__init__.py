"""The catalogue: units, groups, subgroups and vaccines, each in use from one day to another, as a lead decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from mv.errors import N_, Invalid
from mv.identity import Sex, age, months
from mv.store import Store
from mv.store.engine import Row, Transaction

DATA = Path(__file__).parents[2] / "data"


class Dated(Protocol):
    """Something with a period, both days included; without a last day it goes on."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


def in_use(things: Iterable[D], day: date) -> list[D]:
    """Return those of ``things`` that are in use on ``day``, in their order."""
    return [thing for thing in things if covers(thing, day)]


def covers(thing: Dated, day: date) -> bool:
    """Return whether ``day`` is within the period of ``thing``; both days of a period are included."""
    return thing.valid_from <= day and (thing.valid_to is None or day <= thing.valid_to)


@dataclass(frozen=True, slots=True)
class Unit:
    """A care unit."""

    unit_id: str
    name: str
    region: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Subgroup:
    """An undergrupp: a part of a group."""

    group_code: str
    subgroup_code: str
    name_sv: str
    name_en: str
    valid_from: date
    valid_to: date | None

    def label(self, language: str) -> str:
        """Return the subgroup's name in ``language``."""
        return self.name_sv if language == "sv" else self.name_en


class AgeUnit(StrEnum):
    """The unit of an age range: whole years or months on a day, or the age turned in the day's calendar year."""

    YEARS = "years"
    MONTHS = "months"
    TURNS = "turns"


@dataclass(frozen=True, slots=True)
class AgeRange:
    """The ages of a group or a vaccine, both included; None where there is no bound."""

    first: int | None
    last: int | None
    unit: AgeUnit

    def include(self, birth_date: date, day: date) -> bool:
        """Return whether a person born on ``birth_date`` is of an age in the range on ``day``."""
        if self.unit is AgeUnit.TURNS:
            count = day.year - birth_date.year
        else:
            count = months(birth_date, day) if self.unit is AgeUnit.MONTHS else age(birth_date, day)
        return (self.first is None or self.first <= count) and (self.last is None or count <= self.last)


@dataclass(frozen=True, slots=True)
class Group:
    """A kundgrupp, by which the region pays.

    ``by_age``: the age alone puts a person in it. ``longest_days``: the longest plausible period. A person outside its
    ``ages`` or of another ``sex`` may be in it all the same: whoever saves that is asked (:mod:`mv.concerns`).
    """

    group_code: str
    name_sv: str
    name_en: str
    valid_from: date
    valid_to: date | None
    by_age: bool
    longest_days: int | None
    subgroups: tuple[Subgroup, ...]
    ages: AgeRange | None = None
    sex: Sex | None = None

    def label(self, language: str) -> str:
        """Return the group's name in ``language``."""
        return self.name_sv if language == "sv" else self.name_en


@dataclass(frozen=True, slots=True)
class Choice:
    """A group with one of its subgroups, or with none."""

    group: Group
    subgroup: Subgroup | None

    def in_use(self, day: date) -> bool:
        """Return whether both are in use on ``day``."""
        return covers(self.group, day) and (self.subgroup is None or covers(self.subgroup, day))

    def label(self, language: str) -> str:
        """Return the names of both in ``language``."""
        name = self.group.label(language)
        return f"{name} – {self.subgroup.label(language)}" if self.subgroup else name


@dataclass(frozen=True, slots=True)
class Vaccine:
    """A vaccine product.

    ``days_between`` are to lie between two doses of its kind where no rule of reimbursement says how many. ``gtins``
    are those of its packs, 14 digits each. A person outside its ``ages`` may have it all the same: whoever saves that
    is asked (:mod:`mv.concerns`).
    """

    product_code: str
    name: str
    atc: str
    npl_id: str | None
    valid_from: date
    valid_to: date | None
    days_between: int | None = None
    gtins: tuple[str, ...] = ()
    ages: AgeRange | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can or could be chosen, by code, in the order of the lists on the screen."""

    units: dict[str, Unit]
    groups: dict[str, Group]
    vaccines: dict[str, Vaccine]

    def choice(self, group_code: str, subgroup_code: str | None) -> Choice:
        """Return the group and subgroup with these codes, in use or not.

        Raises Invalid for a code that is not in the catalogue, or a subgroup of another group.
        """
        group = self.groups.get(group_code)
        if group is None:
            raise Invalid(N_("There is no group with the code {code}."), code=group_code)
        if subgroup_code is None:
            return Choice(group, None)
        for subgroup in group.subgroups:
            if subgroup.subgroup_code == subgroup_code:
                return Choice(group, subgroup)
        raise Invalid(N_("The group {group} has no subgroup with the code {code}."), group=group, code=subgroup_code)


def load(store: Store) -> Catalogue:
    """Return the catalogue as it is in the store."""
    with store.read() as tx:
        return read(tx)


def read(tx: Transaction) -> Catalogue:
    """Return the catalogue, read in the open transaction."""
    units = tx.rows("SELECT unit_id, name, region, valid_from, valid_to FROM unit ORDER BY name")
    groups = tx.rows(
        "SELECT group_code, name_sv, name_en, valid_from, valid_to, by_age, longest_days, age_from, age_to, age_unit,"
        " sex FROM customer_group ORDER BY sort_order, group_code"
    )
    subgroups = [
        Subgroup(**row)
        for row in tx.rows(
            "SELECT group_code, subgroup_code, name_sv, name_en, valid_from, valid_to FROM subgroup"
            " ORDER BY group_code, sort_order, subgroup_code"
        )
    ]
    vaccines = tx.rows(
        "SELECT product_code, name, atc, npl_id, valid_from, valid_to, days_between, age_from, age_to, age_unit"
        " FROM vaccine ORDER BY name"
    )
    packs = tx.rows("SELECT gtin, product_code FROM vaccine_pack ORDER BY gtin")
    return Catalogue(
        units={row["unit_id"]: Unit(**row) for row in units},
        groups={
            row["group_code"]: Group(
                ages=_ages(row),
                sex=Sex(row["sex"]) if row["sex"] else None,
                subgroups=tuple(sub for sub in subgroups if sub.group_code == row["group_code"]),
                **_without_ages(row, "sex"),
            )
            for row in groups
        },
        vaccines={
            row["product_code"]: Vaccine(
                ages=_ages(row),
                gtins=tuple(pack["gtin"] for pack in packs if pack["product_code"] == row["product_code"]),
                **_without_ages(row),
            )
            for row in vaccines
        },
    )


def _ages(row: Row) -> AgeRange | None:
    if row["age_unit"] is None:
        return None
    return AgeRange(row["age_from"], row["age_to"], AgeUnit(row["age_unit"]))


def _without_ages(row: Row, *others: str) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("age_") and name not in others}
