"""The state of a session: one instance for each dataclass, as long as the sign-in or the visit to a customer lasts."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def script() -> None:
    """Count each run in a state of the session and in one of the visit, and tell both."""
    from dataclasses import dataclass

    import streamlit as st

    from mv.ui import session
    from mv.ui.session import VisitState, state

    @dataclass(slots=True)
    class Drawn:
        runs: int = 0

    @dataclass(slots=True)
    class Visited(VisitState):
        runs: int = 0

    kinds: tuple[type[Drawn], type[Visited]] = st.session_state.setdefault("kinds", (Drawn, Visited))
    if "choose" in st.session_state:
        session.choose_customer(st.session_state["choose"])
    session.belong_to(st.session_state.get("signed_in_as"))
    for kind in kinds:
        state(kind).runs += 1
    st.text(" ".join(str(state(kind).runs) for kind in kinds))


def told(at: AppTest) -> str:
    assert not at.exception
    text: str = at.text[0].value
    return text


def test_a_state_is_made_once_and_kept() -> None:
    at = AppTest.from_function(script).run()
    assert told(at) == "1 1"
    assert told(at.run()) == "2 2"


def test_a_state_of_the_visit_begins_anew_with_another_customer_and_no_other_state_does() -> None:
    at = AppTest.from_function(script)
    for chosen, expected in ((1, "1 1"), (1, "2 2"), (2, "3 1"), (1, "4 1")):
        at.session_state["choose"] = chosen
        assert told(at.run()) == expected


def test_another_sign_in_finds_every_state_new_and_the_language_as_it_was() -> None:
    at = AppTest.from_function(script)
    at.session_state["mv_language"] = "en"
    for signed_in_as, expected in (("eva", "1 1"), ("eva", "2 2"), ("siv", "1 1")):
        at.session_state["signed_in_as"] = signed_in_as
        assert told(at.run()) == expected
    assert at.session_state["mv_language"] == "en"
