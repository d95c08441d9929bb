"""What the dashboard answers to whom: headers, cookies, closed addresses, refusals to start, errors without data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from mv.store import open_store
from tests.browser.conftest import ROOT, Dashboard, OpenScreen, Prepared, free_port, running
from tests.browser.people import DayClock
from tests.browser.screen import Screen

STATIC = next((Path(sys.prefix) / "lib").glob("python*/site-packages/streamlit/static/static/js/*.js")).name
ANSWERS = {
    "/": 200,
    "/kundkort?kund=1": 200,
    "/favicon.png": 200,
    f"/static/js/{STATIC}": 200,
    "/_stcore/health": 200,
    "/_stcore/host-config": 200,
    "/_stcore/metrics": 404,
    "/_stcore/agent/openapi.json": 404,
    "/_stcore/script-health-check": 404,
    "/media/nothing": 404,
    "/hamta/nothing": 404,
}
SECONDS = 120


def get(dashboard: Dashboard, path: str, **headers: str) -> HTTPResponse:
    """Return the answer to a plain request, read to its end."""
    connection = HTTPConnection("localhost", urlsplit(dashboard.url).port or 0, timeout=SECONDS)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize("path", ANSWERS)
def test_every_kind_of_answer_has_the_protecting_headers(dashboard: Dashboard, path: str) -> None:
    response = get(dashboard, path)
    assert response.status == ANSWERS[path]
    policy = response.headers["Content-Security-Policy"]
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in response.headers
    assert not re.search(r"\d", response.headers.get("Server", ""))
    kept = "immutable" in response.headers["Cache-Control"]
    assert kept if path.startswith(("/static/", "/favicon")) else response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "dashboard.example.se"},
        {"Host": "localhost.example.se"},
        {"X_Forwarded_For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/hamta/nothing"])
def test_without_sign_in_it_answers_this_machines_own_browser_alone(
    dashboard: Dashboard, path: str, headers: dict[str, str]
) -> None:
    assert get(dashboard, path, **headers).status == 403
    stream = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    key = {"Sec_WebSocket_Key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
    assert get(dashboard, "/_stcore/stream", **headers, **stream, **key).status == 403


def test_cookies_last_for_the_session_and_a_download_is_for_the_browser_that_was_offered_it(
    screen: Screen, open_screen: OpenScreen
) -> None:
    screen.visit("utdata", "Utdata")
    cookies = {cookie["name"]: cookie for cookie in screen.page.context.cookies()}
    assert set(cookies) == {"mv_browser", "_streamlit_xsrf"}
    assert all(cookie["expires"] == -1 and cookie["sameSite"] == "Lax" for cookie in cookies.values())
    assert cookies["mv_browser"]["httpOnly"]
    assert not cookies["_streamlit_xsrf"]["httpOnly"]

    address = screen.link("Hämta").get_attribute("href")
    other = open_screen(locale="en-GB")
    other.visit()
    answer = other.page.request.get(f"{other.url}{address}")
    assert answer.status == 403
    assert "made for another browser" in other.page.goto(f"{other.url}{address}").text()  # type: ignore[union-attr]
    screen.go_to("Sök kund")
    screen.is_on("Sök kund")
    screen.is_at_rest()
    assert screen.page.request.get(f"{screen.url}{address}").status == 404


@pytest.mark.parametrize(
    ("invented", "option", "words"),
    [
        (True, "--server.address=0.0.0.0", "server.address (0.0.0.0)"),
        (True, "--server.address=", "server.address (0.0.0.0)"),
        (False, "--server.address=localhost", "python -m mv sample"),
    ],
)
def test_without_sign_in_it_starts_for_this_machine_alone_and_with_invented_people_alone(
    tmp_path: Path, invented: bool, option: str, words: str
) -> None:
    store, settings = tmp_path / "mv.duckdb", tmp_path / "settings.toml"
    settings.touch()
    with closing(open_store(str(store), DayClock())) as opened:
        if invented:
            opened.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('made_by', 'sample')"))
    ended = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={free_port()}", option],
        cwd=ROOT,
        env={**os.environ, "MV_STORE": str(store), "MV_SETTINGS": str(settings)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode != 0
    assert words in ended.stderr
    assert ".streamlit/secrets.toml" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_script_by_itself_shows_no_page(prepared: Prepared, tmp_path: Path, open_screen: OpenScreen) -> None:
    with running(prepared, tmp_path, script="mv/ui/frame/dashboard.py") as unguarded:
        screen = open_screen(at=unguarded)
        for address in ("", "utdata"):
            screen.visit(address)
            expect(screen.message("utan den är anropen inte skyddade")).to_be_visible()
            expect(screen.menu.get_by_role("link")).to_have_count(0)
            expect(screen.main.get_by_role("heading", level=2)).to_have_count(0)


def test_a_setting_that_cannot_be_meant_keeps_it_from_starting(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("[mv]\nidle_minutes = 0\n")
    ended = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={free_port()}"],
        cwd=ROOT,
        env={**os.environ, "MV_STORE": str(tmp_path / "mv.duckdb"), "MV_SETTINGS": str(settings)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode != 0
    assert "idle_minutes måste vara ett antal minuter" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unexpected_error_is_shown_with_a_number_and_logged_without_what_it_says(
    prepared: Prepared, tmp_path: Path, open_screen: OpenScreen
) -> None:
    with running(prepared, tmp_path, spoil="DROP TABLE customer_name") as faulty:
        screen = open_screen(at=faulty)
        screen.watch.expects_fault = True
        screen.visit("", "Sök kund")
        screen.search("Hemligsson")
        message = screen.message("Något gick fel")
        expect(message).to_be_visible()
        number = message.inner_text().split()[-1]
        expect(screen.page.get_by_test_id("stException")).to_have_count(0)
        log = screen.watch.log()
    assert f"Unexpected error {number}: " in log
    assert "mv/customers.py:" in log
    assert "CatalogException" in log
    for hidden in ("Traceback", "does not exist", "SELECT", "Hemligsson"):
        assert hidden not in log
