"""Charts of the doses' kronor. Each has one series, and its figures stand beside its bars: no colour says anything.

They are written as Vega-Lite itself: ten of them are on a page, and altair takes 50 ms to check each.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mv.i18n import SWEDISH
from mv.ui import session
from mv.ui.reimbursement.follow_up.tables import doses, share
from mv.ui.text import _, count_of
from mv.ui.widgets.amounts import amount

Spec = dict[str, Any]

MOST_BARS = 12
ROW = 42
"""Pixels for each bar and its text above."""
BELOW = 20
"""Pixels of a chart's height that Streamlit keeps free below it."""
HEIGHT_OF_MONTHS = 130
TEXT_COLOUR = "#1f2a33"
PLAIN: Spec = {"aria": False, "view": {"stroke": None}}
"""Without aria: what the chart would say of itself is English, and its name and its table say more."""


def draw_bars(frame: pd.DataFrame, measure: str, *, alt: str, whole: int | pd.Series | None = None) -> None:
    """Draw a bar for each row's öre or doses, with its ``name``, how much, and what part of the whole, above it.

    A bar that were the whole of all rows would fill the width; where each has its own, or none, the longest does.
    """
    rows, shown = frame.head(MOST_BARS), doses if measure == "doses" else amount
    wholes = pd.Series(0 if whole is None else whole, index=frame.index)
    texts = [
        f"{name}: {shown(value)}" + (f" ({share(value, of)})" if of else "")
        for name, value, of in zip(rows["name"], rows[measure], wholes, strict=False)
    ]
    longest = whole if isinstance(whole, int) else int(rows[measure].max())
    _draw(pd.DataFrame({"value": rows[measure], "text": texts}), longest, alt)
    if len(frame) > MOST_BARS:
        count = len(frame) - MOST_BARS
        st.caption(count_of("{count} more row is in the table.", "{count} more rows are in the table.", count))


def draw_shares(frame: pd.DataFrame, measure: str, whole: str, *, alt: str) -> None:
    """Draw a bar for the share of each row's öre in its whole, with its ``name`` and both amounts above it."""
    rows = frame[frame[whole] > 0]
    texts = [
        _("{name}: {share} of {whole}", name=name, share=share(ore, of), whole=amount(of))
        for name, ore, of in zip(rows["name"], rows[measure], rows[whole], strict=True)
    ]
    _draw(pd.DataFrame({"value": rows[measure] / rows[whole], "text": texts}), 1, alt)


def _draw(rows: pd.DataFrame, longest: int, alt: str) -> None:
    place = {"align": "left", "baseline": "middle", "yOffset": -8}
    words = {"type": "text", "aria": False, "fontSize": 14, "color": TEXT_COLOUR, **place}
    scale = {"domain": [0, max(longest, 1)], "nice": False}
    spec: Spec = {
        "config": PLAIN,
        "height": ROW * len(rows) + BELOW,
        "encoding": {"y": {"field": "place", "type": "ordinal", "axis": None, "sort": None}},
        "layer": [
            {
                "mark": {"type": "bar", "aria": False, "height": 12, "yOffset": 10},
                "encoding": {"x": {"field": "value", "type": "quantitative", "axis": None, "scale": scale}},
            },
            {"mark": words, "encoding": {"x": {"value": 0}, "text": {"field": "text", "type": "nominal"}}},
        ],
    }
    st.vega_lite_chart(rows.assign(place=range(len(rows))), spec, alt=alt)


def draw_months(frame: pd.DataFrame, measure: str, *, alt: str) -> None:
    """Draw a bar of öre for each ``month``, or a text where there are none."""
    if not frame[measure].any():
        st.caption(_("0 kr in each month."))
        return
    values = {"value": frame[measure] / 100, "text": frame[measure].map(amount)}
    months = {"title": None, "axis": {"aria": False, "labelAngle": 0, "labelOverlap": "greedy"}}
    kronor = {"title": None, "axis": {"aria": False, "tickCount": 2, "format": ",.0f", "tickMinStep": 1}}
    decimal = "," if session.language() == SWEDISH else "."
    numbers = {"decimal": decimal, "thousands": "\u00a0", "grouping": [3], "currency": ["", "\u00a0kr"]}
    spec: Spec = {
        "config": {**PLAIN, "locale": {"number": numbers}},
        "height": HEIGHT_OF_MONTHS,
        "mark": {"type": "bar", "aria": False},
        "encoding": {
            "x": {"field": "month", "type": "ordinal", **months},
            "y": {"field": "value", "type": "quantitative", **kronor},
            "tooltip": [
                {"field": "month", "type": "ordinal", "title": _("Month")},
                {"field": "text", "type": "nominal", "title": _("Kronor")},
            ],
        },
    }
    st.vega_lite_chart(pd.DataFrame({"month": frame["month"].dt.strftime("%Y-%m"), **values}), spec, alt=alt)
