"""Kom igång: the steps from an empty store to the first day's work, each with what is missing and the way there."""

import streamlit as st

from mv import getting_started, origin
from mv.access import may
from mv.getting_started import DECIDED, LONGEST_NOTE, Step, StepStatus
from mv.ui import navigation, session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once, show_notices
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, moment
from mv.ui.web.startup_checks import configured

# The page on which a step is taken. The others are taken on the server.
PLACES = {
    Step.CATALOGUE: navigation.CATALOGUE,
    Step.USERS: navigation.USERS,
    Step.RULES: navigation.REIMBURSEMENT_RULES,
    Step.BATCHES: navigation.BATCHES,
    Step.BOOKINGS: navigation.BOOKINGS,
}


def step_title(step: Step) -> str:
    return {
        Step.SIGN_IN: _("Sign-in works"),
        Step.CATALOGUE: _("Units, groups and vaccines"),
        Step.USERS: _("Users with their units"),
        Step.RULES: _("What the own region pays"),
        Step.BATCHES: _("Batch numbers"),
        Step.BOOKINGS: _("The booking system’s file"),
        Step.BACKUP: _("Backup"),
    }[step]


def explain_step(step: Step) -> str:
    return {
        Step.SIGN_IN: _("Everybody signs in as themselves, and the log says who did what."),
        Step.CATALOGUE: _("What can be chosen. A start with sources is there to look at and take over."),
        Step.USERS: _("Everybody gets a role and units, also before the first sign-in."),
        Step.RULES: _("Rules with amount, source and first day; or the decision not to follow up money."),
        Step.BATCHES: _("Scan the packs, read them from a file, or let each become known with its first dose."),
        Step.BOOKINGS: _("The day’s bookings from a file, so that a booked person is a click away."),
        Step.BACKUP: _("A copy of the store each night, on another disk, that somebody has restored once."),
    }[step]


def draw_origin() -> None:
    said = origin.read(store())
    made = _("It was made on {day}.", day=said.made_on) if said.made_on else ""
    if said.invented:
        st.info(" ".join((_("This store holds invented people, and never becomes a real one."), made)))
    else:
        st.text(" ".join((_("This store is for real people."), made)))


def draw_step(number: int, status: StepStatus) -> None:
    step = status.step
    with st.container(border=True, key=f"step_{step}"):
        left, right = st.columns([5, 2], vertical_alignment="center")
        state = _("Finished") if status.done else _("To do")
        left.subheader(f"{number}. {step_title(step)} – {state}", anchor=False)
        left.caption(explain_step(step))
        if not status.done:
            left.text("\n".join(f"• {explain(error)}" for error in status.missing))
        if status.decision:
            by = f"{status.decision.decided_by_name}, {moment(status.decision.decided_at)}"
            left.text(f"{status.decision.note} ({by})")
        with right:
            draw_way(status)
            draw_decision(status)


def draw_way(status: StepStatus) -> None:
    step = status.step
    page = PLACES.get(step)
    place = next((place for place in navigation.PLACES if place.file == page), None)
    if place and may(session.actor(), place.right):
        st.page_link(place.file, label=_(place.title), icon=f":material/{place.icon}:")
    elif place and not status.done:
        title = _(place.title)
        if step is Step.USERS:
            st.caption(_("An administrator does this, on the page {page}.", page=title))
        else:
            st.caption(_("A head of unit does this, on the page {page}.", page=title))


def draw_decision(status: StepStatus) -> None:
    step = status.step
    if step not in DECIDED:
        return
    form = drawn_form(f"decide_{step}")
    if status.decision:
        st.button(_("Take back the decision"), key=form.key, on_click=take_back, args=(step, form))
    elif status.missing:
        with st.popover(_("Done elsewhere, or not for us")):
            st.text_input(
                _("How, or why not"),
                max_chars=LONGEST_NOTE,
                autocomplete="off",
                help=_("No identity numbers or names."),
                key=f"{form.key}_note",
            )
            st.button(_("Save"), type="primary", key=form.key, on_click=decide, args=(step, form))


def decide(step: Step, form: DrawnForm) -> None:
    note = session.value(f"{form.key}_note") or ""
    save_once(
        form,
        lambda: getting_started.decide(store(), session.actor(), step, note),
        lambda _made: notify("success", _("Saved.")),
    )


def take_back(step: Step, form: DrawnForm) -> None:
    save_once(
        form,
        lambda: getting_started.take_back(store(), session.actor(), step),
        lambda _made: notify("success", _("The decision is taken back.")),
    )


st.header(_("Getting started"))
found = getting_started.steps(store(), session.actor(), sign_in=configured().sign_in)
left = sum(not status.done for status in found)
draw_origin()
show_notices()
if left:
    st.progress(1 - left / len(found), count_of("{count} step is left", "{count} steps are left", left))
else:
    st.success(_("Everything is done. This page stays in the menu."))
for number, status in enumerate(found, start=1):
    draw_step(number, status)
