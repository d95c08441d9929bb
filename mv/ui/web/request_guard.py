"""A guard that refuses requests before they reach Streamlit."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL, Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from mv import i18n
from mv.errors import N_, Forbidden, MvError, NotFound
from mv.i18n import LANGUAGES
from mv.loopback import is_loopback
from mv.ui.web import current_sign_in, error_pages, startup_checks

CORE = "/_stcore/"
OPEN_CORE = ("health", "host-config", "stream", "upload_file/", "bidi-components/")
"""What of Streamlit's own a browser needs; metrics, the interface for programs and the like are closed."""
UPLOADS = "/_stcore/upload_file/"
OF_SIGNED_IN = ("/media/", UPLOADS)
"""Where Streamlit keeps files of its sessions, whose addresses alone are their protection."""
SIGN_OUT = "/auth/logout"
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

NOT_FROM_HERE = N_("Without sign-in the dashboard is a demonstration, which only this machine's own browser reaches.")
NOT_FROM_PAGE = N_("Only the dashboard's own pages may ask this.")
NOT_SIGNED_IN = N_("You are signed out. Sign in again.")
NOT_THERE = N_("There is nothing at this address.")


class RequestGuard:
    """Middleware: refuses to start a server that is not configured safely, and requests that may not come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        startup_checks.guarded.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            problem = await run_in_threadpool(startup_checks.refusal)
            if problem is not None:
                await receive()
                print_problem(problem)
                await send({"type": "lifespan.startup.failed", "message": ""})
                return
        else:
            refused = await self._refusal(HTTPConnection(scope))
            if refused is not None:
                await refuse(refused, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, request: HTTPConnection) -> MvError | None:
        path = without_base(request.url.path)
        if path.startswith(CORE) and not path.removeprefix(CORE).startswith(OPEN_CORE):
            return NotFound(NOT_THERE)
        if not has_own_origin(request):
            return Forbidden(NOT_FROM_PAGE)
        if path == SIGN_OUT and not comes_from_page(request):
            return Forbidden(NOT_FROM_PAGE)
        if not startup_checks.configured().sign_in:
            return None if is_from_here(request) else Forbidden(NOT_FROM_HERE)
        if path.startswith(OF_SIGNED_IN):
            status = await run_in_threadpool(current_sign_in.of_browser, request.cookies)
            return Forbidden(NOT_SIGNED_IN) if status.user is None or status.user.blocked else None
        return None


def is_from_here(request: HTTPConnection) -> bool:
    """Return whether a request comes from this machine, names it as its host, and was not forwarded."""
    client = request.client
    forwarded = any(name in request.headers for name in FORWARDED)
    return client is not None and is_loopback(client.host) and is_local_host(request.headers) and not forwarded


def has_own_origin(request: HTTPConnection) -> bool:
    """Return whether a web socket is opened by one of the dashboard's own pages. Streamlit lets in localhost's others.

    Behind a proxy the own origin is the one that people are sent back to after signing in.
    """
    origin = request.headers.get("origin")
    if request.scope["type"] != "websocket" or origin is None:
        return True
    return urlsplit(origin).netloc in own_hosts(request)


def comes_from_page(request: HTTPConnection) -> bool:
    """Return whether a page of the dashboard leads the browser here, not a link on another site or a typed address.

    A browser that does not send Sec-Fetch-Site (W3C Fetch Metadata) says which page by its referrer.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("referer", "")).netloc in own_hosts(request)


def own_hosts(request: HTTPConnection) -> set[str]:
    """Return the hosts of the dashboard: the request's, and that which people are sent back to after signing in."""
    hosts = {request.headers.get("host", ""), urlsplit(startup_checks.configured().redirect_uri).netloc}
    return hosts - {""}


def is_local_host(headers: Headers) -> bool:
    """Return whether the request's Host is this machine: another name may be somebody else's."""
    hosts = headers.getlist("host")
    try:
        return len(hosts) == 1 and is_loopback(URL(f"http://{hosts[0]}").hostname or "")
    except ValueError:
        return False


def without_base(path: str) -> str:
    """Return a path without the dashboard's base path."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return path.removeprefix(f"/{base}") if base and path.startswith(f"/{base}/") else path


async def refuse(error: MvError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with a page that says ``error``."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})  # before it is accepted: 403
        return
    request = HTTPConnection(scope)
    status = 404 if isinstance(error, NotFound) else 403
    await error_pages.page(error, status, error_pages.language_of(request))(scope, receive, send)


def print_problem(problem: MvError) -> None:
    """Print why the server does not start to standard error, in every language: there is no user to choose one."""
    for language in LANGUAGES:
        print(i18n.explain(problem, language), file=sys.stderr, flush=True)
