"""``python -m mv user``: a user's role and units."""

from __future__ import annotations

import click

from mv import users
from mv.access import Actor, Role
from mv.cli.command import command, current_user, with_store
from mv.cli.text import _
from mv.store import Store


@command("user", _("decide a user's role and units"), "eva.ek --role coordinator --units norr,soder")
@click.argument("user", metavar=_("USER"), help=_("as the sign-in names the user, or cli:NAME for the command line"))
@click.option("--role", type=click.Choice([role.value for role in Role]), help=_("unless told, what the sign-in gives"))
@click.option("--units", metavar=_("CODES"), help=_("codes with commas between; * for every unit"))
@click.option("--block", is_flag=True, help=_("let the user in no more"))
@with_store
def decide_user(store: Store, user: str, role: str | None, units: str | None, block: bool) -> None:
    """Decide a user's role and units; whoever has the store decides about the first administrator."""
    actor = current_user(store)
    if not users.has_administrator(store):
        actor = Actor(actor.user_id, actor.name, Role.ADMINISTRATOR, "")
    known = users.get(store, user)
    decided = users.assign_rights(
        store,
        actor,
        user,
        known.version if known else 0,
        Role(role) if role else None,
        frozenset(units.split(",")) if units else None,
        blocked=block,
    )
    named = ", ".join(sorted(decided.units)) or "–"
    click.echo(_("{user}: role {role}, units {units}.", user=decided.user_id, role=decided.role or "–", units=named))
