"""A guard against double clicks: the second half of one does nothing.

On a slow machine the second half comes while the first is being saved. Streamlit then begins another run at once, in a
thread of its own, and ends the first at its next touch of the session. So the last save is remembered in an object that
is taken from the session before it, and whoever holds its ``lock`` has the other wait.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from mv.ui.session import state

SECONDS_OF_A_DOUBLE_CLICK = 1.0
SECONDS_OF_A_SLOW_ONE = 10.0
"""How long what was just saved counts as saved once, when the same comes again: a busy server hears it late."""


@dataclass(slots=True)
class Clicks:
    """The form that was saved last, by its number, with what it held and when; and what a button changed last.

    ``drawn`` counts the forms that were drawn.
    """

    drawn: int = 0
    form: int | None = None
    entry: object = None
    at: float = -SECONDS_OF_A_SLOW_ONE
    changed: tuple[str, int] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def remember(self, number: int, entry: object) -> None:
        """Remember that the form drawn with ``number`` is saved, and what it held."""
        self.form, self.entry, self.at = number, entry, time.monotonic()

    def is_second(self, number: int, entry: object) -> bool:
        """Return whether a click on the form drawn with ``number`` is the second half of one that saved it.

        The browser sends it from the form that was saved, with what that held, or from the empty one (its number is
        negative) that was drawn a moment later.
        """
        ago = time.monotonic() - self.at
        return (
            self.form == number
            or (number < 0 and ago < SECONDS_OF_A_DOUBLE_CLICK)
            or (entry == self.entry and ago < SECONDS_OF_A_SLOW_ONE)
        )


def next_form_number(*, empty: bool) -> int:
    """Return a new number for a form that is being drawn, negative if ``empty``."""
    clicks = state(Clicks)
    clicks.drawn += 1
    return -clicks.drawn if empty else clicks.drawn
