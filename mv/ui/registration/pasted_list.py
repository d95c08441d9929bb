"""A pasted list of identity numbers: each line is validated, then all that are ready are saved at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from mv.errors import N_, Invalid
from mv.registration import pasted_lists
from mv.registration.entry import RegistrationEntry
from mv.registration.pasted_list_parsing import MOST_LINES
from mv.registration.pasted_lists import Line, LineRejected, LineState
from mv.registration.rounds import EntryMethod
from mv.registration.saving import LONGEST_REASON
from mv.ui import session
from mv.ui.notices import notify
from mv.ui.registration.entry_fields import choose_entry, restore
from mv.ui.registration.rounds import draw_latest
from mv.ui.registration.saved_rows import name_and_age
from mv.ui.registration.state import PastedListState, pasted_list_state
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, literal
from mv.ui.widgets.checklist import draw_tick, draw_tick_all, page_of, ticked_boxes
from mv.ui.widgets.table import draw_table

HEIGHT = 240
"""Of the field, in pixels: about ten lines."""
LONGEST_SHOWN = 40
ALL_STATES = "every"
STATES = {
    LineState.READY: N_("Ready"),
    LineState.DOUBTFUL: N_("Doubtful"),
    LineState.ALREADY: N_("Registered already"),
    LineState.WRONG: N_("Wrong"),
    LineState.UNKNOWN: N_("Unknown number"),
    LineState.ELSEWHERE: N_("Another unit's"),
    LineState.REPEATED: N_("Twice in the list"),
    LineState.HEADING: N_("Heading"),
}


def draw_list() -> None:
    """Draw this part of the page."""
    key = f"list_{session.actor().unit_id}"
    list_state = pasted_list_state(key)
    restore(key, list_state.kept)
    draw_latest(EntryMethod.LIST, _("The list that was saved last,"), _("Undo the whole list"))
    with st.container(border=True, key=f"{key}_terms"):
        entry = choose_entry(key)
    list_state.kept = entry or list_state.kept
    text_key = f"{key}_text_{list_state.turn}"
    session.begin_with(text_key, list_state.rest)
    text = st.text_area(
        _("Identity numbers, one on each line"),
        height=HEIGHT,
        placeholder=_("Paste from a text, an e-mail or a spreadsheet’s column: at most {most} lines", most=MOST_LINES),
        key=text_key,
        persist_state="session",
    )
    st.button(_("Check the list"), key=f"{key}_check", on_click=list_state.forget)
    if text and entry and _validate(list_state, text, entry, key):
        st.subheader(
            count_of("{count} line in the list", "{count} lines in the list", len(list_state.lines)), anchor=False
        )
        _draw_saving(list_state, key)
        _draw_lines(list_state.lines, key)


def _validate(list_state: PastedListState, text: str, entry: RegistrationEntry, key: str) -> bool:
    """Validate the lines, unless they are; return whether that was possible, and draw the error if not."""
    if (list_state.text, list_state.entry) == (text, entry):
        return True
    ticked_boxes(key).clear()  # the ticks were for other concerns
    try:
        with st.spinner(_("The list is checked …")):
            number = list_state.begin_validation()
            lines = pasted_lists.validate_list(store(), session.actor(), text, entry)
            list_state.keep(number, text, entry, lines)
    except Invalid as error:
        st.error(literal(explain(error)))
        return False
    return True


def _draw_lines(lines: Sequence[Line], key: str) -> None:
    """Draw the number of lines of each state, which add up to all of them, and the lines of the chosen state."""
    counts = Counter(line.state for line in lines)
    names = {ALL_STATES: _("All")} | {state: _(name) for state, name in STATES.items() if counts[state]}
    chosen = st.segmented_control(
        _("Show"),
        list(names),
        default=ALL_STATES,
        required=True,
        format_func=lambda state: f"{names[state]} ({counts[state] if state in counts else len(lines)})",
        key=f"{key}_show_{'_'.join(sorted(counts))}",
    )
    by_number = {line.number: line for line in lines if chosen in (ALL_STATES, line.state)}
    shown = [by_number[number] for number in page_of(list(by_number), f"{key}_{chosen}")]
    draw_table(
        {
            _("Line"): [str(line.number) for line in shown],
            _("In the list"): [_shorten(line.text) for line in shown],
            _("Customer"): [_person(line) for line in shown],
            _("State"): [_(STATES[line.state]) for line in shown],
            _("Why"): [_why(line) for line in shown],
        },
        empty="",
        alt=_("Lines of the list"),
    )


def _shorten(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]}…"


def _person(line: Line) -> str:
    return name_and_age(line.customer.name, line.customer.birth_date) if line.customer else ""


def _why(line: Line) -> str:
    concerns = line.validation.concerns.values() if line.validation else ()
    if line.state is LineState.HEADING:
        return _("It holds no digit, so it is passed over as a heading.")
    return explain(line.error) if line.error else " ".join(explain(concern) for concern in concerns)


def _draw_saving(list_state: PastedListState, key: str) -> None:
    """Draw the boxes of the doubtful lines, and the button that saves the ready and the ticked ones."""
    doubtful = {line.number: line for line in list_state.lines if line.state is LineState.DOUBTFUL}
    if doubtful:
        _draw_concerns(doubtful, list_state.turn, key)
    ticked = ticked_boxes(key)
    chosen = [line for line in list_state.lines if line.state is LineState.READY or line.number in ticked]
    words = _("Save all ready and ticked") if ticked else _("Save all ready")
    button = f"{key}_save_{list_state.turn}"
    if st.button(f"{words} ({len(chosen)})", type="primary", key=button, disabled=not chosen):
        _save(list_state, chosen, key)


def _draw_concerns(doubtful: dict[int, Line], turn: int, key: str) -> None:
    with st.container(border=True, key=f"{key}_doubtful"):
        st.text(
            count_of(
                "{count} line is doubtful. Tick it if it is right, and write why.",
                "{count} lines are doubtful. Tick those that are right, and write why.",
                len(doubtful),
            )
        )
        draw_tick_all(list(doubtful), key)
        for number in page_of(list(doubtful), f"{key}_doubtful"):
            line = doubtful[number]
            words = _("Line {line}: {person}", line=number, person=_person(line))
            draw_tick(number, literal(f"{words}  ·  {_why(line)}"), key)
        st.text_input(
            _("Why are the ticked lines right?"),
            max_chars=LONGEST_REASON,
            autocomplete="off",
            help=_("Kept beside the row. No identity numbers or names."),
            key=f"{key}_reason_{turn}",
        )


def _save(list_state: PastedListState, chosen: Sequence[Line], key: str) -> None:
    """Save the chosen lines, draw the progress, and leave the other lines in the field.

    A second click ends this run at its next touch of the session. So it has saved nothing, or the state, which is no
    part of the session's own, knows what was saved before the session is touched again.
    """
    words = _("The lines are saved …")
    bar = st.progress(0.0, words)
    reason = session.value(f"{key}_reason_{list_state.turn}") or ""
    entry, lines = list_state.entry, list_state.lines
    assert entry is not None  # noqa: S101 (the lines were validated for it)

    def tell(share: float) -> None:
        bar.progress(share, words)

    try:
        pasted_lists.save_list(store(), session.actor(), entry, chosen, reason, tell)
    except LineRejected as error:
        list_state.forget()
        bar.empty()
        st.error(literal(explain(error)))
    except Invalid as error:
        bar.empty()
        st.error(literal(explain(error)))
    else:
        left = pasted_lists.remaining_text(lines, chosen)
        list_state.advance(left)
        notify("success", _describe_saved(len(chosen), left))
        st.rerun()


def _describe_saved(count: int, left: str) -> str:
    saved = count_of("{count} line is saved.", "{count} lines are saved.", count)
    still = _("What is left of the list is still in the field.")
    return f"{saved} {still}" if left else saved
