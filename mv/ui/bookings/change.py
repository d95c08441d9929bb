"""A booking is made, moved or cancelled, and what it was before is shown."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv import customers
from mv.access import Action, may
from mv.bookings import Booking, changes
from mv.bookings.changes import BookingRow, Change
from mv.ui import session
from mv.ui.bookings.form import draw_fields, entered
from mv.ui.bookings.wording import change_name, state_name
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import change_once, notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment
from mv.ui.widgets.table import draw_table


def may_change(booking: Booking) -> bool:
    """Return whether the user may change this booking."""
    who = session.actor()
    return may(who, Action.CHANGE_BOOKING) and who.owns(booking.unit_id)


def draw_booking_of_number(unit_id: str, day: date) -> None:
    """Draw the form that books a time at the unit, on the day or another, for the customer with a number."""
    if not may(session.actor(), Action.CHANGE_BOOKING):
        return
    with st.expander(_("Book a time"), key="book"):
        form = drawn_form("book_save")
        key = f"book_{unit_id}_{day}_{form.number}"
        st.text_input(_("Identity number"), autocomplete="off", key=f"{key}_identity")
        draw_fields(key, unit_id=unit_id, day=day)
        st.button(_("Book"), type="primary", key=form.key, on_click=_book_number, args=(key, form))


def draw_booking_of_customer(customer: customers.Customer) -> None:
    """Draw the form that books a time for the customer."""
    form = drawn_form(f"book_{customer.customer_id}_save")
    key = f"book_{customer.customer_id}_{form.number}"
    draw_fields(key)
    args = (customer.customer_id, key, form)
    st.button(_("Book"), type="primary", key=form.key, on_click=_book_customer, args=args)


def draw_change(booking: Booking) -> None:
    """Draw the fields that change the booking, the button that cancels it, and its history."""
    key = f"booking_{booking.booking_id}_{booking.version}"
    draw_fields(key, booking)
    with st.container(horizontal=True):
        word = _("Save the change") if booking.standing else _("Book again")
        st.button(word, key=f"{key}_move", on_click=_move, args=(booking, key))
        if booking.standing:
            st.button(
                _("Cancel the booking"), icon=":material/event_busy:", key=f"{key}_cancel", on_click=_cancel,
                args=(booking,),
            )  # fmt: skip


def draw_history(booking: Booking) -> None:
    """Draw every version of the booking, the latest first: who, when, and from what to what."""
    found = changes.history(store(), session.actor(), booking.booking_id)
    before = dict(zip(found, [*found[1:], None], strict=False))
    draw_table(
        {
            _("Changed"): [moment(change.changed_at) for change in found],
            _("By"): [change.changed_by for change in found],
            _("Change"): [change_name(change.change) for change in found],
            _("Before"): [_describe(was) if (was := before[change]) else "–" for change in found],
            _("After"): [_describe(change) for change in found],
        },
        empty=_("No changes."),
        alt=_("Change history"),
    )


def _describe(change: Change) -> str:
    vaccine, unit = catalogue().vaccines[change.product_code].name, catalogue().units[change.unit_id].name
    parts = (moment(change.starts_at), vaccine, unit, state_name(change.state))
    return "  ·  ".join(parts)


def _book_number(key: str, form: DrawnForm) -> None:
    number = session.value(f"{key}_identity") or ""
    save_once(form, lambda: changes.book_by_number(store(), session.actor(), number, entered(key)), _booked)


def _book_customer(customer_id: int, key: str, form: DrawnForm) -> None:
    save_once(form, lambda: changes.book(store(), session.actor(), customer_id, entered(key)), _booked)


def _booked(row: BookingRow) -> None:
    notify("success", _("Booked: {time}.", time=moment(row.starts_at)))


def _move(booking: Booking, key: str) -> None:
    change_once(
        f"booking {booking.booking_id}",
        booking.version,
        lambda: changes.move(store(), session.actor(), booking.booking_id, booking.version, entered(key)),
        lambda row: notify("success", _("The booking is changed: {time}.", time=moment(row.starts_at))),
    )


def _cancel(booking: Booking) -> None:
    change_once(
        f"booking {booking.booking_id}",
        booking.version,
        lambda: changes.cancel(store(), session.actor(), booking.booking_id, booking.version),
        lambda row: notify("success", _("The booking is cancelled. It stays in the list.")),
    )
