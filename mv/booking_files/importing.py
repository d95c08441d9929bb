"""Preview a file of bookings, then import all of it or nothing; the columns of a table are kept for its unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from mv import audit, customers
from mv.access import Action, Actor
from mv.booking_files import columns as file_columns
from mv.booking_files import loading
from mv.booking_files.loading import ImportRequest
from mv.booking_files.plan import Plan, PlannedRow, RowState, Source
from mv.bookings import changes
from mv.bookings.changes import TABLE, BookingRow
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Transaction, to_table

SOURCE_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("unit_id", "external_id"), pa.string()),
        **dict.fromkeys(("booking_id", "sequence"), pa.int64()),
        "starts_at": pa.timestamp("us"),
        **dict.fromkeys(("product_code", "state"), pa.string()),
    }
)
UPDATE_SOURCES = """
    UPDATE booking_source SET booking_id = new_booking, sequence = new_sequence, starts_at = new_start,
        product_code = new_product, state = new_state
    FROM (
        SELECT unnest($1::VARCHAR[]) AS of_unit, unnest($2::VARCHAR[]) AS of_id, unnest($3::BIGINT[]) AS new_booking,
            unnest($4::BIGINT[]) AS new_sequence, unnest($5::TIMESTAMP[]) AS new_start,
            unnest($6::VARCHAR[]) AS new_product, unnest($7::VARCHAR[]) AS new_state
    ) AS new_rows
    WHERE unit_id = of_unit AND external_id = of_id RETURNING unit_id, external_id
"""


def kept_columns(store: Store, actor: Actor, unit_id: str) -> str | None:
    """Return the columns (JSON) of the last file that was imported at the unit; None if there was none."""
    audit.permit(store, actor, Action.IMPORT_BOOKINGS)
    with store.read() as tx:
        row = tx.row("SELECT columns FROM booking_layout WHERE unit_id = $1", unit_id)
    return row["columns"] if row else None


def preview(store: Store, actor: Actor, request: ImportRequest) -> Plan:
    """Return the plan of the file without saving.

    Logs the look at its customers, and a refusal for those without a care relation. Raises Invalid for too many rows
    and for columns that do not suffice; Forbidden.
    """

    def work(tx: Transaction) -> Plan:
        plan = loading.build_plan(tx, store.now(), store.today(), actor, request)
        audit.record_look(tx, store.now(), actor, Action.IMPORT_BOOKINGS, plan.seen, of_own_rows=True)
        return plan

    plan = audit.perform(store, actor, Action.IMPORT_BOOKINGS, work)
    if plan.unrelated:
        audit.record_refusals(store, actor, Action.IMPORT_BOOKINGS, sorted(plan.unrelated))
    return plan


def import_file(store: Store, actor: Actor, request: ImportRequest, fingerprint: str) -> Plan:
    """Save the whole file, and return its plan.

    ``fingerprint`` is that of the plan that the user saw. Raises Conflict if the plan is another one now; Invalid if a
    row cannot be saved, or there is nothing to save; and what :func:`preview` raises.
    """

    def work(tx: Transaction) -> Plan:
        at = store.now()
        plan = loading.build_plan(tx, at, store.today(), actor, request)
        if plan.fingerprint != fingerprint:
            raise Conflict(N_("Something in it has changed meanwhile. Nothing was imported; look at it again."))
        if not plan.can_be_saved:
            raise Invalid(N_("Nothing was imported: not every row can be, or none is to be."))
        who = replace(actor, unit_id=actor.unit_id or request.unit_id or "")
        _save(tx, at, who, plan)
        _keep_columns(tx, request.unit_id or who.unit_id, request)
        counts = {state.value: count for state, count in plan.counts.items() if count}
        audit.record(tx, at, who, Action.IMPORT_BOOKINGS, change="imported", gone=len(plan.gone), **counts)
        return plan

    return audit.perform(store, actor, Action.IMPORT_BOOKINGS, work)


def _save(tx: Transaction, at: datetime, actor: Actor, plan: Plan) -> None:
    known = {line.customer.customer_id for line in plan.lines if line.new and line.customer}
    customers.lock(tx, at, actor, {number for number in known if number > 0})
    changed = [change for line in plan.lines if (change := line.change)]
    owners = {before.customer_id for before, _after in [*changed, *plan.gone]}
    customers.lock(tx, at, actor, owners, of_own_rows=True)
    registered = customers.insert(tx, at, actor, list(plan.new_people.values()))
    ids = dict(zip(plan.new_people, (customer.customer_id for customer in registered), strict=True))
    new = _insert(tx, at, actor, plan.lines, ids)
    for word, rows in (
        ("moved", [after for _before, after in changed if after.standing]),
        ("cancelled", [after for _before, after in changed if not after.standing]),
        ("gone", [after for _before, after in plan.gone]),
    ):
        TABLE.update(tx, at, actor, Action.CHANGE_BOOKING, word, rows)
    kept = [
        source.of(new[line.number].booking_id) if line.number in new else source
        for line in plan.lines
        if (source := line.source)
    ]
    _write_sources(tx, [*kept, *plan.gone_sources])


def _insert(
    tx: Transaction, at: datetime, actor: Actor, lines: Sequence[PlannedRow], ids: Mapping[int, int]
) -> dict[int, BookingRow]:
    """Insert the new bookings, and map the number of each row to its booking. ``ids`` has those just registered."""
    new = [line for line in lines if line.state is RowState.NEW]
    entries = [
        (ids.get(line.customer.customer_id, line.customer.customer_id), line.new)
        for line in new
        if line.customer and line.new
    ]
    rows = changes.insert(tx, at, actor, entries)
    return {line.number: row for line, row in zip(new, rows, strict=True)}


def _write_sources(tx: Transaction, sources: Sequence[Source]) -> None:
    if not sources:
        return
    cells = [[getattr(source, name) for source in sources] for name in SOURCE_SCHEMA.names]
    known = {(row["unit_id"], row["external_id"]) for row in tx.rows(UPDATE_SOURCES, *cells)}
    tx.load("booking_source", to_table(SOURCE_SCHEMA, [source for source in sources if source.key not in known]))


def _keep_columns(tx: Transaction, unit_id: str, request: ImportRequest) -> None:
    if request.columns:
        tx.execute(
            "INSERT INTO booking_layout (unit_id, columns) VALUES ($1, $2)"
            " ON CONFLICT (unit_id) DO UPDATE SET columns = excluded.columns",
            unit_id, file_columns.to_json(request.columns),
        )  # fmt: skip
