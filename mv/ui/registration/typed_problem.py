"""The problem of the last number, with the fields that solve it in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from mv import customers
from mv.access import Blocked, OtherUnit
from mv.concerns import Concern
from mv.errors import N_, Invalid, MvError, StoreUnavailable
from mv.registration.rounds import UnknownIdentity
from mv.registration.saving import LONGEST_REASON, ReasonRequired, clean_reason
from mv.ui import session
from mv.ui.registration.saved_rows import name_and_age
from mv.ui.registration.state import NUMBER_FIELD, EntryProblem, typed_state
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.day_field import EARLIEST
from mv.ui.widgets.open_other_unit import draw_reason, open_customer

NONE_ACCEPTED: frozenset[Concern] = frozenset()


class Register(Protocol):
    """Saves the entry of the fields for the number ``text``, or keeps the problem."""

    def __call__(self, key: str, text: str, reason: str = "", accepted: frozenset[Concern] = NONE_ACCEPTED) -> None: ...


def first_field(problem: EntryProblem, key: str) -> str:
    """Return the key of the field that gets the cursor."""
    panel = _panel(problem, key)
    if isinstance(problem.error, UnknownIdentity):
        begun = session.value(f"{panel}_given_name") and not session.value(f"{panel}_family_name")
        return f"{panel}_family_name" if begun else f"{panel}_given_name"
    if isinstance(problem.error, ReasonRequired | OtherUnit):
        return f"{panel}_reason"
    return NUMBER_FIELD


def draw_problem(problem: EntryProblem, key: str, register: Register) -> None:
    """Draw the problem with its customer, and the fields that solve it."""
    about = name_and_age(problem.customer.name, problem.customer.birth_date) + ". " if problem.customer else ""
    if isinstance(problem.error, ReasonRequired):
        st.warning(literal(about + " ".join(explain(concern) for concern in problem.error.concerns.values())))
        _draw_concerns(problem, problem.error, key, register)
    elif isinstance(problem.error, UnknownIdentity):
        st.warning(literal(explain(problem.error)))
        _draw_new_person(problem, problem.error, key, register)
    elif isinstance(problem.error, OtherUnit):
        st.warning(literal(explain(problem.error)))
        _draw_other_unit(problem, problem.error, key, register)
    else:
        st.error(literal(about + explain(problem.error)))


def _panel(problem: EntryProblem, key: str) -> str:
    """Return the prefix of the keys of this problem's fields, which begin empty for another problem."""
    return f"{key}_stop_{problem.turn}"


def _draw_concerns(problem: EntryProblem, error: ReasonRequired, key: str, register: Register) -> None:
    panel = _panel(problem, key)

    def accept() -> None:
        reason = clean_reason(session.value(f"{panel}_reason") or "")
        if not reason:
            raise Invalid(N_("Write why it is right."))
        register(key, problem.text, reason, frozenset(error.concerns))

    with st.form(f"{panel}_form", border=False):
        st.text_input(
            _("Why is it right?"),
            max_chars=LONGEST_REASON,
            autocomplete="off",
            help=_("Kept beside the row. No identity numbers or names."),
            key=f"{panel}_reason",
        )
        _draw_buttons(problem, key, _("Save all the same"), accept)


def _draw_new_person(problem: EntryProblem, error: UnknownIdentity, key: str, register: Register) -> None:
    panel = _panel(problem, key)

    def register_person() -> None:
        customers.register(
            store(),
            session.actor(),
            problem.text,
            session.value(f"{panel}_given_name") or "",
            session.value(f"{panel}_family_name") or "",
            session.value(f"{key}_unit"),
            session.value(f"{panel}_birth_date"),
        )
        register(key, problem.text)

    with st.form(f"{panel}_form", border=False):
        cells = st.columns(2 if error.birth_date else 3)
        cells[0].text_input(_("Given name"), autocomplete="off", key=f"{panel}_given_name")
        cells[1].text_input(_("Family name"), autocomplete="off", key=f"{panel}_family_name")
        if error.birth_date is None:
            cells[2].date_input(
                _("Birth date"), value=None, min_value=EARLIEST, format="YYYY-MM-DD", key=f"{panel}_birth_date"
            )
        _draw_buttons(problem, key, _("Register the person and save"), register_person)


def _draw_other_unit(problem: EntryProblem, error: OtherUnit, key: str, register: Register) -> None:
    panel = _panel(problem, key)

    def cross() -> None:
        open_customer(error.customer_id, panel)
        register(key, problem.text)

    with st.form(f"{panel}_form", border=False):
        draw_reason(panel, blocked=isinstance(error, Blocked))
        _draw_buttons(problem, key, _("Open the customer and save"), cross)


def _draw_buttons(problem: EntryProblem, key: str, word: str, advance: Callable[[], None]) -> None:
    """Draw the buttons of the form, and the error of the last answer."""
    with st.container(horizontal=True):
        st.form_submit_button(word, type="primary", on_click=_answer, args=(problem, key, advance))
        st.form_submit_button(_("Leave this number"), on_click=_skip, args=(problem, key))
    if problem.answer_error:
        st.error(literal(explain(problem.answer_error)))


def _answer(problem: EntryProblem, key: str, advance: Callable[[], None]) -> None:
    state = typed_state(key)
    if state.problem is not problem:  # the second half of a double Enter
        return
    try:
        advance()
    except StoreUnavailable:
        raise
    except MvError as error:
        problem.answer_error = error
        state.focus_on(first_field(problem, key))


def _skip(problem: EntryProblem, key: str) -> None:
    state = typed_state(key)
    if state.problem is problem:
        state.advance(None)
