"""What a store says of itself: whether its people are invented or real, and since when it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mv.clock import to_local
from mv.store import Store

INVENTED = {"key": ["made_by"], "value": ["sample"]}
"""The row of table ``meta`` that marks invented people. It is written once, and nothing takes it away."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whether the people of a store are invented, and the day on which it was made, where that is known."""

    invented: bool
    made_on: date | None


def read(store: Store) -> Origin:
    """Return what the store says of itself."""
    with store.read() as tx:
        said = {row["key"]: row["value"] for row in tx.rows("SELECT key, value FROM meta WHERE key LIKE 'made%'")}
    made_at = said.get("made_at")
    made_on = to_local(datetime.fromisoformat(made_at)).date() if made_at else None
    return Origin(said.get("made_by") == "sample", made_on)
