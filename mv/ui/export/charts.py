"""Active groups over time, as charts and as figures."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from mv import export
from mv.export import Filters
from mv.ui import session
from mv.ui.resources import store
from mv.ui.text import _
from mv.ui.widgets.table import draw_frame

CHARTS_IN_A_ROW = 3


def draw_charts(filters: Filters) -> None:
    """Draw one small chart for each group, so that none has to be told from another by its colour."""
    st.subheader(_("Active groups over time"))
    frame = export.active_over_time(store(), session.actor(), filters, headings=session.language())
    if frame.empty:
        st.text(_("No group applied on any day."))
        return
    st.caption(_("Active groups at the end of each month; each chart has its own scale."))
    groups = list(frame.groupby("group", sort=False))
    for start in range(0, len(groups), CHARTS_IN_A_ROW):
        for cell, (name, group) in zip(st.columns(CHARTS_IN_A_ROW), groups[start:], strict=False):
            cell.text(str(name))
            cell.altair_chart(_line(group), height=140, alt=_("Active groups over time: {group}", group=name))
    with st.expander(_("The figures of the charts")):
        figures = frame.pivot(index="day", columns="group", values="active").sort_index(ascending=False)
        draw_frame(figures.reset_index(), {"day": _("Day")})


def _line(frame: pd.DataFrame) -> alt.Chart:
    # Without aria: what the chart would say of itself is English, and its name and its table say more.
    chart: alt.Chart = alt.Chart(frame, mark="area").configure(aria=False)
    return chart.encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%Y", tickCount="year")),
        y=alt.Y("active:Q", title=None, axis=alt.Axis(tickCount=3, format="d", tickMinStep=1)),
        tooltip=[
            alt.Tooltip("day:T", title=_("Day"), format="%Y-%m-%d"),
            alt.Tooltip("active:Q", title=_("Active groups")),
        ],
    )
