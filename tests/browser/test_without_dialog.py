"""Steps A1–A9 of the routine: groups without the dialog, for example when registering afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from mv.clock import to_local
from mv.customers import Customer
from mv.identity import format_identity
from tests.browser.conftest import Dashboard
from tests.browser.people import BOOKED_ON, GROUP_SINCE, TODAY
from tests.browser.screen import CURRENT, PAST, Screen, sv

OLD = "65 år och äldre"
RISK, HEART = "Medicinsk riskgrupp", "Hjärt- och kärlsjukdom inkl. stroke"
RISK_SUBGROUPS = [
    HEART,
    "Lungsjukdom (KOL, svår eller instabil astma)",
    "Nedsatt lungfunktion eller hostkraft",
    "Lever- eller njursvikt",
    "Diabetes typ 1 eller 2",
    "Kraftigt nedsatt immunförsvar (inkl. Downs syndrom)",
]
STAFF = "Personal inom vård och omsorg"
STAFF_SUBGROUPS = ["Särskilt boende", "Hemtjänst", "Sjukvård"]
MOST_TABS = 60


def top(locator: Locator) -> float:
    """Return how far down the page something stands."""
    box = locator.bounding_box()
    assert box is not None
    return box["y"]


def left(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["x"]


def tab_to(screen: Screen, button: Locator) -> None:
    """Move from field to field by the Tab key alone until ``button`` has the focus."""
    handle = button.element_handle()
    for _ in range(MOST_TABS):
        if screen.page.evaluate("button => button === document.activeElement", handle):
            return
        screen.page.keyboard.press("Tab")
    pytest.fail("The Tab key does not lead to the button")


def red_and_white_pixels(button: Locator) -> tuple[int, int]:
    """Return how many pixels of a button's picture are red, and how many white ones are among these."""
    shown = button.get_by_role("img").screenshot()
    pixels = list(Image.open(BytesIO(shown)).convert("RGB").get_flattened_data())
    red = [pixel for pixel in pixels if pixel[0] > 150 and max(pixel[1:]) < 80]
    white = [pixel for pixel in pixels if min(pixel) > 200]
    return len(red), len(white)


