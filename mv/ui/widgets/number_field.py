"""A field for one identity number after another, in which the next can be typed while the one before is saved.

A text field of Streamlit's would not do: its answer overwrites what was typed meanwhile, and of two numbers that come
while it is busy it receives the last alone. Neither can it be given the cursor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mv.ui import session
from mv.ui.text import _
from mv.ui.widgets.browser_script import browser_script


class NumberEntry(Protocol):
    """The state of a number field, which the caller keeps.

    ``turn`` rises with each answer to the browser, ``answered`` is the number of the last entry that was dealt with,
    ``text`` is to stand in the field, and ``focus`` names the field that is to have the cursor, if any. While it is
    ``stopped``, an empty text is an entry, too.
    """

    turn: int
    answered: int
    text: str
    focus: str

    @property
    def stopped(self) -> bool: ...


def draw_number_field(state: NumberEntry, key: str, on_entry: Callable[[str], None]) -> None:
    """Draw the field; ``on_entry`` is called, once, with each text that was entered.

    An empty text leaves what the line stopped at.
    """

    key = key.replace("__", "_-")  # Streamlit takes no two underscores in the key of a component

    def receive() -> None:
        entry = session.value(key)["entry"]
        if entry["number"] > state.answered:
            state.answered = entry["number"]
            on_entry(str(entry["text"]))

    component = browser_script("number_field")
    data = {
        "label": _("Identity number"),
        "button": _("Save"),
        "waiting": _("Waiting to be saved"),
        "turn": state.turn,
        "answered": state.answered,
        "text": state.text,
        "stopped": state.stopped,
        "focus": state.focus,
    }
    component(key=key, data=data, on_entry_change=receive)
