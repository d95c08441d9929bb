"""The filters of group rows."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv.export import Filters, Status
from mv.ui import session
from mv.ui.resources import catalogue
from mv.ui.text import _, name_of
from mv.ui.widgets.day_field import EARLIEST


def choose_filters() -> Filters:
    """Draw the filters and return their values."""
    known = catalogue()
    everything = _("All")
    cells = st.columns(4)
    statuses = {Status.ALL: _("Active and inactive"), Status.ACTIVE: _("Active"), Status.INACTIVE: _("Inactive")}
    status = cells[0].selectbox(_("Status"), list(statuses), format_func=lambda s: statuses[s], key="export_status")
    group = cells[1].selectbox(
        _("Group"),
        list(known.groups),
        index=None,
        format_func=lambda code: name_of(known.groups[code]),
        placeholder=everything,
        key="export_group",
        filter_mode="contains",
    )
    subgroups = {sub.subgroup_code: name_of(sub) for sub in (known.groups[group].subgroups if group else ())}
    subgroup = cells[2].selectbox(
        _("Subgroup"),
        list(subgroups),
        index=None,
        format_func=lambda code: subgroups.get(code, code),
        placeholder=everything if subgroups else _("Choose a group with subgroups"),
        disabled=not subgroups,
        key=f"export_subgroup_{group}",
    )
    who = session.actor()
    unit = cells[3].selectbox(
        _("Unit"),
        [code for code in known.units if who.owns(code)],
        index=None,
        format_func=lambda code: known.units[code].name,
        placeholder=everything,
        key="export_unit",
    )
    days = _choose_days()
    return Filters(status=status, group=group, subgroup=subgroup, unit=unit, **days)


def _choose_days() -> dict[str, date | None]:
    labels = {
        "valid_from": _("Applies from"),
        "valid_to": _("Applies to"),
        "registered_from": _("Registered from"),
        "registered_to": _("Registered to"),
        "as_of": _("Status as of"),
    }
    return {
        name: cell.date_input(label, value=None, min_value=EARLIEST, format="YYYY-MM-DD", key=f"export_{name}")
        for cell, (name, label) in zip(st.columns(len(labels)), labels.items(), strict=True)
    }
