"""``python -m mv catalogue export`` and ``catalogue import``: the tables of the catalogue as files, and back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click

from mv.access import Actor
from mv.catalogue import changes, files
from mv.catalogue.files import Comparison, State
from mv.catalogue.tables import TABLES, CatalogueTable
from mv.cli.command import command, command_group, current_user, with_store
from mv.cli.text import _, language
from mv.cli.values import ExistingPath, FileToWrite
from mv.errors import N_, Invalid
from mv.export.atomic_file import write_atomically
from mv.reimbursement.preview import catalogue_change
from mv.store import Store
from mv.tabular_files import reading
from mv.tabular_files.table import Table

BY_FILE = {table.file: table for table in TABLES}
SUFFIXES = (".csv", ".xlsx")
FILE_OR_FOLDER = _("FILE|FOLDER")


@command("catalogue export", _("write the tables to files"), "catalogue/")
@click.argument("path", type=FileToWrite(), metavar=FILE_OR_FOLDER)
@with_store
def export_catalogue(store: Store, path: Path) -> None:
    """Write each table to its file in a folder, or the one that the name of the file tells."""
    actor = current_user(store)
    wanted = TABLES if path.is_dir() else (_named(path),)
    try:
        for table in wanted:
            file = path / table.file if path.is_dir() else path
            write_atomically(file, files.export_table(store, actor, table))
            click.echo(_("Written: {file}.", file=file))
    except OSError as error:
        raise Invalid(
            N_("The file cannot be written ({reason})."), reason=error.strerror or type(error).__name__
        ) from error


@command("catalogue import", _("save what is new or changed in files, all of it or nothing"), "catalogue/ --dry-run")
@click.argument("path", type=ExistingPath(), metavar=FILE_OR_FOLDER)
@click.option("--dry-run", is_flag=True, help=_("say what it would come to, and save nothing"))
@with_store
def import_catalogue(store: Store, path: Path, dry_run: bool) -> int:
    """Save a file, or the files of a folder: 0 if all of it is in the store, or could be, 1 if not."""
    actor = current_user(store)
    found = files.compare(store, actor, _read(path))
    for comparison in found:
        _tell(comparison)
    _tell_impact(store, actor, found)
    if any(comparison.problems for comparison in found):
        click.echo(_("Nothing was saved."), err=True)
        return 1
    if not dry_run:
        changes.save(store, actor, [row for comparison in found for row in comparison.to_save])
    return 0


def _named(path: Path) -> CatalogueTable:
    if path.name not in BY_FILE:
        raise Invalid(
            N_("Name a folder that exists, or one of these files: {names}."), names=", ".join(sorted(BY_FILE))
        )
    return BY_FILE[path.name]


def _read(path: Path) -> Sequence[Table]:
    found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES) if path.is_dir() else [path]
    tables = []
    try:
        for file in found:
            with file.open("rb") as opened:
                tables.append(reading.read_table(opened))
    except OSError as error:
        raise Invalid(
            N_("The file cannot be read ({reason})."), reason=error.strerror or type(error).__name__
        ) from error
    return tables


def _tell_impact(store: Store, actor: Actor, found: Sequence[Comparison]) -> None:
    """Tell how many doses are paid differently once this is saved, where any may be."""
    changed = [(each.seen, each.row) for comparison in found for each in comparison.differences]
    if catalogue_change.paying_differently(changed):
        whole = catalogue_change.impact_at_own_units(store, actor, changed).whole
        kronor = Decimal(whole.ore) / 100
        click.echo(_("Doses that are paid differently: {count}, {kronor} kr in all.", count=whole.doses, kronor=kronor))


def _tell(found: Comparison) -> None:
    counts = found.counts
    click.echo(
        _(
            "{table}: {new} new, {changed} changed, {same} as they are, {here} here only.",
            table=_(found.table.title),
            new=counts[State.NEW],
            changed=counts[State.CHANGED],
            same=counts[State.SAME],
            here=counts[State.ONLY_HERE],
        )
    )
    for each in found.differences:
        if each.state == State.NEW:
            click.echo(f"  + {each.row.key}: {each.row.name}")
        elif each.state == State.CHANGED and each.seen:
            click.echo(f"  {each.row.key}: {changes.describe(each.seen, each.row, language())}")
    for problem in found.problems:
        click.echo(f"  {problem.label(language())}", err=True)


catalogue = command_group(
    "catalogue",
    _("units, groups, subgroups and vaccines as files"),
    "export catalogue/",
    (export_catalogue, import_catalogue),
)
