"""Two records of one person merged and separated again, and a day of death, as a coordinator does it on the card."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mv.customers import Customer
from mv.identity import format_identity
from tests.browser.conftest import OpenScreen
from tests.browser.people import today
from tests.browser.screen import CURRENT, Screen, sv

SAME_PERSON = "The records have different birth dates or sexes. They may be two people."
FOLLOWED = "The record that you opened was merged into this one."


def open_merging(screen: Screen, other: Customer, heading: str, field: str) -> None:
    """Have the other record beside the one whose card is open."""
    screen.main.get_by_text(heading, exact=True).click()
    box = screen.main.get_by_label(field, exact=True)
    box.fill(other.identity)
    box.press("Enter")
    screen.is_at_rest()


def test_tva_poster_av_en_person_slas_ihop_och_delas_igen(
    screen: Screen, customer: Customer, pensioner: Customer
) -> None:
    number = format_identity(pensioner.identity, today())
    screen.open_card(customer)
    open_merging(screen, pensioner, "Slå ihop med en annan post", "Den andra postens personnummer")
    both = screen.table(sv("The two records"))
    expect(both).to_contain_text(pensioner.name)
    expect(both).to_contain_text(customer.name)
    expect(screen.main.get_by_text("1 kundgrupp flyttas till posten som behålls.", exact=True)).to_be_visible()
    expect(screen.message(sv(SAME_PERSON))).to_be_visible()
    screen.main.get_by_text(sv("It is the same person"), exact=True).click()
    screen.is_at_rest()
    screen.button("Slå ihop posterna").dblclick()
    expect(screen.message("Posterna är ihopslagna.")).to_be_visible()
    expect(screen.message(customer.name)).to_be_visible()
    expect(screen.table(CURRENT)).to_contain_text("65 år och äldre")
    screen.go_to("Sök kund")
    screen.is_on("Sök kund")
    screen.search(pensioner.identity)
    screen.is_on("Kundkort")
    screen.is_about(customer)
    screen.visit(f"kundgrupper?kund={pensioner.customer_id}", "Kundgrupper")
    expect(screen.message(sv(FOLLOWED))).to_be_visible()
    screen.is_about(customer)
    screen.open_card(customer)
    expect(screen.main.get_by_text(f"Sammanslagen med {pensioner.name}, {number}")).to_be_visible()
    screen.button("Ångra sammanslagningen").click()
    screen.page.get_by_role("button", name="Dela på posterna", exact=True).click()
    expect(screen.message("Posterna är två igen.")).to_be_visible()
    expect(screen.main.get_by_text("Ingen aktuell kundgrupp", exact=False)).to_be_visible()
    screen.open_card(pensioner)
    screen.is_about(pensioner)
    expect(screen.table(CURRENT)).to_contain_text("65 år och äldre")
    screen.has_no_error()


def test_en_dodsdag_sparas_visas_overst_och_tas_tillbaka(screen: Screen, customer: Customer) -> None:
    day = today() - timedelta(days=3)
    screen.open_card(customer)
    screen.main.get_by_text("Avliden", exact=True).click()
    screen.set_day("Dödsdag", day)
    screen.button("Spara dödsdagen").click()
    expect(screen.message(f"Avliden {day}")).to_be_visible()
    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    expect(screen.message(f"Avliden {day}")).to_be_visible()
    screen.choose("Kundgrupp", "Gravid")
    screen.button("Spara").click()
    expect(screen.message(f"Kunden avled {day}.")).to_be_visible()
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.main.get_by_text("Avliden", exact=True).click()
    screen.button("Kunden lever").click()
    expect(screen.message("Dödsdagen är borttagen.")).to_be_visible()
    expect(screen.message(f"Avliden {day}")).to_have_count(0)


@pytest.mark.parametrize(("locale", "width"), [("sv-SE", 1280), ("en-GB", 768)])
def test_bada_posterna_ryms_pa_sprak_och_bredd(
    open_screen: OpenScreen, customer: Customer, pensioner: Customer, locale: str, width: int
) -> None:
    swedish = locale == "sv-SE"
    screen = open_screen(locale=locale, width=width)
    screen.visit(f"kundkort?kund={customer.customer_id}", "Kundkort" if swedish else "Customer card")
    heading, field = "Merge with another record", "Identity number of the other record"
    open_merging(screen, pensioner, *((sv(heading), sv(field)) if swedish else (heading, field)))
    expect(screen.table(sv("The two records") if swedish else "The two records")).to_contain_text(pensioner.name)
    screen.is_at_rest()
    assert screen.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
