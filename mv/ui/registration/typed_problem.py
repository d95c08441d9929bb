"""What the line stopped at: why, and what can be done about it in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from mv import customers
from mv.access import OtherUnit
from mv.errors import N_, Invalid, MvError, StoreUnavailable
from mv.registration.rounds import UnknownIdentity
from mv.registration.saving import LONGEST_REASON, ReasonRequired, clean_reason
from mv.registration.validation import Concern
from mv.ui import session
from mv.ui.registration.entry_state import NUMBER_FIELD, EntryProblem, typed_line
from mv.ui.registration.saved_rows import name_and_age
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.day_field import EARLIEST
from mv.ui.widgets.open_other_unit import draw_reason, open_customer

NONE_ACCEPTED: frozenset[Concern] = frozenset()


class Register(Protocol):
    """Saves what is chosen of whoever has the number ``text``, or stops at it."""

    def __call__(self, key: str, text: str, reason: str = "", accepted: frozenset[Concern] = NONE_ACCEPTED) -> None: ...


def first_field(stop: EntryProblem, key: str) -> str:
    """Return the key of the field that is to have the cursor."""
    panel = _panel(stop, key)
    if isinstance(stop.error, UnknownIdentity):
        begun = session.value(f"{panel}_given_name") and not session.value(f"{panel}_family_name")
        return f"{panel}_family_name" if begun else f"{panel}_given_name"
    if isinstance(stop.error, ReasonRequired | OtherUnit):
        return f"{panel}_reason"
    return NUMBER_FIELD


def draw_problem(stop: EntryProblem, key: str, enter: Register) -> None:
    """Draw why the line stopped, of whom, and the fields by which it goes on."""
    about = name_and_age(stop.customer.name, stop.customer.birth_date) + ". " if stop.customer else ""
    if isinstance(stop.error, ReasonRequired):
        st.warning(literal(about + " ".join(explain(doubt) for doubt in stop.error.doubts.values())))
        _draw_concerns(stop, stop.error, key, enter)
    elif isinstance(stop.error, UnknownIdentity):
        st.warning(literal(explain(stop.error)))
        _draw_new_person(stop, stop.error, key, enter)
    elif isinstance(stop.error, OtherUnit):
        st.warning(literal(explain(stop.error)))
        _draw_other_unit(stop, stop.error, key, enter)
    else:
        st.error(literal(about + explain(stop.error)))


def _panel(stop: EntryProblem, key: str) -> str:
    """Return what the keys of this stop's fields begin with: another stop's begin empty."""
    return f"{key}_stop_{stop.turn}"


def _draw_concerns(stop: EntryProblem, error: ReasonRequired, key: str, enter: Register) -> None:
    panel = _panel(stop, key)

    def accept() -> None:
        reason = clean_reason(session.value(f"{panel}_reason") or "")
        if not reason:
            raise Invalid(N_("Write why it is right."))
        enter(key, stop.text, reason, frozenset(error.doubts))

    with st.form(f"{panel}_form", border=False):
        st.text_input(
            _("Why is it right?"),
            max_chars=LONGEST_REASON,
            autocomplete="off",
            help=_("Kept beside the row. No identity numbers or names."),
            key=f"{panel}_reason",
        )
        _draw_buttons(stop, key, _("Save all the same"), accept)


def _draw_new_person(stop: EntryProblem, error: UnknownIdentity, key: str, enter: Register) -> None:
    panel = _panel(stop, key)

    def register() -> None:
        customers.register(
            store(),
            session.actor(),
            stop.text,
            session.value(f"{panel}_given_name") or "",
            session.value(f"{panel}_family_name") or "",
            session.value(f"{key}_unit"),
            session.value(f"{panel}_birth_date"),
        )
        enter(key, stop.text)

    with st.form(f"{panel}_form", border=False):
        cells = st.columns(2 if error.birth_date else 3)
        cells[0].text_input(_("Given name"), autocomplete="off", key=f"{panel}_given_name")
        cells[1].text_input(_("Family name"), autocomplete="off", key=f"{panel}_family_name")
        if error.birth_date is None:
            cells[2].date_input(
                _("Birth date"), value=None, min_value=EARLIEST, format="YYYY-MM-DD", key=f"{panel}_birth_date"
            )
        _draw_buttons(stop, key, _("Register the person and save"), register)


def _draw_other_unit(stop: EntryProblem, error: OtherUnit, key: str, enter: Register) -> None:
    panel = _panel(stop, key)

    def cross() -> None:
        open_customer(error.customer_id, panel)
        enter(key, stop.text)

    with st.form(f"{panel}_form", border=False):
        draw_reason(panel)
        _draw_buttons(stop, key, _("Open the customer and save"), cross)


def _draw_buttons(stop: EntryProblem, key: str, word: str, go_on: Callable[[], None]) -> None:
    """Draw the buttons that end the form, and what is wrong with what was answered last."""
    with st.container(horizontal=True):
        st.form_submit_button(word, type="primary", on_click=_answer, args=(stop, key, go_on))
        st.form_submit_button(_("Leave this number"), on_click=_skip, args=(stop, key))
    if stop.problem:
        st.error(literal(explain(stop.problem)))


def _answer(stop: EntryProblem, key: str, go_on: Callable[[], None]) -> None:
    line = typed_line(key)
    if line.stop is not stop:  # the second half of a double Enter
        return
    try:
        go_on()
    except StoreUnavailable:
        raise
    except MvError as error:
        stop.problem = error
        line.put_cursor(first_field(stop, key))


def _skip(stop: EntryProblem, key: str) -> None:
    line = typed_line(key)
    if line.stop is stop:
        line.go_on(None)
