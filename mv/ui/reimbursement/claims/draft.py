"""A new claim on the screen: payer and period, preview, and the button that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import streamlit as st

from mv.errors import N_, Invalid
from mv.reimbursement.claims import drafting
from mv.reimbursement.claims.drafting import Preview
from mv.reimbursement.claims.due import ADJUSTMENT_REASONS, NOTHING, Amount
from mv.reimbursement.claims.ledger import Claim
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, grouped, literal
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.table import draw_table

PART, CHOSEN = "claims_part", "claims_chosen"
"""The keys of the page's part and of the chosen claim: a claim just made is shown next."""
PAYER, FIRST, LAST, UNITS = "claim_payer", "claim_first", "claim_last", "claim_units"
EARLIEST = date(2000, 1, 1)
ONE_DAY = timedelta(days=1)


def draw_new(names: list[str], latest: str | None) -> None:
    """Draw payer and period, and the preview; ``latest`` is the payer claimed from last."""
    _choose(names, names.index(latest) if latest in names else 0)
    days = session.value(FIRST), session.value(LAST)
    payer, units = session.value(PAYER), session.value(UNITS) or None
    with st.spinner(_("The doses are being judged …"), show_time=True):
        found = drafting.preview(store(), session.actor(), payer, *days, units)
    _draw_preview(found)
    _draw_left(found, days[0])
    if found.total.count:
        form = drawn_form("claim_make")
        st.button(_("Make the claim"), type="primary", key=form.key, on_click=_make, args=(form,))


def draw_amounts(amounts: Mapping[str, Amount], *, of: str, key: str) -> Amount:
    """Draw lines and kronor by name with their sum, and return the sum; ``of`` names the table."""
    total = sum_of(amounts.values())
    named = {**amounts, _("Total"): total}
    with st.container(key=f"figures_{key}"):
        draw_table(
            {
                of: list(named),
                _("Lines"): [grouped(amount.count) for amount in named.values()],
                _("Amount (kr)"): [kronor(amount.ore) for amount in named.values()],
            },
            empty="",
            alt=of,
        )
    return total


def sum_of(amounts: Iterable[Amount]) -> Amount:
    """Sum up the amounts."""
    return sum(amounts, NOTHING)


def lines_of(amount: Amount) -> str:
    """Return the number of lines in words."""
    return _apart(count_of("{count} line", "{count} lines", amount.count), amount.count)


def _apart(text: str, count: int) -> str:
    """Group the thousands of ``count`` in the text."""
    return text.replace(str(count), grouped(count))


def _choose(names: list[str], start: int) -> None:
    end_of_last_month = store().today().replace(day=1) - ONE_DAY
    for key, day in ((FIRST, end_of_last_month.replace(day=1)), (LAST, end_of_last_month)):
        if session.value(key) is None:
            session.set_value(key, day)
    cells = st.columns([2, 1, 1])
    cells[0].selectbox(_("Payer"), names, index=start, key=PAYER, filter_mode="contains")
    cells[1].date_input(_("First day"), min_value=EARLIEST, format="YYYY-MM-DD", key=FIRST)
    cells[2].date_input(_("Last day"), min_value=EARLIEST, format="YYYY-MM-DD", key=LAST)
    own = [unit_id for unit_id in catalogue().units if session.actor().owns(unit_id)]
    if len(own) > 1:
        st.multiselect(
            _("Units"),
            own,
            format_func=lambda unit_id: catalogue().units[unit_id].name,
            placeholder=_("All of your units"),
            key=UNITS,
        )


def _draw_preview(found: Preview) -> None:
    if not found.total.count:
        st.info(_("There is nothing to claim: no dose of the period is due, and no line to correct."))
        return
    cells = st.columns(3)
    for cell, label, amount in (
        (cells[0], _("Plus lines"), found.new_lines),
        (cells[1], _("Minus lines"), found.reversals),
        (cells[2], _("The claim"), found.total),
    ):
        cell.metric(label, f"{kronor(amount.ore)} kr", lines_of(amount), delta_color="off", delta_arrow="off")
    amounts = {
        _(ADJUSTMENT_REASONS[cause]): found.causes[cause] for cause in ADJUSTMENT_REASONS if cause in found.causes
    }
    draw_amounts(amounts, of=_("Cause"), key="claim_causes")
    if found.reversals.count:
        st.caption(
            _(
                "A minus line takes back a line of an earlier claim that is no longer true, of any day. Where the payer"
                " still pays for the dose, a plus line claims it as it is now."
            )
        )


def _draw_left(found: Preview, first: date) -> None:
    """Draw the doses that are due and not in this claim, and how to claim them."""
    if found.earliest is not None:
        text = count_of(
            "{count} dose given before the period is due and in no claim.",
            "{count} doses given before the period are due and in no claim.",
            found.earlier.count,
        )
        worth = _(
            "Worth {kronor} kr, given from {earliest} on. A claim for those days takes them.",
            kronor=kronor(found.earlier.ore),
            earliest=found.earliest,
        )
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="claim_earlier"):
            st.text(f"{_apart(text, found.earlier.count)} {worth}", width="stretch")
            st.button(
                _("Let the period begin on {day}", day=found.earliest),
                key="claim_take_earlier",
                on_click=session.set_value,
                args=(FIRST, found.earliest),
            )
    if found.elsewhere.count:
        text = count_of(
            "{count} dose is still in a claim of the unit where it was before.",
            "{count} doses are still in claims of the units where they were before.",
            found.elsewhere.count,
        )
        worth = _(
            "Worth {kronor} kr. To be claimed here once that unit has made a claim, which takes its lines back.",
            kronor=kronor(found.elsewhere.ore),
        )
        st.caption(literal(f"{_apart(text, found.elsewhere.count)} {worth}"))


def _make(form: DrawnForm) -> None:
    payer, first, last, units = (session.value(key) for key in (PAYER, FIRST, LAST, UNITS))

    def save() -> Claim:
        if payer is None:
            raise Invalid(N_("Choose a payer."))
        return drafting.draft(store(), session.actor(), payer, first, last, units or None)

    def then(claim: Claim) -> None:
        session.set_value(PART, "claims")
        session.set_value(CHOSEN, claim.claim_id)
        lines = lines_of(Amount(claim.lines))
        notify(
            "success",
            _(
                "Claim {claim} is made: {lines}, {kronor} kr.",
                claim=claim.claim_id,
                lines=lines,
                kronor=kronor(claim.ore),
            ),
        )

    save_once(form, save, then)
