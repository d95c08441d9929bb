"""Vaccination: register the dose with the group that counts, correct and withdraw doses, see every change."""

import streamlit as st

from mv import vaccinations
from mv.ui import navigation, session
from mv.ui.customers.banner import draw_customer, require_customer
from mv.ui.double_click import drawn_form
from mv.ui.groups.unadded import draw_unadded
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import show_notices
from mv.ui.reimbursement.corrections.queue import draw_queue_banner
from mv.ui.reimbursement.corrections.state import CurrentWalk
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _
from mv.ui.vaccinations.actions import correct_dose, draw_actions, register_dose
from mv.ui.vaccinations.form import draw_concerns, draw_dose_form, draw_verdict
from mv.ui.vaccinations.table import draw_changes, draw_doses

customer = require_customer()
st.header(_("Vaccination"))
draw_customer(customer)
draw_queue_banner(customer, navigation.VACCINATION)
draw_unadded(customer)
doses = vaccinations.of_customer(store(), session.actor(), customer.customer_id)
was = next((dose for dose in doses if dose.dose_id == state(CustomerVisit).corrected_dose), None)
st.subheader(_("Correct a dose") if was else _("New dose"))
with st.container(border=True):
    draw_dose_form(customer, doses, was)
    draw_concerns(customer, was)
    with st.container(horizontal=True):
        if was:
            st.button(
                _("Save correction"), type="primary", key="dose_save", on_click=correct_dose, args=(customer, was)
            )
            st.button(_("Cancel"), key="dose_cancel", on_click=state(CustomerVisit).correct_dose, args=(None,))
        else:
            form = drawn_form("dose_save")
            st.button(
                _("Save vaccination"), type="primary", key=form.key, on_click=register_dose, args=(customer, form)
            )
        with st.container():  # beside the buttons, which stay where they are when the verdict changes
            draw_verdict(customer, was)
show_notices()
if state(CurrentWalk).walk is None:
    st.page_link(navigation.SEARCH, label=_("Next customer"), icon=":material/search:")
st.subheader(_("Doses"))
draw_doses(doses)
draw_actions(doses)
with st.expander(_("Change history")):
    draw_changes(customer)
