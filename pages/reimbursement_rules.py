"""Ersättningsregler: the dated rules, changed by leads, with overlaps and gaps."""

from collections.abc import Sequence

import streamlit as st

from mv.access import Action, may
from mv.reimbursement.rules import changes
from mv.reimbursement.rules.changes import NEW
from mv.reimbursement.rules.rule_table import Rule
from mv.ui import session
from mv.ui.notices import show_notices
from mv.ui.reimbursement.rules.change import draw_change, draw_new, draw_unseen_change
from mv.ui.reimbursement.rules.conflicts import draw_findings
from mv.ui.reimbursement.rules.editor_state import RuleEditorState, open_rule
from mv.ui.reimbursement.rules.overview import draw_list
from mv.ui.reimbursement.rules.start import draw_start
from mv.ui.reimbursement.rules.wording import draw_history, facts, for_whom, title
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, literal, period
from mv.ui.widgets.amounts import amount
from mv.ui.widgets.table import draw_table


def draw_all(found: Sequence[Rule]) -> None:
    st.caption(
        _(
            "What a payer pays for a dose. Where several rules fit, the one that says most decides: of the vaccine"
            " first, then of the group, the age and the dose number."
        )
    )
    if can_change:
        st.button(_("New rule"), icon=":material/add:", key="rule_new", on_click=open_rule, args=(NEW,))
    draw_start(found, can_change=can_change)
    draw_list(found)
    draw_findings([rule for rule in found if rule.in_force])
    with st.expander(_("Change history")):
        draw_history()


def draw_rule(rule: Rule, found: Sequence[Rule]) -> None:
    st.subheader(literal(title(rule)))
    if rule.removed:
        st.warning(_("The rule is removed: it decides nothing."))
    elif rule.draft:
        st.warning(_("The rule is a draft: it decides nothing until it is confirmed."))
    draw_periods(rule, found)
    with st.expander(_("All that the rule says"), expanded=not can_change):
        said = facts(rule)
        draw_table({_("Term"): list(said), _("Meaning"): list(said.values())}, empty="", alt=title(rule))
    if can_change:
        draw_change(rule, found)
    with st.expander(_("Change history")):
        draw_history(rule.payment_rule_id)


def draw_periods(rule: Rule, found: Sequence[Rule]) -> None:
    """Draw the rules for the same vaccine and group through time, this rule among them."""
    same = [other for other in found if other == rule or (other.in_force and other.subject == rule.subject)]
    same.sort(key=lambda other: other.valid_from)
    draw_table(
        {
            _("Period"): [period(other.valid_from, other.valid_to) for other in same],
            _("Amount"): [amount(other.ore) for other in same],
            _("Payer"): [other.payer for other in same],
            _("For whom"): [for_whom(other) or _("all ages") for other in same],
            _("Rule"): [_("this one") if other == rule else "" for other in same],
        },
        empty="",
        alt=_("What is paid for the same from day to day"),
    )


st.header(_("Reimbursement rules"))
can_change = may(session.actor(), Action.CHANGE_RULE)
found = changes.all_rules(store(), session.actor())
opened = state(RuleEditorState).opened
rule = next((rule for rule in found if rule.payment_rule_id == opened), None)
if rule or (opened == NEW and can_change):
    st.button(_("All rules"), icon=":material/arrow_back:", key="rule_back", on_click=open_rule, args=(None,))
show_notices()
draw_unseen_change()
if rule:
    draw_rule(rule, found)
elif opened == NEW and can_change:
    st.subheader(_("New rule"))
    draw_new(found)
else:
    draw_all(found)
