"""The rounds of today that are ended, each with its undo as a whole."""

from __future__ import annotations

import streamlit as st

from mv.errors import N_
from mv.registration import rounds
from mv.registration import undo as undoing
from mv.registration.rounds import EntryMethod, Round
from mv.ui import session
from mv.ui.notices import do_once, notify
from mv.ui.registration.saved_rows import draw_saved
from mv.ui.resources import store
from mv.ui.text import _, clock_time, count_of
from mv.ui.widgets.row_button import action

METHOD_NAMES = {
    EntryMethod.TYPED: N_("Written numbers"),
    EntryMethod.LIST: N_("Pasted list"),
    EntryMethod.FILE: N_("Imported file"),
    EntryMethod.BOOKED: N_("From the bookings"),
}


def draw_ended() -> None:
    """Draw the rounds of today that are ended, the latest first; nothing where there are none."""
    ended = [each for each in rounds.rounds_of_today(store(), session.actor()) if each.ended_at]
    kept = rounds.count_rows(store(), session.actor())
    shown = [each for each in ended if each.undone_at or kept.get(each.registration_id)]
    if not shown:
        return
    with st.expander(_("Ended today ({count})", count=len(shown))):
        for each in shown:
            _draw_round(each, kept.get(each.registration_id, 0))


def _draw_round(each: Round, rows: int) -> None:
    name = f"{_(METHOD_NAMES[EntryMethod(each.method)])}, {clock_time(each.started_at)}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"round_{each.registration_id}"):
        st.text(name, width=280)
        st.text(count_of("{count} row", "{count} rows", rows), width=100)
        if each.undone_at:
            st.text(_("Undone {time}", time=clock_time(each.undone_at)))
            return
        _draw_undo(each, rows, action(_("Undo the whole round"), name), "round")


def draw_latest(method: EntryMethod, words: str, undo: str) -> None:
    """Draw the last round of today by this method, unless it is undone: ``words``, the button ``undo``, its rows."""
    of_kind = [each for each in rounds.rounds_of_today(store(), session.actor()) if each.method == method]
    if not of_kind or of_kind[0].undone_at:
        return
    rows = rounds.count_rows(store(), session.actor()).get(of_kind[0].registration_id, 0)
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"latest_{method}"):
        counted = count_of("{count} row", "{count} rows", rows)
        st.text(f"{words} {clock_time(of_kind[0].started_at)}: {counted}", width="stretch")
        _draw_undo(of_kind[0], rows, undo, "latest")
    with st.expander(_("What was saved, and what it is paid")):
        draw_saved(of_kind[0], rows)


def _draw_undo(each: Round, rows: int, label: str, key: str) -> None:
    with st.popover(label, icon=":material/undo:"):
        st.text(
            count_of(
                "The group, and the dose if any, of {count} row is removed as wrong from the start.",
                "The groups, and the doses if any, of {count} rows are removed as wrong from the start.",
                rows,
            )
        )
        if each.method == EntryMethod.FILE:
            st.text(_("What the file changed becomes what it was."))
        st.button(
            _("Yes, undo all of it"),
            type="primary",
            key=f"{key}_{each.registration_id}_undo",
            on_click=_undo,
            args=(each,),
        )


def _undo(each: Round) -> None:
    do_once(
        f"undo registration {each.registration_id}",
        lambda: undoing.undo_all(store(), session.actor(), each.registration_id),
        lambda rows: notify("success", count_of("Undone: {count} row.", "Undone: {count} rows.", rows)),
    )
