"""The access log: which action was taken with whose data, at which unit, when and by whom.

Its contents follow HSLF-FS 2016:40, chapter 4, 9 §. An entry is written in the transaction of what it
tells about, so that neither exists without the other. It never holds an identity number or a name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from mv.access import Action, Actor
from mv.store.engine import Transaction

ONE_LOOK = timedelta(minutes=10)
"""A page that is drawn again within this time is the same look at the same person by the same user."""

INSERT = """
    INSERT INTO access_log (logged_at, user_id, unit_id, action, customer_id, detail)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
SEEN = """
    SELECT customer_id FROM access_log
    WHERE logged_at > $1 AND user_id = $2 AND unit_id = $3 AND action = $4
"""


def record(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    action: Action,
    customer_id: int | None = None,
    **detail: object,
) -> None:
    """Log that ``actor`` did ``action`` at the instant ``at`` (UTC), in the open transaction."""
    words = json.dumps(detail, default=str, ensure_ascii=False, sort_keys=True) if detail else None
    tx.execute(INSERT, at, actor.user_id, actor.unit_id, action, customer_id, words)


def record_look(tx: Transaction, at: datetime, actor: Actor, action: Action, customer_ids: Iterable[int]) -> None:
    """Log that ``actor`` was shown these customers, unless it is still the same look (see ONE_LOOK)."""
    shown = set(customer_ids)
    if not shown:
        return
    seen = {row["customer_id"] for row in tx.rows(SEEN, at - ONE_LOOK, actor.user_id, actor.unit_id, action)}
    for customer_id in sorted(shown - seen):
        record(tx, at, actor, action, customer_id)
