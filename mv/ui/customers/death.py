"""Dödsfall: the day of death, on the customer card."""

from __future__ import annotations

import streamlit as st

from mv import deaths
from mv.access import Action, may
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.ui import session
from mv.ui.notices import errors_as_notices, notify
from mv.ui.resources import store
from mv.ui.text import _


def draw_death(customer: Customer) -> None:
    """Draw the field for the day of death, and the way to take it back where there is one."""
    if not may(session.actor(), Action.RECORD_DEATH):
        return
    key = f"death_{customer.customer_id}"
    with st.expander(_("Deceased"), key=key):
        st.caption(
            _(
                "Nothing can be registered for a later day then. What was given before stays, and can still be"
                " registered afterwards."
            )
        )
        st.date_input(
            _("Day of death"),
            value=customer.deceased_on,
            min_value=customer.birth_date,
            max_value=store().today(),
            format="YYYY-MM-DD",
            width=200,
            key=f"{key}_day_{customer.deceased_on}",
        )
        with st.container(horizontal=True):
            st.button(_("Save the day of death"), key=f"{key}_save", on_click=_save, args=(customer,))
            if customer.deceased_on:
                st.button(_("The customer is alive"), key=f"{key}_back", on_click=_take_back, args=(customer,))


def _save(customer: Customer) -> None:
    with errors_as_notices():
        day = session.value(f"death_{customer.customer_id}_day_{customer.deceased_on}")
        if day is None:
            raise Invalid(N_("Give the day of death."))
        deaths.record(store(), session.actor(), customer.customer_id, day)
        notify("success", _("The day of death is saved."))


def _take_back(customer: Customer) -> None:
    with errors_as_notices():
        deaths.record(store(), session.actor(), customer.customer_id, None)
        notify("success", _("The day of death is taken back."))
