"""The claims on the screen: their sums, and the chosen one with its lines, its history and its next states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mv.access import Action, may
from mv.errors import N_
from mv.reimbursement.claims import files, ledger, line_queries
from mv.reimbursement.claims.due import ADJUSTMENT_REASONS, Amount
from mv.reimbursement.claims.files import KINDS
from mv.reimbursement.claims.ledger import CLAIM_STATES, NEXT, Claim, ClaimState, Totals
from mv.reimbursement.claims.line_queries import AdjustmentSum
from mv.ui import session
from mv.ui.notices import change_once, notify
from mv.ui.reimbursement.claims.draft import CHOSEN, draw_amounts
from mv.ui.resources import catalogue, store
from mv.ui.text import _, grouped, literal, moment, period
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import download
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.table import draw_frame, draw_table

LINES_ON_A_PAGE = 200
WIDTH_OF_LINK = 240
STEPS: Mapping[ClaimState, str] = {
    ClaimState.SENT: N_("Mark as sent"),
    ClaimState.ANSWERED: N_("Mark as answered"),
    ClaimState.CLOSED: N_("Close the claim"),
    ClaimState.DISCARDED: N_("Discard"),
}
MEANINGS: Mapping[ClaimState, str] = {
    ClaimState.SENT: N_("The payer has the file. From then on the claim cannot be discarded."),
    ClaimState.ANSWERED: N_("The payer has answered for every line."),
    ClaimState.CLOSED: N_("Nothing more is expected. The claim cannot be changed any more."),
}


def draw_claims(found: Sequence[Claim]) -> None:
    """Draw the sums of the claims, the list, and the chosen claim."""
    _draw_states(found)
    _draw_list(found)
    by_number = {claim.claim_id: claim for claim in found}
    chosen = st.selectbox(
        _("Claim"), list(by_number), format_func=lambda number: _title(by_number[number]), key=CHOSEN,
        filter_mode="contains",
    )  # fmt: skip
    _draw_claim(by_number[chosen])


def _draw_states(found: Sequence[Claim]) -> None:
    """Draw claims, lines and kronor by state, and that they add up to all."""
    rows = {state: Totals.of(claim for claim in found if claim.state == state) for state in ClaimState}
    counted = {state: totals for state, totals in rows.items() if totals.claims and state != ClaimState.DISCARDED}
    total = Totals.of(claim for claim in found if claim.state != ClaimState.DISCARDED)
    named = {**{_(CLAIM_STATES[state]): totals for state, totals in counted.items()}, _("Total"): total}
    with st.container(key="figures_claim_states"):
        draw_table(
            {
                _("State"): list(named),
                _("Claims"): [grouped(totals.claims) for totals in named.values()],
                _("Lines"): [grouped(totals.lines) for totals in named.values()],
                _("Claimed (kr)"): [kronor(totals.ore) for totals in named.values()],
                _("Paid (kr)"): [kronor(totals.paid) for totals in named.values()],
            },
            empty="",
            alt=_("Claims by state"),
        )
    if sum(totals.ore for totals in counted.values()) == total.ore:
        parts = " + ".join(
            f"{_(CLAIM_STATES[state]).lower()} {kronor(totals.ore)} kr" for state, totals in counted.items()
        )
        st.caption(literal(_("All claims: {parts} = {kronor} kr.", parts=parts, kronor=kronor(total.ore))))
    else:
        st.error(_("The states do not add up to all claims. Report this as a fault."))
    if rows[ClaimState.DISCARDED].claims:
        st.caption(_("Discarded claims, which claim nothing: {count}.", count=rows[ClaimState.DISCARDED].claims))


def _draw_list(found: Sequence[Claim]) -> None:
    with st.expander(_("All claims as a list"), key="claims_list"):
        draw_table(
            {
                _("Claim"): [str(claim.claim_id) for claim in found],
                _("Payer"): [claim.payer for claim in found],
                _("Period"): [period(claim.period_from, claim.period_to) for claim in found],
                _("State"): [_(CLAIM_STATES[claim.state]) for claim in found],
                _("Lines"): [grouped(claim.lines) for claim in found],
                _("Claimed (kr)"): [kronor(claim.ore) for claim in found],
                _("Paid (kr)"): [kronor(claim.paid) for claim in found],
                _("Made"): [moment(claim.made_at) for claim in found],
                _("Made by"): [claim.made_by_name for claim in found],
            },
            empty="",
            alt=_("Claims"),
        )


def _title(claim: Claim) -> str:
    days = period(claim.period_from, claim.period_to)
    return (
        f"{claim.claim_id}  ·  {claim.payer}  ·  {days}  ·  {_(CLAIM_STATES[claim.state])}  ·  {kronor(claim.ore)} kr"
    )


def _draw_claim(claim: Claim) -> None:
    st.subheader(_("Claim {claim}: {state}", claim=claim.claim_id, state=_(CLAIM_STATES[claim.state]).lower()))
    known = catalogue().units
    units = ", ".join(sorted(known[unit_id].name if unit_id in known else unit_id for unit_id in claim.units))
    text = _(
        "{payer}, doses given {period}, and corrections of earlier claims. Units: {units}. Made by {name} at {time}.",
        payer=claim.payer,
        period=period(claim.period_from, claim.period_to),
        units=units,
        name=claim.made_by_name,
        time=moment(claim.made_at),
    )
    st.caption(literal(text))
    _draw_steps(claim)
    _draw_parts(claim)
    _draw_history(claim)


def _draw_steps(claim: Claim) -> None:
    """Draw the buttons of the claim: its next states, and its file."""
    who, shared = session.actor(), store()
    with st.container(horizontal=True, vertical_alignment="center", key="claim_steps"):
        if may(who, Action.EXPORT_CLAIM):
            with st.container(width=WIDTH_OF_LINK):
                download.offer(
                    _("Download the file (CSV)"),
                    GeneratedFile(
                        files.filename(claim.claim_id), "text/csv", files.download, (shared, who, claim.claim_id)
                    ),
                    key="claim_file",
                )
        for state in NEXT[claim.state] if may(who, Action.CHANGE_CLAIM) else ():
            if state == ClaimState.DISCARDED:
                with st.popover(_(STEPS[state]), icon=":material/delete:"):
                    st.text(_("The claim stays on record and claims nothing. Its doses can be claimed anew."))
                    _draw_step(claim, state, _("Discard the claim"))
            else:
                _draw_step(claim, state, _(STEPS[state]))
    if may(who, Action.EXPORT_CLAIM):
        st.caption(_("The file names people by their identity numbers. That it is taken out is logged."))
    else:
        st.caption(_("The file names people by their identity numbers; a head of unit can take it out."))


def _draw_step(claim: Claim, state: ClaimState, label: str) -> None:
    help_text = _(MEANINGS[state]) if state in MEANINGS else None
    key = f"claim_{state}_{claim.claim_id}_{claim.version}"
    st.button(label, key=key, help=help_text, on_click=_move, args=(claim.claim_id, claim.version, state))


def _move(claim_id: int, version: int, state: ClaimState) -> None:
    def then(now: Claim) -> None:
        notify("success", _("Claim {claim} is now: {state}.", claim=claim_id, state=_(CLAIM_STATES[state]).lower()))

    change_once(
        f"claim {claim_id}", version, lambda: ledger.move(store(), session.actor(), claim_id, version, state), then
    )


def _draw_parts(claim: Claim) -> None:
    """Draw the sums of the lines by cause, that they equal the claim's amount, and the lines."""
    parts = line_queries.sums_by_reason(store(), session.actor(), claim.claim_id)
    total = draw_amounts(
        {_name(part): part.amount for part in parts}, of=_("What the lines are for"), key="claim_parts"
    )
    if total == Amount(claim.lines, claim.ore):
        text = _("The lines add up to the claim’s amount, {kronor} kr.", kronor=kronor(claim.ore))
        paid = _("Paid so far: {kronor} kr.", kronor=kronor(claim.paid))
        st.caption(literal(f"{text} {paid}"))
    else:
        st.error(_("The lines do not add up to the claim’s amount. Restore the store from a backup."))
    by_cause = {part.cause: part for part in parts}
    chosen = st.selectbox(
        _("Lines"),
        list(by_cause),
        index=None,
        format_func=lambda cause: _name(by_cause[cause]),
        placeholder=_("All"),
        key=f"claim_cause_{claim.claim_id}",
        width=340,
    )
    _draw_lines(claim.claim_id, chosen, by_cause[chosen].amount.count if chosen else claim.lines)