def exported(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")


def test_a1_a_number_in_any_form_and_enter_open_the_card(screen: Screen, customer: Customer) -> None:
    number = customer.identity
    screen.visit()
    expect(screen.menu.get_by_text("Kunder", exact=True)).to_be_visible()
    for text in (number, f"{number[:8]}-{number[8:]}", f"{number[2:8]}-{number[8:]}", number[2:]):
        screen.go_to("Sök kund")
        screen.is_on("Sök kund")
        screen.search(text)
        screen.is_on("Kundkort")
        screen.is_about(customer)
        expect(screen.main.get_by_text(f"{number[:8]}-{number[8:]}", exact=True)).to_be_visible()


def test_a2_a_booking_and_the_name_in_it_lead_to_the_card(screen: Screen, dashboard: Dashboard) -> None:
    people = dashboard.people
    screen.visit("bokningar", "Bokningar")
    screen.choose("Enhet", "Mottagning Söder")
    screen.set_day("Dag", BOOKED_ON)
    lines = screen.main.get_by_role("radiogroup").get_by_role("radio")
    expect(lines).to_have_count(len(people.bookings))
    for line, booking in zip(lines.all(), people.bookings, strict=True):
        expect(line).to_have_accessible_name(re.compile(f"^{to_local(booking.starts_at):%H:%M} "))
    screen.main.get_by_text(people.booked.name).click()
    expect(screen.heading("Bokningsinformation")).to_be_visible()
    for text in (
        format_identity(people.booked.identity, TODAY),
        f"{BOOKED_ON} 10:00",
        "VaxigripTetra (J07BB02)",
        "Mottagning Söder",
    ):
        expect(screen.main.get_by_text(text).last).to_be_visible()
    screen.main.get_by_role("button", name=people.booked.name).click()
    screen.is_on("Kundkort")
    screen.is_about(people.booked)
    expect(screen.table("Kommande bokningar").get_by_role("row").last).to_contain_text(f"{BOOKED_ON} 10:00")


def test_a3_the_menu_has_the_card_and_the_groups_of_a_chosen_customer(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    pages = screen.menu.get_by_role("link")
    expect(pages.filter(has_text="Sök kund")).to_be_visible()
    expect(pages.filter(has_text="Kundkort")).to_have_count(0)
    expect(pages.filter(has_text="Kundgrupper")).to_have_count(0)
    screen.search(customer.identity)
    screen.is_on("Kundkort")
    for page in ("Kundgrupper", "Kundkort"):
        screen.go_to(page)
        screen.is_on(page)
        screen.is_about(customer)


def test_a4_the_subgroups_are_those_of_the_chosen_group(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    groups = screen.choices("Kundgrupp")
    assert OLD in groups
    assert "Covid-19: vaccination i fasordning" not in groups  # which is used no longer
    expect(screen.box("Undergrupp")).to_be_disabled()
    screen.choose("Kundgrupp", RISK)
    assert screen.choices("Undergrupp") == RISK_SUBGROUPS
    screen.choose("Undergrupp", HEART)
    screen.choose("Kundgrupp", STAFF)
    expect(screen.box("Undergrupp")).to_have_value("")
    assert screen.choices("Undergrupp") == STAFF_SUBGROUPS
    screen.choose("Kundgrupp", "Gravid")
    expect(screen.box("Undergrupp")).to_be_disabled()
    screen.choose("Kundgrupp", RISK)
    screen.choose("Undergrupp", HEART)
    screen.button("Spara").click()
    expect(screen.row(f"{RISK} – {HEART}")).to_be_visible()


def test_a5_a_saved_group_is_a_row_below_without_a_reload(screen: Screen, customer: Customer) -> None:
    first = TODAY - timedelta(days=21)
    screen.open_groups(customer)
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()
    screen.page.evaluate("window.notReloaded = true")
    screen.save_group(RISK, HEART, first)
    row = screen.row(f"{RISK} – {HEART}")
    expect(row).to_contain_text(str(first))
    assert top(screen.button("Spara")) < top(screen.heading(CURRENT)) < top(row) < top(screen.heading(PAST))
    screen.save_group("Skörhet")
    expect(screen.row("Skörhet")).to_contain_text(str(first))
    assert screen.page.evaluate("window.notReloaded") is True


def test_a6_a_row_is_adjusted_and_removed_by_the_keyboard(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    screen.save_group("Skörhet")
    screen.save_group(STAFF, "Hemtjänst")
    screen.heading("Kundgrupper").click()
    tab_to(screen, screen.action("Justera", STAFF))
    screen.page.keyboard.press("Enter")
    expect(screen.button("Spara justering")).to_be_visible()
    screen.choose("Undergrupp", "Sjukvård", screen.adjust_form())
    tab_to(screen, screen.button("Spara justering"))
    screen.page.keyboard.press("Space")
    expect(screen.row(f"{STAFF} – Sjukvård")).to_be_visible()
    screen.is_at_rest()
    tab_to(screen, screen.action("Ta bort", "Skörhet"))
    screen.page.keyboard.press("Space")
    expect(screen.past_row("Skörhet", TODAY, TODAY)).to_be_visible()
    expect(screen.action("Ta bort")).to_have_count(1)
    tab_to(screen, screen.action("Justera", STAFF))
    screen.page.keyboard.press("Space")
    tab_to(screen, screen.button("Spara justering"))
    screen.page.keyboard.press("Enter")
    expect(screen.button("Spara justering")).to_have_count(0)
    screen.is_at_rest()
    tab_to(screen, screen.action("Ta bort", STAFF))
    screen.page.keyboard.press("Enter")
    expect(screen.action("Ta bort")).to_have_count(0)


def test_a6_the_pencil_and_the_red_ball_are_named_and_adjusting_keeps_what_was(
    screen: Screen, pensioner: Customer
) -> None:
    corrected = TODAY - timedelta(days=400)
    screen.open_groups(pensioner)
    adjust, remove = screen.action("Justera"), screen.action("Ta bort")
    for button, word in ((adjust, "Justera"), (remove, "Ta bort")):
        expect(button).to_have_accessible_name(re.compile(f"^({word} {OLD}|{OLD} {word})$"))
        expect(button).to_contain_text(word)
    expect(adjust.get_by_test_id("stIconMaterial")).to_have_text("edit")
    red, white = red_and_white_pixels(remove)
    assert red > 80
    assert 5 < white < red + 100

    adjust.click()
    screen.set_day("Första dag", corrected, screen.adjust_form())
    screen.choose("Kundgrupp", RISK, screen.adjust_form())
    screen.choose("Undergrupp", HEART, screen.adjust_form())
    screen.button("Spara justering").click()
    expect(screen.row(f"{RISK} – {HEART}")).to_contain_text(str(corrected))
    expect(screen.action("Ta bort")).to_have_count(1)
    rows = screen.history()
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Justerad")
    for text in ("demo", f"{RISK} – {HEART}", str(corrected)):
        expect(rows.nth(0)).to_contain_text(text)
    for text in ("Tillagd", "maja", OLD, str(GROUP_SINCE)):
        expect(rows.nth(1)).to_contain_text(text)


def test_a7_the_card_shows_the_current_groups(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.save_group(RISK, HEART)
    screen.save_group("Skörhet")
    screen.action("Ta bort", "Skörhet").click()
    expect(screen.past_row("Skörhet", TODAY, TODAY)).to_be_visible()
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    rows = screen.table(CURRENT).locator("tbody").get_by_role("row")
    expect(rows).to_have_count(2)
    for text in (OLD, str(GROUP_SINCE)):
        expect(rows.filter(has_text=OLD)).to_contain_text(text)
    for text in (RISK, HEART, str(TODAY)):
        expect(rows.filter(has_text=RISK)).to_contain_text(text)


def test_a8_a_removed_group_is_among_the_past_ones_with_its_period_until_that_is_undone(
    screen: Screen, pensioner: Customer
) -> None:
    screen.open_groups(pensioner)
    screen.action("Ta bort", OLD).click()
    row = screen.past_row(OLD, GROUP_SINCE, TODAY)
    expect(row).to_contain_text(sv("Ceased to apply"))
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()
    column = screen.main.get_by_text("Period", exact=True).first
    period = row.get_by_text(f"{GROUP_SINCE} – {TODAY}", exact=True)
    assert top(screen.heading(PAST)) < top(column) < top(period)
    assert left(column) == pytest.approx(left(period), abs=2)
    screen.action(sv("It was wrong from the start"), OLD).click()
    expect(row).to_contain_text(sv("Wrong from the start"))
    screen.action(sv("It did apply"), OLD).click()
    expect(row).to_contain_text(sv("Ceased to apply"))

    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.go_to("Kundgrupper")
    screen.action("Ångra", OLD).click()
    expect(screen.row(OLD)).to_contain_text(str(GROUP_SINCE))
    expect(screen.main.get_by_text(sv("No past group."), exact=True)).to_be_visible()
    expect(screen.action("Ångra")).to_have_count(0)
    expect(screen.history().nth(0)).to_contain_text("Ångrad")


def test_a9_output_data_has_active_and_inactive_groups_with_status_and_period(
    screen: Screen, pensioner: Customer, tmp_path: Path
) -> None:
    screen.open_groups(pensioner)
    screen.save_group("Skörhet")
    screen.action("Ta bort", OLD).click()
    expect(screen.past_row(OLD, GROUP_SINCE, TODAY)).to_be_visible()
    screen.go_to("Utdata")
    screen.is_on("Utdata")
    expect(screen.box("Status")).to_have_value("Aktiva och inaktiva")
    screen.is_at_rest()
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "utdata.csv")
    rows = exported(tmp_path / "utdata.csv")
    assert set(rows["status"]) == {"active", "inactive"}
    mine = rows[rows["customer_identity"] == pensioner.identity].set_index("group_code")
    assert mine[["status", "valid_from", "valid_to"]].T.to_dict("list") == {
        "65_plus": ["inactive", str(GROUP_SINCE), str(TODAY)],
        "frailty": ["active", str(TODAY), ""],
    }

    # The choice whose counts are shown is the one that is fetched
    screen.choose("Status", "Aktiva")
    screen.is_at_rest()
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "active.csv")
    assert set(exported(tmp_path / "active.csv")["status"]) == {"active"}
