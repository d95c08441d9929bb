"""Att rätta: from a dose without a group to a paid one, on to the next, and back to the list."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard
from tests.browser.people import UNPAID_ON
from tests.browser.screen import Screen, sv

OLD, FLUAD, BJORKEN = "65 år och äldre", "Fluad Tetra", "Björkens vårdcentral"
NEXT, BACK = "Nästa", "Tillbaka till listan"
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


def test_from_a_dose_without_a_group_to_a_paid_one_and_on_to_the_next(screen: Screen, dashboard: Dashboard) -> None:
    one, other = dashboard.people.unpaid.popleft(), dashboard.people.unpaid.popleft()
    day = UNPAID_ON
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


def test_the_queue_is_gone_through_by_the_keyboard(screen: Screen, dashboard: Dashboard) -> None:
    one, other = dashboard.people.unpaid.popleft(), dashboard.people.unpaid.popleft()
    open_list(screen)
    screen.action("Rätta", one.name).press("Enter")
    screen.is_about(one)
    screen.page.keyboard.press("Alt+n")
    screen.is_about(other)
    way(screen, BACK).press("Enter")
    screen.is_on("Att rätta")
