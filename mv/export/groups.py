"""Customers' groups, active and inactive, as a file: its columns, the rows of the store, and the names of codes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date
from functools import partial

import pandas as pd
import pyarrow as pa

from mv import audit
from mv.access import Action, Actor
from mv.audit import ExportedList
from mv.catalogue import Catalogue
from mv.errors import N_
from mv.export import pipeline
from mv.export.filters import Filters, Selection, Status
from mv.export.formats import Format
from mv.export.formats.csv import Csv, cells
from mv.export.progress import Progress
from mv.export.schema import Codes, Column, Headings, Kind, Layout, instants
from mv.i18n import ENGLISH, SWEDISH, translate
from mv.pseudonyms import Pseudonyms
from mv.store import Store
from mv.store.engine import Row, Transaction

CodeNames = Mapping[str, Mapping[str, str]]

TITLE = N_("Customer groups")
IDENTITY = (
    Column("customer_identity", N_("Customer identity number")),
    Column("customer_name", N_("Customer name")),
    Column("birth_date", N_("Birth date"), Kind.DAY),
)
PSEUDONYM = (
    Column("customer_pseudonym", N_("Customer pseudonym")),
    Column("birth_year", N_("Birth year"), Kind.WHOLE),
)
MEMBERSHIP = (
    Column("group", N_("Group")),
    Column("subgroup", N_("Subgroup")),
    Column("status", N_("Status")),
    Column("valid_from", N_("Valid from"), Kind.DAY),
    Column("valid_to", N_("Valid to"), Kind.DAY),
    Column("unit", N_("Unit")),
    Column("registered_at", N_("Registered at"), Kind.INSTANT),
    Column("registered_by", N_("Registered by")),
    Column("ended_at", N_("Ended at"), Kind.INSTANT),
    Column("ended_by", N_("Ended by")),
    Column("ended_reason", N_("Reason for ending")),
    Column("group_code", N_("Group code")),
    Column("subgroup_code", N_("Subgroup code")),
    Column("unit_id", N_("Unit code")),
    Column("membership_id", N_("Row number"), Kind.WHOLE),
    Column("version", N_("Row version"), Kind.WHOLE),
)
COLUMNS = IDENTITY + MEMBERSHIP
PSEUDONYM_COLUMNS = PSEUDONYM + MEMBERSHIP
"""The columns of a file without identity numbers, names and birth dates."""

STATUSES = {"active": N_("active"), "inactive": N_("inactive")}
END_REASONS = {"ceased": N_("ceased to apply"), "wrong": N_("registered by mistake")}

ROW_ORDER = "m.customer_id, m.valid_from, m.membership_id"
ROWS = f"""
    SELECT {{person}}, {{{{status}}}} AS status, m.valid_from, m.valid_to, m.registered_at, m.registered_by, m.ended_at,
        m.ended_by, m.ended_reason, m.group_code, m.subgroup_code, m.unit_id, m.membership_id, m.version
    FROM (SELECT * FROM membership m WHERE {{{{where}}}} {{{{part}}}}) m
    JOIN customer c ON c.customer_id = m.customer_id ORDER BY {ROW_ORDER}
"""
SELECT_IDENTITY = "c.identity AS customer_identity, c.given_name || ' ' || c.family_name AS customer_name, c.birth_date"
SELECT_PSEUDONYM = "c.customer_id AS customer_pseudonym, CAST(extract(year FROM c.birth_date) AS INTEGER) AS birth_year"
"""What is selected of a person, which :func:`shape` shapes."""
CUSTOMERS_PER_QUERY = 100_000
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

    ``pseudonyms`` replace identity numbers and names; without them, the actor's role has to include identity numbers.
    ``headings`` is also the language of names and words. Raises Forbidden and Invalid at once, not at the first piece;
    Cancelled after a piece, once ``progress`` is cancelled.
    """
    selection = Selection.permitted(store, actor, filters)
    _require_identities(store, actor, pseudonyms)
    found = _count_and_log(store, actor, selection, pseudonyms)
    watched = progress or Progress()
    watched.begin(found["rows"])
    rows = _read_in_order(store, selection, rows_sql(pseudonyms), found["first"], found["last"])
    shaped = partial(shape, named=code_names(selection.known, headings), pseudonyms=pseudonyms)
    return pipeline.pieces(layout(headings, pseudonyms), rows, shaped, form, watched)


def preview(
    store: Store,
    actor: Actor,
    filters: Filters,
    *,
    headings: Headings = ENGLISH,
    limit: int = 50,
    pseudonyms: Pseudonyms | None = None,
) -> pd.DataFrame:
    """Return the file's first ``limit`` rows, as they stand in CSV; the look at these customers is logged.

    Raises what :func:`groups_file` raises.
    """
    selection = Selection.permitted(store, actor, filters)
    _require_identities(store, actor, pseudonyms)
    limited = f"ORDER BY {ROW_ORDER} LIMIT ${len(selection.params) + 1}"
    seen = selection.sql("SELECT m.customer_id FROM membership m WHERE {where} {part}", limited)

    def work(tx: Transaction) -> None:
        customers = [row["customer_id"] for row in tx.rows(seen, *selection.params, limit)]
        audit.record_look(tx, store.now(), actor, Action.PREVIEW_EXPORT, customers, of_own_rows=True)

    store.write(work)
    sql = selection.sql(rows_sql(pseudonyms), limited)
    with store.batches(sql, *selection.params, limit) as reader:
        frame = shape(reader.read_all(), code_names(selection.known, headings), pseudonyms)
    columns = layout(headings, pseudonyms)
    return pd.DataFrame(cells(frame, columns)).set_axis(list(columns.heads), axis="columns")


