"""Output data of groups: the file, a preview, counts and a summary."""

from __future__ import annotations

import streamlit as st

from mv import export
from mv.export import Filters, Format, Headings
from mv.pseudonyms import Pseudonyms
from mv.ui import session
from mv.ui.export.charts import draw_charts
from mv.ui.export.file_options import choose_format
from mv.ui.export.files import GroupsFile, SummaryFile
from mv.ui.resources import store
from mv.ui.text import _, grouped
from mv.ui.widgets import download
from mv.ui.widgets.table import draw_frame

ROWS_IN_PREVIEW = 50


def draw_groups(pseudonyms: Pseudonyms | None, filters: Filters) -> None:
    """Draw the file of groups, and with it the preview, the counts and the charts."""
    form, headings = choose_format()
    file = GroupsFile(store(), session.actor(), store().today(), form, headings, filters, pseudonyms)
    download.offer(_("Download"), file, key="export_download", watched=True)
    download.draw_transfers()
    if not st.toggle(_("Show preview, counts and charts"), value=True, key="export_shown"):
        return
    _draw_counts(filters)
    st.subheader(_("Preview"))
    rows = export.preview(
        store(), session.actor(), filters, headings=headings, limit=ROWS_IN_PREVIEW, pseudonyms=pseudonyms
    )
    draw_frame(rows.astype("string").fillna(""), {})
    _draw_summary(filters, form, headings)
    draw_charts(filters)


def _draw_counts(filters: Filters) -> None:
    found = export.counts(store(), session.actor(), filters)
    labels = {"rows": _("Rows"), "active": _("Active"), "inactive": _("Inactive"), "people": _("People")}
    for cell, (name, label) in zip(st.columns(len(labels)), labels.items(), strict=True):
        cell.metric(label, grouped(getattr(found, name)))


def _draw_summary(filters: Filters, form: Format, headings: Headings) -> None:
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
        file = SummaryFile(store(), session.actor(), store().today(), form, headings, filters)
        download.offer(_("Download the summary"), file, key="export_summary")
    draw_frame(shown, {"group": _("Group"), "status": _("Status"), "people": _("People"), "rows": _("Rows")})
