"""The command line: ``python -m mv`` with a command, each of which tells about itself with ``--help``.

Whoever runs a command is the user ``cli:<name in the operating system>``, with the role that is decided for
that user; on invented people and without sign-in, a lead of every unit.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from mv import audit, catalogue, export, sample, settings, users
from mv.access import EVERY_UNIT, Action, Actor, Role, may
from mv.access_log import chain
from mv.errors import N_, Conflict, Invalid, MvError
from mv.export import claims, doses
from mv.export.atomic_file import ProgressLine, write_whole
from mv.i18n import choose_language, explain, translate, translate_count
from mv.pseudonyms import Pseudonyms
from mv.registration.code_lookup import CodeLookup
from mv.registration.file_import import columns, exported_layout, importing
from mv.registration.file_import.loading import ImportRequest
from mv.registration.file_import.report import Report
from mv.reimbursement.rules import rule_table
from mv.store import Store, configured_url, open_store
from mv.tabular_files import reading

EXAMPLE = '{"identity": "Personnr"}'
INTERRUPTED = 130
"""The exit code by which a shell knows that Ctrl+C ended a command."""
LANGUAGE = choose_language(
    next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
)


def _(message: str, **values: object) -> str:
    return translate(message, LANGUAGE).format(**values)


def actor(store: Store) -> Actor:
    """Return who runs the command: the user of the operating system, with the role that is decided for it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        name = str(os.getuid())
    user_id = f"cli:{name}"
    if not settings.load().sign_in and sample.is_invented(store):
        return Actor(user_id, name, Role.LEAD, "", frozenset({EVERY_UNIT}))
    user = users.get(store, user_id)
    return user.actor() if user else Actor(user_id, name, None, "")


def day(text: str) -> date:
    """Return the day that ``text``, YYYY-MM-DD, names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{text} is no day. Write it as YYYY-MM-DD.", text=text)) from None


def seed(text: str) -> int:
    """Return the seed that ``text`` names: a whole number that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("{text} is no seed. Write a whole number, 0 or more.", text=text))
    return int(text)


def existing_file(text: str) -> Path:
    """Return the file that ``text`` names, which has to be there."""
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(_("There is no file {text}.", text=text))
    return Path(text)


def json_object(text: str) -> str:
    """Return ``text``, which has to be a JSON object."""
    try:
        if isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(_("{text} is no JSON object such as {example}", text=text, example=EXAMPLE))


def make_sample(store: Store, options: argparse.Namespace) -> None:
    """Fill an empty store with invented people."""
    if options.if_missing and not sample.is_empty(store):
        print(_("The store has customers already; nothing was added."))
        return
    sample.make(store, options.customers, options.seed)
    print(
        translate_count(
            "{count} invented customer is in the store. Nobody in it exists.",
            "{count} invented customers are in the store. None of them exists.",
            options.customers,
            LANGUAGE,
        )
    )


