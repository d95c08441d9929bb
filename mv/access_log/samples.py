"""Loggkontroll: random samples of the access log, each entry judged, the result documented.

HSLF-FS 2016:40, chapter 4, 9 §, asks for systematic, recurring checks that are documented. A sample can be
reproduced: its population is the entries with patient data, of the check's units and filters, up to the number
``head_entry_id``, counted from 0 in order of their number, and the places drawn are Python's
``random.Random(seed).sample(range(population), size)``.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from mv import audit
from mv.access import EVERY_UNIT, Action, Actor
from mv.access_log import entries
from mv.access_log.entries import WITH_NAMES, WITH_PATIENT_DATA, Filters, LogEntry
from mv.errors import N_, Conflict, Forbidden, Invalid, NotFound
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.text import clean_note

MOST_ENTRIES = 500
LONGEST_NOTE = 500
LONGEST_CONCLUSION = 2_000
SEEDS = 2**31
NO_UNIT = "-"
"""Among the units of a check: entries without a unit are in the population, as they are since this stands there."""
CHECKS = """
    SELECT k.check_id, k.drawn_at, k.drawn_by, COALESCE(u.name, k.drawn_by) AS drawn_by_name, k.unit_id, k.units,
        k.filters, k.population, k.size, k.seed, k.head_entry_id, k.head_hash, k.closed_at, k.closed_by,
        COALESCE(v.name, k.closed_by) AS closed_by_name, k.conclusion, COALESCE(e.judged, 0) AS judged,
        COALESCE(e.to_examine, 0) AS to_examine
    FROM log_check k
    LEFT JOIN (
        SELECT check_id, count(verdict) AS judged, count(CASE WHEN verdict = 'to_examine' THEN 1 END) AS to_examine
        FROM log_check_entry GROUP BY check_id
    ) e ON e.check_id = k.check_id
    LEFT JOIN app_user u ON u.user_id = k.drawn_by LEFT JOIN app_user v ON v.user_id = k.closed_by
"""


OWN_ENTRY = """
    SELECT 1 AS found FROM log_check_entry e JOIN access_log a ON a.entry_id = e.entry_id
    WHERE e.check_id = $1 AND e.place = $2 AND a.user_id = $3
