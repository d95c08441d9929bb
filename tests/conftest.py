"""What the tests share: a clock that can be set, a real store, people in it, and who acts.

A store is a DuckDB file, but in the folders of BOTH_ENGINES and in tests marked so, which run on PostgreSQL as well;
``--both-engines`` runs every test with a store on both, ``--without-servers`` none that needs a browser or a server.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.workermanage import WorkerController

from mv import customers
from mv.access import EVERY_UNIT, Actor, Role
from mv.customers import Customer
from mv.identity import check_digit
from mv.sample import example
from mv.store import Store, open_store
from tests import postgres, sql_texts
from tests.postgres import Server

# Neither has a limit of time: a machine that has much else to do is no failure. The fast one tries the same each time.
UNHURRIED = settings(deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("fast", UNHURRIED, max_examples=20, derandomize=True)
settings.register_profile("thorough", UNHURRIED, max_examples=100)
settings.load_profile("fast")

TODAY = date(2026, 11, 22)
ENGINES = ("duckdb", "postgresql")
BOTH_ENGINES = ("contract", "store")
"""The folders here whose tests are about what both engines must do."""
FIRST = ("web", "browser")
"""The folders here whose tests are begun first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both-engines", action="store_true", help="run every test that has a store on both engines")
    parser.addoption("--without-servers", action="store_true", help="leave out what needs a browser or a server")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_engines: has SQL that no test of BOTH_ENGINES sends to PostgreSQL")
    postgres.prepare(config)
    config.pluginmanager.register(sql_texts)


def pytest_configure_node(node: WorkerController) -> None:
    postgres.tell_worker(node)


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.clear(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of a store on both engines where its folder, its mark or the command line says so."""
    if "engine" in metafunc.fixturenames:
        folder = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
        marked = metafunc.definition.get_closest_marker("both_engines") is not None
        both = folder in BOTH_ENGINES or marked or metafunc.config.getoption("--both-engines")
        metafunc.parametrize("engine", ENGINES if both else ENGINES[:1])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files, and leave out what needs a browser or a server where that is asked for.

    The longest are the browser's. Before them comes what runs an event loop of its own: Playwright keeps one running.
    """
    items.sort(
        key=lambda item: next((place for place, part in enumerate(FIRST) if part in item.path.parts), len(FIRST))
    )
    if config.getoption("--without-servers"):
        left_out = [item for item in items if _needs_server(item)]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def _needs_server(item: pytest.Item) -> bool:
    engine = item.callspec.params.get("engine") if hasattr(item, "callspec") else None
    servers = {"postgresql", "proxy", "browser"} & set(getattr(item, "fixturenames", ()))
    return engine == "postgresql" or bool(servers)


@dataclass
class SetClock:
    """A clock that shows what it is set to: noon of TODAY in UTC unless a test moves it."""

    now: datetime = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(autouse=True)
def _commands_at_the_test_s_time(monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> None:
    monkeypatch.setattr("mv.cli.command.clock", clock)


def _make_store(url: str) -> None:
    made = open_store(url, SetClock(datetime(TODAY.year, 1, 1, 12, tzinfo=UTC)))
    example.add(made)
    made.close()


@pytest.fixture(scope="session")
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the catalogue and nobody in it, to be copied: that is faster than making it anew."""
    path = tmp_path_factory.mktemp("duckdb") / "mv.duckdb"
    _make_store(str(path))
    return path


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> Server:
    """The run's PostgreSQL server, whose database ``store`` has the catalogue and nobody in it."""
    return postgres.server(request.config, _make_store)


@pytest.fixture
def store_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store of the test's own is, with the catalogue and nobody in it."""
    if engine == "duckdb":
        yield str(shutil.copy(request.getfixturevalue("duckdb_file"), tmp_path / "mv.duckdb"))
    else:
        with request.getfixturevalue("postgresql").database("store") as url:
            yield url


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store could be, but is none."""
    if engine == "duckdb":
        yield str(tmp_path / "new" / "mv.duckdb")
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url


@pytest.fixture
def store(store_url: str, clock: SetClock) -> Iterator[Store]:
    opened = open_store(store_url, clock)
    yield opened
    opened.close()


@pytest.fixture
def actor() -> Actor:
    return Actor("karin.holm", "Karin Holm", Role.LEAD, "norr", frozenset({EVERY_UNIT}))


@pytest.fixture
def colleague() -> Actor:
    return Actor("samir.haddad", "Samir Haddad", Role.COORDINATOR, "soder", frozenset({"norr", "centrum"}))


def tries(thorough: int) -> settings:
    """Try a property whose tries are slow so often in the profile thorough, and in another in proportion."""
    return settings(max_examples=max(3, thorough * settings.default.max_examples // 100))


def invented_number(born: date, serial: int = 981) -> str:
    """Return a personnummer that passes the check, for an invented person; an odd serial is a man's."""
    return f"{born:%Y%m%d}{serial}{check_digit(f'{born:%y%m%d}{serial}')}"


@pytest.fixture
def anders(store: Store, actor: Actor) -> Customer:
    """Anders Karlsson, 80 years old, at the unit norr."""
    return customers.register(store, actor, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "norr")
