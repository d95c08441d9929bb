"""A customer's groups as rows that are adjusted, removed and restored, each with its effect on the doses."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from mv import memberships
from mv.concerns import Concern
from mv.errors import N_, Invalid
from mv.memberships import EndReason, Membership
from mv.reimbursement.preview import group
from mv.reimbursement.preview.customer_case import CustomerCase, period_of
from mv.ui import session
from mv.ui.groups.doubt import asking, draw_doubt
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import change_once, notify
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, literal, name_of, period
from mv.ui.web.streamlit_internals import DeltaGenerator
from mv.ui.widgets.group_picker import choice_of, choose_group, entered
from mv.ui.widgets.payment_preview import draw_effect, summary
from mv.ui.widgets.row_button import action, picture

RED_BALL_WITH_CROSS = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<circle cx="10" cy="10" r="9" fill="#c1121f"/>'
    '<path d="M6.5 6.5l7 7M13.5 6.5l-7 7" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>'
)
COLUMNS = (6, 3, 2, 2)
"""The widths of a row's cells, relative to each other."""


def removal(row: str) -> str:
    """Return the label of the button that removes a row: the red ball with a cross, which is read as the row."""
    return picture(RED_BALL_WITH_CROSS, row) + " " + _("Remove")


def draw_current(rows: list[Membership], case: CustomerCase, key: str, *, with_adjust: bool) -> None:
    """Draw the active rows, each with its buttons, and those that were removed in this visit.

    ``case`` gives the effect of each button on the doses.

    A removed row keeps its place, with nothing where its button was: a second click changes nothing else.
    """
    visit = state(CustomerVisit)
    shown = [row for row in rows if row.active or row.membership_id in visit.removed_rows]
    if not any(row.active for row in rows):
        st.text(_("No current group."))
    for row in sorted(shown, key=lambda row: (row.valid_from, row.membership_id)):
        if not row.active:
            _draw_removed(row, case, key)
        elif with_adjust and visit.adjusted_row == row.membership_id:
            draw_adjust_form(row, case)
        else:
            _draw_active(row, case, key, with_adjust=with_adjust)


def _draw_active(row: Membership, case: CustomerCase, key: str, *, with_adjust: bool) -> None:
    name = name_of(choice_of(row))
    with st.container(key=f"{key}_active_{row.membership_id}"):
        cells = st.columns(COLUMNS, vertical_alignment="center")
        removing = group.removing(case, row)
        does = _("If it is removed: {effect}.", effect=summary(removing)) if removing.changed_doses else ""
        _draw_text(cells[0], name, does)
        cells[1].text(_("from {day}", day=row.valid_from))
        if with_adjust:
            draw_adjust_button(cells[2], row, key)
        cells[3].button(
            removal(name),
            key=f"{key}_remove_{row.membership_id}",
            on_click=_remove,
            args=(row,),
            width="stretch",
        )


def _draw_text(cell: DeltaGenerator, text: str, does: str) -> None:
    """Draw the row's text, and below it the effect of its button on the doses, if there is any."""
    with cell.container(gap="xxsmall"):
        st.text(text)
        if does:
            st.caption(literal(does))


def draw_adjust_button(cell: DeltaGenerator, row: Membership, key: str) -> None:
    """Draw the pencil that opens a row for adjusting."""
    cell.button(
        action(_("Adjust"), name_of(choice_of(row))),
        icon=":material/edit:",
        key=f"{key}_adjust_{row.membership_id}",
        on_click=state(CustomerVisit).adjust_row,
        args=(row.membership_id,),
        width="stretch",
    )


def _change(row: Membership, change: Callable[[], Membership], then: Callable[[Membership], None]) -> None:
    change_once(f"membership {row.membership_id}", row.version, change, then)


def _remove(row: Membership) -> None:
    removed = state(CustomerVisit).removed_rows
    _change(
        row,
        lambda: memberships.remove(store(), session.actor(), row.membership_id, row.version),
        lambda now: removed.append(now.membership_id),
    )


