"""A dashboard as a process of its own, and browsers in front of it.

Every test fails when a page raised an error or showed one, when a request left this machine, and when an
identity number stood in an address, a title or the dashboard's log.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import socket
from time import monotonic

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, expect, sync_playwright

from mv.customers import Customer
from mv.store import open_store
from tests.browser.people import People, prepare
from tests.browser.screen import Screen
from tests.browser.watch import REMEMBER, Watch

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "test-results"
SECONDS_TO_START = 60
SECONDS_TO_END = 15
MILLISECONDS_TO_WAIT = 15_000
"""After this, what a user should see counts as missing."""

OWN_PAGES = ",".join(
    f"WebUI{part}"
    for part in (
        "ReloadButton", "Toolbar", "ToolbarWebView", "SplitTabsButton", "HomeButton", "LocationBar", "TabStrip",
        "OmniboxPopup", "OmniboxAimPopup",
    )
) + ",InitialWebUI,OmniboxPopupWebUI,PreloadTopChromeWebUI,PreloadTopChromeWebUILessNavigations"  # fmt: skip
"""Parts of Chromium's window that are pages themselves, and take a quarter of the time of a test that sees none."""

OpenScreen = Callable[..., Screen]
OPENED = pytest.StashKey[list[Screen]]()


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard."""

    url: str
    log: Path
    people: People
    store: Path


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard over a store of its own, which runs until this worker has no more tests."""
    with running(tmp_path_factory.mktemp("dashboard"), free_port()) as started:
        yield started


@contextmanager
def running(
    folder: Path, port: int, script: str = "app.py", spoil: str = "", **environment: str
) -> Iterator[Dashboard]:
    """Run a dashboard over a new store in ``folder``, as a demonstration unless the environment says otherwise.

    ``spoil`` is a statement after which the store is not as the dashboard knows it.
    """
    store, log, settings = folder / "mv.duckdb", folder / "log.txt", folder / "settings.toml"
    settings.touch()
    people = prepare(store)
    if spoil:
        with closing(open_store(str(store))) as opened:
            opened.write(lambda tx: tx.execute(spoil))
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"]
    own = {"MV_STORE": str(store), "MV_SETTINGS": str(settings), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--server.fileWatcherType=none"],
            cwd=ROOT,
            env={**os.environ, **own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(process, port, log)
        yield Dashboard(f"http://localhost:{port}", log, people, store)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the dashboard says that it is well; fail when it ends or takes too long."""
    give_up = monotonic() + SECONDS_TO_START
    while monotonic() < give_up and process.poll() is None:
        try:
            with closing(HTTPConnection("localhost", port, timeout=1)) as connection:
                connection.request("GET", "/_stcore/health")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail(f"The dashboard did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium", pytrace=False)
    options = ["gpu", "background-networking", "component-update", "sync", "quic"]
    arguments = [*(f"--disable-{option}" for option in options), "--no-first-run", f"--disable-features={OWN_PAGES}"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    expect.set_options(timeout=MILLISECONDS_TO_WAIT)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield opened
        opened.close()


class Profiles:
    """Browsers that one test after the other has to itself, emptied in between.

    What they keep is Streamlit's own script, which a new browser takes seconds to read and compile.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[tuple[str, int, int], list[BrowserContext]] = defaultdict(list)
        self._lent: list[tuple[tuple[str, int, int], BrowserContext]] = []

    def lend(self, locale: str, width: int, height: int) -> BrowserContext:
        """Return a browser that nobody has, with no page open."""
        kind = (locale, width, height)
        if self._free[kind]:
            context = self._free[kind].pop()
        else:
            context = self._browser.new_context(
                locale=locale,
                timezone_id="Europe/Stockholm",
                viewport={"width": width, "height": height},
                reduced_motion="reduce",
            )
            context.set_default_timeout(MILLISECONDS_TO_WAIT)
            context.add_init_script(REMEMBER)
        self._lent.append((kind, context))
        return context

    def take_back(self) -> None:
        """Close every page that was opened, and forget what a person would call the browser's memory."""
        for kind, context in self._lent:
            context.clear_cookies()
            with context.new_page() as page:
                context.new_cdp_session(page).send(
                    "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage,indexeddb"}
                )
            for page in context.pages:
                page.close()
            self._free[kind].append(context)
        self._lent.clear()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    """The browsers of this worker."""
    return Profiles(browser)


@pytest.fixture
def open_screen(request: pytest.FixtureRequest, profiles: Profiles, dashboard: Dashboard) -> Iterator[OpenScreen]:
    """Open a browser of its own in front of the dashboard: another user, with another language or width if wanted."""
    opened: list[Screen] = request.node.stash.setdefault(OPENED, [])

    def open_one(locale: str = "sv-SE", width: int = 1280, height: int = 900, at: Dashboard = dashboard) -> Screen:
        numbers = at.people.numbers | set(at.people.unregistered)
        context = profiles.lend(locale, width, height)
        page = context.new_page()
        opened.append(Screen(page, at.url, Watch(context, page, at.log, numbers)))
        return opened[-1]

    yield open_one
    for screen in opened:
        screen.watch.end()
    profiles.take_back()


@pytest.fixture
def screen(open_screen: OpenScreen) -> Screen:
    """A Swedish coordinator's browser."""
    return open_screen()


@pytest.fixture
def customer(dashboard: Dashboard) -> Customer:
    """Somebody whom no other test knows, without a group."""
    return dashboard.people.without_group.popleft()


@pytest.fixture
def pensioner(dashboard: Dashboard) -> Customer:
    """Somebody whom no other test knows, for weeks in the group 65 år och äldre."""
    return dashboard.people.with_group.popleft()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which something happened that must never happen; keep what the browsers of a failed one show."""
    opened = item.stash.get(OPENED, [])
    try:
        result = yield
        complaints = [complaint for screen in opened for complaint in screen.watch.complaints()]
        assert not complaints, "\n".join(complaints)
        return result
    except BaseException:
        name = re.sub(r"[^\w-]+", "-", item.nodeid)
        for number, screen in enumerate(opened, start=1):
            keep(screen, RESULTS / f"{name}-{number}")
        raise


def keep(screen: Screen, path: Path) -> None:
    """Write a picture of the screen, its text and the dashboard's log beside each other."""
    path.parent.mkdir(exist_ok=True)
    try:
        screen.page.screenshot(path=path.with_suffix(".png"), full_page=True)
        text = screen.page.locator("body").inner_text()
    except Error as error:
        text = f"The screen could not be read: {error}"
    parts = [screen.page.url, text, *screen.watch.errors, "The dashboard's log:", screen.watch.log()]
    path.with_suffix(".txt").write_text("\n".join(parts))
