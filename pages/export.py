"""Utdata: active and inactive groups, doses with what they are paid, and claims, chosen and taken out as files."""

import altair as alt
import pandas as pd
import streamlit as st

from mv import export
from mv.access import Action, may
from mv.errors import N_, Invalid, MvError
from mv.export import Filters, Headings
from mv.pseudonyms import Pseudonyms
from mv.ui import session
from mv.ui.export.doses_and_claims import choose_format, draw_claims, draw_doses
from mv.ui.export.membership_filters import ExportState, choose_filters
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, explain, grouped, literal
from mv.ui.web.startup_checks import configured
from mv.ui.widgets import download
from mv.ui.widgets.table import draw_frame

ROWS_IN_PREVIEW = 50
CHARTS_IN_A_ROW = 3


def choose_pseudonyms() -> Pseudonyms | None:
    """Return what makes the pseudonyms; None where people are named. Raises Invalid where no key is configured."""
    needed = not may(session.actor(), Action.EXPORT_IDENTITIES)
    wanted = st.toggle(
        _("Pseudonyms in place of identity numbers and names"),
        value=needed,
        disabled=needed,
        help=_("The same person has the same pseudonym in every file."),
        key="export_pseudonyms",
    )
    if not wanted and not needed:
        return None
    key = configured().pseudonym_key
    if key is None:
        raise Invalid(N_("No pseudonym key is configured. Set MV_PSEUDONYM_KEY, or pseudonym_key in the settings."))
    return Pseudonyms(key)


def draw_download(filters: Filters, pseudonyms: Pseudonyms | None) -> Headings:
    """Draw how the file is made and the link to it; return the headings that it has."""
    form, headings = choose_format()
    choice = state(ExportState).choice
    choice.update(filters=filters, form=form, headings=headings, pseudonyms=pseudonyms)
    shared, who = store(), session.actor()
    download.offer_watched(
        _("Download"),
        filename=export.filename(filters, store().today(), form),
        mime=form.mime,
        make=lambda progress: export.groups_file(shared, who, **choice, progress=progress),
        key="export_download",
    )
    download.draw_transfers()
    return headings


def draw_counts(filters: Filters) -> None:
    found = export.counts(store(), session.actor(), filters)
    labels = {"rows": _("Rows"), "active": _("Active"), "inactive": _("Inactive"), "people": _("People")}
    for cell, (name, label) in zip(st.columns(len(labels)), labels.items(), strict=True):
        cell.metric(label, grouped(getattr(found, name)))


def draw_summary(filters: Filters) -> None:
    st.subheader(_("By group and status"))
    publication = st.toggle(
        _("For publication"),
        help=_("Leaves out counts of fewer than five people, since they can point at someone."),
        key="export_publication",
    )
    language = session.language()
    summary = export.summary(store(), session.actor(), filters, headings=language, publication=publication)
    words = {"active": _("Active"), "inactive": _("Inactive")}
    shown = summary.assign(status=summary["status"].replace(words)).drop(columns="group_code")
    if publication:
        left_out = shown["people"].isna()
        shown[["people", "rows"]] = shown[["people", "rows"]].astype("string").mask(left_out, _("left out"))
        st.caption(_("The total above is not for publication: with it, what is left out could be found."))
        shared, who, choice = store(), session.actor(), state(ExportState).choice
        download.offer(
            _("Download the summary"),
            filename=export.filename(filters, store().today(), choice["form"], summary=True),
            mime=choice["form"].mime,
            chunks=lambda: export.published(
                shared, who, choice["filters"], choice["form"], headings=choice["headings"]
            ),
            key="export_summary",
        )
    draw_frame(shown, {"group": _("Group"), "status": _("Status"), "people": _("People"), "rows": _("Rows")})


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
            cell.altair_chart(line(group), height=140, alt=_("Active groups over time: {group}", group=name))
    with st.expander(_("The figures of the charts")):
        figures = frame.pivot(index="day", columns="group", values="active").sort_index(ascending=False)
        draw_frame(figures.reset_index(), {"day": _("Day")})


def line(frame: pd.DataFrame) -> alt.Chart:
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


def draw_groups(pseudonyms: Pseudonyms | None, filters: Filters) -> None:
    """Draw the file of groups, and with it the preview, the counts and the charts."""
    headings = draw_download(filters, pseudonyms)
    if not st.toggle(_("Show preview, counts and charts"), value=True, key="export_shown"):
        return
    draw_counts(filters)
    st.subheader(_("Preview"))
    rows = export.preview(
        store(), session.actor(), filters, headings=headings, limit=ROWS_IN_PREVIEW, pseudonyms=pseudonyms
    )
    draw_frame(rows.astype("string").fillna(""), {})
    draw_summary(filters)
    draw_charts(filters)


st.header(_("Output data"))
names = {"groups": _("Customer groups"), "doses": _("Doses and reimbursement"), "claims": _("Claim lines")}
what = st.segmented_control(
    _("What to take out"), list(names), default="groups", required=True, format_func=lambda part: names[part],
    key="export_what",
)  # fmt: skip
try:
    if what == "groups":
        chosen = choose_filters()
        draw_groups(choose_pseudonyms(), chosen)
    elif what == "doses":
        draw_doses(choose_pseudonyms())
    else:
        draw_claims(choose_pseudonyms())
except MvError as error:
    st.error(literal(explain(error)))
