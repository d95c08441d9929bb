"""Balances: the status of each sent claim line against its payments, and whether the sums agree.

For the lines of each status, and so for all of them: claimed = paid + outstanding - overpaid. For the payer:
received in files = paid for lines + unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from mv import audit
from mv.access import Action, Actor, in_own_units
from mv.clock import day_bounds
from mv.errors import N_, Invalid
from mv.reimbursement.claims.payers import USUAL_DAYS_TO_PAY, known, lock
from mv.store import Store
from mv.store.engine import Row, Transaction

MOST_DAYS_TO_PAY = 3_650


class LineStatus(StrEnum):
    """The status of a claim line."""

    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID_TWICE = "paid_twice"
    """Overpaid by a payment for a line that was settled already."""
    UNPAID = "unpaid"
    """No payment, and the payer's days to pay are over."""
    AWAITED = "awaited"
    """No payment so far."""


LINE_STATUSES: Mapping[str, str] = {
    LineStatus.PAID: N_("Paid"),
    LineStatus.UNDERPAID: N_("Underpaid"),
    LineStatus.OVERPAID: N_("Overpaid"),
    LineStatus.PAID_TWICE: N_("Paid twice"),
    LineStatus.UNPAID: N_("Unpaid, overdue"),
    LineStatus.AWAITED: N_("Awaited"),
}
"""The name of each status on the screen."""

STATES = "('sent', 'answered', 'closed')"
LINES = f"""
    SELECT l.claim_id, l.line_number, k.sent_at, l.given_on, l.vaccine, l.unit, l.ore AS claimed,
        COALESCE(p.ore, 0) AS paid, p.paid_on, COALESCE(p.ore, 0) - l.ore AS difference,
        CASE
            WHEN p.ore IS NULL THEN CASE WHEN k.sent_at < $2 THEN 'unpaid' ELSE 'awaited' END
            WHEN p.ore = l.ore THEN 'paid'
            WHEN (p.ore < l.ore) = (l.ore > 0) THEN 'underpaid'
            WHEN p.twice THEN 'paid_twice'
            ELSE 'overpaid'
        END AS status
    FROM claim k
    JOIN claim_line l ON l.claim_id = k.claim_id
    LEFT JOIN (
        SELECT claim_id, line_number, CAST(sum(ore) AS BIGINT) AS ore, max(paid_on) AS paid_on,
            bool_or(outcome = 'paid_twice') AS twice
        FROM payment WHERE claim_id IS NOT NULL GROUP BY claim_id, line_number
    ) AS p ON p.claim_id = l.claim_id AND p.line_number = l.line_number
    WHERE k.payer = $1 AND k.state IN {STATES} AND {{own}}
"""
"""Each line with its status; lines of claims sent before the instant $2 are overdue."""
SUMS = f"""
    SELECT status, count(*) AS lines, CAST(sum(claimed) AS BIGINT) AS claimed, CAST(sum(paid) AS BIGINT) AS paid,
        CAST(sum(CASE WHEN status IN ('unpaid', 'awaited', 'underpaid') THEN -difference ELSE 0 END) AS BIGINT)
            AS outstanding,
        CAST(sum(CASE WHEN status IN ('overpaid', 'paid_twice') THEN difference ELSE 0 END) AS BIGINT) AS overpaid
    FROM ({LINES}) AS lines_of_payer GROUP BY status
"""
CLAIMED = f"""
    SELECT count(*) AS lines, CAST(COALESCE(sum(l.ore), 0) AS BIGINT) AS ore
    FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id
    WHERE k.payer = $1 AND k.state IN {STATES} AND {{own}}
"""
RECEIVED = """
    SELECT CAST(COALESCE(sum(p.ore), 0) AS BIGINT) AS received,
        count(*) FILTER (WHERE p.claim_id IS NULL) AS unknown_rows,
        CAST(COALESCE(sum(CASE WHEN p.claim_id IS NULL THEN p.ore ELSE 0 END), 0) AS BIGINT) AS unknown
    FROM payment p
    JOIN payment_file f ON f.payment_file_id = p.payment_file_id
    LEFT JOIN claim_line l ON l.claim_id = p.claim_id AND l.line_number = p.line_number
    WHERE f.payer = $1 AND f.withdrawn_at IS NULL AND (p.claim_id IS NULL OR {own})
"""
ANSWERED = """
    SELECT k.claim_id FROM claim k
    WHERE k.payer = $1 AND k.state = 'sent' AND NOT EXISTS (
        SELECT 1 FROM claim_line l
        LEFT JOIN payment p ON p.claim_id = l.claim_id AND p.line_number = l.line_number
        WHERE l.claim_id = k.claim_id AND (p.row_number IS NULL OR NOT {own})
    )
    ORDER BY k.claim_id
"""


