"""A day's bookings as a checklist: who came, and what is saved of them."""

from __future__ import annotations

import streamlit as st


def draw_booked() -> None:
    """Draw this part of the page."""
    st.info("…")
