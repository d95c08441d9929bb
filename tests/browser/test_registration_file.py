"""A file of people in the browser: looked at, mended, imported once, undone; and a file from Utdata handed back."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path

from playwright.sync_api import expect

from mv.identity import format_identity
from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.people import GROUP_SINCE, TODAY
from tests.browser.screen import Screen

HEADINGS = "Personnummer;Kundgrupp;Undergrupp;Datum"


def opened(screen: Screen) -> Screen:
    screen.visit("efterregistrering", "Efterregistrering")
    screen.main.get_by_role("radio", name="Importera fil", exact=True).click()
    expect(screen.main.get_by_text("Fil med personer (CSV eller XLSX)", exact=True)).to_be_visible()
    screen.is_at_rest()
    return screen


def hand_in(screen: Screen, name: str, content: bytes, counts: list[list[str]]) -> None:
    """Choose a file, and expect what it comes to."""
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    screen.is_at_rest()
    screen.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    found = screen.table("Vad filen ger").locator("tbody").get_by_role("cell")
    expect(found).to_have_text([cell for row in counts for cell in row])
    screen.is_at_rest()


def take_away(screen: Screen) -> None:
    """Take the chosen file away again."""
    screen.main.get_by_test_id("stFileUploader").get_by_role("button", name="Remove").first.click()
    expect(screen.table("Vad filen ger")).to_have_count(0)


def test_a_file_with_a_mistake_is_mended_imported_once_and_undone(
    dashboard: Dashboard, open_screen: OpenScreen, tmp_path: Path
) -> None:
    one, other = (dashboard.people.without_group.popleft() for _ in range(2))
    screen = opened(open_screen())
    day = TODAY - timedelta(days=1)
    rows = (
        HEADINGS,
        f"{format_identity(one.identity, TODAY)};65 år och äldre;;{day}",
        f"{other.identity};Medicinsk riskgrup;Diabetes typ 1 eller 2;{day:%Y%m%d}",
    )
    hand_in(
        screen, "personer.csv", "\r\n".join(rows).encode("windows-1252"),
        [["Redo att registreras", "1"], ["Med fel", "1"], ["Summa", "2"]],
    )  # fmt: skip
    assert screen.cells(screen.table("Vad som är fel")) == [
        [
            "3", "Kundgrupp", "Medicinsk riskgrup",
            "Det finns ingen kundgrupp ”Medicinsk riskgrup”. Menade du: Medicinsk riskgrupp?",
        ]
    ]  # fmt: skip
    expect(screen.main.get_by_role("button", name="Läs in alla")).to_have_count(0)
    with screen.page.expect_download() as download:
        screen.link("Hämta filen med felen").click()
    assert download.value.suggested_filename == f"att_ratta_{TODAY}.csv"
    download.value.save_as(tmp_path / "felen.csv")
    text = (tmp_path / "felen.csv").read_text("utf-8-sig")
    (headings, *found) = list(csv.reader(StringIO(text), delimiter=";"))
    assert headings == [*HEADINGS.split(";"), "Vad som är fel"]
    assert [bool(row[-1]) for row in found] == [False, True]

    mended = text.replace('"Medicinsk riskgrup"', '"Medicinsk riskgrupp"').encode()
    take_away(screen)
    hand_in(screen, "felen.csv", mended, [["Redo att registreras", "2"], ["Summa", "2"]])
    screen.button("Läs in alla (2)").dblclick()
    expect(screen.message("2 rader är inlästa.")).to_be_visible()
    hand_in(screen, "felen.csv", mended, [["Finns redan", "2"], ["Summa", "2"]])
    expect(screen.message("Det finns inget att läsa in: allt finns redan.")).to_be_visible()

    screen.button("Ångra hela filen").click()
    screen.page.get_by_role("button", name="Ja, ångra allt", exact=True).click()
    expect(screen.message("Ångrat: 2 rader.")).to_be_visible()
    assert not [number for number in (one.identity, other.identity) if number[2:] in screen.text().replace("-", "")]


def test_a_file_of_output_data_is_handed_back_with_another_first_day(
    dashboard: Dashboard, open_screen: OpenScreen, tmp_path: Path
) -> None:
    customer = dashboard.people.with_group.popleft()
    screen = open_screen(width=768)
    screen.visit("utdata", "Utdata")
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "kundgrupper.csv")
    lines = (tmp_path / "kundgrupper.csv").read_text("utf-8-sig").splitlines()
    (place,) = [place for place, line in enumerate(lines) if customer.identity in line]
    earlier = GROUP_SINCE - timedelta(days=7)
    lines[place] = lines[place].replace(f";{GROUP_SINCE};", f";{earlier};", 1)

    opened(screen)
    counts = [["Att ändra", "1"], ["Oförändrade", f"{len(lines) - 2}"], ["Summa", f"{len(lines) - 1}"]]
    hand_in(screen, "kundgrupper.csv", "\n".join(lines).encode(), counts)
    screen.button("Läs in alla (1)").click()
    expect(screen.message("1 rad är inläst.")).to_be_visible()
    screen.open_groups(customer)
    expect(screen.row("65 år och äldre")).to_contain_text(f"{earlier}")
    expect(screen.history().first).to_contain_text("Justerad")
