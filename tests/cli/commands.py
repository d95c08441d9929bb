"""Every command of the command line by its name; one of a group has the group's name before its own."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mv.cli import command_line


def _commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


COMMANDS = dict(_commands(command_line))
