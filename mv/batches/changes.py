"""Changes of a batch: its expiry, stopped and in use again, depleted or not; each kept in its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from mv import audit
from mv.access import Action, Actor
from mv.batches import batch as batch_rows
from mv.batches.batch import COLUMNS, Batch, BatchKey
from mv.clock import to_local
from mv.errors import N_, Conflict, Invalid, NotFound
from mv.store import Store
from mv.store.engine import Transaction, to_table
from mv.text import clean_note

LONGEST_REASON = 200
HISTORY = pa.schema(
    {
        **dict.fromkeys(("product_code", "batch_number"), pa.string()),
        "version": pa.int32(),
        "change": pa.string(),
        "changed_at": pa.timestamp("us"),
        "changed_by": pa.string(),
        "expires_on": pa.date32(),
        "stopped_at": pa.timestamp("us"),
        "stop_reason": pa.string(),
        "depleted_at": pa.timestamp("us"),
    }
)
UPDATE = f"""
    UPDATE batch SET expires_on = $4, stopped_at = $5, stop_reason = $6, depleted_at = $7, version = version + 1
    WHERE product_code = $1 AND batch_number = $2 AND version = $3 RETURNING {COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A batch as a change left it, with the instant (naive UTC) and the user; version 1 is how it was received."""

    version: int
    change: str
    changed_at: datetime
    changed_by: str
    expires_on: date | None
    stopped_at: datetime | None
    stop_reason: str | None
    depleted_at: datetime | None


def list_batches(store: Store, actor: Actor) -> list[Batch]:
    """Return every batch, by product, of unknown expiry first and then the latest to expire. Raises Forbidden."""
    audit.permit(store, actor, Action.VIEW_BATCHES)
    with store.read() as tx:
        return list(batch_rows.read_all(tx).values())


def history(store: Store, actor: Actor, key: BatchKey) -> list[Change]:
    """Return every change of a batch, the latest first. Raises Forbidden."""
    audit.permit(store, actor, Action.VIEW_BATCHES)
    sql = """
        SELECT version, change, changed_at, changed_by, expires_on, stopped_at, stop_reason, depleted_at
        FROM batch_change WHERE product_code = $1 AND batch_number = $2 ORDER BY version DESC
    """
    with store.read() as tx:
        return [Change(**row) for row in tx.rows(sql, *key)]


def change_expiry(store: Store, actor: Actor, seen: Batch, expires_on: date | None) -> Batch:
    """Change the expiry, or say that it is unknown, and return the batch.

    Raises Conflict when the batch was changed since it was ``seen``, NotFound; so do all of these.
    """
    return _perform(store, actor, Action.CHANGE_BATCH, "expiry", seen, lambda now: replace(now, expires_on=expires_on))


def stop(store: Store, actor: Actor, seen: Batch, stopped_at: datetime, reason: str) -> Batch:
    """Stop the batch from the instant ``stopped_at`` (naive UTC) on, and return it.

    Raises Invalid for an instant to come, and without a reason.
    """
    if stopped_at > store.now():
        raise Invalid(N_("A batch cannot be stopped in advance. Choose a moment that has been."))
    why = clean_note(reason, LONGEST_REASON)
    if not why:
        raise Invalid(N_("Write why the batch is stopped."))
    return _perform(
        store, actor, Action.STOP_BATCH, "stopped", seen,
        lambda now: replace(now, stopped_at=stopped_at, stop_reason=why),
    )  # fmt: skip


def resume(store: Store, actor: Actor, seen: Batch) -> Batch:
    """Undo the stop, and return the batch."""
    return _perform(
        store, actor, Action.STOP_BATCH, "resumed", seen,
        lambda now: replace(now, stopped_at=None, stop_reason=None),
    )  # fmt: skip


def deplete(store: Store, actor: Actor, seen: Batch) -> Batch:
    """Say that the batch is used up, so that it is not among those to choose today; return it."""
    at = store.now()
    return _perform(
        store, actor, Action.CHANGE_BATCH, "depleted", seen,
        lambda now: replace(now, depleted_at=now.depleted_at or at),
    )  # fmt: skip


def replenish(store: Store, actor: Actor, seen: Batch) -> Batch:
    """Say that there is some left of a batch that was said to be used up, and return it."""
    return _perform(store, actor, Action.CHANGE_BATCH, "replenished", seen, lambda now: replace(now, depleted_at=None))


def write(tx: Transaction, at: datetime, actor: Actor, action: Action, change: str, new: Batch) -> Batch:
    """Update a batch, whose version is the one that was seen, keep it in the history and log it; return it as it is.

    Raises Conflict when the store has another version.
    """
    values = (new.expires_on, new.stopped_at, new.stop_reason, new.depleted_at)
    row = tx.row(UPDATE, *new.key, new.version, *values)
    if row is None:
        raise _changed_meanwhile(tx, new.key)
    now = Batch(**row)
    keep(tx, at, actor, change, [now])
    detail = {"product": now.product_code, "batch": now.batch_number, "version": now.version, "change": change}
    audit.record(tx, at, actor, action, **detail)
    return now


def keep(tx: Transaction, at: datetime, actor: Actor, change: str, batches: Sequence[Batch]) -> None:
    """Keep the batches as they are now in the history, in the open transaction."""
    alike = {"change": change, "changed_at": at, "changed_by": actor.user_id}
    columns = {name: [value] * len(batches) for name, value in alike.items()}
    tx.load("batch_change", to_table(HISTORY, batches, **columns))


def _perform(
    store: Store, actor: Actor, action: Action, change: str, seen: Batch, apply: Callable[[Batch], Batch]
) -> Batch:
    def work(tx: Transaction) -> Batch:
        now = batch_rows.read(tx, [seen.key]).get(seen.key)
        if now is None:
            raise NotFound(N_("The batch does not exist."))
        if now.version != seen.version:
            raise _changed_meanwhile(tx, seen.key)
        new = apply(now)
        return now if new == now else write(tx, store.now(), actor, action, change, new)

    return audit.perform(store, actor, action, work)


def _changed_meanwhile(tx: Transaction, key: BatchKey) -> Conflict:
    sql = """
        SELECT changed_by, changed_at FROM batch_change WHERE product_code = $1 AND batch_number = $2
        ORDER BY version DESC LIMIT 1
    """
    last = tx.rows(sql, *key)[0]
    message = N_("{who} changed this batch at {time}. It is shown as it is now; nothing was overwritten.")
    return Conflict(message, who=last["changed_by"], time=f"{to_local(last['changed_at']):%Y-%m-%d %H:%M}")
