"""The access log: each action with its customer, unit, time, user and ground for access.

Its contents follow HSLF-FS 2016:40, chapter 4, 9 §. An entry is written in the transaction of the action, so that
neither exists without the other; a refusal, which rolls that back, is logged in a transaction of its own. Logging an
action checks the care relation, so that no action without one can be logged as done. Each entry has a hash over the
entry before it (see :mod:`mv.access_log.chain`). None has an identity number or a name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import digest
from secrets import token_bytes
from typing import TypeVar

import pyarrow as pa

from mv.access import (
    EVERY_UNIT,
    AccessReason,
    Action,
    Actor,
    OtherUnit,
    require,
    require_care_relation,
    split_by_care_relation,
)
from mv.errors import Forbidden
from mv.store import Store
from mv.store.engine import Transaction, to_table

T = TypeVar("T")

ONE_LOOK = timedelta(minutes=10)
"""Within this time, drawing a page again is the same look: same user, unit, action and customer."""

MARK_KEY = token_bytes(32)
COLUMNS = "entry_id, logged_at, user_id, role, unit_id, action, customer_id, outcome, why, detail, hash"
SCHEMA = pa.schema(
    {
        "entry_id": pa.int64(),
        "logged_at": pa.timestamp("us"),
        **dict.fromkeys(("user_id", "role", "unit_id", "action"), pa.string()),
        "customer_id": pa.int64(),
        **dict.fromkeys(("outcome", "why", "detail", "hash"), pa.string()),
    }
)
SEEN = """
    SELECT customer_id, detail FROM access_log
    WHERE logged_at > $1 AND user_id = $2 AND unit_id = $3 AND action = $4 AND outcome = $5
"""


class Outcome(StrEnum):
    """Whether the action was done or refused."""

    DONE = "done"
    REFUSED = "refused"


class ExportedList(StrEnum):
    """A file of many people that may say who they are; the patient's extract knows each of them."""

    GROUPS = "groups"
    DOSES = "doses"
    CLAIM_LINES = "claim_lines"
    CLAIM = "claim"
    NEW_YEAR = "new_year"


EXPORTS: Mapping[ExportedList, Action] = {
    ExportedList.GROUPS: Action.EXPORT_GROUPS,
    ExportedList.DOSES: Action.EXPORT_DOSES,
    ExportedList.CLAIM_LINES: Action.EXPORT_CLAIM,
    ExportedList.CLAIM: Action.EXPORT_CLAIM,
    ExportedList.NEW_YEAR: Action.EXPORT_IDENTITIES,
}
"""The action that the log has for each of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log; ``hash`` is None in entries older than the chain."""

    entry_id: int
    logged_at: datetime
    user_id: str
    role: str
    unit_id: str
    action: str
    customer_id: int | None
    outcome: str
    why: str | None
    detail: str | None
    hash: str | None = None

    def chained_to(self, before: str) -> str:
        """Return the SHA-256, in hexadecimal, of this entry and of ``before``, the hash of the entry before it."""
        values = (
            self.entry_id, self.logged_at.isoformat(), self.user_id, self.role, self.unit_id, self.action,
            self.customer_id, self.outcome, self.why, self.detail,
        )  # fmt: skip
        return sha256(f"{before}\n{json.dumps(values, ensure_ascii=False)}".encode()).hexdigest()


def perform(
    store: Store, actor: Actor, action: Action, work: Callable[[Transaction], T], customer_id: int | None = None
) -> T:
    """Run ``work`` in a transaction if the actor's role includes ``action``, and return its result.

    Logs every refusal, with ``customer_id`` where it is given. Raises Forbidden when the role does not include the
    action, and whatever ``work`` raises.
    """
    with refusals(store, actor, action, customer_id):
        require(actor, action)
        return store.write(work)


@contextmanager
def refusals(store: Store, actor: Actor, action: Action, customer_id: int | None = None) -> Iterator[None]:
    """Log a Forbidden that is raised inside the ``with`` as a refusal of ``action``, and raise it again."""
    try:
        yield
    except Forbidden as refusal:
        about = refusal.customer_id if isinstance(refusal, OtherUnit) else customer_id
        record_refusals(store, actor, action, [about])
        raise


def permit(store: Store, actor: Actor, action: Action) -> None:
    """Raise Forbidden, and log the refusal, unless the actor's role includes ``action``."""
    with refusals(store, actor, action):
        require(actor, action)


def record(tx: Transaction, at: datetime, actor: Actor, action: Action, **detail: object) -> None:
    """Log, in the open transaction, an action at the instant ``at`` that concerns no particular customer."""
    _append(tx, [_entry(at, actor, action, Outcome.DONE, None, detail=detail)])


def record_export(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    exported: ExportedList,
    *,
    rows: int,
    identities: bool,
    units: Collection[str] | None = None,
    **detail: object,
) -> None:
    """Log, in the open transaction, that a list of many people was taken out, with identity numbers or without.

    ``units`` are those whose rows it has: the actor's own unless told.
    """
    own = [EVERY_UNIT] if actor.has_every_unit else sorted(actor.own_units)
    told = {"list": exported, "rows": rows, "identities": identities, "units": own if units is None else sorted(units)}
    record(tx, at, actor, EXPORTS[exported], **told, **detail)


