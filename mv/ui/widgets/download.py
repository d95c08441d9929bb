"""Links to files that are made when they are clicked, and the progress of each transfer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st

from mv.ui import session
from mv.ui.session import state
from mv.ui.text import _, grouped, literal
from mv.ui.web import current_sign_in
from mv.ui.web.downloads import tickets
from mv.ui.web.downloads.sending import PATH
from mv.ui.web.downloads.tickets import DownloadFile, DownloadOffer, SessionDownloads, TransferState
from mv.ui.web.headers import BROWSER_COOKIE
from mv.ui.web.startup_checks import configured

SECONDS_BETWEEN_LOOKS = 1.0


def offer(label: str, file: DownloadFile, key: str, *, watched: bool = False) -> None:
    """Draw a link to the file, which is made when the link is clicked, and for this browser alone.

    An MvError before the first piece is shown as a page. How far a ``watched`` file has come, :func:`draw_transfers`
    shows.
    """
    cookie = current_sign_in.cookie_of_screen() if configured().sign_in else None
    downloads = state(SessionDownloads)
    made = DownloadOffer(
        file=file,
        browser=st.context.cookies.get(BROWSER_COOKIE, ""),
        session_hash=cookie.session_hash if cookie else None,
        user=current_sign_in.require_user() if configured().sign_in else None,
        language=session.language(),
        downloads=downloads,
        watched=watched,
    )
    ticket = tickets.put(downloads, key, made)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}{PATH}/{ticket}" if base else f"{PATH}/{ticket}"
    st.html(f'<a class="mv-download" href="{escape(address)}">{escape(label)}</a>')


def draw_transfers() -> None:
    """Draw the progress of the watched files, each with a button to cancel it, and how the last ones ended.

    Drawn anew each second, since the browser says nothing to the page when a link is clicked. That is no action of
    the user, and keeps nobody signed in.
    """
    st.fragment(_draw_transfers, run_every=SECONDS_BETWEEN_LOOKS)()


def _draw_transfers() -> None:
    for transfer in list(state(SessionDownloads).transfers):
        progress = transfer.progress
        file, done, rows = literal(transfer.filename), grouped(progress.done), grouped(progress.rows)
        if transfer.state is TransferState.UNDER_WAY:
            bar, button = st.columns([5, 1], vertical_alignment="bottom")
            bar.progress(progress.share, _("Fetching {file}: {done} of {rows} rows", file=file, done=done, rows=rows))
            button.button(
                _("Cancel"),
                on_click=progress.cancel,
                disabled=progress.cancelled,
                key=f"cancel_transfer_{id(transfer)}",
                width="stretch",
            )
        elif transfer.state is TransferState.DONE:
            st.caption(_("Fetched: {file} (rows: {rows})", file=file, rows=done))
        elif transfer.state is TransferState.CANCELLED:
            st.warning(_("{file} was cancelled. The browser shows it as broken; it is no whole file.", file=file))
        else:
            st.warning(_("{file} was not fetched to its end. Fetch it once more.", file=file))


@contextmanager
def run_of_page() -> Iterator[None]:
    """Surround a run of the whole page, after which files that it does not offer cannot be had any more."""
    downloads, whole = state(SessionDownloads), False
    tickets.begin_run(downloads)
    try:
        yield
        whole = True
    finally:
        tickets.end_run(downloads, whole=whole)
