"""Bokningar: a unit's day; a booking's information, its changes; a new one, and the booking system's files."""

from datetime import date

import streamlit as st

from mv import bookings
from mv.bookings import Booking
from mv.errors import MvError
from mv.identity import format_identity
from mv.ui import navigation, session
from mv.ui.bookings.change import draw_booking_of_number, draw_change, draw_history, may_change
from mv.ui.bookings.file import draw_file
from mv.ui.bookings.wording import state_name
from mv.ui.notices import show_notices
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
    ended = "" if booking.standing else f"  ·  {state_name(booking.state)}"
    return literal(f"{clock_time(booking.starts_at)}  ·  {booking.name}  ·  {vaccine.name if vaccine else ''}{ended}")


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
            f"{_('Status')}: {state_name(booking.state)}",
        )
        st.text("\n".join(lines))


def draw_day(found: list[Booking], key: str) -> Booking | None:
    """Draw the day's bookings beside the information of the chosen one, and return that."""
    by_id = {booking.booking_id: booking for booking in found}
    left, right = st.columns([3, 2])
    with left:
        standing = sum(booking.standing for booking in found)
        st.subheader(count_of("{count} booking", "{count} bookings", standing))
        chosen = st.radio(
            _("Choose a booking"),
            list(by_id),
            index=None,
            format_func=lambda booking_id: line(by_id[booking_id]),
            key=key,
            label_visibility="collapsed",
        )
    with right:
        if chosen is None:
            st.info(_("Choose a booking to see its information."))
            return None
        draw_information(by_id[chosen])
        return by_id[chosen]


st.header(_("Bookings"))
day, unit_id = choose_day_and_unit()
show_notices()
try:
    found = bookings.of_day(store(), session.actor(), unit_id, day, with_ended=True)
except MvError as error:
    st.error(literal(explain(error)))
    st.stop()
if found:
    chosen = draw_day(found, f"bookings_{unit_id}_{day}")
    if chosen:
        if may_change(chosen):
            with st.expander(_("Move or cancel the booking"), key="change_booking"):
                draw_change(chosen)
        with st.expander(_("Change history"), key="booking_history"):
            draw_history(chosen)
else:
    st.info(_("No bookings at this unit on this day. Choose another day or unit."))
draw_booking_of_number(unit_id, day)
draw_file(unit_id)
