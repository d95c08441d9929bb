"""Which role may do what: the allow-list, and every function that does something with people."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mv
from mv.access import EVERY_UNIT, Action, Actor, OtherUnit, Role, may, require
from mv.audit import ONE_LOOK
from mv.errors import Forbidden, MvError
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.store import Store, open_store
from mv.store.engine import Engine, Transaction
from tests.conftest import SetClock
from tests.contents import LOG, entries_of, logged, nothing_changes
from tests.rights import (
    ADMINISTRATOR,
    CALLS,
    LEAD,
    MAY,
    ROLES,
    WITHOUT_ACTOR,
    Call,
    Records,
    full_name,
    make_records,
    user,
)

NOBODYS = {
    "unit", "customer_group", "subgroup", "vaccine", "vaccine_pack", "catalogue_change",
    "payment_rule", "payment_rule_change", "payer",
}  # fmt: skip
"""Tables that hold nobody's data: what can be chosen."""
TABLE = re.compile(r"(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")


class Watched:
    """An engine that remembers which tables it is asked about."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.url, self.dialect = engine.url, engine.dialect
        self.tables: set[str] = set()

    @contextmanager
    def transaction(self, *, one_state: bool = False) -> Iterator[Transaction]:
        with self._engine.transaction(one_state=one_state) as tx:
            yield WatchedTransaction(tx, self.tables)

    def batches(self, sql: str, *params: object) -> AbstractContextManager[Any]:
        self.tables |= set(TABLE.findall(sql))
        return self._engine.batches(sql, *params)

    def lost_race(self, error: Exception) -> bool:
        return self._engine.lost_race(error)


@dataclass
class WatchedTransaction:
    tx: Transaction
    tables: set[str]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def run(sql: str, *params: object) -> Any:
            self.tables |= set(TABLE.findall(sql))
            return getattr(self.tx, name)(sql, *params)

        return run


@pytest.fixture(scope="module")
def made(duckdb_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Records]:
    """A store with something to do something with, to be copied; tests/contract/ calls the same on both engines."""
    path, clock = Path(shutil.copy(duckdb_file, tmp_path_factory.mktemp("records"))), SetClock()
    with closing(open_store(str(path), clock)) as store:
        return path, make_records(
            store, clock, Actor("karin.holm", "Karin Holm", LEAD, "norr", frozenset({EVERY_UNIT}))
        )


@pytest.fixture
def store_url(made: tuple[Path, Records], tmp_path: Path) -> str:
    return str(shutil.copy(made[0], tmp_path / "mv.duckdb"))


@pytest.fixture
def records(made: tuple[Path, Records]) -> Records:
    return made[1]


def functions_with_store() -> Iterator[Callable[..., object]]:
    """Yield every public function of the program, screens and command line apart, that is handed the store."""
    for found in pkgutil.walk_packages(mv.__path__, "mv."):
        if found.name.startswith(("mv.ui", "mv.cli", "mv.__main__", "mv.audit")):  # mv.audit is what the others ask
            continue
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            of_module = function.__module__ == module.__name__ and not name.startswith("_")
            if of_module and "store" in inspect.signature(function).parameters:
                yield function


# The allow-list


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_a_role_may_do_what_is_written_down_for_it_and_nothing_else(role: Role | None) -> None:
    assert set(MAY) == set(Action)
    assert {action for action in Action if may(user(role), action)} == {action for action in MAY if role in MAY[action]}
    for action in Action:
        if role in MAY[action]:
            require(user(role), action)
        else:
            with pytest.raises(Forbidden):
                require(user(role), action)


def test_a_role_or_an_action_that_nobody_has_heard_of_is_refused() -> None:
    stranger: Any = "owner"
    unheard: Any = "erase_everything"
    assert not any(may(user(stranger), action) for action in Action)
    assert not may(user(LEAD), unheard)


def test_whoever_decides_about_users_does_nothing_with_people() -> None:
    of_administrator = {action for action in Action if may(user(ADMINISTRATOR), action)}
    session = {Action.SIGN_IN, Action.SIGN_OUT, Action.ACCEPT_INVITATION}
    no_people = {Action.VIEW_SETUP, Action.DECIDE_SETUP, Action.VIEW_USERS, Action.CHANGE_USER}
    assert of_administrator == no_people | session


def test_a_refusal_says_whom_to_ask_in_both_languages() -> None:
    with pytest.raises(Forbidden) as caught:
        require(user(ADMINISTRATOR), Action.VIEW_CUSTOMER)
    english = "Your role does not include this. Ask whoever is responsible for users."
    assert explain(caught.value, ENGLISH) == english
    assert explain(caught.value, SWEDISH) not in (english, "")


# The functions behind it


def test_every_function_that_has_the_store_asks_who_acts_or_has_a_reason_not_to() -> None:
    found = {full_name(function): inspect.signature(function).parameters for function in functions_with_store()}
    assert {name for name, parameters in found.items() if "actor" in parameters} == {
        full_name(call.function) for call in CALLS
    }
    assert {name for name, parameters in found.items() if "actor" not in parameters} == set(WITHOUT_ACTOR)


def test_every_action_is_asked_for_by_a_function() -> None:
    # Who may export may preview, and that is a word in the log alone; signing in and out has its own tests.
    elsewhere = {Action.PREVIEW_EXPORT, Action.SIGN_IN, Action.SIGN_OUT, Action.ACCEPT_INVITATION}
    assert {right for call in CALLS for right in call.rights} == set(Action) - elsewhere


@pytest.mark.parametrize("call", CALLS, ids=[f"{n}-{full_name(call.function)}" for n, call in enumerate(CALLS)])
def test_each_role_is_let_in_or_refused_as_the_table_says(
    store: Store, clock: SetClock, records: Records, call: Call
) -> None:
    with nothing_changes(store, but=LOG):
        for role in ROLES:
            if lacking := call.lacking(role):
                check_refusal(store, clock, records, call, user(role), lacking)
    done_before = False
    for role in ROLES:
        if not call.lacking(role):
            try:
                call.call(store, user(role), records)
            except MvError as error:  # what one role has done cannot be done again
                assert done_before and not isinstance(error, Forbidden)
            done_before = True
            assert entries_of(store, user(role).user_id, "refused") == []
    assert done_before


def check_refusal(store: Store, clock: SetClock, records: Records, call: Call, who: Actor, lacking: Action) -> None:
    """Check that ``who`` is refused, with nothing read but the log, and is logged once in ten minutes."""
    watched, done = Watched(store._engine), entries_of(store, who.user_id, "done")
    for _ in range(2):
        with pytest.raises(Forbidden) as caught:
            call.call(Store(watched, clock), who, records)
        assert not isinstance(caught.value, OtherUnit)
        assert not caught.value.params
    assert watched.tables <= {*LOG, *NOBODYS}
    assert entries_of(store, who.user_id, "refused") == [
        {
            "logged_at": store.now(),
            "user_id": who.user_id,
            "role": who.role or "",
            "unit_id": "norr",
            "action": lacking,
            "customer_id": getattr(records, call.about).customer_id if call.about else None,
            "outcome": "refused",
            "why": None,
            "detail": None,
        }
    ]
    assert entries_of(store, who.user_id, "done") == done
    before = logged(store)
    clock.now += ONE_LOOK
    with pytest.raises(Forbidden):
        call.call(store, who, records)
    assert len(logged(store)) == len(before) + 1
    clock.now -= ONE_LOOK
