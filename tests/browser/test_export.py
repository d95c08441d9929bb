"""A file that takes its time, seen from Chromium: how far it has come, cancelled, and fetched whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Dashboard, OpenScreen, Prepared, running

MANY = 1_000_000
ROWS = f"""
    INSERT INTO membership (membership_id, customer_id, group_code, valid_from, valid_to, unit_id, registered_at,
        registered_by, ended_at, ended_by, ended_reason, version)
    SELECT 100000000 + n, customer_id, '65_plus', DATE '2024-01-01', DATE '2024-02-01', unit_id,
        TIMESTAMP '2024-01-01 09:00:00', 'user', TIMESTAMP '2024-02-01 09:00:00', 'user', 'ceased', 2
    FROM range({MANY}) AS numbers (n),
        (SELECT customer_id, unit_id FROM customer ORDER BY customer_id LIMIT 1) AS somebody
"""  # noqa: S608 (a constant)
FILE = re.compile(r"kundgrupper_alla_\d{4}-\d\d-\d\d\.xlsx")


@pytest.fixture(scope="module")
def large(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard over a store in which somebody has a million group rows, which take seconds to write."""
    with running(prepared, tmp_path_factory.mktemp("large"), spoil=ROWS) as started:
        yield started


def test_a_long_download_says_how_far_it_is_is_cancelled_and_fetched_whole(
    open_screen: OpenScreen, large: Dashboard, tmp_path: Path
) -> None:
    screen = open_screen(at=large)
    screen.visit("utdata", "Utdata")
    screen.main.get_by_text("Visa förhandsvisning, antal och diagram").click()  # nothing counted or drawn beside it
    screen.is_at_rest()
    screen.choose("Format", "Excel (XLSX)")
    with screen.page.expect_download() as cancelled:
        screen.link("Hämta").click()
    bar = screen.main.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(screen.main.get_by_text(re.compile(r"^Hämtar .*: [1-9][\d\s]* av 1\s00\d\s\d{3} rader$"))).to_be_visible()
    screen.button("Avbryt").click()
    expect(screen.message(re.compile(r"^kundgrupper_alla_\S+ avbröts"))).to_be_visible()
    expect(bar).to_have_count(0)
    assert FILE.fullmatch(cancelled.value.suggested_filename)
    assert cancelled.value.failure(), "the browser takes what it has for a whole file"

    screen.choose("Status", "Aktiva")
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "utdata.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "utdata.xlsx").active
    told = screen.main.get_by_text(re.compile(r"^Hämtad: .*\(rader: \d+\)$"))
    expect(told).to_be_visible()
    assert told.inner_text().endswith(f"(rader: {sheet.max_row - 1})")
    assert sheet.max_row > 1
    expect(screen.button("Avbryt")).to_have_count(0)