def record_customers(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    action: Action,
    details: Sequence[tuple[int, Mapping[str, object]]],
    *,
    of_own_rows: bool = False,
) -> None:
    """Log, in the open transaction, an action on customers at the instant ``at``.

    ``details`` has a customer's id and the detail of its entry, for each entry. Raises OtherUnit when the actor has no
    care relation with one of them (see :func:`mv.access.require_care_relation`, also for ``of_own_rows``).
    """
    concerned = {customer_id for customer_id, _ in details}
    why = require_care_relation(tx, at, actor, concerned, of_own_rows=of_own_rows)
    _append(
        tx,
        [
            _entry(at, actor, action, Outcome.DONE, customer_id, why[customer_id], detail)
            for customer_id, detail in details
        ],
    )


def record_look(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    action: Action,
    customer_ids: Iterable[int],
    ground: AccessReason | None = None,
    *,
    of_own_rows: bool = False,
) -> None:
    """Log that the actor was shown these customers; those of the same look are not logged again (see ONE_LOOK).

    ``ground`` is one that the caller has checked. Without it, raises OtherUnit when the actor has no care relation with
    one of them (see :func:`mv.access.require_care_relation`, also for ``of_own_rows``).
    """
    shown = set(customer_ids)
    if not shown:
        return
    why = (
        dict.fromkeys(shown, ground) if ground else require_care_relation(tx, at, actor, shown, of_own_rows=of_own_rows)
    )
    new = sorted(shown - _seen(tx, at, actor, action, Outcome.DONE))
    _append(tx, [_entry(at, actor, action, Outcome.DONE, number, why[number]) for number in new])


def record_miss(tx: Transaction, at: datetime, actor: Actor, action: Action, asked: str, count: int = 1) -> None:
    """Log that the actor asked for people, ``count`` of whom there are not; the same question is not logged again.

    ``asked`` may name a person, so the entry has a mark of it alone: what a key gives that ends with the program.
    """
    mark = digest(MARK_KEY, asked.encode(), "sha256").hex()[:8]
    seen = tx.rows(f"{SEEN} AND customer_id IS NULL", at - ONE_LOOK, actor.user_id, actor.unit_id, action, Outcome.DONE)
    if not any(f'"question": "{mark}"' in (row["detail"] or "") for row in seen):
        record(tx, at, actor, action, without_hit=count, question=mark)


def record_refusals(store: Store, actor: Actor, action: Action, customer_ids: Iterable[int | None]) -> None:
    """Log that the actor was refused an action on each of these customers; None stands for no particular customer.

    A refusal that was logged a moment ago is not logged again (see ONE_LOOK).
    """
    at = store.now()

    def work(tx: Transaction) -> None:
        seen = _seen(tx, at, actor, action, Outcome.REFUSED)
        _append(
            tx, [_entry(at, actor, action, Outcome.REFUSED, number) for number in customer_ids if number not in seen]
        )

    store.write(work)


def record_known_elsewhere(store: Store, actor: Actor, action: Action, customer_id: int) -> None:
    """Log that ``action`` told the actor of a customer's number, as a refusal where the customer is another unit's."""
    with store.read() as tx:
        _, unrelated = split_by_care_relation(tx, store.now(), actor, [customer_id])
    record_refusals(store, actor, action, unrelated)


def last_entry_id(tx: Transaction) -> int:
    """Return the number of the log's last entry, for :func:`changed_since`; 0 while the log is empty."""
    last: int = tx.rows("SELECT entry_id FROM log_head WHERE log = 'access'")[0]["entry_id"]
    return last


def changed_since(
    tx: Transaction, entry_id: int, actions: Collection[Action], user_id: str | None = None
) -> set[int | None]:
    """Return the customers on whom one of ``actions`` was done after the entry ``entry_id``, by ``user_id`` or anyone.

    None among them stands for an action on no particular customer; the set is empty when nothing was done. Entries are
    numbered in the order in which they are committed, so that none appears later with a number below ``entry_id``.
    """
    places = ", ".join(f"${n}" for n in range(3, 3 + len(actions)))
    sql = f"""
        SELECT DISTINCT customer_id FROM access_log
        WHERE entry_id > $1 AND outcome = 'done' AND user_id = COALESCE($2, user_id) AND action IN ({places})
    """
    return {row["customer_id"] for row in tx.rows(sql, entry_id, user_id, *sorted(actions))}


def _seen(tx: Transaction, at: datetime, actor: Actor, action: Action, outcome: Outcome) -> set[int | None]:
    rows = tx.rows(SEEN, at - ONE_LOOK, actor.user_id, actor.unit_id, action, outcome)
    return {row["customer_id"] for row in rows}


def _entry(
    at: datetime,
    actor: Actor,
    action: Action,
    outcome: Outcome,
    customer_id: int | None,
    why: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> Entry:
    words = json.dumps(detail, default=str, ensure_ascii=False, sort_keys=True) if detail else None
    return Entry(0, at, actor.user_id, actor.role or "", actor.unit_id, action, customer_id, outcome, why, words)


def _append(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Append entries to the chain, whose head stays locked until the transaction ends."""
    if not entries:
        return
    head = tx.row(
        "UPDATE log_head SET entry_id = entry_id + $1 WHERE log = 'access' RETURNING entry_id, hash", len(entries)
    )
    assert head is not None  # noqa: S101 (the migration has put it there)
    last: str = head["hash"]
    chained = []
    for number, entry in enumerate(entries, start=head["entry_id"] - len(entries) + 1):
        numbered = replace(entry, entry_id=number)
        last = numbered.chained_to(last)
        chained.append(replace(numbered, hash=last))
    tx.load("access_log", to_table(SCHEMA, chained))
    tx.execute("UPDATE log_head SET hash = $1 WHERE log = 'access'", last)
