"""A coordinator in a hurry: double clicks, and a click on Spara before the dashboard has answered the one before."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import ElementHandle, Locator, expect

from mv.customers import Customer
from tests.browser.people import first_day_with_group, today
from tests.browser.screen import Screen, sv

OLD = "65 år och äldre"
RISK, HEART = "Medicinsk riskgrupp", "Hjärt- och kärlsjukdom inkl. stroke"
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


def test_dubbelklick_pa_spara_ger_en_rad_och_inget_fel(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    screen.choose("Kundgrupp", RISK)
    screen.choose("Undergrupp", HEART)
    screen.button("Spara").dblclick()
    expect(screen.row(RISK)).to_be_visible()
    screen.has_no_error()
    expect(screen.action("Ta bort")).to_have_count(1)
    expect(screen.history()).to_have_count(1)


def test_dubbelklick_pa_ta_bort_tar_bort_en_rad_och_ger_inget_fel(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.save_group("Gravid")
    screen.action("Ta bort", OLD).dblclick()
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_contain_text(sv("Ceased to apply"))
    screen.has_no_error()
    expect(screen.row("Gravid")).to_be_visible()
    expect(screen.history()).to_have_count(3)


@pytest.mark.parametrize("others", [["Gravid"], []], ids=["fler-rader", "enda-raden"])
def test_ett_langsamt_dubbelklick_pa_ta_bort_gor_inget_mer_an_att_ta_bort_raden(
    screen: Screen, pensioner: Customer, others: list[str]
) -> None:
    screen.open_groups(pensioner)
    for group in others:
        screen.save_group(group)
    button = screen.action("Ta bort", OLD)
    button.scroll_into_view_if_needed()
    place = button.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    screen.page.mouse.click(x, y)
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_be_visible()
    screen.is_at_rest()
    screen.page.mouse.click(x, y)
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.go_to("Kundgrupper")
    expect(screen.history()).to_have_count(2 + len(others))
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_contain_text(sv("Ceased to apply"))
    expect(screen.action("Ta bort")).to_have_count(len(others))


def test_dubbelklick_pa_lagg_till_och_ta_bort_i_rutan_gor_inget_tva_ganger(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.choose("Kundgrupp", "Gravid", screen.dialog)
    screen.button("Lägg till", screen.dialog).dblclick()
    expect(screen.row("Gravid", screen.dialog)).to_be_visible()
    screen.has_no_error()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(2)
    screen.action("Ta bort", OLD, screen.dialog).dblclick()
    expect(screen.action("Ångra", OLD, screen.dialog)).to_be_visible()
    screen.has_no_error()
    expect(screen.row("Gravid", screen.dialog)).to_be_visible()
    screen.button("Close", screen.dialog).click()
    screen.is_on("Vaccination")
    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    expect(screen.history()).to_have_count(3)
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_contain_text(sv("Ceased to apply"))


def test_dubbelklick_pa_spara_vaccination_ger_en_dos_och_inget_fel(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    screen.choose("Vaccin", EFLUELDA)
    screen.choose("Sats", A_BATCH)
    screen.button("Spara vaccination").dblclick()
    doses = screen.table("Doser").locator("tbody").get_by_role("row")
    expect(doses).to_have_count(1)
    screen.has_no_error()
    expect(doses).to_have_count(1)
    expect(screen.history()).to_have_count(1)


def test_undergruppen_som_syns_nar_man_trycker_spara_ar_den_som_sparas(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    screen.choose("Kundgrupp", RISK)
    choose_and_click(screen, "Undergrupp", HEART, screen.button("Spara"))
    expect(screen.row(RISK)).to_contain_text(f"{RISK} – {HEART}")


def test_undergruppen_som_syns_nar_man_trycker_lagg_till_ar_den_som_sparas(screen: Screen, customer: Customer) -> None:
    screen.open_dialog(customer)
    screen.choose("Kundgrupp", RISK, screen.dialog)
    choose_and_click(screen, "Undergrupp", HEART, screen.button("Lägg till", screen.dialog), screen.dialog)
    expect(screen.row(RISK, screen.dialog)).to_contain_text(f"{RISK} – {HEART}")


def test_undergruppen_som_syns_nar_man_trycker_spara_justering_ar_den_som_sparas(
    screen: Screen, customer: Customer
) -> None:
    screen.open_groups(customer)
    screen.save_group(RISK)
    screen.action("Justera", RISK).click()
    choose_and_click(screen, "Undergrupp", HEART, screen.button("Spara justering"), screen.adjust_form())
    expect(screen.row(RISK)).to_contain_text(f"{RISK} – {HEART}")


def test_kundgruppen_som_syns_nar_man_trycker_spara_vaccination_ar_den_som_raknas(
    screen: Screen, pensioner: Customer
) -> None:
    screen.open_groups(pensioner)
    screen.save_group("Gravid")
    screen.open_vaccination(pensioner)
    screen.choose("Vaccin", EFLUELDA)
    screen.choose("Sats", A_BATCH)
    screen.main.get_by_text("Gravid (").click()
    screen.is_at_rest()
    right = screen.main.get_by_role("radio", name=OLD)
    screen.click_at_once(handle(right), handle(screen.button("Spara vaccination")))
    expect(screen.table("Doser").locator("tbody").get_by_role("row")).to_contain_text(OLD)


def test_urvalet_som_visas_med_sina_antal_ar_det_som_hamtas(screen: Screen, tmp_path: Path) -> None:
    screen.visit("utdata", "Utdata")
    screen.choose("Status", "Aktiva")
    screen.is_at_rest()
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "aktiva.csv")
    rows = pd.read_csv(tmp_path / "aktiva.csv", sep=";", dtype=str, encoding="utf-8-sig")
    assert set(rows["status"]) == {"active"}
