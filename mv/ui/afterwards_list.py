"""A list of identity numbers, pasted: each line judged, then all that are ready saved at once."""

from __future__ import annotations

import streamlit as st


def draw_list() -> None:
    """Draw this part of the page."""
    st.info("…")
