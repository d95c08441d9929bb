"""The dialog of a customer's groups, over the customer card."""

from __future__ import annotations

import streamlit as st

from mv import memberships
from mv.customers import Customer
from mv.reimbursement.preview.customer_case import read_case
from mv.ui import navigation, session
from mv.ui.groups.form import draw_add_form
from mv.ui.groups.rows import draw_current
from mv.ui.groups.unadded import UnaddedGroup
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import show_notices
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, literal

FORM = "dialog_add"


def draw_dialog(customer: Customer) -> None:
    """Draw the groups in a dialog over the page, if it is open. Closing it leads on to the vaccination.

    A group that is chosen and not added when it is closed, by whatever way, is asked about there.
    """
    visit, unadded = state(CustomerVisit), state(UnaddedGroup)
    if not visit.dialog_open:
        return

    def continue_to_vaccination() -> None:
        visit.dialog_open = False
        unadded.take_last(FORM)
        navigation.go_to(navigation.VACCINATION, customer.customer_id)

    title = _("Customer groups") + f" – {literal(customer.name)}"
    st.dialog(title, width="large", on_dismiss=continue_to_vaccination)(_draw_dialog_body)(customer)


def _draw_dialog_body(customer: Customer) -> None:
    rows = memberships.of_customer(store(), session.actor(), customer.customer_id)
    case = read_case(store(), session.actor(), customer, catalogue())
    st.text(_("Add what is missing, remove what is wrong. Close with the cross to go on to the vaccination."))
    show_notices()
    draw_current(rows, case, "dialog", with_adjust=False)
    unadded = state(UnaddedGroup)
    unadded.put_back(FORM)
    draw_add_form(customer, case, FORM, _("Add"), with_days=False)
    unadded.take(FORM)
