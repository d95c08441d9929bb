"""Opening another unit's customer: for a reason, which is logged."""

from __future__ import annotations

import streamlit as st

from mv import other_unit_access
from mv.access import Blocked, OtherUnit
from mv.other_unit_access import OpeningReason
from mv.ui import navigation, session
from mv.ui.notices import errors_as_notices, show_notices
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, literal
from mv.ui.web.startup_checks import configured


def draw_open_other_unit(refusal: OtherUnit) -> None:
    """Draw the form that opens the customer; nothing about the customer but the unit is shown."""
    st.header(_("A customer of another unit"))
    st.warning(literal(explain(refusal)))
    with st.container(border=True, key="open_other_unit"):
        draw_reason("cross", blocked=isinstance(refusal, Blocked))
        st.button(_("Open the customer"), type="primary", key="cross_open", on_click=_open, args=(refusal.customer_id,))
        show_notices()
    st.page_link(navigation.SEARCH, label=_("Find another customer"), icon=":material/search:")


def draw_reason(key: str, *, blocked: bool) -> None:
    """Draw the fields for the reason, and how long it opens the customer; see :func:`open_customer`.

    What the patient has blocked is opened in an emergency only.
    """
    minutes = round(configured().other_unit_access.total_seconds() / 60)
    reasons = {
        OpeningReason.VACCINATED_HERE: _("The customer is vaccinated here"),
        OpeningReason.CORRECTION: _("Something registered here is to be corrected"),
        OpeningReason.ASKED_BY_CUSTOMER: _("The customer has asked for it"),
        OpeningReason.EMERGENCY: _("An emergency: the customer needs care at once and cannot be asked"),
        OpeningReason.OTHER: _("Another reason, which I write"),
    }
    if blocked:
        reasons = {OpeningReason.EMERGENCY: reasons[OpeningReason.EMERGENCY]}
    st.radio(_("Why do you open it?"), list(reasons), index=None, format_func=reasons.__getitem__, key=f"{key}_reason")
    st.text_input(
        _("Note"),
        max_chars=other_unit_access.MAX_NOTE_LENGTH,
        autocomplete="off",
        help=_("Needed in an emergency and for another reason. No identity numbers or names."),
        key=f"{key}_note",
    )
    st.caption(
        count_of(
            "You have access for {count} minute, and each look and change is marked in the access log.",
            "You have access for {count} minutes, and each look and change is marked in the access log.",
            minutes,
        )
    )


def open_customer(customer_id: int, key: str) -> None:
    """Open the customer for the reason in the fields, in a callback. Raises Invalid without one."""
    reason = session.value(f"{key}_reason")
    note = session.value(f"{key}_note") or ""
    other_unit_access.open_customer(store(), session.actor(), customer_id, reason, note, configured().other_unit_access)


def _open(customer_id: int) -> None:
    with errors_as_notices():
        open_customer(customer_id, "cross")
