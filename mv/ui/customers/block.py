"""Spärr: the patient's block of the unit's data from other units, on the customer card."""

from __future__ import annotations

import streamlit as st

from mv import blocks
from mv.access import Action, may
from mv.blocks import MAX_REASON_LENGTH
from mv.customers import Customer
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, literal, moment


def draw_block(customer: Customer) -> None:
    """Draw whether the data are blocked, and for a lead of the customer's unit the way to set or lift that."""
    who = session.actor()
    if not may(who, Action.SET_BLOCK) or not who.owns(customer.unit_id):
        return
    found = blocks.of_customer(store(), who, customer.customer_id)
    key = f"block_{customer.customer_id}"
    with st.expander(_("Block"), key=key):
        st.caption(
            _(
                "A patient may have the unit’s data blocked from other units. From there they are opened in an"
                " emergency only, and that is marked in the log."
            )
        )
        if found:
            st.text(literal(_("Blocked since {time}: {reason}", time=moment(found.set_at), reason=found.reason)))
        st.text_input(
            _("Reason"),
            max_chars=MAX_REASON_LENGTH,
            autocomplete="off",
            help=_("What the patient has asked for, and when. No identity numbers or names."),
            key=f"{key}_reason_{found.block_id if found else 0}",
        )
        label, form = _("Lift the block") if found else _("Block the data"), drawn_form(f"{key}_save")
        block_id = found.block_id if found else 0
        st.button(label, key=form.key, on_click=_save, args=(customer.customer_id, block_id, form))


def _save(customer_id: int, block_id: int, form: DrawnForm) -> None:
    reason = session.value(f"block_{customer_id}_reason_{block_id}") or ""
    change = blocks.lift_block if block_id else blocks.set_block
    done = _("The block is lifted.") if block_id else _("The data are blocked from other units.")
    save_once(
        form,
        lambda: change(store(), session.actor(), customer_id, reason),
        lambda _changed: notify("success", done),
    )
