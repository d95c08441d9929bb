"""Kom igång: what is missing is told, decided where that is for people to decide, and is what one lands on."""

from __future__ import annotations

import pytest

from mv.store import Store
from tests.pages.dashboard import dashboard, messages, press, words


def test_what_is_missing_is_told_with_the_way_there(store: Store) -> None:
    at = dashboard("getting_started")
    said = words(at)
    assert "1. Inloggningen fungerar – Att göra" in said
    assert "2. Enheter, kundgrupper och vacciner – Klart" in said
    assert "Ingen är koordinator vid Mottagning Norr." in said
    assert any("Det här registret har påhittade personer" in text for text in messages(at))


@pytest.mark.parametrize("step", ["batches", "bookings", "backup"])
def test_a_step_is_decided_and_that_is_taken_back(store: Store, step: str) -> None:
    at = dashboard("getting_started")
    press(at, f"decide_{step}")
    assert "Skriv hur det är löst, eller varför det inte gäller er." in messages(at)
    at.text_input(key=f"decide_{step}_note").input("Servern kopieras varje natt")
    press(at, f"decide_{step}")
    assert "Sparat." in messages(at)
    assert "Servern kopieras varje natt (demo, 2026-11-22 13:00)" in words(at)
    press(at, f"decide_{step}_1")
    assert "Ställningstagandet är borttaget." in messages(at)
    assert "Servern kopieras varje natt" not in words(at)


def test_every_page_says_that_people_are_invented_and_how_to_begin_for_real(store: Store) -> None:
    for page in ("search", "users", "getting_started"):
        said = words(dashboard(page))
        assert "Demonstration med påhittade personer" in said
        assert "python -m mv user NAMN --role administrator" in said
