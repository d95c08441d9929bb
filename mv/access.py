"""Who may do what: one allow-list, and no for everything that is not on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mv.errors import N_, Forbidden


class Role(StrEnum):
    """What a user is at the clinic."""

    COORDINATOR = "coordinator"
    ANALYST = "analyst"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What can be done with people's data; the same words stand in the access log."""

    SEARCH_CUSTOMERS = "search_customers"
    VIEW_CUSTOMER = "view_customer"
    REGISTER_CUSTOMER = "register_customer"
    VIEW_BOOKINGS = "view_bookings"
    VIEW_GROUPS = "view_groups"
    ADD_GROUP = "add_group"
    ADJUST_GROUP = "adjust_group"
    REMOVE_GROUP = "remove_group"
    RESTORE_GROUP = "restore_group"
    VIEW_DOSES = "view_doses"
    REGISTER_DOSE = "register_dose"
    CORRECT_DOSE = "correct_dose"
    WITHDRAW_DOSE = "withdraw_dose"
    PREVIEW_EXPORT = "preview_export"
    EXPORT_GROUPS = "export_groups"


FOLLOW_UP = frozenset({Action.PREVIEW_EXPORT, Action.EXPORT_GROUPS})
CARE = frozenset(Action) - FOLLOW_UP
ALLOWED: frozenset[tuple[Role, Action]] = frozenset(
    {(Role.COORDINATOR, action) for action in CARE}
    | {(Role.ANALYST, action) for action in FOLLOW_UP}
    | {(Role.LEAD, action) for action in Action}
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which role, and from which care unit."""

    user_id: str
    name: str
    role: Role
    unit_id: str


def may(actor: Actor, action: Action) -> bool:
    """Return whether ``actor`` may do ``action``."""
    return (actor.role, action) in ALLOWED


def require(actor: Actor, action: Action) -> None:
    """Raise Forbidden unless ``actor`` may do ``action``."""
    if not may(actor, action):
        raise Forbidden(N_("Your role does not include this. Ask whoever is responsible for users."))
