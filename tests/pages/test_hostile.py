"""Fifty hostile texts in each field that people write into: shown as they are, or refused with what to do.

That a page shows them as nothing but texts in each kind of place is seen in Chromium, by tests/browser/test_hostile.py;
here it is that every one of them comes to such a place as a text: escaped where Markdown is read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships
from mv.customers import Customer
from mv.i18n import translate
from mv.memberships import Entry
from mv.store import Store
from mv.text import fold, visible
from mv.ui import resources, session
from mv.ui.text import literal
from mv.ui.web import startup_checks
from tests.browser.hostile_texts import TEXTS
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, dashboard, go, messages, plain, words
from tests.pages.test_roles import LEAD, SETTINGS, opened

PRINTABLE = [text for text in TEXTS if text.isprintable()]
NO_NAME, NO_USER, NO_BATCH, NO_ANCHOR = (
    translate(message, "sv")
    for message in (
        "Write both a given name and a family name.",
        "Write the user as the sign-in names it.",
        "Write the batch number: letters, digits and hyphens, at most 80.",
        "An anchor is an entry's number and its hash, with a colon between.",
    )
)


def seen(text: str) -> str:
    return " ".join(visible(text).split())


def numbers(count: int) -> list[str]:
    return [invented_number(date(1931, 1, 1) + timedelta(days=day)) for day in range(count)]


@pytest.fixture
def gerd(store: Store) -> Customer:
    customer = customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Gerd", "Provlund", "norr")
    memberships.add(store, DEMO, customer.customer_id, Entry("65_plus", None, date(2024, 10, 1)))
    return customer


@pytest.fixture
def signing_in(store_file: Path) -> Store:
    """The store of a dashboard at which people sign in."""
    store_file.with_name("settings.toml").write_text(SETTINGS)
    startup_checks.read_same_file()
    return resources.store()


def test_the_fifty_texts_are_fifty() -> None:
    assert len(set(TEXTS)) == len(TEXTS) == 50


def test_searched_for_they_find_nobody_or_are_explained(gerd: Customer) -> None:
    at = dashboard("search")
    for text in TEXTS:
        at.text_input(key="search_text").input(text)
        at.button[0].click().run()
        assert not at.exception
        assert messages(at) or any("Gerd" in button.label for button in at.button)


def test_as_names_they_are_shown_as_they_are_or_refused(store: Store) -> None:
    shown = 0
    at = dashboard("search")
    for number, text in zip(numbers(len(TEXTS)), TEXTS, strict=True):
        go(at, "search")
        at.text_input(key="search_text").input(number)
        at.button[0].click().run()
        at.text_input(key="register_given_name").input(text)
        at.text_input(key="register_family_name").input(text)
        at.button(key="register_save").click().run()
        assert not at.exception
        if not visible(text).isprintable():
            assert "skrivbara tecken" in words(at)
        elif not fold(text) or not any(letter.isalpha() for letter in text):
            assert NO_NAME in words(at)
        else:
            assert at.subheader[0].value == literal(f"{visible(text)} {visible(text)}")
            shown += 1
    assert shown >= 45


def test_as_batches_they_are_refused(gerd: Customer) -> None:
    key = f"dose_new_{gerd.customer_id}"
    at = dashboard("vaccination", gerd)
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    for text in TEXTS:
        at.selectbox(key=f"{key}_batch_efluelda").set_value(text)
        at.button(key="dose_save").click().run()
        assert not at.exception
        assert NO_BATCH in messages(at)
    assert "Inga doser." in words(at)


def test_as_notes_in_a_check_of_the_log_they_are_shown_as_they_are(
    gerd: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "actor", lambda: replace(DEMO, user_id="nina.nord"))  # who judges no access of hers
    at = dashboard("access_log_review")
    at.segmented_control(key="log_part").set_value("sample").run()
    at.number_input(key="log_size").set_value(1)
    at.button(key="log_draw").click().run()
    for turn, text in enumerate(TEXTS):
        (note,) = [field for field in at.text_input if str(field.key).startswith("log_judge_")]
        key = str(note.key).removesuffix("_note")
        note.input(text)
        at.button(key=f"{key}_to_examine").click().run()
        assert not at.exception, turn
        assert any(f"Att utreda  ·  {seen(text)}  ·  bedömd av" in shown.value for shown in at.text), text


def test_as_numbers_for_an_extract_and_as_anchors_they_are_refused(gerd: Customer) -> None:
    at = dashboard("access_log_extract")
    for text in TEXTS:
        at.text_input(key="extract_number").input(text)
        at.button[0].click().run()
        assert not at.exception
        assert messages(at)
    go(at, "access_log_review")
    at.segmented_control(key="log_part").set_value("chain").run()
    for text in TEXTS:
        at.text_input(key="log_anchor").input(text)
        next(button for button in at.button if button.label == "Kontrollera kedjan").click().run()
        assert NO_ANCHOR in messages(at)


def test_as_reasons_for_another_units_customer_they_are_in_the_signals(
    signing_in: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [customers.register(signing_in, LEAD, number, "Eva", "Ek", "norr") for number in numbers(len(TEXTS))]
    at = opened(monkeypatch, "coordinator", unit="soder")
    for customer, text in zip(found, TEXTS, strict=True):
        go(at, "customer", customer)
        at.radio(key="cross_reason").set_value("other")
        at.text_input(key="cross_note").input(text)
        at.button(key="cross_open").click().run()
        assert not at.exception
        assert at.subheader[0].value == "Eva Ek", text
    lead = opened(monkeypatch, "lead", unit="soder")
    go(lead, "access_log_review")
    lead.segmented_control(key="log_part").set_value("signals").run()
    shown = [str(cell) for table in lead.table for cell in table.value.to_numpy().ravel()]
    for text in TEXTS:
        assert any(literal(seen(text)) in cell for cell in shown), text


def new_user(at: AppTest, field: str) -> str:
    """Return the key of a field of the form of somebody new."""
    return str(next(box.key for box in at.multiselect if str(box.key).startswith("user_new"))).replace("units", field)


def test_as_users_they_are_in_the_list_or_refused(signing_in: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    at: AppTest = opened(monkeypatch, "administrator")
    for text in TEXTS:
        at.segmented_control(key=new_user(at, "by")).set_value("id").run()
        at.text_input(key=new_user(at, "id")).input(text)
        next(button for button in at.button if str(button.key).startswith("user_save")).click().run()
        assert not at.exception
        assert (plain(f"Sparat: {seen(text)}.") if text.isprintable() else NO_USER) in messages(at), text
    (table,) = at.table
    names = set(table.value["Användare"])
    assert {literal(text) for text in PRINTABLE} <= names
