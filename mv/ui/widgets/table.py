"""Small tables of text, each cell shown as it is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mv.ui.text import literal


def draw_table(columns: dict[str, list[str]], *, empty: str, alt: str) -> None:
    """Draw columns of equal length under their headings, or say ``empty``; ``alt`` names the table."""
    if not any(columns.values()):
        st.text(empty)
        return
    cells = {literal(heading): [literal(text) for text in texts] for heading, texts in columns.items()}
    st.table(pd.DataFrame(cells), border="horizontal", hide_index=True, alt=alt)


def draw_frame(frame: pd.DataFrame, headings: dict[str, str]) -> None:
    """Draw a long or wide table; ``headings`` are what its columns are called on the screen."""
    st.dataframe(
        frame.rename(columns=headings),
        hide_index=True,
        column_config={
            headings.get(name, name): st.column_config.DateColumn(format="YYYY-MM-DD")
            for name in frame.columns
            if pd.api.types.is_datetime64_any_dtype(frame[name])
        },
    )
