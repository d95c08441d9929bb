"""Downloads: a link that looks like the main button and leads to a file made when it is clicked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st
from streamlit import config

from mv.ui import session
from mv.ui.web import tickets, who
from mv.ui.web.headers import BROWSER_COOKIE
from mv.ui.web.sending import PATH
from mv.ui.web.start import configured
from mv.ui.web.tickets import Chunks, Offer


def offer(label: str, *, filename: str, mime: str, chunks: Chunks, key: str) -> None:
    """Draw a link to the file whose pieces ``chunks`` makes, when it is clicked, and for this browser alone.

    Forbidden, Invalid, Conflict and StoreUnavailable that it raises before the first piece are shown as a page.
    """
    cookie = who.cookie_of_screen() if configured().sign_in else None
    made = Offer(
        filename=filename,
        mime=mime,
        chunks=chunks,
        browser=st.context.cookies.get(BROWSER_COOKIE, ""),
        session_hash=cookie.session_hash if cookie else None,
        user=who.require_user() if configured().sign_in else None,
        language=session.language(),
        desk=session.downloads(),
    )
    ticket = tickets.put(made.desk, key, made)
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}{PATH}/{ticket}" if base else f"{PATH}/{ticket}"
    st.html(f'<a class="mv-download" href="{escape(address)}">{escape(label)}</a>')


@contextmanager
def run_of_page() -> Iterator[None]:
    """Surround a run: a file that is asked for meanwhile waits for its end, and what it does not offer is gone."""
    desk, whole = session.downloads(), False
    tickets.begin_run(desk)
    try:
        yield
        whole = True
    finally:
        tickets.end_run(desk, whole=whole)
