"""What stands between the network and the pages, asked over ASGI without a browser."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection as NetworkConnection
from http.client import IncompleteRead
from pathlib import Path

import httpx
import pytest
import streamlit as st
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette import starlette_auth_routes
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from mv import settings, sign_ins, users
from mv.access import Role
from mv.access_log import chain
from mv.audit import Outcome
from mv.errors import Forbidden, Invalid
from mv.sign_ins import SignInEnd
from mv.ui import resources
from mv.ui.frame import unexpected_errors
from mv.ui.web import cookies, current_sign_in, log_anchor, uploads
from mv.ui.web.downloads import sending, tickets
from mv.ui.web.downloads.tickets import DownloadOffer, GeneratedFile, SessionDownloads, Transfer, TransferState
from mv.ui.web.headers import BROWSER_COOKIE, SecurityHeaders, harden_cookie
from mv.ui.web.request_guard import RequestGuard
from mv.ui.web.sign_in_redirects import SignInRedirects
from mv.ui.web.streamlit_internals import REQUEST_LOGGERS, get_logger
from mv.ui.web.uploads import Uploads
from tests.conftest import SetClock
from tests.contents import entries_of

AUTH = """
[auth]
redirect_uri = "https://localhost/oauth2callback"
cookie_secret = "only-for-tests-0123456789-0123456789"
client_id = "mv"
"""
USER = "_streamlit_user"
NOW = SetClock().now.timestamp()
LARGEST_FILE = 20 * 1024 * 1024
SECRETIVE = "19121212-1212 Tolvan"


@pytest.fixture(autouse=True)
def demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> Iterator[Path]:
    """Let settings and store be new ones, and return the file of the settings."""
    file = tmp_path / "settings.toml"
    file.touch()
    monkeypatch.setenv("MV_SETTINGS", str(file))
    monkeypatch.setenv("MV_STORE", str(tmp_path / "mv.duckdb"))
    monkeypatch.setattr(resources, "clock", clock)
    st.cache_resource.clear()
    yield file
    st.cache_resource.clear()


@pytest.fixture
def signing_in(demonstration: Path) -> None:
    """Let people sign in."""
    demonstration.write_text(AUTH)


@dataclass
class Client:
    """Asks an application over ASGI, from an address of a network."""

    app: Starlette
    base_url: str
    address: str = "127.0.0.1"

    def get(self, path: str, headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers)

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None,
        content: bytes | Iterator[bytes] | AsyncIterator[bytes] | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(self.address, 5))
            async with httpx.AsyncClient(transport=transport, base_url=self.base_url) as asking:
                return await asking.request(method, path, headers=headers, content=content)

        return asyncio.run(ask())


def client(*routes: Route, base_url: str = "http://localhost") -> Client:
    app = Starlette(
        routes=[sending.route(), *routes],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(RequestGuard),
            Middleware(Uploads),
            Middleware(SignInRedirects),
        ],
        exception_handlers={Exception: unexpected_errors.answer},
    )
    return Client(app, base_url)


def answering(path: str, text: str = "here") -> Route:
    async def answer(_request: Request) -> Response:
        return PlainTextResponse(text)

    return Route(path, answer)


def payload(**claims: object) -> dict[str, object]:
    return {"sub": "1", "exp": NOW + 600, "is_logged_in": True, "provider": "default", **claims}


def signed(content: object, name: str = USER) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return create_signed_value(get_cookie_secret(), name, text).decode()


def begin(user: str = "1", **claims: object) -> str:
    """Sign somebody in, and return the cookie."""
    cookie = signed(payload(**claims))
    found = cookies.read({USER: cookie})
    assert found is not None
    signed_in = users.record_sign_in(resources.store(), user, "Eva Ek", Role.LEAD, {"norr"})
    sign_ins.begin(resources.store(), signed_in, found.session_hash, found.expires_at)
    return cookie


def offer(pieces: Iterator[bytes] | Exception, browser: str = "mine", **changes: object) -> DownloadOffer:
    def make() -> Iterator[bytes]:
        if isinstance(pieces, Exception):
            raise pieces
        return pieces

    file = GeneratedFile("å.csv", "text/csv", make)
    rest: dict[str, object] = {"session_hash": None, "user": None, "language": "en", "downloads": SessionDownloads()}
    return DownloadOffer(**{"file": file, "browser": browser, **rest, **changes})  # type: ignore[arg-type]


def ticket_of(made: DownloadOffer) -> str:
    return tickets.put(made.downloads, "file", made)


# Cookies


def test_a_signed_cookie_says_who_signed_in_and_until_when() -> None:
    found = cookies.read({USER: signed(payload(sub="7", exp=86400))})
    assert found is not None
    assert (found.claims["sub"], found.provider, str(found.expires_at)) == ("7", "default", "1970-01-02 00:00:00")


def test_a_sign_in_is_the_same_however_its_cookie_is_written() -> None:
    text = json.dumps(payload())
    whole = {USER: signed(text)}
    parts = {f"{USER}_{n}": signed(part, f"{USER}_{n}") for n, part in ((1, text[:20]), (2, text[20:]))}
    chunked = {USER: signed("chunks-2"), **parts}
    expected = hashlib.sha256(text.encode()).hexdigest()
    for written in (whole, chunked, {**whole, f"{USER}_9": "x"}, {**chunked, f"{USER}_3": "x"}):
        found = cookies.read(written)
        assert found is not None
        assert found.session_hash == expected


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "forged",
        signed(payload())[:-2] + "xx",
        signed("no json"),
        signed([1]),
        signed({"sub": "1", "is_logged_in": True}),
        signed(payload(exp="never")),
        signed(payload(exp=1e300)),
        signed(payload(is_logged_in=False)),
        signed("chunks-2"),
    ],
    ids=[
        "empty",
        "forged",
        "signature",
        "no json",
        "a list",
        "no end",
        "no time",
        "beyond time",
        "signed out",
        "in parts",
    ],
)
def test_a_cookie_that_is_forged_unlimited_or_not_whole_is_nobodys(cookie: str) -> None:
    assert cookies.read({USER: cookie}) is None


def test_streamlits_cookies_last_for_the_session_and_go_over_https_alone() -> None:
    assert harden_cookie("_streamlit_user=x; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax", https=True) == (
        "__Host-_streamlit_user=x; HttpOnly; SameSite=lax; Path=/; Secure"
    )
    assert harden_cookie("_streamlit_xsrf=x; Path=/; SameSite=Lax", https=False) == (
        "_streamlit_xsrf=x; Path=/; SameSite=Lax"
    )
    assert harden_cookie("_streamlit_xsrf=x; Path=/mv", https=True) == (
        "_streamlit_xsrf=x; Path=/mv; Secure; SameSite=Lax"
    )
    assert harden_cookie("mv_browser=x; Domain=example.se; Path=/mv", https=True) == (
        "__Host-mv_browser=x; Path=/; Secure; SameSite=Lax; HttpOnly"
    )
    deleting = harden_cookie('_streamlit_user=""; expires=now; Max-Age=0; Path=/; SameSite=lax', https=True)
    assert "Max-Age=0" in deleting


@pytest.mark.usefixtures("signing_in")
def test_over_https_a_cookie_of_another_host_is_nobodys() -> None:
    async def told(request: Request) -> Response:
        return JSONResponse(request.cookies)

    asked = client(Route("/page", told), base_url="https://mv.example.se")
    planted = f"{USER}=theirs; __Host-{USER}=ours; _streamlit_xsrf=1; mv_browser=theirs; x__Host-y=1"
    assert asked.get("/page", headers={"Cookie": planted}).json() == {USER: "ours", "_streamlit_xsrf": "1"}
    several = [(b"Cookie", b"mv_browser=theirs"), (b"Cookie", b"__Host-mv_browser=ours")]
    assert asked.get("/page", headers=several).json() == {BROWSER_COOKIE: "ours"}
    assert asked.get("/page", headers={"Cookie": f"{USER}={begin()}"}).json() == {}


@pytest.mark.usefixtures("signing_in")
def test_over_https_a_web_socket_has_the_cookies_of_this_host_alone() -> None:
    found: list[dict[str, str]] = []

    async def inner(scope: dict[str, object], _receive: object, _send: object) -> None:
        found.append(HTTPConnection(scope).cookies)

    scope = {"type": "websocket", "headers": [(b"cookie", f"{USER}=theirs; __Host-{USER}=ours".encode())]}
    asyncio.run(SecurityHeaders(inner)(scope, None, None))  # type: ignore[arg-type]
    assert found == [{USER: "ours"}]


def test_without_https_cookies_keep_their_names() -> None:
    async def told(request: Request) -> Response:
        return JSONResponse(request.cookies)

    assert client(Route("/page", told)).get("/page", headers={"Cookie": "mv_browser=1"}).json() == {"mv_browser": "1"}


# Who comes through


def test_a_demonstration_answers_this_machines_own_browser_alone() -> None:
    here = client(answering("/page"))
    assert here.get("/page").text == "here"
    assert here.get("/page", headers={"Host": "[::1]:8501"}).text == "here"
    for header in ({"Host": "example.se"}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=1"}, {"Host": "["}):
        assert here.get("/page", headers=header).status_code == 403
    assert Client(here.app, "http://localhost", "192.0.2.1").get("/page").status_code == 403


@pytest.mark.usefixtures("signing_in")
@pytest.mark.parametrize(
    ("origin", "accepted"),
    [("https://localhost", True), ("https://mv.local:8501", True), ("http://localhost:1234", False), ("null", False)],
)
def test_a_web_socket_is_for_the_dashboards_own_pages(origin: str, accepted: bool) -> None:
    scope = {
        "type": "websocket", "path": "/_stcore/stream", "query_string": b"", "client": ("192.0.2.1", 5),
        "headers": [(b"host", b"mv.local:8501"), (b"origin", origin.encode())],
    }  # fmt: skip
    reached: list[str] = []

    async def inner(_scope: object, _receive: object, _send: object) -> None:
        reached.append("the page")

    async def ask() -> None:
        await RequestGuard(inner)(scope, receive, send)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, object]) -> None:
        reached.append(str(message["type"]))

    asyncio.run(ask())
    assert reached == (["the page"] if accepted else ["websocket.close"])


@pytest.mark.usefixtures("signing_in")
def test_files_of_sessions_are_for_those_who_are_signed_in() -> None:
    anybody = client(answering("/media/x"), answering("/_stcore/upload_file/x"), base_url="https://mv.example.se")
    for path in ("/media/x", "/_stcore/upload_file/x"):
        assert anybody.get(path).status_code == 403
        assert (
            anybody.get(path, headers={"Cookie": f"__Host-{USER}={signed(payload(sub='never begun'))}"}).status_code
            == 403
        )
    cookie = {"Cookie": f"__Host-{USER}={begin()}"}
    for path in ("/media/x", "/_stcore/upload_file/x"):
        assert anybody.get(path, headers=cookie).text == "here"
    anybody.get("/auth/logout", headers=cookie | {"Sec-Fetch-Site": "same-origin"})
    assert anybody.get("/media/x", headers=cookie).status_code == 403


@pytest.mark.usefixtures("signing_in")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Referer": "https://example.se/"}, 200),
        ({"Referer": "https://mv.example.se/kundkort?kund=5"}, 200),
        ({"Referer": "https://localhost/kundkort"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Referer": "https://mv.example.se/"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Referer": "https://example.se/?https://mv.example.se/"}, 403),
        ({"Referer": "https://mv.example.se.example.org/"}, 403),
        ({}, 403),
    ],
)
def test_signing_out_begins_on_a_page_of_the_dashboard(headers: dict[str, str], status: int) -> None:
    asked = client(answering("/auth/logout"), base_url="https://mv.example.se")
    cookie = begin()
    assert asked.get("/auth/logout", headers=headers | {"Cookie": f"__Host-{USER}={cookie}"}).status_code == status
    assert (current_sign_in.of_browser({USER: cookie}).user is None) == (status == 200)


@pytest.mark.usefixtures("signing_in")
def test_over_https_the_browser_is_told_to_stay_there() -> None:
    answer = client(answering("/page")).get("/page")
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


@pytest.mark.usefixtures("signing_in")
def test_the_wanted_page_is_remembered_when_it_is_one_of_ours() -> None:
    asked = client(answering("/auth/login"))
    for referer, remembered in {
        "http://localhost/kundkort?kund=5": "/kundkort?kund=5",
        "http://localhost/kundkort?kund=5&x=1": "/",
        "http://example.se/kundkort": "/",
        "http://localhost//example.se": "/",
        "": "/",
    }.items():
        answer = asked.get("/auth/login", headers={"Referer": referer})
        assert f"mv_wanted={remembered};" in answer.headers["set-cookie"]


@pytest.mark.usefixtures("signing_in")
def test_a_sign_in_leads_back_and_a_failed_one_says_so() -> None:
    async def answer(request: Request) -> Response:
        given = {"set-cookie": f"{USER}=x"} if request.query_params.get("code") == "good" else {}
        return Response(status_code=302, headers={"Location": "/", **given})

    asked = client(Route("/oauth2callback", answer))
    for query, wanted, location, refusals in (
        ("?code=good", "/utdata", "/utdata", 0),
        ("?code=good", "//example.se", "/", 0),
        ("?error=denied", "/utdata", "/?inloggning=misslyckades", 0),
        ("", "/utdata", "/", 0),
        ("?code=bad", "/utdata", "/?inloggning=misslyckades", 1),
    ):
        answered = asked.get(f"/oauth2callback{query}", headers={"Cookie": f"__Host-mv_wanted={wanted}"})
        assert answered.headers["location"] == location
        assert len(entries_of(resources.store(), "unknown:?", Outcome.REFUSED)) == refusals


# Sign-ins


@pytest.mark.usefixtures("signing_in")
def test_a_sign_in_that_is_over_says_why_and_is_written_down(clock: SetClock) -> None:
    cookie = cookies.read({USER: begin(exp=NOW + 2)})
    assert cookie is not None
    assert current_sign_in.status_of(cookie).user is not None
    clock.now += timedelta(seconds=3)
    current_sign_in._status.clear()  # which holds for a second
    assert current_sign_in.status_of(cookie).end_reason == SignInEnd.EXPIRED
    kept = sign_ins.get(resources.store(), cookie.session_hash)
    assert kept is not None
    assert kept.ended_reason == "expired"


@pytest.mark.usefixtures("signing_in")
def test_a_cookie_that_expired_before_it_was_used_begins_nothing() -> None:
    assert current_sign_in.of_browser({USER: signed(payload(exp=NOW - 1))}).end_reason == SignInEnd.EXPIRED


@pytest.mark.usefixtures("signing_in")
def test_a_sign_in_lasts_no_longer_than_the_settings_say(demonstration: Path, clock: SetClock) -> None:
    demonstration.write_text(AUTH + '[mv]\nlongest_minutes = 5\n[mv.claims]\nrole = "role"\nunits = "units"')
    cookie = cookies.read({USER: signed(payload(exp=NOW + 86400, role="lead", units=["norr"]))})
    assert cookie is not None
    found = current_sign_in.begin(cookie).sign_in
    assert found is not None
    assert found.expires_at == found.started_at + timedelta(minutes=5)
    clock.now += timedelta(minutes=5)
    current_sign_in._status.clear()
    assert current_sign_in.status_of(cookie).end_reason == SignInEnd.EXPIRED
    with pytest.raises(Forbidden, match="has ended"):
        current_sign_in.begin(cookie)


@pytest.mark.usefixtures("signing_in")
def test_a_user_without_role_is_known_but_has_no_sign_in() -> None:
    cookie = cookies.read({USER: signed(payload(name="Nils Ny"))})
    assert cookie is not None
    found = current_sign_in.begin(cookie)
    assert found.user is not None
    assert (found.user.name, found.user.role, found.sign_in) == ("Nils Ny", None, None)
    with pytest.raises(Invalid):
        current_sign_in.begin(cookies.SignedCookie("x", "unknown", {"sub": "1"}, cookie.expires_at))


@pytest.mark.usefixtures("signing_in")
def test_a_blocked_user_is_known_but_gets_nothing() -> None:
    cookie = begin()
    sent = {"Cookie": f"__Host-{USER}={cookie}"}
    asked = client(answering("/media/x"), base_url="https://mv.example.se")
    assert asked.get("/media/x", headers=sent).status_code == 200
    resources.store().write(lambda tx: tx.execute("UPDATE app_user SET blocked = TRUE"))
    current_sign_in._status.clear()
    user = current_sign_in.of_browser({USER: cookie}).user
    assert user is not None
    assert user.blocked
    assert user.actor("norr").role is None
    assert asked.get("/media/x", headers=sent).status_code == 403


# Uploads


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> dict[str, Mapping[str, str]]:
    """Return the cookies of the browser of each open session, to be filled; "full" holds four of the largest files."""
    found: dict[str, Mapping[str, str]] = {}
    monkeypatch.setattr(uploads, "session_cookies", found.get)
    monkeypatch.setattr(uploads, "uploaded_bytes", lambda: {"full": 4 * LARGEST_FILE, "gone": 4 * LARGEST_FILE})
    return found


def taking() -> Route:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    return Route("/_stcore/upload_file/{session}/{file}", answer, methods=["PUT", "DELETE"])


@pytest.mark.usefixtures("signing_in")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_upload_is_for_the_users_own_pages(method: str, sessions: dict[str, Mapping[str, str]]) -> None:
    mine, same_user, others = begin(), begin(iat=1), begin(iat=2, user="2")
    sessions.update({"mine": {USER: mine}, "second": {USER: same_user}, "others": {USER: others}, "nobodys": {}})
    asked = client(taking(), base_url="https://mv.example.se")

    def status(session: str) -> int:
        sent = {"Cookie": f"__Host-{USER}={mine}"}
        return asked.ask(method, f"/_stcore/upload_file/{session}/1", sent, b"x").status_code

    assert {session: status(session) for session in (*sessions, "unknown", "")} == {
        "mine": 200, "second": 200, "others": 403, "nobodys": 403, "unknown": 403, "": 403,
    }  # fmt: skip


def test_in_a_demonstration_an_upload_is_for_the_browsers_own_pages(sessions: dict[str, Mapping[str, str]]) -> None:
    sessions.update({"mine": {BROWSER_COOKIE: "mine"}, "others": {BROWSER_COOKIE: "theirs"}, "nobodys": {}})
    sent = {"Cookie": f"{BROWSER_COOKIE}=mine"}
    asked = client(taking())
    assert [asked.ask("PUT", f"/_stcore/upload_file/{each}/1", sent, b"x").status_code for each in sessions] == [
        200, 403, 403,
    ]  # fmt: skip
    assert asked.ask("PUT", "/_stcore/upload_file/nobodys/1", None, b"x").status_code == 403


@pytest.mark.usefixtures("signing_in")
def test_a_user_has_room_for_some_files_at_once_and_each_user_for_as_many(
    sessions: dict[str, Mapping[str, str]],
) -> None:
    mine, others = begin(), begin(iat=2, user="2")
    sessions.update({"mine": {USER: mine}, "full": {USER: mine}, "others": {USER: others}})
    asked = client(taking(), base_url="https://mv.example.se")

    def put(cookie: str, session: str, content: bytes | AsyncIterator[bytes]) -> int:
        sent = {"Cookie": f"__Host-{USER}={cookie}"}
        return asked.ask("PUT", f"/_stcore/upload_file/{session}/1", sent, content).status_code

    async def unmeasured() -> AsyncIterator[bytes]:
        yield b"x"

    assert put(mine, "mine", bytes(LARGEST_FILE)) == 200
    assert put(mine, "mine", bytes(LARGEST_FILE)) == 200, "what has arrived is the session's to count"
    assert put(mine, "mine", bytes(LARGEST_FILE + 1)) == 403
    assert put(mine, "full", bytes(LARGEST_FILE + 1)) == 403
    assert put(others, "others", bytes(LARGEST_FILE + 1)) == 200
    assert put(mine, "mine", unmeasured()) == 403


@pytest.mark.usefixtures("signing_in")
def test_files_on_their_way_take_room_too(sessions: dict[str, Mapping[str, str]]) -> None:
    mine = begin()
    sessions.update({"mine": {USER: mine}, "full": {USER: mine}})
    sent = {"Cookie": f"__Host-{USER}={mine}"}
    answers: list[int] = []

    async def nested(request: Request) -> Response:
        if not answers:
            answers.append(0)
            transport = httpx.ASGITransport(request.app)
            async with httpx.AsyncClient(transport=transport, base_url="https://mv.example.se") as second:
                answer = await second.put("/_stcore/upload_file/mine/2", headers=sent, content=b"x")
            answers[0] = answer.status_code
        return PlainTextResponse("taken")

    route = Route("/_stcore/upload_file/{session}/{file}", nested, methods=["PUT"])
    asked = client(route, base_url="https://mv.example.se")
    assert asked.ask("PUT", "/_stcore/upload_file/mine/1", sent, bytes(LARGEST_FILE)).status_code == 200
    assert answers == [403]


# The anchor of the access log


@pytest.fixture
def anchors() -> Iterator[list[str]]:
    """Return the lines that are told of anchors, as they come."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log_anchor.LOGGER.addHandler(handler)
    yield lines
    log_anchor.LOGGER.removeHandler(handler)


