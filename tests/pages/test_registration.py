"""Efterregistrering as it is drawn: what a number comes to, what is asked about it, and what is taken up again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.store import Store
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, click, dashboard, words
from tests.pages.number_field import enter, field

ANDERS = invented_number(date(1946, 3, 12))
KEY = "typed_bjorken"
"""What the keys of the fields begin with, at the unit that is the demonstration's first."""
BATCH = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('efluelda', $1, $2)"


@pytest.fixture
def store(store: Store) -> Store:
    """The dashboard's store with Anders Karlsson in it, and two batches of Efluelda, one of them expired."""
    customers.register(store, DEMO, ANDERS, "Anders", "Karlsson", "bjorken")
    today = store.today()
    store.write(lambda tx: tx.execute(BATCH, "B-1", today + timedelta(days=200)))
    store.write(lambda tx: tx.execute(BATCH, "OLD", today - timedelta(days=3)))
    return store


@pytest.fixture
def at(store: Store) -> AppTest:
    return dashboard("registration")


def choose(at: AppTest, group: str, product: str | None = None, batch: str | None = None) -> AppTest:
    at.selectbox(key=f"{KEY}_group").set_value(group).run()
    if product:
        at.selectbox(key=f"{KEY}_product").set_value(product).run()
    if batch:
        at.selectbox(key=f"{KEY}_batch_{product}").set_value(batch).run()
    assert not at.exception
    return at


def test_without_a_group_the_number_stays_and_the_cursor_goes_to_the_group(at: AppTest) -> None:
    enter(at, ANDERS)
    assert [error.value for error in at.error] == ["Välj en kundgrupp\\."]
    assert (field(at)["text"], field(at)["stopped"]) == (ANDERS, True)
    assert field(at)["focus"] == f"{KEY}_group"


def test_a_number_is_saved_once_and_the_row_undone(store: Store, at: AppTest) -> None:
    enter(choose(at, "medical_risk"), ANDERS)
    assert "Anders Karlsson, 80 år" in words(at)
    assert (field(at)["text"], field(at)["stopped"]) == ("", False)
    answered = int(str(field(at)["answered"]))
    enter(at, ANDERS, answered)
    assert not at.error
    assert "1 rad i omgången" in words(at)
    (undo,) = [button for button in at.button if str(button.key).startswith("undo_saved_")]
    undo.click().run()
    assert "0 rader i omgången" in words(at)
    (row,) = memberships.of_customer(store, DEMO, 1)
    assert row.ended_reason == "wrong"


def test_a_dose_is_saved_with_its_batch_and_the_choice_taken_up_by_another_browser(store: Store, at: AppTest) -> None:
    enter(choose(at, "65_plus", "efluelda", "B-1"), ANDERS)
    assert "65 år och äldre, Efluelda (J07BB02), sats B-1" in words(at)
    (dose,) = vaccinations.of_customer(store, DEMO, 1)
    assert (dose.batch_number, dose.group_code, dose.unit_id) == ("B-1", "65_plus", "bjorken")
    other = dashboard("registration")
    assert other.selectbox(key=f"{KEY}_group").value == "65_plus"
    assert other.selectbox(key=f"{KEY}_batch_efluelda").value == "B-1"
    assert "1 rad i omgången" in words(other)
    assert field(other)["focus"] == "number"


def test_each_saved_line_says_what_its_dose_is_paid_and_why_not(store: Store, at: AppTest) -> None:
    enter(choose(at, "65_plus", "efluelda", "B-1"), ANDERS)
    assert "Exempelregionen betalar 150 kr" in words(at)
    store.write(lambda tx: tx.execute(BATCH.replace("efluelda", "fluad_tetra"), "B-2", store.today()))
    enter(choose(at, "65_plus", "fluad_tetra", "B-2"), ANDERS)
    reason = str(field(at)["focus"])
    assert "Efluelda gavs den" in words(at)
    assert "Det ska gå 150 dagar mellan två doser; här: 0." in words(at)
    at.text_input(key=reason).set_value("Läkaren har ordinerat")
    click(at, "Spara ändå")
    assert f"Ersätts inte: 150 dagar ska gå efter den ersatta dosen den {store.today()}." in words(at)
    at.button(key="undo_saved_1_1").click().run()
    assert not at.exception
    assert words(at).count("Exempelregionen betalar 150 kr") == 1  # of the other dose, which is the first now


def test_a_line_without_a_dose_says_nothing_of_payment(at: AppTest) -> None:
    enter(choose(at, "medical_risk"), ANDERS)
    assert "1 rad i omgången" in words(at)
    assert "Ersätts" not in words(at)


def test_an_expired_batch_takes_a_reason(store: Store, at: AppTest) -> None:
    enter(choose(at, "65_plus", "efluelda", "OLD"), ANDERS)
    assert "Anders Karlsson, 80 år. Sats OLD gick ut" in words(at)
    reason = str(field(at)["focus"])
    click(at, "Spara ändå")
    assert "Skriv varför det är rätt." in words(at)
    at.text_input(key=reason).set_value("Född 19460312")
    click(at, "Spara ändå")
    assert "personnummer" in words(at)
    assert vaccinations.of_customer(store, DEMO, 1) == []
    at.text_input(key=reason).set_value("Kontrollerat mot kartongen")
    click(at, "Spara ändå")
    assert "sats OLD, med skäl: Kontrollerat mot kartongen" in words(at)
    assert len(vaccinations.of_customer(store, DEMO, 1)) == 1


def test_a_number_that_does_not_hold_the_birth_date_asks_for_it(at: AppTest) -> None:
    enter(choose(at, "medical_risk"), "991981000010")
    panel = str(field(at)["focus"]).removesuffix("_given_name")
    at.text_input(key=f"{panel}_given_name").set_value("Eva")
    at.text_input(key=f"{panel}_family_name").set_value("Ek")
    click(at, "Registrera personen och spara")
    assert "födelsedatum" in words(at)
    assert "Eva Ek" not in words(at)
    at.date_input(key=f"{panel}_birth_date").set_value(date(1950, 2, 3))
    click(at, "Registrera personen och spara")
    assert "Eva Ek, 7" in words(at)
    assert (field(at)["text"], field(at)["focus"]) == ("", "number")


def test_what_the_line_stopped_at_can_be_left(at: AppTest) -> None:
    enter(choose(at, "medical_risk"), "19460312")
    assert at.error
    enter(at, "")
    assert not at.error
    assert field(at)["stopped"] is False
