"""The filters and the order of the doses to correct."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mv.errors import N_
from mv.reimbursement.corrections.queue import Filters, Order
from mv.reimbursement.pricing.remedies import Remedy
from mv.ui import session
from mv.ui.resources import catalogue
from mv.ui.text import _
from mv.ui.web.streamlit_internals import DeltaGenerator
from mv.ui.widgets.dose_names import product_name

MISSING: Mapping[Remedy, str] = {
    Remedy.CHOOSE_GROUP: N_("The group is not chosen for the dose"),
    Remedy.ADD_BY_AGE: N_("A group that the age gives"),
    Remedy.ACTIVE_AFTER: N_("A group that begins after the dose"),
    Remedy.ENDED_BEFORE: N_("A group that ended before the dose"),
}
ORDERS: Mapping[Order, str] = {Order.KRONOR: N_("Most kronor"), Order.DAYS_LEFT: N_("Fewest days left")}
IN_TIME, LOST = "in_time", "lost"


def choose_filters() -> tuple[bool, Filters]:
    """Draw the filters; return whether the lost doses are chosen, and the other filters."""
    units = {code: unit.name for code, unit in catalogue().units.items() if session.actor().owns(code)}
    vaccines = {code: product_name(code) for code in catalogue().vaccines}
    remedies = {str(remedy): _(words) for remedy, words in MISSING.items()}
    orders = {str(order): _(words) for order, words in ORDERS.items()}
    cells = st.columns([3, 4, 4, 4, 4])
    shown = _choose(cells[0], _("Show"), {IN_TIME: _("In time"), LOST: _("Too late")}, "shown", start=0)
    unit = _choose(cells[1], _("Unit"), units, "unit")
    vaccine = _choose(cells[2], _("Vaccine"), vaccines, "vaccine")
    remedy = _choose(cells[3], _("What is missing"), remedies, "remedy")
    order = _choose(cells[4], _("Order"), orders, "order", start=0)
    return shown == LOST, Filters(unit, vaccine, Remedy(remedy) if remedy else None, Order(order or Order.KRONOR))


def _choose(
    cell: DeltaGenerator, label: str, names: Mapping[str, str], name: str, start: int | None = None
) -> str | None:
    """Draw a list that keeps its choice when the page is opened again; return the choice."""
    return cell.selectbox(
        label,
        list(names),
        index=start,
        format_func=lambda code: names.get(code, code),
        placeholder=_("All"),
        key=f"corrections_{name}",
        filter_mode="contains",
        persist_state="session",
    )
