"""Number after number: each Enter saves what was chosen once, and shows of whom."""

from __future__ import annotations

import streamlit as st

from mv.access import OtherUnit
from mv.customers import Customer
from mv.errors import Invalid, MvError, StoreUnavailable
from mv.registration import rounds
from mv.registration.rounds import TypedEntry, UnknownIdentity
from mv.registration.validation import Concern
from mv.ui import session
from mv.ui.registration.entry_fields import clear_group, draw_entry_fields, read_entry, restore
from mv.ui.registration.entry_state import NUMBER_FIELD, TypedState, typed_line
from mv.ui.registration.saved_rows import draw_rows, name_and_age
from mv.ui.registration.typed_problem import draw_problem, first_field
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, name_of
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.number_field import draw_number_field


def draw_typed() -> None:
    """Draw this part of the page. What is done in it draws it anew without the rest of the page."""
    key = f"typed_{session.actor().unit_id}"
    _restore_fields(key)
    st.fragment(_draw)(key)


def _restore_fields(key: str) -> None:
    """Take up what was kept, when the page is opened anew."""
    if session.value(f"{key}_unit") is not None:
        return
    line = typed_line(key)
    now = rounds.current_round(store(), session.actor())
    line.kept = now.terms if now else None
    line.saved = None
    restore(key, line.kept)
    line.put_cursor(NUMBER_FIELD if session.value(f"{key}_group") else f"{key}_group")


def _draw(key: str) -> None:
    line = typed_line(key)
    with st.container(border=True, key=f"{key}_terms"):
        draw_entry_fields(key)
    with st.container(border=True, key=f"{key}_line"):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        with left:
            draw_number_field(line, f"{key}_entry", lambda text: _register(key, text))
        with right.container(horizontal=True, horizontal_alignment="right"):
            st.checkbox(_("Keep the group"), value=True, key=f"{key}_keep_group", width="content")
            st.checkbox(_("Keep the person"), key=f"{key}_keep_person", width="content")
        if line.stop:
            draw_problem(line.stop, key, _register)
        elif line.saved:
            st.success(literal(_describe_saved(line.saved)))
    _keep_entry(key, line)
    draw_rows(key)


def _register(key: str, text: str, reason: str = "", accepted: frozenset[Concern] = frozenset()) -> None:
    """Save what the fields hold of whoever has this number, or stop at it; an empty text leaves what stopped."""
    line = typed_line(key)
    if not text:
        line.go_on(None)
        return
    line.text = text  # is to come back, should anything fail that nobody expects
    try:
        terms = read_entry(key)
    except Invalid as error:
        line.stop_at(text, error, None)
        line.put_cursor(f"{key}_group")
        return
    try:
        saved = rounds.register(store(), session.actor(), text, terms, reason=reason, accepted=accepted)
    except StoreUnavailable:
        raise
    except MvError as error:
        stop = line.stop_at(text, error, _find_customer(text, error))
        line.put_cursor(first_field(stop, key))
        return
    keeps_person = session.value(f"{key}_keep_person")
    line.kept = terms
    line.go_on(saved, text if keeps_person else "")
    if not session.value(f"{key}_keep_group"):
        clear_group(key)
        line.focus = f"{key}_group"


def _find_customer(text: str, error: MvError) -> Customer | None:
    """Return whose number it is, so that a message about somebody says about whom."""
    if isinstance(error, (UnknownIdentity, OtherUnit)):
        return None
    try:
        return rounds.find_customer(store(), session.actor(), text)
    except (Invalid, UnknownIdentity, OtherUnit):
        return None


def _describe_saved(saved: TypedEntry) -> str:
    made, entry = saved.made, saved.made.wanted.terms.group()
    person = name_and_age(saved.customer.name, saved.customer.birth_date)
    group = name_of(catalogue().choice(entry.group_code, entry.subgroup_code))
    if made.dose is None:
        return _("{person}: saved in {group}.", person=person, group=group)
    return _(
        "{person}: saved in {group}, {vaccine}, dose {number}, batch {batch}.",
        person=person,
        group=group,
        vaccine=vaccine_name(made.dose.product_code),
        number=made.dose.dose_number,
        batch=made.dose.batch_number or "–",
    )


def _keep_entry(key: str, line: TypedState) -> None:
    """Keep what the fields hold, as soon as it is whole, so that it can be taken up on another computer."""
    try:
        terms = read_entry(key)
    except Invalid:
        return
    if terms != line.kept:
        rounds.keep_entry(store(), session.actor(), terms)
        line.kept = terms
