"""The script that draws every page: language, menu, who is at work, then the page itself."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mv.errors import StoreUnavailable
from mv.i18n import LANGUAGES
from mv.ui import pages, session
from mv.ui.text import _, explain, literal
from mv.ui.units import choose_unit


def choose_language() -> None:
    """Draw the switch of languages; it stands above everything that is drawn in the language."""
    st.segmented_control(
        "Språk / Language",
        list(LANGUAGES),
        default=session.language(),
        format_func=lambda language: LANGUAGES[language],
        key=session.language_key(),
        label_visibility="collapsed",
    )


st.set_page_config(page_icon="💉", layout="wide")
st.html(Path(__file__).parent / "style.css")
with st.sidebar:
    choose_language()
current = pages.navigation()
try:
    with st.sidebar:
        choose_unit(
            _("Your unit"),
            session.unit_key(),
            start="",
            help=_("The unit that you work at now. Everything that you do is logged for it."),
        )
    st.caption(
        _("Demonstration without sign-in: you work as {name}, and what you look at and change is logged.").format(
            name=session.DEMO_NAME
        )
    )
    current.run()
except StoreUnavailable as error:
    st.error(literal(explain(error)))
    st.button(_("Try again"))
