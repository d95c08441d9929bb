"""Counts of customers' groups: in all, by group and status, and over time. They show nobody's data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from mv.access import Actor
from mv.errors import N_
from mv.export import disclosure, pipeline
from mv.export.filters import Filters, Selection
from mv.export.formats import Format
from mv.export.formats.csv import Csv
from mv.export.groups import code_names
from mv.export.schema import Codes, Column, Headings, Kind, Layout, texts
from mv.i18n import ENGLISH, translate
from mv.store import Store
from mv.text import neutralise_formulas

SUMMARY_TITLE = N_("Customers and rows")
SUMMARY_COLUMNS = (
    Column("group", N_("Group")),
    Column("status", N_("Status")),
    Column("people", N_("People"), Kind.WHOLE),
    Column("rows", N_("Rows"), Kind.WHOLE),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of rows, of the active and the inactive among them, and of the people who have them."""

    rows: int
    active: int
    inactive: int
    people: int


def counts(store: Store, actor: Actor, filters: Filters) -> Counts:
    """Count rows and people. Shows nobody's data and is not logged."""
    selection = Selection.permitted(store, actor, filters)
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

    The rows add up to those of :func:`counts`; people do not, as one may be in several groups. With ``publication``,
    small counts of people are suppressed (see :mod:`mv.export.disclosure`).
    """
    frame = _summary(store, Selection.permitted(store, actor, filters), headings, publication)
    return frame.assign(**{column: texts(frame[column], neutralise_formulas) for column in ("group", "status")})


def summary_file(
    store: Store,
    actor: Actor,
    filters: Filters,
    form: Format = Csv(),  # noqa: B008 (it is frozen)
    *,
    headings: Headings = ENGLISH,
) -> Iterator[bytes]:
    """Return the summary for publication as a file; a suppressed count is an empty cell."""
    frame = _summary(store, Selection.permitted(store, actor, filters), headings, publication=True)
    layout = Layout(translate(SUMMARY_TITLE, headings), SUMMARY_COLUMNS, [column.name for column in SUMMARY_COLUMNS])
    return pipeline.encode_frame(layout, frame, form)


def active_over_time(store: Store, actor: Actor, filters: Filters, *, headings: Headings = ENGLISH) -> pd.DataFrame:
    """Count the rows that covered each month's last day and the last day of all, per group.

    Columns: day, group_code, group, active. The days lie within the filters' period and end today, or on the
    ``as_of`` day. Rows registered by mistake count on no day.
    """
    selection = Selection.permitted(store, actor, filters)
    counted = "FROM membership m WHERE {where} AND m.ended_reason IS DISTINCT FROM 'wrong'"
    starts = f"SELECT m.group_code, m.valid_from AS day, count(*) AS change {counted} GROUP BY 1, 2"
    ends = f"SELECT m.group_code, m.valid_to + 1, -count(*) {counted} AND m.valid_to IS NOT NULL GROUP BY 1, 2"
    changes = _read(store, selection, f"{starts} UNION ALL {ends}")
    change = changes.pivot_table("change", index="day", columns="group_code", aggfunc="sum", fill_value=0)
    days = _month_ends(filters, changes["day"].min(), store.today())
    active = change.cumsum().reindex(days, method="ffill").fillna(0).astype("int64").rename_axis("day")
    frame = active.reset_index().melt("day", var_name="group_code", value_name="active")
    names = code_names(selection.known, headings)["group"]
    called = pd.Series(Codes.of(frame["group_code"]).called(names))
    frame.insert(2, "group", pd.Series(texts(called, neutralise_formulas)))
    return _sort_by_catalogue(frame, selection, ["day", "group_code"])


def _summary(store: Store, selection: Selection, headings: Headings, publication: bool) -> pd.DataFrame:
    sql = """
        SELECT m.group_code, {status} AS status, count(DISTINCT m.customer_id) AS people, count(*) AS "rows"
        FROM membership m WHERE {where} GROUP BY 1, 2
    """
    frame = _sort_by_catalogue(_read(store, selection, sql), selection, ["group_code", "status"])
    if publication:
        frame = disclosure.suppress(frame)
    named = code_names(selection.known, headings)
    frame.insert(1, "group", pd.Series(Codes.of(frame["group_code"]).called(named["group"])))
    return frame.assign(status=Codes.of(frame["status"]).called(named.get("status")))


def _read(store: Store, selection: Selection, sql: str) -> pd.DataFrame:
    with store.batches(selection.sql(sql), *selection.params) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    return frame


def _sort_by_catalogue(frame: pd.DataFrame, selection: Selection, columns: list[str]) -> pd.DataFrame:
    """Sort by ``columns``, the groups in the order of the catalogue's choices."""
    places = {code: place for place, code in enumerate(selection.known.groups)}

    def place(values: pd.Series) -> pd.Series:
        return values.map(places) if values.name == "group_code" else values

    return frame.sort_values(columns, key=place, ignore_index=True)


def _month_ends(filters: Filters, first: pd.Timestamp, today: date) -> pd.DatetimeIndex:
    """List the month ends from ``first`` to the last day, and the last day itself; none for a missing ``first``."""
    last = pd.Timestamp(min(day for day in (today, filters.as_of, filters.valid_to) if day))
    if filters.valid_from:
        first = max(first, pd.Timestamp(filters.valid_from))
    if pd.isna(first) or first > last:
        return pd.DatetimeIndex([])
    return pd.date_range(first, last, freq="ME").union(pd.DatetimeIndex([last]))
