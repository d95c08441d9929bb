"""Fifty hostile texts shown together in each kind of place: nothing runs, nothing is restyled, nothing leaves.

In each field they are typed by tests/pages/test_hostile.py. What a page did or asked for is watched in every test:
windows, requests, breaches of the policy, uncaught errors.
"""

from __future__ import annotations

from datetime import date

from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.hostile import nothing_acts, seen, shows
from tests.browser.people import HOSTILE
from tests.browser.screen import Screen, sv
from tests.browser.test_access_log import draw, judge, show


def test_in_buttons_they_are_texts(screen: Screen) -> None:
    screen.visit(heading="Sök kund")
    screen.search("provfientlig")
    hits = screen.main.get_by_role("button", name="Provfientlig")
    expect(hits).to_have_count(20)
    shown = seen(screen.text())
    assert sum(f"Prov {seen(text)} Provfientlig" in shown for text in HOSTILE) >= 20
    nothing_acts(screen)


def test_in_tables_they_are_texts(screen: Screen) -> None:
    """As names and as reasons why another unit's customer was opened."""
    screen.visit("loggkontroll", "Loggkontroll")
    show(screen, "Signaler")
    signal = screen.main.get_by_test_id("stExpander").filter(has_text=sv("Customers of other units"))
    signal.get_by_text(sv("Customers of other units")).click()
    expect(screen.table(sv("Customers of other units"))).to_be_visible()
    shows(screen, *HOSTILE)
    nothing_acts(screen)


def test_in_lists_and_messages_they_are_texts(screen: Screen) -> None:
    """As payers, regions and sources of rules."""
    screen.visit("ersattningsregler", "Ersättningsregler")
    screen.set_day("Gäller den", date(2019, 7, 1))
    found = seen(screen.text())
    while (following := screen.main.get_by_role("button", name="Next")).is_enabled():
        nothing_acts(screen)
        following.click()
        screen.is_at_rest()
        found += seen(screen.text())
    nothing_acts(screen)
    assert [text for text in HOSTILE if seen(text) not in found] == []


def test_in_a_text_of_many_lines_they_are_texts(screen: Screen, customer: Customer) -> None:
    several = " ".join(HOSTILE)
    screen.open_card(customer)
    draw(screen, 1)
    judge(screen, "Att utreda", "1 av 1 bedömda", HOSTILE[0])
    shows(screen, f"Att utreda · {HOSTILE[0]} · bedömd av")
    screen.main.get_by_label("Slutsats", exact=True).fill(several)
    screen.button("Avsluta kontrollen").click()
    expect(screen.button("Avsluta kontrollen")).to_have_count(0)
    shows(screen, several)
    nothing_acts(screen)