def test_the_server_tells_the_logs_anchor_again_and_again(anchors: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_anchor.SECONDS_BETWEEN == 15 * 60
    monkeypatch.setattr(log_anchor, "SECONDS_BETWEEN", 0.01)

    async def serve() -> None:
        async with log_anchor.lifespan(None):
            while len(anchors) < 2:
                await asyncio.sleep(0.01)
            await run_in_threadpool(begin)
            told = len(anchors)
            while len(anchors) < told + 2:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(serve(), 30))
    assert anchors[0] == "Anchor of the access log: none, it is empty"
    anchor = chain.parse_anchor(anchors[-1].removeprefix("Anchor of the access log: "))
    assert chain.check(resources.store(), anchor).breaks == []


def test_a_log_that_cannot_be_read_is_told_without_what_is_wrong(anchors: list[str], signing_in: None) -> None:
    begin()
    resources.store().write(lambda tx: tx.execute("DROP TABLE log_head"))
    log_anchor.tell()
    assert anchors == ["The anchor of the access log cannot be read: CatalogException"]


# Downloads


def test_a_file_comes_piece_by_piece_with_its_name() -> None:
    answer = client().get(
        f"{sending.PATH}/{ticket_of(offer(iter([b'a', b'', b'b'])))}", headers={"Cookie": f"{BROWSER_COOKIE}=mine"}
    )
    assert answer.content == b"ab"
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''%C3%A5.csv"
    assert answer.headers["content-encoding"] == "identity"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("browser", ["other", "", "å"])
