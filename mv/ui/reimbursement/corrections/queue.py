"""A walk through the doses to correct: the remedy, the way to where it is applied, and the banner meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import streamlit as st

from mv.access import Action, may
from mv.catalogue import AgeUnit
from mv.customers import Customer
from mv.errors import N_
from mv.reimbursement.corrections import queue as corrections
from mv.reimbursement.corrections.correction import Correction, Suggestion
from mv.reimbursement.corrections.queue import Queue, QueuedDose
from mv.reimbursement.pricing.assessment import PaymentState
from mv.reimbursement.pricing.remedies import Remedy
from mv.ui import navigation, session
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import notify
from mv.ui.reimbursement.corrections.state import CorrectionQueueState, CurrentWalk, Walk, walk_queue
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, count_of, literal, name_of
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.dose_names import product_name
from mv.ui.widgets.group_picker import dose_group_key

ADD_FORM = "add"
"""The prefix of the keys of the fields that add a group on the page Customer groups."""
NEXT_SHORTCUT = "Alt+N"
NEXT_STEPS: Mapping[Remedy, str] = {
    Remedy.CHOOSE_GROUP: N_("Choose it for the dose"),
    Remedy.ADD_BY_AGE: N_("Fill in the group"),
    Remedy.ACTIVE_AFTER: N_("Adjust the group"),
    Remedy.ENDED_BEFORE: N_("Adjust the group"),
}
"""The button for each remedy."""
HINTS: Mapping[Remedy, str] = {
    Remedy.CHOOSE_GROUP: N_("It is chosen in the form below: save the correction if it is right."),
    Remedy.ADD_BY_AGE: N_("It is filled in below: save it if it is right."),
    Remedy.ACTIVE_AFTER: N_("It is open below: if it applied already then, set its first day to {day} or earlier."),
    Remedy.ENDED_BEFORE: N_("It is open below: if it still applied then, set its last day to {day} or later."),
}
"""The hint for each remedy on the page where it is applied."""


def current_queue(*, lost: bool) -> Queue:
    """Return the queue as it is now: built anew, or the session's brought up to date."""
    queue_state = state(CorrectionQueueState)
    kept = queue_state.queue
    if kept is None or kept.lost != lost:
        with st.spinner(_("Going through every dose …")):
            found = corrections.build_queue(store(), session.actor(), lost=lost)
    else:
        found = corrections.refresh_queue(store(), session.actor(), kept)
    queue_state.queue = found
    return found


def missing(correction: Correction) -> str:
    """Return the remedy in words."""
    suggestion = correction.suggestion
    if suggestion is None:
        return ""
    group = name_of(catalogue().choice(suggestion.group_code, suggestion.subgroup_code))
    if suggestion.remedy == Remedy.CHOOSE_GROUP:
        return _("Was in {group} that day: choose it for the dose.", group=group)
    if suggestion.remedy == Remedy.ADD_BY_AGE:
        return _by_age(correction, suggestion, group)
    if suggestion.remedy == Remedy.ACTIVE_AFTER and suggestion.valid_from:
        days = _days(correction.given_on, suggestion.valid_from)
        return _("{group} begins {day}, {days} after the dose.", group=group, day=suggestion.valid_from, days=days)
    days = _days(suggestion.valid_to or correction.given_on, correction.given_on)
    return _("{group} ended {day}, {days} before the dose.", group=group, day=suggestion.valid_to, days=days)


def _by_age(correction: Correction, suggestion: Suggestion, group: str) -> str:
    year = correction.given_on.year
    if suggestion.rule.age_unit == AgeUnit.TURNS:
        return _(
            "Turns {age} in {year}: belongs to {group}.", age=year - correction.birth_date.year, year=year, group=group
        )
    return _("The age that day is that of {group}.", group=group)


def _days(first: date, last: date) -> str:
    return count_of("{count} day", "{count} days", (last - first).days)


def time_left(last_day: date | None, today: date) -> str:
    """Return the days left for a correction, or the days that it is too late."""
    if last_day is None:
        return _("no last day")
    days = (last_day - today).days
    if days < 0:
        return count_of("{count} day too late", "{count} days too late", -days)
    return count_of("{count} day left", "{count} days left", days) if days else _("today is the last day")


def corrected() -> str:
    """Return the number and amount of doses corrected on walks through the queue; empty where there are none."""
    ores = state(CorrectionQueueState).corrected.values()
    if not ores:
        return ""
    count = count_of("{count} corrected", "{count} corrected", len(ores))
    return f"{count}, {kronor(sum(ores))} kr"


def open_place(correction: Correction, steps: tuple[QueuedDose, ...], place: int) -> None:
    """Walk through ``steps`` at this dose, and go to where its remedy is applied, filled in and not saved."""
    visit = navigation.visit(correction.customer_id)
    walk_queue(steps, place)
    suggestion = correction.suggestion
    if suggestion is None or suggestion.remedy == Remedy.CHOOSE_GROUP:
        visit.correct_dose(correction.dose_id)
        if suggestion:
            session.set_value(_group_key(correction), suggestion.membership_id)
        navigation.go_to(navigation.VACCINATION, correction.customer_id)
    by_age = suggestion if suggestion.remedy == Remedy.ADD_BY_AGE else None
    # Set in either case, since what was filled in for the customer before, and not saved, would stay otherwise.
    session.set_value(f"{ADD_FORM}_group", by_age and by_age.group_code)
    session.set_value(f"{ADD_FORM}_first", by_age.begins if by_age else store().today())
    session.set_value(f"{ADD_FORM}_last", None)
    visit.adjust_row(suggestion.membership_id)
    navigation.go_to(navigation.GROUPS, correction.customer_id)