def _name(part: AdjustmentSum) -> str:
    return f"{_(KINDS[part.taken_back])}: {_(ADJUSTMENT_REASONS[part.cause])}"


def _draw_lines(claim_id: int, cause: str | None, count: int) -> None:
    """Draw a page of the lines with that cause, or of all, and the choice of page."""
    key = f"claim_page_{claim_id}_{cause}"
    offset = ((session.value(key) or 1) - 1) * LINES_ON_A_PAGE
    found = line_queries.claim_lines(
        store(), session.actor(), claim_id, cause=cause, limit=LINES_ON_A_PAGE, offset=offset
    )
    last = grouped(offset + len(found))
    st.caption(_("{first}–{last} of {count}, as claimed", first=grouped(offset + 1), last=last, count=grouped(count)))
    shown = found.assign(
        taken_back=found["taken_back"].map({back: _(kind) for back, kind in KINDS.items()}),
        ore=found["ore"].map(kronor),
        cause=found["cause"].map({word: _(words) for word, words in ADJUSTMENT_REASONS.items()}),
    )
    headings = {
        "line": _("Line"), "taken_back": _("Kind"), "corrects": _("Corrects line"), "ore": _("Kronor"),
        "cause": _("Cause"), "given_on": _("Day"), "vaccine": _("Vaccine"), "dose_number": _("Dose"),
        "group_name": _("Group"), "subgroup_name": _("Subgroup"), "unit": _("Unit"), "rule": _("Rule"),
    }  # fmt: skip
    draw_frame(shown[list(headings)].fillna(dict.fromkeys(("corrects", "group_name", "subgroup_name"), "")), headings)
    if count > LINES_ON_A_PAGE:
        st.pagination(-(-count // LINES_ON_A_PAGE), key=key)


def _draw_history(claim: Claim) -> None:
    with st.expander(_("History of the claim"), key="claim_history"):
        changes = ledger.changes(store(), session.actor(), claim.claim_id)
        draw_table(
            {
                _("Time"): [moment(change.changed_at) for change in changes],
                _("State"): [_(CLAIM_STATES[change.state]) for change in changes],
                _("By"): [change.changed_by_name for change in changes],
            },
            empty="",
            alt=_("History of the claim"),
        )
