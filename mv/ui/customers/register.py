"""Registering a customer whom the search did not find."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv import customers, identity
from mv.errors import Invalid, MvError
from mv.ui import navigation, session
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.day_field import EARLIEST
from mv.ui.widgets.unit_picker import choose_unit


def draw_registration(searched: str) -> None:
    """Draw the fields of a new customer, with the number that was searched for filled in."""
    today = store().today()
    st.subheader(_("Register a new customer"))
    with st.container(border=True, key="register"):
        number = st.text_input(
            _("Identity number"),
            value=searched if customers.is_number(searched) else "",
            autocomplete="off",
            key="register_number",
        )
        left, right = st.columns(2)
        given_name = left.text_input(_("Given name"), autocomplete="off", key="register_given_name")
        family_name = right.text_input(_("Family name"), autocomplete="off", key="register_family_name")
        unit_id = choose_unit(_("Unit"), "register_unit", session.actor().unit_id)
        birth_date = None
        if _lacks_birth_date(number, today):
            birth_date = st.date_input(
                _("Birth date"),
                value=None,
                min_value=EARLIEST,
                format="YYYY-MM-DD",
                key="register_birth_date",
            )
        if st.button(_("Register and open the card"), type="primary", key="register_save"):
            _register(number, given_name, family_name, unit_id, birth_date)


def _lacks_birth_date(number: str, today: date) -> bool:
    try:
        return identity.parse(number, today).birth_date is None
    except Invalid:
        return False


def _register(number: str, given_name: str, family_name: str, unit_id: str, birth_date: date | None) -> None:
    try:
        customer = customers.register(store(), session.actor(), number, given_name, family_name, unit_id, birth_date)
    except MvError as error:
        st.error(literal(explain(error)))
        return
    navigation.go_to(navigation.CUSTOMER, customer.customer_id)
