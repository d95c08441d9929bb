"""The lines of a claim without persons, as they were claimed, and their sums."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mv import audit
from mv.access import Action, Actor
from mv.reimbursement.claims import ledger
from mv.reimbursement.claims.due import Amount
from mv.reimbursement.claims.line_references import reference_sql
from mv.store import Store

LINES = f"""
    SELECT {reference_sql("claim_id", "line_number")} AS line, ore < 0 AS taken_back,
        {reference_sql("corrects_claim_id", "corrects_line_number")} AS corrects,
        given_on, vaccine, dose_number, group_name, subgroup_name, unit, ore, cause, rule
    FROM claim_line WHERE claim_id = $1 {{of_cause}} ORDER BY line_number LIMIT $2 OFFSET $3
"""


@dataclass(frozen=True, slots=True)
class AdjustmentSum:
    """The sum of the lines of a claim with the same cause; reversals have negative öre."""

    taken_back: bool
    cause: str
    amount: Amount


def claim_lines(
    store: Store, actor: Actor, claim_id: int, *, cause: str | None = None, limit: int, offset: int = 0
) -> pd.DataFrame:
    """Return a page of the claim's lines, or of those with this cause, in order.

    Columns: line, taken_back, corrects, given_on, vaccine, dose_number, group_name, subgroup_name, unit, ore, cause,
    rule. Raises Forbidden for a claim of other units, NotFound.
    """
    _require(store, actor, claim_id)
    of_cause, causes = ("AND cause = $4", (cause,)) if cause else ("", ())
    with store.batches(LINES.format(of_cause=of_cause), claim_id, limit, offset, *causes) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame


def sums_by_reason(store: Store, actor: Actor, claim_id: int) -> list[AdjustmentSum]:
    """Sum up the claim's lines by cause: new lines first, then reversals.

    Raises Forbidden for a claim of other units, NotFound.
    """
    _require(store, actor, claim_id)
    sql = """
        SELECT ore < 0 AS taken_back, cause, count(*) AS count, CAST(sum(ore) AS BIGINT) AS ore
        FROM claim_line WHERE claim_id = $1 GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
    """
    with store.read() as tx:
        rows = tx.rows(sql, claim_id)
    return [AdjustmentSum(row["taken_back"], row["cause"], Amount(row["count"], row["ore"])) for row in rows]


def _require(store: Store, actor: Actor, claim_id: int) -> None:
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with audit.refusals(store, actor, Action.VIEW_REIMBURSEMENT), store.read() as tx:
        ledger.get(tx, actor, claim_id)
