"""The choice of a care unit."""

from __future__ import annotations

import streamlit as st

from mv.ui.resources import catalogue


def choose_unit(label: str, key: str, start: str, *, help: str | None = None) -> str:  # noqa: A002 (Streamlit's word)
    """Draw the list of units, beginning with ``start`` where it is one; return the chosen one."""
    units = catalogue().units
    return st.selectbox(
        label,
        list(units),
        index=list(units).index(start) if start in units else 0,
        format_func=lambda unit: units[unit].name,
        key=key,
        help=help,
        filter_mode="contains",
    )
