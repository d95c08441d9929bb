"""A file of users on the screen: its columns, its differences, and saving it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mv import user_files
from mv.errors import MvError
from mv.tabular_files.table import Table
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, literal
from mv.ui.users.overview import role_name, units_text
from mv.ui.widgets import file_upload
from mv.ui.widgets.table import draw_table
from mv.user_files import COLUMN_NAMES, Column, Difference, Plan

KEY = "users_file"


def draw_file() -> None:
    """Draw the field for a file of users, what it comes to, and the button that saves it."""
    saving = drawn_form(KEY)
    file = file_upload.choose(
        _("File of users (CSV or XLSX)"),
        _("A row for each user: the user or the e-mail, name, role, units with commas between, first and last day."),
        f"{KEY}_{saving.number}",
    )
    if file is None:
        return
    try:
        table = file_upload.read(file, KEY)
        columns = file_upload.choose_columns(
            COLUMN_NAMES, user_files.guess_columns(table), table, KEY, file_upload.key_of(file, table)
        )
        plan = user_files.preview(store(), session.actor(), table, columns)
    except MvError as error:
        st.error(literal(explain(error)))
        return
    _draw_plan(plan, table, columns, saving)


def _draw_plan(plan: Plan, table: Table, columns: Mapping[Column, str], saving: DrawnForm) -> None:
    if plan.problems:
        st.error(_("The file has problems, so nothing was saved."))
        file_upload.draw_problems(plan.problems, table)
        return
    changed = [user for user in plan.users if user.difference != Difference.SAME]
    st.text(count_of("{count} user is as before.", "{count} users are as before.", plan.count(Difference.SAME)))
    draw_table(
        {
            _("User"): [user.label for user in changed],
            _("Name"): [user.name for user in changed],
            _("Role"): [role_name(user.role) if user.role else _("What the sign-in gives") for user in changed],
            _("Units"): [
                _("What the sign-in gives") if user.units is None else units_text(user.units) for user in changed
            ],
            _("Difference"): [_("New") if user.difference == Difference.NEW else _("Changed") for user in changed],
        },
        empty=_("Nothing differs."),
        alt=_("What the file changes"),
    )
    if changed:
        st.button(_("Save all"), type="primary", key=saving.key, on_click=_save, args=(plan, table, columns, saving))


def _save(plan: Plan, table: Table, columns: Mapping[Column, str], saving: DrawnForm) -> None:
    save_once(
        saving,
        lambda: user_files.save(store(), session.actor(), table, columns, plan),
        lambda saved: notify(
            "success", count_of("{count} user is saved.", "{count} users are saved.", len(saved.users))
        ),
    )
