"""The checks of payments and the change of identity number, as a coordinator comes upon them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from mv.customers import Customer
from mv.identity import format_identity
from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.people import today
from tests.browser.screen import Screen, sv

NEVER_ENDED = "check_too_long"
OTHER_BIRTH_DATE = (
    "The number gives another birth date than the customer has. Nothing was changed."
    " Check the number; if it is right, say that it is the same person."
)


def check(screen: Screen, key: str) -> Locator:
    """The box of a check."""
    return screen.main.locator(f".st-key-{key}")


def open_part(screen: Screen, part: str) -> None:
    screen.main.get_by_role("radiogroup").get_by_text(part, exact=True).click()
    screen.is_at_rest()


def show_customers(screen: Screen, box: Locator) -> None:
    """Ask for the customers of a check, unless they are shown already."""
    toggle = box.get_by_role("checkbox", name="Visa kunderna").or_(box.get_by_role("switch", name="Visa kunderna"))
    expect(toggle).to_be_attached()
    if not toggle.is_checked():
        box.get_by_text("Visa kunderna", exact=True).click()
    expect(toggle).to_be_checked()
    screen.is_at_rest()


def test_en_graviditet_som_aldrig_avslutades_justeras_med_ett_klick(screen: Screen, customer: Customer) -> None:
    first = today() - timedelta(days=300)
    screen.open_groups(customer)
    screen.save_group("Gravid", first=first)
    screen.go_to("Kontroller")
    screen.is_on("Kontroller")
    open_part(screen, "Perioder")
    box = check(screen, NEVER_ENDED)
    expect(box.get_by_role("heading", name="Kundgrupper som aldrig avslutades")).to_be_visible()
    expect(box).not_to_contain_text(customer.family_name)
    show_customers(screen, box)
    expect(box).to_contain_text(customer.name)
    expect(box).to_contain_text(format_identity(customer.identity, today()))
    expect(box).to_contain_text("Har pågått i 301 dagar; den kan pågå i högst 300.")
    screen.action("Justera", customer.name, box).click()
    screen.is_on("Kundgrupper")
    screen.is_about(customer)
    form = screen.adjust_form()
    expect(form).to_be_visible()
    screen.set_day("Första dag", first + timedelta(days=1), form)
    screen.button("Spara justering").click()
    expect(screen.row("Gravid")).to_contain_text(str(first + timedelta(days=1)))
    screen.is_at_rest()
    screen.go_to("Kontroller")
    screen.is_on("Kontroller")
    expect(check(screen, NEVER_ENDED).get_by_role("heading", name="Kundgrupper som aldrig avslutades")).to_be_visible()
    screen.is_at_rest()
    expect(check(screen, NEVER_ENDED)).not_to_contain_text(customer.family_name)
    screen.has_no_error()


def test_ett_nytt_personnummer_foljs_av_allt_och_det_gamla_hittar_kunden(
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
    expect(screen.main.get_by_text(format_identity(pensioner.identity, today()), exact=True)).to_be_visible()
    screen.main.get_by_text(sv("It is the same person: change the birth date, too"), exact=True).click()
    screen.is_at_rest()
    screen.button("Byt nummer").dblclick()
    expect(screen.message(sv("The number is changed. Groups, doses and bookings have followed."))).to_be_visible()
    expect(screen.main.get_by_text(format_identity(number, today()), exact=True)).to_be_visible()
    expect(screen.table("Aktuella kundgrupper")).to_contain_text("65 år och äldre")
    earlier = sv("Earlier number: {numbers}", numbers=format_identity(pensioner.identity, today()))
    for searched in (pensioner.identity, number):
        screen.go_to("Sök kund")
        screen.is_on("Sök kund")
        screen.is_at_rest()
        screen.search(searched)
        screen.is_on("Kundkort")
        screen.is_about(pensioner)
        expect(screen.main.get_by_text(earlier, exact=True)).to_be_visible()


@pytest.mark.parametrize(("locale", "width"), [("sv-SE", 1280), ("en-GB", 768)])
def test_varje_del_av_kontrollerna_ryms_pa_sprak_och_bredd(open_screen: OpenScreen, locale: str, width: int) -> None:
    swedish = locale == "sv-SE"
    screen = open_screen(locale=locale, width=width)
    screen.visit("kontroller", "Kontroller" if swedish else "Checks")
    parts = {"Nyårslista": "New Year list", "Perioder": "Periods", "En person två gånger": "One person twice"}
    for part, english in parts.items():
        open_part(screen, part if swedish else english)
        screen.has_no_error()
        assert screen.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
