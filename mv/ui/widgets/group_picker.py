"""The choice of a group and its subgroup."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv.catalogue import Choice, in_use
from mv.memberships import Entry, Membership
from mv.ui import session
from mv.ui.resources import catalogue
from mv.ui.text import _, name_of


def choice_of(row: Membership) -> Choice:
    """Return the group and subgroup of a row, in use or not."""
    return catalogue().choice(row.group_code, row.subgroup_code)


def choose_group(key: str, day: date, was: Membership | None = None) -> None:
    """Draw the lists of groups and of the chosen one's subgroups in use on ``day``; see :func:`entered`.

    The row's own group and subgroup are in the lists even when they are no longer in use.
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
    """Return the entry of the form's fields, for callbacks; None while no group is chosen."""
    group_code = session.value(f"{key}_group")
    if group_code is None:
        return None
    subgroup_code = session.value(f"{key}_subgroup_{group_code}")
    return Entry(
        group_code, subgroup_code, session.value(f"{key}_first") or first, session.value(f"{key}_last") or last
    )


def dose_group_key(dose_id: int, version: int, day: date) -> str:
    """Return the key of the field for the group that counts, in the form that corrects a dose."""
    return f"dose_{dose_id}_{version}_group_{day}"
