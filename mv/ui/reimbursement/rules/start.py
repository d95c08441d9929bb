"""How a region begins: with the example's rules as drafts, or with the decision not to follow up what is paid."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mv.reimbursement.rules import changes, drafts, regions
from mv.reimbursement.rules.rule_table import Rule
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import do_once, notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, literal, moment
from mv.ui.widgets.regions import not_followed
from mv.ui.widgets.row_button import action
from mv.ui.widgets.table import draw_table

REGION, PAYER = "rules_start_region", "rules_start_payer"


def draw_start(found: Sequence[Rule], *, can_change: bool) -> None:
    """Draw how many drafts wait, which regions have no rules or do not follow up, and for leads what to do about it."""
    waiting = drafts.waiting(found)
    if waiting:
        st.warning(
            count_of(
                "{count} draft waits. It pays nothing until it is confirmed; open it to confirm or discard it.",
                "{count} drafts wait. They pay nothing until they are confirmed; open each to confirm or discard it.",
                len(waiting),
            ),
            icon=":material/edit_note:",
        )
        if can_change:
            _draw_discard(waiting)
    decided = regions.decisions(store(), session.actor())
    unfollowed = {decision.region for decision in decided if decision.taken_back_at is None}
    without_rules = [region for region in regions.without_rules(found, catalogue()) if region not in unfollowed]
    for region in sorted(unfollowed):
        _draw_unfollowed(region, can_change=can_change)
    for region in without_rules:
        st.info(literal(_("{region} has no rules: its doses are not judged.", region=region)), icon=":material/info:")
    if can_change:
        followed = [region for region in regions.of_units(catalogue()) if region not in unfollowed]
        with st.expander(_("Begin for a region"), expanded=bool(without_rules)):
            _draw_choices(followed, without_rules)
    if decided:
        with st.expander(_("Decisions not to follow up")):
            _draw_decisions(decided)


def _draw_discard(waiting: Sequence[Rule]) -> None:
    form = drawn_form("rules_discard")
    with st.popover(_("Discard those that wait"), icon=":material/delete:"):
        st.text(_("They never were in force. Each can be restored."))
        st.button(_("Discard them"), key=form.key, on_click=_discard, args=(waiting, form))


def _discard(waiting: Sequence[Rule], form: DrawnForm) -> None:
    steps = tuple(step for rule in waiting for step in changes.propose_removal(rule))
    save_once(
        form,
        lambda: changes.save(store(), session.actor(), steps),
        lambda saved: notify(
            "success", count_of("{count} draft is discarded.", "{count} drafts are discarded.", len(saved))
        ),
    )


def _draw_choices(followed: Sequence[str], without_rules: Sequence[str]) -> None:
    if not followed:
        st.caption(_("No region is left: none has a unit, or none follows up what is paid."))
        return
    st.caption(
        _(
            "Write new rules, or take the example’s over as drafts: each is then looked at, with its amount, first day"
            " and source, and confirmed. A region can also decide not to follow up what is paid."
        )
    )
    left, right = st.columns(2)
    first = followed.index(without_rules[0]) if without_rules else 0
    region = left.selectbox(_("Region"), followed, index=first, key=REGION)
    right.text_input(
        _("Payer"),
        key=PAYER,
        placeholder=region,
        autocomplete="off",
        help=_("Who pays where the example’s region does; the region itself unless you write another."),
    )
    taking, stopping = drawn_form("rules_take_over"), drawn_form("rules_stop_follow_up")
    with st.container(horizontal=True):
        st.button(_("Take the example over as drafts"), key=taking.key, on_click=_take_over, args=(taking,))
        if region in without_rules:
            st.button(
                _("We do not follow up what is paid"), key=stopping.key, on_click=_stop_follow_up, args=(stopping,)
            )


def _take_over(form: DrawnForm) -> None:
    region = session.value(REGION) or ""
    payer = (session.value(PAYER) or "").strip() or region
    save_once(
        form,
        lambda: drafts.take_over(store(), session.actor(), region, payer),
        lambda made: notify(
            "success",
            count_of("{count} draft is taken over.", "{count} drafts are taken over.", len(made)),
        ),
    )


def _stop_follow_up(form: DrawnForm) -> None:
    region = session.value(REGION) or ""
    save_once(
        form,
        lambda: regions.stop_follow_up(store(), session.actor(), region),
        lambda _done: notify("success", not_followed(region)),
    )


def _draw_unfollowed(region: str, *, can_change: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(literal(not_followed(region)), icon=":material/info:")
        if can_change:
            st.button(
                action(_("Take that back"), region), key=f"rules_resume_{region}", on_click=_resume, args=(region,)
            )


def _resume(region: str) -> None:
    decided = len(regions.decisions(store(), session.actor()))
    do_once(
        f"resume {region} {decided}",
        lambda: regions.resume_follow_up(store(), session.actor(), region),
        lambda _done: notify("success", _("{region} follows up what is paid.", region=region)),
    )


def _draw_decisions(decided: Sequence[regions.Decision]) -> None:
    draw_table(
        {
            _("Region"): [each.region for each in decided],
            _("Decided"): [f"{moment(each.decided_at)}, {each.decided_by}" for each in decided],
            _("Taken back"): [
                f"{moment(each.taken_back_at)}, {each.taken_back_by}" if each.taken_back_at else "" for each in decided
            ],
        },
        empty="",
        alt=_("Decisions not to follow up"),
    )
