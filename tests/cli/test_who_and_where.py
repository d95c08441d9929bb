"""Who runs a command, and at which unit, in the access log."""

from __future__ import annotations

import os
import pwd
from contextlib import closing
from pathlib import Path

import pytest

from mv import users
from mv.access import EVERY_UNIT, Action, Actor, Role
from mv.cli import main
from mv.store import open_store
from tests.conftest import SetClock
from tests.contents import entries_of, logged

ME = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
BOSS = Actor("boss", "Boss", Role.ADMINISTRATOR, "")


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "settings.toml"
    settings.write_text("")
    monkeypatch.setenv("MV_STORE", store_url)
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return store_url


def decide(url: str, clock: SetClock, *units: str) -> None:
    with closing(open_store(url, clock)) as store:
        users.assign_rights(store, BOSS, "boss", 0, Role.ADMINISTRATOR, None)
        users.assign_rights(store, BOSS, ME, 0, Role.LEAD, set(units))


def unit_of_export(url: str, clock: SetClock) -> list[str]:
    with closing(open_store(url, clock)) as store:
        assert {entry["user_id"] for entry in logged(store, "export_groups")} <= {ME}
        return [entry["unit_id"] for entry in logged(store, "export_groups")]


@pytest.mark.parametrize("name", ["LOGNAME", "USER", "LNAME", "USERNAME"])
def test_the_environment_does_not_say_who_runs_a_command(
    shell: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    decide(shell, clock, "norr")
    monkeypatch.setenv(name, "somebody.else")
    assert main(["export", "--output", "groups.csv"]) == 0
    assert unit_of_export(shell, clock) == ["norr"]


def test_a_user_without_a_name_in_the_operating_system_is_its_number(
    shell: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(shell, clock, "norr")
    monkeypatch.setattr("os.getuid", lambda: 64_123)
    assert main(["export", "--output", "groups.csv"]) == 1
    with closing(open_store(shell, clock)) as store:
        assert [entry["action"] for entry in entries_of(store, "cli:64123", "refused")] == ["export_groups"]


@pytest.mark.parametrize(
    ("units", "before", "expected"),
    [
        (("norr",), (), "norr"),
        (("norr", "soder"), (), ""),
        ((EVERY_UNIT,), (), ""),
        (("norr", "soder"), ("--at", "soder"), "soder"),
        ((EVERY_UNIT,), ("--at", "mottagning söder"), "soder"),
    ],
)
def test_a_command_is_logged_at_the_unit_that_it_names_or_the_only_one_of_its_user(
    shell: str, clock: SetClock, units: tuple[str, ...], before: tuple[str, ...], expected: str
) -> None:
    decide(shell, clock, *units)
    assert main([*before, "export", "--output", "groups.csv"]) == 0
    assert unit_of_export(shell, clock) == [expected]


def test_the_unit_may_stand_in_the_environment(shell: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(shell, clock, "norr", "soder")
    monkeypatch.setenv("MV_UNIT", "soder")
    assert main(["export", "--output", "groups.csv"]) == 0
    assert unit_of_export(shell, clock) == ["soder"]


@pytest.mark.parametrize(("unit", "refusals"), [("soder", [Action.SIGN_IN]), ("nowhere", [])])
def test_a_unit_that_is_not_the_users_own_is_refused(
    shell: str, clock: SetClock, capsys: pytest.CaptureFixture[str], unit: str, refusals: list[str]
) -> None:
    decide(shell, clock, "norr")
    assert main(["--at", unit, "export", "--output", "groups.csv"]) == 1
    assert capsys.readouterr().err
    assert not Path("groups.csv").exists()
    with closing(open_store(shell, clock)) as store:
        assert [entry["action"] for entry in entries_of(store, ME, "refused")] == refusals
        assert entries_of(store, ME, "done") == []
