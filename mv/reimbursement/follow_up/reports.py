"""Uppföljning: the amounts that the doses have brought in, will bring, could still bring, and have lost, and why.

Every dose of the own units is assessed (:mod:`mv.reimbursement.pricing.assessment`) and counted into a small table,
the cube (:mod:`mv.reimbursement.follow_up.cube`), of which all figures are sums. The store counts the same doses and
payments in another way, so that the two can be compared. Nobody is named, and only refusals are logged.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from mv import audit, catalogue
from mv.access import Action, Actor, in_own_units
from mv.reimbursement.follow_up.cube import combine, cube_of, differences
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.assessment import assess_units
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.store.engine import Transaction

ATTEMPTS = 3
"""Times that the doses are counted when they are changed meanwhile."""

COUNT = """
    SELECT CAST(date_trunc('month', d.given_on) AS DATE) AS month, d.unit_id, d.product_code, v.atc, d.group_code,
        d.subgroup_code, count(*) AS doses, CAST(COALESCE(sum(paid.ore), 0) AS BIGINT) AS received
    FROM dose d
    LEFT JOIN vaccine v ON v.product_code = d.product_code
    LEFT JOIN (
        SELECT l.dose_id, sum(p.ore) AS ore FROM payment p
        JOIN claim_line l ON l.claim_id = p.claim_id AND l.line_number = p.line_number GROUP BY l.dose_id
    ) AS paid ON paid.dose_id = d.dose_id
    WHERE d.dose_id <= $1 AND {own} GROUP BY 1, 2, 3, 4, 5, 6
"""
CHANGED_BY = dose_frames.CHANGED_BY | {Action.CHANGE_CLAIM, Action.IMPORT_PAYMENTS}
"""Actions that change the figures."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of figures: the day, the files of the catalogue, and the last change of the store."""

    day: date
    files: tuple[str, ...]
    last_entry: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The cube, what the store counted itself (see :data:`COUNT`), when, on which basis, and how long it took."""

    cube: pd.DataFrame
    counted: pd.DataFrame
    at: datetime
    basis: Basis
    seconds: float


def compute_figures(store: Store, actor: Actor) -> Figures:
    """Return the figures of the actor's own units, of all time. Raises Forbidden.

    A million doses take seconds; they are read part by part, so that memory stays bounded.
    """
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    start = time.perf_counter()
    for _ in range(ATTEMPTS):
        at = store.now()
        with store.read() as tx:
            basis = _basis(tx, store.today())
            last_dose = tx.rows("SELECT max(dose_id) AS last FROM dose")[0]["last"] or 0
        cube, counted = _cube(store, actor, last_dose), _counted(store, actor, last_dose)
        if not differences(cube, counted):
            break
    return Figures(cube, counted, at, basis, time.perf_counter() - start)


def are_outdated(store: Store, actor: Actor, found: Figures) -> bool:
    """Return whether anything that the figures depend on has changed since. Raises Forbidden."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        now = _basis(tx, store.today())
        changed = audit.changed_since(tx, found.basis.last_entry, CHANGED_BY)
    return bool(changed) or (now.day, now.files) != (found.basis.day, found.basis.files)


def _basis(tx: Transaction, day: date) -> Basis:
    files = tx.rows("SELECT value FROM meta WHERE key = 'catalogue'")
    return Basis(day, tuple(row["value"] for row in files), audit.last_entry_id(tx))


def _cube(store: Store, actor: Actor, last: int) -> pd.DataFrame:
    """Return the cube over the doses up to the one with the id ``last``."""
    rules = rule_table.load(store)
    assessed = assess_units(store, actor.units_to_filter, rules, catalogue.load(store))
    return combine([cube_of(_up_to(frame, last), rules) for frame in assessed])


def _up_to(doses: pd.DataFrame, last: int) -> pd.DataFrame:
    """Return the doses with ids up to ``last``; where that is all of them, without copying them."""
    within = doses["dose_id"] <= last
    return doses if within.all() else doses[within]


def _counted(store: Store, actor: Actor, last: int) -> pd.DataFrame:
    """Count by PLACE the doses up to the id ``last``, and sum up the payments for them."""
    own, units = in_own_units(actor, "d.unit_id", 2)
    with store.batches(COUNT.format(own=own), last, *units) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame.astype({"month": "datetime64[s]"})
