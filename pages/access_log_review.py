"""Loggkontroll: the access log of the own units, random samples of it, signals in it, and whether it is whole."""

import streamlit as st

from mv.access_log import chain, entries, samples
from mv.access_log.chain import Report
from mv.errors import MvError
from mv.ui import session
from mv.ui.access_log.sample import draw_checks, draw_new_sample
from mv.ui.access_log.signals import draw_signals
from mv.ui.access_log.wording import choose_log_filters, draw_entries
from mv.ui.resources import store
from mv.ui.text import _, explain, literal

ENTRIES_ON_A_PAGE = 100


def draw_log() -> None:
    filters = choose_log_filters("log")
    key = f"log_page_{hash(filters)}"
    offset = ((session.value(key) or 1) - 1) * ENTRIES_ON_A_PAGE
    page = entries.entries(store(), session.actor(), filters, limit=ENTRIES_ON_A_PAGE, offset=offset)
    if not page.total:
        st.info(_("No entries. Choose other days or fewer filters."))
        return
    st.caption(_("Entries: {count}. The latest come first; that you look at them is logged, too.", count=page.total))
    draw_entries(page.entries)
    if page.total > ENTRIES_ON_A_PAGE:
        st.pagination(-(-page.total // ENTRIES_ON_A_PAGE), key=key)


def draw_sample() -> None:
    st.caption(
        _(
            "Regular random checks show whether those who looked had to. Draw a sample, judge each entry, close the"
            " check with a conclusion, and keep the document."
        )
    )
    with st.expander(_("New sample"), key="log_new_sample"):
        draw_new_sample()
    draw_checks(samples.list_checks(store(), session.actor()))


def draw_chain() -> None:
    st.caption(
        _(
            "Each entry is locked to the one before it, so that a changed or missing entry shows. Write down the anchor"
            " outside the system; with it, a check later shows a log that was cut or written anew as well."
        )
    )
    with st.form("log_chain", border=False):
        expected = st.text_input(_("Earlier anchor, if there is one"), key="log_anchor", autocomplete="off").strip()
        if st.form_submit_button(_("Check the chain"), type="primary"):
            draw_report(chain.check(store(), chain.parse_anchor(expected) if expected else None))


def draw_report(report: Report) -> None:
    for found in report.breaks:
        st.error(literal(_(found.message, entry=found.entry_id)))
    if not report.breaks:
        st.success(_("The chain is whole. Entries checked: {count}.", count=report.entries))
    if report.unchained:
        st.text(_("Entries from before there was a chain, which cannot be checked: {count}.", count=report.unchained))
    if report.anchor:
        st.text(_("Anchor to write down:"))
        st.code(str(report.anchor), language=None, wrap_lines=True)


st.header(_("Log check"))
parts = {"log": draw_log, "sample": draw_sample, "signals": draw_signals, "chain": draw_chain}
names = {"log": _("Log"), "sample": _("Random samples"), "signals": _("Signals"), "chain": _("The chain")}
try:
    samples.list_checks(store(), session.actor())  # says at once whether the role includes any of this
    chosen = st.segmented_control(
        _("Part"), list(parts), default="log", required=True, format_func=lambda part: names[part],
        label_visibility="collapsed", key="log_part",
    )  # fmt: skip
    parts[chosen]()
except MvError as error:
    st.error(literal(explain(error)))
