"""Steps B1–B8 of the routine: groups in the dialog with which a vaccination starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.people import first_day_with_group, today
from tests.browser.screen import CURRENT, Screen, sv

OLD = "65 år och äldre"
RISK, HEART = "Medicinsk riskgrupp", "Hjärt- och kärlsjukdom inkl. stroke"
STAFF = "Personal inom vård och omsorg"


def by_cross(screen: Screen) -> None:
    screen.button("Close", screen.dialog).click()


def by_escape(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")


def by_click_outside(screen: Screen) -> None:
    size = screen.page.viewport_size
    assert size is not None
    screen.page.mouse.click(size["width"] / 2, size["height"] - 5)


EACH_WAY = pytest.mark.parametrize(
    "close", [by_cross, by_escape, by_click_outside], ids=["kryss", "Escape", "klick-utanfor"]
)


def is_on_vaccination(screen: Screen, customer: Customer) -> None:
    """Expect the page Vaccination for that customer, and no dialog."""
    screen.is_on("Vaccination")
    screen.is_about(customer)
    expect(screen.dialog).to_have_count(0)
    assert screen.page.url.endswith(f"/vaccination?kund={customer.customer_id}")


def test_b1_sok_kund_med_namn_och_oppna_kundkortet(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    screen.search(customer.family_name)
    screen.main.get_by_role("button", name=customer.name).click()
    screen.is_on("Kundkort")
    screen.is_about(customer)
    expect(screen.button("Starta vaccination")).to_be_enabled()


def test_b2_b3_starta_vaccination_oppnar_en_modal_ruta_som_namnger_kunden(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    expect(screen.dialog).to_have_count(0)
    screen.button("Starta vaccination").click()
    expect(screen.dialog).to_have_count(1)
    expect(screen.dialog).to_have_accessible_name(f"Kundgrupper – {customer.name}")
    title = screen.dialog.get_by_role("heading", name="Kundgrupper")
    expect(title).to_contain_text(customer.name)
    expect(screen.button("Lägg till", screen.dialog)).to_be_visible()
    screen.is_at_rest()
    for _ in range(12):
        screen.page.keyboard.press("Tab")
        focused = screen.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
        assert focused, "the Tab key leaves the dialog"


def test_b4_lagg_till_utan_undergrupp_visar_raden_i_rutan_som_star_kvar(screen: Screen, customer: Customer) -> None:
    screen.open_dialog(customer)
    screen.choose("Kundgrupp", RISK, screen.dialog)
    expect(screen.box("Undergrupp", screen.dialog)).to_have_value("")
    screen.button("Lägg till", screen.dialog).click()
    expect(screen.row(RISK, screen.dialog)).to_contain_text(str(today()))
    screen.has_no_error()
    expect(screen.dialog).to_have_count(1)


def test_b4_efter_lagg_till_ar_tangentbordet_kvar_i_rutan(screen: Screen, customer: Customer) -> None:
    screen.open_dialog(customer)
    screen.add_group(RISK, HEART)
    assert screen.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")


def test_b4_undergrupperna_i_rutan_ar_bara_den_valda_kundgruppens(screen: Screen, customer: Customer) -> None:
    screen.open_dialog(customer)
    expect(screen.box("Undergrupp", screen.dialog)).to_be_disabled()
    screen.choose("Kundgrupp", STAFF, screen.dialog)
    screen.box("Undergrupp", screen.dialog).click()
    expect(screen.page.get_by_role("option")).to_have_text(["Särskilt boende", "Hemtjänst", "Sjukvård"])
    screen.page.get_by_role("option", name="Hemtjänst").click()
    screen.button("Lägg till", screen.dialog).click()
    expect(screen.row(f"{STAFF} – Hemtjänst", screen.dialog)).to_contain_text(str(today()))
    expect(screen.dialog).to_have_count(1)


def test_b5_en_kund_kan_ha_flera_kundgrupper(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.add_group(RISK, HEART)
    screen.add_group(STAFF, "Sjukvård")
    for group in (OLD, f"{RISK} – {HEART}", f"{STAFF} – Sjukvård"):
        expect(screen.row(group, screen.dialog)).to_be_visible()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(3)


def test_b5_samma_aktiva_kundgrupp_tva_ganger_nekas_med_besked(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.choose("Kundgrupp", OLD, screen.dialog)
    screen.button("Lägg till", screen.dialog).click()
    refusal = sv(
        "The customer is in the group {choice} already, since {first}. Nothing was saved.",
        choice=OLD,
        first=first_day_with_group(),
    )
    expect(screen.message(refusal, screen.dialog)).to_be_visible()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(1)
    by_cross(screen)
    screen.is_on("Vaccination")
    screen.go_to("Kundgrupper")
    expect(screen.row(OLD)).to_be_visible()
    screen.is_at_rest()
    expect(screen.action("Ta bort")).to_have_count(1)


@EACH_WAY
def test_b6_ar_ratt_kundgrupp_redan_vald_gar_man_vidare_i_ett_steg(
    screen: Screen, pensioner: Customer, close: Callable[[Screen], None]
) -> None:
    screen.open_dialog(pensioner)
    expect(screen.row(OLD, screen.dialog)).to_be_visible()
    close(screen)
    is_on_vaccination(screen, pensioner)


def test_b7_ta_bort_i_rutan_gor_kundgruppen_historisk(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.action("Ta bort", OLD, screen.dialog).click()
    expect(screen.action("Ångra", OLD, screen.dialog)).to_be_visible()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(0)
    by_cross(screen)
    is_on_vaccination(screen, pensioner)
    screen.go_to("Kundgrupper")
    expect(screen.past_row(OLD, first_day_with_group(), today())).to_be_visible()
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()


def test_b7_angra_i_rutan_gor_kundgruppen_aktuell_igen(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.action("Ta bort", OLD, screen.dialog).click()
    screen.action("Ångra", OLD, screen.dialog).click()
    expect(screen.row(OLD, screen.dialog)).to_contain_text(str(first_day_with_group()))
    screen.has_no_error()
    expect(screen.dialog).to_have_count(1)


@EACH_WAY
def test_b8_rutan_stangs_efter_tillagg_och_vaccinationen_tar_vid(
    screen: Screen, customer: Customer, close: Callable[[Screen], None]
) -> None:
    screen.open_dialog(customer)
    screen.add_group(RISK, HEART)
    close(screen)
    is_on_vaccination(screen, customer)
    expect(screen.main.get_by_role("radio", name=f"{RISK} – {HEART}")).to_be_checked()


def test_b8_rutan_kommer_inte_tillbaka_efter_webblasarens_bakat(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    screen.search(customer.identity)
    screen.is_on("Kundkort")
    screen.button("Starta vaccination").click()
    expect(screen.button("Lägg till", screen.dialog)).to_be_visible()
    screen.page.go_back()
    screen.is_on("Sök kund")
    expect(screen.dialog).to_have_count(0)
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.is_about(customer)
    expect(screen.heading(CURRENT)).to_be_visible()
    screen.is_at_rest()
    expect(screen.dialog).to_have_count(0)
    screen.button("Starta vaccination").click()
    expect(screen.dialog).to_be_visible()
