"""Uppföljning in Chromium: its charts and their figures, the file, the filters, and the way to the corrections."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen, sv
from tests.browser.test_language import is_all_in, switch

PAGE = "uppfoljning"
BY_UNIT = "Vilken enhet förlorar mest?"
"""The title of the chart, and the name of its figures."""
FIGURES = f"Siffrorna: {BY_UNIT}"


def opened(screen: Screen) -> None:
    screen.visit(PAGE, "Uppföljning")
    expect(screen.heading(sv("Do the parts make up the whole?"))).to_be_visible()
    screen.is_at_rest()


def amounts(screen: Screen) -> list[Locator]:
    shown = screen.main.get_by_test_id("stMetricValue")
    expect(shown).to_have_count(5)
    return shown.all()


def chart(screen: Screen, name: str) -> Locator:
    return screen.main.get_by_test_id("stVegaLiteChart").and_(screen.main.get_by_label(name, exact=True))


def rows(screen: Screen) -> list[list[str]]:
    """Open the figures by unit and return their rows, the headings first."""
    table = screen.table(BY_UNIT)
    if not table.is_visible():
        screen.unfold(FIGURES)
    expect(table).to_be_visible()
    lines = table.get_by_role("row").all()
    cells = [line.locator("th, td").all_inner_texts() for line in lines]
    return [cells[0], *([name, *("".join(amount.split()) for amount in amounts)] for name, *amounts in cells[1:])]


def test_diagrammen_har_namn_och_siffrorna_gar_ihop(screen: Screen) -> None:
    opened(screen)
    for question in (sv("Paid, payable, at risk and lost"), sv("What is at risk, and why?")):
        expect(chart(screen, question)).to_be_visible()
    headings, *units, total = rows(screen)
    assert headings[0] == "Enhet" and total[0] == "Summa" and len(units) > 1
    for place in range(1, len(headings)):
        assert sum(int(row[place]) for row in units) == int(total[place])
    expect(screen.main.get_by_text(sv("as many as the store counts by itself"))).to_contain_text(f"= {total[1]}")
    expect(screen.main.get_by_test_id("stAlert")).to_have_count(0)


def test_siffrorna_hamtas_som_de_visas(screen: Screen, tmp_path: Path) -> None:
    opened(screen)
    shown = rows(screen)[:-1]
    figures = screen.main.get_by_test_id("stExpander").filter(has_text=FIGURES)
    with screen.page.expect_download() as download:
        figures.get_by_role("link", name=sv("Download the figures")).click()
    assert download.value.suggested_filename.startswith("uppfoljning_enhet_")
    download.value.save_as(tmp_path / "figures.csv")
    content = (tmp_path / "figures.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")) == shown


def test_ett_filter_andrar_alla_siffror_och_star_kvar_nar_sidan_oppnas_igen(screen: Screen) -> None:
    opened(screen)
    screen.choose("Säsong", "Alla")
    before = {row[0]: row for row in rows(screen)}
    opened(screen)  # anew, since a list that is opened while the page still scrolls closes again
    unit = "Björkens vårdcentral"  # which has doses without a group
    screen.choose("Säsong", "Alla")
    screen.choose("Enhet", unit)
    assert len(rows(screen)) == 3
    assert rows(screen)[1] == before[unit]
    assert rows(screen)[2][1:] == before[unit][1:]
    screen.main.get_by_role("link", name=sv("Go to the doses to correct")).click()
    screen.is_on(sv("To correct"))
    screen.go_to("Uppföljning")
    screen.is_on("Uppföljning")
    expect(screen.box("Enhet")).to_have_value(unit)


def test_inget_pa_sidan_star_pa_det_andra_spraket(open_screen: OpenScreen) -> None:
    screen = open_screen()
    opened(screen)
    rows(screen)
    is_all_in(screen, "sv")
    switch(screen, "en")
    screen.is_on("Paid and unpaid doses")
    expect(screen.heading("Do the parts make up the whole?")).to_be_visible()
    is_all_in(screen, "en")


def test_sidan_ryms_pa_en_smal_skarm(open_screen: OpenScreen) -> None:
    screen = open_screen(width=768)
    opened(screen)
    rows(screen)
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert screen.page.evaluate(wide) == 0
    for value in amounts(screen):
        assert value.evaluate("e => [...e.querySelectorAll('*'), e].every(x => x.scrollWidth <= x.clientWidth + 1)")
