"""The state of registering in a session: the number field and the pasted list of each unit, and a file's plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.customers import Customer
from mv.errors import MvError
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.plan import Plan
from mv.registration.pasted_lists import Line
from mv.registration.rounds import TypedEntry
from mv.ui.session import state

NUMBER_FIELD = "number"
"""Names the number field among the fields that can have the cursor; any other is named by its key."""


@dataclass(slots=True)
class EntryProblem:
    """A number that was not saved, with the error; its customer, unless the user may not know who that is.

    ``turn`` differs between any two problems. ``answer_error`` is the error of the last attempt to solve this one.
    """

    text: str = field(repr=False)
    error: MvError
    turn: int
    customer: Customer | None = field(default=None, repr=False)
    answer_error: MvError | None = None


@dataclass(slots=True)
class TypedState:
    """The number field: what is sent to it, and the result of the last number.

    ``answered`` is the number of the last entry that was handled, ``text`` the content of the field. While there is a
    ``problem``, no other number is saved. ``focus`` names the field that gets the cursor; if empty, the cursor stays.
    ``kept`` is the entry that the store keeps for the round.
    """

    turn: int = 0
    answered: int = 0
    text: str = field(default="", repr=False)
    focus: str = NUMBER_FIELD
    problem: EntryProblem | None = None
    saved: TypedEntry | None = field(default=None, repr=False)
    kept: RegistrationEntry | None = None

    @property
    def stopped(self) -> bool:
        """Whether a problem has to be solved before the next number."""
        return self.problem is not None

    def advance(self, saved: TypedEntry | None, text: str = "", focus: str = NUMBER_FIELD) -> None:
        """Clear the problem, show what was ``saved``, and put ``text`` and the cursor in place for the next number."""
        self.turn += 1
        self.text, self.focus = text, focus
        self.problem, self.saved = None, saved

    def report_problem(self, text: str, error: MvError, customer: Customer | None) -> EntryProblem:
        """Keep the number in the field with its error, and return the problem."""
        self.turn += 1
        self.text, self.focus = text, NUMBER_FIELD
        self.problem, self.saved = EntryProblem(text, error, self.turn, customer), None
        return self.problem

    def focus_on(self, focus: str = NUMBER_FIELD) -> None:
        """Move the cursor to the field, and leave all else as it is."""
        self.turn += 1
        self.focus = focus


@dataclass(slots=True)
class PastedListState:
    """The lines of a list as they were validated last, and for which text and entry.

    ``turn`` counts the lists that were saved: the field of each has a key of its own, and begins with what ``rest``
    the list before it left. ``validations`` counts those that were begun. ``kept`` is the entry that was chosen last,
    for when the fields are drawn anew.
    """

    turn: int = 0
    rest: str = field(default="", repr=False)
    validations: int = 0
    text: str = field(default="", repr=False)
    entry: RegistrationEntry | None = None
    lines: list[Line] = field(default_factory=list, repr=False)
    kept: RegistrationEntry | None = None

    def begin_validation(self) -> int:
        """Return the number of the validation that begins now."""
        self.validations += 1
        return self.validations

    def keep(self, number: int, text: str, entry: RegistrationEntry, lines: list[Line]) -> None:
        """Keep the lines of the validation with this number, unless a later one has begun or they are forgotten.

        A click begins another run while the one before is still validating, and the earlier run may end last.
        """
        if number == self.validations:
            self.text, self.entry, self.lines = text, entry, lines

    def forget(self) -> None:
        """Forget the validated lines, so that the list is validated anew."""
        self.validations += 1
        self.text, self.entry, self.lines = "", None, []

    def advance(self, rest: str) -> None:
        """Begin another list, in a field that holds the ``rest`` of this one."""
        self.forget()
        self.rest = rest
        self.turn += 1


@dataclass(slots=True)
class RegistrationState:
    """The number fields and the pasted lists, by key, and the plan of a file with the request that it answers."""

    typed: dict[str, TypedState] = field(default_factory=dict)
    lists: dict[str, PastedListState] = field(default_factory=dict)
    planned_for: object = None
    plan: Plan | None = None


def typed_state(key: str) -> TypedState:
    """Return the state of the number field with this key, to be changed in place."""
    return state(RegistrationState).typed.setdefault(key, TypedState())


def pasted_list_state(key: str) -> PastedListState:
    """Return the state of the pasted list with this key, to be changed in place."""
    return state(RegistrationState).lists.setdefault(key, PastedListState())
