"""Att rätta: from a dose without a group to a paid one, on to the next, and back to the list."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Locator, expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.people import day_of_unpaid_dose
from tests.browser.screen import Screen, sv

OLD, FLUAD, BJORKEN = "65 år och äldre", "Fluad Tetra", "Björkens vårdcentral"
NEXT, SKIP, BACK = "Nästa", "Hoppa över", "Tillbaka till listan"
PAID = "Exempelregionen betalar 150 kr"


def open_list(screen: Screen) -> None:
    """Open the list of the doses that are in the store for these tests."""
    screen.visit("att-ratta", "Att rätta")
    screen.choose("Enhet", BJORKEN)
    screen.choose("Vaccin", FLUAD)


def row(screen: Screen, customer: Customer) -> Locator:
    return screen.main.get_by_test_id("stHorizontalBlock").filter(has_text=customer.name)


def correct(screen: Screen, customer: Customer) -> None:
    screen.action("Rätta", customer.name).click()
    screen.is_about(customer)


def way(screen: Screen, name: str) -> Locator:
    """A button that leads on in the queue; its name may have the keys beside it."""
    return screen.main.get_by_role("button", name=name)


def test_fran_dos_utan_kundgrupp_till_ersatt_dos_och_vidare_till_nasta(screen: Screen, dashboard: Dashboard) -> None:
    one, other = dashboard.people.unpaid.popleft(), dashboard.people.unpaid.popleft()
    day = day_of_unpaid_dose()
    turns = sv(
        "Turns {age} in {year}: belongs to {group}.", age=day.year - one.birth_date.year, year=day.year, group=OLD
    )
    open_list(screen)
    for text in ("150 kr", "20 dagar kvar", str(day), FLUAD, turns):
        expect(row(screen, one)).to_contain_text(text)

    # One click to the place, where nothing is saved before the coordinator does it
    correct(screen, one)
    screen.is_on("Kundgrupper")
    expect(screen.box("Kundgrupp")).to_have_value(OLD)
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()
    expect(screen.message(sv("Not paid: no group counts for the dose."))).to_contain_text(turns)
    screen.button("Spara").click()
    expect(screen.row(OLD)).to_contain_text(str(day))

    # The group is there, and the dose does not count by it yet
    expect(screen.message(sv("The group is there now: choose it for the dose."))).to_be_visible()
    screen.button(sv("Choose it for the dose")).click()
    screen.is_on("Vaccination")
    expect(screen.main.get_by_role("radio", name=OLD)).to_be_checked()
    screen.is_at_rest()
    screen.button("Spara rättelse").click()
    expect(screen.message(PAID)).to_be_visible()
    expect(screen.main.get_by_text("1 rättad, 150 kr")).to_be_visible()

    # On to the next, and back to the list, which is as it was left but for the dose that is mended
    way(screen, NEXT).click()
    screen.is_about(other)
    screen.is_on("Kundgrupper")
    expect(screen.box("Kundgrupp")).to_have_value(OLD)
    way(screen, BACK).click()
    screen.is_on("Att rätta")
    expect(screen.box("Enhet")).to_have_value(BJORKEN)
    expect(screen.action("Rätta", other.name)).to_be_visible()
    expect(screen.action("Rätta", one.name)).to_have_count(0)
    expect(screen.main.get_by_text("1 rättad, 150 kr")).to_be_visible()
    screen.has_no_error()


def test_det_som_inte_sparades_for_en_kund_foljer_inte_med_till_nasta(screen: Screen, dashboard: Dashboard) -> None:
    one, other = dashboard.people.unpaid.popleft(), dashboard.people.unpaid.popleft()
    open_list(screen)
    correct(screen, one)
    screen.set_day("Första dag", day_of_unpaid_dose() - timedelta(days=3))
    way(screen, SKIP).click()
    screen.is_about(other)
    first = screen.main.get_by_role("group", name="Första dag", exact=True).get_by_role("spinbutton")
    expect(first).to_have_text(
        [f"{day_of_unpaid_dose():%Y}", f"{day_of_unpaid_dose():%m}", f"{day_of_unpaid_dose():%d}"]
    )
    for customer in (one, other):
        screen.open_groups(customer)
        expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()


def test_kon_gas_igenom_med_tangentbordet(screen: Screen, dashboard: Dashboard) -> None:
    one, other = dashboard.people.unpaid.popleft(), dashboard.people.unpaid.popleft()
    open_list(screen)
    screen.action("Rätta", one.name).press("Enter")
    screen.is_about(one)
    screen.page.keyboard.press("Alt+n")
    screen.is_about(other)
    way(screen, BACK).press("Enter")
    screen.is_on("Att rätta")


def test_den_som_soker_en_annan_kund_har_lamnat_kon(screen: Screen, dashboard: Dashboard) -> None:
    one, other = dashboard.people.unpaid.popleft(), dashboard.people.unpaid.popleft()
    open_list(screen)
    correct(screen, one)
    expect(way(screen, SKIP)).to_be_visible()
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    expect(way(screen, SKIP)).to_be_visible()
    screen.go_to("Sök kund")
    screen.is_on("Sök kund")
    screen.search(other.identity)
    screen.is_on("Kundkort")
    screen.is_about(other)
    expect(way(screen, SKIP)).to_have_count(0)
    expect(way(screen, BACK)).to_have_count(0)


def test_pa_smal_skarm_och_engelska_star_allt_pa_sidan(open_screen: OpenScreen, dashboard: Dashboard) -> None:
    customer = dashboard.people.unpaid.popleft()
    screen = open_screen("en-GB", 768, 1024)
    screen.visit("att-ratta", "To correct")
    screen.choose("Unit", BJORKEN)
    screen.choose("Vaccine", FLUAD)
    button = screen.action("Correct", customer.name)
    expect(button).to_be_visible()
    assert screen.page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")
    button.click()
    screen.is_about(customer)
    for name in ("Skip", "Back to the list"):
        expect(way(screen, name)).to_be_in_viewport(ratio=1)
    screen.is_on("Customer groups")
    expect(screen.message("Not paid: no group counts for the dose.")).to_contain_text("20 days left")
