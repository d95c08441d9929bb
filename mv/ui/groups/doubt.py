"""The question whether an unusual group is right: a warning, and the button that saves it all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from mv.concerns import Concerns, Doubtful
from mv.memberships import Entry
from mv.ui.session import VisitState, state
from mv.ui.text import _, explain, literal


@dataclass(slots=True)
class GroupDoubt(VisitState):
    """The question that is open: about which form, by the beginning of its keys, and about which entry of it."""

    key: str = ""
    entry: Entry | None = None
    concerns: Concerns = field(default_factory=dict)


@contextmanager
def asking(key: str, entry: Entry | None) -> Iterator[None]:
    """Keep the question that saving this entry of the form raises, for :func:`draw_doubt`."""
    doubt = state(GroupDoubt)
    doubt.entry = None
    try:
        yield
    except Doubtful as question:
        doubt.key, doubt.entry, doubt.concerns = key, entry, question.concerns


def draw_doubt(key: str, entry: Entry | None, save: Callable[..., None], args: tuple[object, ...]) -> None:
    """Draw the open question while the form holds the entry that it is about.

    The button calls ``save`` with ``args`` and the concerns that are accepted by it.
    """
    doubt = state(GroupDoubt)
    if entry is None or (doubt.key, doubt.entry) != (key, entry):
        return
    st.warning(literal(" ".join(explain(concern) for concern in doubt.concerns.values())), icon=":material/help:")
    st.button(_("Save all the same"), key=f"{key}_save_anyway", on_click=save, args=(*args, frozenset(doubt.concerns)))
