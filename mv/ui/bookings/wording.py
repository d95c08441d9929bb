"""What the states and the changes of a booking are called on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from mv.booking_files.report import BOOKING_STATES
from mv.errors import N_
from mv.ui.text import _

CHANGES: Mapping[str, str] = {
    "booked": N_("Booked"),
    "moved": N_("Changed"),
    "cancelled": N_("Cancelled"),
    "gone": N_("Gone from the file"),
}


def state_name(state: str) -> str:
    """Return what a state of a booking is called."""
    name = BOOKING_STATES.get(state, state)
    return _(name)


def change_name(change: str) -> str:
    """Return what a change of a booking is called."""
    name = CHANGES.get(change, change)
    return _(name)
