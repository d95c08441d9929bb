"""Betalfiler: payment files matched to claim lines, and the balances."""

import streamlit as st

from mv.access import Action, may
from mv.errors import MvError
from mv.reimbursement.claims import ledger, payers
from mv.ui import session
from mv.ui.notices import show_notices
from mv.ui.reimbursement.payments.file_import import draw_answered, draw_import
from mv.ui.reimbursement.payments.lists import draw_files, draw_lines
from mv.ui.resources import store
from mv.ui.text import _, explain, literal


def choose_payer(names: list[str]) -> str:
    latest = next((claim.payer for claim in ledger.claims(store(), session.actor())), None)
    start = names.index(latest) if latest in names else 0
    return st.selectbox(_("Payer"), names, index=start, key="payment_payer", filter_mode="contains", width=340)


def choose_part() -> str:
    names = {"import": _("Import a file"), "lines": _("How the lines stand"), "files": _("Imported files")}
    parts = list(names) if may(session.actor(), Action.IMPORT_PAYMENTS) else ["lines", "files"]
    chosen: str = st.segmented_control(
        _("Part"), parts, default=parts[0], required=True, format_func=lambda part: names[part],
        label_visibility="collapsed", key="payment_part",
    )  # fmt: skip
    return chosen


st.header(_("Payment files"))
try:
    names = payers.names(store(), session.actor())
    if not names:
        st.info(_("There is nobody to claim from: no rule pays for anything."))
        st.stop()
    payer = choose_payer(names)
    part = choose_part()
    show_notices()
    draw_answered(payer)
    {"import": draw_import, "lines": draw_lines, "files": draw_files}[part](payer)
except MvError as error:
    st.error(literal(explain(error)))
