"""How the vaccine, the group and the day of a dose are written."""

from __future__ import annotations

from mv.ui.resources import catalogue
from mv.ui.text import _, name_of
from mv.vaccinations import Change, Dose


def product_name(product_code: str) -> str:
    """Return the vaccine's product name."""
    vaccine = catalogue().vaccines.get(product_code)
    return vaccine.name if vaccine else product_code


def vaccine_name(product_code: str) -> str:
    """Return the vaccine's product name with its ATC code."""
    vaccine = catalogue().vaccines.get(product_code)
    return f"{vaccine.name} ({vaccine.atc})" if vaccine else product_code


def group_name(dose: Dose | Change) -> str:
    """Return the group that counts for the dose, or that none does."""
    if dose.group_code is None:
        return _("No group")
    return name_of(catalogue().choice(dose.group_code, dose.subgroup_code))


def day_given(dose: Dose | Change) -> str:
    """Return the day on which the dose was given, and that it was abroad."""
    return _("{day} (abroad)", day=dose.given_on) if dose.abroad else str(dose.given_on)
