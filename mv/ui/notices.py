"""Notices: the outcome of an action, shown where it was taken; and actions that a double click takes once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import streamlit as st

from mv.errors import MvError, StoreUnavailable
from mv.ui.double_click import Clicks, DrawnForm
from mv.ui.session import state
from mv.ui.text import explain, literal


class Versioned(Protocol):
    """A row that each change gives a new version."""

    @property
    def version(self) -> int: ...


T = TypeVar("T")
V = TypeVar("V", bound=Versioned)
NoticeKind = Literal["success", "toast", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A text to show to the user once."""

    kind: NoticeKind
    text: str


@dataclass(slots=True)
class Notices:
    """The notices that are not shown yet."""

    waiting: list[Notice] = field(default_factory=list)


def notify(kind: NoticeKind, text: str) -> None:
    """Show ``text`` at the next place that shows notices: once, however often it is notified before that."""
    waiting = state(Notices).waiting
    if Notice(kind, text) not in waiting:
        waiting.append(Notice(kind, text))


@contextmanager
def errors_as_notices() -> Iterator[None]:
    """Turn an error that the user can act on into a notice; an unusable store ends the page instead."""
    try:
        yield
    except StoreUnavailable:
        raise
    except MvError as error:
        notify("error", explain(error))


def change_once(name: str, version: int, change: Callable[[], V], then: Callable[[V], object]) -> None:
    """Carry out a button's change of a row that was drawn at ``version``; an error becomes a notice.

    On a slow machine the second half of a double click comes once the change is made, and asks for the same of the
    same version: it does nothing, where the first would be told as somebody's. Where ``change`` left the version as
    it was, there may be another one of it. ``then`` is handed what was changed.
    """
    clicks = state(Clicks)
    with errors_as_notices():
        with clicks.lock:
            if clicks.changed == (name, version):
                return
            now = change()
            if now.version != version:
                clicks.changed = name, version
        then(now)


def do_once(name: str, work: Callable[[], T], then: Callable[[T], object]) -> None:
    """Carry out a button's work that can be done only once; an error becomes a notice.

    The second half of a double click does nothing. ``then`` is handed what ``work`` returns.
    """
    clicks = state(Clicks)
    with errors_as_notices():
        with clicks.lock:
            if clicks.changed == (name, 0):
                return
            done = work()
            clicks.changed = name, 0
        then(done)


def save_once(form: DrawnForm, save: Callable[[], T], then: Callable[[T], object]) -> None:
    """Save what the form holds; an error becomes a notice.

    The second half of a double click does nothing. ``then`` is handed what ``save`` returns.
    """
    clicks = state(Clicks)
    with errors_as_notices():
        with clicks.lock:
            if clicks.saved.get(form.name, 0) != form.number:
                return
            saved = save()
            clicks.saved[form.name] = form.number + 1
        then(saved)


def show_notices() -> None:
    """Draw the notices, once. A toast takes no place, so that nothing moves under the pointer."""
    notices = state(Notices)
    shown, notices.waiting = notices.waiting, []
    for notice in shown:
        text = literal(notice.text)
        if notice.kind == "toast":
            st.toast(text)
        elif notice.kind == "success":
            st.success(text)
        else:
            st.error(text)
