"""Att rätta: doses that would be paid after a correction, each with the way to where that is made."""

from datetime import date

import streamlit as st

from mv.identity import age
from mv.reimbursement.corrections import queue as corrections
from mv.reimbursement.corrections.correction import Correction
from mv.reimbursement.corrections.queue import Queue, QueuedDose
from mv.reimbursement.pricing.wording import OUTCOME_NAMES
from mv.ui import session
from mv.ui.notices import show_notices
from mv.ui.reimbursement.corrections.filters import choose_filters
from mv.ui.reimbursement.corrections.queue import corrected, current_queue, missing, open_place, time_left
from mv.ui.reimbursement.corrections.state import CurrentWalk
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, count_of
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.dose_names import product_name
from mv.ui.widgets.regions import draw_own_regions
from mv.ui.widgets.row_button import action

DOSES_ON_A_PAGE = 25
COLUMNS = (2, 3, 3, 6, 2)  # the widths of a row's cells, relative to each other


def draw_summary(steps: list[QueuedDose], today: date) -> None:
    soon = [step for step in steps if step.is_soon(today)]
    st.subheader(f"{doses(len(steps))}, {kronor(sum(step.ore for step in steps))} kr", anchor=False)
    parts = [corrected()]
    if soon:
        worth = kronor(sum(step.ore for step in soon))
        parts.insert(0, _("of which {doses}, {kronor} kr, within a week", doses=doses(len(soon)), kronor=worth))
    st.text("  ·  ".join(part for part in parts if part))


def doses(count: int) -> str:
    return count_of("{count} dose", "{count} doses", count)


def draw_rows(queue: Queue, steps: tuple[QueuedDose, ...], first: int, *, with_unit: bool) -> None:
    """Draw a page of the queue, from the place ``first``, and log the customers that it shows."""
    headings = (_("Worth"), _("Customer"), _("Dose"), _("What is missing"))
    for cell, heading in zip(st.columns(COLUMNS), headings, strict=False):
        cell.caption(heading)
    numbers = [step.dose_id for step in steps[first : first + DOSES_ON_A_PAGE]]
    for place, correction in enumerate(corrections.read_shown(store(), session.actor(), queue, numbers), start=first):
        draw_row(correction, steps, place, queue.today, with_unit=with_unit)


def draw_row(
    correction: Correction, steps: tuple[QueuedDose, ...], place: int, today: date, *, with_unit: bool
) -> None:
    years = count_of("{count} year", "{count} years", age(correction.birth_date, today))
    vaccine, unit = product_name(correction.product_code), catalogue().units[correction.unit_id].name
    dose = [str(correction.given_on), vaccine, *([unit] if with_unit else [])]
    why = _(OUTCOME_NAMES[correction.outcome])
    with st.container(key=f"correction_{correction.dose_id}"):
        cells = st.columns(COLUMNS, vertical_alignment="center")
        cells[0].text(f"{kronor(correction.ore)} kr\n{time_left(correction.last_day, today)}")
        cells[1].text(f"{correction.name}\n{years}")
        cells[2].text("\n".join(dose))
        cells[3].text(f"{why[:1].upper()}{why[1:]}. {missing(correction)}".strip())
        word = _("Correct") if correction.suggestion else _("Open")
        label = action(word, f"{correction.name}, {vaccine}, {correction.given_on}")
        if cells[4].button(label, key=f"correct_{correction.dose_id}", width="stretch"):
            open_place(correction, steps, place)


def draw_empty(queue: Queue) -> None:
    """Draw that there is nothing to correct, or nothing that the filters select."""
    if corrected():
        st.text(corrected())
    if len(queue.frame):
        st.info(_("No dose among those that you have chosen. Choose fewer filters to see the others."))
    elif queue.lost:
        st.success(_("Nothing is lost: no dose was corrected or registered too late."))
    else:
        st.success(_("Nothing to correct. Every dose that can be paid is as it should be. Well done!"))


state(CurrentWalk).walk = None
st.header(_("To correct"))
show_notices()
if not draw_own_regions():
    st.stop()
caption = st.empty()
lost, filters = choose_filters()
caption.caption(
    _("Doses that would have been paid. It is too late for that; correcting them makes the records right.")
    if lost
    else _("Doses that would be paid if something were corrected. What is suggested is for you to judge and save.")
)
queue = current_queue(lost=lost)
steps = queue.steps(filters)
if steps:
    draw_summary(steps, queue.today)
    count = -(-len(steps) // DOSES_ON_A_PAGE)
    key = f"corrections_page_{lost}_{hash(filters)}_{count}"
    first = ((session.value(key) or 1) - 1) * DOSES_ON_A_PAGE
    draw_rows(queue, tuple(steps), first, with_unit=filters.unit_id is None and queue.frame["unit_id"].nunique() > 1)
    if count > 1:
        st.pagination(count, key=key)
else:
    draw_empty(queue)
