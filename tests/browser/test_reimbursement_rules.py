"""The page of rules in the browser: a lead who knows no ATC codes changes an amount, and sees what that does."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.people import TODAY
from tests.browser.screen import Screen

PAGE, HEADING = "ersattningsregler", "Ersättningsregler"
OF_65 = "Influensavaccin, 65 år och äldre"
PERIODS = "Vad som betalas för samma sak från dag till dag"


@pytest.fixture
def lead(screen: Screen) -> Screen:
    screen.visit(PAGE, HEADING)
    return screen


def open_rule(screen: Screen, title: str, first: date) -> None:
    screen.action("Öppna", f"{title}, {first}").click()
    expect(screen.heading(title)).to_be_visible()
    screen.is_at_rest()


def fill(screen: Screen, label: str, text: str) -> None:
    field = screen.main.get_by_role("textbox", name=label, exact=True)
    field.fill(text)
    field.press("Tab")
    screen.is_at_rest()


def choose_way(screen: Screen, way: str) -> None:
    screen.main.get_by_text(way, exact=True).click()
    expect(screen.main.get_by_role("radio", name=way)).to_be_checked()
    screen.is_at_rest()


def periods(screen: Screen) -> Locator:
    return screen.table(PERIODS).locator("tbody").get_by_role("row")


def history(screen: Screen) -> Locator:
    return screen.history()


def test_a_new_amount_from_1_january_takes_no_atc_codes(lead: Screen) -> None:
    new_year = date(TODAY.year + 1, 1, 1)
    open_rule(lead, OF_65, date(2024, 3, 1))
    expect(periods(lead)).to_have_count(3)
    fill(lead, "Belopp (kr)", "160,50")
    fill(lead, "Källa", "Regionens beslut om ersättning")
    expect(lead.message("Ingen dos som hittills getts på dina enheter ersätts annorlunda.")).to_be_visible()
    lead.button("Spara").click()
    expect(lead.message(f"Sparad: {OF_65}, {new_year}")).to_be_visible()
    expect(periods(lead)).to_have_count(4)
    expect(periods(lead).nth(2)).to_contain_text(f"2024-03-01 – {new_year - timedelta(days=1)}")
    expect(periods(lead).nth(3)).to_contain_text("160,50")
    expect(history(lead).first).to_contain_text("Tillagd")
    expect(history(lead).first).to_contain_text("demo")


def test_whoever_saves_without_having_seen_the_effect_sees_it_afterwards(lead: Screen) -> None:
    open_rule(lead, "Pneumokockvaccin, Pneumokocker: fyller 75 år i år", date(2023, 1, 1))
    choose_way(lead, "Rätta regeln")
    amount = lead.main.get_by_role("textbox", name="Belopp (kr)", exact=True)
    expect(amount).to_have_value("250")  # the field is this way's, not the one before
    amount.fill("251")
    lead.button("Spara").click()  # straight from the field: nothing was shown yet
    expect(lead.message("Sparad:")).to_be_visible()
    expect(lead.message(re.compile(r"doser?, \+|Ingen dos"))).not_to_have_count(0)
    expect(history(lead).first).to_contain_text("250\u00a0kr → 251\u00a0kr")
    # What is chosen and what is drawn below it begin anew.
    expect(lead.main.get_by_role("radio", name="Nytt belopp från en dag")).to_be_checked()
    expect(lead.main.get_by_role("textbox", name="Belopp (kr)", exact=True)).to_have_value("")
