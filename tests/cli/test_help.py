"""What the command line says about itself, in Swedish and English: help, wrong arguments, completion in a shell."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_file

from mv.cli import command_line
from mv.cli.text import MESSAGES
from mv.i18n import SWEDISH, translate

ROOT = Path(__file__).parents[2]
LOCALES = {"sv": "sv_SE.UTF-8", "en": "en_GB.UTF-8"}
COMMANDS = {
    (*parents, name): command
    for parents, group in (((), command_line), *(((name,), each) for name, each in command_line.commands.items()))
    if isinstance(group, click.Group)
    for name, command in group.commands.items()
    if not isinstance(command, click.Group)
}
"""Each command by its words, those in groups too."""
NAMES = sorted(" ".join(words) for words in COMMANDS)

WRONG = {
    "": "Användning: python -m mv [FLAGGOR] KOMMANDO …",
    "export": "Fel: Ange flaggan '--output'.",
    "import": "Fel: Ange 'FIL'.",
    "exprt": "Fel: Det finns inget kommando 'exprt'. Menade du 'export'?",
    "export-": (
        "Fel: Det finns inget kommando 'export-'. (Menade du någon av 'export', 'export-claims', 'export-doses'?)"
    ),
    "--": "Fel: Ange ett kommando.",
    "export --formt pdf": "Fel: Det finns ingen flagga '--formt'. Menade du '--format'?",
    "export --output": "Fel: Flaggan '--output' behöver ett värde.",
    "export --output x --format pdf": (
        "Fel: Ogiltigt värde för '--format': 'pdf' är inte något av 'csv', 'parquet', 'xlsx'."
    ),
    "sample --if-missing=1": "Fel: Flaggan '--if-missing' tar inget värde.",
    "sample --customers x": "Fel: Ogiltigt värde för '--customers': x är inget heltal.",
    "sample 1": "Fel: Ett argument för mycket (1)",
    "sample 1 2": "Fel: För många argument (1 2)",
    "prune-log --before igår": ("Fel: Ogiltigt värde för '--before': igår är ingen dag. Skriv den som ÅÅÅÅ-MM-DD."),
    "import nowhere.csv": "Fel: Ogiltigt värde för 'FIL': Det finns ingen fil nowhere.csv.",
}
"""Wrong arguments, and a line of what is said in Swedish."""
ASKED = [*WRONG, "--help", *(f"{name} --help" for name in NAMES)]

RUN = """
import contextlib, io, json, shlex, sys
from mv.cli import main
said = {}
for line in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        main(shlex.split(line))
    said[line] = out.getvalue()
print(json.dumps(said))
"""


def said_in(language: str) -> dict[str, str]:
    """Return what each of ASKED prints. Help is translated when the command line is imported: a process a language."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        env=os.environ | {"LC_ALL": LOCALES[language], "MV_STORE": "nothing://", "PYTHONIOENCODING": "utf-8"},
        input=json.dumps(ASKED),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    said: dict[str, str] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def swedish() -> dict[str, str]:
    return said_in("sv")


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    return said_in("en")


def test_wrong_arguments_are_told_in_swedish(swedish: dict[str, str]) -> None:
    for line, expected in WRONG.items():
        assert expected in swedish[line].splitlines(), line


def test_what_click_says_is_in_the_users_language(swedish: dict[str, str], english: dict[str, str]) -> None:
    everything = {"sv": "\n".join(swedish.values()), "en": "\n".join(english.values())}
    for message in MESSAGES:
        parts = {
            language: [re.escape(part) for part in re.split(r"\{[^}]*\}", text)]
            for language, text in (("sv", translate(message, SWEDISH)), ("en", message))
        }
        found = {
            language: re.compile(r"(?<![\w-])" + ".+".join(pattern) + r"(?![\w-])")
            for language, pattern in parts.items()
        }
        assert found["sv"].search(everything["sv"]), f"{message} is shown by none of these, or in English"
        assert found["en"].search(everything["en"]), f"{message} is shown by none of these"
        assert not found["en"].search(everything["sv"]), f"{message} is not translated"


def test_clicks_messages_are_clicks_own() -> None:
    # An upgrade that words one of them otherwise would show it in English.
    folder = Path(click.__file__).parent
    keywords = {"_": None, "ngettext": (1, 2)}
    found = {"required"}  # a value that click hands to gettext elsewhere
    for file in folder.glob("*.py"):
        for _, message, _, _ in extract_from_file("python", file, keywords=keywords):
            found.update((message,) if isinstance(message, str) else message)
    assert found >= MESSAGES


@pytest.mark.parametrize("name", NAMES)
def test_a_command_shows_an_example_that_it_takes(name: str, english: dict[str, str], tmp_path: Path) -> None:
    heading, line = (line.strip() for line in english[f"{name} --help"].splitlines()[-2:])
    assert heading == "Example:"
    program, *arguments = re.split(r"(?<=-m mv) ", line)
    assert program == "python -m mv"
    words = shlex.split(" ".join(arguments))
    called = tuple(name.split())
    assert tuple(words[: len(called)]) == called
    arguments = [str(tmp_path / word) if word.endswith(".csv") else word for word in words[len(called) :]]
    for file in arguments:
        if file.endswith(".csv") and "--output" not in arguments:
            Path(file).touch()
    parent = command_line.make_context("mv", [called[0]], resilient_parsing=True)
    COMMANDS[called].make_context(name, arguments, parent=parent)


def complete(*words: str, locale: str = "en_GB.UTF-8") -> list[str]:
    """Return what bash offers for the last of ``words``, once it has read the script that click writes."""
    script = """
        eval "$(_MVCTL_COMPLETE=bash_source mvctl)"
        complete -p mvctl >&2
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _mvctl_completion mvctl
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words],
        env=os.environ | {"PATH": f"{ROOT / 'bin'}:{os.environ['PATH']}", "LC_ALL": locale},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert "-F _mvctl_completion mvctl" in done.stderr
    return done.stdout.split()


def test_a_shell_completes_commands_options_and_choices() -> None:
    assert complete("mvctl", "exp") == ["export", "export-claims", "export-doses"]
    assert complete("mvctl", "export", "--valid") == ["--valid-from", "--valid-to"]
    assert complete("mvctl", "export", "--format", "") == ["csv", "parquet", "xlsx"]


def test_the_program_with_a_name_of_its_own_runs_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "bin" / "mvctl", "exprt"],
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": "en_GB.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "Usage: mvctl [OPTIONS] COMMAND …"
