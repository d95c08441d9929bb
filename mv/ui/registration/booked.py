"""The day's bookings as a checklist: tick who came, and save them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from mv.errors import MvError
from mv.registration import booked
from mv.registration.booked import AttendanceRejected, BookedCustomer
from mv.registration.rounds import EntryMethod
from mv.ui import session
from mv.ui.notices import notify
from mv.ui.registration.booked_row import TickedBooking, batch_reason_key, draw_row, read_ticked
from mv.ui.registration.rounds import draw_latest
from mv.ui.registration.saved_rows import name_and_age
from mv.ui.resources import store
from mv.ui.text import _, clock_time, count_of, explain, literal
from mv.ui.web.streamlit_internals import DeltaGenerator
from mv.ui.widgets.batch_picker import choose_batch
from mv.ui.widgets.checklist import draw_tick_all, page_of, ticked_boxes
from mv.ui.widgets.day_field import EARLIEST
from mv.ui.widgets.dose_names import group_name, vaccine_name
from mv.ui.widgets.table import draw_table
from mv.ui.widgets.unit_picker import choose_unit


def draw_booked() -> None:
    """Draw this part of the page."""
    day, unit_id = _choose_day_and_unit()
    draw_latest(EntryMethod.BOOKED, _("Saved last from the bookings,"), _("Undo all of it"))
    found = booked.read_day(store(), session.actor(), unit_id, day)
    if not found:
        st.info(_("No bookings at this unit on this day. Choose another day or unit."))
        return
    key = f"booked_{unit_id}_{day}"
    left = {each.booking.booking_id: each for each in found if each.given is None}
    if left:
        _draw_checklist(left, len(found), day, key)
    else:
        st.success(_("Everybody who was booked is registered."))
    _draw_registered([each for each in found if each.given])


def _choose_day_and_unit() -> tuple[date, str]:
    left, right = st.columns([1, 2])
    today = store().today()
    day = left.date_input(
        _("Day"), value=today, min_value=EARLIEST, max_value=today, format="YYYY-MM-DD", key="booked_day"
    )
    with right:
        return day, choose_unit(_("Unit"), "booked_unit", session.actor().unit_id)


def _draw_checklist(left: Mapping[int, BookedCustomer], all_booked: int, day: date, key: str) -> None:
    """Draw the customers who are not registered: the batches, the boxes, and the button that saves the ticked ones."""
    place = _draw_batches(left, day, key)
    attendances = read_ticked([left[number] for number in left if number in ticked_boxes(key)], key)
    with place:
        _draw_batch_concerns(list(attendances.values()), key)
    st.subheader(_heading(len(left), all_booked), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_tick_all(list(left), key)
        changes_groups = st.toggle(_("Change groups"), key=f"{key}_groups")
    for number in page_of(list(left), key):
        draw_row(left[number], attendances.get(number), key, changes_group=changes_groups)
    lacks = _draw_missing(list(attendances.values()))
    words = _("Save those who are ticked")
    button = f"{key}_save_{len(left)}"
    if st.button(f"{words} ({len(attendances)})", type="primary", key=button, disabled=lacks or not attendances):
        _save(list(attendances.values()), key)


def _heading(left: int, all_booked: int) -> str:
    if left == all_booked:
        return count_of("{count} booked", "{count} booked", left)
    return _("Did not come, or left to do: {left} of {all}", left=left, all=all_booked)


def _draw_missing(attendances: Sequence[TickedBooking]) -> bool:
    """Draw the customers without a group and the vaccines without a batch; return whether there are any."""
    people = [each.attendance.booked.customer.name for each in attendances if each.attendance.group is None]
    vaccines = {
        vaccine_name(each.attendance.booked.booking.product_code)
        for each in attendances
        if not each.attendance.batch_number
    }
    if people:
        st.info(literal(_("Choose the group of: {names}", names=", ".join(people))))
    if vaccines:
        st.info(literal(_("Choose the batch of: {names}", names=", ".join(sorted(vaccines)))))
    return bool(people or vaccines)


def _draw_batches(left: Mapping[int, BookedCustomer], day: date, key: str) -> DeltaGenerator:
    """Draw the batch of each booked vaccine; return the container below for their concerns."""
    counts = Counter(each.booking.product_code for each in left.values())
    with st.container(border=True, key=f"{key}_batches"):
        cells = st.columns(max(2, min(len(counts), 3))) * len(counts)
        for cell, (product, count) in zip(cells, counts.most_common(), strict=False):
            with cell:
                booked_of_it = count_of("{count} booked", "{count} booked", count)
                st.text(f"{vaccine_name(product)}: {booked_of_it}")
                choose_batch(key, product, day, with_warning=False)
        return st.container()


def _draw_batch_concerns(attendances: Sequence[TickedBooking], key: str) -> None:
    """Draw the concerns about batches, each with a field for the reason."""
    products: dict[str, MvError] = {}
    for each in attendances:
        for concern in booked.BATCH_CONCERNS & each.concerns.keys():
            products[each.attendance.booked.booking.product_code] = each.concerns[concern]
    for product, doubtful in products.items():
        st.warning(literal(f"{vaccine_name(product)}: {explain(doubtful)}"))
        st.text_input(
            _("Why is the batch right?"),
            max_chars=booked.LONGEST_REASON,
            autocomplete="off",
            key=batch_reason_key(product, key),
        )


def _save(attendances: Sequence[TickedBooking], key: str) -> None:
    """Save the ticked customers. A second click ends this run at its next touch of the session, saved or not."""
    words = _("Those who came are saved …")
    bar = st.progress(0.0, words)

    def tell(share: float) -> None:
        bar.progress(share, words)

    try:
        booked.save_attendances(store(), session.actor(), [each.attendance for each in attendances], tell)
    except AttendanceRejected as error:
        bar.empty()
        st.error(literal(explain(error)))
        return
    ticked_boxes(key).clear()
    notify("success", count_of("{count} person is registered.", "{count} people are registered.", len(attendances)))
    st.rerun()


def _draw_registered(done: Sequence[BookedCustomer]) -> None:
    """Draw the customers who are registered already."""
    if not done:
        return
    st.subheader(count_of("{count} registered", "{count} registered", len(done)), anchor=False)
    doses = [each.given for each in done if each.given]
    draw_table(
        {
            _("Time"): [clock_time(each.booking.starts_at) for each in done],
            _("Customer"): [name_and_age(each.customer.name, each.customer.birth_date) for each in done],
            _("Vaccine"): [vaccine_name(dose.product_code) for dose in doses],
            _("Batch"): [dose.batch_number or "–" for dose in doses],
            _("Group that counts"): [group_name(dose) for dose in doses],
        },
        empty="",
        alt=_("Registered already"),
    )
