"""docs/proxy/nginx.conf, run by a real nginx in front of a small server that says what reached it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests import certificates

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "proxy" / "nginx.conf"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
NAME = "mv.example.org"
MEGABYTE = 1024 * 1024
POLICY = "default-src 'none'; script-src 'self'"
SECONDS = 15
# As distributions may have it: old TLS, compression, logs of their own. {user} lets workers into the tests' folders.
AROUND = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/distribution-error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/distribution.log combined;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    gzip on;
    gzip_types *;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/mv.conf;
}}
"""


@dataclass
class Upstream:
    """What stands behind the proxy. Downloads and uploads go on when a test says that it has seen the first half."""

    number: int
    port: int = 0
    seen_half: threading.Event = field(default_factory=threading.Event)
    got_half: threading.Event = field(default_factory=threading.Event)

    def application(self) -> Starlette:
        """Return the server's routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/_stcore/stream", self._talk),
                Route("/_stcore/upload_file/{file}", self._take, methods=["PUT"]),
                Route("/hamta/{ticket}", self._stream),
                Route("/sign-in", self._sign_in),
                Route("/{path:path}", self._tell, methods=["GET", "POST"]),
            ]
        )

    async def _tell(self, request: Request) -> Response:
        headers = {"Content-Security-Policy": POLICY, "Strict-Transport-Security": "max-age=1"}
        told = {"headers": dict(request.headers), "size": len(await request.body()), "number": self.number}
        return JSONResponse(told, headers=headers)

    async def _sign_in(self, request: Request) -> Response:
        response = Response()
        for number in range(4):
            response.set_cookie(f"part{number}", "x" * 3500)
        return response

    async def _take(self, request: Request) -> Response:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            self.got_half.set()
        return JSONResponse({"size": size})

    async def _stream(self, request: Request) -> Response:
        return StreamingResponse(self._halves(), media_type="text/csv")

    async def _halves(self) -> AsyncIterator[bytes]:
        yield b"first\n"
        await anyio.to_thread.run_sync(self.seen_half.wait, SECONDS)
        yield b"last\n"

    async def _talk(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(f"{websocket.headers['host']} {await websocket.receive_text()}")
        await websocket.close()


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    folder: Path
    plain: int
    secure: int
    trust: ssl.SSLContext

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """Send a request over HTTPS."""
        with self.client() as client:
            return client.request(method, path, extensions={"sni_hostname": NAME}, **more)

    def client(self) -> httpx.Client:
        """Return a client that takes this proxy for the example's name."""
        address = f"https://127.0.0.1:{self.secure}"
        return httpx.Client(
            base_url=address, verify=self.trust, headers={"Host": NAME}, trust_env=False, timeout=SECONDS
        )

    def websocket(self, path: str, **more: object) -> object:
        """Open a web socket to ``path``."""
        plain = socket.create_connection(("127.0.0.1", self.secure), SECONDS)
        return connect(f"wss://{NAME}{path}", sock=plain, ssl=self.trust, proxy=None, **more)

    def lines(self) -> list[str]:
        """Return what all of its logs hold."""
        return [line for file in self.folder.glob("*.log") for line in file.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving(Upstream(1)) as one:
        yield one


@pytest.fixture(scope="module")
def proxy(upstream, tmp_path_factory) -> Iterator[Proxy]:
    with running(EXAMPLE.read_text("utf-8"), [upstream], tmp_path_factory.mktemp("proxy")) as nginx:
        yield nginx


@contextmanager
def serving(upstream: Upstream) -> Iterator[Upstream]:
    """Serve on a port of its own until the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    upstream.port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(upstream.application(), log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield upstream
    finally:
        server.should_exit = True
        upstream.seen_half.set()
        thread.join(SECONDS)
        listener.close()


@contextmanager
def running(example: str, upstreams: list[Upstream], folder: Path) -> Iterator[Proxy]:
    """Run the example with this test's ports, folders and certificate in the place of its own."""
    plain, secure = free_port(), free_port()
    certificates.write(folder, NAME)
    changes = {
        r"listen \[::\]:.*;\n": "",
        r"listen 80\b": f"listen 127.0.0.1:{plain}",
        r"listen 443\b": f"listen 127.0.0.1:{secure}",
        r"/var/log/nginx/": f"{folder}/",
        r"/etc/ssl/mv/": f"{folder}/",
        **{rf"127\.0\.0\.1:850{one.number}": f"127.0.0.1:{one.port}" for one in upstreams},
    }
    for pattern, ours in changes.items():
        example, count = re.subn(pattern, ours, example)
        assert count, f"the example holds no {pattern}"
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "mv.conf").write_text(example, "utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user), "utf-8")

    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=SECONDS)
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr, tried.stderr
    nginx = subprocess.Popen(command)
    try:
        wait_for(plain)
        wait_for(secure)
        yield Proxy(folder, plain, secure, ssl.create_default_context(cafile=folder / "fullchain.pem"))
    finally:
        nginx.terminate()
        nginx.wait(SECONDS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, "nginx does not listen"
            time.sleep(0.05)


def test_http_leads_to_https_at_the_same_address(proxy):
    address = f"http://127.0.0.1:{proxy.plain}/kundkort?kund=7"
    answer = httpx.get(address, headers={"Host": NAME}, trust_env=False)

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{NAME}/kundkort?kund=7"


def test_any_other_name_gets_no_answer(proxy):
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{proxy.plain}/", headers={"Host": "other.example.org"}, trust_env=False)
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", proxy.secure)) as plain:
        proxy.trust.wrap_socket(plain, server_hostname="other.example.org")


def test_only_current_tls_is_spoken(proxy):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert handshake(proxy, version) == version.name.replace("_", ".")
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"), pytest.warns(DeprecationWarning):
        handshake(proxy, ssl.TLSVersion.TLSv1_1)


def handshake(proxy: Proxy, version: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context(cafile=proxy.folder / "fullchain.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")  # this side would speak the old one
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", proxy.secure)) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        return secure.version()


def test_the_page_s_web_socket_passes(proxy):
    with proxy.websocket("/_stcore/stream?token=x", origin=f"https://{NAME}") as websocket:
        websocket.send("hello")
        assert websocket.recv(SECONDS) == f"{NAME} hello"


def test_nothing_else_is_upgraded(proxy):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "eA==",
        "Sec-WebSocket-Version": "13",
    }
    told = proxy.ask("GET", "/kundkort", headers=upgrade).json()["headers"]

    assert "upgrade" not in told
    assert told.get("connection", "").lower() != "upgrade"
    with pytest.raises(InvalidStatus), proxy.websocket("/kundkort"):
        pass


def test_a_download_arrives_while_it_is_being_made(proxy, upstream):
    upstream.seen_half.clear()
    stream = proxy.client().stream("GET", "/hamta/key-of-a-file", extensions={"sni_hostname": NAME})
    with stream as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"first\n"
        upstream.seen_half.set()
        assert b"".join(pieces) == b"last\n"
        assert "Content-Encoding" not in answer.headers


def test_an_upload_is_handed_on_while_it_arrives(proxy, upstream):
    upstream.got_half.clear()
    half = b"x" * 5 * MEGABYTE

    def halves() -> Iterator[bytes]:
        yield half
        assert upstream.got_half.wait(SECONDS), "the proxy keeps an upload to itself until its end"
        yield half

    assert proxy.ask("PUT", "/_stcore/upload_file/1", content=halves()).json() == {"size": 2 * len(half)}


def test_the_largest_upload_that_the_dashboard_takes_passes_and_a_larger_one_does_not(proxy):
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    largest = (settings["server"]["maxUploadSize"] + 1) * MEGABYTE

    assert proxy.ask("PUT", "/_stcore/upload_file/1", content=b"x" * largest).json() == {"size": largest}
    assert proxy.ask("PUT", "/_stcore/upload_file/1", content=b"x" * (largest + 1)).status_code == 413


def test_no_other_address_takes_more_than_a_form(proxy):
    assert proxy.ask("POST", "/kundkort", content=b"x" * 64 * 1024).json()["size"] == 64 * 1024
    assert proxy.ask("POST", "/kundkort", content=b"x" * (64 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "/_stcore/metrics?families=x",
        "/_stcore//metrics",
        "/_stcore/%6detrics",
        "/_stcore/health/../metrics",
        "/_stcore/agent/interact",
        "/_stcore/script-health-check",
    ],
)
def test_what_is_not_for_browsers_is_closed(proxy, path):
    assert proxy.ask("GET", path).status_code == 404


def test_health_is_open(proxy):
    assert proxy.ask("GET", "/_stcore/health").status_code == 200


def test_the_dashboard_hears_from_the_proxy_where_a_request_comes_from_and_not_from_the_browser(proxy):
    forged = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "http",
        "X-Real-IP": "192.0.2.1",
        "Forwarded": "for=192.0.2.1",
    }
    told = proxy.ask("GET", "/", headers=forged).json()["headers"]

    assert told["host"] == told["x-forwarded-host"] == NAME
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert not {"x-real-ip", "forwarded"} & told.keys()


