"""A plugin of pytest: every SQL text of mv/ that a whole run sends to DuckDB is to be sent to PostgreSQL, too.

A run of everything fails where one was not: tests/contract/ lacks a case of it then.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from xdist.workermanage import WorkerController

from mv.store.duckdb import DuckEngine, DuckTransaction
from mv.store.postgres import PostgresEngine, PostgresTransaction

Texts = dict[str, set[str]]

DUCKDB, POSTGRESQL = "duckdb", "postgresql"
MV = f"{Path(__file__).parents[1] / 'mv'}/"
STORE = f"{MV}store/"
MIGRATE = f"{STORE}migrate.py"

ROWS_OF_VALUES = re.compile(r"\(\$n(?:, \$n)*\)(?:, \(\$n(?:, \$n)*\))*")
CLAUSES = re.compile(r" (?:WHERE|AND|GROUP BY|ORDER BY|LIMIT|UNION ALL) ")
IN_WORKEROUTPUT = "sql_texts"
TEXTS = pytest.StashKey[Texts]()
UNTRIED = pytest.StashKey[list[str]]()


class Recorder:
    """Notes what is sent to the engines of this process."""

    def __init__(self) -> None:
        self.texts: Texts = {DUCKDB: set(), POSTGRESQL: set()}

    def note(self, engine: str, sql: str) -> None:
        """Note a text that mv/ sends; those of tests, and of the store's own making, are none."""
        frame: FrameType | None = sys._getframe(1)
        while frame and frame.f_code.co_filename.startswith((STORE, __file__)):
            if frame.f_code.co_filename == MIGRATE:
                return
            frame = frame.f_back
        if frame and frame.f_code.co_filename.startswith(MV):
            self.texts[engine].add(normal(sql))

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Have both engines tell what they are sent."""
        for engine, transaction in ((DUCKDB, DuckTransaction), (POSTGRESQL, PostgresTransaction)):
            patch.setattr(transaction, "execute", self._telling(engine, transaction.execute))
            patch.setattr(transaction, "load", self._telling(engine, transaction.load, "load {}"))
        for engine, cls in ((DUCKDB, DuckEngine), (POSTGRESQL, PostgresEngine)):
            patch.setattr(cls, "batches", self._telling(engine, cls.batches))

    def _telling(self, engine: str, method: Any, form: str = "{}") -> Any:
        def told(this: object, sql: str, *rest: object) -> Any:
            if sys._getframe(1).f_code.co_name != "load":  # which each engine does in its own way
                self.note(engine, form.format(sql))
            return method(this, sql, *rest)

        return told


def normal(sql: str) -> str:
    """Return ``sql`` whatever the numbers of its parameters, how many rows of values it takes, and its line ends."""
    one_line = re.sub(r"\s+", " ", re.sub(r"\$\d+", "$n", sql)).strip()
    return ROWS_OF_VALUES.sub("($n)", one_line)


def parts(texts: set[str]) -> set[str]:
    """Return the clauses that the texts are put together of: a filter adds its own to others, in any number."""
    return {part for text in texts for part in CLAUSES.split(text)}


def untried(texts: Texts) -> list[str]:
    """Return what ran on DuckDB and has a clause that did not run on PostgreSQL."""
    tried = parts(texts[POSTGRESQL])
    return sorted(text for text in texts[DUCKDB] if not parts({text}) <= tried)


def is_whole(config: pytest.Config) -> bool:
    """Return whether the run is of every test there is."""
    chosen = ("keyword", "markexpr", "ignore", "ignore_glob", "deselect", "lf", "collectonly", "without_servers")
    everything = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    return everything and not any(config.getoption(name, None) for name in chosen)


def pytest_configure(config: pytest.Config) -> None:
    recorder = Recorder()
    config.stash[TEXTS] = recorder.texts
    patch = pytest.MonkeyPatch()
    recorder.watch(patch)
    config.add_cleanup(patch.undo)


def pytest_testnodedown(node: WorkerController) -> None:
    """Take over what a worker has noted."""
    for engine, texts in json.loads(getattr(node, "workeroutput", {}).get(IN_WORKEROUTPUT, "{}")).items():
        node.config.stash[TEXTS][engine].update(texts)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand over what this worker has noted; where it is no worker, fail a whole run that left a text out."""
    config, texts = session.config, session.config.stash[TEXTS]
    if hasattr(config, "workeroutput"):
        config.workeroutput[IN_WORKEROUTPUT] = json.dumps({engine: sorted(found) for engine, found in texts.items()})
    elif exitstatus == pytest.ExitCode.OK and is_whole(config) and (found := untried(texts)):
        config.stash[UNTRIED] = found
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which texts were left out."""
    found = config.stash.get(UNTRIED, [])
    if found:
        terminalreporter.section(f"{len(found)} SQL texts ran on DuckDB alone: give each a case in tests/contract/")
        for text in found:
            terminalreporter.write_line(text)
