"""Number after number: each Enter saves the entry of the fields for a customer, and shows for whom."""

from __future__ import annotations

import streamlit as st

from mv.access import OtherUnit
from mv.concerns import Concern
from mv.customers import Customer, UnclearCentury
from mv.errors import Invalid, MvError, StoreUnavailable
from mv.registration import rounds
from mv.registration.rounds import TypedEntry, UnknownIdentity
from mv.ui import session
from mv.ui.registration.entry_fields import clear_group, draw_entry_fields, read_entry, restore
from mv.ui.registration.saved_rows import draw_rows, name_and_age
from mv.ui.registration.state import NUMBER_FIELD, TypedState, typed_state
from mv.ui.registration.typed_problem import draw_problem, first_field
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, name_of
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.number_field import draw_number_field


def draw_typed() -> None:
    """Draw this part of the page, as a fragment that is drawn anew without the rest of the page."""
    key = f"typed_{session.actor().unit_id}"
    _restore_fields(key)
    st.fragment(_draw)(key)


def _restore_fields(key: str) -> None:
    """Restore the entry of the open round when the page is opened anew."""
    if session.value(f"{key}_unit") is not None:
        return
    state = typed_state(key)
    now = rounds.current_round(store(), session.actor())
    state.kept = now.entry if now else None
    state.saved = None
    restore(key, state.kept)
    state.focus_on(NUMBER_FIELD if session.value(f"{key}_group") else f"{key}_group")


def _draw(key: str) -> None:
    state = typed_state(key)
    with st.container(border=True, key=f"{key}_terms"):
        draw_entry_fields(key)
    with st.container(border=True, key=f"{key}_line"):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        with left:
            draw_number_field(state, f"{key}_entry", lambda text: _register(key, text))
        with right.container(horizontal=True, horizontal_alignment="right"):
            st.checkbox(_("Keep the group"), value=True, key=f"{key}_keep_group", width="content")
            st.checkbox(_("Keep the person"), key=f"{key}_keep_person", width="content")
        if state.problem:
            draw_problem(state.problem, key, _register)
        elif state.saved:
            st.success(literal(_describe_saved(state.saved)))
    _keep_entry(key, state)
    draw_rows(key)


def _register(key: str, text: str, reason: str = "", accepted: frozenset[Concern] = frozenset()) -> None:
    """Save the entry of the fields for this number, or keep the problem; an empty text skips the problem."""
    state = typed_state(key)
    if not text:
        state.advance(None)
        return
    state.text = text  # is to come back, should anything fail that nobody expects
    try:
        entry = read_entry(key)
    except Invalid as error:
        state.report_problem(text, error, None)
        state.focus_on(f"{key}_group")
        return
    try:
        saved = rounds.register(store(), session.actor(), text, entry, reason=reason, accepted=accepted)
    except StoreUnavailable:
        raise
    except MvError as error:
        problem = state.report_problem(text, error, _find_customer(text, error))
        state.focus_on(first_field(problem, key))
        return
    keeps_person = session.value(f"{key}_keep_person")
    state.kept = entry
    state.advance(saved, text if keeps_person else "")
    if not session.value(f"{key}_keep_group"):
        clear_group(key)
        state.focus = f"{key}_group"


def _find_customer(text: str, error: MvError) -> Customer | None:
    """Return the customer with this number, to be named in the message; None if the user may not know."""
    if isinstance(error, (UnclearCentury, UnknownIdentity, OtherUnit)):
        return None
    try:
        return rounds.find_customer(store(), session.actor(), text)
    except (Invalid, UnclearCentury, UnknownIdentity, OtherUnit):
        return None


def _describe_saved(typed: TypedEntry) -> str:
    membership = typed.saved.planned.entry.membership_entry()
    dose = typed.saved.dose
    person = name_and_age(typed.customer.name, typed.customer.birth_date)
    group = name_of(catalogue().choice(membership.group_code, membership.subgroup_code))
    if dose is None:
        return _("{person}: saved in {group}.", person=person, group=group)
    return _(
        "{person}: saved in {group}, {vaccine}, dose {number}, batch {batch}.",
        person=person,
        group=group,
        vaccine=vaccine_name(dose.product_code),
        number=dose.dose_number,
        batch=dose.batch_number or "–",
    )


def _keep_entry(key: str, state: TypedState) -> None:
    """Store the entry of the fields once it is complete, so that it can be restored on another computer."""
    try:
        entry = read_entry(key)
    except Invalid:
        return
    if entry != state.kept:
        rounds.keep_entry(store(), session.actor(), entry)
        state.kept = entry
