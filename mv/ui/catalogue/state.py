"""The state of the page of the catalogue: the open row, and the effect that was shown."""

from __future__ import annotations

from dataclasses import dataclass

from mv.catalogue.tables import CatalogueRow
from mv.reimbursement.preview.catalogue_change import RowChange
from mv.reimbursement.preview.rule_change import Impact
from mv.ui.session import state

NEW = ""
"""Stands for the code of a row that is being added."""


@dataclass(slots=True)
class CatalogueEditorState:
    """The code of the open row: NEW for one to add, None for the list.

    ``seen`` is the row as it was when it was opened, ``forms`` counts the rows opened: a field with the same key would
    show what it held before. ``impact`` was shown last, for the changes ``impact_of``.
    """

    opened: str | None = None
    seen: CatalogueRow | None = None
    forms: int = 0
    impact: Impact | None = None
    impact_of: list[RowChange] | None = None

    @property
    def form_key(self) -> str:
        """The prefix of the keys of the form's fields."""
        return f"catalogue_form_{self.forms}"


def open_row(code: str | None) -> None:
    """Open the row with this code, a new one, or the list (None), with an untouched form."""
    editor = state(CatalogueEditorState)
    editor.opened, editor.seen, editor.impact, editor.impact_of = code, None, None, None
    editor.forms += 1