def test_a_ticket_is_for_its_own_browser(browser: str) -> None:
    made = offer(iter([b"secret"]))
    sent = [(b"cookie", f"{BROWSER_COOKIE}={browser}".encode())]
    answer = client().get(f"{sending.PATH}/{ticket_of(made)}", headers=sent)
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_what_is_wrong_before_the_first_piece_is_a_readable_page() -> None:
    def fails() -> Iterator[bytes]:
        raise Forbidden("No <right>")
        yield b""

    for made in (offer(Forbidden("No <right>")), offer(fails())):
        answer = client().get(f"{sending.PATH}/{ticket_of(made)}", headers={"Cookie": f"{BROWSER_COOKIE}=mine"})
        assert answer.status_code == 403
        assert "No &lt;right&gt;" in answer.text
    assert sending._under_way == 0


def test_a_ticket_names_the_offer_that_was_on_the_screen() -> None:
    downloads = SessionDownloads()

    def encoded(*texts: str) -> Iterator[bytes]:
        return (text.encode() for text in texts)

    def of(texts: tuple[str, ...]) -> DownloadOffer:
        return offer(iter([]), file=GeneratedFile("å.csv", "text/csv", encoded, texts), downloads=downloads)

    def fetched(ticket: str) -> bytes | int:
        answer = client().get(f"{sending.PATH}/{ticket}", headers={"Cookie": f"{BROWSER_COOKIE}=mine"})
        return answer.content if answer.status_code == 200 else answer.status_code

    first = ticket_of(of(("old",)))
    assert ticket_of(of(("old",))) == first, "an equal offer keeps its address"
    tickets.begin_run(downloads)
    second = ticket_of(of(("new",)))
    assert (fetched(first), fetched(second)) == (b"old", b"new"), "a click may be on its way"
    tickets.end_run(downloads, whole=True)
    assert (fetched(first), fetched(second)) == (b"old", b"new")
    third = ticket_of(of(("newest",)))
    assert (fetched(first), fetched(second), fetched(third)) == (404, b"new", b"newest")


