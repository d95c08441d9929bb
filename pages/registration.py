"""Efterregistrering: groups, and doses, of people who were here, from the keyboard, a list, a file or the bookings."""

import streamlit as st

from mv.errors import MvError
from mv.ui.notices import show_notices
from mv.ui.registration.booked import draw_booked
from mv.ui.registration.file import draw_file
from mv.ui.registration.pasted_list import draw_list
from mv.ui.registration.rounds import draw_ended
from mv.ui.registration.typed import draw_typed
from mv.ui.text import _, explain, literal

PARTS = {"typed": draw_typed, "list": draw_list, "file": draw_file, "booked": draw_booked}


def choose_part() -> str:
    names = {
        "typed": _("Write numbers"),
        "list": _("Paste a list"),
        "file": _("Import a file of people"),
        "booked": _("The day's bookings"),
    }
    chosen: str = st.segmented_control(
        _("Part"), list(PARTS), default="typed", required=True, format_func=lambda part: names[part],
        label_visibility="collapsed", key="registration_part",
    )  # fmt: skip
    return chosen


st.header(_("Register afterwards"))
part = choose_part()
show_notices()
try:
    PARTS[part]()
    draw_ended()
except MvError as error:
    st.error(literal(explain(error)))
