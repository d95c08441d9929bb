"""The form that adds a group, on the page and in the dialog."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import streamlit as st

from mv import memberships
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.memberships import Membership
from mv.reimbursement.preview import group
from mv.reimbursement.preview.customer_case import CustomerCase, Effect
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.groups.doubt import asking, draw_doubt
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, name_of
from mv.ui.widgets.group_picker import choice_of, choose_group, entered
from mv.ui.widgets.payment_preview import draw_effect


def draw_add_form(customer: Customer, case: CustomerCase, key: str, word: str, *, with_days: bool) -> None:
    """Draw the choice of group and the button that saves it; with ``with_days``, its period, too.

    Where a dose that counts by the chosen group becomes paid, it says so.
    """
    today = store().today()
    first = today
    with st.container(border=True, key=f"{key}_form"):
        group_place = st.container()
        if with_days:
            first = _choose_days(key, today)
        with group_place:
            choose_group(key, first)
        form = drawn_form(f"{key}_save")
        args = (customer.customer_id, key, today, form)
        st.button(word, type="primary", key=form.key, on_click=_add, args=args)
        entry = entered(key, first=today)
        draw_doubt(key, entry, _add, args)
        effect = group.adding(case, entry) if entry else Effect()
        if effect.changed_doses:
            draw_effect(effect)


def _choose_days(key: str, today: date) -> date:
    left, right = st.columns(2)
    first = left.date_input(_("First day"), value=today, format="YYYY-MM-DD", key=f"{key}_first")
    right.date_input(_("Last day, if it is over"), value=None, format="YYYY-MM-DD", key=f"{key}_last")
    return first


def _add(customer_id: int, key: str, today: date, form: DrawnForm, accepted: Collection[Concern] = ()) -> None:
    entry = entered(key, first=today)

    def save() -> Membership:
        if entry is None:
            raise Invalid(N_("Choose a group."))
        return memberships.add(store(), session.actor(), customer_id, entry, accepted=accepted)

    def then(row: Membership) -> None:
        session.set_value(f"{key}_group", None)
        session.set_value(f"{key}_last", None)
        notify("toast", _("Saved: {group}.", group=name_of(choice_of(row))))

    with asking(key, entry):
        save_once(form, save, then)
