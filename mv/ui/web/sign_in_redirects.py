"""Redirects after signing in, back to the wanted page, and the end of a sign-in everywhere after signing out."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mv import sign_ins
from mv.errors import StoreUnavailable
from mv.ui.resources import store
from mv.ui.web import cookies, current_sign_in
from mv.ui.web.request_guard import SIGN_OUT, without_base
from mv.ui.web.streamlit_internals import USER_COOKIE_NAME

WANTED_COOKIE = "mv_wanted"
WANTED = re.compile(r"/[a-z-]{0,40}(\?kund=\d{1,18})?", re.ASCII)
"""The addresses of pages, with a customer's id of the store; nothing else is led to."""
FAILED = "inloggning=misslyckades"


class SignInRedirects:
    """Middleware around the addresses at which Streamlit signs in and out.

    Streamlit leads to the first page after signing in, says nothing when that failed, and forgets a sign-in
    only in the browser that signs out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, path = HTTPConnection(scope), without_base(scope["path"])
        if path == "/auth/login":
            await self._app(scope, receive, with_wanted_cookie(send, wanted(request)))
        elif path == "/oauth2callback":
            await self._app(scope, receive, with_wanted_location(send, request))
        else:
            if path == SIGN_OUT:
                await run_in_threadpool(end, request)
            await self._app(scope, receive, send)


def end(request: HTTPConnection) -> None:
    """End the sign-in that a request's cookies name."""
    cookie = cookies.read(request.cookies)
    if cookie:
        current_sign_in.end(cookie)


def record_refused_token() -> None:
    """Log that a token was refused; a store that cannot be used keeps nobody from being told so."""
    with suppress(StoreUnavailable):
        sign_ins.record_refused_token(store())


def wanted(request: HTTPConnection) -> str:
    """Return the address of the page that the browser comes from, or of the first one where it is no page of ours."""
    parts = urlsplit(request.headers.get("referer", ""))
    address = f"{without_base(parts.path)}?{parts.query}" if parts.query else without_base(parts.path)
    return address if parts.netloc == request.headers.get("host") and WANTED.fullmatch(address) else "/"


def with_wanted_cookie(send: Send, address: str) -> Send:
    """Return a ``send`` that also sets a cookie with the address, for when the browser is back."""

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = f"{WANTED_COOKIE}={address}; Path=/; HttpOnly; SameSite=Lax"
            MutableHeaders(scope=message).append("Set-Cookie", cookie)
        await send(message)

    return changed


def with_wanted_location(send: Send, request: HTTPConnection) -> Send:
    """Return a ``send`` that redirects to the remembered address, or to the sign-in page where signing in failed."""
    asked = "code" in request.query_params or "error" in request.query_params
    address = request.cookies.get(WANTED_COOKIE, "/")

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start" and asked:
            headers = MutableHeaders(scope=message)
            home = headers.get("Location", "/").rstrip("/")
            cookies_set = [cookie.lower() for cookie in headers.getlist("Set-Cookie")]
            if not any(one.startswith(f"{USER_COOKIE_NAME}=") and "max-age=0" not in one for one in cookies_set):
                headers["Location"] = f"{home}/?{FAILED}"
                if "code" in request.query_params:
                    await run_in_threadpool(record_refused_token)
            elif WANTED.fullmatch(address):
                headers["Location"] = f"{home}{address}"
            headers.append("Set-Cookie", f"{WANTED_COOKIE}=; Path=/; Max-Age=0")
        await send(message)

    return changed
