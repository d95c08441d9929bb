"""Imported payment files, and the withdrawal of one as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mv import audit
from mv.access import Action, Actor
from mv.errors import N_, Conflict, Forbidden, NotFound
from mv.reimbursement.claims import payers
from mv.reimbursement.claims.line_references import reference_sql
from mv.store import Store
from mv.store.engine import Transaction

FILES = """
    SELECT f.payment_file_id, f.payer, f.rows_read, f.ore, f.imported_at, f.imported_by,
        COALESCE(u.name, f.imported_by) AS imported_by_name, f.withdrawn_at,
        COALESCE(w.name, f.withdrawn_by) AS withdrawn_by_name
    FROM payment_file f
    LEFT JOIN app_user u ON u.user_id = f.imported_by LEFT JOIN app_user w ON w.user_id = f.withdrawn_by
"""
LATER = """
    SELECT min(later.payment_file_id) AS payment_file_id
    FROM payment p
    JOIN payment later ON later.claim_id = p.claim_id AND later.line_number = p.line_number
    WHERE p.payment_file_id = $1 AND later.payment_file_id > $1
"""
CLOSED = """
    SELECT min(k.claim_id) AS claim_id FROM payment p JOIN claim k ON k.claim_id = p.claim_id
    WHERE p.payment_file_id = $1 AND k.state = 'closed'
"""
UNITS = """
    SELECT DISTINCT l.unit_id FROM payment p
    JOIN claim_line l ON l.claim_id = p.claim_id AND l.line_number = p.line_number WHERE p.payment_file_id = $1
"""


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """An imported file of a payer: its rows and öre, its import, and its withdrawal, if it is withdrawn.

    Instants are naive UTC.
    """

    payment_file_id: int
    payer: str
    rows_read: int
    ore: int
    imported_at: datetime
    imported_by: str
    imported_by_name: str
    withdrawn_at: datetime | None
    withdrawn_by_name: str | None


def files(store: Store, actor: Actor, payer: str) -> list[PaymentFile]:
    """Return the payer's files, the latest first, withdrawn ones too."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        rows = tx.rows(f"{FILES} WHERE f.payer = $1 ORDER BY f.payment_file_id DESC", payer)
    return [PaymentFile(**row) for row in rows]


def get(tx: Transaction, payment_file_id: int) -> PaymentFile:
    """Return the file. Raises NotFound."""
    row = tx.row(f"{FILES} WHERE f.payment_file_id = $1", payment_file_id)
    if row is None:
        raise NotFound(N_("There is no such payment file."))
    return PaymentFile(**row)


def with_hash(tx: Transaction, content_hash: str) -> PaymentFile | None:
    """Return the file with the hash, unless it is withdrawn."""
    row = tx.row(f"{FILES} WHERE f.content_hash = $1", content_hash)
    return PaymentFile(**row) if row else None


def withdraw(store: Store, actor: Actor, payment_file_id: int) -> PaymentFile:
    """Undo the import of a file and return it: its rows stay, and pay no line any more; it can be imported anew.

    Raises NotFound; Conflict when it is withdrawn already, a later file pays one of its lines, or their claim is
    closed; Forbidden when one of the lines is of another unit.
    """

    def work(tx: Transaction) -> PaymentFile:
        at = store.now()
        payers.lock(tx, get(tx, payment_file_id).payer)
        now = get(tx, payment_file_id)
        if now.withdrawn_at is not None:
            raise Conflict(N_("The file is withdrawn already."))
        if any(not actor.owns(row["unit_id"]) for row in tx.rows(UNITS, payment_file_id)):
            raise Forbidden(
                N_("The file pays for doses of units that are not yours. Ask somebody who has all of them.")
            )
        _require_last(tx, payment_file_id)
        tx.execute(
            f"UPDATE payment SET reference = {reference_sql('claim_id', 'line_number')},"
            " claim_id = NULL, line_number = NULL WHERE payment_file_id = $1 AND claim_id IS NOT NULL",
            payment_file_id,
        )
        tx.execute(
            "UPDATE payment_file SET content_hash = NULL, withdrawn_at = $2, withdrawn_by = $3"
            " WHERE payment_file_id = $1",
            payment_file_id, at, actor.user_id,
        )  # fmt: skip
        return log(tx, at, actor, "withdrawn", get(tx, payment_file_id))

    return audit.perform(store, actor, Action.IMPORT_PAYMENTS, work)


def log(tx: Transaction, at: datetime, actor: Actor, change: str, file: PaymentFile) -> PaymentFile:
    """Log the change of the file in the open transaction, and return the file."""
    detail = {"change": change, "payer": file.payer, "file": file.payment_file_id, "rows": file.rows_read}
    audit.record(tx, at, actor, Action.IMPORT_PAYMENTS, **detail, ore=file.ore)
    return file


def _require_last(tx: Transaction, payment_file_id: int) -> None:
    """Raise Conflict where later work depends on the file: a later file for the same lines, or a closed claim."""
    if later := tx.rows(LATER, payment_file_id)[0]["payment_file_id"]:
        raise Conflict(N_("A later file, {file}, pays some of the same lines. Withdraw that one first."), file=later)
    if claim := tx.rows(CLOSED, payment_file_id)[0]["claim_id"]:
        raise Conflict(N_("The file pays lines of claim {claim}, which is closed."), claim=claim)
