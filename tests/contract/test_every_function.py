"""Every function that is handed the store and asks who acts comes to the same on both engines."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from mv.access import Actor
from mv.errors import MvError
from mv.store import open_store
from tests.conftest import SetClock
from tests.postgres import Server
from tests.rights import CALLS, ROLES, full_name, make_records, user


def outcomes(url: str, actor: Actor) -> list[tuple[str, str]]:
    """Call one function after the other, as somebody who may; return of each what it returns, or why it refuses."""
    came: list[tuple[str, str]] = []
    clock = SetClock()
    with closing(open_store(url, clock)) as store:
        records = make_records(store, clock, actor)
        for call in CALLS:
            who = user(next(role for role in ROLES if not call.lacking(role)))
            try:
                came.append((full_name(call.function), type(call.call(store, who, records)).__name__))
            except MvError as error:  # what an earlier call has done cannot be done again
                came.append((full_name(call.function), repr(error)))
    return came


def test_every_function_comes_to_the_same_on_both_engines(
    duckdb_file: Path, postgresql: Server, tmp_path: Path, actor: Actor
) -> None:
    on_duckdb = outcomes(str(shutil.copy(duckdb_file, tmp_path / "mv.duckdb")), actor)
    with postgresql.database("store") as url:
        on_postgresql = outcomes(url, actor)
    assert on_duckdb == on_postgresql
    assert len({outcome for _, outcome in on_duckdb}) > 20
