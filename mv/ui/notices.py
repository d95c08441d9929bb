"""What an action came to, shown where it was taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mv.errors import MvError, StoreUnavailable
from mv.ui import session
from mv.ui.text import explain, literal


@contextmanager
def telling() -> Iterator[None]:
    """Have an error that the user can act on told as a notice; an unusable store ends the page instead."""
    try:
        yield
    except StoreUnavailable:
        raise
    except MvError as error:
        session.tell("error", explain(error))


def show_notices() -> None:
    """Draw what there is to tell, once. A toast takes no place, so that nothing moves under the pointer."""
    for notice in session.take_notices():
        text = literal(notice.text)
        if notice.kind == "toast":
            st.toast(text)
        elif notice.kind == "success":
            st.success(text)
        else:
            st.error(text)