def test_a_page_that_is_left_takes_its_files_along() -> None:
    downloads = SessionDownloads()
    made = [ticket_of(offer(iter([name]), downloads=downloads)) for name in (b"old", b"new")]
    tickets.begin_run(downloads)
    tickets.end_run(downloads, whole=False)
    sent = {"Cookie": f"{BROWSER_COOKIE}=mine"}
    assert client().get(f"{sending.PATH}/{made[1]}", headers=sent).status_code == 200
    tickets.begin_run(downloads)
    tickets.end_run(downloads, whole=True)
    assert [client().get(f"{sending.PATH}/{ticket}", headers=sent).status_code for ticket in made] == [404, 404]


def test_an_offer_ends_when_its_page_was_not_drawn_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = ticket_of(offer(iter([b"x"])))
    monkeypatch.setattr(tickets, "monotonic", lambda: time.monotonic() + tickets.SECONDS_TO_LIVE + 1)
    assert client().get(f"{sending.PATH}/{ticket}", headers={"Cookie": f"{BROWSER_COOKIE}=mine"}).status_code == 404


@pytest.mark.usefixtures("signing_in")
def test_a_ticket_holds_no_longer_than_the_sign_in_and_its_rights() -> None:
    cookie = begin()
    found = cookies.read({USER: cookie})
    assert found is not None
    user = current_sign_in.status_of(found).user
    sent = {"Cookie": f"__Host-{BROWSER_COOKIE}=mine; __Host-{USER}={cookie}"}
    asked = client(base_url="https://mv.example.se")

    def status(**changes: object) -> int:
        made = offer(iter([b"x"]), session_hash=found.session_hash, user=user, **changes)  # type: ignore[union-attr]
        return asked.get(f"{sending.PATH}/{ticket_of(made)}", headers=sent).status_code

    assert status() == 200
    other = users.record_sign_in(resources.store(), "2", "Siv Sten", Role.LEAD, {"norr"})
    made = offer(iter([b"x"]), session_hash=found.session_hash, user=other)
    assert asked.get(f"{sending.PATH}/{ticket_of(made)}", headers=sent).status_code == 404
    anonymous = offer(iter([b"x"]), session_hash=found.session_hash, user=user)
    alone = {"Cookie": f"__Host-{BROWSER_COOKIE}=mine"}
    assert asked.get(f"{sending.PATH}/{ticket_of(anonymous)}", headers=alone).status_code == 403
    current_sign_in.end(found)
    assert status() == 404


