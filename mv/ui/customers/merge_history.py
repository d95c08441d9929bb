"""Sammanslagningar: on the customer card, the records that were merged into the customer's, each with its undo."""

from __future__ import annotations

import streamlit as st

from mv.access import Action, may
from mv.customers import Customer
from mv.identity import format_identity
from mv.merges import merging, undo
from mv.merges.merging import Merge
from mv.ui import session
from mv.ui.notices import do_once, notify
from mv.ui.resources import store
from mv.ui.text import _, count_of, moment


def draw_merges(customer: Customer) -> None:
    """Draw the records that were merged into the customer's, if there are any."""
    for merge in merging.of_customer(store(), session.actor(), customer.customer_id):
        number = format_identity(merge.merged.identity, store().today())
        with st.container(horizontal=True, vertical_alignment="center", key=f"merge_{merge.merge_id}"):
            st.text(
                _(
                    "Merged with {name}, {number} ({time}, {who})",
                    name=merge.merged.name,
                    number=number,
                    time=moment(merge.merged_at),
                    who=merge.merged_by,
                ),
                width="content",
            )
            if merge.is_latest and may(session.actor(), Action.MERGE_CUSTOMERS):
                _draw_undoing(merge)


def _draw_undoing(merge: Merge) -> None:
    with st.popover(_("Undo the merging"), icon=":material/undo:"):
        what = moved(merge.memberships, merge.doses, merge.bookings)
        st.text(_("{what} go back to the other record.", what=what) if what else _("Nothing had moved."))
        st.caption(
            _(
                "What was marked as wrong or withdrawn by the merging becomes valid again. What was registered since"
                " stays with this customer."
            )
        )
        st.button(_("Separate the records"), key=f"merge_undo_{merge.merge_id}", on_click=_undo, args=(merge,))


def moved(groups: int, doses: int, bookings: int) -> str:
    """Return how much moves from one record to the other; an empty text where nothing does."""
    counted = {
        count_of("{count} group", "{count} groups", groups): groups,
        count_of("{count} dose", "{count} doses", doses): doses,
        count_of("{count} booking", "{count} bookings", bookings): bookings,
    }
    return ", ".join(text for text, count in counted.items() if count)


def _undo(merge: Merge) -> None:
    def then(_kept: Customer) -> None:
        notify("success", _("The records are two again. The other one is found by its own number."))

    do_once(f"undo merge {merge.merge_id}", lambda: undo.undo(store(), session.actor(), merge.merge_id), then)
