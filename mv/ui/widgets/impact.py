"""The impact of a change of rules on given doses, in words and figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from mv.reimbursement.preview import rule_change
from mv.reimbursement.preview.rule_change import Impact, PaymentChange, Share
from mv.reimbursement.rules.rule_table import Rule
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, grouped, literal
from mv.ui.widgets.amounts import signed
from mv.ui.widgets.table import draw_table

K = TypeVar("K")

QUICKLY_JUDGED = 100_000
"""Doses that are adjudicated in about a second: up to so many, the impact is shown without being asked for."""


def impact_of(before: list[Rule], after: list[Rule]) -> Impact:
    """Return the impact on the doses of the user's own units, with a spinner meanwhile."""
    with st.spinner(_("The doses are judged by the old rules and by the new ones …")):
        return rule_change.impact_at_own_units(store(), session.actor(), before, after, catalogue())


def is_quick(before: list[Rule], after: list[Rule]) -> bool:
    """Return whether the impact is computed as fast as a click may take."""
    return rule_change.count_affected(store(), session.actor(), before, after, catalogue()) <= QUICKLY_JUDGED


def impact_text(impact: Impact) -> str:
    """Return the number of doses that are paid differently, and the difference in all."""
    if not impact.whole.doses:
        return _("No dose given so far at your units is paid otherwise.")
    return f"{_doses(impact.whole.doses)}, {signed(impact.whole.ore)}\u00a0kr"


def draw_impact(impact: Impact) -> None:
    """Draw the impact: in all, by kind of change, by payer and by season."""
    if not impact.whole.doses:
        st.info(impact_text(impact), icon=":material/balance:")
        return
    body = f"**{literal(impact_text(impact))}**\n\n{literal(_changes(impact))}"
    st.info(body, icon=":material/trending_up:" if impact.whole.ore >= 0 else ":material/trending_down:")
    left, right = st.columns(2)
    with left:
        _draw_shares(_("Payer"), impact.by_payer, _("What it changes, by payer"))
    with right:
        _draw_shares(_("Season"), impact.by_season, _("What it changes, by season"))


def _changes(impact: Impact) -> str:
    counts = {change: grouped(impact.changes[change]) for change in PaymentChange}
    texts = {
        PaymentChange.GAINS: _("Paid that were not: {count}.", count=counts[PaymentChange.GAINS]),
        PaymentChange.LOSES: _("No longer paid: {count}.", count=counts[PaymentChange.LOSES]),
        PaymentChange.AMOUNT: _("Paid another amount: {count}.", count=counts[PaymentChange.AMOUNT]),
        PaymentChange.PAYER: _("Paid the same by somebody else: {count}.", count=counts[PaymentChange.PAYER]),
    }
    parts = [text for change, text in texts.items() if impact.changes[change]]
    if impact.claimed:
        parts.append(_("Claimed already: {count}. The next claim takes the difference.", count=grouped(impact.claimed)))
    return " ".join(parts)


def _draw_shares(heading: str, shares: Mapping[K, Share], alt: str) -> None:
    names = sorted(shares, key=str, reverse=True) if heading == _("Season") else sorted(shares, key=str)
    draw_table(
        {
            heading: [str(name) for name in names],
            _("Doses"): [grouped(shares[name].doses) for name in names],
            _("Difference"): [f"{signed(shares[name].ore)}\u00a0kr" for name in names],
        },
        empty="",
        alt=alt,
    )


def _doses(count: int) -> str:
    return count_of("{count} dose", "{count} doses", count).replace(str(count), grouped(count))