def write_export(store: Store, options: argparse.Namespace) -> int:
    """Write the export to a file: all of it, or nothing."""
    who, progress = actor(store), export.Progress()
    chosen = {"headings": options.headings, "pseudonyms": _pseudonyms(who, options), "progress": progress}
    line = ProgressLine(progress, sys.stderr, _rows_done) if options.progress else nullcontext()
    try:
        with closing(options.make(store, who, options, **chosen)) as chunks, line:
            write_whole(options.output, chunks, line.tell if isinstance(line, ProgressLine) else None)
    except KeyboardInterrupt:
        print(_("Interrupted: no file was written."), file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        raise Invalid(
            N_("The file cannot be written ({reason})."), reason=error.strerror or type(error).__name__
        ) from error
    return 0


def _groups(store: Store, who: Actor, options: argparse.Namespace, **chosen: Any) -> Iterator[bytes]:
    filters = export.Filters(
        status=export.Status(options.status),
        group=options.group,
        subgroup=options.subgroup,
        unit=options.unit,
        valid_from=options.valid_from,
        valid_to=options.valid_to,
        registered_from=options.registered_from,
        registered_to=options.registered_to,
        as_of=options.as_of,
    )
    return export.groups_file(store, who, filters, _form(options), **chosen)


def _doses(store: Store, who: Actor, options: argparse.Namespace, **chosen: Any) -> Iterator[bytes]:
    filters = doses.DoseFilters(
        given_from=options.given_from,
        given_to=options.given_to,
        unit_id=options.unit,
        product_code=options.vaccine,
        group_code=options.group,
    )
    return doses.doses_file(store, who, filters, _form(options), **chosen)


def _claims(store: Store, who: Actor, options: argparse.Namespace, **chosen: Any) -> Iterator[bytes]:
    return claims.claims_file(store, who, options.payer, _form(options), **chosen)


def _form(options: argparse.Namespace) -> export.Format:
    forms: dict[str, export.Format] = {"parquet": export.Parquet(), "xlsx": export.Xlsx()}
    return forms.get(options.format) or export.Csv(options.delimiter)


def _pseudonyms(who: Actor, options: argparse.Namespace) -> Pseudonyms | None:
    if not options.pseudonyms and may(who, Action.EXPORT_IDENTITIES):
        return None
    key = settings.load().pseudonym_key
    if key is None and may(who, Action.EXPORT_GROUPS):
        raise Invalid(N_("No pseudonym key is configured. Set MV_PSEUDONYM_KEY, or pseudonym_key in the settings."))
    return Pseudonyms(key) if key else None


def _rows_done(done: int, rows: int, percent: int) -> str:
    apart = [f"{count:,}".replace(",", "\u00a0") for count in (done, rows)]
    return _("{done} of {rows} rows ({percent} %)", done=apart[0], rows=apart[1], percent=percent)


def import_rows(store: Store, options: argparse.Namespace) -> int:
    """Import a file of people, or say what it would come to: 0 if all of it is in the store now, 1 if not."""
    who, known = actor(store), catalogue.load(store)
    told = {"known": known, "language": LANGUAGE, "dry_run": options.dry_run}
    audit.permit(store, who, Action.IMPORT_ROWS)
    try:
        with options.file.open("rb") as file:
            table = reading.read_table(file)
        unit_id = CodeLookup(known).unit(options.unit) if options.unit else None
        chosen = {} if exported_layout.recognise(table.headings) else columns.from_json(options.columns, table.headings)
        key = settings.load().pseudonym_key
        request = ImportRequest(table, chosen, unit_id, options.reason, Pseudonyms(key) if key else None)
        plan = importing.preview(store, who, request)
        made = None
        if plan.can_be and not options.dry_run:
            made = importing.import_file(store, who, request, plan.mark).registration_id
        report = Report(table, plan, **told, registration_id=made)
    except (Invalid, Conflict) as error:
        report = Report(None, None, **told, error=error)
    except OSError as error:
        unread = Invalid(N_("The file cannot be read ({reason})."), reason=error.strerror or type(error).__name__)
        report = Report(None, None, **told, error=unread)
    print(report.to_json() if options.report == "json" else report.to_text())
    return 0 if report.done else 1


def decide_user(store: Store, options: argparse.Namespace) -> None:
    """Decide a user's role and units; whoever has the store decides about the first administrator."""
    who = actor(store)
    if not users.has_administrator(store):
        who = Actor(who.user_id, who.name, Role.ADMINISTRATOR, "")
    known = users.get(store, options.user)
    decided = users.decide(
        store,
        who,
        options.user,
        known.version if known else 0,
        Role(options.role) if options.role else None,
        frozenset(options.units.split(",")) if options.units else None,
        blocked=options.block,
    )
    role = decided.role or "–"
    units = ", ".join(sorted(decided.units)) or "–"
    print(_("{user}: role {role}, units {units}.", user=decided.user_id, role=role, units=units))


def check_log(store: Store, options: argparse.Namespace) -> int:
    """Say whether the access log is whole: 0 if it is, 1 if not."""
    report = chain.check(store, chain.parse_anchor(options.anchor) if options.anchor else None)
    for found in report.breaks:
        print(_(found.message, entry=found.entry_id), file=sys.stderr)
    if report.breaks:
        print(_("The access log is NOT whole."), file=sys.stderr)
        return 1
    print(
        translate_count(
            "The access log is whole: {count} entry.",
            "The access log is whole: {count} entries.",
            report.entries,
            LANGUAGE,
        )
    )
    if report.unchained:
        print(_("Older entries, from before they were chained: {count}.", count=report.unchained))
    if report.anchor:
        print(_("Write down elsewhere, for the next check with --anchor: {anchor}", anchor=report.anchor))
    return 0


def prune_log(store: Store, options: argparse.Namespace) -> None:
    """Delete what the law no longer asks to keep of the access log."""
    removed = chain.prune(store, actor(store), options.before)
    print(translate_count("{count} entry was deleted.", "{count} entries were deleted.", removed, LANGUAGE))


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    top = argparse.ArgumentParser(prog="python -m mv", description=_("Customer groups for vaccination clinics."))
    commands = top.add_subparsers(required=True, metavar=_("COMMAND"))

    command = commands.add_parser("sample", help=_("fill an empty store with invented people"))
    command.set_defaults(run=make_sample)
    command.add_argument("--customers", type=int, default=5000, help=_("how many; 5000 unless told"))
    command.add_argument("--seed", type=seed, default=1, help=_("the same seed gives the same people"))
    command.add_argument("--if-missing", action="store_true", help=_("do nothing when the store has customers"))

    _add_exports(commands)
    _add_import(commands)
    _add_administration(commands)
    return top


def _add_import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("import", help=_("register the rows of a file, all of them or none"))
    command.set_defaults(run=import_rows)
    command.add_argument("file", type=existing_file, metavar="FILE", help=_("CSV or XLSX"))
    command.add_argument("--unit", help=_("code or name of the unit of rows that name none"))
    command.add_argument("--reason", default="", help=_("why doubtful rows are right all the same"))
    command.add_argument("--dry-run", action="store_true", help=_("say what it would come to, and save nothing"))
    command.add_argument("--report", choices=["json", "text"], default="json", help=_("json unless told"))
    command.add_argument(
        "--columns",
        default="{}",
        type=json_object,
        metavar="JSON",
        help=_("headings, such as {example}", example=EXAMPLE),
    )


def _add_exports(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add_export(commands, "export", _groups, _("write active and inactive groups to a file"))
    command.add_argument("--status", choices=[status.value for status in export.Status], default="all")
    for name, help_text in (
        ("--group", _("code or name of a group")),
        ("--subgroup", _("code or name of a subgroup")),
        ("--unit", _("code or name of a unit")),
    ):
        command.add_argument(name, help=help_text)
    for name, help_text in (
        ("--valid-from", _("groups that apply on this day or later")),
        ("--valid-to", _("groups that apply on this day or earlier")),
        ("--registered-from", _("groups registered on this day or later")),
        ("--registered-to", _("groups registered on this day or earlier")),
        ("--as-of", _("the status at the end of this day")),
    ):
        command.add_argument(name, type=day, metavar="YYYY-MM-DD", help=help_text)

    command = _add_export(commands, "export-doses", _doses, _("write doses, what they are paid and why, to a file"))
    for name, help_text in (
        ("--group", _("code of the group that counts")),
        ("--vaccine", _("code of a vaccine")),
        ("--unit", _("code of a unit")),
    ):
        command.add_argument(name, help=help_text)
    for name, help_text in (
        ("--given-from", _("doses given on this day or later")),
        ("--given-to", _("doses given on this day or earlier")),
    ):
        command.add_argument(name, type=day, metavar="YYYY-MM-DD", help=help_text)

    command = _add_export(commands, "export-claims", _claims, _("write the lines of claims to a file"))
    command.add_argument("--payer", help=_("the payer’s name; every payer unless told"))


def _add_export(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    make: Callable[..., Iterator[bytes]],
    help_text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text)
    command.set_defaults(run=write_export, make=make)
    command.add_argument("--format", choices=["csv", "parquet", "xlsx"], default="csv", help=_("csv unless told"))
    command.add_argument("--delimiter", choices=[";", ","], default=";", help=_("of CSV: ; for a Swedish Excel, or ,"))
    command.add_argument("--headings", choices=["en", "sv"], default="en", help=_("names of the columns"))
    command.add_argument("--output", type=Path, required=True, help=_("the file to write"))
    command.add_argument("--progress", action="store_true", help=_("tell how far it has come"))
    command.add_argument(
        "--pseudonyms", action="store_true", help=_("pseudonyms in place of identity numbers and names")
    )
    return command


def _add_administration(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("user", help=_("decide a user's role and units"))
    command.set_defaults(run=decide_user)
    command.add_argument("user", help=_("as the sign-in names the user, or cli:NAME for the command line"))
    command.add_argument("--role", choices=[role.value for role in Role], help=_("unless told, what the sign-in gives"))
    command.add_argument("--units", help=_("codes with commas between; * for every unit"))
    command.add_argument("--block", action="store_true", help=_("let the user in no more"))

    command = commands.add_parser("check-log", help=_("find out whether the access log is whole"))
    command.set_defaults(run=check_log)
    command.add_argument("--anchor", metavar="NUMBER:HASH", help=_("an entry that was written down earlier"))

    command = commands.add_parser("prune-log", help=_("delete old entries of the access log"))
    command.set_defaults(run=prune_log)
    command.add_argument("--before", type=day, required=True, metavar="YYYY-MM-DD", help=_("at least five years ago"))

    command = commands.add_parser("new-key", help=_("print a random key for the settings"))
    command.set_defaults(run=None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code.

    0 done; 1 refused, or not whole, with a message; 2 wrong arguments; 130 interrupted by the user.
    """
    options = parser().parse_args(arguments)
    if options.run is None:
        print(secrets.token_hex(32))
        return 0
    try:
        with closing(open_store(configured_url())) as store:
            catalogue.refresh(store)
            rule_table.refresh(store)
            code: int | None = options.run(store, options)
            return code or 0
    except MvError as error:
        print(explain(error, LANGUAGE), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(_("Interrupted."), file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
