"""Finding and registering customers, their addresses, and that nothing about them leaks or acts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from mv.customers import Customer
from mv.identity import format_identity
from tests.browser.conftest import Dashboard
from tests.browser.people import STRANGE_NAME, today
from tests.browser.screen import CURRENT, WORD_JOINER, Screen, sv

UNKNOWN = "The customer does not exist. Search for the customer anew."


def reads(screen: Screen, text: str) -> None:
    """Expect ``text``, character for character, somewhere on the page."""
    screen.is_at_rest()
    assert text in screen.text()


def nothing_acts(screen: Screen) -> None:
    """Expect that no part of a name has become a picture, a link, a formula, a script, or set text."""
    foreign = screen.page.locator(
        "main :is(img[src='x'], .katex, script, a[href*='javascript'], a[href*='example.com'], s, del, strong, code),"
        " .stMain :is(img[src='x'], .katex, script, a[href*='javascript'], a[href*='example.com'], s, del, code),"
        " [role=dialog] :is(img[src='x'], .katex, script, a[href*='javascript'], a[href*='example.com'], s, del, code)"
    )
    expect(foreign).to_have_count(0)


def test_delar_av_namnet_i_valfri_ordning_hittar_kunden(screen: Screen, customer: Customer) -> None:
    given, family = customer.given_name, customer.family_name
    screen.visit(heading="Sök kund")
    hit = screen.main.get_by_role("button", name=customer.name)
    for words in (f"{given} {family}", f"{family} {given}", f"VIL {family.upper()}", f"{family[:-1]} v"):
        screen.search("aa aa")
        expect(hit).to_have_count(0)
        screen.search(words)
        for text in (format_identity(customer.identity, today()), "Mottagning Norr"):
            expect(hit).to_contain_text(text)
    hit.click()
    screen.is_on("Kundkort")
    screen.is_about(customer)


def test_and_kar_hittar_anders_karlsson(screen: Screen, dashboard: Dashboard) -> None:
    anders = dashboard.people.anders
    screen.visit(heading="Sök kund")
    screen.search("and kar")
    hit = screen.main.get_by_role("button", name="Anders Karlsson")
    expect(hit.filter(has_text=format_identity(anders.identity, today()))).to_be_visible()


def test_ingen_traff_leder_till_en_ny_kund_vars_kundkort_oppnas(screen: Screen, dashboard: Dashboard) -> None:
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
    screen.button(sv("Register and open the card")).click()
    screen.is_on("Kundkort")
    expect(screen.heading("Åsa-Märta Provnyman")).to_be_visible()
    for text in (f"{number[:8]}-{number[8:]}", "Mottagning Söder"):
        expect(screen.main.get_by_text(text, exact=True)).to_be_visible()
    screen.go_to("Sök kund")
    screen.is_on("Sök kund")
    screen.search("asa provny")
    expect(screen.main.get_by_role("button", name="Åsa-Märta Provnyman")).to_have_count(1)


def test_dubbelklick_pa_registrera_ger_en_kund_och_inget_fel(screen: Screen, dashboard: Dashboard) -> None:
    screen.visit(heading="Sök kund")
    screen.search(dashboard.people.unregistered.popleft())
    screen.main.get_by_label("Förnamn", exact=True).fill("Dubbel")
    screen.main.get_by_label("Efternamn", exact=True).fill("Provklick")
    screen.button(sv("Register and open the card")).dblclick()
    screen.is_on("Kundkort")
    expect(screen.heading("Dubbel Provklick")).to_be_visible()
    screen.has_no_error()


def test_ett_namn_utan_traff_gar_att_registrera_med_nummer(screen: Screen, dashboard: Dashboard) -> None:
    number = dashboard.people.unregistered.popleft()
    screen.visit(heading="Sök kund")
    screen.search("zzyzx provlos")
    expect(screen.heading("Registrera ny kund")).to_be_visible()
    screen.main.get_by_label("Personnummer", exact=True).last.fill(number)
    screen.main.get_by_label("Förnamn", exact=True).fill("Zz")
    screen.main.get_by_label("Efternamn", exact=True).fill("Provlos")
    screen.button(sv("Register and open the card")).click()
    screen.is_on("Kundkort")
    expect(screen.heading("Zz Provlos")).to_be_visible()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("1950010", "The length is wrong. Enter ten or twelve digits, or the twelve characters of a reserve number."),
        ("195013019980", "The date in the number does not exist. Check the year, the month and the day."),
        ("wrong digit", "The last digit does not agree with the rest. Compare every character with the source."),
    ],
    ids=["langd", "datum", "kontrollsiffra"],
)
def test_ett_fel_nummer_far_veta_vad_som_ar_fel(
    screen: Screen, dashboard: Dashboard, number: str, message: str
) -> None:
    if number == "wrong digit":
        right = dashboard.people.unregistered[-1]
        number = right[:-1] + str((int(right[-1]) + 1) % 10)
    screen.visit(heading="Sök kund")
    screen.search(number)
    expect(screen.message(sv(message))).to_be_visible()
    expect(screen.heading("Registrera ny kund")).to_have_count(0)


@pytest.mark.parametrize("address", ["?kund=999999", "?kund=abc", ""], ids=["okand-kund", "bokstaver", "ingen-kund"])
def test_en_adress_utan_kand_kund_sager_det_och_leder_till_sokningen(screen: Screen, address: str) -> None:
    said = sv(UNKNOWN if address else "No customer is chosen. Find one first.")
    for page in ("kundkort", "kundgrupper", "vaccination"):
        screen.visit(page + address)
        expect(screen.message(said)).to_be_visible()
        expect(screen.main.get_by_role("button")).to_have_count(0)
    screen.main.get_by_role("link", name="Sök kund").click()
    screen.is_on("Sök kund")
    expect(screen.main.get_by_label("Personnummer", exact=True)).to_be_visible()


def test_ett_bokmarke_till_varje_sida_oppnar_den_utan_fel(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    addresses = [link.get_attribute("href") or "" for link in screen.menu.get_by_role("link").all()]
    assert len(addresses) == 12
    for address in addresses:
        screen.visit(address.rsplit("/", 1)[1])
        expect(screen.main.get_by_role("heading", level=2).first).to_be_visible()
        expect(screen.dialog).to_have_count(0)


def test_inget_personnummer_i_adresser_titlar_eller_logg(screen: Screen, customer: Customer) -> None:
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
    assert screen.page.url.endswith(f"/kundkort?kund={customer.customer_id}")
    assert len(screen.watch.addresses) > 10
    assert screen.watch.complaints() == []


def test_ett_namn_av_kod_visas_ordagrant_pa_varje_sida(screen: Screen, dashboard: Dashboard) -> None:
    customer = dashboard.people.strange
    assert customer.given_name == STRANGE_NAME
    screen.visit(heading="Sök kund")
    screen.search("onerror javascript latex")
    hit = screen.main.get_by_role("button", name="onerror")
    expect(hit).to_be_visible()
    reads(screen, customer.name)
    nothing_acts(screen)
    hit.click()
    for page in ("Kundkort", "Kundgrupper", "Vaccination"):
        screen.go_to(page)
        screen.is_on(page)
        expect(screen.main.get_by_role("heading", level=3).first).to_contain_text("onerror")
        reads(screen, customer.name)
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
    screen.set_day("Dag", dashboard.people.booking_day)
    line = screen.main.get_by_role("radiogroup").get_by_text("onerror")
    expect(line).to_be_visible()
    reads(screen, customer.name)
    line.click()
    expect(screen.main.get_by_role("button", name=re.compile("onerror"))).to_be_visible()
    reads(screen, customer.name)
    nothing_acts(screen)
