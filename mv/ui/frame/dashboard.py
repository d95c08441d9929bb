"""The script that draws every page: language, user and unit, menu, then the page itself."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mv.errors import Forbidden, MvError
from mv.i18n import LANGUAGES
from mv.ui import navigation, session
from mv.ui.frame import sign_in
from mv.ui.text import _, explain, literal
from mv.ui.web import startup_checks
from mv.ui.widgets import download
from mv.ui.widgets.browser_script import browser_script
from mv.ui.widgets.unit_picker import choose_unit
from mv.users import User


def choose_language() -> None:
    """Draw the switch of languages, above everything that is drawn in the language."""
    st.segmented_control(
        "Språk / Language",
        list(LANGUAGES),
        default=session.language(),
        format_func=lambda language: LANGUAGES[language],
        key=session.LANGUAGE,
        label_visibility="collapsed",
    )


def draw_demo_user() -> None:
    """Draw the units to choose from."""
    with st.sidebar:
        choose_unit(
            _("Your unit"),
            session.UNIT,
            start="",
            help=_("The unit that you work at now. Everything that you do is logged for it."),
        )


def draw_invented(user: User | None) -> None:
    """Draw that the people are invented, and how to begin with real ones."""
    with st.container(horizontal=True, vertical_alignment="center", key="invented"):
        said = _("Demonstration with invented people: what you look at and change is logged.")
        if user is None:
            said = _(
                "Demonstration with invented people: you work as {name}, and what you do is logged.",
                name=session.DEMO_NAME,
            )
        st.caption(said, width="content")
        with st.popover(_("Begin for real")):
            st.markdown(
                "\n".join(
                    (
                        _("1. Let MV_STORE name a new store, and configure sign-in (docs/start.md)."),
                        _("2. Make the first administrator: `python -m mv user NAME --role administrator`."),
                        _("3. Start the dashboard, sign in, and follow Getting started."),
                    )
                )
            )
            st.caption(_("This store stays one of invented people: nothing of it is taken along."))


def draw() -> None:
    """Draw the page for a user who may see it."""
    startup_checks.require_allowed()
    user = sign_in.require() if startup_checks.configured().sign_in else None
    current, place = navigation.navigation()
    if user:
        with st.sidebar:
            sign_in.draw_user(user)
    else:
        draw_demo_user()
    if startup_checks.has_invented_people():
        draw_invented(user)
    navigation.require(place)
    current.run()


st.set_page_config(page_icon="💉", layout="wide")
st.html(Path(__file__).parent / "style.css")
with st.sidebar:
    choose_language()
    browser_script("second_click")(key="second_click")
try:
    with download.run_of_page():
        draw()
except Forbidden as error:
    st.error(literal(explain(error)))
except MvError as error:
    st.error(literal(explain(error)))
    st.button(_("Try again"))
