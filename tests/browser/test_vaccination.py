"""The page Vaccination: the dose, its batch and the group that counts; corrected and withdrawn with history."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Locator, expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard
from tests.browser.people import first_day_with_group, today
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


def test_ett_annat_vaccin_tommer_satsen(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    expect(screen.box("Sats")).to_be_disabled()
    batch = fill_in(screen, EFLUELDA)
    screen.choose("Vaccin", COMIRNATY)
    expect(screen.box("Sats")).to_have_value("")
    assert not [choice for choice in screen.choices("Sats") if batch in choice]


def test_en_ensam_kundgrupp_ar_vald_fran_borjan(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    expect(group(screen, OLD)).to_be_checked()
    expect(screen.message(sv("No group of the customer applies on {day}.", day=today()))).to_have_count(0)


def test_av_flera_kundgrupper_valjs_en_av_koordinatorn(screen: Screen, pensioner: Customer) -> None:
    screen.open_groups(pensioner)
    screen.save_group("Gravid")
    screen.go_to("Vaccination")
    expect(group(screen, "Gravid")).to_be_visible()
    for name in (OLD, "Gravid", "Ingen kundgrupp"):
        expect(group(screen, name)).not_to_be_checked()
    screen.main.get_by_text("Gravid (").click()
    expect(group(screen, "Gravid")).to_be_checked()
    fill_in(screen)
    save(screen)
    expect(doses(screen)).to_contain_text(["Gravid"])


def test_utan_kundgrupp_gar_dosen_att_spara_men_det_star_vad_det_kostar(screen: Screen, customer: Customer) -> None:
    screen.open_vaccination(customer)
    expect(screen.message(sv("No group of the customer applies on {day}.", day=today()))).to_be_visible()
    expect(screen.message(UNPAID)).to_have_count(0)  # nothing is wrong yet
    fill_in(screen)
    expect(screen.message(UNPAID)).to_contain_text(re.compile(r"150 kr"))
    screen.button("Spara vaccination").click()
    expect(doses(screen)).to_contain_text(["Ingen kundgrupp"])


def test_en_dag_fore_kundgruppen_raknas_den_inte(screen: Screen, pensioner: Customer) -> None:
    before = first_day_with_group() - timedelta(days=1)
    screen.open_vaccination(pensioner)
    expect(group(screen, OLD)).to_be_checked()
    screen.set_day("Given den", before)
    expect(screen.message(sv("No group of the customer applies on {day}.", day=before))).to_be_visible()
    expect(group(screen, OLD)).to_have_count(0)
    screen.set_day("Given den", first_day_with_group())
    expect(group(screen, OLD)).to_be_checked()


def test_det_star_vad_som_betalas_for_dosen_innan_den_sparas(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    screen.choose("Vaccin", EFLUELDA)
    expect(
        screen.message(re.compile(r"betalar 150 kr enligt regeln ”Influensavaccin, 65 år och äldre"))
    ).to_be_visible()
    screen.main.get_by_text("Ingen kundgrupp", exact=True).click()
    expect(screen.message(UNPAID)).to_contain_text(re.compile(r"65 år och äldre.*150 kr"))
    screen.main.get_by_text(f"{OLD} (").click()
    screen.set_day("Given den", today() - timedelta(days=30))
    expect(screen.message("betalar 150 kr")).to_be_visible()
    screen.set_day("Given den", today() - timedelta(days=31))
    expect(screen.message(re.compile("registrerad 31 dagar efter dosen.*tillåter 30"))).to_be_visible()


def test_knappen_star_stilla_nar_det_star_vad_som_betalas(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    button = screen.button("Spara vaccination")
    before = button.bounding_box()
    screen.choose("Vaccin", EFLUELDA)
    expect(screen.message("betalar 150 kr")).to_be_visible()
    assert button.bounding_box() == before
    screen.main.get_by_text("Ingen kundgrupp", exact=True).click()
    expect(screen.message(UNPAID)).to_be_visible()
    assert button.bounding_box() == before


def test_en_dos_som_gor_en_annan_obetald_sager_det_innan_den_sparas(screen: Screen, pensioner: Customer) -> None:
    yesterday = today() - timedelta(days=1)
    screen.open_vaccination(pensioner)
    fill_in(screen)
    save(screen)
    screen.choose("Vaccin", FLUAD)
    too_soon = sv("Not paid: {between} days have to lie after the paid dose of {previous}.", between=150, previous="")
    expect(screen.message(too_soon.rstrip("."))).to_be_visible()
    screen.set_day("Given den", yesterday)
    expect(screen.message("betalar 150 kr")).to_be_visible()
    others = screen.message("Bland kundens andra doser")
    for text in ("(−150 kr)", f"{EFLUELDA}, {today()}: 0 kr i stället för 150 kr"):
        expect(others).to_contain_text(text)
    screen.choose("Sats", A_BATCH)
    save(screen)
    screen.action("Rätta", str(today())).click()
    expect(screen.message(f"{too_soon.rstrip('.')}{yesterday}")).to_be_visible()


def test_en_dos_given_utomlands_sparas_utan_sats_och_kundgrupp_och_ersatts_inte(
    screen: Screen, pensioner: Customer
) -> None:
    screen.open_vaccination(pensioner)
    screen.main.get_by_text("Given utomlands", exact=True).click()
    expect(screen.box("Sats")).to_have_count(0)
    expect(group(screen, OLD)).to_have_count(0)
    screen.choose("Vaccin", EFLUELDA)
    expect(screen.message(sv("Not paid: the dose was given abroad."))).to_be_visible()
    save(screen)
    expect(screen.main.get_by_role("checkbox", name="Given utomlands")).not_to_be_checked()
    for text in (f"{today()} (utomlands)", EFLUELDA, "Ingen kundgrupp"):
        expect(doses(screen)).to_contain_text([text])
    expect(screen.history()).to_contain_text([f"{today()} (utomlands)"])


def test_en_sparad_dos_visas_pa_kundkortet(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    batch = fill_in(screen)
    save(screen)
    expect(screen.box("Vaccin")).to_have_value("")
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    row = doses(screen)
    expect(row).to_have_count(1)
    for text in (str(today()), EFLUELDA, batch, OLD, "Gäller"):
        expect(row).to_contain_text(text)


def test_en_dos_rattas_och_aterkallas_och_allt_star_i_andringshistoriken(screen: Screen, pensioner: Customer) -> None:
    yesterday = today() - timedelta(days=1)
    screen.open_vaccination(pensioner)
    fill_in(screen)
    save(screen)
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
    rows = screen.history()
    expect(rows).to_have_count(3)
    for row, texts in zip(
        rows.all(),
        (("Återkallad", FLUAD), ("Rättad", FLUAD, str(yesterday)), ("Registrerad", EFLUELDA, str(today()))),
        strict=True,
    ):
        for text in texts:
            expect(row).to_contain_text(text)


def test_en_dos_utan_sats_sparas_inte_och_far_veta_vad_som_fattas(screen: Screen, pensioner: Customer) -> None:
    screen.open_vaccination(pensioner)
    screen.choose("Vaccin", EFLUELDA)
    screen.button("Spara vaccination").click()
    missing = sv("Write the batch number: letters, digits and hyphens, at most 80.")
    expect(screen.message(missing)).to_be_visible()
    expect(screen.main.get_by_text(sv("No doses."), exact=True)).to_be_visible()


def test_en_dag_utan_bokningar_sager_det(screen: Screen, dashboard: Dashboard) -> None:
    screen.visit("bokningar", "Bokningar")
    screen.set_day("Dag", today() + timedelta(days=200))
    none = sv("No bookings at this unit on this day. Choose another day or unit.")
    expect(screen.message(none)).to_be_visible()
    expect(screen.main.get_by_role("radio")).to_have_count(0)
