"""The command line: ``python -m mv`` with a command, each of which tells about itself with ``--help``.

Whoever runs a command is the user ``cli:<name in the operating system>``, with the role that is decided for
that user; on invented people and without sign-in, a lead of every unit. ``--at`` before the command names the unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from mv.cli import access_log, batches, bookings, catalogue, export, imports, keys, sample, users
from mv.cli.command import INTERRUPTED, PROGRAM
from mv.cli.text import _


@click.group(
    help=_("Customer groups for vaccination clinics."),
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar=_("[OPTIONS]"),
    subcommand_metavar=_("COMMAND …"),
)
@click.option(
    "--at", envvar="MV_UNIT", metavar=_("UNIT"), help=_("code or name of the unit that you work at, for the access log")
)
def command_line(at: str | None) -> None:
    """Hold the commands."""


for one in (
    sample.make_sample,
    export.export_groups,
    export.export_doses,
    export.export_claims,
    imports.import_rows,
    bookings.bookings,
    batches.batches,
    users.decide_user,
    users.users_group,
    catalogue.catalogue,
    access_log.check_log,
    access_log.prune_log,
    keys.new_key,
):
    command_line.add_command(one)


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run a command, as ``program``, and return the exit code.

    0 done; 1 refused, or not whole, with a message; 2 wrong arguments; 130 interrupted by the user.
    """
    try:
        code: int | None = command_line.main(arguments, program, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return code or 0