def scope_of(made: DownloadOffer) -> dict[str, object]:
    """Return a request for what is offered, as the server hands it on."""
    return {
        "type": "http", "method": "GET", "path": f"{sending.PATH}/{ticket_of(made)}", "query_string": b"",
        "root_path": "", "headers": [(b"host", b"localhost"), (b"cookie", f"{BROWSER_COOKIE}=mine".encode())],
        "client": ("127.0.0.1", 5), "server": ("localhost", 80), "scheme": "http", "asgi": {"spec_version": "2.4"},
    }  # fmt: skip


async def receive() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


def test_a_file_that_nobody_waits_for_any_more_is_closed() -> None:
    closed = threading.Event()
    sent = 0

    async def send(_message: object) -> None:
        nonlocal sent
        sent += 1
        if sent > 3:
            raise OSError("the browser has left")

    made = offer(endless(closed), watched=True)
    asyncio.run(client().app(scope_of(made), receive, send))  # type: ignore[arg-type]
    assert closed.wait(5)
    assert [transfer.state for transfer in made.downloads.transfers] == [TransferState.BROKEN]
    assert sending._under_way == 0


def test_a_large_piece_is_sent_in_parts_so_that_a_slow_browser_can_be_left_soon() -> None:
    piece = bytes(range(256)) * 10_000
    parts: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            parts.append(len(message["body"]))  # type: ignore[arg-type]

    asyncio.run(client().app(scope_of(offer(iter([piece]))), receive, send))  # type: ignore[arg-type]
    assert sum(parts) == len(piece)
    assert max(parts) == sending.MOST_BYTES_AT_ONCE


