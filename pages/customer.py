"""Kundkort: the customer, active groups, doses, coming bookings, and the start of a vaccination."""

import streamlit as st

from mv import memberships, vaccinations
from mv.customers import Customer
from mv.ui import navigation, session
from mv.ui.bookings.of_customer import draw_bookings
from mv.ui.customers.banner import draw_customer, require_customer
from mv.ui.customers.block import draw_block
from mv.ui.customers.death import draw_death
from mv.ui.customers.identity_change import draw_earlier_numbers, draw_identity_change
from mv.ui.customers.merge import draw_merging
from mv.ui.customers.merge_history import draw_merges
from mv.ui.customers.name_change import draw_name_change
from mv.ui.groups.dialog import draw_dialog
from mv.ui.groups.unadded import draw_unadded
from mv.ui.navigation import CustomerVisit
from mv.ui.reimbursement.corrections.queue import draw_queue_banner
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, name_of
from mv.ui.vaccinations.table import draw_doses
from mv.ui.widgets.group_picker import choice_of
from mv.ui.widgets.table import draw_table


def draw_groups(customer: Customer) -> None:
    rows = memberships.of_customer(store(), session.actor(), customer.customer_id)
    st.subheader(_("Current customer groups"))
    draw_table(
        {
            _("Group"): [name_of(choice_of(row).group) for row in rows if row.active],
            _("Subgroup"): [name_of(choice_of(row).subgroup or "") for row in rows if row.active],
            _("First day"): [str(row.valid_from) for row in rows if row.active],
        },
        empty=_("No current group. Without one that applies on the day, a dose is not paid."),
        alt=_("Current customer groups"),
    )


customer = require_customer()
st.header(_("Customer card"))
draw_customer(customer)
draw_queue_banner(customer, navigation.CUSTOMER)
draw_unadded(customer)
draw_earlier_numbers(customer)
draw_merges(customer)
with st.container(horizontal=True):
    st.button(
        _("Start vaccination"),
        type="primary",
        icon=":material/syringe:",
        key="start_vaccination",
        on_click=state(CustomerVisit).open_dialog,
    )
    if st.button(_("Customer groups"), icon=":material/groups:", key="to_groups"):
        navigation.go_to(navigation.GROUPS, customer.customer_id)
draw_groups(customer)
st.subheader(_("Doses"))
draw_doses(vaccinations.of_customer(store(), session.actor(), customer.customer_id))
draw_bookings(customer)
draw_identity_change(customer)
draw_name_change(customer)
draw_merging(customer)
draw_death(customer)
draw_block(customer)
draw_dialog(customer)
