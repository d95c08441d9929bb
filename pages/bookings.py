"""Bokningar: a unit's day; a booking's information leads to the customer card."""

from datetime import date

import streamlit as st

from mv import bookings
from mv.bookings import Booking
from mv.errors import MvError
from mv.identity import format_identity
from mv.ui import navigation, session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, clock_time, count_of, explain, literal, moment
from mv.ui.widgets.unit_picker import choose_unit


def choose_day_and_unit() -> tuple[date, str]:
    left, right = st.columns([1, 2])
    day = left.date_input(_("Day"), value=store().today(), format="YYYY-MM-DD", key="bookings_day")
    with right:
        return day, choose_unit(_("Unit"), "bookings_unit", session.actor().unit_id)


def line(booking: Booking) -> str:
    vaccine = catalogue().vaccines.get(booking.product_code)
    return literal(f"{clock_time(booking.starts_at)}  ·  {booking.name}  ·  {vaccine.name if vaccine else ''}")


def draw_information(booking: Booking) -> None:
    vaccine = catalogue().vaccines.get(booking.product_code)
    st.subheader(_("Booking"))
    with st.container(border=True, key="booking"):
        if st.button(literal(booking.name), type="tertiary", icon=":material/person:", key="booking_customer"):
            navigation.go_to(navigation.CUSTOMER, booking.customer_id)
        lines = (
            format_identity(booking.identity, store().today()),
            _("Time: {time}", time=moment(booking.starts_at)),
            _("Vaccine: {vaccine}", vaccine=f"{vaccine.name} ({vaccine.atc})" if vaccine else "–"),
            _("Unit: {unit}", unit=catalogue().units[booking.unit_id].name),
            _("Booked: {time}", time=moment(booking.booked_at)),
        )
        st.text("\n".join(lines))


st.header(_("Bookings"))
day, unit_id = choose_day_and_unit()
try:
    found = bookings.of_day(store(), session.actor(), unit_id, day)
except MvError as error:
    st.error(literal(explain(error)))
    st.stop()
if not found:
    st.info(_("No bookings at this unit on this day. Choose another day or unit."))
    st.stop()

by_id = {booking.booking_id: booking for booking in found}
left, right = st.columns([3, 2])
with left:
    st.subheader(count_of("{count} booking", "{count} bookings", len(found)))
    chosen = st.radio(
        _("Choose a booking"),
        list(by_id),
        index=None,
        format_func=lambda booking_id: line(by_id[booking_id]),
        key=f"bookings_{unit_id}_{day}",
        label_visibility="collapsed",
    )
with right:
    if chosen is None:
        st.info(_("Choose a booking to see its information."))
    else:
        draw_information(by_id[chosen])
