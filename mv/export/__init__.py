"""Customers' groups, active and inactive, taken out as files, looked at and counted. See docs/export.md."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from functools import partial

import pandas as pd
import pyarrow as pa

from mv import audit
from mv.access import EVERY_UNIT, Action, Actor
from mv.export import groups, pipeline
from mv.export.counts import Counts, active_over_time, counts, published, summary
from mv.export.filters import Filters, Selection, Status
from mv.export.formats import Format
from mv.export.formats.csv import Csv, Delimiter, cells
from mv.export.formats.parquet import Parquet
from mv.export.formats.xlsx import Xlsx
from mv.export.progress import Cancelled, Progress
from mv.export.schema import Headings
from mv.i18n import ENGLISH
from mv.pseudonyms import Pseudonyms
from mv.store import Store
from mv.store.engine import Row, Transaction

__all__ = [
    "Cancelled", "Counts", "Csv", "Delimiter", "Filters", "Format", "Headings", "Parquet", "Progress", "Status", "Xlsx",
    "active_over_time", "counts", "filename", "groups_file", "preview", "published", "summary",
]  # fmt: skip

CUSTOMERS_AT_ONCE = 100_000
"""Customers per query, so that little is sorted at once. 10 M rows in one query took twice as long, and 3.2 GB."""


def groups_file(
    store: Store,
    actor: Actor,
    filters: Filters,
    form: Format = Csv(),  # noqa: B008 (it is frozen)
    *,
    headings: Headings = ENGLISH,
    pseudonyms: Pseudonyms | None = None,
    progress: Progress | None = None,
) -> Generator[bytes]:
    """Log the export and return the file piece by piece: the headings, then the rows, by customer and period.

    With ``pseudonyms`` it has these instead of identity numbers and names; without, the actor's role has to
    include identity numbers. ``headings`` is also the language of names and words. Raises Forbidden and Invalid at
    once, not at the first piece; Cancelled after a piece, once ``progress`` is cancelled.
    """
    selection = Selection.permitted(store, actor, filters)
    _require_identities(store, actor, pseudonyms)
    found = _count_and_log(store, actor, selection, pseudonyms)
    watched = progress or Progress()
    watched.begin(found["rows"])
    rows = _read_in_order(store, selection, groups.rows_sql(pseudonyms), found["first"], found["last"])
    shape = partial(groups.shape, named=groups.words(selection.known, headings), pseudonyms=pseudonyms)
    return pipeline.pieces(groups.layout(headings, pseudonyms), rows, shape, form, watched)


def preview(
    store: Store,
    actor: Actor,
    filters: Filters,
    *,
    headings: Headings = ENGLISH,
    limit: int = 50,
    pseudonyms: Pseudonyms | None = None,
) -> pd.DataFrame:
    """Return the file's first ``limit`` rows, as they stand in CSV; that these customers were seen is logged.

    Raises what :func:`groups_file` raises.
    """
    selection = Selection.permitted(store, actor, filters)
    _require_identities(store, actor, pseudonyms)
    limited = f"ORDER BY {groups.IN_ORDER} LIMIT ${len(selection.params) + 1}"
    seen = selection.sql("SELECT m.customer_id FROM membership m WHERE {where} {part}", limited)

    def work(tx: Transaction) -> None:
        customers = [row["customer_id"] for row in tx.rows(seen, *selection.params, limit)]
        audit.record_look(tx, store.now(), actor, Action.PREVIEW_EXPORT, customers)

    store.write(work)
    sql = selection.sql(groups.rows_sql(pseudonyms), limited)
    with store.batches(sql, *selection.params, limit) as reader:
        frame = groups.shape(reader.read_all(), groups.words(selection.known, headings), pseudonyms)
    layout = groups.layout(headings, pseudonyms)
    return pd.DataFrame(cells(frame, layout)).set_axis(list(layout.heads), axis="columns")


def filename(filters: Filters, today: date, form: Format = Csv(), *, summary: bool = False) -> str:  # noqa: B008
    """Return a name for the file, or for that of the summary, with nothing about any person in it."""
    status = {Status.ALL: "alla", Status.ACTIVE: "aktiva", Status.INACTIVE: "inaktiva"}[filters.status]
    return f"kundgrupper_{status}_{'antal_' if summary else ''}{today}.{form.suffix}"


def _require_identities(store: Store, actor: Actor, pseudonyms: Pseudonyms | None) -> None:
    if pseudonyms is None:
        audit.permit(store, actor, Action.EXPORT_IDENTITIES)


def _count_and_log(store: Store, actor: Actor, selection: Selection, pseudonyms: Pseudonyms | None) -> Row:
    """Log how many rows are taken, by which filters; return the number, the first and the last customer."""
    sql = """
        SELECT count(*) AS "rows", min(m.customer_id) AS first, max(m.customer_id) AS last
        FROM membership m WHERE {where}
    """
    given = selection.filters.given()
    own = [EVERY_UNIT] if actor.has_every_unit else sorted(actor.own_units)

    def work(tx: Transaction) -> Row:
        (found,) = tx.rows(selection.sql(sql), *selection.params)
        at, rows = store.now(), found["rows"]
        detail = {"filters": given, "rows": rows, "identities": pseudonyms is None, "units": own}
        audit.record(tx, at, actor, Action.EXPORT_GROUPS, **detail)
        return found

    return store.write(work)


def _read_in_order(
    store: Store, selection: Selection, rows_sql: str, first: int | None, last: int | None
) -> Generator[pa.Table]:
    if first is None or last is None:
        return
    n = len(selection.params)
    sql = selection.sql(rows_sql, f"AND m.customer_id BETWEEN ${n + 1} AND ${n + 2}")
    for start in range(first, last + 1, CUSTOMERS_AT_ONCE):
        stop = min(start + CUSTOMERS_AT_ONCE - 1, last)
        with store.batches(sql, *selection.params, start, stop) as reader:
            for batch in reader:
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])
