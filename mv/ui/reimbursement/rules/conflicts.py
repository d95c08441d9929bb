"""Overlaps and gaps among the rules, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import streamlit as st

from mv.access import Actor
from mv.catalogue import AgeUnit, Vaccine
from mv.errors import Invalid
from mv.reimbursement.pricing import wording
from mv.reimbursement.rules import gaps
from mv.reimbursement.rules.gaps import BIRTH_YEARS, GapInAge, GapInTime, Unpaid, UnruledDoses
from mv.reimbursement.rules.overlaps import Overlap, find_overlaps
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.validation import check
from mv.store import Store
from mv.ui import session
from mv.ui.reimbursement.rules.editor_state import open_rule
from mv.ui.reimbursement.rules.wording import group_of, title, vaccine_of
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, explain, literal, name_of, period
from mv.ui.widgets.amounts import amount
from mv.ui.widgets.row_button import action

MINUTES_TO_KEEP = 15
MOST_KEPT = 50


def draw_findings(rules: Sequence[Rule]) -> None:
    """Draw overlaps, gaps and errors among the rules in force, or that there are none."""
    known, today = catalogue(), store().today()
    overlapping = find_overlaps(rules)
    found = {
        _("Rules that cannot be right"): list(_faults(rules)),
        _("Days without a rule between two rules"): [_days_text(gap) for gap in gaps.gaps_in_time(rules, known)],
        _("Ages without a rule between two rules"): [_ages_text(gap) for gap in gaps.gaps_in_age(rules, known)],
        _("Vaccines and groups without a rule today"): [_unpaid_text(one) for one in gaps.unpaid(rules, known, today)],
        _("Doses given on days without a rule"): [_given_text(given) for given in _given_without_rule(rules)],
    }
    st.subheader(_("Overlaps and gaps"))
    for overlap in overlapping:
        _draw_overlap(overlap)
    for heading, texts in found.items():
        if texts:
            with st.expander(f"{heading} ({len(texts)})"):
                st.markdown("\n".join(f"- {literal(text)}" for text in texts))
    missing = [heading for heading, texts in found.items() if not texts]
    if not overlapping:
        missing.insert(0, _("Rules that fit the same doses"))
    if missing:
        st.caption(literal(_("Looked for and not found: {what}.", what="; ".join(missing))))


def overlap_text(overlap: Overlap) -> str:
    """Return an overlap in words: the rules, the days, the rule that decides and the reason."""
    decides, other = overlap.decides, overlap.other
    days, first, second = period(overlap.first, overlap.last), _dated(decides), _dated(other)
    if decides.valid_from > other.valid_from:
        text = _(
            "{days}: “{decides}” and “{other}” fit the same doses. The first decides, since it begins later.",
            days=days,
            decides=first,
            other=second,
        )
    else:
        text = _(
            "{days}: “{decides}” and “{other}” fit the same doses. The first decides, since it was made first.",
            days=days,
            decides=first,
            other=second,
        )
    outcome = (
        _("A dose is worth the same by both.")
        if overlap.same_outcome
        else _(
            "{payer} pays {amount} by it; by the other, {other_payer} would pay {other_amount}.",
            payer=decides.payer,
            amount=amount(decides.ore),
            other_payer=other.payer,
            other_amount=amount(other.ore),
        )
    )
    return f"{text} {outcome}"


def _faults(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield the errors of rules that no form has validated: those of the file."""
    for rule in rules:
        try:
            check(rule, catalogue())
        except Invalid as error:
            yield f"{_dated(rule)}: {explain(error)}"


def _draw_overlap(overlap: Overlap) -> None:
    name, number = _dated(overlap.decides), overlap.decides.payment_rule_id
    with st.container(key=f"overlap_{number}_{overlap.other.payment_rule_id}"):
        st.warning(literal(overlap_text(overlap)), icon=":material/layers:")
        st.button(
            action(_("Open the one that decides"), name),
            key=f"overlap_open_{number}_{overlap.other.payment_rule_id}",
            on_click=open_rule,
            args=(number,),
        )


def _given_without_rule(rules: Sequence[Rule]) -> list[UnruledDoses]:
    shared, who = store(), session.actor()
    versions = tuple((rule.payment_rule_id, rule.version) for rule in rules)
    return _kept(shared.url, tuple(sorted(who.own_units)), versions, shared.today(), shared, who, rules)


@st.cache_data(ttl=60 * MINUTES_TO_KEEP, max_entries=MOST_KEPT, show_spinner=False)
def _kept(
    url: str,
    units: tuple[str, ...],
    versions: tuple[tuple[int, int], ...],
    day: date,
    _store: Store,
    _actor: Actor,
    _rules: Sequence[Rule],
) -> list[UnruledDoses]:
    """Return counts shared by users with the same units; they name no person."""
    return gaps.doses_without_rule(_store, _actor, _rules)


def _days_text(gap: GapInTime) -> str:
    return f"{_of(gap.like)}: {period(gap.first, gap.last)}"


def _ages_text(gap: GapInAge) -> str:
    texts = wording.BIRTH_YEARS if gap.unit == BIRTH_YEARS else wording.AGES[AgeUnit(gap.unit)]
    ages = wording.bounds(texts, gap.age_from, gap.age_to, session.language())
    return f"{_of(gap.like)}: {ages}, {period(gap.first, gap.last)}"


def _unpaid_text(one: Unpaid) -> str:
    what = one.what.name if isinstance(one.what, Vaccine) else name_of(one.what)
    return f"{what} ({one.region})"


def _given_text(given: UnruledDoses) -> str:
    vaccine = catalogue().vaccines.get(given.product_code)
    name = vaccine.name if vaccine else given.product_code
    doses = count_of("{count} dose", "{count} doses", given.doses)
    return f"{name} ({given.region}): {doses}, {period(given.first, given.last)}"


def _of(rule: Rule) -> str:
    return f"{vaccine_of(rule)}, {group_of(rule)} ({rule.region})"


def _dated(rule: Rule) -> str:
    return f"{title(rule)}, {rule.valid_from}"
