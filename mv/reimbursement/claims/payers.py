"""Payers: the list of them, and the lock by which changes of one payer's claims and payments take turns."""

from __future__ import annotations

from mv import audit
from mv.access import Action, Actor
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.store.engine import Transaction

USUAL_DAYS_TO_PAY = 30
"""Days after which a line is overdue unless agreed otherwise with the payer (räntelagen (1975:635), 4 §)."""
FIRST_VERSION = 1


def names(store: Store, actor: Actor) -> list[str]:
    """Return the payers by name: those of rules that pay, and those of earlier claims."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        return known(tx)


def known(tx: Transaction) -> list[str]:
    """Return the payers as :func:`names` does, in the open transaction."""
    claimed = {row["payer"] for row in tx.rows("SELECT DISTINCT payer FROM claim")}
    return sorted(claimed.union(rule_table.payers(rule_table.read(tx))))


def version(tx: Transaction, payer: str) -> int:
    """Return the version of the payer, which every change of its claims or payments raises; see :func:`lock`."""
    row = tx.row("SELECT version FROM payer WHERE payer = $1", payer)
    return row["version"] if row else FIRST_VERSION


def lock(tx: Transaction, payer: str, seen_version: int | None = None) -> bool:
    """Lock the payer's claims and payments until the transaction ends, and raise the payer's version.

    Return False, without a lock, when the version is no longer ``seen_version``.
    """
    tx.execute(
        "INSERT INTO payer (payer, days_to_pay) VALUES ($1, $2) ON CONFLICT (payer) DO NOTHING",
        payer,
        USUAL_DAYS_TO_PAY,
    )
    condition, seen = ("", ()) if seen_version is None else (" AND version = $2", (seen_version,))
    sql = f"UPDATE payer SET version = version + 1 WHERE payer = $1{condition} RETURNING version"
    return tx.row(sql, payer, *seen) is not None
