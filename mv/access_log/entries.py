"""Entries of the access log for its follow-up: filtered, with names, and in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from mv import audit
from mv.access import AccessReason, Action, Actor, in_own_units, require_care_relation, require_unit
from mv.audit import ONE_LOOK, Outcome
from mv.clock import day_bounds
from mv.errors import N_, Invalid
from mv.i18n import translate
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.store.where import Where

ACTIONS: Mapping[str, str] = {
    Action.SEARCH_CUSTOMERS: N_("Shown in a search"),
    Action.VIEW_CUSTOMER: N_("Customer card viewed"),
    Action.REGISTER_CUSTOMER: N_("Customer registered"),
    Action.OPEN_OTHER_UNIT: N_("Opened from another unit, for a reason"),
    Action.VIEW_BOOKINGS: N_("Bookings viewed"),
    Action.CHANGE_BOOKING: N_("Booking made, moved or cancelled"),
    Action.IMPORT_BOOKINGS: N_("File of bookings read"),
    Action.VIEW_GROUPS: N_("Customer groups viewed"),
    Action.ADD_GROUP: N_("Customer group added"),
    Action.ADJUST_GROUP: N_("Customer group adjusted"),
    Action.REMOVE_GROUP: N_("Customer group removed"),
    Action.RESTORE_GROUP: N_("Removal of a customer group undone"),
    Action.VIEW_DOSES: N_("Doses viewed"),
    Action.REGISTER_DOSE: N_("Dose registered"),
    Action.CORRECT_DOSE: N_("Dose corrected"),
    Action.WITHDRAW_DOSE: N_("Dose withdrawn"),
    Action.CHANGE_IDENTITY: N_("Identity number changed"),
    Action.CHANGE_NAME: N_("Name corrected"),
    Action.RECORD_DEATH: N_("Death recorded"),
    Action.MERGE_CUSTOMERS: N_("Records of one person merged"),
    Action.SET_BLOCK: N_("Data blocked from other units"),
    Action.LIFT_BLOCK: N_("Block of data lifted"),
    Action.REGISTER_AFTERWARDS: N_("Shown when registering afterwards"),
    Action.IMPORT_ROWS: N_("File of groups and doses read"),
    Action.VIEW_BATCHES: N_("Batches viewed"),
    Action.RECEIVE_BATCH: N_("Batch received"),
    Action.CHANGE_BATCH: N_("Batch changed"),
    Action.STOP_BATCH: N_("Batch stopped, or in use again"),
    Action.VIEW_CORRECTIONS: N_("Shown among doses to correct"),
    Action.VIEW_CHECKS: N_("Shown in a check of payments"),
    Action.PREVIEW_EXPORT: N_("Shown in a preview of output data"),
    Action.EXPORT_GROUPS: N_("Output data taken out"),
    Action.EXPORT_IDENTITIES: N_("Output data with identity numbers"),
    Action.EXPORT_DOSES: N_("Doses taken out"),
    Action.VIEW_REIMBURSEMENT: N_("Reimbursement viewed"),
    Action.CHANGE_RULE: N_("Reimbursement rule changed"),
    Action.CHANGE_CATALOGUE: N_("Catalogue changed"),
    Action.CHANGE_CLAIM: N_("Claim changed"),
    Action.EXPORT_CLAIM: N_("Claim taken out"),
    Action.IMPORT_PAYMENTS: N_("Payment file read"),
    Action.VIEW_LOG: N_("Access log viewed"),
    Action.CHECK_LOG: N_("Access log checked"),
    Action.EXTRACT_LOG: N_("Log extract taken out"),
    Action.PRUNE_LOG: N_("Old log entries deleted"),
    Action.VIEW_SETUP: N_("Getting started viewed"),
    Action.DECIDE_SETUP: N_("Step of getting started decided"),
    Action.VIEW_USERS: N_("Users viewed"),
    Action.CHANGE_USER: N_("User changed"),
    Action.ACCEPT_INVITATION: N_("Invitation accepted"),
    Action.SIGN_IN: N_("Signed in"),
    Action.SIGN_OUT: N_("Signed out"),
}
"""What each action is called for people."""
OUTCOMES: Mapping[str, str] = {Outcome.DONE: N_("Done"), Outcome.REFUSED: N_("Refused")}
ACCESS_REASONS: Mapping[str, str] = {
    AccessReason.NORMAL: N_("Own unit"),
    AccessReason.OTHER_UNIT: N_("Other unit, for a reason"),
    AccessReason.EMERGENCY: N_("Other unit, in an emergency"),
    AccessReason.CLAIM: N_("Claimed by an own unit"),
}

EXPORTS = ", ".join(f"'{action}'" for action in Action if action.startswith("export_"))
WITH_PATIENT_DATA = f"(l.customer_id IS NOT NULL OR l.action IN ({EXPORTS}))"
"""A condition on ``access_log l``: an export names no customer and is with the data of many."""
WITHOUT_UNIT = "l.unit_id = ''"
"""A condition on ``access_log l``: it was written by a command that named no unit, and is every lead's to see."""
OF_CUSTOMER = "l.customer_id IN (SELECT customer_id FROM customer WHERE customer_id = {0} OR merged_into = {0})"
"""A condition on ``access_log l``: it is about the customer, or a record that was merged into the customer's."""
WITH_NAMES = """
    SELECT l.entry_id, l.logged_at, l.user_id, COALESCE(u.name, l.user_id) AS user_name, l.role, l.unit_id, l.action,
        l.customer_id, c.given_name || ' ' || c.family_name AS customer_name, l.outcome, l.why, l.detail
    FROM ({entries}) l
    LEFT JOIN app_user u ON u.user_id = l.user_id LEFT JOIN customer c ON c.customer_id = l.customer_id
    ORDER BY l.entry_id DESC
"""
LATEST_LOOKS = """
    SELECT customer_id, detail FROM access_log
    WHERE logged_at > $1 AND user_id = $2 AND unit_id = $3 AND action = 'view_log' AND outcome = 'done'
"""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the log with the names of its user and its customer; ``logged_at`` is naive UTC."""

    entry_id: int
    logged_at: datetime
    user_id: str
    user_name: str
    role: str
    unit_id: str
    action: str
    customer_id: int | None
    customer_name: str | None
    outcome: str
    why: str | None
    detail: Mapping[str, Any]

    def __repr__(self) -> str:
        """Name the entry by its number only, since a repr may end up in a log."""
        return f"LogEntry({self.entry_id})"


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters on entries. Days are Stockholm's, both included; each may be given alone."""

    first: date | None = None
    last: date | None = None
    user_id: str | None = None
    unit_id: str | None = None
    action: str | None = None
    why: str | None = None
    outcome: str | None = None
    customer_id: int | None = None

    def given(self) -> dict[str, str | int]:
        """Return the filters that are set, by name, as they stand in the log."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A page of entries, the latest first, and the number of entries in all."""

    entries: list[LogEntry]
    total: int


