"""A file of batches on the page: what it comes to, then all of it saved or nothing."""

from __future__ import annotations

import streamlit as st

from mv import batch_files
from mv.batch_files import BatchPlan
from mv.errors import MvError
from mv.tabular_files.table import Table
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, literal
from mv.ui.widgets import file_upload

KEY = "batch_file"


def draw_file() -> None:
    """Draw the field for the file, its problems, and the button that saves all of it."""
    form = drawn_form(f"{KEY}_save")
    file = file_upload.choose(
        _("File of batches (CSV or XLSX)"), _("It is read in memory, and not kept."), f"{KEY}_{form.number}"
    )
    st.caption(_("One row for each batch: vaccine, batch number and, where it is known, expiry."))
    if file is None:
        return
    try:
        table = file_upload.read(file, KEY)
        plan = batch_files.read_plan(store(), session.actor(), table, session.actor().unit_id)
    except MvError as error:
        st.error(literal(explain(error)))
        return
    if plan.problems:
        file_upload.draw_problems(plan.problems, table)
    elif plan.can_be_saved:
        words = _("Import all")
        st.button(
            f"{words} ({len(plan.new) + len(plan.said)})",
            type="primary",
            key=form.key,
            on_click=_save,
            args=(form, table),
        )
    else:
        st.success(_("There is nothing to import: all of it is there already."))


def _save(form: DrawnForm, table: Table) -> None:
    def then(plan: BatchPlan) -> None:
        saved = len(plan.new) + len(plan.said)
        notify("success", count_of("{count} batch is saved.", "{count} batches are saved.", saved))

    save_once(form, lambda: batch_files.import_file(store(), session.actor(), table, session.actor().unit_id), then)
