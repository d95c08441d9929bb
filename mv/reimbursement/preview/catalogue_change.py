"""The effect of a change of the catalogue: what still has a row that ends, and the doses that are paid differently.

What a dose is paid follows the ATC code of its vaccine and the region of its unit, and nothing else of the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from mv import audit
from mv.access import Action, Actor
from mv.catalogue.tables import GROUP, SUBGROUP, UNIT, VACCINE, CatalogueRow, Value
from mv.clock import day_bounds
from mv.reimbursement.preview.rule_change import Impact, compare, summarize
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store
from mv.store.engine import Transaction

RowChange = tuple[CatalogueRow | None, CatalogueRow]
"""A row as it was, None where it is added, and as it becomes."""
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
BOOKINGS = "SELECT count(*) AS n FROM booking WHERE {of} AND starts_at >= $2 AND state = 'booked'"
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


def paying_differently(changed: Sequence[RowChange]) -> list[RowChange]:
    """Return those of the changes by which doses given so far may be paid differently."""
    return [(was, becomes) for was, becomes in changed if was is not None and _basis(was) != _basis(becomes)]


def count_affected(store: Store, actor: Actor, changed: Sequence[RowChange]) -> int:
    """Return how many doses :func:`impact_at_own_units` has to adjudicate."""
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    condition, patterns = dose_frames.atc_condition(_kinds(changed), 1)
    with store.read() as tx:
        return int(tx.rows(AFFECTED.format(condition=condition), *patterns)[0]["n"])


def impact_at_own_units(store: Store, actor: Actor, changed: Sequence[RowChange]) -> Impact:
    """Return the impact, on doses given at the actor's own units, of other ATC codes and regions.

    Names no person; see :func:`mv.reimbursement.preview.rule_change.impact_at_own_units`.
    """
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    rules, kinds, effect = rule_table.load(store), _kinds(changed), Impact()
    for first, last in dose_frames.customer_ranges(store) if kinds else ():
        doses = dose_frames.read_doses(store, first, last, kinds)
        different = compare(doses, rules, rules, _after(doses, changed))
        own = different if actor.has_every_unit else different[different["unit_id"].isin(actor.own_units)]
        effect = effect.with_more(summarize(own))
    return effect


def _count(tx: Transaction, sql: str, of: str | None, *params: object) -> int:
    return int(tx.rows(sql.format(of=of), *params)[0]["n"]) if of else 0


def _basis(row: CatalogueRow) -> Value:
    """Return the value of the row by which doses are paid; None of a group."""
    of_payment = {UNIT.name: "region", VACCINE.name: "atc"}.get(row.table.name)
    return row.values[of_payment] if of_payment else None


def _kinds(changed: Sequence[RowChange]) -> list[str]:
    """Return the beginnings of ATC codes of all doses that may be paid differently."""
    paying = [row for pair in paying_differently(changed) for row in pair if row]
    if any(row.table is UNIT for row in paying):
        return [""]
    return sorted({str(_basis(row))[:ATC_LEVEL_4_LENGTH] for row in paying})


def _after(doses: pd.DataFrame, changed: Sequence[RowChange]) -> pd.DataFrame:
    for _was, becomes in paying_differently(changed):
        named, basis = ("unit_id", "region") if becomes.table is UNIT else ("product_code", "atc")
        doses = doses.assign(**{basis: doses[basis].mask(doses[named] == becomes.key, str(_basis(becomes)))})
    return doses
