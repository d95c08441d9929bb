"""``python -m mv new-key``: random keys for the settings."""

from __future__ import annotations

import secrets

import click

from mv.cli.command import command
from mv.cli.text import _


@command("new-key", _("print a random key for the settings"), "")
def new_key() -> None:
    """Print 32 random bytes as hexadecimal digits."""
    click.echo(secrets.token_hex(32))
