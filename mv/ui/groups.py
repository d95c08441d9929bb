"""A customer's groups: chosen, listed, adjusted, removed; on the page and in the dialog alike."""

from __future__ import annotations

from base64 import b64encode
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mv import memberships
from mv.catalogue import Choice, in_use
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.memberships import EndReason, Entry, Membership
from mv.ui import pages, session
from mv.ui.notices import show_notices, telling
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, name_of, period

RED_BALL_WITH_CROSS = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<circle cx="10" cy="10" r="9" fill="#c1121f"/>'
    '<path d="M6.5 6.5l7 7M13.5 6.5l-7 7" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>'
)
COLUMNS = (6, 3, 2, 2)
"""The widths of a row's cells, relative to each other."""
NOTHING_TO_SEE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def picture(svg: str, name: str = "") -> str:
    """Return Markdown for a picture; its name is read out in place of it."""
    return f"![{literal(name)}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def action(word: str, row: str) -> str:
    """Return a button's label: its word is seen, and a screen reader hears which row it acts on, too."""
    return f"{word} {picture(NOTHING_TO_SEE, row)}"


def removal(row: str) -> str:
    """Return the label of the button that removes a row: the red ball with a cross, which is read as the row."""
    return picture(RED_BALL_WITH_CROSS, row) + " " + _("Remove")


def choice_of(row: Membership) -> Choice:
    """Return the group and subgroup of a row, in use or not."""
    return catalogue().choice(row.group_code, row.subgroup_code)


def choose_group(key: str, day: date, was: Membership | None = None) -> None:
    """Draw the lists of groups and of the chosen one's subgroups in use on ``day``; see :func:`entered`.

    What a row has already is in the lists even when it is no longer in use.
    """
    groups = catalogue().groups
    left, right = st.columns(2)
    codes = [group.group_code for group in in_use(groups.values(), day)]
    if was and was.group_code not in codes:
        codes.append(was.group_code)
    group_code = left.selectbox(
        _("Group"),
        codes,
        index=codes.index(was.group_code) if was else None,
        format_func=lambda code: name_of(groups[code]),
        placeholder=_("Choose a group"),
        key=f"{key}_group",
        filter_mode="contains",
    )
    subgroups = groups[group_code].subgroups if group_code else ()
    names = {subgroup.subgroup_code: name_of(subgroup) for subgroup in subgroups}
    sub_codes = [subgroup.subgroup_code for subgroup in in_use(subgroups, day)]
    keeps = was.subgroup_code if was and was.group_code == group_code else None
    if keeps and keeps not in sub_codes:
        sub_codes.append(keeps)
    right.selectbox(
        _("Subgroup"),
        sub_codes,
        index=sub_codes.index(keeps) if keeps else None,
        format_func=lambda code: names.get(code, code),
        placeholder=_subgroup_hint(group_code, sub_codes),
        disabled=not sub_codes,
        key=f"{key}_subgroup_{group_code}",
        filter_mode="contains",
    )


def _subgroup_hint(group_code: str | None, sub_codes: list[str]) -> str:
    if group_code is None:
        return _("Choose a group first")
    return _("None, or choose one") if sub_codes else _("The group has no subgroups")


def entered(key: str, first: date, last: date | None = None) -> Entry | None:
    """Return what the fields of a form hold now; None while no group is chosen. It is for callbacks."""
    group_code = session.value(f"{key}_group")
    if group_code is None:
        return None
    subgroup_code = session.value(f"{key}_subgroup_{group_code}")
    return Entry(
        group_code, subgroup_code, session.value(f"{key}_first") or first, session.value(f"{key}_last") or last
    )


def draw_add_form(customer: Customer, key: str, word: str, *, with_days: bool) -> None:
    """Draw the choice of group and the button that saves it; with ``with_days``, its period, too."""
    today = store().today()
    first = today
    with st.container(border=True, key=f"{key}_form"):
        group_place = st.container()
        if with_days:
            first = _choose_days(key, today)
        with group_place:
            choose_group(key, first)
        st.button(
            word,
            type="primary",
            key=f"{key}_save",
            on_click=_add,
            args=(customer.customer_id, key, today, session.draw_number(empty=session.value(f"{key}_group") is None)),
        )


def _choose_days(key: str, today: date) -> date:
    left, right = st.columns(2)
    first = left.date_input(_("First day"), value=today, format="YYYY-MM-DD", key=f"{key}_first")
    right.date_input(_("Last day, if it is over"), value=None, format="YYYY-MM-DD", key=f"{key}_last")
    return first


def _add(customer_id: int, key: str, today: date, number: int) -> None:
    entry = entered(key, first=today)
    if session.is_second_click(number, (customer_id, entry)):
        return
    with telling():
        if entry is None:
            raise Invalid(N_("Choose a group."))
        row = memberships.add(store(), session.actor(), customer_id, entry)
        session.spend(number, (customer_id, entry))
        session.set_value(f"{key}_group", None)
        session.set_value(f"{key}_last", None)
        session.tell("toast", _("Saved: {group}.", group=name_of(choice_of(row))))


