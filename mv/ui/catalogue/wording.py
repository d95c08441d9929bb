"""Rows of the catalogue and their changes in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mv.catalogue import changes
from mv.catalogue.changes import Change, ChangeKind
from mv.catalogue.tables import CatalogueRow
from mv.ui import session
from mv.ui.text import _, moment
from mv.ui.widgets.table import draw_table


def name_of_row(row: CatalogueRow) -> str:
    """Return the name of the row in the session's language."""
    named = row.values.get("name_en") if session.language() != "sv" else None
    return str(named or row.name)


def differences(was: CatalogueRow, becomes: CatalogueRow) -> str:
    """Return what differs: each column with the values before and after."""
    return changes.describe(was, becomes, session.language())


def draw_changes(found: Sequence[Change], *, with_row: bool) -> None:
    """Draw changes: the time, the user, what was done and what became otherwise."""
    columns = {
        _("Time"): [moment(change.changed_at) for change in found],
        _("By"): [change.changed_by for change in found],
    }
    if with_row:
        columns[_("Row")] = [f"{name_of_row(change.becomes)} ({change.becomes.key})" for change in found]
    columns[_("Change")] = [_words()[change.kind] for change in found]
    columns[_("What became otherwise")] = [
        differences(change.was, change.becomes) if change.was else "" for change in found
    ]
    draw_table(columns, empty=_("No changes."), alt=_("Change history"))


def _words() -> Mapping[ChangeKind, str]:
    return {
        ChangeKind.ADDED: _("Added"),
        ChangeKind.CORRECTED: _("Corrected"),
        ChangeKind.ENDED: _("Ended"),
        ChangeKind.REOPENED: _("In use again"),
        ChangeKind.UNDONE: _("Undone"),
    }
