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
from tests.browser.people import first_day_with_group, today
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


def test_a1_sok_kund_med_personnummer_och_enter_oppnar_kundkortet(screen: Screen, customer: Customer) -> None:
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


def test_a2_bokningen_och_kundens_namn_i_den_leder_till_kundkortet(screen: Screen, dashboard: Dashboard) -> None:
    people = dashboard.people
    screen.visit("bokningar", "Bokningar")
    screen.choose("Enhet", "Mottagning Söder")
    screen.set_day("Dag", people.booking_day)
    lines = screen.main.get_by_role("radiogroup").get_by_role("radio")
    expect(lines).to_have_count(len(people.bookings))
    for line, booking in zip(lines.all(), people.bookings, strict=True):
        expect(line).to_have_accessible_name(re.compile(f"^{to_local(booking.starts_at):%H:%M} "))
    screen.main.get_by_text(people.booked.name).click()
    expect(screen.heading("Bokningsinformation")).to_be_visible()
    for text in (
        format_identity(people.booked.identity, today()),
        f"{people.booking_day} 10:00",
        "VaxigripTetra (J07BB02)",
        "Mottagning Söder",
    ):
        expect(screen.main.get_by_text(text).last).to_be_visible()
    screen.main.get_by_role("button", name=people.booked.name).click()
    screen.is_on("Kundkort")
    screen.is_about(people.booked)
    expect(screen.table("Kommande bokningar").get_by_role("row").last).to_contain_text(f"{people.booking_day} 10:00")


def test_a3_vanstermenyn_visar_kundkort_och_kundgrupper_nar_en_kund_ar_vald(screen: Screen, customer: Customer) -> None:
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


def test_a4_undergrupperna_ar_bara_den_valda_kundgruppens(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
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


def test_a4_en_kundgrupp_som_inte_langre_anvands_gar_inte_att_valja(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    groups = screen.choices("Kundgrupp")
    assert OLD in groups
    assert "Covid-19: vaccination i fasordning" not in groups


def test_a5_den_valda_kundgruppen_visas_pa_raden_nedanfor_utan_omladdning(screen: Screen, customer: Customer) -> None:
    first = today() - timedelta(days=21)
    screen.open_groups(customer)
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()
    screen.page.evaluate("window.notReloaded = true")
    screen.save_group(RISK, HEART, first)
    row = screen.row(f"{RISK} – {HEART}")
    expect(row).to_contain_text(str(first))
    assert top(screen.button("Spara")) < top(screen.heading(CURRENT)) < top(row) < top(screen.heading(PAST))
    screen.save_group("Gravid")
    expect(screen.row("Gravid")).to_contain_text(str(first))
    assert screen.page.evaluate("window.notReloaded") is True


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a6_justera_och_ta_bort_nas_och_anvands_med_tangentbordet(screen: Screen, customer: Customer, key: str) -> None:
    screen.open_groups(customer)
    screen.save_group("Gravid")
    screen.save_group(STAFF, "Hemtjänst")
    screen.heading("Kundgrupper").click()
    tab_to(screen, screen.action("Justera", STAFF))
    screen.page.keyboard.press(key)
    expect(screen.button("Spara justering")).to_be_visible()
    screen.choose("Undergrupp", "Sjukvård", screen.adjust_form())
    tab_to(screen, screen.button("Spara justering"))
    screen.page.keyboard.press(key)
    expect(screen.row(f"{STAFF} – Sjukvård")).to_be_visible()
    screen.is_at_rest()
    tab_to(screen, screen.action("Ta bort", "Gravid"))
    screen.page.keyboard.press(key)
    expect(screen.past_row("Gravid", today(), today())).to_be_visible()
    expect(screen.action("Ta bort")).to_have_count(1)


def test_a6_pennan_och_den_roda_bollen_med_kryss_heter_nagot_for_skarmlasare(
    screen: Screen, pensioner: Customer
) -> None:
    screen.open_groups(pensioner)
    adjust, remove = screen.action("Justera"), screen.action("Ta bort")
    for button, word in ((adjust, "Justera"), (remove, "Ta bort")):
        expect(button).to_have_accessible_name(re.compile(f"^({word} {OLD}|{OLD} {word})$"))
        expect(button).to_contain_text(word)
    expect(adjust.get_by_test_id("stIconMaterial")).to_have_text("edit")
    red, white = red_and_white_pixels(remove)
    assert red > 80
    assert 5 < white < red + 100


def test_a6_justera_andrar_raden_och_den_tidigare_lydelsen_star_i_andringshistoriken(
    screen: Screen, pensioner: Customer
) -> None:
    first, corrected = first_day_with_group(), today() - timedelta(days=400)
    screen.open_groups(pensioner)
    screen.action("Justera", OLD).click()
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
    for text in ("Tillagd", "maja", OLD, str(first)):
        expect(rows.nth(1)).to_contain_text(text)


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (1, None, "The group cannot start after today, {today}."),
        (-10, 1, "The last day cannot be after today, {today}."),
        (-10, -20, "The last day is before the first. Change one of them."),
    ],
    ids=["framtid", "slutar-i-framtiden", "slutar-fore-start"],
)
def test_a4_en_period_som_inte_kan_stamma_sparas_inte(
    screen: Screen, customer: Customer, first: int, last: int | None, message: str
) -> None:
    screen.open_groups(customer)
    screen.set_day("Första dag", today() + timedelta(days=first))
    if last is not None:
        screen.set_day(sv("Last day, if it is over"), today() + timedelta(days=last))
    screen.choose("Kundgrupp", "Gravid")
    screen.button("Spara").click()
    expect(screen.message(sv(message, today=today()))).to_be_visible()
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()
    expect(screen.main.get_by_text(sv("No past group."), exact=True)).to_be_visible()


