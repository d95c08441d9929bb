"""Drafting a claim: its preview, and the claim itself with the snapshot of its lines and its file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa

from mv import audit, catalogue
from mv.access import Action, Actor, require_unit
from mv.errors import N_, Conflict, Invalid
from mv.reimbursement.claims import files, ledger, line_snapshot, payers
from mv.reimbursement.claims.due import NOTHING, Amount, Scope, Settlement, settle
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.reimbursement.claims.line_references import TAKEN_BACK
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction

ATTEMPTS = 5
OPEN_LINES = f"""
    SELECT l.claim_id, l.line_number, {", ".join(f"l.{name}" for name in line_snapshot.KEPT.names)}
    FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id LEFT JOIN dose d ON d.dose_id = l.dose_id
    WHERE k.payer = $1 AND k.state <> 'discarded' AND l.corrects_claim_id IS NULL
        AND COALESCE(d.customer_id, l.customer_id) BETWEEN $2 AND $3 AND NOT {TAKEN_BACK}
    ORDER BY l.claim_id, l.line_number
"""
"""The payer's lines that are not reversed, by the customers whom the doses belong to now."""
IDENTITIES = "SELECT customer_id, identity FROM customer WHERE customer_id BETWEEN $1 AND $2"


@dataclass(frozen=True, slots=True)
class Preview:
    """The amounts that a claim would hold, and those that it would leave out.

    ``reversals`` has negative öre; ``causes`` splits the lines by cause (:class:`AdjustmentReason`). ``earlier`` are
    doses that are due, given before the period, from ``earliest`` on, and in no claim. ``elsewhere`` are those given
    before the period's end that another unit's claim holds until that unit reverses its line.
    """

    new_lines: Amount = NOTHING
    reversals: Amount = NOTHING
    causes: Mapping[str, Amount] = field(default_factory=dict)
    earlier: Amount = NOTHING
    earliest: date | None = None
    elsewhere: Amount = NOTHING

    @property
    def total(self) -> Amount:
        """All lines, and the amount of the claim."""
        return self.new_lines + self.reversals

    def and_of(self, more: Settlement) -> Preview:
        """Add the settlement of more customers."""
        new_lines, reversals = more.new_lines, more.reversals.assign(ore=-more.reversals["ore"])
        causes = dict(self.causes)
        for cause, lines in pd.concat([new_lines[["cause", "ore"]], reversals[["cause", "ore"]]]).groupby("cause"):
            causes[str(cause)] = causes.get(str(cause), NOTHING) + Amount.of(lines)
        days = [day for day in (self.earliest, *more.earlier["given_on"].nsmallest(1).dt.date) if day]
        return Preview(
            new_lines=self.new_lines + Amount.of(new_lines),
            reversals=self.reversals + Amount.of(reversals),
            causes=causes,
            earlier=self.earlier + Amount.of(more.earlier),
            earliest=min(days, default=None),
            elsewhere=self.elsewhere + more.elsewhere,
        )


def preview(
    store: Store, actor: Actor, payer: str, period_from: date, period_to: date, units: Collection[str] | None = None
) -> Preview:
    """Return what :func:`draft` would claim now. Names no person, and is not logged.

    Raises the errors of :func:`draft`, except where there is nothing to claim.
    """
    scope = _scope(store, actor, payer, period_from, period_to, units)
    known_rules, found = rule_table.load(store), Preview()
    for first, last in dose_frames.customer_ranges(store):
        found = found.and_of(_settlement(store, scope, known_rules, first, last))
    return found


