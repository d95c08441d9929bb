"""Texts of the command line, in the language of the environment.

Click has texts of its own, for which it asks gettext. Here they are taken from our catalog: the functions that its
modules call are replaced. MESSAGES holds those that our commands can show.
"""

from __future__ import annotations

import os

import click

from mv import i18n
from mv.errors import N_
from mv.i18n import Language

MESSAGES = frozenset(
    {
        N_("Usage:"),
        N_("Options"),
        N_("Positional arguments"),
        N_("Commands"),
        N_("required"),
        N_("Show this message and exit."),
        N_("Try '{command} {option}' for help."),
        N_("Error: {message}"),
        N_("Missing command."),
        N_("Missing argument"),
        N_("Missing option"),
        N_("No such command {name!r}."),
        N_("No such option {name!r}."),
        N_("Did you mean {possibility}?"),
        N_("(Did you mean one of: {possibilities}?)"),
        N_("Got unexpected extra argument ({args})"),
        N_("Got unexpected extra arguments ({args})"),
        N_("Option {name!r} does not take a value."),
        N_("Option {name!r} requires an argument."),
        N_("Invalid value for {param_hint}: {message}"),
        N_("{value!r} is not one of {choices}."),
    }
)
"""Click's texts, as it writes them."""


def language() -> Language:
    """Return the language that LC_ALL, LC_MESSAGES or LANG names, the first that is set; Swedish without any."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return i18n.choose_language(next((os.environ[name] for name in names if os.environ.get(name)), None))


def _(message: str, **values: object) -> str:
    """Return ``message`` in the user's language, its ``{name}`` fields filled in."""
    return i18n.translate(message, language()).format(**values)


def count_of(one: str, many: str, count: int) -> str:
    """Return ``one`` or ``many`` in the user's language, by ``count``, which fills in ``{count}``."""
    return i18n.translate_count(one, many, count, language())


def _of_click(message: str) -> str:
    return i18n.translate(message, language())


def _of_click_counted(one: str, many: str, count: int) -> str:
    return _of_click(one if count == 1 else many)


for _module in (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types):
    vars(_module).update({"_": _of_click, "ngettext": _of_click_counted})
