"""Uppföljning: what the doses have brought in kronor, are to bring, could still bring, and have lost, and why.

Every dose of the own units is judged (see :mod:`mv.reimbursement.assessment`) and counted into a small table, the
cube (see :mod:`mv.follow_up.cube`), of which all figures are sums. The store counts the same doses and payments by
another road, so that the two can be set against each other. Nobody is shown, and nothing is logged but a refusal.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from mv import audit, catalogue
from mv.access import Action, Actor, in_own_units
from mv.follow_up.cube import differences, of_doses, together
from mv.reimbursement import rules as all_rules
from mv.reimbursement.assessment import of_own_units
from mv.store import Store

ATTEMPTS = 3
"""So often the doses are counted anew when they were changed while they were counted."""

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
CHANGED = {
    "dose_change": "changed_at",
    "membership_change": "changed_at",
    "payment_rule_change": "changed_at",
    "claim_change": "changed_at",
    "payment_file": "imported_at",
    "identity_change": "changed_at",
}
"""What the figures depend on, and when each row of it was written."""
RECENT = timedelta(days=1)
"""No transaction lasts longer, so that what was written before is in every figure that is younger."""

StateOfStore = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The cube; what the store counted itself; when, in which state of the store, and how many seconds it took."""

    cube: pd.DataFrame
    counted: pd.DataFrame
    at: datetime
    state: StateOfStore
    seconds: float


def state(store: Store, actor: Actor) -> StateOfStore:
    """Return something that differs when the figures may do so: the day, and the latest changes.

    Raises Forbidden, also where somebody else's figures are at hand.
    """
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    since = datetime.combine(store.now() - RECENT, datetime.min.time())
    with store.read() as tx:
        latest = [
            tx.rows(f"SELECT max({at}) AS last, count(*) AS changes FROM {table} WHERE {at} >= $1", since)[0]
            for table, at in CHANGED.items()
        ]
        files = tx.rows("SELECT value FROM meta WHERE key IN ('catalogue', 'payment_rules') ORDER BY key")
    return (store.today(),), *(tuple(row.values()) for row in (*latest, *files))


def figures(store: Store, actor: Actor) -> Figures:
    """Return the figures of the actor's own units, of all time. Raises Forbidden.

    A million doses take seconds; they are read part by part, and memory stays bounded.
    """
    start = time.perf_counter()
    for _ in range(ATTEMPTS):
        at, seen = store.now(), state(store, actor)
        with store.read() as tx:
            last = tx.rows("SELECT max(dose_id) AS last FROM dose")[0]["last"] or 0
        cube, counted = _cube(store, actor, last), _counted(store, actor, last)
        if not differences(cube, counted):
            break
    return Figures(cube, counted, at, seen, time.perf_counter() - start)


def _cube(store: Store, actor: Actor, last: int) -> pd.DataFrame:
    """Return the cube over the doses up to the one with the id ``last``."""
    rules = all_rules.load(store)
    judged = of_own_units(store, actor, rules, catalogue.load(store))
    return together([of_doses(frame[frame["dose_id"] <= last], rules) for frame in judged])


def _counted(store: Store, actor: Actor, last: int) -> pd.DataFrame:
    """Return by PLACE how many doses there are up to the one with the id ``last``, and what was paid for them."""
    own, units = in_own_units(actor, "d.unit_id", 2)
    with store.batches(COUNT.format(own=own), last, *units) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame.astype({"month": "datetime64[s]"})
