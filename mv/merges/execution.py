"""Execution of a merge in one transaction: rows that both records have are settled first, then everything moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from mv import audit, memberships, name_changes, vaccinations
from mv.access import Action, Actor
from mv.memberships import Membership
from mv.merges.plan import Preview, SameGroup
from mv.store.engine import Transaction
from mv.vaccinations import WithdrawReason

SCHEMA = pa.schema(
    {
        "merge_id": pa.int64(),
        "kind": pa.string(),
        "row_id": pa.int64(),
        "moved": pa.bool_(),
        "done": pa.string(),
        "version": pa.int32(),
    }
)
MOVE = (
    """
    UPDATE membership SET customer_id = $1,
        active_key = CASE WHEN active_key IS NOT NULL
            THEN CAST($2 AS VARCHAR) || group_code || '/' || COALESCE(subgroup_code, '') END
    WHERE membership_id IN ({membership})
    """,
    "UPDATE membership_change SET customer_id = $1 WHERE membership_id IN ({membership})",
    "UPDATE dose SET customer_id = $1 WHERE dose_id IN ({dose})",
    "UPDATE dose_change SET customer_id = $1 WHERE dose_id IN ({dose})",
    "UPDATE booking SET customer_id = $1 WHERE booking_id IN ({booking})",
    "UPDATE booking_change SET customer_id = $1 WHERE booking_id IN ({booking})",
    "UPDATE customer SET merged_into = $1 WHERE customer_id IN ({customer})",
)
"""Assign the rows that a merge moves to a customer: the one that goes on, or at an undo the one before."""
MOVED = "SELECT row_id FROM merge_row WHERE merge_id = {merge} AND kind = '{kind}' AND moved"


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A row that a merge moves or changes; ``done`` is the change, ``version`` the row's version after it."""

    kind: str
    row_id: int
    moved: bool
    done: str | None = None
    version: int | None = None


def execute(tx: Transaction, at: datetime, actor: Actor, preview: Preview) -> int:
    """Merge two locked records, log it for both customers, and return the id of the merge."""
    keep_id, merged_id = preview.keep.customer_id, preview.merged.customer_id
    died = None if preview.keep.customer.deceased_on else preview.deceased_on
    made = tx.row(
        "INSERT INTO merge (customer_id, merged_customer_id, merged_at, merged_by, deceased_on)"
        " VALUES ($1, $2, $3, $4, $5) RETURNING merge_id",
        keep_id, merged_id, at, actor.user_id, died,
    )  # fmt: skip
    assert made is not None  # noqa: S101 (an INSERT that returns nothing has raised)
    merge_id: int = made["merge_id"]
    log_merge(tx, at, actor, merge_id, keep_id, merged_id, "merged")
    changed = {(row.kind, row.row_id): row for row in _settle(tx, at, actor, preview)}
    rows = [{"merge_id": merge_id, **_as_dict(row)} for row in (_moves(preview) | changed).values()]
    tx.load("merge_row", pa.Table.from_pylist(rows, SCHEMA))
    move_rows(tx, merge_id, keep_id)
    tx.execute("UPDATE customer SET merged_into = $2 WHERE customer_id = $1", merged_id, keep_id)
    if died:
        tx.execute("UPDATE customer SET deceased_on = $2 WHERE customer_id = $1", keep_id, died)
    name_changes.write_search_keys(tx, keep_id)
    name_changes.write_search_keys(tx, merged_id)
    return merge_id


def log_merge(
    tx: Transaction, at: datetime, actor: Actor, merge_id: int, keep_id: int, merged_id: int, change: str
) -> None:
    """Log for both customers that they were merged, or that the merge was undone, with the id of the other one."""
    details: list[tuple[int, dict[str, object]]] = [
        (one, {"merge": merge_id, "change": change, "customer_id": other})
        for one, other in ((keep_id, merged_id), (merged_id, keep_id))
    ]
    audit.record_customers(tx, at, actor, Action.MERGE_CUSTOMERS, details)


def move_rows(tx: Transaction, merge_id: int, customer_id: int) -> None:
    """Assign everything that the merge moved to this customer."""
    kinds = ("membership", "dose", "booking", "customer")
    for sql in MOVE:
        more = (f"{customer_id}/",) if "$2" in sql else ()
        which = {kind: MOVED.format(merge=f"${2 + len(more)}", kind=kind) for kind in kinds}
        tx.execute(sql.format(**which), customer_id, *more, merge_id)


def _settle(tx: Transaction, at: datetime, actor: Actor, preview: Preview) -> Iterable[MergeRow]:
    merged_id = preview.merged.customer_id
    for group in preview.groups:
        if group.is_widened:
            (row,) = memberships.TABLE.update(tx, at, actor, Action.ADJUST_GROUP, "adjusted", [_widened(group)])
            yield MergeRow("membership", row.membership_id, row.customer_id == merged_id, "widened", row.version)
        wrong = [row.as_wrong(at, actor.user_id) for row in group.wrong]
        for row in memberships.TABLE.update(tx, at, actor, Action.REMOVE_GROUP, "removed", wrong):
            yield MergeRow("membership", row.membership_id, row.customer_id == merged_id, "wrong", row.version)
    withdrawn = [
        same.withdrawn.as_withdrawn(at, actor.user_id, WithdrawReason.ENTERED_BY_MISTAKE) for same in preview.doses
    ]
    for dose in vaccinations.TABLE.update(tx, at, actor, Action.WITHDRAW_DOSE, "withdrawn", withdrawn):
        yield MergeRow("dose", dose.dose_id, dose.customer_id == merged_id, "withdrawn", dose.version)


def _moves(preview: Preview) -> dict[tuple[str, int], MergeRow]:
    merged = preview.merged
    ids = {
        "membership": [row.membership_id for row in merged.memberships],
        "dose": [dose.dose_id for dose in merged.doses],
        "booking": merged.bookings,
        "customer": merged.merged,
    }
    return {(kind, row_id): MergeRow(kind, row_id, moved=True) for kind, some in ids.items() for row_id in some}


def _as_dict(row: MergeRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("kind", "row_id", "moved", "done", "version")}


def _widened(group: SameGroup) -> Membership:
    return replace(group.kept, valid_from=group.valid_from, valid_to=group.valid_to)
