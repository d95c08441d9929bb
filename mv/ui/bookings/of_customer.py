"""The customer's coming bookings on the customer card, with what can be done about them."""

from __future__ import annotations

import streamlit as st

from mv import bookings
from mv.access import Action, may
from mv.bookings import Booking
from mv.customers import Customer
from mv.ui import session
from mv.ui.bookings.change import draw_booking_of_customer, draw_change, may_change
from mv.ui.bookings.wording import state_name
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, moment
from mv.ui.widgets.table import draw_table


def draw_bookings(customer: Customer) -> None:
    """Draw the bookings from today on, cancelled ones too, and the forms that make and change them."""
    who = session.actor()
    coming = bookings.upcoming(store(), who, customer.customer_id, with_ended=True)
    vaccines, units = catalogue().vaccines, catalogue().units
    st.subheader(_("Coming bookings"))
    draw_table(
        {
            _("Time"): [moment(booking.starts_at) for booking in coming],
            _("Vaccine"): [vaccines[booking.product_code].name for booking in coming],
            _("Unit"): [units[booking.unit_id].name for booking in coming],
            _("Status"): [state_name(booking.state) for booking in coming],
        },
        empty=_("No coming bookings."),
        alt=_("Coming bookings"),
    )
    if not may(who, Action.CHANGE_BOOKING):
        return
    with st.expander(_("Book a time"), key=f"book_{customer.customer_id}"):
        draw_booking_of_customer(customer)
    own = {booking.booking_id: booking for booking in coming if may_change(booking)}
    if own:
        with st.expander(_("Move or cancel a booking"), key=f"bookings_{customer.customer_id}"):
            _draw_chosen(customer, own)


def _draw_chosen(customer: Customer, own: dict[int, Booking]) -> None:
    chosen = st.selectbox(
        _("Booking"),
        list(own),
        format_func=lambda number: literal(
            f"{moment(own[number].starts_at)}  ·  {catalogue().vaccines[own[number].product_code].name}"
        ),
        key=f"booking_of_{customer.customer_id}",
    )
    draw_change(own[chosen])
