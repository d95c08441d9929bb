"""Signals in the access log: the meaning of each, and its findings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import streamlit as st

from mv.access_log import signals
from mv.access_log.signals import FEWEST_OPENED, MANY_OPENED, MOST_FINDINGS, Finding, Findings, Signal
from mv.errors import N_
from mv.ui import session
from mv.ui.access_log.wording import DAYS_BEFORE, EARLIEST
from mv.ui.resources import store
from mv.ui.text import _
from mv.ui.widgets.table import draw_table

NUMBERS_SHOWN = 10
TITLES: Mapping[Signal, str] = {
    Signal.OWN_RECORD: N_("Own record"),
    Signal.SAME_FAMILY_NAME: N_("Same family name"),
    Signal.MANY_OPENED: N_("Many opened without a change"),
    Signal.NOT_BOOKED: N_("Opened without a booking"),
    Signal.OTHER_UNITS: N_("Customers of other units"),
    Signal.REFUSALS: N_("Several refusals"),
}
MEANINGS: Mapping[Signal, str] = {
    Signal.OWN_RECORD: N_("The user has had their own record before them."),
    Signal.SAME_FAMILY_NAME: N_("The user and the customer share a family name: perhaps a relative, perhaps chance."),
    Signal.MANY_OPENED: N_("The user opened many customers in a day and changed nothing for any of them."),
    Signal.NOT_BOOKED: N_(
        "The customer had no booking at the unit from the day before to the day after, and the user changed nothing."
    ),
    Signal.OTHER_UNITS: N_("The user opened another unit’s customer and gave a reason. See whether the reason holds."),
    Signal.REFUSALS: N_("The user tried several times in a day what the role or the unit does not include."),
}


def draw_signals() -> None:
    """Draw the choice of a period and the findings of each signal in it."""
    st.caption(_("A signal is no proof. It says where to look and ask; there is often a good reason."))
    today, cells = store().today(), st.columns(4)
    first = cells[0].date_input(
        _("First day"), value=today - DAYS_BEFORE, min_value=EARLIEST, format="YYYY-MM-DD", key="signals_first"
    )
    last = cells[1].date_input(_("Last day"), value=today, min_value=EARLIEST, format="YYYY-MM-DD", key="signals_last")
    many = cells[2].number_input(
        _("Many opened: from"), min_value=FEWEST_OPENED, value=MANY_OPENED, key="signals_many",
        help=_("So many customers opened in a day without a change count as many."),
    )  # fmt: skip
    found = signals.find(
        store(), session.actor(), first or today - timedelta(days=6), last or today, many or MANY_OPENED
    )
    for signal, findings in found.items():
        _draw(signal, findings)


def _draw(signal: Signal, findings: Findings) -> None:
    count = len(findings.found)
    number = f"{count}+" if findings.more else str(count)
    with st.expander(f"{_(TITLES[signal])} ({number})", expanded=False, key=f"signal_{signal}"):
        st.caption(_(MEANINGS[signal]))
        if findings.more:
            st.info(_("There are more than {count}; choose a shorter period to see them.", count=MOST_FINDINGS))
        draw_table(
            {
                _("Day"): [str(finding.day) for finding in findings.found],
                _("User"): [finding.user_name for finding in findings.found],
                _("Customer"): [finding.customer_name or "" for finding in findings.found],
                _("Why it is shown"): [finding.explained(session.language()) for finding in findings.found],
                _("Entries in the log"): [_numbers(finding) for finding in findings.found],
            },
            empty=_("Nothing found in the period."),
            alt=_(TITLES[signal]),
        )


def _numbers(finding: Finding) -> str:
    shown = ", ".join(str(number) for number in finding.entry_ids[:NUMBERS_SHOWN])
    return shown + (" …" if len(finding.entry_ids) > NUMBERS_SHOWN else "")
