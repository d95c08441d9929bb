"""A file of people: read, its columns named, each row judged, and all of it saved or nothing."""

from __future__ import annotations

import streamlit as st


def draw_file() -> None:
    """Draw this part of the page."""
    st.info("…")
