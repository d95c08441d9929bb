"""Rätta namn: on the customer card, the name that is right, and the names before it."""

from __future__ import annotations

import streamlit as st

from mv import name_changes
from mv.access import Action, may
from mv.customers import Customer
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, moment


def draw_name_change(customer: Customer) -> None:
    """Draw the form that corrects the customer's name, with the earlier names under it."""
    if not may(session.actor(), Action.CHANGE_NAME):
        return
    key = f"name_{customer.customer_id}"
    earlier = name_changes.earlier_names(store(), session.actor(), customer.customer_id)
    keys = tuple(f"{key}_{part}_{len(earlier)}" for part in ("given", "family"))  # a new name begins in new fields
    with st.expander(_("Correct the name"), key=key):
        left, right = st.columns(2)
        left.text_input(_("Given name"), value=customer.given_name, autocomplete="off", key=keys[0])
        right.text_input(_("Family name"), value=customer.family_name, autocomplete="off", key=keys[1])
        form = drawn_form(f"{key}_save")
        st.button(_("Save the name"), key=form.key, on_click=_change, args=(customer, keys, form))
        for had in earlier:
            name = f"{had.given_name} {had.family_name}"
            time = moment(had.changed_at)
            st.text(_("Until {time}: {name}. Corrected by {who}.", time=time, name=name, who=had.changed_by))


def _change(customer: Customer, keys: tuple[str, ...], form: DrawnForm) -> None:
    given, family = (session.value(key) or "" for key in keys)

    def save() -> Customer:
        seen = (customer.given_name, customer.family_name)
        return name_changes.change(store(), session.actor(), customer.customer_id, given, family, seen)

    save_once(form, save, lambda _saved: notify("success", _("The name is saved.")))
