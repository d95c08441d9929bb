"""How long people wait from Enter until the next number can be typed: ``python -m benchmarks.registration``.

A dashboard over invented people, and Chromium in front of it, driven by keyboard. Beside it, in the same run and for
the same people, the routine without this page: search, Kundgrupper, choose, Spara. Each is driven as fast as it
answers, so that a figure is what the dashboard takes; what people press and click comes on top, and is counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import socket

import streamlit
from playwright.sync_api import Page, expect, sync_playwright

from mv import sample
from mv.store import open_store

ROOT = Path(__file__).parents[1]
SECONDS_TO_START = 60
OURS, PLAIN = "Medicinsk riskgrupp", "Hushållskontakt"
WITHOUT_GROUP = """
    SELECT c.identity, c.given_name || ' ' || c.family_name AS name FROM customer c
    WHERE c.deceased_on IS NULL AND c.birth_date < $1
        AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.customer_id = c.customer_id)
    ORDER BY c.customer_id LIMIT $2
"""
READY = """
    name => {
        const field = document.activeElement;
        const row = document.querySelector("[class*='st-key-saved_row_']");
        return field.id === "mv-number" && field.value === "" && row?.innerText.includes(name);
    }
"""


class Hands:
    """Somebody's hands: each key and each click is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = self.clicks = 0

    def type(self, text: str) -> None:
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def click(self, role: str, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]


@contextmanager
def dashboard(store: Path, settings: Path) -> Iterator[str]:
    """Run a dashboard over ``store`` and return its address."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.fileWatcherType=none"],
        cwd=ROOT,
        env={**os.environ, "MV_STORE": str(store), "MV_SETTINGS": str(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        give_up = time.monotonic() + SECONDS_TO_START
        while not answers(port):
            assert process.poll() is None and time.monotonic() < give_up, "The dashboard did not start"
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    try:
        with closing(HTTPConnection("localhost", port, timeout=1)) as connection:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
    except OSError:
        return False


def prepare(folder: Path, customers: int, people: int) -> list[tuple[str, str]]:
    """Make the store and return number and name of that many people without a group."""
    with closing(open_store(str(folder / "mv.duckdb"))) as store:
        sample.make(store, customers, seed=1)
        before = store.today().replace(year=store.today().year - 5)
        with store.read() as tx:
            rows = tx.rows(WITHOUT_GROUP, before, people)
    assert len(rows) == people, "The sample has too few people without a group"
    return [(row["identity"], row["name"]) for row in rows]


def type_numbers(hands: Hands, url: str, people: list[tuple[str, str]]) -> list[float]:
    """Register each on the page Efterregistrering; return the seconds from Enter to ready."""
    page = hands.page
    page.goto(f"{url}/efterregistrering")
    group = page.get_by_role("combobox", name="Kundgrupp", exact=True)
    expect(group).to_be_focused()
    page.keyboard.type(OURS)
    page.get_by_role("option", name=OURS, exact=True).wait_for()
    page.keyboard.press("Enter")
    expect(group).to_have_value(OURS)
    page.get_by_label("Personnummer", exact=True).focus()
    waits = []
    for number, name in people:
        hands.type(number)
        start = time.perf_counter()
        hands.press("Enter")
        page.wait_for_function(READY, arg=name)
        waits.append(time.perf_counter() - start)
    return waits


def search_and_save(hands: Hands, url: str, people: list[tuple[str, str]]) -> list[float]:
    """Register each by search, Kundgrupper, choose and Spara; return the seconds from Enter to ready."""
    page = hands.page
    page.goto(f"{url}/sok-kund")
    waits = []
    for number, name in people:
        field = page.get_by_label("Personnummer", exact=True).first
        expect(field).to_have_value("")
        hands.clicks += 1
        field.click()
        hands.type(number)
        start = time.perf_counter()
        hands.press("Enter")
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        hands.click("link", "Kundgrupper")
        hands.click("combobox", "Kundgrupp")
        option = page.get_by_role("option").filter(has_text=PLAIN).first
        hands.clicks += 1
        option.click()
        hands.click("button", "Spara")
        expect(page.locator("[class*='_active_']").filter(has_text=PLAIN)).to_be_visible()
        hands.click("link", "Sök kund")
        expect(page.get_by_label("Personnummer", exact=True).first).to_have_value("")
        waits.append(time.perf_counter() - start)
    return waits


def report(name: str, hands: Hands, waits: list[float]) -> None:
    p95 = statistics.quantiles(waits, n=20)[-1]
    each = len(waits)
    print(
        f"{name:<22} median {statistics.median(waits) * 1000:6.0f} ms   p95 {p95 * 1000:6.0f} ms"
        f"   {hands.keys / each:4.1f} keys and {hands.clicks / each:3.1f} clicks a person"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--people", type=int, default=50)
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" Streamlit {streamlit.__version__}; {options.people} people of {options.customers:,}"
    )
    ways: dict[str, Callable[[Hands, str, list[tuple[str, str]]], list[float]]] = {
        "Efterregistrering": type_numbers,
        "search, groups, save": search_and_save,
    }
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        people = prepare(folder, options.customers, options.people)
        (folder / "settings.toml").touch()
        chromium = shutil.which("chromium")
        assert chromium, "This needs Chromium: apt-get install chromium"
        arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        with dashboard(folder / "mv.duckdb", folder / "settings.toml") as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
            for way, register in ways.items():
                page = browser.new_page(locale="sv-SE", viewport={"width": 1280, "height": 900})
                hands = Hands(page)
                report(way, hands, register(hands, url, people))
                page.close()
            browser.close()


if __name__ == "__main__":
    main()
