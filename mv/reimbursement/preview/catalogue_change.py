"""The effect of a change of the catalogue: what still has a row that ends, and the doses that are paid differently.

What a dose is paid follows the ATC code of its vaccine and the region of its unit, and nothing else of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from mv import audit
from mv.access import Action, Actor
from mv.catalogue.tables import GROUP, SUBGROUP, UNIT, VACCINE, CatalogueRow
from mv.clock import day_bounds
from mv.reimbursement.preview.rule_change import Impact, compare, summarize
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store
from mv.store.engine import Transaction

OF_DOSE = {
    UNIT.name: "unit_id = $1",
    GROUP.name: "group_code = $1",
    SUBGROUP.name: "group_code || '/' || subgroup_code = $1",
    VACCINE.name: "product_code = $1",
}
"""The condition, by table, that a dose names the row with the code $1."""
OF_MEMBERSHIP = {name: sql for name, sql in OF_DOSE.items() if name != VACCINE.name}
OF_BOOKING = {name: sql for name, sql in OF_DOSE.items() if name in (UNIT.name, VACCINE.name)}
DOSES = "SELECT count(*) AS n FROM dose WHERE {of} AND given_on > $2 AND withdrawn_at IS NULL"
MEMBERSHIPS = """
    SELECT count(*) AS n FROM membership
    WHERE {of} AND (valid_to IS NULL OR valid_to > $2) AND ended_reason IS DISTINCT FROM 'wrong'
"""
BOOKINGS = "SELECT count(*) AS n FROM booking WHERE {of} AND starts_at >= $2"
AFFECTED = """
    SELECT count(*) AS n FROM dose d JOIN vaccine v ON v.product_code = d.product_code WHERE {condition}
"""


@dataclass(frozen=True, slots=True)
class LaterRecords:
    """How many doses, groups of customers and bookings name a row of the catalogue after a day."""

    doses: int = 0
    memberships: int = 0
    bookings: int = 0

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.doses or self.memberships or self.bookings)


def records_after(store: Store, actor: Actor, row: CatalogueRow, last: date) -> LaterRecords:
    """Count what names the row after the day ``last``: doses given, groups that apply, bookings."""
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    name, key = row.table.name, row.key
    with store.read() as tx:
        return LaterRecords(
            _count(tx, DOSES, OF_DOSE.get(name), key, last),
            _count(tx, MEMBERSHIPS, OF_MEMBERSHIP.get(name), key, last),
            _count(tx, BOOKINGS, OF_BOOKING.get(name), key, day_bounds(last)[1]),
        )


def changes_payment(was: CatalogueRow | None, becomes: CatalogueRow) -> bool:
    """Return whether doses given so far may be paid differently by the change."""
    of_payment = {UNIT.name: "region", VACCINE.name: "atc"}.get(becomes.table.name)
    return was is not None and of_payment is not None and was.values[of_payment] != becomes.values[of_payment]


def count_affected(store: Store, actor: Actor, was: CatalogueRow, becomes: CatalogueRow) -> int:
    """Return how many doses :func:`impact_at_own_units` has to adjudicate."""
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    condition, patterns = dose_frames.atc_condition(_kinds(was, becomes), 1)
    with store.read() as tx:
        return int(tx.rows(AFFECTED.format(condition=condition), *patterns)[0]["n"])


def impact_at_own_units(store: Store, actor: Actor, was: CatalogueRow, becomes: CatalogueRow) -> Impact:
    """Return the impact, on doses given at the actor's own units, of an other ATC code or region.

    Names no person; see :func:`mv.reimbursement.preview.rule_change.impact_at_own_units`.
    """
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    rules, effect = rule_table.load(store), Impact()
    for first, last in dose_frames.customer_ranges(store):
        doses = dose_frames.read_doses(store, first, last, _kinds(was, becomes))
        changed = compare(doses, rules, rules, _after(doses, becomes))
        own = changed if actor.has_every_unit else changed[changed["unit_id"].isin(actor.own_units)]
        effect = effect.with_more(summarize(own))
    return effect


def _count(tx: Transaction, sql: str, of: str | None, *params: object) -> int:
    return int(tx.rows(sql.format(of=of), *params)[0]["n"]) if of else 0


def _kinds(was: CatalogueRow, becomes: CatalogueRow) -> list[str]:
    """Return the beginnings of ATC codes of all doses that may be paid differently."""
    if becomes.table is not VACCINE:
        return [""]
    return sorted({str(row.values["atc"])[:ATC_LEVEL_4_LENGTH] for row in (was, becomes)})


def _after(doses: pd.DataFrame, becomes: CatalogueRow) -> pd.DataFrame:
    if becomes.table is VACCINE:
        of_row = doses["product_code"] == becomes.key
        return doses.assign(atc=doses["atc"].mask(of_row, str(becomes.values["atc"])))
    of_row = doses["unit_id"] == becomes.key
    return doses.assign(region=doses["region"].mask(of_row, str(becomes.values["region"])))
