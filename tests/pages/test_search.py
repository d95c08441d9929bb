"""Sök kund and Bokningar: who is found, who is not, and who can be registered then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers
from mv.customers import Customer
from mv.identity import format_identity
from mv.store import Store
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, dashboard, messages, words

UNKNOWN = invented_number(date(1990, 1, 2))


@pytest.fixture
def vilma(store: Store) -> Customer:
    return customers.register(store, DEMO, invented_number(date(1950, 1, 1), 980), "Vilma", "Provberg", "norr")


def search(at: AppTest, text: str) -> list[str]:
    """Search, and return what the hits are called."""
    at.text_input(key="search_text").input(text)
    at.button[0].click().run()
    assert not at.exception
    return [button.label.replace("\\", "") for button in at.button if str(button.key).startswith("hit_")]


def test_parts_of_the_name_in_any_order_find_the_customer(vilma: Customer, store: Store) -> None:
    at = dashboard("search")
    for text in ("Vilma Provberg", "Provberg Vilma", "VIL PROVBERG", "provber v"):
        assert search(at, "aa aa") == []
        (hit,) = search(at, text)
        for part in (vilma.name, format_identity(vilma.identity, store.today()), "Mottagning Norr"):
            assert part in hit


def test_a_name_that_finds_nobody_can_be_registered_with_a_number(vilma: Customer) -> None:
    at = dashboard("search")
    assert search(at, "zzyzx provlos") == []
    assert "Registrera ny kund" in words(at)
    at.text_input(key="register_number").input(UNKNOWN)
    at.text_input(key="register_given_name").input("Zz")
    at.text_input(key="register_family_name").input("Provlos")
    at.button(key="register_save").click().run()
    assert "Zz Provlos" in words(at)
    assert "Kundkort" in words(at)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("1950010", "Längden är fel."),
        ("195013019980", "Datumet i numret finns inte."),
        (UNKNOWN[:-1] + str((int(UNKNOWN[-1]) + 1) % 10), "Den sista siffran"),
    ],
    ids=["length", "date", "check digit"],
)
def test_a_wrong_number_is_told_what_is_wrong_and_registers_nobody(vilma: Customer, number: str, says: str) -> None:
    at = dashboard("search")
    assert search(at, number) == []
    (told,) = messages(at)
    assert told.startswith(says)
    assert "Registrera ny kund" not in words(at)


def test_a_day_without_bookings_says_so(store: Store) -> None:
    at = dashboard("bookings")
    at.date_input(key="bookings_day").set_value(store.today() + timedelta(days=200)).run()
    assert messages(at) == ["Inga bokningar på den här enheten den dagen. Välj en annan dag eller enhet."]
    assert not at.radio


@pytest.mark.parametrize(("locale", "says"), [("sv-SE", "Kund"), ("en-GB", "Cust"), ("de-DE", "Kund"), ("en", "Cust")])
def test_the_browsers_language_decides_and_swedish_is_the_usual_one(vilma: Customer, locale: str, says: str) -> None:
    at = dashboard("customer", vilma, locale=locale)
    assert at.header[0].value.startswith(says)
    assert at.segmented_control(key="mv_language").value == ("en" if locale.startswith("en") else "sv")


def test_ten_digits_of_a_customer_a_hundred_years_older_are_asked_about(store: Store) -> None:
    old = invented_number(date(1926, 3, 12))
    elsa = customers.register(store, DEMO, old, "Elsa", "Ek", "norr")
    at = dashboard("search")
    at.text_input(key="search_text").set_value(old[2:])
    at.button[0].click().run()
    assert "hundra år emellan" in words(at)
    at.button(key=f"hit_{elsa.customer_id}").click().run()
    assert at.header[0].value == "Kundkort"
