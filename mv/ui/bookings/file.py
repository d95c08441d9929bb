"""Import a file of bookings: choose its columns, look at the plan, and save all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mv.access import Action, may
from mv.booking_files import calendars, importing
from mv.booking_files import columns as file_columns
from mv.booking_files.calendars import Calendar
from mv.booking_files.columns import NAMES
from mv.booking_files.loading import MOST_ROWS, ImportRequest
from mv.booking_files.plan import Plan
from mv.errors import MvError
from mv.tabular_files.table import MEGABYTE, MOST_BYTES, Table
from mv.ui import session
from mv.ui.bookings.file_preview import draw_plan
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, count_of, explain, grouped, literal
from mv.ui.web.streamlit_internals import UploadedFile
from mv.ui.widgets import file_upload

KEY = "booking_file"


@dataclass(slots=True)
class BookingFileState:
    """The plan of a file with the request that it answers, and the calendar that was read last, by its file's id."""

    planned_for: object = None
    plan: Plan | None = None
    calendar_of: str | None = None
    calendar: Calendar | None = None


def draw_file(unit_id: str) -> None:
    """Draw the field for a file of the unit's bookings and, once there is one, what it comes to and the import."""
    if not may(session.actor(), Action.IMPORT_BOOKINGS):
        return
    with st.expander(_("Import a file of bookings"), key=KEY):
        form = drawn_form(f"{KEY}_save")
        file = file_upload.choose(
            _("File of bookings (CSV, XLSX or iCalendar)"),
            _("It is read in memory, and not kept."),
            f"{KEY}_{unit_id}_{form.number}",
        )
        st.caption(
            _(
                "The booking system’s file: at most {megabytes} MB and {rows} bookings. Each has an id of its own"
                " there: the same file again changes nothing, and one that was moved or cancelled is moved or"
                " cancelled here. You see what it comes to before anything is saved.",
                megabytes=MOST_BYTES // MEGABYTE,
                rows=grouped(MOST_ROWS),
            )
        )
        if file is None:
            return
        try:
            asked = _choose_request(file, unit_id)
            plan = _plan(asked)
        except MvError as error:
            st.error(literal(explain(error)))
            return
        draw_plan(plan, asked.table)
        if plan.can_be_saved:
            st.button(
                f"{_('Import all')} ({plan.to_save})", type="primary", key=form.key, on_click=_import,
                args=(asked, plan, form),
            )  # fmt: skip
        elif not plan.problems:
            st.success(_("There is nothing to import: all of it is there already."))


def _choose_request(file: UploadedFile, unit_id: str) -> ImportRequest:
    """Draw the choice of columns, and whether the file has all bookings of its days; return the request."""
    read = _read(file)
    columns: dict[file_columns.Column, str] = {}
    if isinstance(read, Table):
        with st.container(border=True):
            st.text(_("Columns"))
            guessed = file_columns.guess(read.headings, importing.kept_columns(store(), session.actor(), unit_id))
            end = file_upload.key_of(file, read)
            columns = file_upload.choose_columns(NAMES, guessed, read, f"{KEY}_{unit_id}", end)
            st.caption(_("Needed: the id, the identity number, the day and the vaccine. They are kept for the unit."))
    has_all = st.checkbox(
        _("The file has every booking of its days: one that is missing is gone"),
        value=True,
        key=f"{KEY}_all_{file.file_id}",
    )
    return ImportRequest(read, columns, unit_id, has_all)


def _read(file: UploadedFile) -> Table | Calendar:
    file.seek(0)
    if not calendars.is_calendar(file.read(1024)):
        return file_upload.read(file, KEY)
    kept = state(BookingFileState)
    if kept.calendar is None or kept.calendar_of != file.file_id:
        file.seek(0)
        with st.spinner(_("The file is read …")):
            kept.calendar_of, kept.calendar = file.file_id, calendars.read(file)
    events = count_of("{count} event", "{count} events", len(kept.calendar.events))
    st.caption(_("Read as iCalendar: {events}.", events=events))
    return kept.calendar


def _plan(asked: ImportRequest) -> Plan:
    """Return the plan, made anew for another request and after saving. Raises MvError."""
    kept, planned_for = state(BookingFileState), (asked, session.actor())
    if kept.plan and kept.planned_for == planned_for:
        return kept.plan
    with st.spinner(_("The rows are checked …")):
        plan = importing.preview(store(), session.actor(), asked)
    kept.planned_for, kept.plan = planned_for, plan
    return plan


def _import(asked: ImportRequest, plan: Plan, form: DrawnForm) -> None:
    kept = state(BookingFileState)

    def save() -> Plan:
        kept.plan = None
        return importing.import_file(store(), session.actor(), asked, plan.fingerprint)

    def then(saved: Plan) -> None:
        notify("success", count_of("{count} booking is imported.", "{count} bookings are imported.", saved.to_save))

    save_once(form, save, then)
