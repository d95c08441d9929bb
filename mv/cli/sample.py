"""``python -m mv sample``: invented people."""

from __future__ import annotations

import click

from mv import sample
from mv.cli.command import command, with_store
from mv.cli.text import _, count_of
from mv.cli.values import seed, whole_number
from mv.store import Store


@command("sample", _("fill an empty store with invented people"), "--customers 5000 --seed 1")
@click.option(
    "--customers", type=whole_number, default="5000", metavar=_("NUMBER"), help=_("how many; 5000 unless told")
)
@click.option("--seed", type=seed, default="1", metavar=_("NUMBER"), help=_("the same seed gives the same people"))
@click.option("--if-missing", is_flag=True, help=_("do nothing when the store is in use"))
@with_store
def make_sample(store: Store, customers: int, seed: int, if_missing: bool) -> None:
    """Fill an empty store with invented people."""
    if if_missing and not sample.is_empty(store):
        click.echo(_("The store is in use already; nothing was added."))
        return
    sample.make(store, customers, seed)
    click.echo(
        count_of(
            "{count} invented customer is in the store. Nobody in it exists.",
            "{count} invented customers are in the store. None of them exists.",
            customers,
        )
    )
