"""Entries of the access log in words, and their filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from mv.access import Role
from mv.access_log import entries as log_entries
from mv.access_log.entries import ACCESS_REASONS, ACTIONS, OUTCOMES, Filters, LogEntry
from mv.access_log.patient_extract import COMMAND_LINE
from mv.audit import ExportedList
from mv.errors import N_
from mv.identity import IdentityKind
from mv.reimbursement.claims.ledger import CLAIM_STATES
from mv.reimbursement.payments.balances import LINE_STATUSES
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment
from mv.ui.web.streamlit_internals import DeltaGenerator
from mv.ui.widgets.table import draw_frame

EARLIEST = date(2000, 1, 1)
DAYS_BEFORE = timedelta(days=6)
ROLES: Mapping[str, str] = {
    Role.COORDINATOR: N_("Coordinator"),
    Role.ANALYST: N_("Analyst"),
    Role.LEAD: N_("Head of unit"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
DETAILS: Mapping[str, str] = {
    "as_of": N_("Status as of"),
    "action": N_("Action"),
    "before": N_("before"),
    "born": N_("Born"),
    "blocked": N_("blocked"),
    "change": N_("Change"),
    "check": N_("Check"),
    "claim": N_("Claim"),
    "closed": N_("closed"),
    "crossing": N_("access for a reason"),
    "customer_id": N_("Customer (number)"),
    "days": N_("Days to pay"),
    "document": N_("document"),
    "died": N_("deceased"),
    "dose": N_("Dose"),
    "entries": N_("entries"),
    "entry": N_("Entry"),
    "file": N_("Payment file"),
    "filters": N_("Filters"),
    "first": N_("First day"),
    "group": N_("Group"),
    "hash": N_("hash value"),
    "identities": N_("identity numbers"),
    "invitation": N_("Invitation (number)"),
    "last": N_("Last day"),
    "list": N_("List"),
    "many": N_("many from"),
    "membership": N_("Row number"),
    "merge": N_("Merging (number)"),
    "minutes": N_("minutes"),
    "number_kind": N_("Kind of number"),
    "ore": N_("Amount in öre"),
    "outcome": N_("Outcome"),
    "payer": N_("Payer"),
    "reason": N_("Reason"),
    "question": N_("mark of the question"),
    "registered_from": N_("Registered from"),
    "registered_to": N_("Registered to"),
    "region": N_("Region"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "rule": N_("Rule (number)"),
    "signals": N_("Signals"),
    "status": N_("Status"),
    "subgroup": N_("Subgroup"),
    "through": N_("up to the entry"),
    "unit": N_("Unit"),
    "unit_id": N_("Unit code"),
    "units": N_("units"),
    "user": N_("User"),
    "user_id": N_("User"),
    "valid_from": N_("Applies from"),
    "valid_to": N_("Applies to"),
    "verdict": N_("Verdict"),
    "version": N_("Row version"),
    "why": N_("Grounds"),
    "without_hit": N_("not found"),
    "year": N_("Year"),
}
KINDS_OF_NUMBERS: Mapping[str, str] = {
    IdentityKind.PERSONNUMMER: N_("personal identity number"),
    IdentityKind.SAMORDNINGSNUMMER: N_("coordination number"),
    IdentityKind.RESERVE_STOCKHOLM: N_("reserve number of Stockholm"),
    IdentityKind.RESERVE_VGR: N_("reserve number of Västra Götaland"),
    IdentityKind.RESERVE_VARMLAND: N_("reserve number of Värmland"),
    IdentityKind.RESERVE_NATIONAL: N_("national reserve number"),
}
VALUES: Mapping[str, str] = {
    "added": N_("Added"),
    "adjusted": N_("Adjusted"),
    "removed": N_("Removed"),
    "restored": N_("Undone"),
    "followed": N_("Ended, since another one follows"),
    "drafted": N_("Taken over as a draft"),
    "confirmed": N_("Confirmed"),
    "invited": N_("Invited"),
    "follow_up_stopped": N_("Does not follow up what is paid"),
    "follow_up_resumed": N_("Follows up what is paid"),
    "registered": N_("Registered"),
    "corrected": N_("Corrected"),
    "withdrawn": N_("Withdrawn"),
    "merged": N_("Merged"),
    "undone": N_("Undone"),
    "made": N_("Made"),
    "imported": N_("Imported"),
    "payments": N_("Payments of a file"),
    "unknown": N_("Payments for no known line"),
    "active": N_("active"),
    "inactive": N_("inactive"),
    "in_order": N_("In order"),
    "to_examine": N_("To examine"),
    "vaccinated_here": N_("vaccinated here"),
    "correction": N_("correction"),
    "asked_by_customer": N_("asked by the customer"),
    "emergency": N_("emergency"),
    "other": N_("other"),
    ExportedList.GROUPS: N_("Customer groups"),
    ExportedList.DOSES: N_("Doses"),
    ExportedList.CLAIM_LINES: N_("Claim lines"),
    ExportedList.CLAIM: N_("Claim"),
    ExportedList.NEW_YEAR: N_("New Year list"),
    **CLAIM_STATES,
    **LINE_STATUSES,
    **ACTIONS,
    **OUTCOMES,
    **ACCESS_REASONS,
    **ROLES,
    **KINDS_OF_NUMBERS,
}


def choose_log_filters(key: str) -> Filters:
    """Draw the filters of the log, the last week to begin with, and return them."""
    known, who, today = catalogue().units, session.actor(), store().today()
    own_units = {unit_id: unit.name for unit_id, unit in known.items() if who.owns(unit_id)}
    cells = st.columns(4)
    for cell, name, label, day in (
        (cells[0], "first", _("First day"), today - DAYS_BEFORE),
        (cells[1], "last", _("Last day"), today),
    ):
        cell.date_input(label, value=day, min_value=EARLIEST, format="YYYY-MM-DD", key=f"{key}_{name}")
    names = log_entries.users(store(), who, session.value(f"{key}_first"), session.value(f"{key}_last"))
    _choose(cells[2], _("User"), names, f"{key}_user_id")
    _choose(cells[3], _("Unit"), own_units, f"{key}_unit_id")
    kinds = st.columns([2, 1, 1])
    _choose(kinds[0], _("Action"), {code: _(action) for code, action in ACTIONS.items()}, f"{key}_action")
    _choose(kinds[1], _("Grounds"), {code: _(why) for code, why in ACCESS_REASONS.items()}, f"{key}_why")
    _choose(kinds[2], _("Outcome"), {code: _(outcome) for code, outcome in OUTCOMES.items()}, f"{key}_outcome")
    if session.customer_id():
        st.toggle(_("Only the chosen customer"), key=f"{key}_customer")
    return entered_filters(key)


def entered_filters(key: str) -> Filters:
    """Return the filters as their fields are now, for callbacks."""
    names = ("first", "last", "user_id", "unit_id", "action", "why", "outcome")
    customer_id = session.customer_id() if session.value(f"{key}_customer") else None
    return Filters(**{name: session.value(f"{key}_{name}") for name in names}, customer_id=customer_id)


def _choose(cell: DeltaGenerator, label: str, names: Mapping[str, str], key: str) -> None:
    cell.selectbox(
        label,
        [str(code) for code in names],
        index=None,
        format_func=lambda code: names.get(code, code),
        placeholder=_("All"),
        key=key,
        filter_mode="contains",
    )


def draw_entries(entries: list[LogEntry]) -> None:
    """Draw entries as a table, each cell as plain text."""
    headings = {
        "entry": _("Entry"), "time": _("Time"), "user": _("User"), "role": _("Role"), "unit": _("Unit"),
        "action": _("Action"), "customer": _("Customer"), "outcome": _("Outcome"), "why": _("Grounds"),
        "detail": _("Details"),
    }  # fmt: skip
    rows = [
        (
            entry.entry_id,
            moment(entry.logged_at),
            entry.user_name,
            word(ROLES, entry.role),
            unit_name(entry.unit_id),
            word(ACTIONS, entry.action),
            customer_name(entry),
            word(OUTCOMES, entry.outcome),
            word(ACCESS_REASONS, entry.why),
            detail_text(entry.detail),
        )
        for entry in entries
    ]
    draw_frame(pd.DataFrame(rows, columns=list(headings)), headings)


def customer_name(entry: LogEntry) -> str:
    """Return the name of the entry's customer; nothing where it has none."""
    return entry.customer_name or ("" if entry.customer_id is None else str(entry.customer_id))


def unit_name(unit_id: str) -> str:
    """Return a unit's name, or its code where it is not known; without one, where the access was made instead."""
    unit = catalogue().units.get(unit_id)
    return unit.name if unit else unit_id or _(COMMAND_LINE)


def word(words: Mapping[str, str], code: str | None) -> str:
    """Return the word for ``code`` in the session's language; the code itself where it has none."""
    return log_entries.label(words, code, session.language())


def detail_text(detail: Mapping[str, Any]) -> str:
    """Return an entry's details in words, with commas between."""
    return ", ".join(f"{word(DETAILS, name)}: {_value(value)}" for name, value in detail.items() if value != {})


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"({detail_text(value)})"
    if isinstance(value, list):
        return " ".join(_value(one) for one in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return word(VALUES, str(value)) if value is not None else "–"
