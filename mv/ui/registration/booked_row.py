"""A booked customer as a row of the checklist: a box to tick, the vaccine and the group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from mv.catalogue import in_use
from mv.concerns import Concerns
from mv.errors import MvError
from mv.registration import booked
from mv.registration.booked import BATCH_CONCERNS, LONGEST_REASON, NO_GROUP, Attendance, BookedCustomer, GroupCodes
from mv.text import with_hyphens
from mv.ui import session
from mv.ui.registration.saved_rows import name_and_age
from mv.ui.resources import catalogue, store
from mv.ui.text import _, clock_time, explain, literal, name_of
from mv.ui.widgets.checklist import draw_tick
from mv.ui.widgets.dose_names import vaccine_name

WIDTHS = (5, 4, 7)
"""Of box, vaccine and group, relative to each other."""


@dataclass(frozen=True, slots=True)
class TickedBooking:
    """A ticked booking with its concerns, or the error that keeps it from being saved."""

    attendance: Attendance
    concerns: Concerns
    error: MvError | None


def batch_reason_key(product: str, key: str) -> str:
    """Return the key of the field for the reason about the batch of this vaccine."""
    return f"{key}_batch_reason_{product}"


def read_ticked(ticked: Sequence[BookedCustomer], key: str) -> dict[int, TickedBooking]:
    """Map the id of each ticked booking to the values of its fields and their validation.

    A booking without a group or a batch is not validated yet.
    """
    attendances = [_read_attendance(each, key) for each in ticked]
    complete = [each for each in attendances if each.group and each.batch_number]
    validated = (
        dict(zip(complete, booked.validate_attendances(store(), session.actor(), complete), strict=True))
        if complete
        else {}
    )
    found = {}
    for each in attendances:
        validation = validated.get(each)
        concerns = validation.concerns if validation else {}
        ticked_booking = TickedBooking(
            replace(each, concerns=frozenset(concerns)), concerns, validation.error if validation else None
        )
        found[each.booked.booking.booking_id] = ticked_booking
    return found


def draw_row(each: BookedCustomer, ticked_booking: TickedBooking | None, key: str, *, changes_group: bool) -> None:
    """Draw the box, vaccine and group of a booking; if it is ticked, also its concerns with a field for the reason."""
    number = each.booking.booking_id
    with st.container(key=f"{key}_row_{number}", gap="xxsmall"):
        cells = st.columns(WIDTHS, vertical_alignment="center")
        with cells[0]:
            person = name_and_age(each.customer.name, each.customer.birth_date)
            draw_tick(number, literal(f"{clock_time(each.booking.starts_at)}  {person}"), key)
        cells[1].text(vaccine_name(each.booking.product_code))
        with cells[2]:
            if each.likely is None or changes_group:
                _choose_group(each, person, key)
            else:
                st.text(_group_name(_group(each, key) or NO_GROUP))
        if ticked_booking:
            _draw_concerns(ticked_booking, number, key)


def _read_attendance(each: BookedCustomer, key: str) -> Attendance:
    return Attendance(
        each,
        _group(each, key),
        with_hyphens(session.value(f"{key}_batch_{each.booking.product_code}") or ""),
        session.value(f"{key}_reason_{each.booking.booking_id}") or "",
        session.value(batch_reason_key(each.booking.product_code, key)) or "",
    )


def _group(each: BookedCustomer, key: str) -> GroupCodes | None:
    chosen: GroupCodes | None = session.value(f"{key}_group_{each.booking.booking_id}")
    return chosen or each.likely


def _choose_group(each: BookedCustomer, person: str, key: str) -> None:
    """Draw the groups, the customer's own first."""
    day = each.booking.local_day
    groups = in_use(catalogue().groups.values(), day)
    others: list[GroupCodes] = [
        (group.group_code, code)
        for group in groups
        for code in (None, *(subgroup.subgroup_code for subgroup in in_use(group.subgroups, day)))
    ]
    codes = list(dict.fromkeys([*each.groups, *others, NO_GROUP]))
    st.selectbox(
        _("Group of {name}", name=person),
        codes,
        index=codes.index(each.likely) if each.likely else None,
        format_func=_group_name,
        placeholder=_("Choose a group"),
        key=f"{key}_group_{each.booking.booking_id}",
        label_visibility="collapsed",
        filter_mode="contains",
        persist_state="session",
    )


def _group_name(codes: GroupCodes) -> str:
    group_code, subgroup_code = codes
    return name_of(catalogue().choice(group_code, subgroup_code)) if group_code else _("No group")


def _draw_concerns(ticked_booking: TickedBooking, number: int, key: str) -> None:
    if ticked_booking.error:
        st.error(literal(explain(ticked_booking.error)))
    concerns = [error for concern, error in ticked_booking.concerns.items() if concern not in BATCH_CONCERNS]
    if concerns:
        left, right = st.columns(2, vertical_alignment="bottom")
        left.warning(literal(" ".join(explain(error) for error in concerns)))
        right.text_input(
            _("Why is it right?"),
            max_chars=LONGEST_REASON,
            autocomplete="off",
            help=_("Kept beside the row. No identity numbers or names."),
            key=f"{key}_reason_{number}",
            persist_state="session",
        )
