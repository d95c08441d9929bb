"""The choice of a care unit."""

from __future__ import annotations

import streamlit as st

from mv.ui import session
from mv.ui.resources import catalogue


def choose_unit(label: str, key: str, start: str, *, help: str | None = None) -> str:  # noqa: A002 (Streamlit's word)
    """Draw the choice among the user's own units and ``start``, the first choice; return the chosen one."""
    who = session.actor()
    units = {code: unit for code, unit in catalogue().units.items() if who.owns(code) or code == start}
    return st.selectbox(
        label,
        list(units),
        index=list(units).index(start) if start in units else 0,
        format_func=lambda unit: units[unit].name,
        key=key,
        help=help,
        filter_mode="contains",
    )