def filename(filters: Filters, today: date, form: Format = Csv(), *, summary: bool = False) -> str:  # noqa: B008
    """Compose the name of the file, or of the summary's, without personal data."""
    status = {Status.ALL: "alla", Status.ACTIVE: "aktiva", Status.INACTIVE: "inaktiva"}[filters.status]
    return f"kundgrupper_{status}_{'antal_' if summary else ''}{today}.{form.suffix}"


def layout(headings: Headings, pseudonyms: Pseudonyms | None = None) -> Layout:
    """Return the layout of a file; ``headings`` is also the language of the title."""
    return Layout.of(TITLE, PSEUDONYM_COLUMNS if pseudonyms else COLUMNS, headings)


def rows_sql(pseudonyms: Pseudonyms | None) -> str:
    """Return the query for rows in order, with ``{status}``, ``{where}`` and ``{part}`` to be filled in."""
    return ROWS.format(person=SELECT_PSEUDONYM if pseudonyms else SELECT_IDENTITY)


def code_names(known: Catalogue, headings: Headings) -> CodeNames:
    """Map the codes of each column to their names in the file."""
    groups = known.groups.values()
    named = {
        "group": {g.group_code: g.label(headings) for g in groups},
        "subgroup": {f"{g.group_code}/{s.subgroup_code}": s.label(headings) for g in groups for s in g.subgroups},
        "unit": {unit.unit_id: unit.name for unit in known.units.values()},
    }
    if headings == SWEDISH:
        named["status"] = {code: translate(word, SWEDISH) for code, word in STATUSES.items()}
        named["ended_reason"] = {code: translate(word, SWEDISH) for code, word in END_REASONS.items()}
    return named


def shape(rows: pa.Table, named: CodeNames, pseudonyms: Pseudonyms | None = None) -> pd.DataFrame:
    """Shape rows of the store into a frame that fits :func:`layout`."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    if pseudonyms:
        frame["customer_pseudonym"] = pseudonyms.of_all(frame["customer_pseudonym"])
    group, subgroup, unit = (Codes.of(frame[column]) for column in ("group_code", "subgroup_code", "unit_id"))
    shaped = {
        "group": group.called(named["group"]),
        "subgroup": subgroup.within(group).called(named["subgroup"]),
        "unit": unit.called(named["unit"]),
        "group_code": group.called(),
        "subgroup_code": subgroup.called(),
        "unit_id": unit.called(),
        **{column: Codes.of(frame[column]).called(named.get(column)) for column in ("status", "ended_reason")},
        **{column: Codes.of(frame[column]).called() for column in ("registered_by", "ended_by")},
        **{column: instants(frame[column]).array for column in ("registered_at", "ended_at")},
    }
    columns = PSEUDONYM_COLUMNS if pseudonyms else COLUMNS
    return pd.DataFrame({c.name: shaped[c.name] if c.name in shaped else frame[c.name].array for c in columns})


def _require_identities(store: Store, actor: Actor, pseudonyms: Pseudonyms | None) -> None:
    if pseudonyms is None:
        audit.permit(store, actor, Action.EXPORT_IDENTITIES)


def _count_and_log(store: Store, actor: Actor, selection: Selection, pseudonyms: Pseudonyms | None) -> Row:
    """Log the export with its filters; return the number of rows, the first and the last customer."""
    sql = """
        SELECT count(*) AS "rows", min(m.customer_id) AS first, max(m.customer_id) AS last
        FROM membership m WHERE {where}
    """
    given = selection.filters.given()

    def work(tx: Transaction) -> Row:
        (found,) = tx.rows(selection.sql(sql), *selection.params)
        audit.record_export(
            tx, store.now(), actor, ExportedList.GROUPS,
            rows=found["rows"], identities=pseudonyms is None, filters=given,
        )  # fmt: skip
        return found

    return store.write(work)


def _read_in_order(
    store: Store, selection: Selection, rows_sql: str, first: int | None, last: int | None
) -> Generator[pa.Table]:
    if first is None or last is None:
        return
    n = len(selection.params)
    sql = selection.sql(rows_sql, f"AND m.customer_id BETWEEN ${n + 1} AND ${n + 2}")
    for start in range(first, last + 1, CUSTOMERS_PER_QUERY):
        stop = min(start + CUSTOMERS_PER_QUERY - 1, last)
        with store.batches(sql, *selection.params, start, stop) as reader:
            for batch in reader:
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])
