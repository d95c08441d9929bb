"""Changes of rules on the screen: the proposal, its impact on given doses, and saving it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum

import streamlit as st

from mv.catalogue import AgeUnit, covers
from mv.errors import MvError
from mv.reimbursement.rules import changes
from mv.reimbursement.rules.changes import NEW, ChangeKind, Proposal
from mv.reimbursement.rules.overlaps import find_overlaps
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.reimbursement.rules.validation import check, concerns
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import errors_as_notices, notify, save_once
from mv.ui.reimbursement.rules import form
from mv.ui.reimbursement.rules.conflicts import overlap_text
from mv.ui.reimbursement.rules.editor_state import RuleEditorState, open_rule
from mv.ui.reimbursement.rules.wording import for_whom, group_of, title
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, explain, literal
from mv.ui.widgets.amounts import amount
from mv.ui.widgets.impact import draw_impact, impact_of, impact_text, is_quick

Build = Callable[[], Proposal]
"""Builds the proposal from the fields. Raises Invalid."""


class Way(StrEnum):
    """A way to change a rule."""

    AMOUNT = "amount"
    TERMS = "terms"
    CORRECT = "correct"
    COPY = "copy"
    REMOVE = "remove"
    CONFIRM = "confirm"
    DISCARD = "discard"


def draw_change(rule: Rule, found: Sequence[Rule]) -> None:
    """Draw the ways in which the rule can be changed, the fields of the chosen one, its effect and the button.

    What is changed is the rule as it was when it was opened: saving it finds out whether it is still so.
    """
    editor = state(RuleEditorState)
    seen = editor.seen = editor.seen or rule
    if seen.version != rule.version:
        st.warning(_("Somebody changed this rule since you opened it. Open it anew to change it."))
    if seen.removed:
        _draw_saving(lambda: changes.propose_restoration(seen), found, _("Undo the removal"))
        return
    names = (
        _ways_of_draft()
        if seen.draft
        else {
            Way.AMOUNT: (_("New amount from a day"), _("The old amount holds to the day before.")),
            Way.TERMS: (
                _("Other terms from a day"),
                _("Payer, days, ages … The rule holds as it is to the day before."),
            ),
            Way.CORRECT: (_("Correct the rule"), _("It was wrong from its first day. Doses given are judged anew.")),
            Way.COPY: (_("Copy to another rule"), _("For another group, vaccine or region. This one stays as it is.")),
            Way.REMOVE: (_("Remove the rule"), _("It was made by mistake. That can be undone.")),
        }
    )
    way = st.radio(
        _("What do you want to do?"),
        list(names),
        format_func=lambda way: names[way][0],
        captions=[caption for _name, caption in names.values()],
        key=f"{editor.form_key}_way",
    )
    key = f"{editor.form_key}_{way}"
    if way == Way.AMOUNT:
        _draw_new_amount(key, seen, found)
    elif way in (Way.REMOVE, Way.DISCARD):
        _draw_saving(lambda: changes.propose_removal(seen), found, names[way][0])
    else:
        _draw_form(way, key, seen, found)


def _ways_of_draft() -> dict[Way, tuple[str, str]]:
    return {
        Way.CONFIRM: (
            _("Confirm the draft"),
            _("It pays from its first day on. Look at the amount, the day and the source; all of it can be changed."),
        ),
        Way.DISCARD: (_("Discard the draft"), _("It was never in force. That can be undone.")),
    }


def draw_new(found: Sequence[Rule]) -> None:
    """Draw the form of a new rule."""
    units = list(catalogue().units.values())
    start = Rule(
        NEW, None, units[0].region if units else "", "", None, None, None, None, None, None, AgeUnit.YEARS, None, None,
        None, None, store().today(), None, 0, None, None, False, "",
    )  # fmt: skip
    _draw_form(Way.COPY, f"{state(RuleEditorState).form_key}_new", start, found)


def alike(rule: Rule, found: Sequence[Rule], day: date) -> list[Rule]:
    """Return the other rules in force that day with the same payer, vaccine type and amount."""
    return [
        other
        for other in found
        if other.payment_rule_id != rule.payment_rule_id
        and other.in_force
        and (other.region, other.payer, other.ore) == (rule.region, rule.payer, rule.ore)
        and (other.atc or "")[:ATC_LEVEL_4_LENGTH] == (rule.atc or "")[:ATC_LEVEL_4_LENGTH]
        and other.valid_from < day
        and covers(other, day)
    ]


def _draw_new_amount(key: str, rule: Rule, found: Sequence[Rule]) -> None:
    """Draw the fields of a new amount, which several rules can get at once."""
    left, right = st.columns(2)
    now = _("now {amount}", amount=amount(rule.ore))
    form.draw_amount(left, key, "", placeholder=now)
    new_year = date(store().today().year + 1, 1, 1)
    form.draw_day(right, f"{key}_day", _("Applies from"), new_year)
    day = session.value(f"{key}_day")
    others = {other.payment_rule_id: other for other in alike(rule, found, day)} if day else {}
    if others:
        st.multiselect(
            _("Change these in the same way"),
            list(others),
            format_func=lambda number: ", ".join(filter(None, (group_of(others[number]), for_whom(others[number])))),
            placeholder=_("Other rules with the same payer, vaccine and amount"),
            key=f"{key}_also",
        )
    form.draw_source(key, "")

    def build() -> Proposal:
        day = form.entered_day(f"{key}_day")
        also = session.value(f"{key}_also") or []
        changed = [rule, *(other for other in alike(rule, found, day) if other.payment_rule_id in also)]
        return changes.propose_amount(changed, day, form.entered_ore(key), form.entered_source(key))

    _draw_saving(build, found, _("Save"))


def _draw_form(way: Way, key: str, rule: Rule, found: Sequence[Rule]) -> None:
    start = rule
    if way == Way.CONFIRM:
        st.caption(literal(_("The example’s source: {source}", source=rule.source)))
        start = replace(rule, source="")
    if way == Way.TERMS:
        new_year = date(store().today().year + 1, 1, 1)
        last = rule.valid_to if rule.valid_to and rule.valid_to >= new_year else None
        start = replace(rule, valid_from=new_year, valid_to=last)
    form.draw_rule_form(key, start, found)

    def build() -> Proposal:
        entered = form.entered(key, start)
        if way == Way.TERMS:
            return changes.propose_successor(rule, entered)
        if way == Way.CONFIRM:
            return changes.propose_confirmation(rule, entered)
        return changes.propose_correction(rule, entered) if way == Way.CORRECT else changes.propose_new(entered)

    _draw_saving(build, found, _("Confirm") if way == Way.CONFIRM else _("Save"))


def _draw_saving(build: Build, found: Sequence[Rule], label: str) -> None:
    """Draw the impact of the change, as far as the fields can be read, and the button that saves it."""
    decide = [rule for rule in found if rule.in_force]
    try:
        proposal = build()
        for step in proposal:
            if step.kind != ChangeKind.REMOVED:
                check(step.rule, catalogue())
    except MvError as error:
        st.caption(literal(explain(error)))
    else:
        _draw_doubts(proposal, decide)
        _draw_preview(proposal, decide, changes.rules_after(decide, proposal))
    with st.container(horizontal=True):
        saving = drawn_form("rule_save")
        st.button(label, type="primary", key=saving.key, on_click=_save, args=(build, found, saving))
        st.button(_("Cancel"), key="rule_cancel", on_click=open_rule, args=(None,))


def _draw_doubts(proposal: Proposal, decide: Sequence[Rule]) -> None:
    """Draw the concerns about a rule, and the overlaps that it adds."""
    for step in proposal:
        if step.kind in (ChangeKind.ADDED, ChangeKind.ADJUSTED):
            for doubt in concerns(step.rule, catalogue(), decide):
                st.warning(literal(explain(doubt)), icon=":material/help:")
    before = {(o.decides.payment_rule_id, o.other.payment_rule_id) for o in find_overlaps(decide)}
    for overlap in find_overlaps(changes.rules_after(decide, proposal)):
        if (overlap.decides.payment_rule_id, overlap.other.payment_rule_id) not in before:
            st.warning(literal(overlap_text(overlap)), icon=":material/layers:")


def _draw_preview(proposal: Proposal, before: list[Rule], after: list[Rule]) -> None:
    """Draw the impact on given doses; where that takes time, only on demand."""
    editor = state(RuleEditorState)
    impact = editor.impact_of(proposal)
    asked = (
        impact is not None
        or is_quick(before, after)
        or st.button(_("Show what it changes"), icon=":material/calculate:", key="rule_preview")
    )
    if not asked:
        st.caption(_("There are many doses: it takes a while. You can save without it, and see it afterwards."))
        return
    if impact is None:
        impact = impact_of(before, after)
        editor.keep_impact(proposal, impact)
    st.text(_("What saving changes for doses given at your units:"))
    draw_impact(impact)


def _save(build: Build, found: Sequence[Rule], saving: DrawnForm) -> None:
    with errors_as_notices():
        proposal = build()
        save_once(
            saving,
            lambda: changes.save(store(), session.actor(), proposal),
            lambda saved: _saved(proposal, saved, found),
        )


def _saved(proposal: Proposal, saved: Sequence[Rule], found: Sequence[Rule]) -> None:
    if not saved:
        notify("success", _("Nothing was changed, so nothing was saved."))
        return
    there = {rule.payment_rule_id for rule in found}
    now = next((rule for rule in saved if rule.payment_rule_id not in there), saved[0])
    open_rule(now.payment_rule_id)
    editor = state(RuleEditorState)
    impact = editor.impact_of(proposal)
    told = impact_text(impact) if impact else ""
    notify("success", " ".join((_("Saved: {rule}.", rule=f"{title(now)}, {now.valid_from}"), told)).strip())
    if impact is None:
        decide = [rule for rule in found if rule.in_force]
        editor.unseen_change = (decide, changes.rules_after(decide, proposal))


def draw_unseen_change() -> None:
    """Draw the impact of a change that was saved before its impact was shown."""
    editor = state(RuleEditorState)
    if editor.unseen_change is not None:
        st.text(_("What the change did to doses given at your units:"))
        draw_impact(impact_of(*editor.unseen_change))
        editor.unseen_change = None
