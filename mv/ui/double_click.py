"""A guard against double clicks: the second half of one does nothing.

A form has a number, which is spent when it is saved. The number stands in the key of the form's button and in what the
button hands over, so that the second half of a double click meets a number that is spent, or a button that is drawn no
more, which Streamlit passes over. Whatever is clicked after the form is drawn anew is a new wish.

A second half that lands on the button drawn anew, the browser leaves out (widgets/components/second_click.js).

On a slow machine the second half comes while the first is being saved. Streamlit then begins another run at once, in a
thread of its own, and ends the first at its next touch of the session. So the numbers are kept in an object that is
taken from the session before a save, and whoever holds its ``lock`` has the other wait.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mv.ui.session import state


@dataclass(slots=True)
class Clicks:
    """How often each form was saved, by its name, and what a button changed last."""

    saved: dict[str, int] = field(default_factory=dict)
    changed: tuple[str, int] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class DrawnForm:
    """A form as it is drawn between two saves."""

    name: str
    number: int

    @property
    def key(self) -> str:
        """The key of the button that saves it: the form's name, numbered once the form was saved."""
        return f"{self.name}_{self.number}" if self.number else self.name


def drawn_form(name: str) -> DrawnForm:
    """Return the form with this name as it is being drawn."""
    return DrawnForm(name, state(Clicks).saved.get(name, 0))
