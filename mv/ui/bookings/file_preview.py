"""The preview of a file of bookings: the number of rows of each state, problems, new people and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from mv.booking_files.plan import Plan
from mv.booking_files.report import STATES, difference
from mv.bookings import BookingState
from mv.customers import Customer
from mv.tabular_files.table import Table
from mv.ui.bookings.wording import state_name
from mv.ui.resources import catalogue
from mv.ui.text import _, count_of, grouped, moment
from mv.ui.widgets import file_upload
from mv.ui.widgets.table import draw_frame, draw_table

ROWS_SHOWN = 500


def draw_plan(plan: Plan, table: Table) -> None:
    """Draw the counts, which add up to the rows of the file, then problems, new people, changes and who is gone."""
    st.subheader(_("What the file comes to"))
    counts = {_(STATES[state]): count for state, count in plan.counts.items() if count} | {_("Total"): len(plan.lines)}
    draw_table(
        {_("State"): list(counts), _("Rows"): [grouped(count) for count in counts.values()]},
        empty="",
        alt=_("What the file comes to"),
    )
    if plan.problems:
        st.error(
            count_of(
                "{count} problem, so nothing can be imported. Mend the file, or choose other columns.",
                "{count} problems, so nothing can be imported. Mend the file, or choose other columns.",
                len(plan.problems),
            )
        )
        file_upload.draw_problems(plan.problems, table)
    _draw_new_people([customer for _identity, customer in plan.new_people.values()])
    _draw_changes(plan)
    _draw_gone(plan)


def _draw_new_people(people: Sequence[Customer]) -> None:
    if not people:
        return
    st.info(
        count_of(
            "{count} person is unknown and will be registered.",
            "{count} people are unknown and will be registered.",
            len(people),
        )
    )
    names = {
        _("Given name"): [each.given_name for each in people],
        _("Family name"): [each.family_name for each in people],
        _("Birth date"): [str(each.birth_date) for each in people],
    }
    _draw(names, len(people))


def _draw_changes(plan: Plan) -> None:
    """Draw a row for each changed value, with the value before and after."""
    differing = [
        (line.number, before, *each)
        for line in plan.lines
        if line.change
        for before, after in [line.change]
        for each in difference(before, after, catalogue())
    ]
    if not differing:
        return
    st.subheader(_("What is to be changed"), anchor=False)
    cells: dict[str, list[object]] = {
        _("Row in the file"): [number for number, *_rest in differing],
        _("Customer"): [plan.people[before.customer_id].name for _number, before, *_rest in differing],
        _("Column"): [_(name) for *_rest, name, _was, _now in differing],
        _("Before"): [_(was) for *_rest, was, _now in differing],
        _("After"): [_(now) for *_rest, now in differing],
    }
    _draw(cells, len(differing))


def _draw_gone(plan: Plan) -> None:
    if not plan.gone:
        return
    st.warning(
        count_of(
            "{count} booking is missing from the file, and will be shown as gone.",
            "{count} bookings are missing from the file, and will be shown as gone.",
            len(plan.gone),
        )
    )
    rows = [before for before, _after in plan.gone]
    cells = {
        _("Customer"): [plan.people[row.customer_id].name for row in rows],
        _("Time"): [moment(row.starts_at) for row in rows],
        _("Vaccine"): [catalogue().vaccines[row.product_code].name for row in rows],
        _("Status"): [state_name(BookingState.GONE)] * len(rows),
    }
    _draw(cells, len(rows))


def _draw(cells: Mapping[str, Sequence[object]], count: int) -> None:
    draw_frame(pd.DataFrame(cells).head(ROWS_SHOWN), {})
    if count > ROWS_SHOWN:
        st.caption(_("The first {count} are shown.", count=ROWS_SHOWN))
