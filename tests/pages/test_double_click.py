"""A button asks twice for a change of the same version: it is carried out once, and nobody is told of a second."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from threading import Event, Thread

import pytest
from streamlit.testing.v1 import AppTest

from mv.ui import notices
from mv.ui.double_click import Clicks
from mv.ui.notices import change_once, do_once


def script() -> None:
    """Two rows at version 1, each with a button that keeps asking for a change of that version."""
    from dataclasses import dataclass

    import streamlit as st

    from mv.errors import N_, Conflict
    from mv.ui.double_click import DrawnForm, drawn_form
    from mv.ui.notices import change_once, do_once, save_once, show_notices

    @dataclass(frozen=True)
    class Row:
        version: int

    stored = st.session_state.setdefault("stored", {"one": 1, "two": 1})

    def change(name: str, by: int) -> None:
        def work() -> Row:
            if stored[name] != 1:
                raise Conflict(N_("The group is removed already."))
            stored[name] += by
            return Row(stored[name])

        change_once(name, 1, work, then)

    def then(_: object) -> None:
        st.session_state["told"] = True

    def undo(name: str) -> None:
        if stored[name] == 0:
            raise Conflict(N_("The row is undone already."))
        stored[name] = 0

    for name in stored:
        st.button("Change", key=f"change_{name}", on_click=change, args=(name, 1))
        st.button(
            "Undo", key=f"undo_{name}", on_click=do_once, args=(f"undo {name}", lambda name=name: undo(name), then)
        )
        st.button("Change nothing", key=f"same_{name}", on_click=change, args=(name, 0))

    def save(form: DrawnForm) -> None:
        save_once(form, lambda: saves.append(form.number), then)

    saves = st.session_state.setdefault("saves", [])
    form = drawn_form("save")
    st.button("Save", key=form.key, on_click=save, args=(form,))
    st.button("Save what is saved already", key="again", on_click=save, args=(DrawnForm("save", 0),))
    show_notices()
    st.text(" ".join(str(version) for version in stored.values()))


def test_a_second_click_changes_nothing_and_says_nothing() -> None:
    at = AppTest.from_function(script).run()
    for _ in range(2):
        at.button(key="change_one").click().run()
        assert at.text[0].value == "2 1"
        assert not at.error
        assert not at.exception


def test_a_change_of_a_version_that_others_have_changed_is_told() -> None:
    at = AppTest.from_function(script).run()
    for row in ("one", "two", "one"):
        at.button(key=f"change_{row}").click().run()
    assert at.text[0].value == "2 2"
    assert len(at.error) == 1


def test_a_change_that_changes_nothing_can_be_followed_by_one_that_does() -> None:
    at = AppTest.from_function(script).run()
    at.button(key="same_one").click().run()
    at.button(key="change_one").click().run()
    assert at.text[0].value == "2 1"
    assert not at.error


def test_what_is_undone_twice_is_undone_once_unless_somebody_else_did_it() -> None:
    at = AppTest.from_function(script).run()
    for _ in range(2):
        at.button(key="undo_one").click().run()
        assert at.text[0].value == "0 1"
        assert not at.error
    for row in ("two", "one"):
        at.button(key=f"undo_{row}").click().run()
    assert at.text[0].value == "0 0"
    assert len(at.error) == 1


def test_a_form_is_saved_once_as_it_is_drawn_and_again_once_it_is_drawn_anew() -> None:
    at = AppTest.from_function(script).run()
    at.button(key="save").click().run()
    at.button(key="again").click().run()
    assert at.session_state["saves"] == [0]
    assert not at.error
    at.button(key="save_1").click().run()
    assert at.session_state["saves"] == [0, 1]
    assert "save_2" in [button.key for button in at.button]


class Ended(BaseException):
    """As Streamlit ends a run, at its next touch of the session, when the user has clicked again."""


@dataclass(frozen=True)
class Row:
    version: int


def test_a_run_that_the_second_click_ends_once_the_change_is_made_has_remembered_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clicks, made = Clicks(), list[str]()
    monkeypatch.setattr(notices, "state", lambda kind: clicks)

    def change() -> Row:
        made.append("changed")
        return Row(2)

    def end(_: object) -> None:
        raise Ended

    for _ in range(2):
        with pytest.raises(Ended) if not made else nullcontext():
            change_once("row", 1, change, end)
    assert made == ["changed"]
    for _ in range(2):
        with pytest.raises(Ended) if len(made) == 1 else nullcontext():
            do_once("undo", lambda: made.append("undone"), end)
    assert made == ["changed", "undone"]


def test_a_second_click_that_comes_while_the_first_is_being_saved_waits_and_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clicks, made = Clicks(), list[str]()
    monkeypatch.setattr(notices, "state", lambda kind: clicks)
    is_saving, may_end = Event(), Event()

    def change() -> Row:
        is_saving.set()
        assert may_end.wait(10)
        made.append("changed")
        return Row(2)

    first = Thread(target=change_once, args=("row", 1, change, lambda now: None))
    second = Thread(target=change_once, args=("row", 1, change, lambda now: None))
    first.start()
    assert is_saving.wait(10)
    second.start()
    may_end.set()
    for thread in (first, second):
        thread.join(10)
        assert not thread.is_alive()
    assert made == ["changed"]
