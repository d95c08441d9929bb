"""Slå ihop: on the customer card, a second record of the same person, compared with this one and merged with it."""

from __future__ import annotations

import streamlit as st

from mv import customers
from mv.access import Action, OtherUnit, may
from mv.customers import Customer, is_number
from mv.errors import N_, Invalid, MvError
from mv.identity import IdentityKind, format_identity, parse
from mv.merges import merging
from mv.merges.plan import Preview
from mv.ui import navigation, session
from mv.ui.customers.merge_preview import draw_preview
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import errors_as_notices, notify
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, explain, literal


def draw_merging(customer: Customer) -> None:
    """Draw the search for the other record and, once it is found, a preview of merging both."""
    if not may(session.actor(), Action.MERGE_CUSTOMERS):
        return
    other = state(CustomerVisit).merge_with
    with st.expander(_("Merge with another record"), expanded=other is not None, key=f"merging_{customer.customer_id}"):
        st.caption(
            _(
                "For two records of one person. All of it moves to the record that goes on, and both numbers find that."
                " You see what moves first, and it can be undone."
            )
        )
        st.text_input(
            _("Identity number of the other record"),
            autocomplete="off",
            key="merge_number",
            on_change=_find,
            args=(customer,),
            width=400,
        )
        if other is not None:
            _draw_other(customer, other)


def _find(customer: Customer) -> None:
    with errors_as_notices():
        number, visit = session.value("merge_number") or "", state(CustomerVisit)
        visit.compare_with(None)
        if not is_number(number):
            raise Invalid(N_("Write the identity number of the other record."))
        hits = customers.search(store(), session.actor(), number)
        found = (
            hits.elsewhere if hits.elsewhere is not None else next((hit.customer_id for hit in hits.customers), None)
        )
        if found is None:
            raise Invalid(N_("No customer has this number."))
        if found == customer.customer_id:
            raise Invalid(N_("That is the same record. Choose another one."))
        visit.compare_with(found)
        session.set_value("merge_number", "")


def _draw_other(customer: Customer, other: int) -> None:
    try:
        shown = merging.preview(store(), session.actor(), customer.customer_id, other)
        goes_on = _choose_who_goes_on(shown)
        if goes_on != customer.customer_id:
            shown = merging.preview(store(), session.actor(), goes_on, customer.customer_id)
    except OtherUnit as error:
        st.warning(literal(explain(error)))
        if st.button(_("Open it, for a reason"), key="merge_open_other"):
            navigation.go_to(navigation.CUSTOMER, error.customer_id)
        return
    except MvError as error:
        st.error(literal(explain(error)))
        return
    draw_preview(shown)
    with st.container(horizontal=True):
        st.button(_("Merge the records"), type="primary", key="merge_save", on_click=_merge, args=(shown,))
        st.button(_("Cancel"), key="merge_cancel", on_click=state(CustomerVisit).compare_with, args=(None,))


def _choose_who_goes_on(shown: Preview) -> int:
    """Draw the choice of the record that goes on: to begin with, the one that has a personal identity number."""
    today = store().today()
    both = {each.customer_id: each.customer for each in (shown.keep, shown.merged)}
    kinds = [parse(each.identity, today).kind for each in both.values()]
    start = 1 if IdentityKind.PERSONNUMMER in kinds and kinds[0] != IdentityKind.PERSONNUMMER else 0
    chosen: int = st.radio(
        _("Which record goes on?"),
        list(both),
        index=start,
        format_func=lambda number: literal(f"{both[number].name}, {format_identity(both[number].identity, today)}"),
        key=f"merge_keep_{shown.keep.customer_id}_{shown.merged.customer_id}",
        horizontal=True,
    )
    return chosen


def _merge(shown: Preview) -> None:
    with errors_as_notices():
        same = bool(session.value(f"merge_same_{shown.keep.customer_id}_{shown.merged.customer_id}"))
        kept = merging.merge(store(), session.actor(), shown, same_person=same)
        navigation.visit(kept.customer_id).compare_with(None)
        session.show_customer_in_address()
        number = format_identity(kept.identity, store().today())
        notify("success", _("The records are merged. {name}, {number}, goes on.", name=kept.name, number=number))
