"""A group as it is chosen and added; on the page and in the dialog alike."""

from __future__ import annotations

from base64 import b64encode
from datetime import date

import streamlit as st

from mv import memberships
from mv.catalogue import Choice, in_use
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.memberships import Entry, Membership
from mv.reimbursement.preview import group
from mv.reimbursement.preview.customer_case import Effect, Standing
from mv.ui import session
from mv.ui.double_click import next_form_number
from mv.ui.notices import notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal, name_of
from mv.ui.vaccinations.payment_preview import draw_effect

NOTHING_TO_SEE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def picture(svg: str, name: str = "") -> str:
    """Return Markdown for a picture; its name is read out in place of it."""
    return f"![{literal(name)}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def action(word: str, row: str) -> str:
    """Return a button's label: its word is seen, and a screen reader hears which row it acts on, too."""
    return f"{word} {picture(NOTHING_TO_SEE, row)}"


def choice_of(row: Membership) -> Choice:
    """Return the group and subgroup of a row, in use or not."""
    return catalogue().choice(row.group_code, row.subgroup_code)


def choose_group(key: str, day: date, was: Membership | None = None) -> None:
    """Draw the lists of groups and of the chosen one's subgroups in use on ``day``; see :func:`entered`.

    What a row has already is in the lists even when it is no longer in use.
    """
    groups = catalogue().groups
    left, right = st.columns(2)
    codes = [each.group_code for each in in_use(groups.values(), day)]
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


def draw_add_form(customer: Customer, standing: Standing, key: str, word: str, *, with_days: bool) -> None:
    """Draw the choice of group and the button that saves it; with ``with_days``, its period, too.

    Where a dose that counts by the chosen group becomes paid, it says so.
    """
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
            args=(customer.customer_id, key, today, next_form_number(empty=session.value(f"{key}_group") is None)),
        )
        entry = entered(key, first=today)
        effect = group.adding(standing, entry) if entry else Effect()
        if effect.turns:
            draw_effect(effect)


def _choose_days(key: str, today: date) -> date:
    left, right = st.columns(2)
    first = left.date_input(_("First day"), value=today, format="YYYY-MM-DD", key=f"{key}_first")
    right.date_input(_("Last day, if it is over"), value=None, format="YYYY-MM-DD", key=f"{key}_last")
    return first


def _add(customer_id: int, key: str, today: date, number: int) -> None:
    entry = entered(key, first=today)

    def save() -> Membership:
        if entry is None:
            raise Invalid(N_("Choose a group."))
        return memberships.add(store(), session.actor(), customer_id, entry)

    def then(row: Membership) -> None:
        session.set_value(f"{key}_group", None)
        session.set_value(f"{key}_last", None)
        notify("toast", _("Saved: {group}.", group=name_of(choice_of(row))))

    save_once(number, (customer_id, entry), save, then)
