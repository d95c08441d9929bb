"""The fields of a booking: unit, day, time and vaccine."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv.booking_files.times import parse_time
from mv.bookings import Booking
from mv.bookings.changes import Entry
from mv.bookings.times import to_instant
from mv.catalogue import in_use
from mv.clock import to_local
from mv.errors import N_, Invalid
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _
from mv.ui.widgets.unit_picker import choose_unit


def draw_fields(key: str, was: Booking | None = None, unit_id: str | None = None, day: date | None = None) -> None:
    """Draw the fields, filled in from the booking ``was``, or for a new one at the unit on ``day``.

    Without these a new one begins with the user's unit and today. See :func:`entered`.
    """
    local = to_local(was.starts_at) if was else None
    first = local.date() if local else max(day or store().today(), store().today())
    columns = st.columns([3, 2, 2, 3])
    with columns[0]:
        choose_unit(_("Unit"), f"{key}_unit", was.unit_id if was else unit_id or session.actor().unit_id)
    chosen = columns[1].date_input(_("Day"), value=first, format="YYYY-MM-DD", key=f"{key}_day")
    columns[2].text_input(  # the field for times shows an English word while it is empty
        _("Time"), value=f"{local:%H:%M}" if local else "", placeholder="09:30", autocomplete="off", key=f"{key}_time"
    )
    vaccines = catalogue().vaccines
    codes = [vaccine.product_code for vaccine in in_use(vaccines.values(), chosen or first)]
    if was and was.product_code not in codes:
        codes.append(was.product_code)
    columns[3].selectbox(
        _("Vaccine"),
        codes,
        index=codes.index(was.product_code) if was else None,
        format_func=lambda code: vaccines[code].name,
        placeholder=_("Choose a vaccine"),
        key=f"{key}_product",
        filter_mode="contains",
    )


def entered(key: str) -> Entry:
    """Return what the fields hold now. It is for callbacks. Raises Invalid for what is missing."""
    unit_id, day, at, product = (session.value(f"{key}_{name}") for name in ("unit", "day", "time", "product"))
    if day is None:
        raise Invalid(N_("Choose a day."))
    if not at:
        raise Invalid(N_("Write a time, like 09:30."))
    if product is None:
        raise Invalid(N_("Choose a vaccine."), field="vaccine")
    return Entry(unit_id, to_instant(parse_time(day, at)), product)