@contextmanager
def served(*routes: Route) -> Iterator[NetworkConnection]:
    """Let uvicorn serve the application, as Streamlit does, and return a connection to it."""
    server = uvicorn.Server(uvicorn.Config(client(*routes).app, "localhost", 0, lifespan="off", log_level="critical"))
    running = threading.Thread(target=server.run)
    running.start()
    try:
        give_up = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < give_up
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with closing(NetworkConnection("localhost", port, timeout=10)) as connection:
            yield connection
    finally:
        server.should_exit = True
        running.join()


def endless(closed: threading.Event) -> Iterator[bytes]:
    try:
        while True:
            yield b"x" * 100_000
    finally:
        closed.set()


def test_a_file_that_is_cancelled_never_looks_whole() -> None:
    closed = threading.Event()
    made = offer(endless(closed), watched=True)
    with served() as connection:
        connection.request("GET", f"{sending.PATH}/{ticket_of(made)}", headers={"Cookie": f"{BROWSER_COOKIE}=mine"})
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read(100) == b"x" * 100
        (transfer,) = made.downloads.transfers
        assert (transfer.filename, transfer.state) == ("å.csv", TransferState.UNDER_WAY)
        transfer.progress.cancel()
        with pytest.raises(IncompleteRead):
            answer.read()
        assert closed.wait(5)
    assert transfer.state is TransferState.CANCELLED
    assert sending._under_way == 0


