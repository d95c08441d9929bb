"""The list of a table of the catalogue, and a row that is open: its form, its history, undoing its latest change."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv.catalogue import changes
from mv.catalogue.tables import SUBGROUP, UNIT, VACCINE, CatalogueRow, CatalogueTable
from mv.catalogue.values import is_day
from mv.ui import resources, session
from mv.ui.catalogue.form import draw_form
from mv.ui.catalogue.state import NEW, CatalogueEditorState, open_row
from mv.ui.catalogue.wording import draw_changes, name_of_row
from mv.ui.notices import do_once, notify
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, literal, period
from mv.ui.widgets.row_button import action

WIDTHS = (6, 3, 3, 2)
CHANGES_SHOWN = 100


def draw_rows(table: CatalogueTable) -> None:
    """Draw the rows of the table, or the one that is open."""
    editor = state(CatalogueEditorState)
    rows = changes.rows_of(store(), session.actor(), table)
    if editor.opened is None:
        _draw_list(table, list(rows.values()))
    elif editor.opened == NEW:
        st.subheader(_("New row"))
        draw_form(CatalogueRow(table, {}), None, rows)
    elif row := rows.get(editor.opened):
        _draw_row(row, rows)


def _draw_list(table: CatalogueTable, rows: list[CatalogueRow]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Add"), icon=":material/add:", key="catalogue_new", on_click=open_row, args=(NEW,))
        ended = st.toggle(_("Ended ones, too"), key=f"catalogue_ended_{table.name}")
    today = store().today()
    taken = sorted((row for row in rows if ended or not _has_ended(row, today)), key=_place)
    if not taken:
        st.info(_("Nothing is here yet. Add a row, take over the start, or read a file."))
    for row in taken:
        _draw_line(row)
    with st.expander(_("Change history")):
        draw_changes(changes.history(store(), session.actor(), table)[:CHANGES_SHOWN], with_row=True)


def _draw_line(row: CatalogueRow) -> None:
    with st.container(key=f"catalogue_row_{row.key.replace('/', '-')}"):
        cells = st.columns(WIDTHS, vertical_alignment="center")
        cells[0].markdown(f"{literal(name_of_row(row))}  \n:small[:gray[{literal(_about(row))}]]")
        cells[1].text(row.key)
        last = row.values["valid_to"]
        cells[2].text(period(is_day(row.values["valid_from"]), last if isinstance(last, date) else None))
        cells[3].button(
            action(_("Open"), name_of_row(row)),
            key=f"catalogue_open_{row.key}",
            on_click=open_row,
            args=(row.key,),
            width="stretch",
        )


def _draw_row(row: CatalogueRow, rows: dict[str, CatalogueRow]) -> None:
    editor = state(CatalogueEditorState)
    seen = editor.seen = editor.seen or row
    st.subheader(literal(name_of_row(row)))
    if seen.version != row.version:
        st.warning(_("Somebody changed this row since you opened it. Open it anew to change it."))
    draw_form(seen, seen, rows)
    found = changes.history(store(), session.actor(), row.table, row.key)
    if found and found[0].can_be_undone and found[0].becomes.version == row.version:
        st.button(
            _("Undo the latest change"), icon=":material/undo:", key="catalogue_undo", on_click=_undo, args=(row,)
        )
    with st.expander(_("Change history")):
        draw_changes(found, with_row=False)


def _undo(row: CatalogueRow) -> None:
    def then(now: CatalogueRow) -> None:
        resources.catalogue.clear()
        open_row(now.key)
        notify("success", _("Undone: {name}.", name=name_of_row(now)))

    name = f"catalogue_undo_{row.table.name}_{row.key}_{row.version}"
    do_once(name, lambda: changes.undo(store(), session.actor(), row), then)


def _has_ended(row: CatalogueRow, today: date) -> bool:
    last = row.values["valid_to"]
    return isinstance(last, date) and last < today


def _place(row: CatalogueRow) -> tuple[str, int, str]:
    place = row.values.get("sort_order")
    group = str(row.values["group_code"]) if row.table is SUBGROUP else ""
    return group, place if isinstance(place, int) else 0, name_of_row(row).casefold()


def _about(row: CatalogueRow) -> str:
    """Return what tells the row from others, beside its name."""
    if row.table is UNIT:
        return str(row.values["region"])
    return str(row.values["atc"]) if row.table is VACCINE else str(row.values["source"] or "")
