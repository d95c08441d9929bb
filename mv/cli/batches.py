"""``python -m mv batch``: batches taken in from a file, and the list of them."""

from __future__ import annotations

from pathlib import Path

import click

from mv import audit, batch_files, catalogue
from mv.access import Action
from mv.batch_files import Report
from mv.batches import changes
from mv.batches.batch import BatchState
from mv.cli.command import command, command_group, current_user, with_store
from mv.cli.text import _, language
from mv.cli.values import ExistingFile
from mv.errors import N_, Conflict, Invalid
from mv.registration.code_lookup import CodeLookup
from mv.store import Store
from mv.tabular_files import reading

ALL = "all"
STATES = click.Choice([*(state.value for state in BatchState), ALL])


@command("batch import", _("make the batches of a file known, all of them or none"), "batches.csv --dry-run")
@click.argument("file", type=ExistingFile(), metavar=_("FILE"), help=_("CSV or XLSX"))
@click.option("--unit", metavar=_("UNIT"), help=_("code or name of the unit that received them"))
@click.option("--dry-run", is_flag=True, help=_("say what it would come to, and save nothing"))
@click.option("--report", type=click.Choice(["json", "text"]), default="json", help=_("json unless told"))
@click.option("--sheet", metavar=_("NAME"), help=_("of a workbook; the first that is not hidden unless told"))
@with_store
def import_batches(store: Store, file: Path, unit: str | None, dry_run: bool, report: str, sheet: str | None) -> int:
    """Import a file of batches, or say what it would come to: 0 if all of it is in the store now, 1 if not."""
    actor = current_user(store)
    audit.permit(store, actor, Action.RECEIVE_BATCH)
    try:
        with file.open("rb") as opened:
            table = reading.read_table(opened, sheet=sheet)
        unit_id = CodeLookup(catalogue.load(store)).unit(unit) if unit else ""
        plan = batch_files.read_plan(store, actor, table, unit_id)
        saved = plan.can_be_saved and not dry_run
        if saved:
            plan = batch_files.import_file(store, actor, table, unit_id)
        found = Report(table, plan, language(), dry_run, saved)
    except (Invalid, Conflict) as error:
        found = Report(None, None, language(), dry_run, error=error)
    except OSError as error:
        unread = Invalid(N_("The file cannot be read ({reason})."), reason=error.strerror or type(error).__name__)
        found = Report(None, None, language(), dry_run, error=unread)
    click.echo(found.to_json() if report == "json" else found.to_text())
    return 0 if found.done else 1


@command("batch list", _("list the batches, with tabs between product, number, expiry and state"), "--state in_use")
@click.option("--vaccine", metavar=_("VACCINE"), help=_("code or name of the product"))
@click.option("--state", type=STATES, default=ALL, help=_("all unless told"))
@with_store
def list_batches(store: Store, vaccine: str | None, state: str) -> None:
    """Print a line for each batch: product, number, expiry and state, with tabs between."""
    product = CodeLookup(catalogue.load(store)).vaccine(vaccine) if vaccine else None
    for batch in changes.list_batches(store, current_user(store)):
        now = batch.state_on(store.today())
        if product in (None, batch.product_code) and state in (ALL, now):
            click.echo(f"{batch.product_code}\t{batch.batch_number}\t{batch.expires_on or ''}\t{now}")


batches = command_group(
    "batch", _("the batches of vaccines"), "import batches.csv --dry-run", (import_batches, list_batches)
)
