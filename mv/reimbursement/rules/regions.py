"""Regions: those without a rule of what is paid, and those that have decided not to follow it up.

A region that does not follow up has no rules: it takes its decision back first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict, Invalid
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Decision:
    """A region's decision not to follow up what is paid: when (UTC) and by whom, and when and by whom taken back."""

    region: str
    decided_at: datetime
    decided_by: str
    taken_back_at: datetime | None
    taken_back_by: str | None


def of_units(known: Catalogue, units: Iterable[str] | None = None) -> list[str]:
    """Return the regions of the units with these codes, of all where ``units`` is None, by name."""
    codes = known.units if units is None else known.units.keys() & set(units)
    return sorted({known.units[code].region for code in codes})


def without_rules(found: Sequence[Rule], known: Catalogue) -> list[str]:
    """Return the regions of units for which none of the rules is in force on any day, by name."""
    ruled = {rule.region for rule in found if rule.in_force}
    return [region for region in of_units(known) if region not in ruled]


def unfollowed(store: Store) -> frozenset[str]:
    """Return the regions that do not follow up what is paid."""
    with store.read() as tx:
        return read_unfollowed(tx)


def read_unfollowed(tx: Transaction) -> frozenset[str]:
    """Return the regions that do not follow up what is paid, in the open transaction."""
    return frozenset(
        row["region"] for row in tx.rows("SELECT region FROM unfollowed_region WHERE taken_back_at IS NULL")
    )


def decisions(store: Store, actor: Actor) -> list[Decision]:
    """Return every decision not to follow up, those taken back too, the latest first."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    sql = """
        SELECT region, decided_at, decided_by, taken_back_at, taken_back_by FROM unfollowed_region
        ORDER BY decision_id DESC
    """
    with store.read() as tx:
        return [Decision(**row) for row in tx.rows(sql)]


def stop_follow_up(store: Store, actor: Actor, region: str) -> None:
    """Decide that the region does not follow up what is paid.

    Raises Invalid for a region without units, Conflict where it has rules in force or has decided so already.
    """

    def work(tx: Transaction) -> None:
        if region not in of_units(catalogue.read(tx)):
            raise Invalid(N_("No unit belongs to the region {region}. Check how it is written."), region=region)
        if any(rule.region == region for rule in rule_table.read(tx)):
            raise Conflict(N_("{region} has rules in force. Remove them first, or let them be."), region=region)
        require_followed(tx, region)
        at = store.now()
        sql = "INSERT INTO unfollowed_region (region, active_key, decided_at, decided_by) VALUES ($1, $1, $2, $3)"
        tx.execute(sql, region, at, actor.user_id)
        audit.record(tx, at, actor, Action.CHANGE_RULE, region=region, change="follow_up_stopped")

    audit.perform(store, actor, Action.CHANGE_RULE, work)


def resume_follow_up(store: Store, actor: Actor, region: str) -> None:
    """Take back that the region does not follow up what is paid. Raises Conflict where that is not decided."""

    def work(tx: Transaction) -> None:
        at = store.now()
        ended = tx.row(
            "UPDATE unfollowed_region SET active_key = NULL, taken_back_at = $2, taken_back_by = $3"
            " WHERE active_key = $1 RETURNING decision_id",
            region, at, actor.user_id,
        )  # fmt: skip
        if ended is None:
            raise Conflict(N_("{region} follows up what is paid already."), region=region)
        audit.record(tx, at, actor, Action.CHANGE_RULE, region=region, change="follow_up_resumed")

    audit.perform(store, actor, Action.CHANGE_RULE, work)


def require_followed(tx: Transaction, region: str) -> None:
    """Raise Conflict where the region has decided not to follow up what is paid."""
    if region in read_unfollowed(tx):
        raise Conflict(N_("{region} has decided not to follow up what is paid. Take that back first."), region=region)
