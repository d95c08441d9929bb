"""Kundgrupper: put the customer in a group, adjust and remove groups, see the ended ones and every change."""

import streamlit as st

from mv import memberships
from mv.customers import Customer
from mv.memberships import Change
from mv.reimbursement.preview.customer_case import read_case
from mv.ui import navigation, session
from mv.ui.customers.banner import draw_customer, require_customer
from mv.ui.groups.form import draw_add_form
from mv.ui.groups.rows import draw_current, draw_ended
from mv.ui.groups.unadded import draw_unadded
from mv.ui.notices import show_notices
from mv.ui.reimbursement.corrections.queue import draw_queue_banner
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment, name_of, period
from mv.ui.widgets.table import draw_table


def draw_changes(customer: Customer) -> None:
    words = {
        "added": _("Added"),
        "adjusted": _("Adjusted"),
        "removed": _("Removed"),
        "restored": _("Undone"),
        "reason": _("Reason changed"),
    }
    found = memberships.changes(store(), session.actor(), customer.customer_id)

    def group(change: Change) -> str:
        return name_of(catalogue().choice(change.group_code, change.subgroup_code))

    draw_table(
        {
            _("Time"): [moment(change.changed_at) for change in found],
            _("By"): [change.changed_by for change in found],
            _("Change"): [words[change.change] for change in found],
            _("Group after the change"): [group(change) for change in found],
            _("Period"): [period(change.valid_from, change.valid_to) for change in found],
        },
        empty=_("No changes."),
        alt=_("Change history"),
    )


customer = require_customer()
st.header(_("Customer groups"))
draw_customer(customer)
draw_queue_banner(customer, navigation.GROUPS)
draw_unadded(customer)
case = read_case(store(), session.actor(), customer, catalogue())
draw_add_form(customer, case, "add", _("Save"), with_days=True)
show_notices()
rows = memberships.of_customer(store(), session.actor(), customer.customer_id)
st.subheader(_("Current customer groups"))
draw_current(rows, case, "groups", with_adjust=True)
st.subheader(_("Past customer groups"))
draw_ended([row for row in rows if not row.active], case, "groups")
with st.expander(_("Change history")):
    draw_changes(customer)