@pytest.mark.usefixtures("signing_in")
@pytest.mark.parametrize(
    "lose_right",
    [
        "UPDATE app_user SET blocked = TRUE",
        "UPDATE app_user SET decided_role = 'coordinator'",
        "UPDATE app_user SET units_decided = TRUE",
        "UPDATE sign_in SET ended_at = started_at, ended_reason = 'signed_out'",
        "UPDATE sign_in SET expires_at = started_at",
    ],
)
def test_a_download_stops_when_the_right_to_it_ends(lose_right: str) -> None:
    cookie, closed = begin(), threading.Event()
    found = cookies.read({USER: cookie})
    assert found is not None
    made = offer(endless(closed), session_hash=found.session_hash, user=current_sign_in.status_of(found).user)
    with served() as connection:
        sent = {"Cookie": f"__Host-{BROWSER_COOKIE}=mine; __Host-{USER}={cookie}"}
        connection.request("GET", f"{sending.PATH}/{ticket_of(made)}", headers=sent)
        answer = connection.getresponse()
        assert (answer.status, answer.read(100)) == (200, b"x" * 100)
        resources.store().write(lambda tx: tx.execute(lose_right))
        give_up = time.monotonic() + 5
        with pytest.raises(IncompleteRead):
            while time.monotonic() < give_up:
                answer.read(1_000_000)
    assert closed.wait(5)


