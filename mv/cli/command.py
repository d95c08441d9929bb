"""The parts that every command is made of: its help with an example, the store that it opens, who runs it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

import click

from mv import audit, catalogue, i18n, sample, settings, users
from mv.access import EVERY_UNIT, Action, Actor, Role, require_unit
from mv.cli.text import _, language
from mv.clock import Clock, system_clock
from mv.errors import MvError
from mv.registration.code_lookup import CodeLookup
from mv.store import Store, configured_url, open_store

P = ParamSpec("P")
PROGRAM = "python -m mv"
clock: Clock = system_clock
"""The clock with which the store is opened. A test sets its own."""
INTERRUPTED = 130
"""The exit code by which a shell knows that Ctrl+C ended a command."""


def command(
    name: str, about: str, example: str, group: str = ""
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a function a command that tells ``about`` itself and shows an ``example`` of its arguments.

    ``group`` is the word before its name, where it is one of a group of commands.
    """
    heading, line = _("Example:"), " ".join(filter(None, (PROGRAM, group, name, example)))
    epilog = f"\b\n{heading}\n  {line}"  # \b: click keeps these lines as they are
    return click.command(name, help=about, epilog=epilog, options_metavar=_("[OPTIONS]"))


def with_store(run: Callable[Concatenate[Store, P], int | None]) -> Callable[P, int]:
    """Open the store for a command, and return its exit code: 0 unless it says another, 1 if it is refused."""

    @wraps(run)
    def opened(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            with closing(open_store(configured_url(), clock)) as store:
                catalogue.refresh(store)
                return run(store, *args, **kwargs) or 0
        except MvError as error:
            click.echo(i18n.explain(error, language()), err=True)
            return 1
        except KeyboardInterrupt:
            click.echo(_("Interrupted."), err=True)
            return INTERRUPTED

    return opened


def current_user(store: Store) -> Actor:
    """Return the user who runs the command, by the name in the operating system, with the role decided for it.

    The user is at work at the unit that ``--at`` names, else at the only one that the user has. Raises Forbidden, and
    logs the refusal, for a unit that is not one of the user's own; Invalid for an unknown one.
    """
    actor = _user(store)
    named: str | None = click.get_current_context().find_root().params.get("at")
    if named:
        unit_id = CodeLookup(catalogue.load(store)).unit(named)
        with audit.refusals(store, actor, Action.SIGN_IN):
            require_unit(actor, unit_id)
        return replace(actor, unit_id=unit_id)
    own = actor.units - {EVERY_UNIT}
    return replace(actor, unit_id=next(iter(own))) if len(own) == 1 and not actor.has_every_unit else actor


def _user(store: Store) -> Actor:
    number = os.getuid()  # the environment, LOGNAME among it, says what whoever runs the command wants it to say
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run as a number that has no name
        name = str(number)
    user_id = f"cli:{name}"
    if not settings.load().sign_in and sample.is_invented(store):
        return Actor(user_id, name, Role.LEAD, "", frozenset({EVERY_UNIT}))
    user = users.get(store, user_id)
    return user.actor() if user else Actor(user_id, name, None, "")