"""


class Verdict(StrEnum):
    """Result of the review of an entry."""

    IN_ORDER = "in_order"
    TO_EXAMINE = "to_examine"


@dataclass(frozen=True, slots=True)
class Check:
    """A sample, its draw and the progress of its review; instants are naive UTC.

    ``units`` are the units of the entries in the population; the head is the end of the log at the draw.
    """

    check_id: int
    drawn_at: datetime
    drawn_by: str
    drawn_by_name: str
    unit_id: str
    units: frozenset[str]
    filters: Mapping[str, Any]
    population: int
    size: int
    seed: int
    head_entry_id: int
    head_hash: str
    closed_at: datetime | None
    closed_by: str | None
    closed_by_name: str | None
    conclusion: str | None
    judged: int
    to_examine: int

    @property
    def closed(self) -> bool:
        """State of the check: a closed one can no longer be changed."""
        return self.closed_at is not None


@dataclass(frozen=True, slots=True)
class ReviewedEntry:
    """An entry with its place in the sample and its verdict, which is None until the entry is judged."""

    place: int
    entry: LogEntry
    verdict: str | None
    note: str
    judged_at: datetime | None
    judged_by: str | None
    judged_by_name: str | None
    version: int


def draw(store: Store, actor: Actor, filters: Filters, size: int, seed: int | None = None) -> Check:
    """Draw ``size`` entries with patient data, or all if fewer, that match the filters at the actor's own units.

    Raises Invalid when there are none, for an impossible size and impossible days, Forbidden for another unit.
    """
    sown = secrets.randbelow(SEEDS) if seed is None else seed

    def work(tx: Transaction) -> Check:
        if not 1 <= size <= MOST_ENTRIES:
            raise Invalid(N_("A sample has from 1 to {most} entries."), most=MOST_ENTRIES)
        at, units = store.now(), _units(actor, filters)
        (head,) = tx.rows("SELECT entry_id, hash FROM log_head WHERE log = 'access'")
        population, drawn = _draw_entries(tx, actor, filters, head["entry_id"], size, sown, NO_UNIT in units)
        if not drawn:
            raise Invalid(N_("There is no entry with patient data to draw from. Choose other days or fewer filters."))
        given = json.dumps(filters.given(), sort_keys=True)
        row = tx.row(
            """
            INSERT INTO log_check (drawn_at, drawn_by, unit_id, units, filters, population, size, seed, head_entry_id,
                head_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING check_id
            """,
            at, actor.user_id, actor.unit_id, " ".join(sorted(units)), given, population, len(drawn), sown,
            head["entry_id"], head["hash"],
        )  # fmt: skip
        assert row is not None  # noqa: S101 (an INSERT that returns nothing has raised)
        for place, entry_id in enumerate(drawn, start=1):
            sql = "INSERT INTO log_check_entry (check_id, place, entry_id) VALUES ($1, $2, $3)"
            tx.execute(sql, row["check_id"], place, entry_id)
        detail = {"check": row["check_id"], "filters": filters.given(), "entries": len(drawn)}
        audit.record(tx, at, actor, Action.CHECK_LOG, **detail)
        return _get(tx, actor, row["check_id"])

    return audit.perform(store, actor, Action.CHECK_LOG, work)


def verify_draw(store: Store, actor: Actor, check_id: int) -> bool:
    """Return True if the check's filters and seed still give its entries. Shows nobody's data.

    Raises Forbidden for a check of other units, NotFound.
    """
    audit.permit(store, actor, Action.CHECK_LOG)
    with audit.refusals(store, actor, Action.CHECK_LOG), store.read() as tx:
        check = _get(tx, actor, check_id)
        drawer, filters = replace(actor, unit_id="", units=check.units - {NO_UNIT}), _filters(check)
        among = NO_UNIT in check.units
        population, drawn = _draw_entries(tx, drawer, filters, check.head_entry_id, check.size, check.seed, among)
        rows = tx.rows("SELECT entry_id FROM log_check_entry WHERE check_id = $1 ORDER BY place", check_id)
    return (population, drawn) == (check.population, [row["entry_id"] for row in rows])


def list_checks(store: Store, actor: Actor) -> list[Check]:
    """List the checks whose units are all the actor's own, the latest first. Shows nobody's data."""
    audit.permit(store, actor, Action.CHECK_LOG)
    with store.read() as tx:
        found = [_check(row) for row in tx.rows(f"{CHECKS} ORDER BY k.check_id DESC")]
    return [check for check in found if _may_see(actor, check)]


def read_sample(store: Store, actor: Actor, check_id: int) -> list[ReviewedEntry]:
    """Return the check's entries in order of time, each with its verdict; the look is logged.

    Entries pruned since the draw are left out. Raises Forbidden for a check of other units, NotFound.
    """
    audit.permit(store, actor, Action.VIEW_LOG)
    with audit.refusals(store, actor, Action.VIEW_LOG), store.read() as tx:
        _get(tx, actor, check_id)
    entries.look(store, actor, check=check_id)
    with store.read() as tx:
        return _read(tx, check_id)


def review(
    store: Store, actor: Actor, check_id: int, place: int, seen_version: int, verdict: Verdict | None, note: str
) -> None:
    """Record the verdict and note on the entry at ``place``, which can change until the check is closed.

    Raises Invalid for an entry to examine without a note, and for a note that is too long or holds what may be
    an identity number; Conflict when the check is closed or somebody else judged the entry since
    ``seen_version``; Forbidden for a check of other units, and for an access of the actor's own; NotFound.
    """

    def work(tx: Transaction) -> None:
        if verdict is None:
            raise Invalid(N_("Choose whether the entry is in order."))
        text = clean_note(note, LONGEST_NOTE)
        if verdict == Verdict.TO_EXAMINE and not text:
            raise Invalid(N_("Write what there is to examine."))
        _lock_open(tx, actor, check_id)
        if tx.row(OWN_ENTRY, check_id, place, actor.user_id):
            raise Forbidden(N_("This is an access of your own. Somebody else has to judge it."))
        at = store.now()
        row = tx.row(
            """
            UPDATE log_check_entry SET verdict = $1, note = $2, judged_at = $3, judged_by = $4, version = version + 1
            WHERE check_id = $5 AND place = $6 AND version = $7 RETURNING entry_id
            """,
            verdict, text, at, actor.user_id, check_id, place, seen_version,
        )  # fmt: skip
        if row is None:
            raise Conflict(N_("Somebody else judged this entry. It is shown as it is now; nothing was overwritten."))
        audit.record(tx, at, actor, Action.CHECK_LOG, check=check_id, entry=row["entry_id"], verdict=verdict)

    audit.perform(store, actor, Action.CHECK_LOG, work)


def close(store: Store, actor: Actor, check_id: int, conclusion: str) -> Check:
    """Close the check with its conclusion, for good, and return it.

    Raises Conflict while an entry is not judged and when it is closed already; Invalid for a conclusion that is
    missing, too long, or holds what may be an identity number; Forbidden for a check of other units; NotFound.
    """

    def work(tx: Transaction) -> Check:
        text = clean_note(conclusion, LONGEST_CONCLUSION)
        if not text:
            raise Invalid(N_("Write a conclusion: what the check showed, and what is done about it."))
        check = _lock_open(tx, actor, check_id)
        if check.judged < check.size:
            raise Conflict(N_("Entries that are not judged yet: {count}."), count=check.size - check.judged)
        at = store.now()
        sql = "UPDATE log_check SET closed_at = $1, closed_by = $2, conclusion = $3 WHERE check_id = $4"
        tx.execute(sql, at, actor.user_id, text, check_id)
        audit.record(tx, at, actor, Action.CHECK_LOG, check=check_id, closed=True)
        return _get(tx, actor, check_id)

    return audit.perform(store, actor, Action.CHECK_LOG, work)


def export_check(store: Store, actor: Actor, check_id: int) -> tuple[Check, list[ReviewedEntry]]:
    """Return the check and its entries for a document, and log the export.

    Raises Forbidden for a check of other units, NotFound.
    """

    def work(tx: Transaction) -> tuple[Check, list[ReviewedEntry]]:
        check = _get(tx, actor, check_id)
        audit.record(tx, store.now(), actor, Action.CHECK_LOG, check=check_id, document=True)
        return check, _read(tx, check_id)

    return audit.perform(store, actor, Action.CHECK_LOG, work)


def _units(actor: Actor, filters: Filters) -> frozenset[str]:
    if filters.unit_id is not None:
        return frozenset({filters.unit_id})
    return frozenset({EVERY_UNIT}) if actor.has_every_unit else actor.own_units | {NO_UNIT}


def _draw_entries(
    tx: Transaction, actor: Actor, filters: Filters, head: int, size: int, seed: int, without_unit: bool
) -> tuple[int, list[int]]:
    where, params = entries.condition(actor, filters, without_unit=without_unit)
    taken = f"FROM access_log l WHERE {where} AND {WITH_PATIENT_DATA} AND l.entry_id <= ${len(params) + 1}"
    (found,) = tx.rows(f"SELECT count(*) AS n {taken}", *params, head)
    population: int = found["n"]
    places = random.Random(seed).sample(range(population), min(size, population))  # noqa: S311 (to be drawn anew)
    if not places:
        return population, []
    counted = f"SELECT l.entry_id, row_number() OVER (ORDER BY l.entry_id) - 1 AS place {taken}"
    sql = f"SELECT entry_id FROM ({counted}) l WHERE place = ANY(${len(params) + 2}) ORDER BY entry_id"
    return population, [row["entry_id"] for row in tx.rows(sql, *params, head, places)]


def _filters(check: Check) -> Filters:
    days = {name: date.fromisoformat(check.filters[name]) for name in ("first", "last") if name in check.filters}
    return Filters(**{**check.filters, **days})


def _lock_open(tx: Transaction, actor: Actor, check_id: int) -> Check:
    """Lock the check until ``tx`` ends, and return it. Raises Conflict for a closed one."""
    check = _get(tx, actor, check_id)
    sql = "UPDATE log_check SET version = version + 1 WHERE check_id = $1 AND closed_at IS NULL RETURNING check_id"
    if check.closed or tx.row(sql, check_id) is None:
        raise Conflict(N_("The check is closed, and can no longer be changed."))
    return _get(tx, actor, check_id)


def _get(tx: Transaction, actor: Actor, check_id: int) -> Check:
    row = tx.row(f"{CHECKS} WHERE k.check_id = $1", check_id)
    if row is None:
        raise NotFound(N_("There is no such check of the log."))
    check = _check(row)
    if not _may_see(actor, check):
        raise Forbidden(N_("The check is about units that are not yours."))
    return check


def _may_see(actor: Actor, check: Check) -> bool:
    return actor.has_every_unit or check.units - {NO_UNIT} <= actor.own_units


def _check(row: Row) -> Check:
    return Check(**{**row, "units": frozenset(row["units"].split()), "filters": json.loads(row["filters"])})


def _read(tx: Transaction, check_id: int) -> list[ReviewedEntry]:
    some = "SELECT a.* FROM access_log a JOIN log_check_entry e ON e.entry_id = a.entry_id WHERE e.check_id = $1"
    known = {row["entry_id"]: entries.entry(row) for row in tx.rows(WITH_NAMES.format(entries=some), check_id)}
    sql = """
        SELECT e.place, e.entry_id, e.verdict, COALESCE(e.note, '') AS note, e.judged_at, e.judged_by,
            COALESCE(u.name, e.judged_by) AS judged_by_name, e.version
        FROM log_check_entry e LEFT JOIN app_user u ON u.user_id = e.judged_by
        WHERE e.check_id = $1 ORDER BY e.place
    """
    rows = [(known.get(row.pop("entry_id")), row) for row in tx.rows(sql, check_id)]
    return [ReviewedEntry(entry=entry, **row) for entry, row in rows if entry is not None]