def test_the_dashboard_s_security_headers_pass_and_hsts_is_there_once(proxy):
    answer = proxy.ask("GET", "/")

    assert answer.headers.get_list("Content-Security-Policy") == [POLICY]
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    assert proxy.ask("GET", "/_stcore/metrics").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_cookies_of_a_sign_in_fit_both_ways(proxy):
    with proxy.client() as client:
        given = client.get("/sign-in", extensions={"sni_hostname": NAME})
        assert len(given.cookies) == 4
        cookies = "; ".join(f"{name}={value}" for name, value in given.cookies.items())
        told = client.get("/", extensions={"sni_hostname": NAME}, headers={"Cookie": cookies}).json()["headers"]
    assert told["cookie"] == cookies


def test_the_logs_hold_no_query_no_referrer_and_no_key_of_a_file(proxy, upstream):
    upstream.seen_half.set()
    referrer = {"Referer": f"https://{NAME}/kundkort?kund=secret-in-referrer"}
    for path in ("/kundkort", "/hamta/secret-key", "/media/secret-key.csv", "/_stcore/metrics", "/no/such/page"):
        proxy.ask("GET", f"{path}?kund=secret-in-query", headers=referrer)
    for path in ("/_stcore/upload_file/secret-key", "/kundkort"):
        too_much = proxy.ask("PUT", f"{path}?kund=secret-in-query", headers=referrer, content=b"x" * 22 * MEGABYTE)
        assert too_much.status_code == 413
    plain = f"http://127.0.0.1:{proxy.plain}/kundkort?kund=secret-in-query"
    httpx.get(plain, headers={"Host": NAME, **referrer}, trust_env=False)

    lines = written(proxy, "GET /kundkort 301 ")
    assert [line for line in lines if "GET /kundkort 200 " in line]
    assert [line for line in lines if "GET /hamta/... 200 " in line]
    assert [line for line in lines if "PUT /_stcore/upload_file/... 413 " in line]
    assert not [line for line in lines if "secret" in line or "?" in line]


