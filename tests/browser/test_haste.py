"""A coordinator in a hurry: double clicks, and a click on Spara before the dashboard has answered the one before."""

from __future__ import annotations

import re

from playwright.sync_api import ElementHandle, Locator, expect

from mv.customers import Customer
from tests.browser.people import GROUP_SINCE, TODAY
from tests.browser.screen import Screen, sv

OLD = "65 år och äldre"
RISK, HEART = "Medicinsk riskgrupp", "Hjärt- och kärlsjukdom inkl. stroke"
STAFF = "Personal inom vård och omsorg"
EFLUELDA = "Efluelda (J07BB02)"
A_BATCH = re.compile(r"\(går ut \d{4}-\d\d-\d\d\)")


def handle(locator: Locator) -> ElementHandle:
    """Return the element that is there now, so that it can be clicked in the same instant as another one."""
    found = locator.element_handle()
    assert found is not None
    return found


def choose_and_click(screen: Screen, label: str, option: str, button: Locator, within: Locator | None = None) -> None:
    """Choose from a list and click the button before the dashboard has answered."""
    clicked = handle(button)
    screen.box(label, within).click()
    screen.click_at_once(handle(screen.page.get_by_role("option", name=option, exact=True)), clicked)


def middle(locator: Locator) -> tuple[float, float]:
    """Return the place in the window at which the pointer clicks the element."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def click_once_more(screen: Screen, place: tuple[float, float]) -> None:
    """Click as the second half of a double click, on whatever is drawn there by now."""
    screen.page.mouse.move(*place)
    screen.page.mouse.down(click_count=2)
    screen.page.mouse.up(click_count=2)
    screen.is_at_rest()


def rows(screen: Screen) -> Locator:
    return screen.table("Doser").locator("tbody").get_by_role("row")


def test_on_the_groups_page_what_is_seen_is_saved_and_twice_is_once(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    screen.choose("Kundgrupp", RISK)
    choose_and_click(screen, "Undergrupp", HEART, screen.button("Spara"))
    expect(screen.row(RISK)).to_contain_text(f"{RISK} – {HEART}")
    screen.is_at_rest()

    screen.choose("Kundgrupp", STAFF)
    screen.button("Spara").dblclick()
    expect(screen.row(STAFF)).to_be_visible()
    screen.has_no_error()
    expect(screen.action("Ta bort")).to_have_count(2)
    expect(screen.history()).to_have_count(2)

    screen.action("Justera", STAFF).click()
    choose_and_click(screen, "Undergrupp", "Sjukvård", screen.button("Spara justering"), screen.adjust_form())
    expect(screen.row(STAFF)).to_contain_text(f"{STAFF} – Sjukvård")
    screen.is_at_rest()

    screen.action("Ta bort", STAFF).dblclick()
    expect(screen.past_row(f"{STAFF} – Sjukvård", TODAY, TODAY)).to_contain_text(sv("Wrong from the start"))
    screen.has_no_error()
    expect(screen.row(RISK)).to_be_visible()
    expect(screen.history()).to_have_count(4)


def test_a_slow_double_click_on_remove_does_no_more_than_remove_the_row(screen: Screen, pensioner: Customer) -> None:
    """First of two rows, whose place another one takes, then of the only one."""
    screen.open_groups(pensioner)
    screen.save_group("Skörhet")
    for group, first, left in ((OLD, GROUP_SINCE, 1), ("Skörhet", TODAY, 0)):
        place = middle(screen.action("Ta bort", group))
        screen.page.mouse.click(*place)
        expect(screen.past_row(group, first, TODAY)).to_be_visible()
        screen.is_at_rest()
        screen.page.mouse.click(*place)
        screen.go_to("Kundkort")
        screen.is_on("Kundkort")
        screen.go_to("Kundgrupper")
        expect(screen.history()).to_have_count(4 - left)
        expect(screen.past_row(OLD, GROUP_SINCE, TODAY)).to_contain_text(sv("Ceased to apply"))
        expect(screen.action("Ta bort")).to_have_count(left)


def test_the_second_half_of_a_double_click_on_a_form_that_is_drawn_anew_says_nothing(
    screen: Screen, customer: Customer
) -> None:
    screen.open_groups(customer)
    screen.choose("Kundgrupp", STAFF)
    place = middle(screen.button("Spara"))
    screen.page.mouse.click(*place)
    expect(screen.row(STAFF)).to_be_visible()
    screen.is_at_rest()
    click_once_more(screen, place)
    screen.has_no_error()
    screen.button("Spara").click()
    expect(screen.message("Välj en kundgrupp.")).to_be_visible()
    screen.button("Spara").press("Enter")
    expect(screen.message("Välj en kundgrupp.")).to_be_visible()


def test_what_is_added_removed_and_added_again_in_seconds_is_saved_each_time(
    screen: Screen, customer: Customer
) -> None:
    screen.open_groups(customer)
    for times in (1, 2):
        screen.save_group("Skörhet")
        screen.action("Ta bort", "Skörhet").click()
        expect(screen.past_row("Skörhet", TODAY, TODAY)).to_have_count(times)
        screen.is_at_rest()
    screen.save_group("Skörhet")
    screen.choose("Kundgrupp", "Skörhet")
    screen.button("Spara").click()
    expect(screen.message("Kunden har redan kundgruppen Skörhet")).to_be_visible()
    screen.is_at_rest()
    expect(screen.history()).to_have_count(5)


def test_in_the_dialog_what_is_seen_is_saved_and_twice_is_once(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.choose("Kundgrupp", RISK, screen.dialog)
    choose_and_click(screen, "Undergrupp", HEART, screen.button("Lägg till", screen.dialog), screen.dialog)
    expect(screen.row(RISK, screen.dialog)).to_contain_text(f"{RISK} – {HEART}")
    screen.is_at_rest()
    screen.choose("Kundgrupp", "Skörhet", screen.dialog)
    screen.button("Lägg till", screen.dialog).dblclick()
    expect(screen.row("Skörhet", screen.dialog)).to_be_visible()
    screen.has_no_error()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(3)
    screen.action("Ta bort", OLD, screen.dialog).dblclick()
    expect(screen.action("Ångra", OLD, screen.dialog)).to_be_visible()
    screen.has_no_error()
    expect(screen.row("Skörhet", screen.dialog)).to_be_visible()
    screen.button("Close", screen.dialog).click()
    screen.is_on("Vaccination")
    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    expect(screen.history()).to_have_count(4)
    expect(screen.past_row(OLD, GROUP_SINCE, TODAY)).to_contain_text(sv("Ceased to apply"))


def test_of_a_vaccination_what_is_seen_is_saved_and_twice_is_once(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.save_group("Skörhet")
    screen.go_to("Vaccination")
    screen.is_on("Vaccination")
    screen.choose("Vaccin", EFLUELDA)
    screen.choose("Sats", A_BATCH)
    screen.main.get_by_text("Skörhet (").click()
    screen.is_at_rest()
    right = screen.main.get_by_role("radio", name=OLD)
    screen.click_at_once(handle(right), handle(screen.button("Spara vaccination")))
    expect(rows(screen)).to_contain_text([OLD])
    screen.is_at_rest()
    screen.choose("Vaccin", "Comirnaty (J07BN01)")
    screen.choose("Sats", A_BATCH)
    screen.main.get_by_text(f"{OLD} (").click()
    screen.is_at_rest()
    screen.button("Spara vaccination").dblclick()
    expect(rows(screen)).to_have_count(2)
    screen.has_no_error()
    expect(rows(screen)).to_have_count(2)
    expect(screen.history()).to_have_count(2)
