"""A clinic's first day, from a store with nothing in it: everybody signs in, and people alone fill it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from os import environ
from pathlib import Path

import pandas as pd
import pytest
from biip.checksums import gs1_standard_check_digit
from playwright.sync_api import Locator, expect

from mv.store import open_store
from tests.browser.conftest import ROOT, Dashboard, OpenScreen, Prepared, signing_in
from tests.browser.people import DayClock
from tests.browser.screen import Screen, catalog, sv
from tests.browser.signing import sign_in

UNIT, REGION, OLD = "Vaccinationen Torget", "Region Provlandet", "65 år och äldre"
EFLUELDA = "Efluelda (J07BB02)"
NAMES = ("Greta Provdag", "Helge Provkväll", "Ines Provnatt")
PAYLOAD = "0735001234567"
GTIN = f"{PAYLOAD}{gs1_standard_check_digit(PAYLOAD)}"
BATCH = "FD4711"
EVENT = """BEGIN:VEVENT
UID:{number}@bokning.example
DTSTART;TZID=Europe/Stockholm:{day:%Y%m%d}T{hour:02}0000
SUMMARY:Efluelda: {name}
DESCRIPTION:Personnr {identity}
END:VEVENT
"""


@dataclass(frozen=True)
class Clinic:
    """A dashboard at which the first administrator can sign in, and the people who will be booked there."""

    dashboard: Dashboard
    people: dict[str, str]


@pytest.fixture
def clinic(prepared: Prepared, provider_url: str, tmp_path: Path) -> Iterator[Clinic]:
    """A new store with its first administrator, made by the command that docs/start.md names."""
    empty = Prepared(tmp_path / "empty.duckdb", prepared.people)
    open_store(str(empty.store), DayClock()).close()
    command = [sys.executable, "-m", "mv", "user", "test:ada", "--role", "administrator"]
    subprocess.run(command, cwd=ROOT, env={**environ, "MV_STORE": str(empty.store)}, check=True)
    with signing_in(empty, tmp_path, provider_url, idle_minutes=30) as started:
        numbers = started.people.unregistered
        yield Clinic(started, {name: numbers.popleft() for name in NAMES})
