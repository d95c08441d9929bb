"""Number after number: each Enter saves what was chosen once, and shows of whom."""

from __future__ import annotations

import streamlit as st


def draw_typed() -> None:
    """Draw this part of the page."""
    st.info("…")
