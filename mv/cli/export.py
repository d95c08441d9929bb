"""``python -m mv export``, ``export-doses`` and ``export-claims``: rows written to a file, all of it or nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import click

from mv import export, settings
from mv.access import Action, Actor, may
from mv.cli.command import INTERRUPTED, command, current_user, with_store
from mv.cli.text import _
from mv.cli.values import DAY, FileToWrite, day
from mv.errors import N_, Invalid
from mv.export import claims, doses
from mv.export.atomic_file import ProgressLine, write_atomically
from mv.pseudonyms import Pseudonyms
from mv.store import Store

FILE_OPTIONS = (
    click.option("--output", type=FileToWrite(), required=True, metavar=_("FILE"), help=_("the file to write")),
    click.option(
        "--format", "form", type=click.Choice(["csv", "parquet", "xlsx"]), default="csv", help=_("csv unless told")
    ),
    click.option(
        "--delimiter", type=click.Choice([";", ","]), default=";", help=_("of CSV: ; for a Swedish Excel, or ,")
    ),
    click.option("--headings", type=click.Choice(["en", "sv"]), default="en", help=_("names of the columns")),
    click.option("--pseudonyms", is_flag=True, help=_("pseudonyms in place of identity numbers and names")),
    click.option("--progress", is_flag=True, help=_("tell how far it has come")),
)


def _written_to_file(export_rows: Callable[..., Generator[bytes]]) -> Callable[..., int]:
    """Give a command the options of a file, and write what it yields to that file.

    The command is called with the store, the user, the file's format, the options of every export by name, and the
    options of its own.
    """

    @with_store
    def write(
        store: Store,
        /,
        output: Path,
        form: str,
        delimiter: export.Delimiter,
        headings: export.Headings,
        pseudonyms: bool,
        progress: bool,
        **own: Any,
    ) -> int:
        actor, counted = current_user(store), export.Progress()
        file = {"headings": headings, "pseudonyms": _pseudonyms(actor, pseudonyms), "progress": counted}
        line = ProgressLine(counted, sys.stderr, _rows_done) if progress else nullcontext()
        try:
            with closing(export_rows(store, actor, _format(form, delimiter), file, **own)) as chunks, line:
                write_atomically(output, chunks, line.tell if isinstance(line, ProgressLine) else None)
        except KeyboardInterrupt:
            click.echo(_("Interrupted: no file was written."), err=True)
            return INTERRUPTED
        except OSError as error:
            raise Invalid(
                N_("The file cannot be written ({reason})."), reason=error.strerror or type(error).__name__
            ) from error
        return 0

    for option in reversed(FILE_OPTIONS):
        write = option(write)
    return write


@command("export", _("write active and inactive groups to a file"), "--status active --output groups.csv")
@click.option(
    "--status",
    type=click.Choice([status.value for status in export.Status]),
    default="all",
    help=_("which groups; all unless told"),
)
@click.option("--group", metavar=_("GROUP"), help=_("code or name of a group"))
@click.option("--subgroup", metavar=_("GROUP"), help=_("code or name of a subgroup"))
@click.option("--unit", metavar=_("UNIT"), help=_("code or name of a unit"))
@click.option("--valid-from", type=day, metavar=DAY, help=_("groups that apply on this day or later"))
@click.option("--valid-to", type=day, metavar=DAY, help=_("groups that apply on this day or earlier"))
@click.option("--registered-from", type=day, metavar=DAY, help=_("groups registered on this day or later"))
@click.option("--registered-to", type=day, metavar=DAY, help=_("groups registered on this day or earlier"))
@click.option("--as-of", type=day, metavar=DAY, help=_("the status at the end of this day"))
@_written_to_file
def export_groups(
    store: Store, actor: Actor, form: export.Format, file: dict[str, Any], status: str, **filters: Any
) -> Generator[bytes]:
    """Return the chunks of a file of groups."""
    return export.groups_file(store, actor, export.Filters(export.Status(status), **filters), form, **file)


@command(
    "export-doses",
    _("write doses, what they are paid and why, to a file"),
    "--given-from 2026-09-01 --unit norr --output doses.csv",
)
@click.option("--group", "group_code", metavar=_("GROUP"), help=_("code of the group that counts"))
@click.option("--vaccine", "product_code", metavar=_("VACCINE"), help=_("code of a vaccine"))
@click.option("--unit", "unit_id", metavar=_("UNIT"), help=_("code of a unit"))
@click.option("--given-from", type=day, metavar=DAY, help=_("doses given on this day or later"))
@click.option("--given-to", type=day, metavar=DAY, help=_("doses given on this day or earlier"))
@_written_to_file
def export_doses(
    store: Store, actor: Actor, form: export.Format, file: dict[str, Any], **filters: Any
) -> Generator[bytes]:
    """Return the chunks of a file of doses."""
    return doses.doses_file(store, actor, doses.DoseFilters(**filters), form, **file)


@command("export-claims", _("write the lines of claims to a file"), "--payer Staten --output claims.csv")
@click.option("--payer", metavar=_("NAME"), help=_("the payer’s name; every payer unless told"))
@_written_to_file
def export_claims(
    store: Store, actor: Actor, form: export.Format, file: dict[str, Any], payer: str | None
) -> Generator[bytes]:
    """Return the chunks of a file of claims' lines."""
    return claims.claims_file(store, actor, payer, form, **file)


def _format(name: str, delimiter: export.Delimiter) -> export.Format:
    formats: dict[str, export.Format] = {"parquet": export.Parquet(), "xlsx": export.Xlsx()}
    return formats.get(name) or export.Csv(delimiter)


def _pseudonyms(actor: Actor, wanted: bool) -> Pseudonyms | None:
    if not wanted and may(actor, Action.EXPORT_IDENTITIES):
        return None
    key = settings.load().pseudonym_key
    if key is None and may(actor, Action.EXPORT_GROUPS):
        raise Invalid(N_("No pseudonym key is configured. Set MV_PSEUDONYM_KEY, or pseudonym_key in the settings."))
    return Pseudonyms(key) if key else None


def _rows_done(done: int, rows: int, percent: int) -> str:
    apart = [f"{count:,}".replace(",", "\u00a0") for count in (done, rows)]
    return _("{done} of {rows} rows ({percent} %)", done=apart[0], rows=apart[1], percent=percent)
