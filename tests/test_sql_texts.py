"""A run of everything fails where a text of SQL ran on DuckDB alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sql_texts import DUCKDB, POSTGRESQL, normal, untried

ROOT = Path(__file__).parents[1]
RUN = """
from tests import sql_texts

def pytest_configure(config):
    config.pluginmanager.register(sql_texts)
"""
SENDS = """
import pytest
from tests.sql_texts import TEXTS

@pytest.mark.parametrize("engine", {engines})
def test_a_text_is_sent(pytestconfig, engine):
    pytestconfig.stash[TEXTS][engine].add("SELECT 1")
"""


@pytest.mark.parametrize(
    ("engines", "chosen", "code"),
    [
        (["duckdb"], [], 1),
        (["duckdb"], ["-n", "1"], 1),
        (["duckdb", "postgresql"], [], 0),
        (["duckdb"], ["test_it.py"], 0),
        (["duckdb"], ["-k", "sent"], 0),
    ],
    ids=["left out", "left out by a worker", "on both", "a single file", "a choice"],
)
def test_a_whole_run_fails_where_a_text_ran_on_duckdb_alone(
    tmp_path: Path, engines: list[str], chosen: list[str], code: int
) -> None:
    (tmp_path / "conftest.py").write_text(RUN)
    (tmp_path / "test_it.py").write_text(SENDS.format(engines=engines))
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = .\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("SELECT 1" in done.stdout) == (code != 0)


def test_texts_are_the_same_whatever_their_numbers_and_how_many_values_they_take() -> None:
    assert normal("INSERT INTO t\n  VALUES ($1, $2), ($3, $4)") == normal("INSERT INTO t VALUES ($3, $4)")


def test_a_condition_is_tried_with_whichever_others() -> None:
    one, both = "SELECT 1 FROM t WHERE TRUE AND a = $n", "SELECT 1 FROM t WHERE TRUE AND a = $n AND b = $n"
    assert untried({DUCKDB: {one}, POSTGRESQL: {both}}) == []
    assert untried({DUCKDB: {both}, POSTGRESQL: {one}}) == [both]
