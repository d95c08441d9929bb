"""Files of the catalogue on the screen: what they come to beside the store, and saving that; taking files out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mv.catalogue import changes, files, start
from mv.catalogue.files import Comparison, Difference, State
from mv.catalogue.tables import TABLES, CatalogueRow
from mv.errors import MvError
from mv.ui import resources, session
from mv.ui.catalogue.effect import draw_effect
from mv.ui.catalogue.wording import differences, name_of_row
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, grouped, literal
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import checklist, download, file_upload
from mv.ui.widgets.table import draw_table

KEY = "catalogue_file"
TURN = "catalogue_file_turn"
"""Counts the files of the session that were saved; the field of each has a key of its own, and begins empty."""


def draw_file() -> None:
    """Draw the choice of a file, its differences from the store, the button that saves them, and the files to take."""
    turn = session.value(TURN) or 0
    st.text(
        _("A file has one of the tables. Take it out here, change it, and choose it: what is missing in it stays here.")
    )
    with st.container(horizontal=True):
        for table in TABLES:
            download.offer(
                _("Download {table}", table=_(table.title)),
                GeneratedFile(table.file, "text/csv", files.export_table, (store(), session.actor(), table)),
                key=f"{KEY}_{table.name}",
            )
    file = file_upload.choose(
        _("File of the catalogue (CSV or XLSX)"), _("It is read in memory, and not kept."), f"{KEY}_{turn}"
    )
    if file is None:
        return
    try:
        table_of_file = file_upload.read(file, KEY)
        (found,) = files.compare(store(), session.actor(), [table_of_file])
    except MvError as error:
        st.error(literal(explain(error)))
        return
    st.subheader(literal(_(found.table.title)))
    _draw_counts(found)
    if found.problems:
        st.error(_("Nothing can be saved. Mend the file, and choose it again."))
        file_upload.draw_problems(found.problems, table_of_file)
        return
    _draw_new(found.differences)
    _draw_changed(found.differences)
    draw_effect([(each.seen, each.row) for each in found.differences if each.state == State.CHANGED])
    if not found.to_save:
        st.success(_("There is nothing to save: all of it is here already."))
        return
    form = drawn_form(f"{KEY}_save")
    words = _("Save all")
    st.button(
        f"{words} ({len(found.to_save)})",
        type="primary",
        key=form.key,
        on_click=_save_file,
        args=(found.to_save, form, turn),
    )


def draw_start() -> None:
    """Draw the start that the program brings beside the store, with a box for each difference to take over."""
    st.text(
        _(
            "Groups, subgroups and vaccines that the program brings, each with its source. Look at them, and take over"
            " those that are to be used here. Nothing that you have decided changes by itself."
        )
    )
    try:
        compared = files.compare(store(), session.actor(), start.files())
    except MvError as error:
        st.error(literal(explain(error)))
        return
    offered = [each for found in compared for each in found.differences if each.state in (State.NEW, State.CHANGED)]
    numbers = {_key(each): number for number, each in enumerate(offered)}
    if not offered:
        st.success(_("All of the start is here."))
    key = f"start_{hash(tuple(numbers))}"
    _tick_new(key, offered)
    if offered:
        checklist.draw_tick_all(range(len(offered)), key)
    for found in compared:
        its = [each for each in found.differences if _key(each) in numbers]
        if its:
            st.subheader(literal(_(found.table.title)), anchor=False)
        for each in its:
            label = f"{name_of_row(each.row)} ({each.row.key}) – {_about(each)}"
            checklist.draw_tick(numbers[_key(each)], literal(label), key)
    ticked = checklist.ticked_boxes(key)
    draw_effect([(each.seen, each.row) for number, each in enumerate(offered) if each.seen and number in ticked])
    form = drawn_form("start_save")
    with st.container(horizontal=True):
        if offered:
            st.button(
                _("Take over the ticked ones"), type="primary", key=form.key,
                on_click=_take_over, args=(offered, key, form),
            )  # fmt: skip
        if start.is_new(store()):
            st.button(_("Take over nothing"), key="start_nothing", on_click=_take_over, args=((), key, form))


def _key(each: Difference) -> tuple[str, str, int]:
    return each.row.table.name, each.row.key, each.row.version


def _tick_new(key: str, offered: Sequence[Difference]) -> None:
    """Tick what is new when the list is drawn first; what was decided otherwise here is left."""
    begun = f"{key}_begun"
    if not session.value(begun):
        session.set_value(begun, True)
        new = (number for number, each in enumerate(offered) if each.state == State.NEW)
        checklist.ticked_boxes(key).update(new)


def _about(each: Difference) -> str:
    if each.seen is not None:
        return differences(each.seen, each.row)
    return _("New: {source}", source=each.row.values["source"])


def _draw_counts(found: Comparison) -> None:
    names: Mapping[State, str] = {
        State.NEW: _("New"),
        State.CHANGED: _("Changed"),
        State.SAME: _("As it is"),
        State.ONLY_HERE: _("Here only; stays"),
    }
    counts = {state: found.counts[state] for state in names if found.counts[state]}
    draw_table(
        {_("State"): [names[state] for state in counts], _("Rows"): [grouped(count) for count in counts.values()]},
        empty="",
        alt=_("What the file comes to"),
    )


def _draw_new(found: Sequence[Difference]) -> None:
    new = [each for each in found if each.state == State.NEW]
    if new:
        columns = {_("Code"): [each.row.key for each in new], _("Name"): [name_of_row(each.row) for each in new]}
        draw_table(columns, empty="", alt=_("New"))


def _draw_changed(found: Sequence[Difference]) -> None:
    changed = [(each.row, each.seen) for each in found if each.state == State.CHANGED and each.seen]
    if changed:
        columns = {
            _("Code"): [row.key for row, _seen in changed],
            _("What becomes otherwise"): [differences(seen, row) for row, seen in changed],
        }
        draw_table(columns, empty="", alt=_("Changed"))


def _save_file(rows: Sequence[CatalogueRow], form: DrawnForm, turn: int) -> None:
    def then(saved: list[CatalogueRow]) -> None:
        session.set_value(TURN, turn + 1)
        _tell(saved)

    save_once(form, lambda: changes.save(store(), session.actor(), rows), then)


def _take_over(offered: Sequence[Difference], key: str, form: DrawnForm) -> None:
    ticked = checklist.ticked_boxes(key)
    rows = [each.row for number, each in enumerate(offered) if number in ticked]
    save_once(form, lambda: start.settle(store(), session.actor(), rows), _tell)


def _tell(saved: list[CatalogueRow]) -> None:
    resources.catalogue.clear()
    notify("success", count_of("{count} row is saved.", "{count} rows are saved.", len(saved)))
