"""The kinds of value that options and arguments take. Each refuses another in the user's language."""

from __future__ import annotations

import json
from datetime import date
from os import PathLike
from pathlib import Path

import click

from mv.cli.text import _

DAY = _("YYYY-MM-DD")
COLUMNS_EXAMPLE = '{"identity": "Personnr"}'


def day(text: str) -> date:
    """Return the day in ``text``, YYYY-MM-DD. Raises BadParameter for another text, as do all of these."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(_("{text} is no day. Write it as YYYY-MM-DD.", text=text)) from None


def whole_number(text: str) -> int:
    """Return the whole number in ``text``."""
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(_("{text} is no whole number.", text=text)) from None


def seed(text: str) -> int:
    """Return the seed in ``text``: a whole number, 0 or more."""
    if not text.isdecimal():
        raise click.BadParameter(_("{text} is no seed. Write a whole number, 0 or more.", text=text))
    return int(text)


def json_object(text: str) -> str:
    """Return ``text``, a JSON object."""
    try:
        if isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass
    raise click.BadParameter(_("{text} is no JSON object such as {example}", text=text, example=COLUMNS_EXAMPLE))


class ExistingFile(click.Path):
    """The path of a file, which has to exist; shells complete it."""

    def convert(self, value: str | PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises BadParameter if no file is there."""
        if not Path(value).is_file():
            self.fail(_("There is no file {text}.", text=value), param, ctx)
        return Path(value)


class ExistingPath(click.Path):
    """The path of a file or a folder, which has to exist; shells complete it."""

    def convert(self, value: str | PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises BadParameter if nothing is there."""
        if not Path(value).exists():
            self.fail(_("There is no file or folder {text}.", text=value), param, ctx)
        return Path(value)


class FileToWrite(click.Path):
    """The path of a file to write, whether it exists or not; shells complete it."""

    def convert(self, value: str | PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path as it is: writing the file tells what is wrong with it."""
        return Path(value)