def _draw_removed(row: Membership, case: CustomerCase, key: str) -> None:
    """Draw a row that was removed in this visit, with its undo and the choice of another reason."""
    name = name_of(choice_of(row))
    wrong = row.ended_reason == EndReason.WRONG
    says = (
        _("{group} is removed: it was wrong from the start, and counts for no dose.", group=name)
        if wrong
        else _("{group} is removed: it ceased to apply; the last day was {day}.", group=name, day=row.valid_to)
    )
    with st.container(key=f"{key}_removed_{row.membership_id}"):
        cells = st.columns(COLUMNS, vertical_alignment="center")
        _draw_text(cells[0], says, _of_removal(row, case))
        cells[1].button(
            action(_("It did apply"), name) if wrong else action(_("It was wrong from the start"), name),
            key=f"{key}_reason_{row.membership_id}",
            on_click=_give_reason,
            args=(row, EndReason.CEASED if wrong else EndReason.WRONG),
            width="stretch",
        )
        cells[2].button(
            action(_("Undo"), name),
            icon=":material/undo:",
            key=f"{key}_undo_{row.membership_id}",
            on_click=_restore,
            args=(row,),
            width="stretch",
        )


def _of_removal(row: Membership, case: CustomerCase) -> str:
    """Return the effect of a removal on the doses, or its effect for the other reason; an empty text without any."""
    if row.ended_reason == EndReason.WRONG:
        effect = group.having_removed(case, row)
        return (
            _("Since the removal: {effect}. Undo reverses that.", effect=summary(effect))
            if effect.changed_doses
            else ""
        )
    effect = group.giving_reason(case, row, EndReason.WRONG)
    return _("If it was wrong from the start: {effect}.", effect=summary(effect)) if effect.changed_doses else ""


def _give_reason(row: Membership, reason: EndReason) -> None:
    _change(
        row,
        lambda: memberships.set_end_reason(store(), session.actor(), row.membership_id, row.version, reason),
        lambda now: None,
    )


def _restore(row: Membership) -> None:
    removed = state(CustomerVisit).removed_rows

    def then(now: Membership) -> None:
        if now.membership_id in removed:
            removed.remove(now.membership_id)

    _change(row, lambda: memberships.restore(store(), session.actor(), row.membership_id, row.version), then)


def draw_adjust_form(row: Membership, case: CustomerCase) -> None:
    """Draw the row as fields to correct in place, with the effect of saving them on the doses."""
    key = f"adjust_{row.membership_id}_{row.version}"
    with st.container(border=True, key=key):
        group_place = st.container()
        left, right = st.columns(2)
        first = left.date_input(_("First day"), value=row.valid_from, format="YYYY-MM-DD", key=f"{key}_first")
        if not row.active:
            right.date_input(_("Last day"), value=row.valid_to, format="YYYY-MM-DD", key=f"{key}_last")
        with group_place:
            choose_group(key, first, was=row)
        with st.container(horizontal=True):
            st.button(
                _("Save adjustment"),
                type="primary",
                key=f"{key}_save",
                on_click=_adjust,
                args=(row, key),
            )
            st.button(_("Cancel"), key=f"{key}_cancel", on_click=state(CustomerVisit).adjust_row, args=(None,))
            with st.container():  # beside the buttons, which stay where they are when the effect changes
                entry = entered(key, first=row.valid_from, last=row.valid_to)
                draw_doubt(key, entry, _adjust, (row, key))
                if entry and entry != period_of(row):
                    draw_effect(group.adjusting(case, row, entry))


def _adjust(row: Membership, key: str, accepted: Collection[Concern] = ()) -> None:
    visit = state(CustomerVisit)
    entry = entered(key, first=row.valid_from, last=row.valid_to)

    def change() -> Membership:
        if entry is None:
            raise Invalid(N_("Choose a group."))
        return memberships.adjust(store(), session.actor(), row.membership_id, row.version, entry, accepted=accepted)

    def then(now: Membership) -> None:
        visit.adjust_row(None)
        notify("toast", _("Saved: {group}.", group=name_of(choice_of(now))))

    with asking(key, entry):
        _change(row, change, then)


def draw_ended(rows: list[Membership], case: CustomerCase, key: str) -> None:
    """Draw the ended rows: group, period and reason, each with its pencil."""
    if not rows:
        st.text(_("No past group."))
        return
    headings = st.columns(COLUMNS)
    for cell, heading in zip(headings, (_("Group"), _("Period"), _("Reason")), strict=False):
        cell.caption(heading)
    for row in rows:
        if state(CustomerVisit).adjusted_row == row.membership_id:
            draw_adjust_form(row, case)
            continue
        wrong = row.ended_reason == EndReason.WRONG
        with st.container(key=f"{key}_ended_{row.membership_id}"):
            cells = st.columns(COLUMNS, vertical_alignment="center")
            cells[0].text(name_of(choice_of(row)))
            cells[1].text(period(row.valid_from, row.valid_to))
            cells[2].text(_("Wrong from the start") if wrong else _("Ceased to apply"))
            draw_adjust_button(cells[3], row, key)
