"""Byt personnummer: on the customer card, another number for the same person."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv import identity, identity_changes
from mv.access import Action, may
from mv.customers import Customer
from mv.errors import Invalid
from mv.identity import format_identity
from mv.identity_changes import EarlierNumber, NumberTaken
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import errors_as_notices, notify, save_once, show_notices
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, literal, moment


def draw_earlier_numbers(customer: Customer) -> None:
    """Draw the numbers that the customer had before, if there are any, and a way to take the last change back."""
    today = store().today()
    earlier = identity_changes.earlier_numbers(store(), session.actor(), customer.customer_id)
    if not earlier:
        return
    numbers = ", ".join(format_identity(had.number, today) for had in earlier)
    with st.container(horizontal=True, vertical_alignment="center", key="earlier_numbers"):
        st.text(_("Earlier number: {numbers}", numbers=numbers), width="content")
        if may(session.actor(), Action.CHANGE_IDENTITY):
            _draw_undoing(customer, earlier[0])


def _draw_undoing(customer: Customer, last: EarlierNumber) -> None:
    """Draw the effect of taking back the last change, and the button for it."""
    with st.popover(_("Undo the change of number"), icon=":material/undo:"):
        number = format_identity(last.number, store().today())
        st.text(_("The number becomes {number} again.", number=number))
        st.text(_("It was changed {time} by {who}.", time=moment(last.changed_at), who=last.changed_by))
        born = last.birth_date or _birth_date(last.number, store().today()) or customer.birth_date
        if born != customer.birth_date:
            st.text(_("The birth date becomes {day} again.", day=born))
        st.caption(_("The number that the customer has now does not find the customer any more."))
        st.button(_("Take the change back"), key="identity_undo", on_click=_undo, args=(customer,))


def _undo(customer: Customer) -> None:
    with errors_as_notices():
        identity_changes.undo(store(), session.actor(), customer.customer_id, customer.identity)
        notify("success", _("The change is taken back. Groups, doses and bookings have followed."))


def draw_identity_change(customer: Customer) -> None:
    """Draw the form that gives the customer another number, and above it how the last change went."""
    if not may(session.actor(), Action.CHANGE_IDENTITY):
        return
    if not state(CustomerVisit).dialog_open:  # which shows its own
        show_notices()
    key = f"identity_{customer.customer_id}"
    with st.expander(_("Change identity number"), key=key):
        st.caption(
            _(
                "For a reserve number that became a personal identity number, or one that was mistyped. Groups, doses,"
                " bookings and claims follow; what was claimed already keeps the old number, and nothing is claimed"
                " twice. The old number goes on finding the customer."
            )
        )
        number = st.text_input(_("New identity number"), autocomplete="off", key=_number_key(customer), width=400)
        born = _birth_date(number, store().today())
        if born is not None and born != customer.birth_date:
            st.warning(
                literal(
                    _(
                        "The number says born {new}; the customer is registered as born {old}.",
                        new=born,
                        old=customer.birth_date,
                    )
                )
            )
            st.checkbox(_("It is the same person: change the birth date, too"), key=_same_key(customer))
        form = drawn_form(f"{key}_save")
        st.button(_("Change the number"), key=form.key, on_click=_change, args=(customer, form))


def _number_key(customer: Customer) -> str:
    return f"identity_{customer.customer_id}_number"


def _same_key(customer: Customer) -> str:
    return f"identity_{customer.customer_id}_same"


def _birth_date(number: str, today: date) -> date | None:
    """Return the birth date that a number holds; None where it is no valid number or holds none."""
    try:
        return identity.parse(number, today).birth_date
    except Invalid:
        return None


def _change(customer: Customer, form: DrawnForm) -> None:
    number, visit = session.value(_number_key(customer)) or "", state(CustomerVisit)

    def save() -> Customer:
        try:
            return identity_changes.change(
                store(),
                session.actor(),
                customer.customer_id,
                number,
                customer.identity,
                other_birth_date=bool(session.value(_same_key(customer))),
            )
        except NumberTaken as error:
            visit.compare_with(error.customer_id)
            raise

    def then(_changed: Customer) -> None:
        session.set_value(_number_key(customer), "")
        notify("success", _("The number is changed. Groups, doses and bookings have followed."))

    save_once(form, save, then)
