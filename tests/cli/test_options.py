"""The commands, their options and their exit codes, which scripts rely on.

A command that is understood goes on to open the store. Here that is none that can be opened, which is exit code 1;
wrong arguments are exit code 2 before that. So what is taken and what is refused shows without running a command.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mv import export, sample, users
from mv.access import Role
from mv.access_log import chain
from mv.cli import main
from mv.export import Csv, Filters, Parquet, Status, Xlsx, claims, doses
from mv.export.doses import DoseFilters

UNDERSTOOD, REFUSED = 1, 2
FLAG: tuple[str, ...] = ()
TEXT = ("any text", "åäö")
DAY = ("2026-01-31",)
NO_DAY = ("2026-02-30", "yesterday", "")


@dataclass(frozen=True)
class Option:
    """Values that an option takes, and values that it refuses. A flag takes none."""

    good: tuple[str, ...]
    bad: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    options: dict[str, Option]
    required: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


OUTPUT = {
    "--output": Option(("file.csv",)),
    "--format": Option(("csv", "parquet", "xlsx"), ("pdf", "CSV", "")),
    "--delimiter": Option((";", ","), ("|", "")),
    "--headings": Option(("en", "sv"), ("de",)),
    "--progress": Option(FLAG),
    "--pseudonyms": Option(FLAG),
}
TO_FILE = ("--output", "file.csv")
COMMANDS = {
    "sample": Command(
        {
            "--customers": Option(("5000", "-1"), ("many", "1.5", "")),
            "--seed": Option(("0", "7"), ("-1", "x", "")),
            "--if-missing": Option(FLAG),
        }
    ),
    "export": Command(
        OUTPUT
        | {
            "--status": Option(("all", "active", "inactive"), ("ended",)),
            "--group": Option(TEXT),
            "--subgroup": Option(TEXT),
            "--unit": Option(TEXT),
            "--valid-from": Option(DAY, NO_DAY),
            "--valid-to": Option(DAY, NO_DAY),
            "--registered-from": Option(DAY, NO_DAY),
            "--registered-to": Option(DAY, NO_DAY),
            "--as-of": Option(DAY, NO_DAY),
        },
        TO_FILE,
    ),
    "export-doses": Command(
        OUTPUT
        | {
            "--group": Option(TEXT),
            "--vaccine": Option(TEXT),
            "--unit": Option(TEXT),
            "--given-from": Option(DAY, NO_DAY),
            "--given-to": Option(DAY, NO_DAY),
        },
        TO_FILE,
    ),
    "export-claims": Command(OUTPUT | {"--payer": Option(TEXT)}, TO_FILE),
    "import": Command(
        {
            "--unit": Option(TEXT),
            "--reason": Option(TEXT),
            "--sheet": Option(TEXT),
            "--dry-run": Option(FLAG),
            "--report": Option(("json", "text"), ("xml",)),
            "--columns": Option(("{}", '{"identity": "Personnr"}'), ("[]", "identity", "")),
        },
        arguments=("people.csv",),
    ),
    "user": Command(
        {
            "--role": Option(("coordinator", "analyst", "lead", "administrator"), ("doctor", "Lead", "")),
            "--units": Option(TEXT),
            "--block": Option(FLAG),
        },
        arguments=("eva.ek",),
    ),
    "check-log": Command({"--anchor": Option(("7:abc",))}),
    "prune-log": Command({"--before": Option(DAY, NO_DAY)}, ("--before", "2020-01-01")),
    "new-key": Command({}),
}


def code_of(*arguments: str) -> int:
    return main(arguments)


@pytest.fixture(autouse=True)
def no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder with a file to import, and with a store that cannot be opened."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MV_STORE", "nothing://")
    Path("people.csv").touch()
    return folder


WITH_STORE = [pytest.param(name, command, id=name) for name, command in COMMANDS.items() if name != "new-key"]


@pytest.mark.parametrize(("name", "command"), WITH_STORE)
def test_a_command_takes_each_of_its_options(name: str, command: Command) -> None:
    whole = (name, *command.arguments, *command.required)
    assert code_of(*whole) == UNDERSTOOD
    for option, values in command.options.items():
        for value in values.good:
            assert code_of(*whole, option, value) == UNDERSTOOD, (option, value)
            assert code_of(*whole, f"{option}={value}") == UNDERSTOOD, (option, value)
            assert code_of(name, option, value, *command.required, *command.arguments) == UNDERSTOOD, (option, value)
        if not values.good:
            assert code_of(*whole, option) == UNDERSTOOD, option


@pytest.mark.parametrize(("name", "command"), WITH_STORE)
def test_wrong_arguments_are_exit_code_2(name: str, command: Command, no_store: Path) -> None:
    whole = (name, *command.arguments, *command.required)
    wrong = [(*whole, option, value) for option, values in command.options.items() for value in values.bad]
    wrong += [(*whole, option) for option, values in command.options.items() if values.good]
    wrong += [(*whole, f"{option}=x") for option, values in command.options.items() if not values.good]
    wrong += [(*whole, "one too many"), (*whole, "--unknown"), (*whole, "-x")]
    others = {option for other in COMMANDS.values() for option in other.options} - set(command.options)
    wrong += [(*whole, option, "2026-01-31") for option in sorted(others)]
    if command.required:
        wrong.append((name, *command.arguments))
    if command.arguments:
        wrong.append((name, *command.required))
    for arguments in wrong:
        assert code_of(*arguments) == REFUSED, arguments
    assert [file.name for file in no_store.iterdir()] == ["people.csv"]


def test_a_file_to_import_has_to_be_there() -> None:
    assert code_of("import", "missing.csv") == REFUSED
    assert code_of("import", ".") == REFUSED


def test_a_command_is_needed() -> None:
    assert code_of() == REFUSED
    assert code_of("unknown") == REFUSED
    assert code_of("--output", "file.csv") == REFUSED


def test_a_key_is_made_without_a_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("new-key") == 0
    assert re.fullmatch(r"[0-9a-f]{64}\n", capsys.readouterr().out)
    assert code_of("new-key", "one too many") == REFUSED


@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_help_tells_every_command_and_option_and_no_other(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(asked) == 0
    assert set(COMMANDS) <= set(re.findall(r"[a-z-]+", capsys.readouterr().out))
    for name, command in COMMANDS.items():
        assert code_of(name, asked) == 0
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out))
        assert options == {*command.options, "--help"}, name


# What a command does with its options: what it hands on, the defaults first.

Calls = list[tuple[tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def recorded(duckdb_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Calls]:
    """Run a command line in an empty store; return the calls of one function of a module, which only answers."""
    monkeypatch.setenv("MV_STORE", str(shutil.copy(duckdb_file, tmp_path / "mv.duckdb")))
    monkeypatch.setenv("MV_PSEUDONYM_KEY", "0123456789abcdef" * 2)

    def run(module: Any, name: str, answer: object, *arguments: str) -> Calls:
        calls: Calls = []

        def record(_store: object, *args: Any, **kwargs: Any) -> object:
            calls.append((args, kwargs))
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(module, name, record)
            assert code_of(*arguments) == 0
        return calls

    return run


def test_the_sample_has_defaults(recorded: Callable[..., Calls]) -> None:
    assert recorded(sample, "make", None, "sample") == [((5000, 1), {})]
    assert recorded(sample, "make", None, "sample", "--customers", "3", "--seed", "7") == [((3, 7), {})]
    assert recorded(sample, "make", None, "sample", "--if-missing") == [((5000, 1), {})]


def file_made() -> Iterator[bytes]:
    yield b"file"


@pytest.mark.parametrize(
    ("options", "filters", "form", "headings"),
    [
        ((), Filters(status=Status.ALL), Csv(";"), "en"),
        (("--status", "active", "--delimiter", ","), Filters(status=Status.ACTIVE), Csv(","), "en"),
        (("--format", "parquet", "--headings", "sv"), Filters(), Parquet(), "sv"),
        (("--format", "xlsx", "--group", "a", "--group", "b"), Filters(group="b"), Xlsx(), "en"),
        (
            (
                *("--group", "G", "--subgroup", "S", "--unit", "U", "--valid-from", "2026-01-01"),
                *("--valid-to", "2026-01-02", "--registered-from", "2026-01-03", "--registered-to", "2026-01-04"),
                *("--as-of", "2026-01-05", "--format", "csv"),
            ),
            Filters(Status.ALL, "G", "S", "U", *(date(2026, 1, day) for day in range(1, 6))),
            Csv(),
            "en",
        ),
    ],
)
def test_the_export_of_groups_hands_on_what_is_asked_for(
    recorded: Callable[..., Calls], options: tuple[str, ...], filters: Filters, form: object, headings: str
) -> None:
    ((args, kwargs),) = recorded(export, "groups_file", file_made(), "export", "--output", "file.csv", *options)
    assert args[1:] == (filters, form)
    assert kwargs["headings"] == headings
    assert Path("file.csv").read_bytes() == b"file"


def test_the_exports_of_doses_and_claims_hand_on_what_is_asked_for(recorded: Callable[..., Calls]) -> None:
    ((args, kwargs),) = recorded(doses, "doses_file", file_made(), "export-doses", "--output", "file.csv")
    assert (args[1:], kwargs["headings"]) == ((DoseFilters(), Csv(";")), "en")
    days = ("--given-from", "2026-01-01", "--given-to", "2026-01-02")
    chosen = ("--unit", "U", "--vaccine", "V", "--group", "G")
    ((args, _),) = recorded(doses, "doses_file", file_made(), "export-doses", "--output", "file.csv", *days, *chosen)
    assert args[1] == DoseFilters(date(2026, 1, 1), date(2026, 1, 2), "U", "V", "G")
    ((args, kwargs),) = recorded(claims, "claims_file", file_made(), "export-claims", "--output", "file.csv")
    assert (args[1:], kwargs["headings"]) == ((None, Csv(";")), "en")
    payer = ("--payer", "Staten", "--format", "parquet")
    ((args, _),) = recorded(claims, "claims_file", file_made(), "export-claims", "--output", "file.csv", *payer)
    assert args[1:] == ("Staten", Parquet())


def test_a_user_is_decided_as_asked_for(recorded: Callable[..., Calls]) -> None:
    units = frozenset({"norr"})
    decided = users.User("eva.ek", "", Role.LEAD, units, Role.LEAD, units, False, None, None, 1)
    ((args, kwargs),) = recorded(users, "assign_rights", decided, "user", "eva.ek")
    assert (args[1:], kwargs) == (("eva.ek", 0, None, None), {"blocked": False})
    options = ("--role", "lead", "--units", "norr,soder", "--block")
    ((args, kwargs),) = recorded(users, "assign_rights", decided, "user", "eva.ek", *options)
    assert (args[1:], kwargs) == (("eva.ek", 0, Role.LEAD, frozenset({"norr", "soder"})), {"blocked": True})


def test_the_log_is_checked_and_pruned_as_asked_for(recorded: Callable[..., Calls]) -> None:
    whole = chain.Report(0, 0, None, [])
    assert recorded(chain, "check", whole, "check-log") == [((None,), {})]
    anchor = "7:" + "0" * 64
    assert recorded(chain, "check", whole, "check-log", "--anchor", anchor) == [((chain.parse_anchor(anchor),), {})]
    ((args, _),) = recorded(chain, "prune", 0, "prune-log", "--before", "2020-01-01")
    assert args[1:] == (date(2020, 1, 1),)
