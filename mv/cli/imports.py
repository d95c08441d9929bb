"""``python -m mv import``: a file of people taken in, with a report for programs and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mv import audit, catalogue, settings
from mv.access import Action
from mv.cli.command import command, current_user, with_store
from mv.cli.text import _, language
from mv.cli.values import COLUMNS_EXAMPLE, ExistingFile, json_object
from mv.errors import N_, Conflict, Invalid
from mv.pseudonyms import Pseudonyms
from mv.registration.code_lookup import CodeLookup
from mv.registration.file_import import exported_layout, importing
from mv.registration.file_import.columns import from_json
from mv.registration.file_import.loading import ImportRequest
from mv.registration.file_import.report import Report
from mv.store import Store
from mv.tabular_files import reading


@command("import", _("register the rows of a file, all of them or none"), "people.csv --unit norr --dry-run")
@click.argument("file", type=ExistingFile(), metavar=_("FILE"), help=_("CSV or XLSX"))
@click.option("--unit", metavar=_("UNIT"), help=_("code or name of the unit of rows that name none"))
@click.option("--reason", default="", metavar=_("TEXT"), help=_("why doubtful rows are right all the same"))
@click.option("--dry-run", is_flag=True, help=_("say what it would come to, and save nothing"))
@click.option("--report", type=click.Choice(["json", "text"]), default="json", help=_("json unless told"))
@click.option(
    "--columns",
    type=json_object,
    default="{}",
    metavar="JSON",
    help=_("headings, such as {example}", example=COLUMNS_EXAMPLE),
)
@click.option("--sheet", metavar=_("NAME"), help=_("of a workbook; the first that is not hidden unless told"))
@with_store
def import_rows(
    store: Store,
    file: Path,
    unit: str | None,
    reason: str,
    dry_run: bool,
    report: str,
    columns: str,
    sheet: str | None,
) -> int:
    """Import a file of people, or say what it would come to: 0 if all of it is in the store now, 1 if not."""
    actor, known = current_user(store), catalogue.load(store)
    told: dict[str, Any] = {"catalogue": known, "language": language(), "dry_run": dry_run}
    audit.permit(store, actor, Action.IMPORT_ROWS)
    try:
        with file.open("rb") as opened:
            table = reading.read_table(opened, sheet=sheet)
        unit_id = CodeLookup(known).unit(unit) if unit else None
        chosen = {} if exported_layout.recognise(table.headings) else from_json(columns, table.headings)
        key = settings.load().pseudonym_key
        request = ImportRequest(table, chosen, unit_id, reason, Pseudonyms(key) if key else None)
        plan = importing.preview(store, actor, request)
        made = None
        if plan.can_be_saved and not dry_run:
            made = importing.import_file(store, actor, request, plan.fingerprint).registration_id
        found = Report(table, plan, **told, registration_id=made)
    except (Invalid, Conflict) as error:
        found = Report(None, None, **told, error=error)
    except OSError as error:
        unread = Invalid(N_("The file cannot be read ({reason})."), reason=error.strerror or type(error).__name__)
        found = Report(None, None, **told, error=unread)
    click.echo(found.to_json() if report == "json" else found.to_text())
    return 0 if found.done else 1
