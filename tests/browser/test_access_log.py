"""Following up the log as a lead does: a sample judged and documented, signals, the chain, a patient's extract."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from mv.customers import Customer
from mv.identity import format_identity
from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.hostile import nothing_acts, shows
from tests.browser.people import STRANGE_NAME, TODAY
from tests.browser.screen import Screen


def show(screen: Screen, part: str) -> None:
    screen.main.get_by_role("radio", name=part, exact=True).click()
    screen.is_at_rest()


def progress(screen: Screen, text: str) -> Locator:
    """The bar with that text: while the page is redrawn, the one before it may still be there."""
    return screen.main.get_by_test_id("stProgress").filter(has_text=text).first


def judge(screen: Screen, word: str, expected: str, note: str = "") -> None:
    if note:
        screen.main.get_by_label("Anteckning", exact=True).fill(note)
    screen.button(word).click()
    expect(progress(screen, expected)).to_be_visible()
    screen.is_at_rest()


def judge_in_vain(screen: Screen, word: str, says: str) -> None:
    screen.button(word).click()
    expect(screen.message(says)).to_be_visible()
    screen.is_at_rest()


def draw(screen: Screen, size: int) -> None:
    """Draw a sample of the week's entries of somebody else: nobody judges accesses of their own."""
    screen.visit("loggkontroll", "Loggkontroll")
    show(screen, "Stickprov")
    screen.main.get_by_text("Nytt stickprov", exact=True).click()
    screen.choose("Användare", re.compile("hanna", re.IGNORECASE))
    number = screen.main.get_by_role("spinbutton", name="Antal poster")
    number.fill(str(size))
    screen.button("Dra stickprov").click()
    expect(progress(screen, f"0 av {size} bedömda")).to_be_visible()
    screen.is_at_rest()


def fetched(screen: Screen, link: str, path: Path) -> tuple[str, str]:
    """Follow a download and return its name and text."""
    with screen.page.expect_download() as download:
        screen.main.get_by_role("link", name=link, exact=True).click()
    download.value.save_as(path)
    return download.value.suggested_filename, path.read_text("utf-8-sig")


def test_a_sample_is_drawn_judged_closed_and_documented(screen: Screen, customer: Customer, tmp_path: Path) -> None:
    screen.open_card(customer)
    draw(screen, 3)
    judge(screen, "I sin ordning", "1 av 3 bedömda")
    judge_in_vain(screen, "Att utreda", "Skriv vad som ska utredas.")
    judge(screen, "Att utreda", "2 av 3 bedömda", "Fråga varför")
    expect(screen.button("Avsluta kontrollen")).to_have_count(0)
    judge(screen, "I sin ordning", "3 av 3 bedömda")
    screen.main.get_by_label("Slutsats", exact=True).fill("En åtkomst utreds, resten var befogade.")
    screen.button("Avsluta kontrollen").click()
    expect(screen.main.get_by_text("Avslutad av", exact=False)).to_be_visible()
    expect(screen.main.get_by_text("En åtkomst utreds, resten var befogade.", exact=True)).to_be_visible()
    expect(screen.button("I sin ordning")).to_have_count(0)
    screen.button("Jämför med dragningen").click()
    expect(screen.message("Fröet ger fortfarande de här posterna.")).to_be_visible()
    name, text = fetched(screen, "Hämta dokumentet (CSV)", tmp_path / "kontroll.csv")
    assert re.fullmatch(r"loggkontroll_\d+\.csv", name)
    rows = list(csv.reader(StringIO(text), delimiter=";"))
    end = rows.index([])
    facts = {row[0]: row[1] for row in rows[:end]}
    assert (facts["Dragna poster"], facts["Bedömda"], facts["Att utreda"]) == ("3", "3", "1")
    assert facts["Slutsats"] == "En åtkomst utreds, resten var befogade."
    judged = [dict(zip(rows[end + 1], row, strict=True)) for row in rows[end + 2 :]]
    assert [row["Bedömning"] for row in judged] == ["I sin ordning", "Att utreda", "I sin ordning"]
    assert judged[1]["Anteckning"] == "Fråga varför"
    assert customer.family_name not in text


def test_a_double_click_judges_one_entry_and_not_the_next(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    draw(screen, 2)
    screen.button("I sin ordning").dblclick()
    expect(progress(screen, "1 av 2 bedömda")).to_be_visible()
    screen.has_no_error()
    expect(progress(screen, "1 av 2 bedömda")).to_be_visible()


def test_two_who_judge_the_same_entry_do_not_overwrite_each_other(
    screen: Screen, open_screen: OpenScreen, customer: Customer
) -> None:
    screen.open_card(customer)
    draw(screen, 2)
    other = open_screen()
    other.visit("loggkontroll", "Loggkontroll")
    show(other, "Stickprov")
    expect(progress(other, "0 av 2 bedömda")).to_be_visible()
    judge(screen, "I sin ordning", "1 av 2 bedömda")
    other.main.get_by_label("Anteckning", exact=True).fill("Fråga varför")
    judge_in_vain(other, "Att utreda", "Någon annan har bedömt den här posten.")
    expect(progress(other, "1 av 2 bedömda")).to_be_visible()


def test_an_extract_is_taken_out_by_number_and_downloaded(screen: Screen, customer: Customer, tmp_path: Path) -> None:
    screen.open_card(customer)
    screen.visit("loggutdrag", "Loggutdrag")
    field = screen.main.get_by_label("Personnummer", exact=True)
    field.fill(customer.identity)
    field.press("Enter")
    expect(screen.heading(customer.name)).to_be_visible()
    expect(screen.main.get_by_text("Användare nämns inte i ett utdrag.", exact=False)).to_be_visible()
    assert screen.page.url.endswith(f"loggutdrag?kund={customer.customer_id}")
    name, text = fetched(screen, "Hämta som CSV", tmp_path / "utdrag.csv")
    assert name == f"loggutdrag_{TODAY}.csv"
    rows = list(csv.reader(StringIO(text), delimiter=";"))
    assert rows[0] == ["Tid", "Enhet", "Vad som gjordes", "Anmärkning"]
    assert rows[1][1:] == ["Mottagning Norr", "Kund registrerad", ""]
    assert {"Kundkort öppnat", "Loggutdrag uttaget"} <= {row[2] for row in rows}
    assert customer.identity not in text
    name, text = fetched(screen, "Hämta som sida att skriva ut", tmp_path / "utdrag.html")
    assert name == f"loggutdrag_{TODAY}.html"
    assert format_identity(customer.identity, TODAY) in text
    assert customer.name in text


def test_a_name_of_code_is_printed_as_it_is(
    screen: Screen, dashboard: Dashboard, browser: Browser, tmp_path: Path
) -> None:
    strange = dashboard.people.strange
    screen.visit(f"loggutdrag?kund={strange.customer_id}", "Loggutdrag")
    screen.button("Ta fram loggutdraget").click()
    expect(screen.main.get_by_role("heading", name="onerror")).to_be_visible()
    expect(screen.main.get_by_test_id("stDataFrame")).to_be_visible()
    shows(screen, strange.name)
    nothing_acts(screen)
    fetched(screen, "Hämta som sida att skriva ut", tmp_path / "utdrag.html")
    page = browser.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"the page opened a window: {dialog.message}"))
    page.goto((tmp_path / "utdrag.html").as_uri())
    expect(page.get_by_role("heading", name="Loggutdrag")).to_be_visible()
    expect(page.locator("img, script, a")).to_have_count(0)
    assert STRANGE_NAME in page.locator("body").inner_text()
    page.close()
