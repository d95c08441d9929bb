"""Where somebody is who pastes a list."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.registration.entry import RegistrationEntry
from mv.registration.pasted_lists import Line


@dataclass(slots=True)
class PastedListState:
    """What each line of the list was judged to be, for which text and terms.

    ``turn`` counts the lists that were saved: the field of each has a key of its own. ``kept`` are the terms that were
    chosen last, for when the fields are drawn anew.
    """

    turn: int = 0
    text: str = field(default="", repr=False)
    terms: RegistrationEntry | None = None
    lines: list[Line] = field(default_factory=list, repr=False)
    kept: RegistrationEntry | None = None

    def keep(self, text: str, terms: RegistrationEntry | None, lines: list[Line]) -> None:
        """Keep what was judged."""
        self.text, self.terms, self.lines = text, terms, lines

    def forget(self) -> None:
        """Have nothing judged, so that it is judged anew."""
        self.keep("", None, [])

    def go_on(self) -> None:
        """Be ready for another list."""
        self.forget()
        self.turn += 1
