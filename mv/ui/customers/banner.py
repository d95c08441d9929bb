"""The customer of the address, drawn at the top of a page."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv import customers
from mv.access import OtherUnit
from mv.customers import Customer
from mv.errors import NotFound
from mv.identity import age, format_identity
from mv.ui import navigation, session
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import notify, show_notices
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, count_of, explain, literal
from mv.ui.widgets.open_other_unit import draw_open_other_unit


def require_customer() -> Customer:
    """Return the chosen customer; without one, say so, offer the search and end the page.

    Another unit's customer is opened for a reason first.
    """
    chosen = session.customer_id()
    if chosen is not None:
        try:
            found = customers.get(store(), session.actor(), chosen)
        except NotFound as error:
            session.forget_customer()
            notify("error", explain(error))
            st.rerun()  # with a menu that has no pages of this customer
        except OtherUnit as error:
            session.show_customer_in_address()
            draw_open_other_unit(error)
            st.stop()
        if found.customer_id != chosen:
            navigation.visit(found.customer_id).by_merged_record = True
        session.show_customer_in_address()
        return found
    show_notices()
    st.info(_("No customer is chosen. Find one first."))
    st.page_link(navigation.SEARCH, label=_("Find customer"), icon=":material/search:")
    st.stop()


def died(day: date) -> str:
    """Return the words for a day of death."""
    return _("Deceased {day}", day=day)


def draw_customer(customer: Customer) -> None:
    """Draw the customer's name, number, age and unit as plain text, and above them that the customer has died."""
    today = store().today()
    unit = catalogue().units.get(customer.unit_id)
    years = count_of("{count} year", "{count} years", age(customer.birth_date, customer.deceased_on or today))
    if state(CustomerVisit).by_merged_record:
        st.info(_("The record that you opened was merged into this one."))
    if customer.deceased_on:
        st.warning(died(customer.deceased_on), icon=":material/info:")
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", border=True, key="customer"):
        st.subheader(literal(customer.name), anchor=False, width="content")
        for text in (format_identity(customer.identity, today), years, unit.name if unit else customer.unit_id):
            st.text(text, width="content")
