"""The list of users and open invitations, and the decisions about one user."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from mv import users
from mv.access import EVERY_UNIT, Role
from mv.invitations import Invitation
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment
from mv.ui.widgets.table import draw_table
from mv.user_units import UserUnit
from mv.users import User


def role_name(role: Role | None) -> str:
    """Return the name of a role on the screen; a dash for none."""
    names = {
        Role.COORDINATOR: _("Coordinator"),
        Role.ANALYST: _("Analyst"),
        Role.LEAD: _("Head of unit"),
        Role.ADMINISTRATOR: _("Administrator"),
    }
    return names[role] if role else "–"


def unit_name(code: str) -> str:
    """Return the name of a unit, or its code where the catalogue lacks it."""
    unit = catalogue().units.get(code)
    return _("Every unit") if code == EVERY_UNIT else unit.name if unit else code


def units_text(units: Collection[UserUnit | str]) -> str:
    """Return the names of units, each with its days."""
    return ", ".join(sorted(_unit_text(unit) for unit in units))


def _unit_text(unit: UserUnit | str) -> str:
    if isinstance(unit, str):
        return unit_name(unit)
    if unit.first_day is None and unit.last_day is None:
        return unit_name(unit.unit_id)
    days = f"{unit.first_day or ''} – {unit.last_day or ''}".strip()
    return f"{unit_name(unit.unit_id)} ({days})"


def draw_users(found: Sequence[User], invited: Sequence[Invitation]) -> None:
    """Draw every user and open invitation, with rights, last sign-in and state."""
    everybody: list[User | Invitation] = [*found, *invited]
    draw_table(
        {
            _("Name"): [each.name for each in everybody],
            _("User"): [*(user.user_id for user in found), *(each.email for each in invited)],
            _("Role"): [role_name(each.role) for each in everybody],
            _("Units"): [
                *(units_text(user.units if user.decided_units is None else user.decided_units) for user in found),
                *(units_text(each.units) for each in invited),
            ],
            _("Decided by"): [
                *(_("Administrator") if user.is_decided else _("Sign-in") for user in found),
                *(_("Administrator") for _each in invited),
            ],
            _("Last sign-in"): [
                *(moment(user.last_sign_in_at) if user.last_sign_in_at else _("Invited") for user in found),
                *(_("Invited") for _each in invited),
            ],
            _("Access"): [*(_access(user) for user in found), *("" for _each in invited)],
        },
        empty=_("Nobody has signed in yet."),
        alt=_("Users"),
    )


def _access(user: User) -> str:
    if user.blocked:
        return _("Blocked")
    if user.role and user.lacks_rights:
        return _("No unit today")
    return ""


def draw_history(user: User) -> None:
    """Draw the decisions about a user, the latest first."""
    found = users.history(store(), session.actor(), user.user_id)
    with st.expander(_("Change history")):
        draw_table(
            {
                _("Time"): [moment(change.changed_at) for change in found],
                _("By"): [change.changed_by for change in found],
                _("Role"): [role_name(change.role) if change.role else _("What the sign-in gives") for change in found],
                _("Units"): [
                    _("What the sign-in gives") if change.units is None else units_text(change.units)
                    for change in found
                ],
                _("Access"): [_("Blocked") if change.blocked else "" for change in found],
            },
            empty=_("No changes."),
            alt=_("Change history"),
        )
