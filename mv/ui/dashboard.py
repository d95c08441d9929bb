"""The script that draws every page: language, who is at work, menu, then the page itself."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mv.errors import Forbidden, MvError
from mv.i18n import LANGUAGES
from mv.ui import downloads, pages, session, sign_in
from mv.ui.text import _, explain, literal
from mv.ui.units import choose_unit
from mv.ui.web import start


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


def draw_demo_user() -> None:
    """Draw the units to choose from, and say that this is a demonstration."""
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


def draw() -> None:
    """Draw the page, for whoever may see it."""
    start.require_allowed()
    user = sign_in.require() if start.configured().sign_in else None
    current, place = pages.navigation()
    if user:
        with st.sidebar:
            sign_in.draw_user(user)
    else:
        draw_demo_user()
    pages.require(place)
    current.run()


st.set_page_config(page_icon="💉", layout="wide")
st.html(Path(__file__).parent / "style.css")
with st.sidebar:
    choose_language()
try:
    with downloads.run_of_page():
        draw()
except Forbidden as error:
    st.error(literal(explain(error)))
except MvError as error:
    st.error(literal(explain(error)))
    st.button(_("Try again"))
