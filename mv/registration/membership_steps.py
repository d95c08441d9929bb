"""Change memberships in steps, each logged and kept in the history as if it was taken by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import pyarrow as pa

from mv import memberships
from mv.access import Action, Actor
from mv.concerns import Concerns
from mv.memberships import Membership
from mv.registration import saving
from mv.store.engine import Transaction

END, ADJUST, GIVE_REASON, RESTORE, END_LATE = range(5)
PHASES = {
    END: (Action.REMOVE_GROUP, "removed"),
    ADJUST: (Action.ADJUST_GROUP, "adjusted"),
    GIVE_REASON: (Action.REMOVE_GROUP, "reason"),
    RESTORE: (Action.RESTORE_GROUP, "restored"),
    END_LATE: (Action.REMOVE_GROUP, "removed"),
}
"""The steps in the order in which many rows take them: memberships that end make room for those that begin."""


def steps(now: Membership, new: Membership) -> Iterator[tuple[int, Membership]]:
    """Yield each step from ``now`` to ``new``, with the row after it, at the version that it has then.

    A row that ends takes that step first, unless its last day would be before its first until it is adjusted.
    """
    ends, restored = now.active and not new.active, new.active and not now.active
    late = ends and new.valid_to is not None and new.valid_to < now.valid_from
    end = (new.valid_to, new.ended_at, new.ended_by, new.ended_reason)
    row = now
    if ends and not late:
        row = _with_end(row, *end)
        yield END, row
        row = replace(row, version=row.version + 1)
    adjusted = replace(
        row,
        group_code=new.group_code,
        subgroup_code=new.subgroup_code,
        valid_from=new.valid_from,
        valid_to=row.valid_to if late or restored else new.valid_to,
    )
    if adjusted != row:
        yield ADJUST, adjusted
        row = replace(adjusted, version=row.version + 1)
    if not (row.active or new.active) and row.ended_reason != new.ended_reason:
        row = replace(row, ended_reason=new.ended_reason)
        yield GIVE_REASON, row
    elif restored or late:
        yield (RESTORE if restored else END_LATE), _with_end(row, *end)


def change_all(
    tx: Transaction, at: datetime, actor: Actor, changes: Sequence[tuple[Membership, Membership]]
) -> list[Membership]:
    """Change each row from its first to its second state in the open transaction; return them in the same order.

    The caller has locked the customers and validated the changes. Raises Conflict if someone else changed one of them.
    """
    written = {now.membership_id: now for now, _ in changes}
    taken = [step for now, new in changes for step in steps(now, new)]
    for phase, (action, word) in PHASES.items():
        rows = [row for step, row in taken if step == phase]
        if rows:
            changed = memberships.TABLE.update(tx, at, actor, action, word, rows)
            written |= {row.membership_id: row for row in changed}
    return [written[now.membership_id] for now, _ in changes]


def record_changes(
    tx: Transaction,
    at: datetime,
    registration_id: int,
    changed: Sequence[tuple[Membership, Membership, Concerns]],
    reason: str,
) -> None:
    """Record the changed memberships as rows of the round, each with its earlier state, so that they can be undone.

    The ``reason`` is that of the changes that raised concerns.
    """
    first = saving.last_row_number(tx, registration_id) + 1
    rows = [
        {
            "registration_id": registration_id,
            "row_number": number,
            "customer_id": now.customer_id,
            "membership_id": now.membership_id,
            "membership_version": now.version,
            "was": to_json(was),
            "group_code": now.group_code,
            "subgroup_code": now.subgroup_code,
            "day": now.valid_from,
            **saving.doubt_columns(concerns, reason),
            "registered_at": at,
        }
        for number, (was, now, concerns) in enumerate(changed, start=first)
    ]
    tx.load("registration_row", pa.Table.from_pylist(rows, saving.SCHEMA))


def to_json(was: Membership) -> str:
    """Serialise a membership for :func:`from_json`."""
    return json.dumps(asdict(was), default=str)


def from_json(text: str, customer_id: int) -> Membership:
    """Read a membership that :func:`to_json` wrote, as one of its present customer."""
    values = json.loads(text)
    for name in ("valid_from", "valid_to"):
        values[name] = values[name] and date.fromisoformat(values[name])
    for name in ("registered_at", "ended_at"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return Membership(**values | {"customer_id": customer_id})


def _with_end(
    row: Membership, valid_to: date | None, ended_at: datetime | None, ended_by: str | None, reason: str | None
) -> Membership:
    return replace(row, valid_to=valid_to, ended_at=ended_at, ended_by=ended_by, ended_reason=reason)
