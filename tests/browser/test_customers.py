"""Finding and registering customers, their addresses, and that nothing about them leaks or acts."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard
from tests.browser.hostile import nothing_acts, shows
from tests.browser.people import BOOKED_ON, STRANGE_NAME
from tests.browser.screen import CURRENT, WORD_JOINER, Screen, sv


def test_nobody_is_found_and_a_new_customer_registered_once_by_a_double_click(
    screen: Screen, dashboard: Dashboard
) -> None:
    number = dashboard.people.unregistered.popleft()
    screen.visit(heading="Sök kund")
    screen.search(number)
    nobody = "No customer was found. Check the number or the spelling, or register a new customer below."
    expect(screen.message(sv(nobody))).to_be_visible()
    expect(screen.heading("Registrera ny kund")).to_be_visible()
    expect(screen.main.get_by_label("Personnummer", exact=True).last).to_have_value(number)
    screen.main.get_by_label("Förnamn", exact=True).fill("Åsa-Märta")
    screen.main.get_by_label("Efternamn", exact=True).fill("Provnyman")
    screen.choose("Enhet", "Mottagning Söder")
    screen.button(sv("Register and open the card")).dblclick()
    screen.is_on("Kundkort")
    expect(screen.heading("Åsa-Märta Provnyman")).to_be_visible()
    screen.has_no_error()
    for text in (f"{number[:8]}-{number[8:]}", "Mottagning Söder"):
        expect(screen.main.get_by_text(text, exact=True)).to_be_visible()
    screen.go_to("Sök kund")
    screen.is_on("Sök kund")
    screen.search("asa provny")
    expect(screen.main.get_by_role("button", name="Åsa-Märta Provnyman")).to_have_count(1)


def test_an_address_of_nobody_says_so_and_leads_to_the_search(screen: Screen) -> None:
    screen.visit("kundgrupper?kund=999999")
    expect(screen.message(sv("The customer does not exist. Search for the customer anew."))).to_be_visible()
    expect(screen.main.get_by_role("button").filter(has_not_text=sv("Begin for real"))).to_have_count(0)
    screen.main.get_by_role("link", name="Sök kund").click()
    screen.is_on("Sök kund")
    expect(screen.main.get_by_label("Personnummer", exact=True)).to_be_visible()


def test_no_number_is_in_an_address_a_title_or_the_log(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    screen.search(customer.identity)
    screen.is_on("Kundkort")
    titles = {screen.page.title()}
    for page in ("Kundgrupper", "Vaccination", "Bokningar", "Utdata", "Sök kund", "Kundkort"):
        screen.go_to(page)
        screen.is_on(page)
        screen.is_at_rest()
        titles.add(screen.page.title())
        assert customer.family_name not in screen.page.title()
    assert len(titles) == 6
    assert titles <= set(screen.watch.titles)
    assert screen.page.url.endswith(f"/kundkort?kund={customer.customer_id}")
    assert len(screen.watch.addresses) > 10
    assert screen.watch.complaints() == []


def test_a_name_of_code_is_shown_as_it_is_on_every_page(screen: Screen, dashboard: Dashboard) -> None:
    customer = dashboard.people.strange
    assert customer.given_name == STRANGE_NAME
    screen.visit(heading="Sök kund")
    screen.search("onerror javascript latex")
    hit = screen.main.get_by_role("button", name="onerror")
    expect(hit).to_be_visible()
    shows(screen, customer.name)
    nothing_acts(screen)
    hit.click()
    for page in ("Kundkort", "Kundgrupper", "Vaccination"):
        screen.go_to(page)
        screen.is_on(page)
        expect(screen.main.get_by_role("heading", level=3).first).to_contain_text("onerror")
        shows(screen, customer.name)
        nothing_acts(screen)
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    expect(screen.heading(CURRENT)).to_be_visible()
    screen.button("Starta vaccination").click()
    title = screen.dialog.get_by_role("heading", name="Kundgrupper")
    expect(title).to_be_visible()
    assert (title.text_content() or "").replace(WORD_JOINER, "").endswith(customer.name)
    name = screen.dialog.get_attribute("aria-label") or title.text_content() or ""
    assert customer.name in name.replace(WORD_JOINER, "")
    nothing_acts(screen)
    screen.page.keyboard.press("Escape")
    screen.is_on("Vaccination")
    screen.go_to("Bokningar")
    screen.is_on("Bokningar")
    screen.choose("Enhet", "Mottagning Söder")
    screen.set_day("Dag", BOOKED_ON)
    line = screen.main.get_by_role("radiogroup").get_by_text("onerror")
    expect(line).to_be_visible()
    shows(screen, customer.name)
    line.click()
    expect(screen.main.get_by_role("button", name=re.compile("onerror"))).to_be_visible()
    shows(screen, customer.name)
    nothing_acts(screen)
