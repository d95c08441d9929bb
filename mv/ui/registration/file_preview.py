"""The preview of a file of people: the number of rows of each state, their problems, concerns and changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from mv.customers import Customer
from mv.registration.file_import.exported_diff import difference
from mv.registration.file_import.plan import Plan, PlannedRow, RowState
from mv.registration.file_import.report import STATES
from mv.registration.file_import.templates import explain_concerns
from mv.tabular_files.table import Table
from mv.ui import session
from mv.ui.registration.saved_rows import name_and_age
from mv.ui.resources import catalogue
from mv.ui.text import _, count_of, explain, grouped, name_of
from mv.ui.widgets import file_upload
from mv.ui.widgets.table import draw_frame, draw_table

ROWS_SHOWN = 500


def draw_plan(plan: Plan, table: Table) -> None:
    """Draw the counts, which add up to the rows of the file, then problems, new people, concerns and changes."""
    st.subheader(_("What the file comes to"))
    _draw_counts(plan)
    if plan.problems:
        st.error(
            count_of(
                "{count} problem, so nothing can be imported. Mend the file, or choose other columns.",
                "{count} problems, so nothing can be imported. Mend the file, or choose other columns.",
                len(plan.problems),
            )
        )
        file_upload.draw_problems(plan.problems, table)
    if plan.new_people:
        st.info(
            count_of(
                "{count} person is unknown and will be registered. That stays if the file is undone.",
                "{count} people are unknown and will be registered. That stays if the file is undone.",
                len(plan.new_people),
            )
        )
        _draw_new_people([customer for _identity, customer in plan.new_people.values()])
    _draw_concerns([line for line in plan.lines if line.validation and line.validation.concerns])
    _draw_changes([line for line in plan.lines if line.change])
    _draw_others([line for line in plan.lines if line.error])


def _draw_new_people(people: Sequence[Customer]) -> None:
    """Draw the names that will be registered, so that broken ones are seen before."""
    with st.expander(_("Names of those who will be registered")):
        names = {
            _("Given name"): [each.given_name for each in people],
            _("Family name"): [each.family_name for each in people],
            _("Birth date"): [str(each.birth_date) for each in people],
        }
        draw_frame(pd.DataFrame(names).head(ROWS_SHOWN), {})
        _draw_limit(len(people))


def _draw_counts(plan: Plan) -> None:
    counts = {state: count for state, count in plan.counts.items() if count}
    names = [*(_(STATES[state]) for state in counts), _("Total")]
    sums = [*counts.values(), len(plan.lines)]
    draw_table(
        {_("State"): names, _("Rows"): [grouped(count) for count in sums]}, empty="", alt=_("What the file comes to")
    )


def _draw_concerns(lines: Sequence[PlannedRow]) -> None:
    if lines:
        st.subheader(_("Doubtful rows"), anchor=False)
        _draw(lines, {_("Reason"): _has_reason, _("What is doubtful"): _explain_concerns})


def _has_reason(line: PlannedRow) -> str:
    return _("Without a reason") if line.state is RowState.DOUBTFUL else _("For a reason")


def _draw_changes(lines: Sequence[PlannedRow]) -> None:
    """Draw a row for each changed value, with the value before and after."""
    differing = [(line, *each) for line in lines if line.change for each in difference(*line.change, catalogue())]
    if not differing:
        return
    st.subheader(_("What is to be changed"), anchor=False)
    cells = {
        _("Row in the file"): [line.number for line, *_rest in differing],
        _("Customer"): [_person(line) for line, *_rest in differing],
        _("Column"): [_(name) for _line, name, *_rest in differing],
        _("Before"): [name_of(before) for *_rest, before, _after in differing],
        _("After"): [name_of(after) for *_rest, after in differing],
    }
    draw_frame(pd.DataFrame(cells).head(ROWS_SHOWN), {})
    _draw_limit(len(differing))


def _draw_others(lines: Sequence[PlannedRow]) -> None:
    if lines:
        with st.expander(_("Rows with nothing to save ({count})", count=grouped(len(lines)))):
            _draw(lines, {_("State"): lambda line: _(STATES[line.state]), _("Why"): _explain_error})


def _draw(lines: Sequence[PlannedRow], columns: Mapping[str, Callable[[PlannedRow], str]]) -> None:
    cells: dict[str, list[object]] = {
        _("Row in the file"): [line.number for line in lines],
        _("Customer"): [_person(line) for line in lines],
        **{name: [of(line) for line in lines] for name, of in columns.items()},
    }
    draw_frame(pd.DataFrame(cells).head(ROWS_SHOWN), {})
    _draw_limit(len(lines))


def _draw_limit(count: int) -> None:
    if count > ROWS_SHOWN:
        st.caption(_("The first {count} are shown.", count=ROWS_SHOWN))


def _person(line: PlannedRow) -> str:
    return name_and_age(line.customer.name, line.customer.birth_date) if line.customer else ""


def _explain_concerns(line: PlannedRow) -> str:
    return " ".join(explain_concerns(line, session.language()))


def _explain_error(line: PlannedRow) -> str:
    return explain(line.error) if line.error else ""
