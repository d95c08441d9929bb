"""Fifty hostile texts in each field of coordinators and leads: nothing runs, nothing is restyled, nothing leaves.

What a page did or asked for is watched in every test: windows, requests, breaches of the policy, uncaught errors.
"""

from __future__ import annotations

from datetime import date, timedelta

from playwright.sync_api import expect

from mv.customers import Customer
from mv.identity import check_digit
from mv.text import fold
from tests.browser.conftest import Dashboard
from tests.browser.hostile import TEXTS, nothing_acts, seen, shows
from tests.browser.screen import Screen, sv
from tests.browser.test_access_log import TRIES, draw, judge, show
from tests.browser.test_vaccination import EFLUELDA

NO_NAME = sv("Write both a given name and a family name.")
UNPRINTABLE = "skrivbara tecken"


def numbers(taken: frozenset[str]) -> list[str]:
    """Return numbers that pass the check and belong to nobody in the store, one for each text."""
    days = (date(1931, 1, 1) + timedelta(days=n) for n in range(len(TEXTS) * 2))
    made = (f"{day:%Y%m%d}987{check_digit(f'{day:%y%m%d}987')}" for day in days)
    return [number for number in made if number not in taken][: len(TEXTS)]


def test_femtio_fientliga_texter_ar_femtio_olika() -> None:
    assert len(set(TEXTS)) == len(TEXTS) == 50


def test_i_sokfaltet_gor_de_ingenting(screen: Screen) -> None:
    screen.visit(heading="Sök kund")
    for text in TEXTS:
        screen.search(text)
        screen.is_at_rest()
        told = screen.main.get_by_test_id("stAlert").or_(screen.main.get_by_role("button", name=" · "))
        expect(told.first).to_be_visible()
        nothing_acts(screen)


def test_som_namn_visas_de_som_de_ar_eller_nekas_med_besked(screen: Screen, dashboard: Dashboard) -> None:
    shown = 0
    screen.visit(heading="Sök kund")
    for number, text in zip(numbers(dashboard.people.numbers), TEXTS, strict=True):
        screen.go_to("Sök kund")
        screen.is_on("Sök kund")
        screen.search(number)
        expect(screen.main.get_by_label("Förnamn")).to_be_visible()
        screen.main.get_by_label("Förnamn").fill(text)
        screen.main.get_by_label("Efternamn").fill(text)
        screen.button("Registrera och öppna kundkortet").click()
        if not text.isprintable():
            expect(screen.message(UNPRINTABLE)).to_be_visible()
        elif not fold(text) or not any(letter.isalpha() for letter in text):
            expect(screen.message(NO_NAME)).to_be_visible()
        else:
            screen.is_on("Kundkort")
            shows(screen, f"{seen(text)} {seen(text)}")
            shown += 1
        nothing_acts(screen)
    assert shown >= 45


def test_som_sats_nekas_de_med_besked(screen: Screen, customer: Customer) -> None:
    screen.open_vaccination(customer)
    screen.choose("Vaccin", EFLUELDA)
    missing = sv("Write the batch number: letters, digits and hyphens, at most 80.")
    for text in TEXTS:
        box = screen.box("Sats")
        box.click()
        box.fill(text)
        box.press("Enter")
        nothing_acts(screen)
        screen.button("Spara vaccination").click()
        expect(screen.message(missing)).to_be_visible()
    expect(screen.main.get_by_text(sv("No doses."), exact=True)).to_be_visible()


def test_som_anteckning_i_loggkontrollen_visas_de_som_de_ar(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    draw(screen, 1)
    for text in TEXTS:
        for _ in range(TRIES):  # a click within a second of the last is taken for a part of that
            screen.main.get_by_label("Anteckning", exact=True).fill(text)
            screen.button("Att utreda").click()
            screen.is_at_rest()
            if seen(text) in seen(screen.main.inner_text()):
                break
        shows(screen, f"Att utreda · {seen(text)} · bedömd av")
        nothing_acts(screen)
    judge(screen, "I sin ordning", "1 av 1 bedömda")
    several = " ".join(filter(str.isprintable, TEXTS))
    screen.main.get_by_label("Slutsats", exact=True).fill(several)
    screen.button("Avsluta kontrollen").click()
    expect(screen.button("Avsluta kontrollen")).to_have_count(0)
    shows(screen, several)
    nothing_acts(screen)


def test_som_nummer_i_loggutdraget_och_som_ankare_nekas_de_med_besked(screen: Screen) -> None:
    screen.visit("loggutdrag", "Loggutdrag")
    for text in TEXTS:
        screen.search(text)
        expect(screen.main.get_by_test_id("stAlert").first).to_be_visible()
        nothing_acts(screen)
    screen.visit("loggkontroll", "Loggkontroll")
    show(screen, "Kedjan")
    for text in TEXTS:
        screen.main.get_by_label(sv("Earlier anchor, if there is one"), exact=True).fill(text)
        screen.button(sv("Check the chain")).click()
        expect(screen.message(sv("An anchor is an entry's number and its hash, with a colon between."))).to_be_visible()
        nothing_acts(screen)
