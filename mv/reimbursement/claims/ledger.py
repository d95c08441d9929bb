"""The ledger of claims. Only the state of a claim ever changes, and no claim is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from mv import audit
from mv.access import Action, Actor
from mv.errors import N_, Conflict, Forbidden, NotFound
from mv.reimbursement.claims import payers
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.versioned import changed_meanwhile

CLAIMS = """
    SELECT k.claim_id, k.payer, k.period_from, k.period_to, k.units, k.state, k.lines, k.ore, k.made_at, k.made_by,
        COALESCE(u.name, k.made_by) AS made_by_name, k.sent_at, k.file_hash, k.version,
        CAST(COALESCE(p.ore, 0) AS BIGINT) AS paid
    FROM claim k
    LEFT JOIN app_user u ON u.user_id = k.made_by
    LEFT JOIN (SELECT claim_id, sum(ore) AS ore FROM payment GROUP BY claim_id) p ON p.claim_id = k.claim_id
"""


class ClaimState(StrEnum):
    """The state of a claim."""

    DRAFT = "draft"
    SENT = "sent"
    ANSWERED = "answered"
    CLOSED = "closed"
    DISCARDED = "discarded"
    """Discarded before it was sent: it claims nothing, and its doses can be claimed again."""


CLAIM_STATES: Mapping[str, str] = {
    ClaimState.DRAFT: N_("Draft"),
    ClaimState.SENT: N_("Sent"),
    ClaimState.ANSWERED: N_("Answered"),
    ClaimState.CLOSED: N_("Closed"),
    ClaimState.DISCARDED: N_("Discarded"),
}
NEXT: Mapping[ClaimState, tuple[ClaimState, ...]] = {
    ClaimState.DRAFT: (ClaimState.SENT, ClaimState.DISCARDED),
    ClaimState.SENT: (ClaimState.ANSWERED,),
    ClaimState.ANSWERED: (ClaimState.CLOSED,),
    ClaimState.CLOSED: (),
    ClaimState.DISCARDED: (),
}
"""The states that can follow on each state."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim on a payer, for doses given from one day to another, both included; instants are naive UTC.

    ``units`` are those of its lines. ``ore`` is the sum of the lines, ``paid`` the sum of payments for them so far,
    ``file_hash`` the SHA-256 of its file in hexadecimal.
    """

    claim_id: int
    payer: str
    period_from: date
    period_to: date
    units: frozenset[str]
    state: ClaimState
    lines: int
    ore: int
    made_at: datetime
    made_by: str
    made_by_name: str
    sent_at: datetime | None
    file_hash: str
    version: int
    paid: int


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """A change of a claim; version 1 is its making."""

    version: int
    changed_at: datetime
    changed_by: str
    changed_by_name: str
    state: ClaimState


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of claims and of their lines, the sum claimed and the sum paid, in öre."""

    claims: int
    lines: int
    ore: int
    paid: int

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> Self:
        """Add up the claims."""
        rows = [(claim.lines, claim.ore, claim.paid) for claim in claims]
        lines, ore, paid = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0, 0)
        return cls(len(rows), lines, ore, paid)


def claims(store: Store, actor: Actor) -> list[Claim]:
    """Return the claims of which all units are the actor's own, discarded ones too, the latest first."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        found = [_claim(row) for row in tx.rows(f"{CLAIMS} ORDER BY k.claim_id DESC")]
    return [claim for claim in found if _may_see(actor, claim)]


def changes(store: Store, actor: Actor, claim_id: int) -> list[ClaimChange]:
    """Return every change of the claim, the latest first. Raises Forbidden for a claim of other units, NotFound."""
    sql = """
        SELECT c.version, c.changed_at, c.changed_by, COALESCE(u.name, c.changed_by) AS changed_by_name, c.state
        FROM claim_change c LEFT JOIN app_user u ON u.user_id = c.changed_by
        WHERE c.claim_id = $1 ORDER BY c.version DESC
    """
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with audit.refusals(store, actor, Action.VIEW_REIMBURSEMENT), store.read() as tx:
        get(tx, actor, claim_id)
        return [ClaimChange(**row | {"state": ClaimState(row["state"])}) for row in tx.rows(sql, claim_id)]


def get(tx: Transaction, actor: Actor, claim_id: int) -> Claim:
    """Return the claim. Raises NotFound, Forbidden where one of its units is not the actor's own."""
    row = tx.row(f"{CLAIMS} WHERE k.claim_id = $1", claim_id)
    if row is None:
        raise NotFound(N_("There is no such claim."))
    claim = _claim(row)
    if not _may_see(actor, claim):
        raise Forbidden(N_("The claim is about units that are not yours."))
    return claim


