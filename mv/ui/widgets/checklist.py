"""A checklist of more boxes than fit on the screen: a ticked box stays ticked while others are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from mv.ui import session
from mv.ui.session import state
from mv.ui.text import _

AT_ONCE = 50
"""That many are drawn; more make the page slow."""


@dataclass(slots=True)
class Checklists:
    """The numbers of the ticked boxes, by the key of their list; those not drawn now, too."""

    ticked: dict[str, set[int]] = field(default_factory=dict)


def ticked_boxes(key: str) -> set[int]:
    """Return the numbers of the ticked boxes of the list with this key, to be changed in place."""
    return state(Checklists).ticked.setdefault(key, set())


def page_of(numbers: Sequence[int], key: str) -> Sequence[int]:
    """Draw the choice of a page, where there are several, and return the numbers that are on the chosen one."""
    pages = -(-len(numbers) // AT_ONCE)
    if pages < 2:
        return numbers
    chosen = st.pagination(pages, key=f"{key}_page_{pages}")
    return numbers[(chosen - 1) * AT_ONCE : chosen * AT_ONCE]


def draw_tick(number: int, label: str, key: str) -> bool:
    """Draw the box of this number, and return whether it is ticked."""
    box = f"{key}_box_{number}"
    session.set_value(box, number in ticked_boxes(key))
    return st.checkbox(label, key=box, on_change=_tick, args=(number, key))


def draw_tick_all(numbers: Sequence[int], key: str) -> None:
    """Draw the buttons that tick all the boxes of these numbers, or none; also those that are not drawn."""
    ticked = ticked_boxes(key)
    with st.container(horizontal=True, width="content"):
        st.button(
            _("Tick all"), key=f"{key}_all", on_click=ticked.update, args=(numbers,), disabled=ticked >= set(numbers)
        )
        st.button(_("Tick none"), key=f"{key}_none", on_click=ticked.clear, disabled=not ticked)


def _tick(number: int, key: str) -> None:
    ticked = ticked_boxes(key)
    if session.value(f"{key}_box_{number}"):
        ticked.add(number)
    else:
        ticked.discard(number)
