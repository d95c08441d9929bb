"""A customer's doses as a table."""

from __future__ import annotations

from collections.abc import Sequence

from mv.ui.resources import catalogue
from mv.ui.text import _, moment, name_of
from mv.ui.widgets.table import draw_table
from mv.vaccinations import Change, Dose


def vaccine_name(product_code: str) -> str:
    """Return the vaccine's product name with its ATC code."""
    vaccine = catalogue().vaccines.get(product_code)
    return f"{vaccine.name} ({vaccine.atc})" if vaccine else product_code


def group_name(dose: Dose | Change) -> str:
    """Return the group that counts for the dose, or that none does."""
    if dose.group_code is None:
        return _("No group")
    return name_of(catalogue().choice(dose.group_code, dose.subgroup_code))


def given(dose: Dose | Change) -> str:
    """Return the day on which the dose was given, and that it was abroad."""
    return _("{day} (abroad)", day=dose.given_on) if dose.abroad else str(dose.given_on)


def draw_doses(doses: Sequence[Dose]) -> None:
    """Draw the doses: when given and when registered, product, batch, number, group, unit and state."""
    units = catalogue().units
    draw_table(
        {
            _("Given"): [given(dose) for dose in doses],
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
