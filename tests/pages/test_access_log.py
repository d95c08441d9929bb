"""Loggkontroll and Loggutdrag: the log, the signals and the chain; whose extract can be taken out."""

from __future__ import annotations

import re
from datetime import date

import pytest

from mv import customers
from mv.customers import Customer
from mv.store import Store
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, click, dashboard, go, messages, words

UNKNOWN = invented_number(date(1990, 1, 2))


@pytest.fixture
def vilma(store: Store) -> Customer:
    return customers.register(store, DEMO, invented_number(date(1950, 1, 1), 980), "Vilma", "Provberg", "norr")


def test_the_log_the_signals_and_the_chain_are_shown(vilma: Customer) -> None:
    at = dashboard("customer", vilma)
    go(at, "access_log_review")
    assert len(at.dataframe) == 1
    assert "De senaste kommer först" in words(at)
    at.segmented_control(key="log_part").set_value("signals").run()
    assert "En signal är inget bevis." in words(at)
    assert any(expander.label.startswith("Öppnad utan bokning") for expander in at.expander)
    at.segmented_control(key="log_part").set_value("chain").run()
    click(at, "Kontrollera kedjan")
    assert any(told.startswith("Kedjan är hel.") for told in messages(at))
    (anchor,) = at.code
    assert re.fullmatch(r"\d+:[0-9a-f]{64}", anchor.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [("Vilma", "Skriv patientens hela personnummer."), (UNKNOWN, "Det finns ingen kund med det numret.")],
)
def test_a_wrong_number_for_an_extract_is_explained(vilma: Customer, text: str, says: str) -> None:
    at = dashboard("access_log_extract")
    at.text_input(key="extract_number").input(text)
    at.button[0].click().run()
    assert any(told.startswith(says) for told in messages(at))
    assert not at.dataframe
