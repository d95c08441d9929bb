"""Customers' groups, active and inactive, taken out as CSV, looked at and counted. See docs/export.md."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

import pandas as pd
import pyarrow as pa

from mv import audit, catalogue
from mv.access import EVERY_UNIT, Action, Actor
from mv.export import disclosure
from mv.export.layout import Delimiter, Headings, encode, heads, renamed, shape, words
from mv.export.selection import Filters, Selection, Status, select
from mv.i18n import ENGLISH
from mv.pseudonyms import TEXT, Pseudonyms
from mv.store import Store
from mv.store.engine import Row, Transaction

__all__ = [
    "Counts", "Delimiter", "Filters", "Headings", "Status",
    "active_over_time", "counts", "csv_chunks", "filename", "preview", "published", "summary",
]  # fmt: skip

IN_ORDER = "m.customer_id, m.valid_from, m.membership_id"
ROWS = f"""
    SELECT {{person}}, m.group_code AS "group", m.group_code || '/' || m.subgroup_code AS subgroup,
        {{{{status}}}} AS status, m.valid_from, m.valid_to, m.unit_id AS unit, m.registered_at, m.registered_by,
        m.ended_at, m.ended_by, m.ended_reason, m.group_code, m.subgroup_code, m.unit_id, m.membership_id,
        m.version
    FROM (SELECT * FROM membership m WHERE {{{{where}}}} {{{{part}}}}) m
    JOIN customer c ON c.customer_id = m.customer_id ORDER BY {IN_ORDER}
"""
IDENTIFIED = """
    c.identity AS customer_identity, c.given_name || ' ' || c.family_name AS customer_name, c.birth_date
"""
PSEUDONYMISED = "c.customer_id AS customer_pseudonym, CAST(extract(year FROM c.birth_date) AS INTEGER) AS birth_year"
CUSTOMERS_AT_ONCE = 200_000
"""Customers per query. Reading 10 M rows took 6.6 s and 0.6 GB so, and 14 s and 3.2 GB in one query."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows, of these how many active and inactive, and how many people have them."""

    rows: int
    active: int
    inactive: int
    people: int


