"""Where somebody is who types number after number."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.customers import Customer
from mv.errors import MvError
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.plan import Plan
from mv.registration.rounds import TypedEntry
from mv.ui.registration.pasted_list_state import PastedListState
from mv.ui.session import state

NUMBER_FIELD = "number"
"""Names the number field among the fields that can have the cursor; any other is named by its key."""


@dataclass(slots=True)
class EntryProblem:
    """A number that could not be saved as it is, whose it is, where that may be shown, and why.

    ``turn`` is different for each stop. ``problem`` says what is wrong with what was answered to it.
    """

    text: str = field(repr=False)
    error: MvError
    turn: int
    customer: Customer | None = field(default=None, repr=False)
    problem: MvError | None = None


@dataclass(slots=True)
class TypedState:
    """What came of what was typed last, and what was answered to the number field.

    ``answered`` is the number of the last entry that was dealt with, ``text`` what is to stand in the field. While
    there is a ``stop``, no other number goes before it. ``focus`` names the field that is to have the cursor; where
    it is empty, the cursor stays. ``kept`` are the terms as they are kept in the store.
    """

    turn: int = 0
    answered: int = 0
    text: str = field(default="", repr=False)
    focus: str = NUMBER_FIELD
    stop: EntryProblem | None = None
    saved: TypedEntry | None = field(default=None, repr=False)
    kept: RegistrationEntry | None = None

    @property
    def stopped(self) -> bool:
        """Whether a number waits for an answer."""
        return self.stop is not None

    def go_on(self, saved: TypedEntry | None, text: str = "", focus: str = NUMBER_FIELD) -> None:
        """Be ready for the next number, or for ``text`` again."""
        self.turn += 1
        self.text, self.focus = text, focus
        self.stop, self.saved = None, saved

    def stop_at(self, text: str, error: MvError, customer: Customer | None) -> EntryProblem:
        """Stop at this number, and return the stop."""
        self.turn += 1
        self.text, self.focus = text, NUMBER_FIELD
        self.stop, self.saved = EntryProblem(text, error, self.turn, customer), None
        return self.stop

    def put_cursor(self, focus: str = NUMBER_FIELD) -> None:
        """Put the cursor there, and leave all else as it is."""
        self.turn += 1
        self.focus = focus


@dataclass(slots=True)
class RegistrationState:
    """The lines and the lists of the user's units, by key, and what a file was last found to come to, and for what."""

    lines: dict[str, TypedState] = field(default_factory=dict)
    lists: dict[str, PastedListState] = field(default_factory=dict)
    planned_for: object = None
    plan: Plan | None = None


def typed_line(key: str) -> TypedState:
    """Return the line with this key, to be changed in place."""
    return state(RegistrationState).lines.setdefault(key, TypedState())


def pasted_list(key: str) -> PastedListState:
    """Return the list with this key, to be changed in place."""
    return state(RegistrationState).lists.setdefault(key, PastedListState())
