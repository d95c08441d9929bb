"""The security headers of every answer, and stricter cookies than Streamlit's own."""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mv.settings import Settings
from mv.ui.web.startup_checks import configured
from mv.ui.web.streamlit_internals import inline_scripts

BROWSER_COOKIE = "mv_browser"
"""Names a browser at random, so that an address made for it does not work in another."""
UNUSED = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer", "microphone",
    "midi", "payment", "serial", "usb",
)  # fmt: skip
YEAR = 365 * 24 * 60 * 60
OF_THIS_HOST = "__Host-"
"""Begins the name of a cookie that a browser takes over HTTPS alone and from this very host: no neighbour in the domain
can plant one (RFC 6265bis, 4.1.3.2)."""
READ_BY_SCRIPT = "_streamlit_xsrf"
"""The cookie that Streamlit's own script in the browser reads, by this name."""


@cache
def content_security_policy() -> str:
    """Return the content security policy: a page loads its own files and runs the inline scripts of Streamlit.

    Streamlit's components write styles into the page, so that these need unsafe-inline.
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in inline_scripts())
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {hashes}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "media-src": "'self'",
        "connect-src": "'self'",  # a web socket of the same origin as well
        "manifest-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "frame-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",  # signing in leads to the provider by an address, not by a form
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def add_headers(headers: MutableHeaders, settings: Settings) -> None:
    """Add the headers that keep a browser from doing more with an answer than it is meant for."""
    headers["Content-Security-Policy"] = content_security_policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = ", ".join(f"{name}=()" for name in UNUSED)
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if "immutable" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "no-store"
    if settings.https:
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"


def harden_cookie(cookie: str, https: bool) -> str:
    """Return a Set-Cookie value as a cookie of the browser's session; over HTTPS, of this host alone.

    Deleting a cookie stays deleting. Streamlit's own script has to read the XSRF cookie, no other.
    """
    name, *attributes = (part.strip() for part in cookie.split(";"))
    is_private = not name.startswith(f"{READ_BY_SCRIPT}=")
    changed: tuple[str, ...] = ("max-age=", "expires=", "secure")
    if https and is_private:
        name, changed = OF_THIS_HOST + name, (*changed, "path=", "domain=")
    kept = [one for one in attributes if not one.lower().startswith(changed)]
    if https and is_private:
        kept.append("Path=/")
    if any(one.lower() == "max-age=0" for one in attributes):
        kept.append("Max-Age=0")
    if https:
        kept.append("Secure")
    words = {one.lower().split("=")[0] for one in kept}
    if "samesite" not in words:
        kept.append("SameSite=Lax")
    if "httponly" not in words and is_private:
        kept.append("HttpOnly")
    return "; ".join([name, *kept])


def without_others_cookies(scope: Scope) -> Scope:
    """Return a request with the cookies of this host alone, by the names that they have within the program."""
    pairs = [
        pair.strip().removeprefix(OF_THIS_HOST)
        for cookies in Headers(scope=scope).getlist("cookie")
        for pair in cookies.split(";")
        if pair.strip().startswith((OF_THIS_HOST, f"{READ_BY_SCRIPT}="))
    ]
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"cookie"]
    return {**scope, "headers": [*headers, (b"cookie", "; ".join(pairs).encode("latin-1"))] if pairs else headers}


class SecurityHeaders:
    """Middleware: adds the headers, hardens the cookies, and names each browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and configured().https:
            scope = without_others_cookies(scope)
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_new = BROWSER_COOKIE not in HTTPConnection(scope).cookies

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                settings = configured()
                headers = MutableHeaders(scope=message)
                if is_new and headers.get("Content-Type", "").startswith("text/html"):
                    name = f"{BROWSER_COOKIE}={secrets.token_urlsafe(24)}"
                    headers.append("Set-Cookie", f"{name}; Path=/; HttpOnly; SameSite=Lax")
                cookies = headers.getlist("Set-Cookie")
                del headers["Set-Cookie"]
                for cookie in cookies:
                    headers.append("Set-Cookie", harden_cookie(cookie, settings.https))
                add_headers(headers, settings)
            await send(message)

        await self._app(scope, receive, send_hardened)