def csv_chunks(
    store: Store,
    actor: Actor,
    filters: Filters,
    *,
    delimiter: Delimiter = ";",
    headings: Headings = ENGLISH,
    bom: bool | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> Iterator[bytes]:
    """Log the export and return the file piece by piece: the heading, then the rows, by customer and period.

    With ``pseudonyms`` it has these instead of identity numbers and names; without, the actor's role has to
    include identity numbers. ``headings`` is also the language of names and words. A byte-order mark comes
    first with ";", unless ``bom`` says otherwise. Raises Forbidden and Invalid at once, not at the first piece.
    """
    selection = _select(store, actor, filters)
    _require_identities(store, actor, pseudonyms)
    found = _count_and_log(store, actor, selection, pseudonyms)
    mark = codecs.BOM_UTF8 if bom or (bom is None and delimiter == ";") else b""
    shaped = partial(shape, named=words(selection.known, headings), headings=headings, pseudonyms=pseudonyms)

    def pieces() -> Iterator[bytes]:
        yield mark + encode(pd.DataFrame(columns=heads(headings, pseudonyms), dtype=TEXT), delimiter, heading=True)
        # A piece depends on its rows alone: workers could make several at once, handed out in order.
        for rows in _read_in_order(store, selection, _rows(pseudonyms), found["first"], found["last"]):
            yield encode(shaped(rows), delimiter)

    return pieces()


def preview(
    store: Store,
    actor: Actor,
    filters: Filters,
    *,
    headings: Headings = ENGLISH,
    limit: int = 50,
    pseudonyms: Pseudonyms | None = None,
) -> pd.DataFrame:
    """Return the file's first ``limit`` rows, as they stand in it; that these customers were seen is logged.

    Raises what :func:`csv_chunks` raises.
    """
    selection = _select(store, actor, filters)
    _require_identities(store, actor, pseudonyms)
    limited = f"ORDER BY {IN_ORDER} LIMIT ${len(selection.params) + 1}"
    seen = selection.sql("SELECT m.customer_id FROM membership m WHERE {where} {part}", limited)

    def work(tx: Transaction) -> None:
        customers = [row["customer_id"] for row in tx.rows(seen, *selection.params, limit)]
        audit.record_look(tx, store.now(), actor, Action.PREVIEW_EXPORT, customers)

    store.write(work)
    sql = selection.sql(_rows(pseudonyms), limited)
    with store.batches(sql, *selection.params, limit) as reader:
        return shape(reader.read_all(), words(selection.known, headings), headings, pseudonyms)


def counts(store: Store, actor: Actor, filters: Filters) -> Counts:
    """Return how many rows and people there are. It shows nobody and is not logged."""
    selection = _select(store, actor, filters)
    sql = """
        SELECT count(*) AS "rows", count(*) FILTER (WHERE {status} = 'active') AS active,
            count(*) FILTER (WHERE {status} = 'inactive') AS inactive,
            count(DISTINCT m.customer_id) AS people
        FROM membership m WHERE {where}
    """
    with store.read() as tx:
        return Counts(**tx.rows(selection.sql(sql), *selection.params)[0])


def summary(
    store: Store, actor: Actor, filters: Filters, *, headings: Headings = ENGLISH, publication: bool = False
) -> pd.DataFrame:
    """Return one row per group and status: group_code, group, status, people, rows.

    The rows add up to those of :func:`counts`; people do not, as one may be in several groups. For
    ``publication`` counts of few people are missing (see :mod:`mv.export.disclosure`).
    """
    selection = _select(store, actor, filters)
    sql = """
        SELECT m.group_code, {status} AS status, count(DISTINCT m.customer_id) AS people, count(*) AS "rows"
        FROM membership m WHERE {where} GROUP BY 1, 2
    """
    frame = _in_catalogue_order(_read(store, selection, sql), selection, ["group_code", "status"])
    if publication:
        frame = disclosure.suppress(frame)
    named = words(selection.known, headings)
    frame.insert(1, "group", renamed(frame["group_code"], named["group"]))
    return frame.assign(status=renamed(frame["status"], named.get("status", {})))


def published(
    store: Store, actor: Actor, filters: Filters, *, delimiter: Delimiter = ";", headings: Headings = ENGLISH
) -> Iterator[bytes]:
    """Return the summary for publication as CSV, in one piece; a count that is left out has nothing in its cell."""
    frame = summary(store, actor, filters, headings=headings, publication=True)
    mark = codecs.BOM_UTF8 if delimiter == ";" else b""
    return iter([mark + encode(frame.drop(columns="group_code"), delimiter, heading=True)])


def active_over_time(store: Store, actor: Actor, filters: Filters, *, headings: Headings = ENGLISH) -> pd.DataFrame:
    """Return how many of the rows covered each month's last day and the last day of all, per group.

    Columns: day, group_code, group, active. The days lie within the filters' period and end today, or on
    the day that it is as of. Rows registered by mistake count on no day.
    """
    selection = _select(store, actor, filters)
    counted = "FROM membership m WHERE {where} AND m.ended_reason IS DISTINCT FROM 'wrong'"
    starts = f"SELECT m.group_code, m.valid_from AS day, count(*) AS change {counted} GROUP BY 1, 2"
    ends = f"SELECT m.group_code, m.valid_to + 1, -count(*) {counted} AND m.valid_to IS NOT NULL GROUP BY 1, 2"
    changes = _read(store, selection, f"{starts} UNION ALL {ends}")
    change = changes.pivot_table("change", index="day", columns="group_code", aggfunc="sum", fill_value=0)
    days = _month_ends(filters, changes["day"].min(), store.today())
    active = change.cumsum().reindex(days, method="ffill").fillna(0).astype("int64").rename_axis("day")
    frame = active.reset_index().melt("day", var_name="group_code", value_name="active")
    frame.insert(2, "group", renamed(frame["group_code"], words(selection.known, headings)["group"]))
    return _in_catalogue_order(frame, selection, ["day", "group_code"])


def filename(filters: Filters, today: date, *, summary: bool = False) -> str:
    """Return a name for the file, or for that of the summary, with nothing about any person in it."""
    status = {Status.ALL: "alla", Status.ACTIVE: "aktiva", Status.INACTIVE: "inaktiva"}[filters.status]
    return f"kundgrupper_{status}_{'antal_' if summary else ''}{today}.csv"


def _select(store: Store, actor: Actor, filters: Filters) -> Selection:
    audit.permit(store, actor, Action.EXPORT_GROUPS)
    with audit.refusals(store, actor, Action.EXPORT_GROUPS):
        return select(catalogue.load(store), filters, store.today(), actor)


def _require_identities(store: Store, actor: Actor, pseudonyms: Pseudonyms | None) -> None:
    if pseudonyms is None:
        audit.permit(store, actor, Action.EXPORT_IDENTITIES)


def _rows(pseudonyms: Pseudonyms | None) -> str:
    return ROWS.format(person=PSEUDONYMISED if pseudonyms else IDENTIFIED)


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
        audit.record(tx, at, actor, Action.EXPORT_GROUPS, None, **detail)
        return found

    return store.write(work)


def _read_in_order(
    store: Store, selection: Selection, rows_sql: str, first: int | None, last: int | None
) -> Iterator[pa.Table]:
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


def _read(store: Store, selection: Selection, sql: str) -> pd.DataFrame:
    with store.batches(selection.sql(sql), *selection.params) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame


def _in_catalogue_order(frame: pd.DataFrame, selection: Selection, columns: list[str]) -> pd.DataFrame:
    """Sort by ``columns``, the groups in the order in which they are chosen from."""
    places = {code: place for place, code in enumerate(selection.known.groups)}

    def place(values: pd.Series) -> pd.Series:
        return values.map(places) if values.name == "group_code" else values

    return frame.sort_values(columns, key=place, ignore_index=True)


def _month_ends(filters: Filters, first: pd.Timestamp, today: date) -> pd.DatetimeIndex:
    """Return the last days of the months from ``first`` (or none) on, and the last day that there is."""
    last = pd.Timestamp(min(day for day in (today, filters.as_of, filters.valid_to) if day))
    if filters.valid_from:
        first = max(first, pd.Timestamp(filters.valid_from))
    if pd.isna(first) or first > last:
        return pd.DatetimeIndex([])
    return pd.date_range(first, last, freq="ME").union(pd.DatetimeIndex([last]))
