"""Filters on rows as people give them, validated and turned into SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from mv import audit, catalogue
from mv.access import Action, Actor, in_own_units, require_unit
from mv.catalogue import Catalogue
from mv.clock import day_bounds
from mv.errors import N_, Invalid
from mv.store import Store
from mv.store.where import Where
from mv.text import NamesByCode, find_codes, suggest_names

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


class Status(StrEnum):
    """Filter on active and inactive rows."""

    ALL = "all"
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters on rows. Days are Stockholm's; both ends of a span are included, and each may stand alone.

    ``group``, ``subgroup`` and ``unit`` are codes or names in any case, and match everything of that name.
    ``valid_from`` and ``valid_to`` take the rows whose period shares a day with theirs. ``as_of`` gives the status
    of a row at the end of that day, and leaves out rows that start later.
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
        """Return the filters that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None and value != Status.ALL}


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters as SQL on ``membership m``: a row's status, the condition, and the parameters of both."""

    known: Catalogue
    filters: Filters
    status: str
    where: str
    params: tuple[object, ...]

    @classmethod
    def permitted(cls, store: Store, actor: Actor, filters: Filters) -> Selection:
        """Select the rows that the actor may export. Raises Forbidden, logged, and Invalid, as :func:`select` does."""
        audit.permit(store, actor, Action.EXPORT_GROUPS)
        with audit.refusals(store, actor, Action.EXPORT_GROUPS):
            return select(catalogue.load(store), filters, store.today(), actor)

    def sql(self, text: str, part: str = "") -> str:
        """Fill in ``{status}``, ``{where}`` and ``{part}`` of ``text`` with SQL without values."""
        return text.format(status=self.status, where=self.where, part=part)


def select(known: Catalogue, filters: Filters, today: date, actor: Actor) -> Selection:
    """Turn the filters into SQL on the rows of the actor's own units.

    Raises Invalid for impossible days and unknown names, Forbidden for another unit.
    """
    _check_days(filters, today)
    inactive = "(m.valid_to <= $1 OR m.ended_reason = 'wrong')" if filters.as_of else "m.valid_to IS NOT NULL"
    status = f"CASE WHEN {inactive} THEN 'inactive' ELSE 'active' END"
    registered_from, registered_to = filters.registered_from, filters.registered_to
    where = Where()
    where.add("m.valid_from <= {}", filters.as_of)  # the first, since it is $1 above
    where.add(f"{status} = {{}}", None if filters.status == Status.ALL else filters.status.value)
    where.add("m.valid_from <= {}", filters.valid_to)
    where.add("(m.valid_to IS NULL OR m.valid_to >= {})", filters.valid_from)
    where.add("m.registered_at >= {}", registered_from and day_bounds(registered_from)[0])
    where.add("m.registered_at < {}", registered_to and day_bounds(registered_to)[1])
    for condition, codes in _name_conditions(known, filters, actor):
        where.add(condition, codes)
    where.add_numbered(*in_own_units(actor, "m.unit_id", where.next_number))
    return Selection(known, filters, status, str(where), tuple(where.params))


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


def _name_conditions(known: Catalogue, filters: Filters, actor: Actor) -> Iterator[tuple[str, list[str]]]:
    """Yield the conditions on group, unit and subgroup, with the codes that their names stand for."""
    groups = list(known.groups.values())
    if filters.group is not None:
        names = {g.group_code: (g.group_code, g.name_sv, g.name_en) for g in groups}
        found = _find(filters.group, names, N_("There is no group “{text}”. Did you mean: {names}?"))
        groups = [known.groups[code] for code in found]
        yield "m.group_code IN ({})", found
    if filters.unit is not None:
        units = {unit_id: (unit_id, unit.name) for unit_id, unit in known.units.items()}
        message = N_("There is no unit “{text}”. Did you mean: {names}?")
        chosen = _find(filters.unit, units, message)
        for unit_id in chosen:
            require_unit(actor, unit_id)
        yield "m.unit_id IN ({})", chosen
    if filters.subgroup is not None:
        subgroups = [sub for group in groups for sub in group.subgroups]
        if not subgroups:
            raise Invalid(N_("The group {group} has no subgroups."), group=groups[0])
        names = {f"{s.group_code}/{s.subgroup_code}": (s.subgroup_code, s.name_sv, s.name_en) for s in subgroups}
        message = N_("There is no subgroup “{text}”. Did you mean: {names}?")
        if filters.group is not None:
            message = N_("The group {group} has no subgroup “{text}”. Did you mean: {names}?")
        found = _find(filters.subgroup, names, message, group=groups[0])
        yield "m.group_code || '/' || m.subgroup_code IN ({})", found


def _find(text: str, things: NamesByCode, message: str, **params: Any) -> list[str]:
    """Return those of ``things`` with the name ``text``, in any case; raise Invalid(message) where there is none."""
    if found := find_codes(text, things):
        return found
    raise Invalid(message, text=text.strip(), names=suggest_names(text, things), **params)
