"""``python -m mv users import``: a file of users, looked at and taken in whole or not at all."""

from __future__ import annotations

import getpass
from contextlib import closing
from pathlib import Path

import pytest

from mv import invitations, users
from mv.access import Actor, Role
from mv.cli import main
from mv.store import open_store
from tests.conftest import SetClock
from tests.contents import contents

ADMIN = Actor("ada.min", "Ada Min", Role.ADMINISTRATOR, "")
HEADINGS = "user;email;name;role;units;first day;last day\n"
WHOLE = f"{HEADINGS}kim;;Kim Ek;coordinator;norr,soder;;\n;eva.ek@example.org;Eva Ek;lead;norr;2026-12-01;\n"


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let commands run in an empty folder, without sign-in, and return where their store is."""
    (tmp_path / "settings.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MV_STORE", store_url)
    monkeypatch.setenv("MV_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return store_url


def test_a_file_is_looked_at_then_taken_in_then_the_same(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("users.csv").write_text(WHOLE)
    assert main(["users", "import", "users.csv", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "kim: new",
        "eva.ek@example.org: new",
        "2 new, 0 changed, 0 as before",
        "Nothing was saved: this was a dry run.",
    ]
    assert main(["users", "import", "users.csv"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 new, 0 changed, 0 as before"
    with closing(open_store(shell, SetClock())) as store:
        kim = users.get(store, "kim")
        assert kim is not None
        assert (kim.role, kim.units) == (Role.COORDINATOR, {"norr", "soder"})
        assert [each.role for each in invitations.open_invitations(store, ADMIN)] == [Role.LEAD]
        before = contents(store)
    assert main(["users", "import", "users.csv"]) == 0
    assert capsys.readouterr().out == "0 new, 0 changed, 2 as before\n"
    with closing(open_store(shell, SetClock())) as store:
        assert contents(store) == before


def test_a_file_with_a_problem_is_not_taken_in(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("users.csv").write_text(f"{WHOLE}bo;;;owner;norr;;\nbea;;;lead;nowhere;;\n")
    assert main(["users", "import", "users.csv"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Row 4, column role: “owner” is no role. The roles are coordinator, analyst, lead, administrator."
    assert said[1].startswith("Row 5, column units: There is no unit “nowhere”.")
    assert said[-1] == "2 problems: nothing was saved."
    with closing(open_store(shell, SetClock())) as store:
        assert users.list_users(store, ADMIN) == []


def test_once_there_is_an_administrator_nobody_else_takes_a_file_in(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("users.csv").write_text(WHOLE)
    with closing(open_store(shell, SetClock())) as store:
        users.assign_rights(store, ADMIN, "ada.min", 0, Role.ADMINISTRATOR, None)
        users.assign_rights(store, ADMIN, f"cli:{getpass.getuser()}", 0, Role.LEAD, None)
    assert main(["users", "import", "users.csv"]) == 1
    assert "Your role does not include this." in capsys.readouterr().err
