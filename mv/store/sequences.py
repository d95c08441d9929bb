"""Numbers for new rows, drawn many at once."""

from __future__ import annotations

from mv.store.engine import Transaction


def draw(tx: Transaction, sequence: str, count: int) -> list[int]:
    """Return the next ``count`` numbers of ``sequence``, ascending; nobody else gets any of them."""
    rows = tx.rows(f"SELECT nextval('{sequence}') AS id FROM generate_series(1, $1)", count) if count else []
    return sorted(row["id"] for row in rows)