def test_an_upstream_that_is_down_is_seen_in_the_log_without_the_address(tmp_path):
    gone = Upstream(1, port=free_port())
    with running(EXAMPLE.read_text("utf-8"), [gone], tmp_path) as proxy:
        assert proxy.ask("GET", "/kundkort?kund=secret-in-query").status_code == 502
        lines = written(proxy, "GET /kundkort 502 ")
    assert not [line for line in lines if "secret" in line]


def written(proxy: Proxy, last: str) -> list[str]:
    """Return the logs once they hold ``last``: a line is written after its answer is sent."""
    end = time.monotonic() + SECONDS
    while not any(last in line for line in proxy.lines()):
        assert time.monotonic() < end, f"no line with {last}"
        time.sleep(0.05)
    return proxy.lines()


def test_with_several_dashboards_a_browser_always_comes_to_the_same_one(tmp_path):
    example = re.sub(r"# (hash|server) ", r"\1 ", EXAMPLE.read_text("utf-8"))
    with ExitStack() as stack:
        upstreams = [stack.enter_context(serving(Upstream(number))) for number in (1, 2)]
        proxy = stack.enter_context(running(example, upstreams, tmp_path))
        for _ in range(2):
            found = {}
            for browser in range(20):
                cookie = {"Cookie": f"other=1; __Host-mv_browser=browser{browser}"}
                found[browser] = [proxy.ask("GET", "/", headers=cookie).json()["number"] for _ in range(3)]
            assert all(len(set(numbers)) == 1 for numbers in found.values())
            assert {numbers[0] for numbers in found.values()} == {1, 2}
