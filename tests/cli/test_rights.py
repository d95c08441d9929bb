"""What the command line lets each role do, of the user that an administrator has decided about."""

from __future__ import annotations

import getpass
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from mv import (
    customers,
    memberships,
    users,
)
from mv.access import EVERY_UNIT, Action, Actor, Role
from mv.cli import main
from mv.store import open_store
from tests.conftest import SetClock, invented_number
from tests.contents import LOG, contents, entries_of
from tests.rights import (
    ADMINISTRATOR,
    ANALYST,
    CARE,
    KEY,
    LEAD,
    LONG_AGO,
    ROLES,
)


@dataclass(frozen=True)
class Command:
    """Arguments, who may run it, and the right that others are refused."""

    arguments: tuple[str, ...]
    roles: set[Role]
    right: Action


COMMANDS = [
    Command(("export", "--output", "groups.csv"), {ANALYST, LEAD}, Action.EXPORT_GROUPS),
    Command(("export", "--output", "groups.csv", "--pseudonyms"), {ANALYST, LEAD}, Action.EXPORT_GROUPS),
    Command(("prune-log", "--before", "2021-01-01"), {LEAD}, Action.PRUNE_LOG),
    Command(("user", "eva.ek", "--role", "coordinator", "--units", "norr"), {ADMINISTRATOR}, Action.CHANGE_USER),
]


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let commands run in an empty folder, without sign-in but with a key, and return where their store is."""
    settings = tmp_path / "settings.toml"
    settings.write_text("")
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MV_STORE", store_url)
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setenv("MV_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return store_url


def decide_role(url: str, role: Role | None) -> str:
    """Put Anders with a group and an old log in the store, and decide the role of whoever runs commands."""
    runs = f"cli:{getpass.getuser()}"
    boss = Actor("boss", "Boss", ADMINISTRATOR, "")
    lead = Actor("lead", "Lead", LEAD, "norr", frozenset({EVERY_UNIT}))
    with closing(open_store(url, SetClock(LONG_AGO))) as store:
        users.assign_rights(store, boss, "boss", 0, ADMINISTRATOR, None)
        anders = customers.register(store, lead, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "norr")
        memberships.add(store, lead, anders.customer_id, memberships.Entry("pregnant", None, date(2020, 5, 1)))
        if role:
            users.assign_rights(store, boss, runs, 0, role, {"norr"})
    return runs


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.arguments))
def test_a_command_does_what_the_role_that_is_decided_for_its_user_includes(
    shell: str, clock: SetClock, capsys: pytest.CaptureFixture[str], command: Command, role: Role | None
) -> None:
    runs = decide_role(shell, role)
    with closing(open_store(shell, clock)) as store:
        before = contents(store)
    code = main(command.arguments)
    with closing(open_store(shell, clock)) as store:
        after = contents(store)
        refused, done = entries_of(store, runs, "refused"), entries_of(store, runs, "done")
    if role in command.roles:
        assert (code, refused) == (0, [])
        assert [entry["action"] for entry in done] == [command.right]
        return
    assert code == 1
    assert "Your role does not include this" in capsys.readouterr().err
    assert list(Path().iterdir()) == []
    assert {name for name in after if after[name] != before[name]} == set(LOG)
    assert done == []
    assert [(e["role"], e["unit_id"], e["action"], e["customer_id"]) for e in refused] == [
        (role or "", "norr" if role else "", command.right, None)
    ]


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_batches_are_listed_and_taken_in_for_the_roles_of_care_alone(
    shell: str, clock: SetClock, role: Role | None
) -> None:
    runs = decide_role(shell, role)
    Path("batches.csv").write_text("Vaccin;Batch\nEfluelda;AB-1", "utf-8")
    codes = [main(["batch", "list"]), main(["batch", "import", "batches.csv"])]
    with closing(open_store(shell, clock)) as store:
        refused, done = entries_of(store, runs, "refused"), entries_of(store, runs, "done")
    if role in CARE:  # a look at the list is no look at anybody's data
        assert (codes, refused) == ([0, 0], [])
        assert [(entry["action"], entry["unit_id"]) for entry in done] == [(Action.RECEIVE_BATCH, "norr")]
    else:
        assert (codes, done) == ([1, 1], [])
        assert [entry["action"] for entry in refused] == [Action.VIEW_BATCHES, Action.RECEIVE_BATCH]


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_a_file_of_people_is_taken_in_for_the_roles_of_care_alone(
    shell: str, clock: SetClock, capsys: pytest.CaptureFixture[str], role: Role | None
) -> None:
    runs = decide_role(shell, role)
    number = invented_number(date(1946, 3, 12))
    Path("people.csv").write_text(f"Personnummer;Kundgrupp;Dag\n{number};65_plus;2020-06-01", "utf-8")
    code = main(["import", "people.csv", "--unit", "norr"])
    with closing(open_store(shell, clock)) as store:
        refused, done = entries_of(store, runs, "refused"), entries_of(store, runs, "done")
    if role in CARE:
        assert (code, refused) == (0, [])
        assert {entry["action"] for entry in done} == {Action.IMPORT_ROWS, Action.ADD_GROUP}
        assert {entry["unit_id"] for entry in done if entry["action"] == Action.ADD_GROUP} == {"norr"}
    else:
        assert (code, capsys.readouterr().out, done) == (1, "", [])
        assert [entry["action"] for entry in refused] == [Action.IMPORT_ROWS]


def test_a_command_gives_identity_numbers_to_the_role_alone_that_includes_them(shell: str, clock: SetClock) -> None:
    runs = decide_role(shell, ANALYST)
    file, number = Path("groups.csv"), invented_number(date(1946, 3, 12))
    assert main(["export", "--output", str(file)]) == 0
    assert "customer_pseudonym" in file.read_text("utf-8-sig")
    assert number not in file.read_text("utf-8-sig")
    with closing(open_store(shell, clock)) as store:
        users.assign_rights(store, Actor("boss", "Boss", ADMINISTRATOR, ""), runs, 1, LEAD, {"norr"})
    assert main(["export", "--output", str(file)]) == 0
    assert number in file.read_text("utf-8-sig")
    assert main(["export", "--output", str(file), "--pseudonyms"]) == 0
    assert number not in file.read_text("utf-8-sig")
    with closing(open_store(shell, clock)) as store:
        details = [entry["detail"] for entry in entries_of(store, runs, "done")]
    assert ['"identities": true' in detail for detail in details] == [False, True, False]


def test_a_blocked_user_of_the_command_line_has_no_role(shell: str, clock: SetClock) -> None:
    runs = decide_role(shell, LEAD)
    with closing(open_store(shell, clock)) as store:
        users.assign_rights(store, Actor("boss", "Boss", ADMINISTRATOR, ""), runs, 1, LEAD, {EVERY_UNIT}, blocked=True)
    assert main(["export", "--output", "groups.csv"]) == 1
    assert list(Path().iterdir()) == []
    with closing(open_store(shell, clock)) as store:
        assert [(e["role"], e["action"]) for e in entries_of(store, runs, "refused")] == [("", "export_groups")]


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_whether_the_log_is_whole_is_told_to_any_role_without_data(
    shell: str, capsys: pytest.CaptureFixture[str], role: Role | None
) -> None:
    decide_role(shell, role)
    assert main(["check-log"]) == 0
    said = capsys.readouterr()
    assert (said.err, "Karlsson" in said.out) == ("", False)