def _group_key(correction: Correction) -> str:
    return dose_group_key(correction.dose_id, correction.version, correction.given_on)


def _is_open(correction: Correction, suggestion: Suggestion, here: Path) -> bool:
    """Return whether this is the page of the remedy, with the suggestion filled in."""
    if suggestion.remedy == Remedy.CHOOSE_GROUP:
        chosen = session.value(_group_key(correction)) == suggestion.membership_id
        return here == navigation.VACCINATION and state(CustomerVisit).corrected_dose == correction.dose_id and chosen
    if suggestion.remedy == Remedy.ADD_BY_AGE:
        return here == navigation.GROUPS and session.value(f"{ADD_FORM}_group") == suggestion.group_code
    return here == navigation.GROUPS and state(CustomerVisit).adjusted_row == suggestion.membership_id


def draw_queue_banner(customer: Customer, here: Path) -> None:
    """Draw, on a page of the customer, the current dose of the walk and its outcome now."""
    current = state(CurrentWalk)
    walk = current.walk
    if walk is None or walk.step.customer_id != customer.customer_id:
        return
    if not may(session.actor(), Action.VIEW_CORRECTIONS):
        current.walk = None
        return
    found = corrections.read_customer(store(), session.actor(), customer.customer_id)
    _count_corrected(walk, found)
    correction = next((one for one in found if one.dose_id == walk.step.dose_id), None)
    with st.container(border=True, gap="small", key="queue_banner"):
        left, right = st.columns([5, 4], vertical_alignment="center")
        with left:
            _draw_place(walk, correction)
        with right:
            _draw_ways_on(walk, correction)
        if correction:
            _draw_outcome(correction, here)
            _draw_way_there(walk, correction, here)


def _count_corrected(walk: Walk, found: list[Correction]) -> None:
    counted, of_queue = state(CorrectionQueueState).corrected, {step.dose_id for step in walk.steps}
    for correction in found:
        if correction.is_paid and correction.dose_id in of_queue:
            counted[correction.dose_id] = correction.ore
        else:
            counted.pop(correction.dose_id, None)


def _draw_place(walk: Walk, correction: Correction | None) -> None:
    place = _("To correct: {place} of {count}", place=walk.place + 1, count=len(walk.steps))
    dose = f"{product_name(correction.product_code)}, {correction.given_on}" if correction else ""
    st.text("  ·  ".join(filter(None, (place, corrected()))) + f"\n{dose}")


def _draw_ways_on(walk: Walk, correction: Correction | None) -> None:
    """Draw the buttons to go on; their keys name the dose, so that a double click does not skip another."""
    waits = correction is not None and correction.state == PaymentState.AT_RISK
    number = walk.step.dose_id
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(
            _("Skip") if waits else _("Next"),
            type="secondary" if waits else "primary",
            icon=":material/arrow_forward:",
            key=f"queue_next_{number}",
            shortcut=NEXT_SHORTCUT,
        ):
            _advance(walk)
        if st.button(_("Back to the list"), icon=":material/list:", key=f"queue_list_{number}"):
            st.switch_page(navigation.REIMBURSEMENT_CORRECTIONS)


def _draw_outcome(correction: Correction, here: Path) -> None:
    why = correction.explanation(catalogue(), session.language())
    if correction.is_paid:
        st.success(literal(why))
        return
    sentences, suggestion = [why], correction.suggestion
    if suggestion:
        there = suggestion.remedy == Remedy.CHOOSE_GROUP and here == navigation.GROUPS
        sentences.append(_("The group is there now: choose it for the dose.") if there else missing(correction))
        if _is_open(correction, suggestion, here):
            sentences.append(_(HINTS[suggestion.remedy], day=correction.given_on))
    if correction.ore:
        left = time_left(correction.last_day, store().today())
        sentences.append(_("Worth {kronor} kr, {left}.", kronor=kronor(correction.ore), left=left))
    st.warning(literal(" ".join(sentences)))


def _draw_way_there(walk: Walk, correction: Correction, here: Path) -> None:
    suggestion = correction.suggestion
    if suggestion and not _is_open(correction, suggestion, here):
        label, key = _(NEXT_STEPS[suggestion.remedy]), f"queue_mend_{correction.dose_id}"
        if st.button(label, type="primary", icon=":material/edit:", key=key):
            open_place(correction, walk.steps, walk.place)


def _advance(walk: Walk) -> None:
    """Go to the next dose to correct; after the last one, to the list."""
    kept = state(CorrectionQueueState).queue
    queue = current_queue(lost=bool(kept and kept.lost))
    waiting = queue.dose_ids
    for place in range(walk.place + 1, len(walk.steps)):
        if walk.steps[place].dose_id in waiting:
            (correction,) = corrections.read_shown(store(), session.actor(), queue, [walk.steps[place].dose_id])
            open_place(correction, walk.steps, place)
    notify("success", _("That was the last one."))
    st.switch_page(navigation.REIMBURSEMENT_CORRECTIONS)
