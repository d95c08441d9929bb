"""The command line: ``python -m mv sample`` and ``python -m mv export``."""

from __future__ import annotations

import argparse
import errno
import getpass
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

from mv import catalogue, export, sample
from mv.access import Actor, Role
from mv.errors import N_, Invalid, MvError
from mv.i18n import choose_language, explain, translate, translate_count
from mv.store import Store, configured_url, open_store

LANGUAGE = choose_language(
    next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
)


def _(message: str, **values: object) -> str:
    return translate(message, LANGUAGE).format(**values)


def actor() -> Actor:
    """Return who runs the command: the user of the operating system."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        user = str(os.getuid())
    return Actor(f"cli:{user}", user, Role.LEAD, "")


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


def write_export(store: Store, options: argparse.Namespace) -> None:
    """Write the export to a file: all of it, or nothing."""
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
    chunks = export.csv_chunks(store, actor(), filters, delimiter=options.delimiter, headings=options.headings)
    try:
        _write_whole(options.output, chunks)
    except OSError as error:
        raise Invalid(
            N_("The file cannot be written ({reason})."), reason=error.strerror or type(error).__name__
        ) from error


def _write_whole(file: Path, chunks: Iterable[bytes]) -> None:
    """Write ``file`` beside its place, and put it there when it is whole."""
    if not file.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    unfinished = file.with_name(file.name + ".part")
    try:
        with unfinished.open("wb") as part:
            part.writelines(chunks)
        unfinished.replace(file)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    top = argparse.ArgumentParser(prog="python -m mv", description=_("Customer groups for vaccination clinics."))
    commands = top.add_subparsers(required=True, metavar=_("COMMAND"))

    command = commands.add_parser("sample", help=_("fill an empty store with invented people"))
    command.set_defaults(run=make_sample)
    command.add_argument("--customers", type=int, default=5000, help=_("how many; 5000 unless told"))
    command.add_argument("--seed", type=seed, default=1, help=_("the same seed gives the same people"))
    command.add_argument("--if-missing", action="store_true", help=_("do nothing when the store has customers"))

    command = commands.add_parser("export", help=_("write active and inactive groups to a file"))
    command.set_defaults(run=write_export)
    command.add_argument("--status", choices=[status.value for status in export.Status], default="all")
    command.add_argument("--format", choices=["csv"], default="csv")
    command.add_argument("--delimiter", choices=[";", ","], default=";", help=_("; for a Swedish Excel, or ,"))
    command.add_argument("--headings", choices=["en", "sv"], default="en", help=_("names of the columns"))
    command.add_argument("--output", type=Path, required=True, help=_("the file to write"))
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
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code: 0 done, 1 refused with a message, 2 wrong arguments."""
    options = parser().parse_args(arguments)
    try:
        with closing(open_store(configured_url())) as store:
            catalogue.refresh(store)
            options.run(store, options)
    except MvError as error:
        print(explain(error, LANGUAGE), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
