"""``python -m mv check-log`` and ``prune-log``: the access log checked and pruned."""

from __future__ import annotations

from datetime import date

import click

from mv.access_log import chain
from mv.cli.command import command, current_user, with_store
from mv.cli.text import _, count_of
from mv.cli.values import DAY, day
from mv.store import Store


@command("check-log", _("find out whether the access log is whole"), "--anchor 5120:9f86d081884c7d65…")
@click.option("--anchor", metavar=_("NUMBER:HASH"), help=_("an entry that was written down earlier"))
@with_store
def check_log(store: Store, anchor: str | None) -> int:
    """Say whether the access log is whole, and return 0 if it is, 1 if not."""
    report = chain.check(store, chain.parse_anchor(anchor) if anchor else None)
    for found in report.breaks:
        click.echo(_(found.message, entry=found.entry_id), err=True)
    if report.breaks:
        click.echo(_("The access log is NOT whole."), err=True)
        return 1
    click.echo(
        count_of("The access log is whole: {count} entry.", "The access log is whole: {count} entries.", report.entries)
    )
    if report.unchained:
        click.echo(_("Older entries, from before they were chained: {count}.", count=report.unchained))
    if report.anchor:
        click.echo(_("Write down elsewhere, for the next check with --anchor: {anchor}", anchor=report.anchor))
    return 0


@command("prune-log", _("delete old entries of the access log"), "--before 2021-01-01")
@click.option("--before", type=day, required=True, metavar=DAY, help=_("at least five years ago"))
@with_store
def prune_log(store: Store, before: date) -> None:
    """Delete the entries that the law no longer asks to keep."""
    removed = chain.prune(store, current_user(store), before)
    click.echo(count_of("{count} entry was deleted.", "{count} entries were deleted.", removed))
