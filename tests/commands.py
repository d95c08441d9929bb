"""The commands of the command line by their whole names, those of a group with the group's before their own."""

from __future__ import annotations

import click

from mv.cli import command_line


def named_commands(group: click.Group = command_line, before: str = "") -> dict[str, click.Command]:
    """Return each command by its whole name."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        whole = f"{before}{name}"
        found |= named_commands(command, f"{whole} ") if isinstance(command, click.Group) else {whole: command}
    return found