def label(words: Mapping[str, str], code: str | None, language: str) -> str:
    """Look up the word for ``code`` in ``language``; a code without a word comes back as it is."""
    return translate(words.get(code, code), language) if code else ""


def entries(store: Store, actor: Actor, filters: Filters, *, limit: int = 100, offset: int = 0) -> Page:
    """Return a page of the entries at the actor's own units, or at none, that match the filters, from ``offset`` on.

    The look is logged, once per look, with the filters, and with the customer where they name one. Raises Invalid for
    impossible days, Forbidden for another unit, OtherUnit for a customer that the actor has nothing to do with.
    """
    with audit.refusals(store, actor, Action.VIEW_LOG):
        where, params = condition(actor, filters)
    look(store, actor, filters.customer_id, filters=filters.given())
    n = len(params)
    some = f"SELECT * FROM access_log l WHERE {where} ORDER BY entry_id DESC LIMIT ${n + 1} OFFSET ${n + 2}"
    with store.read() as tx:
        (found,) = tx.rows(f"SELECT count(*) AS n FROM access_log l WHERE {where}", *params)
        rows = tx.rows(WITH_NAMES.format(entries=some), *params, limit, offset)
    return Page([entry(row) for row in rows], found["n"])


def users(store: Store, actor: Actor, first: date | None = None, last: date | None = None) -> dict[str, str]:
    """Map each user with entries at the actor's own units in these days to a name, in order of name.

    Raises Invalid for impossible days.
    """
    audit.permit(store, actor, Action.VIEW_LOG)
    where, params = condition(actor, Filters(first, last))
    sql = f"""
        SELECT l.user_id, COALESCE(u.name, l.user_id) AS name
        FROM (SELECT DISTINCT user_id FROM access_log l WHERE {where}) l LEFT JOIN app_user u ON u.user_id = l.user_id
        ORDER BY 2, 1
    """
    with store.read() as tx:
        return {row["user_id"]: row["name"] for row in tx.rows(sql, *params)}


def condition(actor: Actor, filters: Filters, *, without_unit: bool = True) -> tuple[str, tuple[object, ...]]:
    """Turn the filters into SQL on ``access_log l``, within the actor's own units, and its parameters from $1 on.

    Entries without a unit are among them unless ``without_unit`` is False.
    Raises Invalid for impossible days, Forbidden for another unit.
    """
    if filters.first and filters.last and filters.first > filters.last:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    if filters.unit_id is not None:
        require_unit(actor, filters.unit_id)
    where = Where()
    own, units = in_own_units(actor, "l.unit_id", where.next_number)
    where.add_numbered(f"({own} OR {WITHOUT_UNIT})" if without_unit else own, units)
    where.add("l.logged_at >= {}", filters.first and day_bounds(filters.first)[0])
    where.add("l.logged_at < {}", filters.last and day_bounds(filters.last)[1])
    where.add("l.user_id = {}", filters.user_id)
    where.add("l.unit_id = {}", filters.unit_id)
    where.add("l.action = {}", filters.action)
    where.add("l.why = {}", filters.why)
    where.add("l.outcome = {}", filters.outcome)
    where.add(OF_CUSTOMER, filters.customer_id)
    return str(where), tuple(where.params)


def look(store: Store, actor: Actor, customer_id: int | None = None, **detail: object) -> None:
    """Log a look at the log by ``actor``, described by ``detail``, unless it is still the same look.

    ``detail`` is plain JSON. Raises Forbidden when the role does not include it, and OtherUnit for a customer that
    the actor has nothing to do with.
    """

    def work(tx: Transaction) -> None:
        at = store.now()
        if customer_id is not None:
            require_care_relation(tx, at, actor, [customer_id])
        latest = tx.rows(LATEST_LOOKS, at - ONE_LOOK, actor.user_id, actor.unit_id)
        seen = [(row["customer_id"], json.loads(row["detail"] or "{}")) for row in latest]
        if (customer_id, detail) not in seen:
            if customer_id is None:
                audit.record(tx, at, actor, Action.VIEW_LOG, **detail)
            else:
                audit.record_customers(tx, at, actor, Action.VIEW_LOG, [(customer_id, detail)])

    audit.perform(store, actor, Action.VIEW_LOG, work, customer_id)


def entry(row: Row) -> LogEntry:
    """Build the entry from a row of the query WITH_NAMES."""
    return LogEntry(**{**row, "detail": json.loads(row["detail"] or "{}")})
