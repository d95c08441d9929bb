"""Nyårslistan: customers who enter or leave an age group on a 1 January, and the status of their membership."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import StringIO

import pandas as pd
import pyarrow as pa

from mv import audit, catalogue, customers
from mv.access import Action, Actor, in_own_units
from mv.audit import ExportedList
from mv.catalogue import Catalogue
from mv.customers import Customer
from mv.errors import N_
from mv.i18n import SWEDISH, Language, translate
from mv.identity import format_identity
from mv.pseudonyms import TEXT
from mv.reimbursement.checks.age_transitions import AgeTransition, Direction, age_transitions
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import neutralise_formulas

BYTE_ORDER_MARK = "\ufeff"
HEADINGS = (
    N_("Identity number"), N_("Customer"), N_("Birth date"), N_("Unit"), N_("Group"), N_("On 1 January"),
    N_("Member since"),
)  # fmt: skip
PART = """
    (CAST({} AS INTEGER), CAST({} AS VARCHAR), CAST({} AS VARCHAR), CAST({} AS DATE), CAST({} AS DATE),
    CAST({} AS BOOLEAN))
"""
TRANSITIONS = """
    SELECT p.place, c.customer_id, c.birth_date, min(m.membership_id) AS membership_id
    FROM (VALUES {parts}) AS p (place, group_code, region, first_birth, last_birth, is_member)
    JOIN customer c ON c.birth_date BETWEEN p.first_birth AND p.last_birth
    JOIN unit u ON u.unit_id = c.unit_id AND u.region = p.region
    LEFT JOIN membership m ON m.customer_id = c.customer_id AND m.group_code = p.group_code AND m.valid_to IS NULL
    WHERE {own} AND c.merged_into IS NULL AND c.deceased_on IS NULL
    GROUP BY p.place, p.is_member, c.customer_id, c.birth_date
    HAVING (min(m.membership_id) IS NOT NULL) = p.is_member
"""
NAMED = """
    SELECT t.place, c.customer_id, c.identity, c.birth_date, c.given_name, c.family_name, c.unit_id, c.deceased_on,
        t.membership_id, m.valid_from
    FROM ({some}) AS t JOIN customer c ON c.customer_id = t.customer_id
    LEFT JOIN membership m ON m.membership_id = t.membership_id
    ORDER BY t.place, c.birth_date, c.customer_id
"""


class GroupStatus(StrEnum):
    """The status of a person's membership."""

    LACKS = "lacks"
    """Turns into the group, and is not in it yet."""
    HAS = "has"
    """Turns into the group, and is in it already."""
    ENDS = "ends"
    """Turns out of the group, and is in it still."""


GROUP_STATUSES: Mapping[GroupStatus, str] = {
    GroupStatus.LACKS: N_("turns into the group, and lacks it"),
    GroupStatus.HAS: N_("turns into the group, and has it already"),
    GroupStatus.ENDS: N_("turns out of the group, which is to end"),
}
"""The name of each status on the screen."""


@dataclass(frozen=True, slots=True)
class Filters:
    """A selection by group and status; None is every one."""

    group_code: str | None = None
    status: GroupStatus | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """The number of people of a group with a status."""

    group_code: str
    status: GroupStatus
    people: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person who enters or leaves a group, and the membership in it, if there is one."""

    customer: Customer
    group_code: str
    status: GroupStatus
    membership_id: int | None
    valid_from: date | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A transition restricted to one status."""

    transition: AgeTransition
    status: GroupStatus


def counts(store: Store, actor: Actor, year: int) -> list[Count]:
    """Count the customers of own units who enter or leave each group on 1 January of ``year``.

    Names nobody, and is not logged. Those who leave a group without being in it are left out.
    """
    audit.permit(store, actor, Action.VIEW_CHECKS)
    parts = _parts(store, year, Filters())
    if not parts:
        return []
    some, params = _transitions(parts, actor)
    with store.read() as tx:
        rows = tx.rows(f"SELECT place, count(*) AS people FROM ({some}) AS t GROUP BY place", *params)
    people = {row["place"]: row["people"] for row in rows}
    summed: dict[tuple[str, GroupStatus], int] = {}
    for place, part in enumerate(parts):
        key = part.transition.group_code, part.status
        summed[key] = summed.get(key, 0) + people.get(place, 0)
    return [Count(*key, number) for key, number in summed.items()]


