"""Whom there is to claim from, and one at a time who changes what is claimed from a payer."""

from __future__ import annotations

from mv import audit
from mv.access import Action, Actor
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.store.engine import Transaction

USUAL_DAYS_TO_PAY = 30
"""After so many days a line is overdue, where nothing else is agreed with the payer (räntelagen (1975:635), 4 §)."""
FIRST_VERSION = 1


def names(store: Store, actor: Actor) -> list[str]:
    """Return whom there is to claim from: who pays by a rule, or was claimed from before; in order of name."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        return known(tx)


def known(tx: Transaction) -> list[str]:
    """Return what :func:`names` returns, as the open transaction sees it."""
    claimed = {row["payer"] for row in tx.rows("SELECT DISTINCT payer FROM claim")}
    return sorted(claimed.union(rule_table.payers(rule_table.read(tx))))


def version(tx: Transaction, payer: str) -> int:
    """Return what :func:`hold` compares: it is raised by whatever changes what is claimed from the payer."""
    row = tx.row("SELECT version FROM payer WHERE payer = $1", payer)
    return row["version"] if row else FIRST_VERSION


def lock(tx: Transaction, payer: str, seen_version: int | None = None) -> bool:
    """Keep others from changing what is claimed from the payer, and what was paid, until ``tx`` ends.

    Return False, and hold nothing, when somebody has done that since ``seen_version``.
    """
    tx.execute(
        "INSERT INTO payer (payer, days_to_pay) VALUES ($1, $2) ON CONFLICT (payer) DO NOTHING",
        payer,
        USUAL_DAYS_TO_PAY,
    )
    condition, seen = ("", ()) if seen_version is None else (" AND version = $2", (seen_version,))
    sql = f"UPDATE payer SET version = version + 1 WHERE payer = $1{condition} RETURNING version"
    return tx.row(sql, payer, *seen) is not None
