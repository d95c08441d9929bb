"""``python -m mv bookings import``: a file of bookings taken in, with a report for programs and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mv import audit, catalogue
from mv.access import Action
from mv.booking_files import calendars, importing
from mv.booking_files.calendars import Calendar
from mv.booking_files.columns import from_json
from mv.booking_files.loading import ImportRequest
from mv.booking_files.report import Report
from mv.cli.command import command, command_group, current_user, with_store
from mv.cli.text import _, language
from mv.cli.values import ExistingFile, json_object
from mv.errors import N_, Conflict, Invalid
from mv.registration.code_lookup import CodeLookup
from mv.store import Store
from mv.tabular_files import reading
from mv.tabular_files.table import Table


@command("bookings import", _("take in a file of bookings, all of it or nothing"), "bookings.ics --unit norr --dry-run")
@click.argument("file", type=ExistingFile(), metavar=_("FILE"), help=_("CSV, XLSX or iCalendar (.ics)"))
@click.option("--unit", metavar=_("UNIT"), help=_("code or name of the unit of rows that name none"))
@click.option("--partial", is_flag=True, help=_("it lacks bookings of its days; those that are missing are not gone"))
@click.option("--dry-run", is_flag=True, help=_("say what it would come to, and save nothing"))
@click.option("--report", type=click.Choice(["json", "text"]), default="json", help=_("json unless told"))
@click.option(
    "--columns",
    type=json_object,
    default="{}",
    metavar="JSON",
    help=_("headings, such as {example}", example='{"id": "Nr"}'),
)
@click.option("--sheet", metavar=_("NAME"), help=_("of a workbook; the first that is not hidden unless told"))
@with_store
def import_bookings(
    store: Store,
    file: Path,
    unit: str | None,
    partial: bool,
    dry_run: bool,
    report: str,
    columns: str,
    sheet: str | None,
) -> int:
    """Import a file of bookings, or say what it would come to: 0 if all of it is in the store now, 1 if not."""
    actor, known = current_user(store), catalogue.load(store)
    told: dict[str, Any] = {"catalogue": known, "language": language(), "dry_run": dry_run}
    audit.permit(store, actor, Action.IMPORT_BOOKINGS)
    try:
        read = _read(file, sheet)
        unit_id = CodeLookup(known).unit(unit) if unit else actor.unit_id or None
        chosen = {}
        if isinstance(read, Table):
            kept = importing.kept_columns(store, actor, unit_id or "")
            chosen = from_json(columns, read.headings, kept)
        request = ImportRequest(read, chosen, unit_id, has_all=not partial)
        plan = importing.preview(store, actor, request)
        saved = plan.can_be_saved and not dry_run
        if saved:
            importing.import_file(store, actor, request, plan.fingerprint)
        found = Report(request.table, plan, **told, saved=saved)
    except (Invalid, Conflict) as error:
        found = Report(None, None, **told, error=error)
    except OSError as error:
        unread = Invalid(N_("The file cannot be read ({reason})."), reason=error.strerror or type(error).__name__)
        found = Report(None, None, **told, error=unread)
    click.echo(found.to_json() if report == "json" else found.to_text())
    return 0 if found.done else 1


def _read(file: Path, sheet: str | None) -> Table | Calendar:
    with file.open("rb") as opened:
        beginning = opened.read(1024)
        opened.seek(0)
        return calendars.read(opened) if calendars.is_calendar(beginning) else reading.read_table(opened, sheet=sheet)


bookings = command_group(
    "bookings", _("bookings from the booking system's files"), "import bookings.ics --unit norr", (import_bookings,)
)
