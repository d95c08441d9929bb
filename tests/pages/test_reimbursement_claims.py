"""Anspråk, run by AppTest: from a period's figures to a claim, its correction, and its states."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv.access import Actor, Role
from mv.reimbursement.claims import ledger
from mv.reimbursement.claims.ledger import ClaimState
from mv.store import Store
from mv.ui import resources
from mv.vaccinations import Dose
from tests.conftest import TODAY, SetClock
from tests.pages.dashboard import DEMO, click, dashboard, labels, plain, words
from tests.reimbursement.claims.clinic import REGION, Clinic

LAST_DAY = TODAY.replace(day=1) - timedelta(days=1)
FIRST_DAY = LAST_DAY.replace(day=1)
BEFORE = FIRST_DAY - timedelta(days=1)
LINES = {
    "Rad",
    "Typ",
    "Rättar rad",
    "Kronor",
    "Orsak",
    "Dag",
    "Vaccin",
    "Dos",
    "Kundgrupp",
    "Undergrupp",
    "Enhet",
    "Regel",
}


@pytest.fixture
def doses(store: Store, clock: SetClock) -> list[Dose]:
    """Have in the store two doses of last month and one of before, each worth 150 kr."""
    clinic = Clinic(store, clock, DEMO)
    return [clinic.dose(day) for day in (LAST_DAY, FIRST_DAY, BEFORE)]


def show(at: AppTest, part: str) -> AppTest:
    at.segmented_control(key="claims_part").set_value(part)
    return at.run()


def choose_region(at: AppTest) -> AppTest:
    at.selectbox(key="claim_payer").set_value(REGION)
    return at.run()


def made(locale: str = "sv-SE") -> AppTest:
    """Return the page with a claim of the last month that was just made."""
    at = choose_region(dashboard("reimbursement_claims", locale=locale))
    return at.button(key="claim_make").click().run()


def metrics(at: AppTest) -> list[tuple[str, str, str]]:
    return [(metric.label, plain(metric.value), metric.delta) for metric in at.metric]


def rows(at: AppTest, table: int) -> list[list[str]]:
    return [[plain(cell) for cell in row] for row in at.table[table].value.values.tolist()]


def step(at: AppTest, state: ClaimState) -> AppTest:
    (claim,) = ledger.claims(resources.store(), DEMO)
    return at.button(key=f"claim_{state}_{claim.claim_id}_{claim.version}").click().run()


def test_last_month_is_looked_at_claimed_and_seen(doses: list[Dose]) -> None:
    at = choose_region(dashboard("reimbursement_claims"))
    assert (at.date_input(key="claim_first").value, at.date_input(key="claim_last").value) == (FIRST_DAY, LAST_DAY)
    assert metrics(at) == [
        ("Plusrader", "300 kr", "2 rader"), ("Minusrader", "0 kr", "0 rader"), ("Anspråket", "300 kr", "2 rader")
    ]  # fmt: skip
    assert rows(at, 0) == [["given dos", "2", "300"], ["Summa", "2", "300"]]
    assert "1 dos given före perioden ska ersättas och finns inte i något anspråk. Värde 150 kr" in words(at)
    assert ledger.claims(resources.store(), DEMO) == []
    at.button(key="claim_make").click().run()
    assert not at.exception
    assert plain(at.success[0].value) == "Anspråk 1 är skapat: 2 rader, 300 kr."
    assert rows(at, 0) == [["Utkast", "1", "2", "300", "0"], ["Summa", "1", "2", "300", "0"]]
    assert "Alla anspråk: utkast 300 kr = 300 kr." in words(at)
    assert rows(at, 1)[0][:4] == ["1", REGION, f"{FIRST_DAY} – {LAST_DAY}", "Utkast"]
    assert rows(at, 2) == [["Ersättning: given dos", "2", "300"], ["Summa", "2", "300"]]
    assert "Raderna är tillsammans anspråkets belopp, 300 kr. Betalt hittills: 0 kr." in words(at)
    lines = at.dataframe[0].value
    assert set(lines.columns) == LINES
    assert list(lines["Rad"]) == ["A1-1", "A1-2"]
    assert set(lines["Kronor"]) == {"150"}
    assert rows(at, 3)[0][1:] == ["Utkast", "demo"]


def test_the_period_can_begin_with_the_first_dose_that_is_in_no_claim(doses: list[Dose]) -> None:
    at = choose_region(dashboard("reimbursement_claims"))
    at.button(key="claim_take_earlier").click().run()
    assert at.date_input(key="claim_first").value == BEFORE
    assert metrics(at)[-1] == ("Anspråket", "450 kr", "3 rader")
    assert not [button for button in at.button if button.key == "claim_take_earlier"]


def test_nothing_to_claim_is_said_without_a_button(doses: list[Dose]) -> None:
    at = dashboard("reimbursement_claims")
    at.selectbox(key="claim_payer").set_value("Staten").run()
    assert plain(at.info[0].value).startswith("Det finns inget att begära:")
    assert "Skapa anspråk" not in labels(at)


def test_days_that_cannot_be_are_said(doses: list[Dose]) -> None:
    at = choose_region(dashboard("reimbursement_claims"))
    at.date_input(key="claim_last").set_value(BEFORE).run()
    assert plain(at.error[0].value) == "Periodens första dag är efter den sista. Ändra en av dem."


def test_a_correction_is_previewed_and_claimed_and_its_lines_are_chosen(doses: list[Dose]) -> None:
    at = made()
    withdraw = "UPDATE dose SET withdrawn_at = registered_at WHERE dose_id = $1"
    resources.store().write(lambda tx: tx.execute(withdraw, doses[0].dose_id))
    choose_region(show(at, "new"))
    assert rows(at, 0) == [["återkallad", "1", "−150"], ["Summa", "1", "−150"]]
    at.button(key="claim_take_earlier").click().run()
    click(at, "Skapa anspråk")
    assert plain(at.success[0].value) == "Anspråk 2 är skapat: 2 rader, 0 kr."
    assert rows(at, 2) == [
        ["Ersättning: given dos", "1", "150"], ["Rättelse: återkallad", "1", "−150"], ["Summa", "2", "0"]
    ]  # fmt: skip
    at.selectbox(key="claim_cause_2").set_value("withdrawn").run()
    assert at.dataframe[0].value[["Rad", "Rättar rad", "Kronor"]].values.tolist() == [["A2-1", "A1-1", "−150"]]
    at.selectbox(key="claims_chosen").set_value(1).run()
    assert list(at.dataframe[0].value["Rad"]) == ["A1-1", "A1-2"]


def test_a_claim_goes_on_by_its_buttons(doses: list[Dose]) -> None:
    at = made()
    for state, word in (
        (ClaimState.SENT, "skickat"),
        (ClaimState.ANSWERED, "besvarat"),
        (ClaimState.CLOSED, "avslutat"),
    ):
        step(at, state)
        assert plain(at.success[0].value) == f"Anspråk 1 är nu: {word}."
        assert f"Anspråk 1: {word}" in words(at)
    assert not [button for button in at.button if (button.key or "").startswith("claim_")]
    assert [row[1] for row in rows(at, 3)] == ["Avslutat", "Besvarat", "Skickat", "Utkast"]


def test_a_discarded_claim_claims_nothing_and_its_doses_are_due_again(doses: list[Dose]) -> None:
    at = step(made(), ClaimState.DISCARDED)
    assert rows(at, 0) == [["Summa", "0", "0", "0", "0"]]
    assert "Kasserade anspråk, som inte begär något: 1." in words(at)
    choose_region(show(at, "new"))
    assert metrics(at)[-1] == ("Anspråket", "300 kr", "2 rader")


def test_what_somebody_else_did_with_the_claim_is_told(doses: list[Dose]) -> None:
    at = made()
    (claim,) = ledger.claims(resources.store(), DEMO)
    ledger.move(
        resources.store(), Actor("eva.ek", "Eva Ek", Role.LEAD, "norr"), claim.claim_id, claim.version, ClaimState.SENT
    )
    at.button(key=f"claim_discarded_{claim.claim_id}_{claim.version}").click().run()
    assert plain(at.error[0].value).startswith("eva.ek ändrade anspråket")
    assert "Anspråk 1: skickat" in words(at)


def test_the_page_is_english_for_who_reads_english(doses: list[Dose]) -> None:
    at = made("en-GB")
    assert plain(at.success[0].value) == "Claim 1 is made: 2 lines, 300 kr."
    assert rows(at, 2)[0] == ["Reimbursement: dose given", "2", "300"]