def draft(
    store: Store, actor: Actor, payer: str, period_from: date, period_to: date, units: Collection[str] | None = None
) -> Claim:
    """Draft a claim on ``payer``, save it and return it.

    New lines are the doses given in the period at ``units`` (the actor's own, unless some are named) that the payer
    pays for and no claim holds. Reversals take back every line of these units, of any day, that is no longer true;
    where the payer still pays for the dose, a new line claims it as it is now. What is changed while the claim is
    made is left to the next claim.

    Raises Invalid for an unknown payer, impossible days and where there is nothing to claim, Forbidden for another
    unit, Conflict when others keep claiming from the payer at the same time.
    """
    scope = _scope(store, actor, payer, period_from, period_to, units)
    for _ in range(ATTEMPTS):
        with store.read() as tx:
            seen_version = payers.version(tx, payer)
        lines = [part for part in _lines(store, scope) if part.num_rows]
        if not lines:
            raise Invalid(
                N_("There is nothing to claim from {payer}: no dose of the period is due, and no line to correct."),
                payer=payer,
            )
        work = partial(_keep, store.now(), actor, scope, seen_version, lines)
        made = audit.perform(store, actor, Action.CHANGE_CLAIM, work)
        if made is not None:
            return made
    raise Conflict(N_("Others are making claims on {payer}. Nothing was saved; try again in a moment."), payer=payer)


def _scope(
    store: Store, actor: Actor, payer: str, period_from: date, period_to: date, units: Collection[str] | None
) -> Scope:
    audit.permit(store, actor, Action.CHANGE_CLAIM)
    with audit.refusals(store, actor, Action.CHANGE_CLAIM):
        for unit_id in units or ():
            require_unit(actor, unit_id)
    if period_from > period_to:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    with store.read() as tx:
        if payer not in payers.known(tx):
            raise Invalid(N_("Choose a payer."))
    own = None if actor.has_every_unit else actor.own_units
    return Scope(payer, period_from, period_to, own if units is None else frozenset(units))


def _lines(store: Store, scope: Scope) -> Iterator[pa.Table]:
    """Yield the lines of a claim, one range of customers at a time."""
    known_rules, known = rule_table.load(store), catalogue.load(store)
    for first, last in dose_frames.customer_ranges(store):
        settlement = _settlement(store, scope, known_rules, first, last)
        identities = _read(store, IDENTITIES, first, last).set_index("customer_id")["identity"]
        yield line_snapshot.snapshot_lines(settlement, known_rules, known, identities)


def _settlement(store: Store, scope: Scope, known_rules: Sequence[Rule], first: int, last: int) -> Settlement:
    """Settle the doses of the customers with ids from ``first`` to ``last``."""
    doses = dose_frames.read_doses(store, first, last)
    outcomes = adjudicate(doses, known_rules)
    payer = pd.Series(np.array([*(rule.payer for rule in known_rules), None])[outcomes["rule"]], doses.index)
    adjudicated = pd.concat([doses, outcomes], axis=1).assign(
        payer=payer.where(outcomes["outcome"] == Outcome.PAYABLE.value)
    )
    return settle(adjudicated, _read(store, OPEN_LINES, scope.payer, first, last), scope)


def _read(store: Store, sql: str, *params: object) -> pd.DataFrame:
    with store.batches(sql, *params) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame


def _keep(
    at: datetime, actor: Actor, scope: Scope, seen_version: int, lines: Sequence[pa.Table], tx: Transaction
) -> Claim | None:
    """Write the claim, its lines and its file; None when the payer's claims have changed since they were seen."""
    if not payers.lock(tx, scope.payer, seen_version):
        return None
    claim_id: int = tx.rows("SELECT nextval('claim_seq') AS claim_id")[0]["claim_id"]
    digest = sha256()
    for number, part in enumerate(line_snapshot.numbered(lines, claim_id), start=1):
        content = files.text(part, heading=number == 1)
        digest.update(content.encode())
        files.keep(tx, claim_id, number, content)
        tx.load("claim_line", part)
    units = tx.rows(
        "SELECT unit_id, count(*) AS lines, CAST(sum(ore) AS BIGINT) AS ore FROM claim_line WHERE claim_id = $1"
        " GROUP BY unit_id ORDER BY unit_id",
        claim_id,
    )
    tx.execute(
        """
        INSERT INTO claim (claim_id, payer, period_from, period_to, units, state, lines, ore, made_at, made_by,
            file_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        claim_id, scope.payer, scope.period_from, scope.period_to, " ".join(unit["unit_id"] for unit in units),
        ClaimState.DRAFT, sum(unit["lines"] for unit in units), sum(unit["ore"] for unit in units), at, actor.user_id,
        digest.hexdigest(),
    )  # fmt: skip
    return ledger.record_change(tx, at, actor, ledger.get(tx, actor, claim_id), "made")
