"""What the documents name is there: screens, files, commands, targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import pytest

from mv.cli import command_line
from mv.i18n import SWEDISH, translate
from mv.ui.navigation import PLACES

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
FOLDERS = {file.name for file in ROOT.iterdir() if file.is_dir()}
MADE = {".streamlit/secrets.toml", "data/mv.duckdb"}
"""Files that whoever runs the dashboard makes."""
TOGETHER = {"frame", "web", "widgets"}
"""Folders of mv/ui that belong to no screen of their own."""


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def screens() -> list[list[str]]:
    """Return the rows of README's table of screens, cell by cell."""
    section = text("README.md").partition("## Where a screen is")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_screen_is_in_the_table_under_its_title() -> None:
    titles = {translate(place.title, SWEDISH): [f"pages/{place.file.name}"] for place in PLACES}
    assert {row[0]: named(row[2]) for row in screens()} == titles
    assert {file.name for file in (ROOT / "pages").glob("*.py")} == {place.file.name for place in PLACES}


def test_every_folder_of_the_screens_and_every_feature_is_in_the_table() -> None:
    drawn_by = {path for row in screens() for path in named(row[3])}
    for folder in (ROOT / "mv" / "ui").iterdir():
        parts = folder.glob("[a-z]*/") if folder.name == "reimbursement" else [folder]
        for part in parts:
            if part.is_dir() and part.name not in TOGETHER:
                assert str(part.relative_to(ROOT)) in drawn_by
    for row in screens():
        assert [bool(named(cell)) for cell in row[2:]] == [True] * 4, row


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    content = document.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```", "", content, flags=re.DOTALL | re.MULTILINE)
    for path in named(prose):
        if path.partition("/")[0] in FOLDERS and re.fullmatch(r"[\w./-]+", path) and path not in MADE:
            assert (ROOT / path).exists(), path
    for link in re.findall(r"\]\(([^)#:]+)\)", prose):
        assert (document.parent / link).exists(), link


def leaf_commands(group: click.Group = command_line, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield each command with its words, those in groups too."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaf_commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_the_commands_and_their_options_are_all_described() -> None:
    described = text("docs/commands.md")
    commands = dict(leaf_commands())
    lines = dict.fromkeys(commands, "")
    for line in re.findall(r"^python -m mv (.*(?:\n  .*)*)", described, flags=re.MULTILINE):
        lines[next(name for name in commands if f"{line} ".startswith(f"{name} "))] = line
    shared = set(chain.from_iterable(re.findall(r"--[a-z-]+", line) for line in re.findall(r"each with.*", described)))
    for name, command in commands.items():
        own = set(re.findall(r"--[a-z-]+", lines[name].partition("each with")[0]))
        expected = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert lines[name], f"{name} is not described"
        assert own | (shared if name.startswith("export") else set()) == expected, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_target_that_a_document_names_is_in_the_makefile(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.MULTILINE))
    for wanted in re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(encoding="utf-8"), flags=re.MULTILINE):
        assert wanted in targets, f"make {wanted}"
