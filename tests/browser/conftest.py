"""Dashboards as processes of their own, and browsers in front of them.

The store is filled once for the run and copied. A worker has one Chromium and one dashboard of each kind, which starts
when a test first asks for it; a test gets people whom no other test knows, or a dashboard of another kind.

Every test fails when a page raised an error or showed one, when a request left this machine, and when an
identity number stood in an address, a title or the dashboard's log.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from socket import socket
from time import monotonic

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, expect, sync_playwright

from mv.customers import Customer
from mv.store import open_store
from tests.browser import provider, signing
from tests.browser.people import NOW, DayClock, People, prepare
from tests.browser.screen import LISTEN, Screen
from tests.browser.watch import REMEMBER, REPORT, STILL, Watch

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "test-results"
SECONDS_TO_START = 120
SECONDS_TO_END = 15
MILLISECONDS_TO_WAIT = 60_000
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


@dataclass(frozen=True)
class Prepared:
    """A store with everybody in it, to be copied, and the file that says who they are."""

    store: Path
    people: Path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The run's store: whichever worker is first fills it, and the others wait for that."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prepared"
    folder.mkdir(exist_ok=True)
    made = Prepared(folder / "mv.duckdb", folder / "people")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.people.exists():
            made.store.unlink(missing_ok=True)
            made.people.write_bytes(pickle.dumps(prepare(made.store)))
    return made


@pytest.fixture(scope="session")
def dashboard(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The worker's dashboard, a demonstration, at which most tests look."""
    with running(prepared, tmp_path_factory.mktemp("dashboard")) as started:
        yield started


@pytest.fixture(scope="session")
def provider_url() -> Iterator[str]:
    """The address of a provider at which people sign in."""
    with provider.running(free_port()) as url:
        yield url


@pytest.fixture(scope="session")
def signed(prepared: Prepared, provider_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard at which people sign in."""
    with signing_in(prepared, tmp_path_factory.mktemp("signed"), provider_url, idle_minutes=30) as started:
        yield started


@contextmanager
def signing_in(prepared: Prepared, folder: Path, provider_url: str, idle_minutes: float) -> Iterator[Dashboard]:
    """Run a dashboard at which people sign in; who does nothing for so long is signed out.

    It has the machine's clock, as the provider has, whose tokens hold for an hour of it. No day matters to its tests.
    """
    port, file = free_port(), folder / "auth.toml"
    file.write_text(signing.settings(port, provider_url, idle_minutes))
    with running(prepared, folder, port, now=None, MV_SETTINGS=str(file)) as started:
        yield started


@contextmanager
def running(
    prepared: Prepared,
    folder: Path,
    port: int = 0,
    script: str = "app.py",
    spoil: str = "",
    now: datetime | None = NOW,
    **environment: str,
) -> Iterator[Dashboard]:
    """Run a dashboard over a copy of the store, as a demonstration unless the environment says otherwise.

    ``spoil`` is a statement after which the store is not as the dashboard knows it; ``now`` is what its clock shows
    when it starts, None for the machine's clock.
    """
    port = port or free_port()
    store, log, settings = folder / "mv.duckdb", folder / "log.txt", folder / "settings.toml"
    settings.touch()
    shutil.copy(prepared.store, store)
    people: People = pickle.loads(prepared.people.read_bytes())  # noqa: S301 (written by this run)
    if spoil:
        with closing(open_store(str(store), DayClock())) as opened:
            opened.write(lambda tx: tx.execute(spoil))
    program = ["streamlit"] if now is None else ["tests.browser.start", now.isoformat()]
    command = [sys.executable, "-m", *program, "run", script, f"--server.port={port}", "--server.fileWatcherType=none"]
    own = {"MV_STORE": str(store), "MV_SETTINGS": str(settings), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
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


Kind = tuple[str, int, int]


@dataclass
class Profile:
    """A browser with one page, and what it tells of itself."""

    context: BrowserContext
    page: Page
    tools: CDPSession
    watch: Watch | None = None

    def remember(self, what: str, text: str) -> None:
        if self.watch:
            self.watch.remember(what, text)


class Profiles:
    """Browsers that one test after the other has to itself, emptied in between.

    The page stays open: a new one is a new process, which takes longer to start and to read Streamlit's script than
    most tests take.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[Kind, list[Profile]] = defaultdict(list)
        self._lent: list[tuple[Kind, Profile]] = []

    def lend(self, locale: str, width: int, height: int) -> Profile:
        """Return a browser that nobody has."""
        kind = (locale, width, height)
        profile = self._free[kind].pop() if self._free[kind] else self._new(kind)
        self._lent.append((kind, profile))
        return profile

    def _new(self, kind: Kind) -> Profile:
        locale, width, height = kind
        context = self._browser.new_context(
            locale=locale,
            timezone_id="Europe/Stockholm",
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        context.set_default_timeout(MILLISECONDS_TO_WAIT)
        context.add_init_script(REMEMBER)
        context.add_init_script(STILL)
        context.add_init_script(LISTEN)
        page = context.new_page()
        profile = Profile(context, page, context.new_cdp_session(page))
        context.expose_binding(REPORT, lambda _, what, text: profile.remember(what, text))
        return profile

    def take_back(self, url: str) -> None:
        """Forget what a person would call the browser's memory, and leave the dashboard for a picture of ``url``."""
        for kind, profile in self._lent:
            profile.watch = None
            for page in profile.context.pages:
                if page != profile.page:
                    page.close()
            width, height = kind[1:]
            profile.page.set_viewport_size({"width": width, "height": height})
            profile.page.goto(f"{url}/favicon.png")
            profile.context.clear_cookies()
            everything = {"origin": "*", "storageTypes": "local_storage,indexeddb"}
            profile.tools.send("Storage.clearDataForOrigin", everything)
            self._free[kind].append(profile)
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
        profile = profiles.lend(locale, width, height)
        profile.watch = Watch(profile.context, profile.page, at.log, numbers)
        opened.append(Screen(profile.page, at.url, profile.watch))
        return opened[-1]

    yield open_one
    for screen in opened:
        screen.watch.end()
    profiles.take_back(dashboard.url)


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
