"""Many things at once, as the rows that a table is loaded with."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa


def as_rows(schema: pa.Schema, things: Sequence[object], **others: Sequence[object]) -> pa.Table:
    """Return a row for each of ``things``: a column is what ``others`` holds for it, else the attribute of its name."""
    return pa.table(
        {name: others[name] if name in others else [getattr(thing, name) for thing in things] for name in schema.names},
        schema=schema,
    )
