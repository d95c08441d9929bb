"""Where somebody is who types number after number."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.customers import Customer
from mv.errors import MvError
from mv.registration.entry import Terms
from mv.registration.rounds import Entered

HERE = "number"
"""Names the number field among the fields that can have the cursor; any other is named by its key."""


@dataclass(slots=True)
class Stop:
    """A number that could not be saved as it is, whose it is, where that may be shown, and why.

    ``turn`` is different for each stop. ``problem`` says what is wrong with what was answered to it.
    """

    text: str = field(repr=False)
    error: MvError
    turn: int
    customer: Customer | None = field(default=None, repr=False)
    problem: MvError | None = None


@dataclass(slots=True)
class TypedLine:
    """What came of what was typed last, and what was answered to the number field.

    ``answered`` is the number of the last entry that was dealt with, ``text`` what is to stand in the field. While
    there is a ``stop``, no other number goes before it. ``focus`` names the field that is to have the cursor; where
    it is empty, the cursor stays. ``kept`` are the terms as they are kept in the store.
    """

    turn: int = 0
    answered: int = 0
    text: str = field(default="", repr=False)
    focus: str = HERE
    stop: Stop | None = None
    saved: Entered | None = field(default=None, repr=False)
    kept: Terms | None = None

    def go_on(self, saved: Entered | None, text: str = "", focus: str = HERE) -> None:
        """Be ready for the next number, or for ``text`` again."""
        self.turn += 1
        self.text, self.focus = text, focus
        self.stop, self.saved = None, saved

    def stop_at(self, text: str, error: MvError, customer: Customer | None) -> Stop:
        """Stop at this number, and return the stop."""
        self.turn += 1
        self.text, self.focus = text, HERE
        self.stop, self.saved = Stop(text, error, self.turn, customer), None
        return self.stop

    def put_cursor(self, focus: str = HERE) -> None:
        """Put the cursor there, and leave all else as it is."""
        self.turn += 1
        self.focus = focus