def test_a7_kundkortet_visar_de_aktuella_kundgrupperna(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.save_group(RISK, HEART)
    screen.save_group("Gravid")
    screen.action("Ta bort", "Gravid").click()
    expect(screen.past_row("Gravid", today(), today())).to_be_visible()
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    rows = screen.table(CURRENT).locator("tbody").get_by_role("row")
    expect(rows).to_have_count(2)
    for text in (OLD, str(first_day_with_group())):
        expect(rows.filter(has_text=OLD)).to_contain_text(text)
    for text in (RISK, HEART, str(today())):
        expect(rows.filter(has_text=RISK)).to_contain_text(text)


def test_a8_en_borttagen_kundgrupp_star_under_historiska_med_sin_period(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.action("Ta bort", OLD).click()
    row = screen.past_row(OLD, first_day_with_group(), today())
    expect(row).to_be_visible()
    expect(row).to_contain_text(sv("Ceased to apply"))
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()
    column = screen.main.get_by_text("Period", exact=True).first
    period = row.get_by_text(f"{first_day_with_group()} – {today()}", exact=True)
    assert top(screen.heading(PAST)) < top(column) < top(period)
    assert left(column) == pytest.approx(left(period), abs=2)


def test_a8_angra_gor_den_borttagna_kundgruppen_aktuell_igen(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.action("Ta bort", OLD).click()
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_be_visible()
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.go_to("Kundgrupper")
    screen.action("Ångra", OLD).click()
    expect(screen.row(OLD)).to_contain_text(str(first_day_with_group()))
    expect(screen.main.get_by_text(sv("No past group."), exact=True)).to_be_visible()
    expect(screen.action("Ångra")).to_have_count(0)
    expect(screen.history().nth(0)).to_contain_text("Ångrad")


def test_a8_en_som_var_fel_fran_borjan_skiljs_fran_en_som_upphorde(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.action("Ta bort", OLD).click()
    row = screen.past_row(OLD, first_day_with_group(), today())
    expect(row).to_contain_text(sv("Ceased to apply"))
    screen.action(sv("It was wrong from the start"), OLD).click()
    expect(row).to_contain_text(sv("Wrong from the start"))
    screen.action(sv("It did apply"), OLD).click()
    expect(row).to_contain_text(sv("Ceased to apply"))


def test_a9_utdata_har_fran_borjan_bade_aktiva_och_inaktiva_med_status_och_period(
    screen: Screen, pensioner: Customer, tmp_path: Path
) -> None:
    screen.open_groups(pensioner)
    screen.save_group("Gravid")
    screen.action("Ta bort", OLD).click()
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_be_visible()
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
        "65_plus": ["inactive", str(first_day_with_group()), str(today())],
        "pregnant": ["active", str(today()), ""],
    }
