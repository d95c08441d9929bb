"""The list of rules: filters, and a row for each rule that leads to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from mv.catalogue import covers
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.ui import session
from mv.ui.reimbursement.rules.editor_state import open_rule
from mv.ui.reimbursement.rules.form import EARLIEST
from mv.ui.reimbursement.rules.wording import for_whom, group_of, kind_name, mark, title, vaccine_of
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, period
from mv.ui.widgets.amounts import amount
from mv.ui.widgets.row_button import action

WIDTHS = (6, 2, 3, 3, 2)
RULES_ON_A_PAGE = 40


def _kind_of(rule: Rule) -> str:
    product = catalogue().vaccines.get(rule.product_code or "")
    return (product.atc if product else rule.atc or "")[:ATC_LEVEL_4_LENGTH]


def _choose(found: Sequence[Rule]) -> list[Rule]:
    """Draw the filters and return the selected rules, by vaccine and group, the latest first."""
    cells = st.columns(4, vertical_alignment="bottom")
    regions = sorted({rule.region for rule in found})
    region = cells[0].selectbox(_("Region"), regions, index=None, placeholder=_("All"), key="rules_region")
    kinds = sorted({_kind_of(rule) for rule in found}, key=kind_name)
    kind = cells[1].selectbox(
        _("Vaccine"), kinds, index=None, format_func=kind_name, placeholder=_("All"), key="rules_kind"
    )
    session.begin_with("rules_day", store().today())
    day = cells[2].date_input(
        _("In force on"),
        value=None,
        min_value=EARLIEST,
        format="YYYY-MM-DD",
        key="rules_day",
        help=_("Empty: the rules of all days."),
    )
    removed = cells[3].toggle(_("Removed ones, too"), key="rules_removed")
    taken = [
        rule
        for rule in found
        if (region is None or rule.region == region)
        and (kind is None or _kind_of(rule) == kind)
        and (day is None or covers(rule, day) or (rule.draft and not rule.removed))
        and (removed or not rule.removed)
    ]
    order = list(catalogue().groups)
    by_group = {code: place for place, code in enumerate(order)}
    taken.sort(key=lambda rule: rule.valid_from, reverse=True)
    return sorted(
        taken, key=lambda rule: (rule.region, vaccine_of(rule), by_group.get(rule.group_code or "", -1), group_of(rule))
    )


def draw_list(found: Sequence[Rule]) -> None:
    """Draw the filters and the selected rules."""
    taken = _choose(found)
    if not taken:
        st.info(_("No rules. Choose another day or fewer filters."))
        return
    key = f"rules_page_{len(taken)}"
    first = ((session.value(key) or 1) - 1) * RULES_ON_A_PAGE
    headings = st.columns(WIDTHS)
    for cell, heading in zip(headings, (_("Group"), _("Amount"), _("Payer"), _("Period"), ""), strict=True):
        cell.caption(heading)
    for (region, vaccine), rules in groupby(
        taken[first : first + RULES_ON_A_PAGE], key=lambda rule: (rule.region, vaccine_of(rule))
    ):
        st.markdown(f"**{literal(vaccine)}**, {literal(region)}")
        for rule in rules:
            _draw_row(rule)
    if len(taken) > RULES_ON_A_PAGE:
        st.pagination(-(-len(taken) // RULES_ON_A_PAGE), key=key)


def _draw_row(rule: Rule) -> None:
    with st.container(key=f"rule_row_{rule.payment_rule_id}"):
        cells = st.columns(WIDTHS, vertical_alignment="center")
        whom = f"  \n:small[:gray[{literal(for_whom(rule))}]]" if for_whom(rule) else ""
        cells[0].markdown(literal(group_of(rule)) + whom)
        cells[1].text(amount(rule.ore))
        cells[2].text(rule.payer)
        cells[3].text(period(rule.valid_from, rule.valid_to) + mark(rule))
        cells[4].button(
            action(_("Open"), f"{title(rule)}, {rule.valid_from}"),
            key=f"rule_open_{rule.payment_rule_id}",
            on_click=open_rule,
            args=(rule.payment_rule_id,),
            width="stretch",
        )
