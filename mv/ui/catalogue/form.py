"""The form of a row of the catalogue: a field for each column, what saving it comes to, and saving it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from mv.catalogue import changes, values
from mv.catalogue.tables import SUBGROUP, CatalogueRow, CatalogueTable, Column, Kind, Value
from mv.errors import Invalid
from mv.ui import resources, session
from mv.ui.catalogue.effect import draw_effect
from mv.ui.catalogue.state import CatalogueEditorState, open_row
from mv.ui.catalogue.wording import name_of_row
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import errors_as_notices, notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, explain, literal, name_of
from mv.ui.web.streamlit_internals import DeltaGenerator
from mv.ui.widgets.day_field import EARLIEST

FIELDS_IN_A_ROW = 3
WIDE = ("source", "days_between_source", "gtins")
"""Columns whose field has a row of its own."""


def draw_form(start: CatalogueRow, seen: CatalogueRow | None, rows: Mapping[str, CatalogueRow]) -> None:
    """Draw the fields, filled in from ``start``, what keeps the row from being saved or what that comes to, the button.

    ``seen`` is the row as it was when it was opened, None for one to add; ``rows`` are all of the table.
    """
    table, key = start.table, state(CatalogueEditorState).form_key
    with st.container(border=True, key="catalogue_form"):
        _draw_fields(table, key, start, rows, new=seen is None)
        try:
            row = _entered(table, key, seen)
        except Invalid as error:
            st.caption(literal(explain(error)))
        else:
            if seen is None or changes.differing(seen, row):
                _draw_outcome(seen, row)
        with st.container(horizontal=True):
            form = drawn_form("catalogue_save")
            st.button(_("Save"), type="primary", key=form.key, on_click=_save, args=(table, key, seen, form))
            st.button(_("Cancel"), key="catalogue_cancel", on_click=open_row, args=(None,))


def _draw_outcome(seen: CatalogueRow | None, row: CatalogueRow) -> None:
    found = changes.faults_of(store(), session.actor(), row)
    for column, error in found:
        st.caption(literal(f"{_(column.title)}: {explain(error)}"))
    if not found and seen is not None:
        draw_effect([(seen, row)])


def _draw_fields(
    table: CatalogueTable, key: str, start: CatalogueRow, rows: Mapping[str, CatalogueRow], *, new: bool
) -> None:
    narrow = [column for column in table.columns if column.name not in WIDE]
    for first in range(0, len(narrow), FIELDS_IN_A_ROW):
        for cell, column in zip(st.columns(FIELDS_IN_A_ROW), narrow[first:], strict=False):
            _draw_field(cell, table, column, key, start.values.get(column.name), rows, new=new)
    for column in table.columns:
        if column.name in WIDE:
            _draw_text(st.container(), column, key, start.values.get(column.name), disabled=False)


def _draw_field(
    cell: DeltaGenerator,
    table: CatalogueTable,
    column: Column,
    key: str,
    value: Value,
    rows: Mapping[str, CatalogueRow],
    *,
    new: bool,
) -> None:
    field, title = f"{key}_{column.name}", _(column.title)
    if column.name == "group_code" and table is SUBGROUP and new:
        groups = catalogue().groups
        cell.selectbox(
            title, list(groups), index=None, format_func=lambda code: name_of(groups[code]),
            placeholder=_("Choose a group"), key=field, filter_mode="contains",
        )  # fmt: skip
    elif column.name == "region":
        session.begin_with(field, value)
        regions = sorted({str(row.values["region"]) for row in rows.values()})
        cell.selectbox(
            title, regions, index=None, placeholder=_("Choose or write"), accept_new_options=True, key=field,
            filter_mode="contains", help=_("The rules of what is paid are a region’s: written the same way there."),
        )  # fmt: skip
    elif column.kind == Kind.DAY:
        first = value if isinstance(value, date) else store().today()
        if not column.required:
            session.begin_with(field, value)
        cell.date_input(
            title, value=first if column.required else None, min_value=EARLIEST, format="YYYY-MM-DD", key=field,
            help=None if column.required else _("The last day. Leave it empty until it ends."),
        )  # fmt: skip
    elif column.kind == Kind.NUMBER:
        session.begin_with(field, value)
        cell.number_input(title, value=None, step=1, key=field)
    elif column.kind == Kind.YES_NO:
        session.begin_with(field, bool(value))
        cell.toggle(title, key=field, help=_("Whoever is of the age is in the group, without being asked more."))
    elif column.kind in (Kind.AGE_UNIT, Kind.SEX):
        words = values.WORDS[column.kind]
        session.begin_with(field, value)
        cell.selectbox(
            title, list(words), index=None, format_func=lambda code: _(words[code]), placeholder=_("None"), key=field
        )
    else:
        _draw_text(cell, column, key, value, disabled=column in table.key_columns and not new)


def _draw_text(cell: DeltaGenerator, column: Column, key: str, value: Value, *, disabled: bool) -> None:
    helps = {
        Kind.CODE: _("Small letters a to z, digits and _. It stands in files and rules, and stays as it is."),
        Kind.GTINS: _("The numbers of the packs, with spaces between: what a scanner reads chooses the vaccine."),
    }
    session.begin_with(f"{key}_{column.name}", values.written(value))
    cell.text_input(
        _(column.title), autocomplete="off", disabled=disabled, key=f"{key}_{column.name}", help=helps.get(column.kind)
    )


def _entered(table: CatalogueTable, key: str, seen: CatalogueRow | None) -> CatalogueRow:
    """Return the row in the fields. Raises Invalid where a field cannot be read."""
    found: dict[str, Value] = {}
    for column in table.columns:
        value: Any = session.value(f"{key}_{column.name}")
        written = value is None or isinstance(value, str)
        found[column.name] = values.parse(column, value or "") if written else value
    return CatalogueRow(table, found, seen.version if seen else 0)


def _save(table: CatalogueTable, key: str, seen: CatalogueRow | None, form: DrawnForm) -> None:
    with errors_as_notices():
        row = _entered(table, key, seen)

        def then(saved: list[CatalogueRow]) -> None:
            resources.catalogue.clear()
            open_row(row.key if saved else None)
            if saved:
                notify("success", _("Saved: {name}.", name=name_of_row(row)))
            else:
                notify("success", _("Nothing was changed, so nothing was saved."))

        save_once(form, lambda: changes.save(store(), session.actor(), [row]), then)