def people(store: Store, actor: Actor, year: int, filters: Filters, *, limit: int, offset: int = 0) -> list[Person]:
    """Return a page of the selected people, by group and birth date; each is logged as looked at."""
    audit.permit(store, actor, Action.VIEW_CHECKS)
    parts = _parts(store, year, filters)
    if not parts:
        return []
    some, params = _transitions(parts, actor)
    n = len(params)
    page = f"{some} ORDER BY place, birth_date, customer_id LIMIT ${n + 1} OFFSET ${n + 2}"

    def work(tx: Transaction) -> list[Person]:
        rows = tx.rows(NAMED.format(some=page), *params, limit, offset)
        audit.record_look(tx, store.now(), actor, Action.VIEW_CHECKS, [row["customer_id"] for row in rows])
        return [
            Person(
                Customer(**{name: row[name] for name in customers.COLUMNS.split(", ")}),
                parts[row["place"]].transition.group_code,
                parts[row["place"]].status,
                row["membership_id"],
                row["valid_from"],
            )
            for row in rows
        ]

    return audit.perform(store, actor, Action.VIEW_CHECKS, work)


def filename(year: int) -> str:
    """Return a file name that names no person."""
    return f"nyarslista_{year}.csv"


def csv_chunks(
    store: Store, actor: Actor, year: int, filters: Filters, language: Language = SWEDISH
) -> Iterator[bytes]:
    """Log the export and return the list piece by piece, as CSV that a Swedish spreadsheet opens.

    It has identity numbers, which the actor's role has to include. Raises Forbidden at once.
    """
    audit.permit(store, actor, Action.VIEW_CHECKS)
    audit.permit(store, actor, Action.EXPORT_IDENTITIES)
    parts, known = _parts(store, year, filters), catalogue.load(store)
    some, params = _transitions(parts, actor) if parts else ("", [])

    def log(tx: Transaction) -> None:
        rows = tx.rows(f"SELECT count(*) AS n FROM ({some}) AS t", *params)[0]["n"] if parts else 0
        born = sorted({f"{part.transition.first}/{part.transition.last}" for part in parts})
        audit.record_export(
            tx, store.now(), actor, ExportedList.NEW_YEAR, rows=rows, identities=True, year=year, born=born
        )

    store.write(log)

    def pieces() -> Iterator[bytes]:
        yield (BYTE_ORDER_MARK + _lines([[translate(heading, language) for heading in HEADINGS]])).encode()
        if parts:
            with store.batches(NAMED.format(some=some), *params) as batches:
                for batch in batches:
                    yield _lines(_cells(batch, parts, known, store.today(), language)).encode()

    return pieces()


def _parts(store: Store, year: int, filters: Filters) -> list[_Part]:
    """Return the selected transitions, by group and status."""
    known = catalogue.load(store)
    found = []
    for transition in age_transitions(rule_table.load(store), known.groups.values(), date(year, 1, 1)):
        into = transition.direction == Direction.INTO
        for status in (GroupStatus.LACKS, GroupStatus.HAS) if into else (GroupStatus.ENDS,):
            if filters.group_code in (None, transition.group_code) and filters.status in (None, status):
                found.append(_Part(transition, status))
    return found


def _transitions(parts: Sequence[_Part], actor: Actor) -> tuple[str, list[object]]:
    """Return the query for the customers of own units in ``parts``, each with the place of its part, and parameters."""
    lines, params = [], list[object]()
    for place, part in enumerate(parts):
        transition = part.transition
        values = (
            place,
            transition.group_code,
            transition.region,
            transition.first,
            transition.last,
            part.status != GroupStatus.LACKS,
        )
        lines.append(PART.format(*(f"${n}" for n in range(len(params) + 1, len(params) + len(values) + 1))))
        params.extend(values)
    own, units = in_own_units(actor, "c.unit_id", len(params) + 1)
    return TRANSITIONS.format(parts=", ".join(lines), own=own), [*params, *units]


def _cells(
    batch: pa.RecordBatch, parts: Sequence[_Part], known: Catalogue, today: date, language: Language
) -> Iterator[list[str]]:
    rows = batch.to_pylist()
    names = neutralise_formulas(pd.Series([f"{row['given_name']} {row['family_name']}" for row in rows], dtype=TEXT))
    units = {unit_id: unit.name for unit_id, unit in known.units.items()}
    for row, name in zip(rows, names, strict=True):
        part = parts[row["place"]]
        yield [
            format_identity(row["identity"], today),
            name,
            str(row["birth_date"]),
            units.get(row["unit_id"], row["unit_id"]),
            known.groups[part.transition.group_code].label(language),
            translate(GROUP_STATUSES[part.status], language),
            str(row["valid_from"] or ""),
        ]


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
