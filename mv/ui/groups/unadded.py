"""A group that was chosen in the dialog and not added when it was closed: asked about until it is answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from mv import memberships
from mv.concerns import Concern
from mv.customers import Customer
from mv.memberships import Entry, Membership
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.groups.doubt import asking, draw_doubt
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.session import VisitState, state
from mv.ui.text import _, literal, name_of
from mv.ui.widgets.group_picker import choice_of, entered

KEY = "unadded"


@dataclass(slots=True)
class UnaddedGroup(VisitState):
    """The group that the dialog's form holds, or held when it was closed."""

    entry: Entry | None = None

    def take(self, key: str) -> None:
        """Keep the group that the form with this key holds now, if any."""
        self.entry = entered(key, first=store().today())

    def take_last(self, key: str) -> None:
        """Keep a group that was chosen just before the form is closed; Escape, which closes it, empties its list."""
        self.entry = entered(key, first=store().today()) or self.entry

    def put_back(self, key: str) -> None:
        """Let the form with this key begin with the group, where it was not drawn before."""
        if self.entry:
            session.begin_with(f"{key}_group", self.entry.group_code)
            session.begin_with(f"{key}_subgroup_{self.entry.group_code}", self.entry.subgroup_code)


def draw_unadded(customer: Customer) -> None:
    """Ask whether the group that was chosen in the dialog is to be added, once the dialog is closed.

    A group that the customer is in needs no answer.
    """
    unadded = state(UnaddedGroup)
    entry = unadded.entry
    if entry is None or state(CustomerVisit).dialog_open:
        return
    rows = memberships.of_customer(store(), session.actor(), customer.customer_id)
    if any(
        (row.group_code, row.subgroup_code) == (entry.group_code, entry.subgroup_code) for row in rows if row.active
    ):
        unadded.entry = None
        return
    name = name_of(catalogue().choice(entry.group_code, entry.subgroup_code))
    form = drawn_form(f"{KEY}_save")
    args = (customer.customer_id, entry, form)
    with st.container(border=True, key=KEY):
        st.warning(
            literal(_("{group} was chosen in the dialog, and is not added.", group=name)), icon=":material/help:"
        )
        with st.container(horizontal=True):
            st.button(_("Add the group"), type="primary", key=form.key, on_click=_add, args=args)
            st.button(_("Do not add it"), key=f"{KEY}_leave", on_click=_leave)
        draw_doubt(KEY, entry, _add, args)


def _add(customer_id: int, entry: Entry, form: DrawnForm, accepted: Collection[Concern] = ()) -> None:
    unadded = state(UnaddedGroup)

    def then(row: Membership) -> None:
        unadded.entry = None
        notify("toast", _("Saved: {group}.", group=name_of(choice_of(row))))

    with asking(KEY, entry):
        save_once(
            form,
            lambda: memberships.add(store(), session.actor(), customer_id, entry, accepted=accepted),
            then,
        )


def _leave() -> None:
    state(UnaddedGroup).entry = None
