"""The page of rules in the browser: a lead who knows no ATC codes changes an amount, and sees what that does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Dashboard, OpenScreen, free_port, running
from tests.browser.hostile import FOREIGN, TEXTS, shows
from tests.browser.people import today
from tests.browser.screen import Screen
from tests.browser.test_language import is_all_in

PAGE, HEADING = "ersattningsregler", "Ersättningsregler"
OF_65 = "Influensavaccin, 65 år och äldre"
PERIODS = "Vad som betalas för samma sak från dag till dag"
COLUMNS = "rule_code, region, payer, atc, age_unit, valid_from, valid_to, ore, nvr, source, removed"
HOSTILE = [text for text in TEXTS if text.isprintable()]


def inserted(number: int, text: str) -> str:
    """Return the SQL of a rule whose payer, region and source are ``text``; none of them pays for the same vaccine."""
    quoted = text.replace("'", "''")
    values = f"'{quoted}', '{quoted}', 'J{number // 10:02}{chr(65 + number % 10)}', 'years', DATE '2019-01-01'"
    return f"('x{number}', {values}, DATE '2019-12-31', 100, FALSE, '{quoted}', FALSE)"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard whose store has fifty rules of the year 2019 with texts that would act if they were let."""
    rows = ", ".join(inserted(number, text) for number, text in enumerate(HOSTILE))
    spoil = f"INSERT INTO payment_rule ({COLUMNS}) VALUES {rows}"  # noqa: S608 (the tests' own texts)
    with running(tmp_path_factory.mktemp("rules"), free_port(), spoil=spoil) as started:
        yield started


@pytest.fixture
def lead(open_screen: OpenScreen, clinic: Dashboard) -> Screen:
    screen = open_screen(at=clinic)
    screen.visit(PAGE, HEADING)
    return screen


def open_rule(screen: Screen, title: str, first: date) -> None:
    screen.action("Öppna", f"{title}, {first}").click()
    expect(screen.heading(title)).to_be_visible()
    screen.is_at_rest()


def fill(screen: Screen, label: str, text: str) -> None:
    field = screen.main.get_by_role("textbox", name=label, exact=True)
    field.fill(text)
    field.press("Tab")
    screen.is_at_rest()


def choose_way(screen: Screen, way: str) -> None:
    screen.main.get_by_text(way, exact=True).click()
    expect(screen.main.get_by_role("radio", name=way)).to_be_checked()
    screen.is_at_rest()


def periods(screen: Screen) -> Locator:
    return screen.table(PERIODS).locator("tbody").get_by_role("row")


def history(screen: Screen) -> Locator:
    return screen.history()


def test_ett_nytt_belopp_fran_1_januari_utan_att_kunna_atc_koder(lead: Screen) -> None:
    new_year = date(today().year + 1, 1, 1)
    open_rule(lead, OF_65, date(2024, 3, 1))
    expect(periods(lead)).to_have_count(3)
    fill(lead, "Belopp (kr)", "160,50")
    fill(lead, "Källa", "Regionens beslut om ersättning")
    expect(lead.message("Ingen dos som hittills getts på dina enheter ersätts annorlunda.")).to_be_visible()
    lead.button("Spara").click()
    expect(lead.message(f"Sparad: {OF_65}, {new_year}")).to_be_visible()
    expect(periods(lead)).to_have_count(4)
    expect(periods(lead).nth(2)).to_contain_text(f"2024-03-01 – {new_year - timedelta(days=1)}")
    expect(periods(lead).nth(3)).to_contain_text("160,50")
    expect(history(lead).first).to_contain_text("Tillagd")
    expect(history(lead).first).to_contain_text("demo")


def test_vad_andringen_gor_med_givna_doser_syns_fore_spara_och_gar_jamnt_ut(lead: Screen) -> None:
    open_rule(lead, "Covid-19-vaccin, 65 år och äldre", date(2023, 1, 1))
    choose_way(lead, "Rätta regeln")
    fill(lead, "Belopp (kr)", "276")  # one krona more: as many kronor as doses
    message = lead.message(re.compile(r"doser?, \+"))
    expect(message).to_be_visible()
    found = re.search(r"([\d\s]+) doser?, \+([\d\s]+) kr", message.inner_text())
    assert found and found[1].strip() == found[2]
    for name in ("Vad det ändrar, per betalare", "Vad det ändrar, per säsong"):
        rows = lead.table(name).locator("tbody").get_by_role("row").all_inner_texts()
        kronor = [int(re.sub(r"\D", "", row.split("\t")[-1])) for row in rows]
        assert sum(kronor) == int(re.sub(r"\D", "", found[2]))
    lead.button("Avbryt").click()
    expect(lead.action("Öppna", "Covid-19-vaccin, 65 år och äldre, 2023-01-01")).to_be_visible()


