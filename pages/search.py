"""Sök kund: find a customer by number or name, or register a new one."""

import streamlit as st

from mv import customers
from mv.customers import Customer, Hits
from mv.errors import MvError
from mv.identity import age, format_identity
from mv.ui import navigation, session
from mv.ui.customers.banner import died
from mv.ui.customers.register import draw_registration
from mv.ui.notices import notify
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, explain, literal


def draw_hits(hits: Hits) -> None:
    if hits.more:
        st.info(_("More than {count} customers fit. Write more of the name.", count=customers.MAX_HITS))
    for customer in hits.customers:
        key = f"hit_{customer.customer_id}"
        if st.button(describe(customer), key=key, type="tertiary", icon=":material/person:"):
            navigation.go_to(navigation.CUSTOMER, customer.customer_id)


def describe(customer: Customer) -> str:
    today = store().today()
    years = count_of("{count} year", "{count} years", age(customer.birth_date, customer.deceased_on or today))
    unit = catalogue().units.get(customer.unit_id)
    death = died(customer.deceased_on) if customer.deceased_on else ""
    parts = (customer.name, format_identity(customer.identity, today), years, unit.name if unit else "", death)
    return literal("  ·  ".join(part for part in parts if part))


st.header(_("Find customer"))
with st.form("search", border=False):
    text = st.text_input(
        _("Identity number"),
        type="search",
        placeholder=_("YYYYMMDDNNNN, or a name: and kar"),
        autocomplete="off",
        key="search_text",
    )
    st.form_submit_button(_("Search"), type="primary", icon=":material/search:")

if text:
    try:
        hits = customers.search(store(), session.actor(), text)
    except MvError as error:
        st.error(literal(explain(error)))
    else:
        if hits.earlier:
            notify("toast", _("The number is an earlier one; the customer has another now."))
        if hits.century_before:
            st.warning(
                _(
                    "Ten digits can be of two people, a hundred years apart, and the older one is a customer. Is it"
                    " the one below? If not, write all twelve digits."
                )
            )
            if hits.elsewhere is not None and st.button(_("Open the customer of another unit"), key="hit_elsewhere"):
                navigation.go_to(navigation.CUSTOMER, hits.elsewhere)
        elif hits.elsewhere is not None:
            navigation.go_to(navigation.CUSTOMER, hits.elsewhere)
        if customers.is_number(text) and hits.customers and not hits.century_before:
            navigation.go_to(navigation.CUSTOMER, hits.customers[0].customer_id)
        draw_hits(hits)
        if not hits.customers and not hits.century_before:
            st.warning(_("No customer was found. Check the number or the spelling, or register a new customer below."))
            if not customers.is_number(text) and not session.actor().has_every_unit:
                st.caption(_("A name finds the customers of your units. Others are found by their whole number."))
            draw_registration(text)
