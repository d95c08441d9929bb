"""A customer's doses, and their changes, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from mv import vaccinations
from mv.customers import Customer
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment
from mv.ui.widgets.dose_names import day_given, group_name, vaccine_name
from mv.ui.widgets.table import draw_table
from mv.vaccinations import Dose


def draw_doses(doses: Sequence[Dose]) -> None:
    """Draw the doses: when given and when registered, product, batch, number, group, unit and state."""
    units = catalogue().units
    draw_table(
        {
            _("Given"): [day_given(dose) for dose in doses],
            _("Vaccine"): [vaccine_name(dose.product_code) for dose in doses],
            _("Batch"): [dose.batch_number for dose in doses],
            _("Dose"): [str(dose.dose_number) for dose in doses],
            _("Group that counts"): [group_name(dose) for dose in doses],
            _("Unit"): [units[dose.unit_id].name for dose in doses],
            _("Registered"): [moment(dose.registered_at) for dose in doses],
            _("State"): [_("Withdrawn") if dose.withdrawn_at else _("Valid") for dose in doses],
        },
        empty=_("No doses."),
        alt=_("Doses"),
    )


def draw_changes(customer: Customer) -> None:
    """Draw every change of the customer's doses: when, by whom, and the dose after it."""
    words = {
        "registered": _("Registered"),
        "corrected": _("Corrected"),
        "withdrawn": _("Withdrawn"),
        "restored": _("Withdrawal undone"),
    }
    found = vaccinations.changes(store(), session.actor(), customer.customer_id)
    draw_table(
        {
            _("Time"): [moment(change.changed_at) for change in found],
            _("By"): [change.changed_by for change in found],
            _("Change"): [words[change.change] for change in found],
            _("Given"): [day_given(change) for change in found],
            _("Vaccine"): [vaccine_name(change.product_code) for change in found],
            _("Batch"): [change.batch_number for change in found],
            _("Dose"): [str(change.dose_number) for change in found],
            _("Group that counts"): [group_name(change) for change in found],
            _("Reason"): [change.reason or "" for change in found],
        },
        empty=_("No changes."),
        alt=_("Change history"),
    )
