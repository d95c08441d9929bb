"""A pack scanned as a keyboard scanner types it: into the search field of Batchnummer, and into a field for a batch."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.batches.test_scanning import SWEDISH
from tests.browser.screen import Screen, sv

MILLISECONDS_BETWEEN_KEYS = 2


def scan(screen: Screen, text: str) -> None:
    """Type what a scanner types of a code, fast, and end it with Enter as that does; the field has the cursor."""
    screen.page.keyboard.type(text, delay=MILLISECONDS_BETWEEN_KEYS)
    screen.page.keyboard.press("Enter")
    screen.is_at_rest()


def test_a_pack_is_scanned_asked_about_once_and_chooses_vaccine_and_batch(screen: Screen) -> None:
    screen.visit("batchnummer", "Batchnummer")
    screen.main.get_by_role("textbox", name=sv("Search, or scan a pack"), exact=True).click()
    scan(screen, f"]d201{SWEDISH}21SER9\x1d1727033110BR-123")  # the browser drops the control character
    screen.choose(sv("Vaccine of the pack"), re.compile("Efluelda"))
    screen.button(sv("Save the pack")).click()
    expect(screen.heading("Efluelda BR-123")).to_be_visible()

    screen.visit("efterregistrering", "Efterregistrering")
    screen.box("Sats").click()
    scan(screen, f"01{SWEDISH}1727040010BR-124")
    expect(screen.box("Sats")).to_have_value(sv("{number} (expires {day})", number="BR-124", day="2027-04-30"))
    expect(screen.box(sv("Vaccine, if a dose was given"))).to_have_value(re.compile("Efluelda"))
    screen.box("Sats").click()
    scan(screen, f"01{SWEDISH}1727")
    expect(screen.message(re.compile("Bara en del av koden"))).to_be_visible()
    expect(screen.box("Sats")).to_have_value("")
