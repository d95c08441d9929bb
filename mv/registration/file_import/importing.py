"""Preview a file of people, then import all of it or nothing.

The same file again saves nothing: each new row has a key, and each exported row its version. See docs/import.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mv import audit, customers
from mv.access import Action, Actor
from mv.errors import N_, Conflict, Invalid
from mv.registration import membership_steps, saving
from mv.registration.file_import import loading
from mv.registration.file_import.loading import ImportRequest
from mv.registration.file_import.plan import Plan, RowState
from mv.registration.rounds import EntryMethod, Round, begin
from mv.registration.saving import PlannedEntry
from mv.store import Store
from mv.store.engine import Transaction


def preview(store: Store, actor: Actor, request: ImportRequest) -> Plan:
    """Return the plan of the file without saving.

    Logs the look at its customers, how many numbers are no customer's, and a refusal for those without a care relation.
    Raises Invalid for too many rows,
    for columns that do not suffice, and for an unusable reason; Forbidden.
    """

    def work(tx: Transaction) -> Plan:
        at = store.now()
        plan = loading.build_plan(tx, at, store.today(), actor, request)
        audit.record_look(tx, at, actor, Action.IMPORT_ROWS, plan.seen)
        if plan.unknown:
            audit.record_miss(tx, at, actor, Action.IMPORT_ROWS, " ".join(sorted(plan.unknown)), len(plan.unknown))
        return plan

    plan = audit.perform(store, actor, Action.IMPORT_ROWS, work)
    if plan.unrelated:
        audit.record_refusals(store, actor, Action.IMPORT_ROWS, sorted(plan.unrelated))
    return plan


def import_file(
    store: Store,
    actor: Actor,
    request: ImportRequest,
    fingerprint: str,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Round:
    """Save the whole file, and return the round, which can be undone as a whole.

    ``fingerprint`` is that of the plan that the user saw. ``on_progress`` receives the share of the work that is done.
    Raises Conflict if the plan is another one now; Invalid if a row cannot be saved, or there is nothing to save; and
    what :func:`preview` raises.
    """

    def work(tx: Transaction) -> Round:
        at = store.now()
        plan = loading.build_plan(tx, at, store.today(), actor, request, lock=True)
        on_progress(0.5)
        if plan.fingerprint != fingerprint:
            raise Conflict(N_("Something in it has changed meanwhile. Nothing was imported; look at it again."))
        if not plan.can_be_saved:
            raise Invalid(N_("Nothing was imported: not every row can be, or none is to be."))
        who = replace(actor, unit_id=actor.unit_id or request.unit_id or "")
        new_round = begin(tx, at, store.today(), who, EntryMethod.FILE, None)
        _save(tx, at, actor, new_round.registration_id, plan, request.reason)
        saved = plan.counts[RowState.READY] + plan.counts[RowState.CHANGED]
        audit.record(tx, at, who, Action.IMPORT_ROWS, change="imported", rows=saved)
        on_progress(1.0)
        return new_round

    return audit.perform(store, actor, Action.IMPORT_ROWS, work)


def _save(tx: Transaction, at: datetime, actor: Actor, registration_id: int, plan: Plan, reason: str) -> None:
    registered = customers.insert(tx, at, actor, list(plan.new_people.values()))
    ids = dict(zip(plan.new_people, (customer.customer_id for customer in registered), strict=True))
    changes = [(line, line.change) for line in plan.lines if line.change and line.state is RowState.CHANGED]
    changed = membership_steps.change_all(tx, at, actor, [change for _, change in changes])
    validated = [
        (_with_customer_id(line.planned, ids), line.validation)
        for line in plan.lines
        if line.state is RowState.READY and line.planned and line.validation
    ]
    saving.write(tx, at, actor, registration_id, validated)
    recorded = [
        (was, now, line.validation.concerns if line.validation else {})
        for (line, (was, _)), now in zip(changes, changed, strict=True)
    ]
    membership_steps.record_changes(tx, at, registration_id, recorded, reason)


def _with_customer_id(planned: PlannedEntry, ids: Mapping[int, int]) -> PlannedEntry:
    """Return the planned entry with the id of the customer who was registered just before."""
    if planned.customer_id not in ids:
        return planned
    customer_id = ids[planned.customer_id]
    return replace(planned, customer_id=customer_id, key=planned.entry.key(customer_id))
