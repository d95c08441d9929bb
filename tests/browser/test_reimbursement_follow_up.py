"""Uppföljning in Chromium: its charts and their figures, the file, the filters, and the way to the corrections."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen, sv

PAGE = "uppfoljning"
BY_UNIT = "Vilken enhet förlorar mest?"
"""The title of the chart, and the name of its figures."""
FIGURES = f"Siffrorna: {BY_UNIT}"


def opened(screen: Screen) -> None:
    screen.visit(PAGE, "Uppföljning")
    expect(screen.heading(sv("Do the parts make up the whole?"))).to_be_visible()
    screen.is_at_rest()


def chart(screen: Screen, name: str) -> Locator:
    return screen.main.get_by_test_id("stVegaLiteChart").and_(screen.main.get_by_label(name, exact=True))


def rows(screen: Screen) -> list[list[str]]:
    """Open the figures by unit and return their rows, the headings first."""
    table = screen.table(BY_UNIT)
    if not table.is_visible():
        screen.unfold(FIGURES)
    cells = screen.cells(table, headings=True)
    return [cells[0], *([name, *("".join(amount.split()) for amount in amounts)] for name, *amounts in cells[1:])]


def test_charts_are_named_their_figures_tie_out_are_downloaded_and_lead_to_the_doses(
    screen: Screen, tmp_path: Path
) -> None:
    opened(screen)
    for question in (sv("Paid, payable, at risk and lost"), sv("What is at risk, and why?")):
        expect(chart(screen, question)).to_be_visible()
    shown = rows(screen)
    headings, *units, total = shown
    assert headings[0] == "Enhet" and total[0] == "Summa" and len(units) > 1
    for place in range(1, len(headings)):
        assert sum(int(row[place]) for row in units) == int(total[place])
    expect(screen.main.get_by_text(sv("as many as the store counts by itself"))).to_contain_text(f"= {total[1]}")
    expect(screen.main.get_by_test_id("stAlert")).to_have_count(0)

    figures = screen.main.get_by_test_id("stExpander").filter(has_text=FIGURES)
    with screen.page.expect_download() as download:
        figures.get_by_role("link", name=sv("Download the figures")).click()
    assert download.value.suggested_filename.startswith("uppfoljning_enhet_")
    download.value.save_as(tmp_path / "figures.csv")
    content = (tmp_path / "figures.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")) == shown[:-1]

    # One unit's figures are its row, and the filter is there again after a look elsewhere
    unit = "Björkens vårdcentral"  # which has doses without a group
    before = {row[0]: row for row in shown}
    opened(screen)  # anew, since a list that is opened while the page still scrolls closes again
    screen.choose("Enhet", unit)
    assert len(rows(screen)) == 3
    assert rows(screen)[1] == before[unit]
    assert rows(screen)[2][1:] == before[unit][1:]
    screen.main.get_by_role("link", name=sv("Go to the doses to correct")).click()
    screen.is_on(sv("To correct"))
    screen.go_to("Uppföljning")
    screen.is_on("Uppföljning")
    expect(screen.box("Enhet")).to_have_value(unit)