@dataclass(frozen=True, slots=True)
class LineSums:
    """A number of lines and their öre: claimed = paid + outstanding - overpaid.

    ``outstanding`` is the amount that the payer has still to pay, less the amount still to deduct; ``overpaid``
    likewise.
    """

    lines: int = 0
    claimed: int = 0
    paid: int = 0
    outstanding: int = 0
    overpaid: int = 0

    def __add__(self, other: LineSums) -> LineSums:
        return LineSums(
            self.lines + other.lines,
            self.claimed + other.claimed,
            self.paid + other.paid,
            self.outstanding + other.outstanding,
            self.overpaid + other.overpaid,
        )


@dataclass(frozen=True, slots=True)
class PayerBalance:
    """A payer's lines by status; and, counted independently, the amounts claimed and received in files."""

    parts: dict[LineStatus, LineSums]
    unknown_rows: int
    unknown: int
    claimed_lines: int
    claimed: int
    received: int

    @property
    def total(self) -> LineSums:
        """All lines."""
        return sum(self.parts.values(), start=LineSums())

    @property
    def adds_up(self) -> bool:
        """Whether claimed = paid + outstanding - overpaid, and received = paid + unknown."""
        total = self.total
        return (
            (total.lines, total.claimed) == (self.claimed_lines, self.claimed)
            and self.claimed == total.paid + total.outstanding - total.overpaid
            and self.received == total.paid + self.unknown
        )


@dataclass(frozen=True, slots=True)
class PayerTerms:
    """The terms of a payer: the days after which a line is overdue, and the columns of its files (JSON)."""

    days_to_pay: int = USUAL_DAYS_TO_PAY
    file_columns: str | None = None


def payer_balance(store: Store, actor: Actor, payer: str) -> PayerBalance:
    """Return the balance of the payer's sent lines of the actor's own units, and of payments for no line."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        sql, params = lines(tx, actor, payer, store.today(), SUMS)
        parts = {row.pop("status"): LineSums(**row) for row in tx.rows(sql, *params)}
        own, units = in_own_units(actor, "l.unit_id", 2)
        claimed = tx.rows(CLAIMED.format(own=own), payer, *units)[0]
        received = tx.rows(RECEIVED.format(own=own), payer, *units)[0]
    ordered = {status: parts[status] for status in LineStatus if status in parts}
    return PayerBalance(ordered, claimed_lines=claimed["lines"], claimed=claimed["ore"], **received)


def lines(tx: Transaction, actor: Actor, payer: str, today: date, sql: str = LINES) -> tuple[str, tuple[object, ...]]:
    """Return LINES, or a query around LINES, for the actor's own units, and its parameters."""
    own, units = in_own_units(actor, "l.unit_id", 3)
    overdue = _overdue_before(today, _terms(tx, payer).days_to_pay)
    return sql.format(own=own), (payer, overdue, *units)


def _overdue_before(today: date, days_to_pay: int) -> datetime:
    """Return the instant: claims sent before it are overdue. On the last of its days a claim is not overdue yet."""
    return day_bounds(today - timedelta(days=days_to_pay))[0]


def answered(store: Store, actor: Actor, payer: str) -> list[int]:
    """Return the payer's sent claims in which every line has a payment and is of the actor's own units."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    own, units = in_own_units(actor, "l.unit_id", 2)
    with store.read() as tx:
        return [row["claim_id"] for row in tx.rows(ANSWERED.format(own=own), payer, *units)]


def payer_terms(store: Store, actor: Actor, payer: str) -> PayerTerms:
    """Return the terms of the payer."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        return _terms(tx, payer)


def set_days_to_pay(store: Store, actor: Actor, payer: str, days: int) -> PayerTerms:
    """Set the days after which the payer's lines are overdue, and return the terms. Raises Invalid."""

    def work(tx: Transaction) -> PayerTerms:
        if payer not in known(tx):
            raise Invalid(N_("Choose a payer."))
        if not 0 <= days <= MOST_DAYS_TO_PAY:
            raise Invalid(N_("Write the days to pay: from 0 to {most}."), most=MOST_DAYS_TO_PAY)
        lock(tx, payer)
        tx.execute("UPDATE payer SET days_to_pay = $2 WHERE payer = $1", payer, days)
        audit.record(tx, store.now(), actor, Action.IMPORT_PAYMENTS, change="adjusted", payer=payer, days=days)
        return _terms(tx, payer)

    return audit.perform(store, actor, Action.IMPORT_PAYMENTS, work)


def _terms(tx: Transaction, payer: str) -> PayerTerms:
    row: Row | None = tx.row("SELECT days_to_pay, file_columns FROM payer WHERE payer = $1", payer)
    return PayerTerms(**row) if row else PayerTerms()
