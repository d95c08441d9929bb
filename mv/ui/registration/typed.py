"""Number after number: each Enter saves what was chosen once, and shows of whom."""

from __future__ import annotations

import streamlit as st

from mv.access import OtherUnit
from mv.customers import Customer
from mv.errors import Invalid, MvError, StoreUnavailable
from mv.registration import rounds
from mv.registration.rounds import Entered, Unknown
from mv.registration.validation import Doubt
from mv.ui import session
from mv.ui.registration.entry_fields import draw_terms, entered_terms, forget_group, take_up
from mv.ui.registration.entry_state import HERE, TypedLine, typed_line
from mv.ui.registration.saved_rows import draw_rows, name_and_age
from mv.ui.registration.typed_problem import draw_stop, first_field
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, name_of
from mv.ui.vaccinations.table import vaccine_name
from mv.ui.widgets.number_field import draw_number_field


def draw_typed() -> None:
    """Draw this part of the page. What is done in it draws it anew without the rest of the page."""
    key = f"typed_{session.actor().unit_id}"
    _begin(key)
    st.fragment(_draw)(key)


def _begin(key: str) -> None:
    """Take up what was kept, when the page is opened anew."""
    if session.value(f"{key}_unit") is not None:
        return
    line = typed_line(key)
    now = rounds.current(store(), session.actor())
    line.kept = now.terms if now else None
    line.saved = None
    take_up(key, line.kept)
    line.put_cursor(HERE if session.value(f"{key}_group") else f"{key}_group")


def _draw(key: str) -> None:
    line = typed_line(key)
    with st.container(border=True, key=f"{key}_terms"):
        draw_terms(key)
    with st.container(border=True, key=f"{key}_line"):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        with left:
            draw_number_field(line, f"{key}_entry", lambda text: _enter(key, text))
        with right.container(horizontal=True, horizontal_alignment="right"):
            st.checkbox(_("Keep the group"), value=True, key=f"{key}_keep_group", width="content")
            st.checkbox(_("Keep the person"), key=f"{key}_keep_person", width="content")
        if line.stop:
            draw_stop(line.stop, key, _enter)
        elif line.saved:
            st.success(literal(_what_was_saved(line.saved)))
    _keep(key, line)
    draw_rows(key)


def _enter(key: str, text: str, reason: str = "", accepted: frozenset[Doubt] = frozenset()) -> None:
    """Save what the fields hold of whoever has this number, or stop at it; an empty text leaves what stopped."""
    line = typed_line(key)
    if not text:
        line.go_on(None)
        return
    line.text = text  # is to come back, should anything fail that nobody expects
    try:
        terms = entered_terms(key)
    except Invalid as error:
        line.stop_at(text, error, None)
        line.put_cursor(f"{key}_group")
        return
    try:
        saved = rounds.enter(store(), session.actor(), text, terms, reason=reason, accepted=accepted)
    except StoreUnavailable:
        raise
    except MvError as error:
        stop = line.stop_at(text, error, _whose(text, error))
        line.put_cursor(first_field(stop, key))
        return
    keeps_person = session.value(f"{key}_keep_person")
    line.kept = terms
    line.go_on(saved, text if keeps_person else "")
    if not session.value(f"{key}_keep_group"):
        forget_group(key)
        line.focus = f"{key}_group"


def _whose(text: str, error: MvError) -> Customer | None:
    """Return whose number it is, so that a message about somebody says about whom."""
    if isinstance(error, (Unknown, OtherUnit)):
        return None
    try:
        return rounds.look_up(store(), session.actor(), text)
    except (Invalid, Unknown, OtherUnit):
        return None


def _what_was_saved(saved: Entered) -> str:
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


def _keep(key: str, line: TypedLine) -> None:
    """Keep what the fields hold, as soon as it is whole, so that it can be taken up on another computer."""
    try:
        terms = entered_terms(key)
    except Invalid:
        return
    if terms != line.kept:
        rounds.keep_terms(store(), session.actor(), terms)
        line.kept = terms
