"""Two records of one person merged and separated again, and a new number, as a coordinator does it on the card."""

from __future__ import annotations

from playwright.sync_api import expect

from mv.customers import Customer
from mv.identity import format_identity
from tests.browser.conftest import Dashboard
from tests.browser.people import TODAY
from tests.browser.screen import CURRENT, Screen, sv

SAME_PERSON = "The records have different birth dates or sexes. They may be two people."
OTHER_BIRTH_DATE = (
    "The number gives another birth date than the customer has. Nothing was changed."
    " Check the number; if it is right, say that it is the same person."
)
FOLLOWED = "The record that you opened was merged into this one."


def open_merging(screen: Screen, other: Customer, heading: str, field: str) -> None:
    """Have the other record beside the one whose card is open."""
    screen.main.get_by_text(heading, exact=True).click()
    box = screen.main.get_by_label(field, exact=True)
    box.fill(other.identity)
    box.press("Enter")
    screen.is_at_rest()


def test_two_records_of_one_person_are_merged_and_separated_again(
    screen: Screen, customer: Customer, pensioner: Customer
) -> None:
    number = format_identity(pensioner.identity, TODAY)
    screen.open_card(customer)
    open_merging(screen, pensioner, "Slå ihop med en annan post", "Den andra postens personnummer")
    both = screen.table(sv("The two records"))
    expect(both).to_contain_text(pensioner.name)
    expect(both).to_contain_text(customer.name)
    expect(screen.main.get_by_text("1 kundgrupp flyttas till posten som behålls.", exact=True)).to_be_visible()
    expect(screen.message(sv(SAME_PERSON))).to_be_visible()
    screen.is_at_rest()
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


def test_a_new_number_takes_everything_along_and_the_old_one_finds_the_customer(
    screen: Screen, dashboard: Dashboard, pensioner: Customer
) -> None:
    number = dashboard.people.unregistered.popleft()
    screen.open_card(pensioner)
    screen.main.get_by_text(sv("Change identity number"), exact=True).click()
    field = screen.main.get_by_label("Nytt personnummer", exact=True)
    field.fill(number)
    field.press("Enter")
    expect(screen.message("Numret säger född")).to_be_visible()
    screen.is_at_rest()
    screen.button("Byt nummer").click()
    expect(screen.message(sv(OTHER_BIRTH_DATE))).to_be_visible()
    screen.is_at_rest()
    expect(screen.main.get_by_text(format_identity(pensioner.identity, TODAY), exact=True)).to_be_visible()
    screen.main.get_by_text(sv("It is the same person: change the birth date, too"), exact=True).click()
    screen.is_at_rest()
    screen.button("Byt nummer").dblclick()
    expect(screen.message(sv("The number is changed. Groups, doses and bookings have followed."))).to_be_visible()
    expect(screen.main.get_by_text(format_identity(number, TODAY), exact=True)).to_be_visible()
    expect(screen.table(CURRENT)).to_contain_text("65 år och äldre")
    earlier = sv("Earlier number: {numbers}", numbers=format_identity(pensioner.identity, TODAY))
    for searched in (pensioner.identity, number):
        screen.go_to("Sök kund")
        screen.is_on("Sök kund")
        screen.is_at_rest()
        screen.search(searched)
        screen.is_on("Kundkort")
        screen.is_about(pensioner)
        expect(screen.main.get_by_text(earlier, exact=True)).to_be_visible()
