"""Where somebody is who types number after number."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.customers import Customer
from mv.errors import MvError
from mv.registration.entry import Terms
from mv.registration.file_import.plan import Plan
from mv.registration.rounds import Entered
from mv.ui.registration.pasted_list_state import PastedList
from mv.ui.session import state

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

    @property
    def stopped(self) -> bool:
        """Whether a number waits for an answer."""
        return self.stop is not None

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


@dataclass(slots=True)
class RegistrationState:
    """The lines and the lists of the user's units, by key, and what a file was last found to come to, and for what."""

    lines: dict[str, TypedLine] = field(default_factory=dict)
    lists: dict[str, PastedList] = field(default_factory=dict)
    planned_for: object = None
    plan: Plan | None = None


def typed_line(key: str) -> TypedLine:
    """Return the line with this key, to be changed in place."""
    return state(RegistrationState).lines.setdefault(key, TypedLine())


def pasted_list(key: str) -> PastedList:
    """Return the list with this key, to be changed in place."""
    return state(RegistrationState).lists.setdefault(key, PastedList())
