"""A payer's file in the browser: looked at, imported once, and the lines to follow up taken out."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from playwright.sync_api import expect

from mv.identity import format_identity
from tests.browser.conftest import Dashboard
from tests.browser.people import TODAY
from tests.browser.screen import Screen

PREVIEW = [
    ["Betald", "2", "300", "0"],
    ["För lite betalt", "1", "99,50", "−50,50"],
    ["Dubbelt betald", "1", "150", "150"],
    ["Okänd", "1", "40", "40"],
    ["Summa", "5", "589,50", "139,50"],
]


def answer(dashboard: Dashboard) -> str:
    """Return the payer's file: the first two lines by reference and by person, the third twice, one of nobody."""
    second = format_identity(dashboard.people.claimed[1].identity, TODAY)
    rows = (
        "Er referens;Personnummer;Vaccinationsdatum;Utbetalt belopp (kr);Förfallodag",
        "A1-1;;;150,00;2025-12-01",
        f";{second};2025-10-13;99,50;2025-12-01",
        "A1-3;;;150;2025-12-01",
        "A1-3;;;150;2025-12-01",
        "A77-1;;;40;2025-12-01",
        "Summa;;;589,50;",
    )
    return "\r\n".join(rows)


def hand_in(screen: Screen, content: bytes) -> None:
    file = {"name": "betalning.csv", "mimeType": "text/csv", "buffer": content}
    screen.is_at_rest()
    screen.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(screen.main.get_by_text("Läst som", exact=False)).to_be_visible()
    screen.is_at_rest()


def show(screen: Screen, part: str) -> None:
    screen.main.get_by_role("radio", name=part, exact=True).click()
    screen.is_at_rest()


def test_a_file_is_looked_at_imported_once_and_the_lines_to_follow_up_are_downloaded(
    dashboard: Dashboard, screen: Screen, tmp_path: Path
) -> None:
    screen.visit("betalfiler", "Betalfiler")
    screen.look_up("Betalare", "Provregionen")
    hand_in(screen, answer(dashboard).encode("windows-1252"))
    expect(screen.main.get_by_text("Läst som Windows-1252, Semikolon (;): 6 rader.", exact=True)).to_be_visible()
    expect(screen.box("Belopp")).to_have_value("Utbetalt belopp (kr)")
    assert screen.cells(screen.table("Vad filen ger")) == PREVIEW
    expect(screen.main.get_by_text("Utfallen är tillsammans vad filen innehåller: 5 rader")).to_be_visible()
    screen.button("Läs in").dblclick()
    expect(screen.message("Fil 1 är inläst: 5 rader, 589,50 kr.")).to_be_visible()
    hand_in(screen, b"\xef\xbb\xbf" + answer(dashboard).replace("\r\n", "\n").encode())
    expect(screen.message("läste in den här filen")).to_contain_text("Inget ändrades.")
    expect(screen.button("Läs in")).to_have_count(0)

    show(screen, "Läget för raderna")
    stands = {row[0]: row[1:] for row in screen.cells(screen.table("Läget för raderna"))}
    assert stands["För lite betalt"] == ["1", "150", "99,50", "50,50", "0"]
    assert stands["Obetald, förfallen"] == ["1", "150", "0", "150", "0"]
    assert stands["Summa"] == ["4", "600", "549,50", "200,50", "150"]
    expect(screen.main.get_by_text("Begärt 600 kr = betalt 549,50 kr + kvar att få 200,50 kr")).to_be_visible()
    screen.choose("Visa", "Obetald, förfallen (1)")
    expect(screen.main.get_by_test_id("stDataFrame")).to_be_visible()
    with screen.page.expect_download() as download:
        screen.link("Hämta som CSV").click()
    download.value.save_as(tmp_path / "obetalda.csv")
    assert download.value.suggested_filename == f"anspraksrader_obetalda_{TODAY}.csv"
    rows = list(csv.reader(StringIO((tmp_path / "obetalda.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [row[:1] + row[5:8] for row in rows] == [
        ["Anspråksrad", "Begärt (kr)", "Betalt (kr)", "Skillnad (kr)"],
        ["A1-4", "150,00", "0,00", "-150,00"],
    ]

    show(screen, "Inlästa filer")
    screen.main.get_by_role("button", name="Återkalla fil 1").click()
    screen.page.get_by_role("button", name="Återkalla", exact=True).click()
    expect(screen.message("Fil 1 är återkallad.")).to_be_visible()
    assert not [number for number in dashboard.people.numbers if number[2:] in screen.text().replace("-", "")]
