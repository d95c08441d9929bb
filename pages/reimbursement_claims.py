"""Anspråk: claims on payers, and new claims."""

import streamlit as st

from mv.access import Action, may
from mv.errors import MvError
from mv.reimbursement.claims import ledger, payers
from mv.ui import session
from mv.ui.notices import show_notices
from mv.ui.reimbursement.claims.draft import PART, draw_new
from mv.ui.reimbursement.claims.overview import draw_claims
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.regions import draw_own_regions


def choose_part(*, none_yet: bool) -> str:
    """Draw the choice between the claims and a new one, and return it."""
    names = {"claims": _("Claims so far"), "new": _("New claim")}
    parts = list(names) if may(session.actor(), Action.CHANGE_CLAIM) else ["claims"]
    if session.value(PART) not in parts:
        session.set_value(PART, parts[-1] if none_yet else parts[0])
    chosen = st.segmented_control(
        _("Part"), parts, required=True, format_func=lambda part: names[part], label_visibility="collapsed", key=PART
    )
    return chosen or parts[0]


st.header(_("Claims"))
try:
    draw_own_regions()
    found = ledger.claims(store(), session.actor())
    names = payers.names(store(), session.actor())
    part = choose_part(none_yet=not found)
    show_notices()
    if part == "claims" and found:
        draw_claims(found)
    elif part == "claims":
        st.info(_("No claim has been made yet."))
    elif names:
        draw_new(names, found[0].payer if found else None)
    else:
        st.info(_("There is nobody to claim from: no rule pays for anything."))
except MvError as error:
    st.error(literal(explain(error)))