def test_den_som_sparar_utan_att_ha_sett_effekten_ser_den_efterat(lead: Screen) -> None:
    open_rule(lead, "Pneumokockvaccin, Pneumokocker: fyller 75 år i år", date(2023, 1, 1))
    choose_way(lead, "Rätta regeln")
    lead.main.get_by_role("textbox", name="Belopp (kr)", exact=True).fill("251")
    lead.button("Spara").click()  # straight from the field: nothing was shown yet
    expect(lead.message("Sparad:")).to_be_visible()
    expect(lead.message(re.compile(r"doser?, \+|Ingen dos"))).not_to_have_count(0)
    expect(history(lead).first).to_contain_text("250\u00a0kr → 251\u00a0kr")
    # What is chosen and what is drawn below it begin anew.
    expect(lead.main.get_by_role("radio", name="Nytt belopp från en dag")).to_be_checked()
    expect(lead.main.get_by_role("textbox", name="Belopp (kr)", exact=True)).to_have_value("")


def test_en_okand_atc_kod_varnas_och_en_felaktig_nekas(lead: Screen) -> None:
    lead.button("Ny regel").click()
    expect(lead.heading("Ny regel")).to_be_visible()
    write(lead, "Vaccin", "j07bc")
    write(lead, "Betalare", "Exempelregionen")
    fill(lead, "Belopp (kr)", "90")
    fill(lead, "Källa", "Avtal")
    expect(lead.message("Inget vaccin i katalogen har en ATC-kod som börjar med J07BC.")).to_be_visible()
    write(lead, "Vaccin", "hepatit")
    says = "HEPATIT är ingen ATC-kod. Skriv den som J07BB eller J07BB02."
    expect(lead.main.get_by_text(says)).to_be_visible()
    lead.button("Spara").click()
    expect(lead.message(says)).to_be_visible()


def write(screen: Screen, label: str, text: str) -> None:
    """Write into a list what it does not offer, or choose it where it does."""
    box = screen.box(label)
    box.click()
    box.fill(text)
    box.press("Enter")
    screen.is_at_rest()


def test_en_regel_tas_bort_av_misstag_och_kommer_tillbaka(lead: Screen) -> None:
    first = date(2020, 1, 1)
    title = "Pneumokockvaccin, Pneumokocker: 65–74 år"
    open_rule(lead, title, first)
    choose_way(lead, "Ta bort regeln")
    lead.button("Ta bort regeln").click()
    expect(lead.message("Regeln är borttagen: den avgör ingenting.")).to_be_visible()
    lead.button("Alla regler").click()
    lead.is_at_rest()
    expect(lead.action("Öppna", f"{title}, {first}")).to_have_count(0)
    lead.main.get_by_text("Även borttagna", exact=True).click()
    open_rule(lead, title, first)
    lead.button("Ångra borttagningen").click()
    expect(lead.message("Regeln är borttagen")).to_have_count(0)
    expect(history(lead).first).to_contain_text("Borttagning ångrad")


def test_den_andra_av_tva_ledare_skriver_inte_over_den_forsta(
    lead: Screen, open_screen: OpenScreen, clinic: Dashboard
) -> None:
    other = open_screen(at=clinic)
    other.visit(PAGE, HEADING)
    for screen in (lead, other):
        open_rule(screen, "Influensavaccin, Skörhet", date(2024, 3, 1))
        choose_way(screen, "Rätta regeln")
    fill(lead, "Belopp (kr)", "151")
    lead.button("Spara").click()
    expect(lead.message("Sparad:")).to_be_visible()
    fill(other, "Belopp (kr)", "152")
    other.button("Spara").click()
    expect(other.message("demo ändrade den här regeln")).to_be_visible()
    expect(periods(other).last).to_contain_text("151")


def test_fientliga_namn_pa_betalare_regioner_och_kallor_visas_som_de_ar(lead: Screen) -> None:
    lead.set_day("Gäller den", date(2019, 7, 1))
    for _turn in range(-(-len(HOSTILE) // 40)):
        expect(
            lead.main.locator(f":is([data-testid=stText], [data-testid=stAlert], [role=table]) :is({FOREIGN})")
        ).to_have_count(0)
        if lead.main.get_by_role("button", name="Next").is_enabled():
            lead.main.get_by_role("button", name="Next").click()
            lead.is_at_rest()
    text = HOSTILE[0]
    lead.visit(PAGE, HEADING)
    lead.set_day("Gäller den", date(2019, 7, 1))
    shows(lead, text)


@pytest.mark.parametrize(("locale", "language"), [("sv-SE", "sv"), ("en-GB", "en")])
@pytest.mark.parametrize("width", [1280, 768])
def test_sidan_ar_pa_ett_sprak_och_far_plats(
    open_screen: OpenScreen, clinic: Dashboard, locale: str, language: str, width: int
) -> None:
    screen = open_screen(locale, width, at=clinic)
    screen.visit(PAGE, HEADING if language == "sv" else "Reimbursement rules")
    is_all_in(screen, language)
    screen.main.get_by_role("button", name="Öppna" if language == "sv" else "Open").first.click()
    screen.is_at_rest()
    is_all_in(screen, language)
    room, needed = screen.page.evaluate("() => [innerWidth, document.documentElement.scrollWidth]")
    assert needed <= room
