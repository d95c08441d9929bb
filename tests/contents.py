"""What a store holds, table by table, so that a refused action can be shown to have left no trace."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mv.errors import Forbidden, MvError
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.store import Store

Rows = list[dict[str, Any]]

LOG = ("access_log", "log_head")
"""What a refusal changes."""
FIND_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"


def contents(store: Store) -> dict[str, Rows]:
    """Return every row of every table."""
    with store.read() as tx:
        tables = sorted(row["table_name"] for row in tx.rows(FIND_TABLES))
        return {table: sorted(tx.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608


def logged(store: Store, *actions: str) -> Rows:
    """Return the access log in order, without the entries' ids; only these actions, where any are named."""
    with store.read() as tx:
        rows = tx.rows(
            "SELECT logged_at, user_id, unit_id, action, customer_id, detail FROM access_log ORDER BY entry_id"
        )
    return [
        {**row, "detail": json.loads(row["detail"]) if row["detail"] else None}
        for row in rows
        if not actions or row["action"] in actions
    ]


def entries_of(store: Store, user_id: str, outcome: str) -> Rows:
    """Return the user's entries with this outcome, without the numbers and the hash of their place in the log."""
    sql = """
        SELECT logged_at, user_id, role, unit_id, action, customer_id, outcome, why, detail FROM access_log
        WHERE user_id = $1 AND outcome = $2 ORDER BY entry_id
    """
    with store.read() as tx:
        return tx.rows(sql, user_id, outcome)


@contextmanager
def nothing_changes(store: Store, *, but: Collection[str] = ()) -> Iterator[None]:
    """Check that every table is as it was, ``but`` these."""
    before = contents(store)
    yield
    after = contents(store)
    assert {name: rows for name, rows in after.items() if name not in but} == {
        name: rows for name, rows in before.items() if name not in but
    }


@contextmanager
def refused(store: Store, kind: type[MvError], says: str) -> Iterator[None]:
    """Check that the error is raised and explained, holds no identity number, and that every table is as it was."""
    with nothing_changes(store, but=LOG if issubclass(kind, Forbidden) else ()):
        with pytest.raises(kind) as caught:
            yield
        assert explain(caught.value, ENGLISH) == says
        assert explain(caught.value, SWEDISH) != says
        with store.read() as tx:
            numbers = [row["identity"] for row in tx.rows("SELECT identity FROM customer")]
        told = f"{caught.value} {caught.value!r} {caught.value.params}".replace("-", "")
        assert not [number for number in numbers if number[2:] in told]
