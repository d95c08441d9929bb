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
from tests.browser.people import STRANGE_NAME, today
from tests.browser.screen import WORD_JOINER, Screen

TRIES = 10


def show(screen: Screen, part: str) -> None:
    screen.main.get_by_role("radio", name=part, exact=True).click()
    screen.is_at_rest()


def progress(screen: Screen) -> Locator:
    return screen.main.get_by_test_id("stProgress")


def judge(screen: Screen, word: str, expected: str, note: str = "") -> None:
    """Click until the entry is judged: a click at once after the last is taken for a double click's second half."""
    for _ in range(TRIES):
        if note:
            screen.main.get_by_label("Anteckning", exact=True).fill(note)
        screen.button(word).click()
        screen.is_at_rest()
        if expected in (progress(screen).text_content() or ""):
            break
    expect(progress(screen)).to_contain_text(expected)


def judge_in_vain(screen: Screen, word: str, says: str) -> None:
    """Click until it is said why the entry cannot be judged so."""
    for _ in range(TRIES):
        screen.button(word).click()
        screen.is_at_rest()
        if screen.message(says).count():
            break
    expect(screen.message(says)).to_be_visible()


def draw(screen: Screen, size: int) -> None:
    """Draw a sample of all the week's entries."""
    screen.visit("loggkontroll", "Loggkontroll")
    show(screen, "Stickprov")
    screen.main.get_by_text("Nytt stickprov", exact=True).click()
    number = screen.main.get_by_role("spinbutton", name="Antal poster")
    number.fill(str(size))
    screen.button("Dra stickprov").click()
    expect(progress(screen)).to_contain_text(f"0 av {size} bedömda")
    screen.is_at_rest()


def fetched(screen: Screen, link: str, path: Path) -> tuple[str, str]:
    """Follow a download and return its name and text."""
    with screen.page.expect_download() as download:
        screen.main.get_by_role("link", name=link, exact=True).click()
    download.value.save_as(path)
    return download.value.suggested_filename, path.read_text("utf-8-sig")


def test_ett_stickprov_dras_bedoms_avslutas_och_dokumenteras(
    screen: Screen, customer: Customer, tmp_path: Path
) -> None:
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


def test_dubbelklick_bedomer_en_post_och_inte_nasta(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    draw(screen, 2)
    for _ in range(TRIES):  # one right after the draw is taken for a part of that click
        screen.button("I sin ordning").dblclick()
        screen.is_at_rest()
        if "0 av" not in (progress(screen).text_content() or ""):
            break
    screen.has_no_error()
    expect(progress(screen)).to_contain_text("1 av 2 bedömda")


def test_tva_som_bedomer_samma_post_skriver_inte_over_varandra(
    screen: Screen, open_screen: OpenScreen, customer: Customer
) -> None:
    screen.open_card(customer)
    draw(screen, 2)
    other = open_screen()
    other.visit("loggkontroll", "Loggkontroll")
    show(other, "Stickprov")
    expect(progress(other)).to_contain_text("0 av 2 bedömda")
    judge(screen, "I sin ordning", "1 av 2 bedömda")
    other.main.get_by_label("Anteckning", exact=True).fill("Fråga varför")
    judge_in_vain(other, "Att utreda", "Någon annan har bedömt den här posten.")
    expect(progress(other)).to_contain_text("1 av 2 bedömda")


def test_loggen_signalerna_och_kedjan_visas_utan_fel(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    screen.go_to("Loggkontroll")
    screen.is_on("Loggkontroll")
    expect(screen.main.get_by_test_id("stDataFrame")).to_be_visible()
    expect(screen.main.get_by_text("De senaste kommer först", exact=False)).to_be_visible()
    show(screen, "Signaler")
    expect(screen.main.get_by_text("En signal är inget bevis.", exact=False)).to_be_visible()
    expect(screen.main.get_by_text("Öppnad utan bokning", exact=False)).to_be_visible()
    show(screen, "Kedjan")
    screen.button("Kontrollera kedjan").click()
    expect(screen.message("Kedjan är hel.")).to_be_visible()
    expect(screen.main.get_by_test_id("stCode")).to_have_text(re.compile(r"\d+:[0-9a-f]{64}"))
    screen.has_no_error()


def test_ett_loggutdrag_tas_fram_med_numret_och_hamtas(screen: Screen, customer: Customer, tmp_path: Path) -> None:
    screen.open_card(customer)
    screen.visit("loggutdrag", "Loggutdrag")
    field = screen.main.get_by_label("Personnummer", exact=True)
    field.fill(customer.identity)
    field.press("Enter")
    expect(screen.heading(customer.name)).to_be_visible()
    expect(screen.main.get_by_text("Användare nämns inte i ett utdrag.", exact=False)).to_be_visible()
    assert screen.page.url.endswith(f"loggutdrag?kund={customer.customer_id}")
    name, text = fetched(screen, "Hämta som CSV", tmp_path / "utdrag.csv")
    assert name == f"loggutdrag_{today()}.csv"
    rows = list(csv.reader(StringIO(text), delimiter=";"))
    assert rows[0] == ["Tid", "Enhet", "Vad som gjordes", "Anmärkning"]
    assert rows[1][1:] == ["Mottagning Norr", "Kund registrerad", ""]
    assert {"Kundkort öppnat", "Loggutdrag uttaget"} <= {row[2] for row in rows}
    assert customer.identity not in text
    name, text = fetched(screen, "Hämta som sida att skriva ut", tmp_path / "utdrag.html")
    assert name == f"loggutdrag_{today()}.html"
    assert format_identity(customer.identity, today()) in text
    assert customer.name in text


def test_ett_namn_av_kod_i_loggutdraget_visas_ordagrant(
    screen: Screen, dashboard: Dashboard, browser: Browser, tmp_path: Path
) -> None:
    strange = dashboard.people.strange
    screen.visit(f"loggutdrag?kund={strange.customer_id}", "Loggutdrag")
    screen.button("Ta fram loggutdraget").click()
    expect(screen.main.get_by_role("heading", name="onerror")).to_be_visible()
    expect(screen.main.get_by_test_id("stDataFrame")).to_be_visible()
    screen.is_at_rest()
    assert strange.name in screen.text().replace(WORD_JOINER, "")
    expect(screen.main.locator("img[src='x'], script, a[href*='javascript']")).to_have_count(0)
    fetched(screen, "Hämta som sida att skriva ut", tmp_path / "utdrag.html")
    page = browser.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"the page opened a window: {dialog.message}"))
    page.goto((tmp_path / "utdrag.html").as_uri())
    expect(page.get_by_role("heading", name="Loggutdrag")).to_be_visible()
    expect(page.locator("img, script, a")).to_have_count(0)
    assert STRANGE_NAME in page.locator("body").inner_text()
    page.close()


def test_ett_fel_nummer_i_loggutdraget_forklaras(screen: Screen, dashboard: Dashboard) -> None:
    screen.visit("loggutdrag", "Loggutdrag")
    field = screen.main.get_by_label("Personnummer", exact=True)
    for text, says in (
        ("Vilma", "Skriv patientens hela personnummer."),
        (dashboard.people.unregistered[-1], "Det finns ingen kund med det numret."),
    ):
        field.fill(text)
        field.press("Enter")
        expect(screen.message(says)).to_be_visible()