def move(store: Store, actor: Actor, claim_id: int, seen_version: int, state: ClaimState) -> Claim:
    """Move the claim to ``state``, one of NEXT, and return it; its lines and its file stay as they are.

    Raises Conflict when somebody else changed it since ``seen_version``, for a state that does not follow, for a claim
    to be sent before one that it corrects, and for one to be discarded that another corrects or that is paid for;
    Forbidden for a claim of other units; NotFound.
    """

    def work(tx: Transaction) -> Claim:
        payers.lock(tx, get(tx, actor, claim_id).payer)
        claim = get(tx, actor, claim_id)
        if claim.version != seen_version:
            message = N_("{who} changed this claim at {time}. It is shown as it is now; nothing was overwritten.")
            raise changed_meanwhile(tx, "claim", claim_id, message)
        return step(tx, store.now(), actor, claim, state)

    return audit.perform(store, actor, Action.CHANGE_CLAIM, work)


def step(tx: Transaction, at: datetime, actor: Actor, claim: Claim, state: ClaimState) -> Claim:
    """Move the claim to ``state`` in the open transaction, which has locked the payer; see :func:`move`."""
    if state not in NEXT[claim.state]:
        raise Conflict(N_("That does not follow on the claim’s state. It is shown as it is now."))
    if state == ClaimState.SENT:
        _require_earlier_sent(tx, claim)
    if state == ClaimState.DISCARDED:
        _require_unused(tx, claim)
    tx.execute(
        "UPDATE claim SET state = $2, sent_at = $3, version = version + 1 WHERE claim_id = $1",
        claim.claim_id,
        state.value,
        at if state == ClaimState.SENT else claim.sent_at,
    )
    return record_change(tx, at, actor, get(tx, actor, claim.claim_id), state)


def record_change(tx: Transaction, at: datetime, actor: Actor, claim: Claim, change: str) -> Claim:
    """Keep and log the change of the claim in the open transaction; return the claim."""
    tx.execute(
        "INSERT INTO claim_change (claim_id, version, change, changed_at, changed_by, state)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        claim.claim_id, claim.version, change, at, actor.user_id, claim.state,
    )  # fmt: skip
    detail = {"claim": claim.claim_id, "change": change, "payer": claim.payer, "rows": claim.lines}
    audit.record(tx, at, actor, Action.CHANGE_CLAIM, **detail)
    return claim


def _require_earlier_sent(tx: Transaction, claim: Claim) -> None:
    """Raise Conflict while a claim that this one corrects is a draft: its lines are not known to the payer."""
    row = tx.row(
        """
        SELECT min(k.claim_id) AS claim_id FROM claim_line l JOIN claim k ON k.claim_id = l.corrects_claim_id
        WHERE l.claim_id = $1 AND k.state = 'draft'
        """,
        claim.claim_id,
    )
    if row and row["claim_id"] is not None:
        raise Conflict(
            N_("The claim corrects lines of claim {claim}, which is not sent. Send that one first."),
            claim=row["claim_id"],
        )


def _require_unused(tx: Transaction, claim: Claim) -> None:
    """Raise Conflict when a line of the claim is corrected by another claim, or paid."""
    row = tx.row(
        """
        SELECT min(k.claim_id) AS claim_id FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id
        WHERE l.corrects_claim_id = $1 AND k.state <> 'discarded'
        """,
        claim.claim_id,
    )
    if row and row["claim_id"] is not None:
        raise Conflict(
            N_("Claim {claim} corrects lines of this one. Discard that one first."),
            claim=row["claim_id"],
        )
    if tx.row("SELECT 1 AS found FROM payment WHERE claim_id = $1 LIMIT 1", claim.claim_id):
        raise Conflict(N_("There are payments for this claim, so it was sent. Mark it as sent instead."))


def _may_see(actor: Actor, claim: Claim) -> bool:
    return all(actor.owns(unit_id) for unit_id in claim.units)


def _claim(row: Row) -> Claim:
    return Claim(**row | {"units": frozenset(row["units"].split()), "state": ClaimState(row["state"])})
