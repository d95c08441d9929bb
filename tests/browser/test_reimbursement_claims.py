"""Claims in the browser: a period is claimed, its file is the same to the byte each time, a draft is discarded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Dashboard, OpenScreen, free_port, running
from tests.browser.screen import Screen, sv

REGION, EMPLOYER = "Exempelregionen", "Arbetsgivaren"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard of its own: what is claimed here is claimed by no other test."""
    with running(tmp_path_factory.mktemp("claims"), free_port()) as started:
        yield started


def cells(table: Locator) -> list[list[str]]:
    expect(table).to_be_visible()
    rows = table.locator("tbody").get_by_role("row").all()
    return [[cell.replace("\u00a0", " ") for cell in row.get_by_role("cell").all_inner_texts()] for row in rows]


def look_at(screen: Screen, payer: str) -> list[list[str]]:
    """Choose all that is due from the payer, and return what it comes to."""
    screen.main.get_by_role("radio", name=sv("New claim"), exact=True).click()
    screen.is_at_rest()
    screen.choose("Betalare", payer)
    begin = screen.main.get_by_role("button", name="Låt perioden börja")
    if begin.count():
        begin.click()
        expect(begin).to_have_count(0)
        screen.is_at_rest()
    return cells(screen.table("Orsak"))


def taken_out(screen: Screen, path: Path) -> tuple[str, bytes]:
    with screen.page.expect_download() as download:
        screen.link(sv("Download the file (CSV)")).click()
    download.value.save_as(path)
    return download.value.suggested_filename, path.read_bytes()


def test_ett_anspraks_period_provas_och_filen_ar_densamma_nar_den_hamtas_igen(
    clinic: Dashboard, open_screen: OpenScreen, tmp_path: Path
) -> None:
    screen = open_screen(at=clinic)
    screen.visit("sok-kund", "Sök kund")
    screen.go_to("Anspråk")
    screen.is_on("Anspråk")
    previewed = look_at(screen, REGION)
    total = previewed[-1]
    assert total[0] == "Summa"
    screen.button("Skapa anspråk").click()
    expect(screen.message("är skapat")).to_contain_text(f"{total[1]} rader")
    screen.is_at_rest()
    assert cells(screen.table("Vad raderna gäller"))[-1] == total
    expect(screen.main.get_by_text("Raderna är tillsammans anspråkets belopp")).to_be_visible()
    name, first = taken_out(screen, tmp_path / "first.csv")
    lines = list(csv.DictReader(StringIO(first.decode("utf-8-sig")), delimiter=";"))
    assert (name, str(len(lines))) == ("ansprak_1.csv", total[1].replace(" ", ""))
    ore = sum(int(line["Kronor"].replace(",", "")) for line in lines)
    assert f"{ore // 100}" == total[2].replace(" ", "")
    screen.button("Markera som skickat").click()
    expect(screen.message("Anspråk 1 är nu: skickat.")).to_be_visible()
    screen.is_at_rest()
    expect(screen.button("Kassera")).to_have_count(0)
    assert taken_out(screen, tmp_path / "second.csv")[1] == first
    screen.main.get_by_role("radio", name=sv("New claim"), exact=True).click()
    screen.choose("Betalare", REGION)
    expect(screen.message("Det finns inget att begära")).to_be_visible()


def test_ett_utkast_kasseras_och_doserna_kan_begaras_igen(clinic: Dashboard, open_screen: OpenScreen) -> None:
    screen = open_screen(at=clinic)
    screen.visit("ansprak", "Anspråk")
    before = look_at(screen, EMPLOYER)
    screen.button("Skapa anspråk").click()
    expect(screen.message("är skapat")).to_be_visible()
    screen.is_at_rest()
    screen.button("Kassera").click()
    screen.page.get_by_role("button", name="Kassera anspråket", exact=True).click()
    expect(screen.message("kasserat")).to_be_visible()
    screen.is_at_rest()
    expect(screen.button("Markera som skickat")).to_have_count(0)
    assert look_at(screen, EMPLOYER) == before
