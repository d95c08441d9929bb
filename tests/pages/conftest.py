"""A dashboard without a browser over a store of its own, which is a copy of one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager

from mv import origin
from mv.store import Store, open_store
from mv.ui import resources
from tests.conftest import SetClock


@pytest.fixture(scope="session", autouse=True)
def _no_search_for_components() -> Iterator[None]:
    """Spare each AppTest its search of all packages for components: it takes as long as five runs of a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BidiComponentManager, "discover_and_register_components", lambda _, **how: None)
        yield


@pytest.fixture(scope="session")
def demo_file(duckdb_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of invented people, nobody so far, to be copied."""
    path = Path(shutil.copy(duckdb_file, tmp_path_factory.mktemp("demo")))
    with closing(open_store(str(path), SetClock())) as made:
        made.load({"meta": pa.table(origin.INVENTED)})
    return path


@pytest.fixture
def store_file(demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> Iterator[Path]:
    """Let the dashboard open a store of invented people, nobody so far, without sign-in and at the time of the test."""
    file, settings = Path(shutil.copy(demo_file, tmp_path / "mv.duckdb")), tmp_path / "settings.toml"
    settings.touch()
    monkeypatch.setenv("MV_STORE", str(file))
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setattr(resources, "clock", clock)
    st.cache_resource.clear()
    yield file
    st.cache_resource.clear()


@pytest.fixture
def store(store_file: Path) -> Store:
    """The store that the dashboard has open."""
    return resources.store()