def test_a_page_that_watches_is_told_what_became_of_each_file() -> None:
    downloads, sent = SessionDownloads(), {"Cookie": f"{BROWSER_COOKIE}=mine"}

    def fetch(pieces: Iterator[bytes] | Exception, **changes: object) -> list[TransferState]:
        made = offer(pieces, downloads=downloads, **{"watched": True, **changes})
        client().get(f"{sending.PATH}/{ticket_of(made)}", headers=sent)
        return [transfer.state for transfer in downloads.transfers]

    def fails() -> Iterator[bytes]:
        yield b"x"
        raise ValueError(SECRETIVE)

    assert fetch(iter([b"x"])) == [TransferState.DONE]
    assert fetch(fails()) == [TransferState.BROKEN]
    assert fetch(iter([b"x"]), watched=False) == [TransferState.BROKEN], "one that is not watched changes nothing"
    assert fetch(Forbidden("no")) == [], "one that is refused was told why"
    going = Transfer("b.csv")
    downloads.transfers.append(going)
    assert fetch(iter([b"x"])) == [TransferState.UNDER_WAY, TransferState.DONE]
    assert downloads.transfers[0] is going


# Errors


def test_an_unexpected_error_is_told_by_number_alone() -> None:
    async def broken(_request: Request) -> Response:
        raise ValueError(SECRETIVE)

    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    unexpected_errors.LOGGER.addHandler(handler)
    try:
        answer = client(Route("/broken", broken)).get("/broken")
    finally:
        unexpected_errors.LOGGER.removeHandler(handler)
    assert answer.status_code == 500
    assert SECRETIVE not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    log = "\n".join(lines)
    number = log.split("Unexpected error ")[1].split(":")[0]
    assert number in answer.text
    assert "builtins.ValueError" in log
    assert "tests/ui/web/test_web.py:" in log
    assert SECRETIVE not in log


def test_no_line_of_the_log_holds_what_an_exception_says_or_an_addresss_query() -> None:
    plain = logging.getLogRecordFactory()
    try:
        unexpected_errors.keep_data_out_of_log()
        factory = logging.getLogRecordFactory()
        try:
            raise KeyError(SECRETIVE) from ValueError(SECRETIVE)
        except KeyError as error:
            info = (KeyError, error, error.__traceback__)
            record = factory("streamlit", logging.ERROR, "file", 1, "Failed: %s", (error,), info)
        text = logging.Formatter().format(record)
        assert SECRETIVE not in text
        assert "Failed: KeyError" in text
        assert "builtins.ValueError" in text
        access = ("127.0.0.1:5", "GET", "/oauth2callback?code=secret", "1.1", 302)
        record = factory("uvicorn.access", logging.INFO, "file", 1, '%s - "%s %s HTTP/%s" %d', access, None)
        assert record.getMessage() == '127.0.0.1:5 - "GET /oauth2callback HTTP/1.1" 302'
        task = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{SECRETIVE}')>"
        assert factory("asyncio", logging.ERROR, "file", 1, task, (), None).getMessage().splitlines() == [
            "Task exception was never retrieved"
        ]
    finally:
        logging.setLogRecordFactory(plain)


@pytest.mark.usefixtures("signing_in")
def test_no_line_of_the_log_holds_what_a_request_says(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starlette_auth_routes, "_get_origin_from_secrets", lambda: "http://localhost")
    plain = logging.getLogRecordFactory()
    session = Middleware(SessionMiddleware, secret_key="x" * 32)
    app = Starlette(routes=starlette_auth_routes.create_auth_routes(""), middleware=[session])
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    loggers = [get_logger(name) for name in REQUEST_LOGGERS]
    try:
        unexpected_errors.keep_data_out_of_log()
        for logger in loggers:
            logger.addHandler(handler)
            logger.warning("Origin %s of %s, %d times", SECRETIVE, ["19121212"], 3)
        asked = Client(app, "http://localhost")
        asked.get(f"/oauth2callback?error={SECRETIVE}&error_description=ERROR%0a{SECRETIVE}%1b[2J")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        logging.setLogRecordFactory(plain)
    told, printed = "\n".join(lines), capfd.readouterr().err
    assert "Error during authentication: …. Error description: …" in told
    assert "Origin … of …, 3 times" in told
    for text in ("19121212", "Tolvan", "\x1b"):
        assert text not in told + printed


def test_the_settings_are_read_from_the_named_file(demonstration: Path) -> None:
    assert settings.configured_file() == demonstration
