"""Uploaded files: each belongs to the user of the page that it was chosen on, and a user has room for some at once.

Streamlit keeps them in memory, and takes one from whoever knows the id of a session.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from mv.errors import N_, Forbidden
from mv.ui.web import current_sign_in
from mv.ui.web.headers import BROWSER_COOKIE
from mv.ui.web.request_guard import UPLOADS, refuse, without_base
from mv.ui.web.startup_checks import configured
from mv.ui.web.streamlit_internals import session_cookies, uploaded_bytes

FILES_AT_ONCE = 5
"""How many of the largest files a user has room for: one a page, and some pages side by side."""
NOT_YOURS = N_("This page is not yours. Reload it, and choose the file again.")
NO_ROOM = N_("You have too many files open at once. Take one away or close its page, and choose the file again.")


class Uploads:
    """Middleware: refuses files for another user's page, and those that a user has no room for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._arriving: Counter[str] = Counter()
        """Bytes that are on their way, by user."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = without_base(str(scope.get("path", "")))
        if scope["type"] != "http" or not path.startswith(UPLOADS) or scope["method"] not in {"PUT", "DELETE"}:
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        session_id = path.removeprefix(UPLOADS).partition("/")[0]
        user_id = await run_in_threadpool(_user_of, request.cookies)
        if user_id is None or user_id != await run_in_threadpool(_user_of, session_cookies(session_id)):
            await refuse(Forbidden(NOT_YOURS), scope, receive, send)
            return
        if scope["method"] == "DELETE":
            await self._app(scope, receive, send)
            return
        room = most_bytes() - await run_in_threadpool(_held_by, user_id) - self._arriving[user_id]
        length = request.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > room:
            await refuse(Forbidden(NO_ROOM), scope, receive, send)
            return
        self._arriving[user_id] += int(length)
        try:
            await self._app(scope, receive, send)
        finally:
            self._arriving[user_id] -= int(length)


def most_bytes() -> int:
    """Return how many bytes a user's files may have together."""
    return FILES_AT_ONCE * int(st.get_option("server.maxUploadSize")) * 1024 * 1024


def _user_of(cookies: Mapping[str, str] | None) -> str | None:
    """Return the user whose browser has these cookies; in a demonstration, the browser itself."""
    if cookies is None:
        return None
    if not configured().sign_in:
        return cookies.get(BROWSER_COOKIE)
    user = current_sign_in.of_browser(cookies).user
    return user.user_id if user else None


def _held_by(user_id: str) -> int:
    return sum(
        size for session_id, size in uploaded_bytes().items() if _user_of(session_cookies(session_id)) == user_id
    )
