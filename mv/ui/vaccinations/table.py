"""A customer's doses as a table."""

from __future__ import annotations

from collections.abc import Sequence

from mv.ui.resources import catalogue
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
