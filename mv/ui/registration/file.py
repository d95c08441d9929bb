"""Import a file of people: choose its columns, look at the plan, and save all of it or nothing."""

from __future__ import annotations

import streamlit as st

from mv.errors import Invalid, MvError
from mv.export import Csv, Xlsx
from mv.pseudonyms import Pseudonyms
from mv.registration import saving
from mv.registration.file_import import columns as file_columns
from mv.registration.file_import import exported_layout, importing, templates
from mv.registration.file_import.columns import NAMES, ColumnHeadings
from mv.registration.file_import.loading import MOST_ROWS, ImportRequest
from mv.registration.file_import.plan import Plan, RowState
from mv.registration.rounds import EntryMethod
from mv.registration.saving import LONGEST_REASON
from mv.tabular_files.table import MEGABYTE, MOST_BYTES, Table
from mv.ui import session
from mv.ui.notices import notify
from mv.ui.registration.file_preview import draw_plan
from mv.ui.registration.rounds import draw_latest
from mv.ui.registration.state import RegistrationState
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, count_of, explain, grouped, literal
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.web.startup_checks import configured
from mv.ui.widgets import download, file_upload
from mv.ui.widgets.unit_picker import choose_unit

KEY = "import"
TURN = "import_round"
"""Counts the imports of the session; the field of each has a key of its own, and begins empty."""


def draw_file() -> None:
    """Draw this part of the page."""
    turn = session.value(TURN) or 0
    draw_latest(EntryMethod.FILE, _("The file that was imported last,"), _("Undo the whole file"))
    _draw_templates()
    unit_id = choose_unit(
        _("Unit"), f"{KEY}_unit", session.actor().unit_id, help=_("Of the rows that name no unit themselves.")
    )
    file = file_upload.choose(
        _("File of people (CSV or XLSX)"), _("It is read in memory, and not kept."), f"{KEY}_file_{turn}"
    )
    st.caption(
        _(
            "Choose the file with the button, or drag it here: at most {megabytes} MB and {rows} rows. All of it is"
            " saved, or nothing; you see what it comes to before that. A file that Output data made, and that you have"
            " changed, is taken back the same way.",
            megabytes=MOST_BYTES // MEGABYTE,
            rows=grouped(MOST_ROWS),
        )
    )
    if file is None:
        return
    try:
        table = file_upload.read(file, KEY)
        asked = _choose_request(table, unit_id, file_upload.key_of(file, table), turn)
        plan = _plan(asked)
    except MvError as error:
        st.error(literal(explain(error)))
        return
    draw_plan(plan, asked.table)
    _draw_result(plan, asked, turn)


def _draw_templates() -> None:
    with st.expander(_("Template and columns")):
        st.text(
            _(
                "One row for each person, and for each dose. Needed are the identity number, the group and a day: the"
                " first day of the group, or the day of the dose. A dose has its day, vaccine and batch."
            )
        )
        st.text(
            _(
                "Groups, subgroups, vaccines and units are named by name or by code. Who is unknown is registered where"
                " both names are given. Days are written as 2026-11-22, 20261122 or 22/11/2026."
            )
        )
        with st.container(horizontal=True):
            language = session.language()
            for form, label in ((Csv(), _("Template as CSV")), (Xlsx(), _("Template as XLSX"))):
                download.offer(
                    label,
                    GeneratedFile(templates.template_filename(form), form.mime, templates.template, (form, language)),
                    key=f"{KEY}_template_{form.suffix}",
                )


def _choose_request(table: Table, unit_id: str, end: str, turn: int) -> ImportRequest:
    """Draw the choice of columns, and return the request with the reason of doubtful rows."""
    key = configured().pseudonym_key
    columns: ColumnHeadings = {}
    if exported_layout.recognise(table.headings):
        st.info(_("The file is one of groups from Output data. Its rows are compared with what is registered now."))
    else:
        with st.expander(_("Columns"), expanded=True):
            columns = file_upload.choose_columns(NAMES, file_columns.guess(table.headings), table, KEY, end)
    reason = session.value(f"{KEY}_reason_{turn}") or ""
    if _reason_error(reason):  # told where it is written
        reason = ""
    return ImportRequest(table, columns, unit_id, reason, Pseudonyms(key) if key else None)


def _plan(asked: ImportRequest) -> Plan:
    """Return the plan, made anew for another request and after saving. Raises MvError."""
    kept, planned_for = state(RegistrationState), (asked, session.actor())
    if kept.plan and kept.planned_for == planned_for:
        return kept.plan
    with st.spinner(_("The rows are checked …")):
        plan = importing.preview(store(), session.actor(), asked)
    kept.planned_for, kept.plan = planned_for, plan
    return plan


def _draw_result(plan: Plan, asked: ImportRequest, turn: int) -> None:
    """Draw the next step: give a reason, import, or download the file with its problems."""
    counts = plan.counts
    if any(line.validation and line.validation.concerns for line in plan.lines):
        reason = st.text_input(
            _("Why are the doubtful rows right?"),
            max_chars=LONGEST_REASON,
            autocomplete="off",
            help=_("For rows without a reason of their own. Kept beside the row. No identity numbers or names."),
            key=f"{KEY}_reason_{turn}",
        )
        if error := _reason_error(reason):
            st.error(literal(explain(error)))
    if plan.can_be_saved:
        saved = counts[RowState.READY] + counts[RowState.CHANGED]
        words = _("Import all")
        if st.button(f"{words} ({saved})", type="primary", key=f"{KEY}_save_{turn}"):
            _import(plan, asked, turn, saved)
    elif counts[RowState.WRONG] or counts[RowState.DOUBTFUL]:
        language, table = session.language(), asked.table
        download.offer(
            _("Get the file with what is wrong"),
            GeneratedFile(
                templates.problems_filename(table, store().today()),
                templates.format_of(table).mime,
                templates.with_problems,
                (table, plan, language),
            ),
            key=f"{KEY}_reasons",
        )
        st.caption(_("Every row is in it, with the reasons in the last column. Mend it, and choose it here."))
    else:
        st.success(_("There is nothing to import: all of it is there already."))


def _reason_error(reason: str) -> Invalid | None:
    try:
        saving.clean_reason(reason)
    except Invalid as error:
        return error
    return None


def _import(plan: Plan, asked: ImportRequest, turn: int, saved: int) -> None:
    """Import the file and draw the progress. After saving, nothing is drawn before the state is updated."""
    words, kept = _("The rows are saved …"), state(RegistrationState)
    bar = st.progress(0.0, words)

    def tell(share: float) -> None:
        bar.progress(share, words)

    try:
        importing.import_file(store(), session.actor(), asked, plan.fingerprint, tell)
    except Invalid as error:
        bar.empty()
        st.error(literal(explain(error)))
    except MvError as error:
        kept.plan = None
        notify("error", explain(error))
        st.rerun()
    else:
        kept.plan = None
        session.set_value(TURN, turn + 1)
        notify("success", count_of("{count} row is imported.", "{count} rows are imported.", saved))
        st.rerun()
