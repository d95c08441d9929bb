"""What adjusting and removing a group does to the customer's doses, on the screen before it is saved."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from mv.customers import Customer
from tests.browser.conftest import OpenScreen
from tests.browser.people import first_day_with_group, today
from tests.browser.screen import Screen, sv

OLD = "65 år och äldre"
EFLUELDA, COMIRNATY = "Efluelda (J07BB02)", "Comirnaty (J07BN01)"
LOST = "2 doser ersätts inte längre (−425 kr)"


def effect(screen: Screen, within: Locator | None = None) -> Locator:
    return screen.message("Om du sparar", within)


def vaccinate(screen: Screen, customer: Customer, *vaccines: str) -> None:
    """Register doses given today with the only group."""
    screen.open_vaccination(customer)
    for vaccine in vaccines:
        screen.choose("Vaccin", vaccine)
        screen.choose("Sats", re.compile("går ut"))
        screen.button("Spara vaccination").click()
        expect(screen.table("Doser").get_by_role("row", name=vaccine)).to_be_visible()
        screen.is_at_rest()


def test_en_justering_sager_vilka_doser_och_kronor_den_andrar_innan_den_sparas(
    screen: Screen, pensioner: Customer
) -> None:
    vaccinate(screen, pensioner, EFLUELDA)
    screen.open_groups(pensioner)
    screen.action("Justera", OLD).click()
    form = screen.adjust_form()
    expect(effect(screen)).to_have_count(0)
    screen.set_day("Första dag", today(), form)
    expect(form.get_by_text(sv("If you save: no dose is paid differently."))).to_be_visible()
    screen.choose("Kundgrupp", "Gravid", form)
    for text in ("1 dos ersätts inte längre (−150 kr)", f"{EFLUELDA}, {today()}: 0 kr i stället för 150 kr"):
        expect(effect(screen)).to_contain_text(text)
    screen.button("Spara justering").click()
    expect(screen.row("Gravid")).to_be_visible()
    screen.action("Justera", "Gravid").click()
    screen.choose("Kundgrupp", OLD, screen.adjust_form())
    expect(effect(screen)).to_contain_text("1 dos blir ersatt (+150 kr)")


def test_knappen_star_stilla_nar_det_star_vad_en_justering_gor(screen: Screen, pensioner: Customer) -> None:
    vaccinate(screen, pensioner, EFLUELDA)
    screen.open_groups(pensioner)
    screen.action("Justera", OLD).click()
    button = screen.button("Spara justering")
    expect(button).to_be_visible()
    screen.is_at_rest()
    before = button.bounding_box()
    screen.choose("Kundgrupp", "Gravid", screen.adjust_form())
    expect(effect(screen)).to_be_visible()
    assert button.bounding_box() == before


def test_en_historisk_kundgrupp_som_justeras_sager_ocksa_vad_det_gor(screen: Screen, pensioner: Customer) -> None:
    vaccinate(screen, pensioner, EFLUELDA)
    screen.open_groups(pensioner)
    screen.action("Ta bort", OLD).click()
    screen.past_row(OLD, first_day_with_group(), today()).get_by_role("button").click()
    screen.set_day("Sista dag", today() - timedelta(days=1), screen.adjust_form())
    expect(effect(screen)).to_contain_text("(−150 kr)")


def test_ta_bort_tar_ett_klick_och_det_star_fore_och_efter_vad_det_gor(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    screen.save_group(OLD)
    expect(screen.row(OLD)).not_to_contain_text("ersätts")  # nothing is at stake yet
    vaccinate(screen, customer, EFLUELDA, COMIRNATY)
    screen.open_groups(customer)
    expect(screen.row(OLD)).to_contain_text(f"Om den tas bort: {LOST}.")
    screen.action("Ta bort", OLD).click()
    expect(screen.main.get_by_text(f"Efter borttagningen: {LOST}. Ångra återställer det.")).to_be_visible()
    screen.action("Den gällde", OLD).click()
    expect(screen.main.get_by_text(f"Om den var fel från början: {LOST}.")).to_be_visible()
    screen.action("Ångra", OLD).click()
    expect(screen.row(OLD)).to_contain_text(f"Om den tas bort: {LOST}.")


def test_en_kundgrupp_som_gallt_i_veckor_tas_bort_utan_att_nagon_dos_andras(
    screen: Screen, pensioner: Customer
) -> None:
    vaccinate(screen, pensioner, EFLUELDA)
    screen.open_groups(pensioner)
    expect(screen.row(OLD)).not_to_contain_text("ersätts")
    screen.action("Ta bort", OLD).click()
    expect(screen.main.get_by_text("Om den var fel från början: 1 dos ersätts inte längre (−150 kr).")).to_be_visible()


def test_rutan_sager_ocksa_vad_ta_bort_gor(screen: Screen, customer: Customer) -> None:
    screen.open_groups(customer)
    screen.save_group(OLD)
    vaccinate(screen, customer, EFLUELDA, COMIRNATY)
    screen.open_dialog(customer)
    expect(screen.row(OLD, screen.dialog)).to_contain_text(f"Om den tas bort: {LOST}.")
    screen.action("Ta bort", OLD, screen.dialog).click()
    expect(screen.dialog.get_by_text(f"Efter borttagningen: {LOST}. Ångra återställer det.")).to_be_visible()
    screen.action("Ångra", OLD, screen.dialog).click()
    expect(screen.row(OLD, screen.dialog)).to_contain_text(f"Om den tas bort: {LOST}.")


@pytest.mark.parametrize("locale", ["sv-SE", "en-GB"])
def test_det_ryms_pa_en_smal_skarm_pa_bada_spraken(
    open_screen: OpenScreen, screen: Screen, pensioner: Customer, locale: str
) -> None:
    vaccinate(screen, pensioner, EFLUELDA)
    narrow = open_screen(locale, width=768)
    english = locale == "en-GB"
    narrow.visit(f"kundgrupper?kund={pensioner.customer_id}", "Customer groups" if english else "Kundgrupper")
    narrow.action("Adjust" if english else "Justera").click()
    group, other = ("Group", "Pregnant") if english else ("Kundgrupp", "Gravid")
    forms = narrow.main.get_by_test_id("stVerticalBlock")
    form = forms.filter(has=narrow.page.get_by_role("button", name="Save adjustment" if english else "Spara justering"))
    narrow.choose(group, other, form.last)
    box = narrow.message("If you save" if english else "Om du sparar")
    expect(box).to_contain_text("(−150 kr)")
    place = box.bounding_box()
    assert place is not None
    assert place["x"] >= 0 and place["x"] + place["width"] <= 768
    assert narrow.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
