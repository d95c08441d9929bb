"""The doses of the store as columns, read in parts by customer, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pandas as pd

from mv.access import Action
from mv.clock import STOCKHOLM
from mv.store import Store
from mv.store.engine import Transaction

CUSTOMERS_AT_ONCE = 100_000
"""Customers per query: about 225,000 doses, half a gigabyte while they are assessed; twice as many take 0.9 GB and are
no faster."""

CHANGED_BY = frozenset(
    {
        Action.ADD_GROUP, Action.ADJUST_GROUP, Action.REMOVE_GROUP, Action.RESTORE_GROUP, Action.REGISTER_DOSE,
        Action.CORRECT_DOSE, Action.WITHDRAW_DOSE, Action.CHANGE_IDENTITY, Action.MERGE_CUSTOMERS, Action.CHANGE_RULE,
        Action.CHANGE_CATALOGUE,
    }
)  # fmt: skip
"""Actions that change which doses there are or by what a dose is paid; claims and payments are not among them."""

# A claim's line says whose the dose was when it was claimed; a dose of a record that was merged is another's now.
READ = """
    SELECT d.dose_id, d.customer_id, d.unit_id, u.region, d.product_code, v.atc, d.batch_number, d.dose_number,
        d.given_on, d.registered_at, COALESCE(d.completed_at, d.registered_at) AS completed_at, c.birth_date,
        d.membership_id, d.group_code, d.subgroup_code, COALESCE(d.abroad, FALSE) AS abroad,
        d.withdrawn_at IS NOT NULL AS withdrawn, d.version,
        EXISTS (
            SELECT 1 FROM membership m
            WHERE m.customer_id = d.customer_id AND m.group_code = d.group_code
                AND m.subgroup_code IS NOT DISTINCT FROM d.subgroup_code
                AND m.ended_reason IS DISTINCT FROM 'wrong'
                AND m.valid_from <= d.given_on AND (m.valid_to IS NULL OR d.given_on <= m.valid_to)
        ) AS covered,
        CAST(COALESCE(claimed.ore, 0) AS BIGINT) AS claimed, CAST(COALESCE(paid.ore, 0) AS BIGINT) AS paid,
        paid.payer AS paid_by
    FROM dose d
    JOIN customer c ON c.customer_id = d.customer_id
    JOIN unit u ON u.unit_id = d.unit_id
    JOIN vaccine v ON v.product_code = d.product_code
    LEFT JOIN (
        SELECT l.dose_id, sum(l.ore) AS ore FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id
        JOIN dose o ON o.dose_id = l.dose_id
        WHERE k.state <> 'discarded' AND o.customer_id {customers} GROUP BY l.dose_id
    ) AS claimed ON claimed.dose_id = d.dose_id
    LEFT JOIN (
        SELECT l.dose_id, sum(p.ore) AS ore, max(k.payer) AS payer FROM payment p
        JOIN claim_line l ON l.claim_id = p.claim_id AND l.line_number = p.line_number
        JOIN claim k ON k.claim_id = l.claim_id
        JOIN dose o ON o.dose_id = l.dose_id
        WHERE o.customer_id {customers} GROUP BY l.dose_id
    ) AS paid ON paid.dose_id = d.dose_id
    WHERE d.customer_id {customers} AND {of_kinds}
    ORDER BY d.customer_id, d.given_on, d.dose_id
"""
MEMBERSHIPS = """
    SELECT membership_id, customer_id, group_code, subgroup_code, valid_from, valid_to FROM membership
    WHERE customer_id BETWEEN $1 AND $2 AND ended_reason IS DISTINCT FROM 'wrong' ORDER BY membership_id
"""
BOUNDS = """
    SELECT min(customer_id) AS first, max(customer_id) AS last
    FROM (SELECT customer_id FROM dose UNION ALL SELECT customer_id FROM claim_line) AS customers
"""


def customer_ranges(store: Store) -> Iterator[tuple[int, int]]:
    """Yield ranges of customer ids, first and last, that together cover every dose and every claim line."""
    with store.read() as tx:
        bounds = tx.rows(BOUNDS)[0]
    if bounds["first"] is not None:
        for start in range(bounds["first"], bounds["last"] + 1, CUSTOMERS_AT_ONCE):
            yield start, min(start + CUSTOMERS_AT_ONCE - 1, bounds["last"])


def read_doses(store: Store, first: int, last: int, kinds: Sequence[str] = ("",)) -> pd.DataFrame:
    """Return the doses of the customers with ids from ``first`` to ``last``: DOSE_COLUMNS and more.

    The others are unit_id, batch_number, registered_at, version, ``claimed`` and ``paid`` (öre so far), and
    ``paid_by``. Only doses with an ATC code that begins with one of ``kinds`` are read.
    """
    condition, patterns = atc_condition(kinds, 3)
    sql = READ.format(customers="BETWEEN $1 AND $2", of_kinds=condition)
    return _with_local_days(_read(store, sql, first, last, *patterns))


def read_doses_of(tx: Transaction, customer_ids: Collection[int]) -> pd.DataFrame:
    """Return the doses of a few customers, read in the open transaction; see :func:`read_doses`."""
    frame = pd.DataFrame(tx.rows_in(READ.format(customers="= ANY($1)", of_kinds="TRUE"), customer_ids))
    if frame.empty:
        return frame
    days = {"given_on": "datetime64[s]", "birth_date": "datetime64[s]", "completed_at": "datetime64[us]"}
    return _with_local_days(frame.astype(days))


def _with_local_days(frame: pd.DataFrame) -> pd.DataFrame:
    completed = frame["completed_at"].dt.tz_localize("UTC").dt.tz_convert(STOCKHOLM).dt.tz_localize(None)
    return frame.assign(completed_on=completed.dt.normalize(), membership_id=frame["membership_id"].astype("Int64"))


def read_memberships(store: Store, first: int, last: int) -> pd.DataFrame:
    """Return the memberships of the customers with ids from ``first`` to ``last``, except those ended as wrong."""
    return _read(store, MEMBERSHIPS, first, last)


def atc_condition(kinds: Sequence[str], first: int) -> tuple[str, tuple[str, ...]]:
    """Build a condition on the vaccine ``v``, that its ATC code begins with one of ``kinds``, and its parameters.

    The parameters are numbered from ``$first``.
    """
    if "" in kinds:
        return "TRUE", ()
    if not kinds:
        return "FALSE", ()
    patterns = tuple(f"{kind}%" for kind in kinds)
    return f"({' OR '.join(f'v.atc LIKE ${first + n}' for n in range(len(patterns)))})", patterns


def _read(store: Store, sql: str, *params: object) -> pd.DataFrame:
    with store.batches(sql, *params) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame
