"""The page Vaccination: the dose, its batch and the group that counts; corrected and withdrawn with history."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Locator, expect

from mv.customers import Customer
from tests.browser.people import TODAY
from tests.browser.screen import Screen, sv

OLD = "65 år och äldre"
EFLUELDA, FLUAD, COMIRNATY = "Efluelda (J07BB02)", "Fluad Tetra (J07BB02)", "Comirnaty (J07BN01)"
UNPAID = sv("Not paid: no group counts for the dose.")
A_BATCH = re.compile(r"\(går ut \d{4}-\d\d-\d\d\)")


def group(screen: Screen, name: str) -> Locator:
    """Return the choice of the group that counts for the dose."""
    return screen.main.get_by_role("radio", name=name)


def fill_in(screen: Screen, vaccine: str = EFLUELDA) -> str:
    """Choose a vaccine and its first batch, and return the batch's number."""
    screen.choose("Vaccin", vaccine)
    screen.choose("Sats", A_BATCH)
    return screen.box("Sats").input_value().split(" ")[0]


def save(screen: Screen) -> None:
    screen.button("Spara vaccination").click()
    expect(screen.message(sv("The dose is saved: {vaccine}.", vaccine="VACCINE").split("VACCINE")[0])).to_be_visible()
    screen.is_at_rest()


def doses(screen: Screen) -> Locator:
    return screen.table("Doser").locator("tbody").get_by_role("row")


def test_the_button_stands_still_while_it_is_said_what_is_paid(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    expect(group(screen, OLD)).to_be_checked()
    button = screen.button("Spara vaccination")
    before = button.bounding_box()
    screen.choose("Vaccin", EFLUELDA)
    expect(
        screen.message(re.compile(r"betalar 150 kr enligt regeln ”Influensavaccin, 65 år och äldre"))
    ).to_be_visible()
    assert button.bounding_box() == before
    screen.main.get_by_text("Ingen kundgrupp", exact=True).click()
    expect(screen.message(UNPAID)).to_contain_text(re.compile(r"65 år och äldre.*150 kr"))
    assert button.bounding_box() == before
    screen.main.get_by_text(f"{OLD} (").click()
    expect(screen.message("betalar 150 kr")).to_be_visible()
    fill_in(screen)
    save(screen)

    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    screen.action("Justera", OLD).click()
    button = screen.button("Spara justering")
    expect(button).to_be_visible()
    screen.is_at_rest()
    before = button.bounding_box()
    screen.choose("Kundgrupp", "Gravid", screen.adjust_form())
    expect(screen.message("Om du sparar")).to_contain_text("(−150 kr)")
    assert button.bounding_box() == before


def test_a_dose_is_saved_corrected_and_withdrawn_and_all_of_it_is_in_the_history(
    screen: Screen, pensioner: Customer
) -> None:
    yesterday = TODAY - timedelta(days=1)
    screen.open_vaccination(pensioner)
    expect(screen.box("Sats")).to_have_attribute("placeholder", sv("Scan the pack"))
    batch = fill_in(screen, COMIRNATY)
    screen.choose("Vaccin", EFLUELDA)
    expect(screen.box("Sats")).to_have_value("")
    assert not [choice for choice in screen.choices("Sats") if batch in choice]
    batch = fill_in(screen)
    save(screen)
    expect(screen.box("Vaccin")).to_have_value("")
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    expect(doses(screen)).to_have_count(1)
    for text in (str(TODAY), EFLUELDA, batch, OLD, "Gäller"):
        expect(doses(screen)).to_contain_text(text)

    screen.go_to("Vaccination")
    screen.is_on("Vaccination")
    screen.action("Rätta", "Efluelda").click()
    expect(screen.box("Vaccin")).to_have_value(EFLUELDA)
    screen.choose("Vaccin", FLUAD)
    expect(screen.box("Sats")).to_have_value("")
    screen.choose("Sats", A_BATCH)
    screen.set_day("Given den", yesterday)
    screen.button("Spara rättelse").click()
    expect(screen.message(sv("The dose is corrected. What it was before is in the change history."))).to_be_visible()
    expect(doses(screen)).to_have_count(1)
    for text in (FLUAD, str(yesterday), OLD):
        expect(doses(screen)).to_contain_text(text)
    screen.action("Återkalla", "Fluad").click()
    screen.page.get_by_role("button", name=sv("It was entered by mistake")).click()
    expect(screen.message(sv("The dose is withdrawn. It stays in the change history."))).to_be_visible()
    expect(doses(screen)).to_contain_text(["Återkallad"])
    expect(screen.action("Rätta")).to_have_count(0)
    history = screen.history()
    expect(history).to_have_count(3)
    for row, texts in zip(
        history.all(),
        (("Återkallad", FLUAD), ("Rättad", FLUAD, str(yesterday)), ("Registrerad", EFLUELDA, str(TODAY))),
        strict=True,
    ):
        for text in texts:
            expect(row).to_contain_text(text)
