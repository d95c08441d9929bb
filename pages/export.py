"""Utdata: active and inactive groups, doses with what they are paid, and claims, chosen and taken out as files."""

import streamlit as st

from mv.errors import MvError
from mv.ui.export.doses_and_claims import draw_claims, draw_doses
from mv.ui.export.file_options import choose_pseudonyms
from mv.ui.export.groups import draw_groups
from mv.ui.export.membership_filters import choose_filters
from mv.ui.text import _, explain, literal

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
