"""Which rows to take: filters as people give them, checked and turned into SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from mv.catalogue import Catalogue
from mv.clock import day_bounds
from mv.errors import N_, Invalid

Key = TypeVar("Key")

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
MOST_SUGGESTIONS = 5


class Status(StrEnum):
    """Which rows, by whether they are active."""

    ALL = "all"
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows to take. Days are Stockholm's; both ends of a span are included, and each may stand alone.

    ``group``, ``subgroup`` and ``unit`` are codes or names, in any case. ``valid_from`` and ``valid_to``
    take the rows whose period has a day in common with theirs. ``as_of`` gives the status that a row
    has at the end of that day, and leaves out rows that start later.
    """

    status: Status = Status.ALL
    group: str | None = None
    subgroup: str | None = None
    unit: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    as_of: date | None = None

    def given(self) -> dict[str, object]:
        """Return the filters that take a part of the rows, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None and value != Status.ALL}


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters as SQL on ``membership m``: a row's status, the condition, and the parameters of both."""

    known: Catalogue
    filters: Filters
    status: str
    where: str
    params: tuple[object, ...]

    def sql(self, text: str, part: str = "") -> str:
        """Return ``text`` with its ``{status}``, ``{where}`` and ``{part}`` filled in, by SQL without values."""
        return text.format(status=self.status, where=self.where, part=part)


def select(known: Catalogue, filters: Filters, today: date) -> Selection:
    """Return the filters as SQL. Raises Invalid for days that cannot be and for names that are not known."""
    _check_days(filters, today)
    filters, subgroups = _codes(known, filters)
    inactive = "(m.valid_to <= $1 OR m.ended_reason = 'wrong')" if filters.as_of else "m.valid_to IS NOT NULL"
    status = f"CASE WHEN {inactive} THEN 'inactive' ELSE 'active' END"
    registered_from, registered_to = filters.registered_from, filters.registered_to
    conditions: list[tuple[str, object]] = [
        ("m.valid_from <= {}", filters.as_of),  # the first, since it is $1 above
        (f"{status} = {{}}", None if filters.status == Status.ALL else filters.status.value),
        ("m.group_code = {}", filters.group),
        ("m.unit_id = {}", filters.unit),
        ("m.valid_from <= {}", filters.valid_to),
        ("(m.valid_to IS NULL OR m.valid_to >= {})", filters.valid_from),
        ("m.registered_at >= {}", registered_from and day_bounds(registered_from)[0]),
        ("m.registered_at < {}", registered_to and day_bounds(registered_to)[1]),
    ]
    given = [(condition, value) for condition, value in conditions if value is not None]
    where = [condition.format(f"${n}") for n, (condition, _) in enumerate(given, start=1)]
    if subgroups:
        keys = ", ".join(f"${n}" for n in range(len(given) + 1, len(given) + len(subgroups) + 1))
        where.append(f"m.group_code || '/' || m.subgroup_code IN ({keys})")
    params = (*(value for _, value in given), *subgroups)
    return Selection(known, filters, status, " AND ".join(where) or "TRUE", params)


def _check_days(filters: Filters, today: date) -> None:
    for day in filters.given().values():
        if isinstance(day, date) and not EARLIEST <= day <= LATEST:
            raise Invalid(
                N_("The day {day} cannot be right. Choose one from {first} to {last}."),
                day=day,
                first=EARLIEST,
                last=LATEST,
            )
    if filters.valid_from and filters.valid_to and filters.valid_from > filters.valid_to:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    if filters.registered_from and filters.registered_to and filters.registered_from > filters.registered_to:
        raise Invalid(N_("The first day of registration is after the last. Change one of them."))
    if filters.as_of and filters.as_of > today:
        raise Invalid(N_("The status can be given as of today, {today}, or an earlier day."), today=today)


def _codes(known: Catalogue, filters: Filters) -> tuple[Filters, list[str]]:
    """Return the filters with group and unit as codes, and the subgroups meant, as ``group/subgroup``."""
    group, unit = filters.group, filters.unit
    if group is not None:
        groups = {code: (code, g.name_sv, g.name_en) for code, g in known.groups.items()}
        group = _find(group, groups, N_("There is no group “{text}”. Did you mean: {names}?"))[0]
    if unit is not None:
        units = {code: (code, u.name) for code, u in known.units.items()}
        unit = _find(unit, units, N_("There is no unit “{text}”. Did you mean: {names}?"))[0]
    filters = replace(filters, group=group, unit=unit)
    if filters.subgroup is None:
        return filters, []
    subgroups = {
        f"{g.group_code}/{s.subgroup_code}": (s.subgroup_code, s.name_sv, s.name_en)
        for g in known.groups.values()
        for s in g.subgroups
        if group in (None, g.group_code)
    }
    if group and not subgroups:
        raise Invalid(N_("The group {group} has no subgroups."), group=known.groups[group])
    message = N_("There is no subgroup “{text}” to choose from. Did you mean: {names}?")
    if group:
        message = N_("The group {group} has no subgroup “{text}”. Did you mean: {names}?")
    return filters, _find(filters.subgroup, subgroups, message, group=group and known.groups[group])


def _find(text: str, things: Mapping[Key, Iterable[str]], message: str, **params: object) -> list[Key]:
    """Return the things of which one name is ``text``, in any case; where none is, raise Invalid(message)."""
    wanted = text.strip().casefold()
    if found := [key for key, names in things.items() if wanted in (name.casefold() for name in names)]:
        return found
    names = {name.casefold(): name for known in things.values() for name in known}
    close = get_close_matches(wanted, names, n=MOST_SUGGESTIONS) or [
        name for name in names if wanted and wanted in name
    ]
    suggestions = close[:MOST_SUGGESTIONS] or [next(iter(known)).casefold() for known in things.values()]
    shown = ", ".join(dict.fromkeys(names[name] for name in suggestions))
    raise Invalid(message, text=text.strip(), names=shown, **params)
