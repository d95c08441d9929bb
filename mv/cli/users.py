"""``python -m mv user``: a user's role and units; ``python -m mv users import``: those of a file."""

from __future__ import annotations

from pathlib import Path

import click

from mv import user_files, users
from mv.access import Actor, Role
from mv.cli.command import command, command_group, current_user, with_store
from mv.cli.text import _, count_of, language
from mv.cli.values import ExistingFile
from mv.errors import N_, Invalid
from mv.store import Store
from mv.tabular_files import reading
from mv.user_files import Difference, Plan


@command("user", _("decide a user's role and units"), "eva.ek --role coordinator --units norr,soder")
@click.argument("user", metavar=_("USER"), help=_("as the sign-in names the user, or cli:NAME for the command line"))
@click.option("--role", type=click.Choice([role.value for role in Role]), help=_("unless told, what the sign-in gives"))
@click.option("--units", metavar=_("CODES"), help=_("codes with commas between; * for every unit"))
@click.option("--block", is_flag=True, help=_("let the user in no more"))
@with_store
def decide_user(store: Store, user: str, role: str | None, units: str | None, block: bool) -> None:
    """Decide a user's role and units; whoever has the store decides about the first administrator."""
    known = users.get(store, user)
    decided = users.assign_rights(
        store,
        _administrator(store),
        user,
        known.version if known else 0,
        Role(role) if role else None,
        frozenset(units.split(",")) if units else None,
        blocked=block,
    )
    named = ", ".join(sorted(decided.units)) or "–"
    click.echo(_("{user}: role {role}, units {units}.", user=decided.user_id, role=decided.role or "–", units=named))


@command("users import", _("decide about the users of a file, all of them or none"), "users.csv --dry-run")
@click.argument("file", type=ExistingFile(), metavar=_("FILE"), help=_("CSV or XLSX"))
@click.option("--dry-run", is_flag=True, help=_("say what it would come to, and save nothing"))
@with_store
def import_users(store: Store, file: Path, dry_run: bool) -> int:
    """Take in a file of users, or say what it would come to: 0 if it has no problems, 1 if it has."""
    actor = _administrator(store)
    try:
        with file.open("rb") as opened:
            table = reading.read_table(opened)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Invalid(N_("The file cannot be read ({reason})."), reason=reason) from error
    columns = user_files.guess_columns(table)
    plan = user_files.preview(store, actor, table, columns)
    if not (dry_run or plan.problems):
        user_files.save(store, actor, table, columns, plan)
    click.echo("\n".join(_report(plan, saved=not (dry_run or plan.problems))))
    return 1 if plan.problems else 0


def _report(plan: Plan, *, saved: bool) -> list[str]:
    lines = [problem.label(language()) for problem in plan.problems]
    words = {Difference.NEW: _("new"), Difference.CHANGED: _("changed"), Difference.SAME: _("as before")}
    lines += [f"{user.label}: {words[user.difference]}" for user in plan.users if user.difference != Difference.SAME]
    lines.append(", ".join(f"{plan.count(difference)} {word}" for difference, word in words.items()))
    if plan.problems:
        count = len(plan.problems)
        lines.append(count_of("{count} problem: nothing was saved.", "{count} problems: nothing was saved.", count))
    elif not saved:
        lines.append(_("Nothing was saved: this was a dry run."))
    return lines


def _administrator(store: Store) -> Actor:
    """Return who runs the command; as an administrator while there is none."""
    actor = current_user(store)
    return actor if users.has_administrator(store) else Actor(actor.user_id, actor.name, Role.ADMINISTRATOR, "")


users_group = command_group("users", _("take in a file of users"), "import users.csv --dry-run", (import_users,))
