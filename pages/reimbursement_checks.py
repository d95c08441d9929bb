"""Kontroller: payments against NVR, the New Year list, groups' periods, and records that may be one person."""

from datetime import date, timedelta

import streamlit as st

from mv.errors import MvError
from mv.reimbursement.checks.findings import Check
from mv.ui.notices import show_notices
from mv.ui.reimbursement.checks.findings import draw_check
from mv.ui.reimbursement.checks.new_year import draw_new_year
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.regions import draw_own_regions

EARLIEST = date(2000, 1, 1)
DAYS_BEFORE = timedelta(days=364)


def choose_days() -> tuple[date, date]:
    """Return the period that the fields hold: to begin with, the year up to today."""
    today, cells = store().today(), st.columns(4)
    days = [
        cell.date_input(
            label,
            value=day,
            min_value=EARLIEST,
            format="YYYY-MM-DD",
            key=f"checks_{name}",
            persist_state="session",
        )
        or day
        for cell, name, label, day in (
            (cells[0], "first", _("First day"), today - DAYS_BEFORE),
            (cells[1], "last", _("Last day"), today),
        )
    ]
    return days[0], days[1]


def draw_nvr() -> None:
    first, last = choose_days()
    for check in (Check.PAID_NOT_REPORTED, Check.REPORTED_NOT_PAID):
        draw_check(check, first, last)


def draw_periods() -> None:
    today = store().today()
    draw_check(Check.TOO_LONG, today, today)
    first, last = choose_days()
    draw_check(Check.TWO_PAYERS, first, last)


def draw_twice() -> None:
    today = store().today()
    draw_check(Check.TWICE, today, today)


st.header(_("Checks"))
show_notices()
draw_own_regions()
parts = {"nvr": draw_nvr, "new_year": draw_new_year, "periods": draw_periods, "twice": draw_twice}
names = {
    "nvr": _("NVR and payment"),
    "new_year": _("New Year list"),
    "periods": _("Periods"),
    "twice": _("One person twice"),
}
try:
    chosen = st.segmented_control(
        _("Part"), list(parts), default="nvr", required=True, format_func=lambda part: names[part],
        label_visibility="collapsed", key="checks_part", persist_state="session",
    )  # fmt: skip
    parts[chosen]()
except MvError as error:
    st.error(literal(explain(error)))