def draw_current(rows: list[Membership], key: str, *, with_adjust: bool) -> None:
    """Draw the active rows, each with its buttons, and those that were removed in this visit.

    A removed row keeps its place, with nothing where its button was: a second click changes nothing else.
    """
    shown = [row for row in rows if row.active or row.membership_id in session.removed_in_visit()]
    if not any(row.active for row in rows):
        st.text(_("No current group."))
    for row in sorted(shown, key=lambda row: (row.valid_from, row.membership_id)):
        if not row.active:
            _draw_removed(row, key)
        elif with_adjust and session.adjusted_row() == row.membership_id:
            draw_adjust_form(row)
        else:
            _draw_active(row, key, with_adjust=with_adjust)


def _draw_active(row: Membership, key: str, *, with_adjust: bool) -> None:
    name = name_of(choice_of(row))
    with st.container(key=f"{key}_active_{row.membership_id}"):
        cells = st.columns(COLUMNS, vertical_alignment="center")
        cells[0].text(name)
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


def draw_adjust_button(cell: DeltaGenerator, row: Membership, key: str) -> None:
    """Draw the pencil that opens a row for adjusting."""
    cell.button(
        action(_("Adjust"), name_of(choice_of(row))),
        icon=":material/edit:",
        key=f"{key}_adjust_{row.membership_id}",
        on_click=session.adjust_row,
        args=(row.membership_id,),
        width="stretch",
    )


def _remove(row: Membership) -> None:
    with telling():
        memberships.remove(store(), session.actor(), row.membership_id, row.version)
        session.removed_in_visit().append(row.membership_id)


def _draw_removed(row: Membership, key: str) -> None:
    """Draw a row that was removed in this visit, with a way back and a way to tell why it was removed."""
    name = name_of(choice_of(row))
    wrong = row.ended_reason == EndReason.WRONG
    says = (
        _("{group} is removed: it was wrong from the start, and counts for no dose.", group=name)
        if wrong
        else _("{group} is removed: it ceased to apply; the last day was {day}.", group=name, day=row.valid_to)
    )
    with st.container(key=f"{key}_removed_{row.membership_id}"):
        cells = st.columns(COLUMNS, vertical_alignment="center")
        cells[0].text(says)
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


def _give_reason(row: Membership, reason: EndReason) -> None:
    with telling():
        memberships.give_reason(store(), session.actor(), row.membership_id, row.version, reason)


def _restore(row: Membership) -> None:
    with telling():
        memberships.restore(store(), session.actor(), row.membership_id, row.version)
        removed = session.removed_in_visit()
        if row.membership_id in removed:
            removed.remove(row.membership_id)


def draw_adjust_form(row: Membership) -> None:
    """Draw the row as fields to correct in place."""
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
            st.button(_("Cancel"), key=f"{key}_cancel", on_click=session.adjust_row, args=(None,))


def _adjust(row: Membership, key: str) -> None:
    with telling():
        entry = entered(key, first=row.valid_from, last=row.valid_to)
        if entry is None:
            raise Invalid(N_("Choose a group."))
        now = memberships.adjust(store(), session.actor(), row.membership_id, row.version, entry)
        session.adjust_row(None)
        session.tell("toast", _("Saved: {group}.", group=name_of(choice_of(now))))


def draw_dialog(customer: Customer) -> None:
    """Draw the groups in a dialog over the page, if it is open. Closing it leads on to the vaccination."""
    if not session.dialog_is_open(customer.customer_id):
        return

    def go_on() -> None:
        session.close_dialog()
        pages.go_to(pages.VACCINATION, customer.customer_id)

    title = _("Customer groups") + f" – {literal(customer.name)}"
    st.dialog(title, width="large", on_dismiss=go_on)(_draw_dialog_body)(customer)


def _draw_dialog_body(customer: Customer) -> None:
    rows = memberships.of_customer(store(), session.actor(), customer.customer_id)
    st.text(_("Add what is missing, remove what is wrong. Close with the cross to go on to the vaccination."))
    show_notices()
    draw_current(rows, "dialog", with_adjust=False)
    draw_add_form(customer, "dialog_add", _("Add"), with_days=False)


def draw_ended(rows: list[Membership], key: str) -> None:
    """Draw the ended rows: group, Period and why it ended, each with its pencil."""
    if not rows:
        st.text(_("No past group."))
        return
    headings = st.columns(COLUMNS)
    for cell, heading in zip(headings, (_("Group"), _("Period"), _("Reason")), strict=False):
        cell.caption(heading)
    for row in rows:
        if session.adjusted_row() == row.membership_id:
            draw_adjust_form(row)
            continue
        wrong = row.ended_reason == EndReason.WRONG
        with st.container(key=f"{key}_ended_{row.membership_id}"):
            cells = st.columns(COLUMNS, vertical_alignment="center")
            cells[0].text(name_of(choice_of(row)))
            cells[1].text(period(row.valid_from, row.valid_to))
            cells[2].text(_("Wrong from the start") if wrong else _("Ceased to apply"))
            draw_adjust_button(cells[3], row, key)
