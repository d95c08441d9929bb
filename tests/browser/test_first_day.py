"""A clinic's first day, from a store with nothing in it: everybody signs in, and people alone fill it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from os import environ
from pathlib import Path

import pandas as pd
import pytest
from biip.checksums import gs1_standard_check_digit
from playwright.sync_api import expect

from mv.store import open_store
from tests.browser.conftest import ROOT, Dashboard, OpenScreen, Prepared, signing_in
from tests.browser.people import DayClock
from tests.browser.screen import Screen, sv
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
        yield Clinic(started, dict(zip(NAMES, started.people.unregistered, strict=False)))


def test_an_empty_store_becomes_a_clinic_whose_doses_are_paid(
    clinic: Clinic, open_screen: OpenScreen, tmp_path: Path
) -> None:
    def signed_in(user: str) -> Screen:
        screen = open_screen(at=clinic.dashboard)
        sign_in(screen, user)
        return screen

    ada = signed_in("ada")
    ada.is_on("Kom igång")
    invite(ada, "lena@klinik.example", "Lena Lind", "Verksamhetschef", "Alla enheter")
    lena = signed_in("lena")
    lena.is_on("Kom igång")
    add_unit(lena)
    take_over_start(lena)
    confirm_rule(lena)
    decide_backup(lena)
    for name, role in (("Klara Krok", "Koordinator"), ("Kalle Kvist", "Koordinator"), ("Arne Ask", "Analytiker")):
        invite(ada, f"{name.split()[0].lower()}@klinik.example", name, role, UNIT)

    klara = signed_in("klara")
    today = day_of_bookings(klara)
    receive_batch(klara, scan_of(today))
    import_bookings(klara, today, clinic.people)
    vaccinate_booked(klara, scan_of(today))
    kalle = signed_in("kalle")
    register_afterwards(kalle, clinic.people, scan_of(today))

    arne = signed_in("arne")
    read_back(arne, tmp_path / "doser.csv")
    make_claim(arne, today)
    lines = take_out_claim(lena, tmp_path / "ansprak.csv")
    assert sorted(lines[sv("Identity number")]) == sorted(clinic.people.values())
    pay(arne, lines)
    sees_what_is_left(lena)


def go_to(screen: Screen, page: str) -> None:
    screen.go_to(page)
    screen.is_on(page)
    screen.is_at_rest()


def show(screen: Screen, part: str) -> None:
    screen.main.get_by_role("radio", name=part, exact=True).click()
    screen.is_at_rest()


def write(screen: Screen, label: str, text: str) -> None:
    """Write into a field, and leave it."""
    screen.is_at_rest()
    field = screen.main.get_by_role("textbox", name=label, exact=True)
    field.fill(text)
    field.press("Tab")
    screen.is_at_rest()


def is_saved(screen: Screen, text: str) -> None:
    expect(screen.message(text)).to_be_visible()
    screen.is_at_rest()


def scan_of(today: date) -> str:
    """Return what a scanner types of a pack that holds for another year, without FNC1."""
    return f"]d201{GTIN}17{today.year % 100 + 1:02}033110{BATCH}"


def invite(screen: Screen, email: str, name: str, role: str, unit: str) -> None:
    go_to(screen, "Användare")
    write(screen, "E-post", email)
    write(screen, "Namn", name)
    screen.choose("Roll", role)
    screen.box("Enheter").click()
    screen.page.get_by_role("option", name=unit, exact=True).click()
    screen.page.keyboard.press("Escape")
    screen.is_at_rest()
    screen.button("Spara").click()
    is_saved(screen, f"Sparat: {name}.")


def add_unit(screen: Screen) -> None:
    """Add the unit with its region."""
    go_to(screen, "Katalog")
    screen.button("Lägg till").click()
    write(screen, "Kod", "torget")
    write(screen, "Namn", UNIT)
    region = screen.box("Region")
    region.fill(REGION)
    region.press("Enter")
    screen.is_at_rest()
    screen.button("Spara").click()
    is_saved(screen, f"Sparad: {UNIT}.")


def take_over_start(screen: Screen) -> None:
    show(screen, "Startförslag")
    screen.button("Ta över de markerade").click()
    is_saved(screen, "rader är sparade")
    expect(screen.message(sv("All of the start is here."))).to_be_visible()


def confirm_rule(screen: Screen) -> None:
    """Take over the example as drafts, and confirm what is paid for influenza to those of 65 and over."""
    go_to(screen, "Ersättningsregler")
    screen.button(sv("Take the example over as drafts")).click()
    is_saved(screen, "utkast är övertagna")
    screen.action("Öppna", f"Influensavaccin, {OLD}").click()
    screen.is_at_rest()
    write(screen, "Källa", "Region Provlandets beslut")
    screen.button("Bekräfta").click()
    is_saved(screen, f"Sparad: Influensavaccin, {OLD}")


def decide_backup(screen: Screen) -> None:
    go_to(screen, "Kom igång")
    step = screen.main.locator("[class*='st-key-step_backup']")
    step.get_by_role("button", name=sv("Done elsewhere, or not for us")).click()
    note = screen.page.get_by_role("textbox", name=sv("How, or why not"), exact=True)
    note.fill("Servern kopieras varje natt")
    note.press("Tab")
    screen.is_at_rest()
    screen.page.get_by_role("button", name="Spara", exact=True).click()
    is_saved(screen, "Sparat.")
    expect(step).to_contain_text("Servern kopieras varje natt (Lena Lind")


def day_of_bookings(screen: Screen) -> date:
    """Return the day of which the page shows the bookings, which is the dashboard's today."""
    go_to(screen, "Bokningar")
    return screen.day("Dag")


def receive_batch(screen: Screen, scan: str) -> None:
    """Scan a pack whose number nobody knows, say which vaccine it is, and scan it again."""
    go_to(screen, "Batchnummer")
    field = screen.main.get_by_role("textbox", name=sv("Search, or scan a pack"), exact=True)
    name = screen.heading(f"Efluelda {BATCH}")
    field.fill(scan)
    field.press("Enter")
    screen.choose(sv("Vaccine of the pack"), EFLUELDA)
    screen.button(sv("Save the pack")).click()
    expect(name).to_be_visible()
    screen.is_at_rest()
    screen.button(sv("All batches")).click()
    expect(name).to_have_count(0)
    screen.is_at_rest()
    field.fill(scan)
    field.press("Enter")
    expect(name).to_be_visible()
    screen.is_at_rest()


def import_bookings(screen: Screen, today: date, people: dict[str, str]) -> None:
    """Take in the calendar of today, which registers the people with their names."""
    events = (
        EVENT.format(number=number, day=today, hour=9 + number, name=name, identity=identity)
        for number, (name, identity) in enumerate(people.items())
    )
    content = f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(events)}END:VCALENDAR\n".replace("\n", "\r\n").encode()
    go_to(screen, "Bokningar")
    screen.unfold(sv("Import a file of bookings"))
    file = {"name": "bokningar.ics", "mimeType": "text/calendar", "buffer": content}
    screen.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(screen.message("3 personer är okända och kommer att registreras")).to_be_visible()
    screen.is_at_rest()
    screen.button(f"{sv('Import all')} (3)").click()
    is_saved(screen, "3 bokningar är inlästa.")


def vaccinate_booked(screen: Screen, scan: str) -> None:
    """Go from the first booking to the customer's dose, by way of the dialog, and see what is paid for it."""
    screen.main.get_by_text(re.compile(rf"09:00.*{NAMES[0]}")).click()
    screen.is_at_rest()
    screen.button(NAMES[0]).click()
    screen.is_on("Kundkort")
    screen.is_at_rest()
    screen.button("Starta vaccination").click()
    expect(screen.button("Lägg till", screen.dialog)).to_be_visible()
    screen.add_group(OLD)
    screen.button("Close", screen.dialog).click()
    screen.is_on("Vaccination")
    expect(screen.box("Vaccin")).to_have_value(EFLUELDA)
    type_batch(screen, scan)
    expect(screen.message(f"{REGION} betalar 150 kr")).to_be_visible()
    screen.button("Spara vaccination").click()
    is_saved(screen, "Dosen är sparad")
    expect(screen.table("Doser").locator("tbody").get_by_role("row")).to_contain_text([BATCH])


def type_batch(screen: Screen, scan: str) -> None:
    """Scan a pack into the field of the batch."""
    screen.is_at_rest()
    field = screen.box("Sats")
    field.fill(scan)
    field.press("Enter")
    screen.is_at_rest()  # until then the field of no vaccine stands beside that of the one that was scanned
    expect(field).to_have_value(re.compile(rf"^{BATCH} "))


def register_afterwards(screen: Screen, people: dict[str, str], scan: str) -> None:
    """Type the numbers of the others, with the batch that is known by now: nothing is asked."""
    go_to(screen, "Efterregistrering")
    type_batch(screen, scan)
    screen.choose("Kundgrupp", OLD)
    number = screen.main.get_by_label("Personnummer", exact=True)
    rows = screen.main.locator("[class*='st-key-saved_row_']")
    for count, name in enumerate(NAMES[1:], start=1):
        number.fill(people[name])
        number.press("Enter")
        expect(rows).to_have_count(count)
        expect(rows.first).to_contain_text(name)
        expect(number).to_have_value("")
    expect(rows.filter(has_text=f"{REGION} betalar 150 kr").filter(has_text=BATCH)).to_have_count(2)
    expect(rows.filter(has_text=sv("for a reason: {reason}", reason=""))).to_have_count(0)


def download(screen: Screen, link: str, path: Path) -> pd.DataFrame:
    screen.is_at_rest()
    with screen.page.expect_download() as started:
        screen.link(link).click()
    started.value.save_as(path)
    return pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")


def read_back(screen: Screen, path: Path) -> None:
    """Take out the doses, and find the three of them with their group and what is paid."""
    screen.is_on("Utdata")
    show(screen, sv("Doses and reimbursement"))
    doses = download(screen, "Hämta", path)
    same = {"group_code": "65_plus", "unit": UNIT, "vaccine": "Efluelda", "batch_number": BATCH, "dose_number": "1"}
    same |= {"verdict": "payable", "payer": REGION, "kronor": "150,00", "birth_year": "1950"}
    assert doses[list(same)].to_dict("records") == [same] * len(NAMES)
    assert doses["customer_pseudonym"].is_unique


def make_claim(screen: Screen, today: date) -> None:
    """Claim what the region is due for today."""
    go_to(screen, "Anspråk")
    screen.set_day("Första dag", today)
    screen.set_day("Sista dag", today)
    sums = {first: rest for first, *rest in screen.cells(screen.table("Orsak"))}
    assert sums["Summa"] == ["3", "450"]
    screen.button(sv("Make the claim")).click()
    is_saved(screen, "är skapat")


def take_out_claim(screen: Screen, path: Path) -> pd.DataFrame:
    """Take out the claim's file, which only a head of unit may, and mark the claim as sent."""
    go_to(screen, "Anspråk")
    lines = download(screen, sv("Download the file (CSV)"), path)
    screen.button(sv("Mark as sent")).click()
    is_saved(screen, "skickat")
    return lines


def pay(screen: Screen, lines: pd.DataFrame) -> None:
    """Import the region's answer, which pays every line."""
    rows = [f"{line};{kronor}" for line, kronor in zip(lines[sv("Line")], lines[sv("Kronor")], strict=True)]
    content = "\r\n".join(["Er referens;Utbetalt belopp", *rows]).encode()
    go_to(screen, "Betalfiler")
    file = {"name": "betalning.csv", "mimeType": "text/csv", "buffer": content}
    screen.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(screen.button("Läs in")).to_be_visible()
    screen.is_at_rest()
    screen.button("Läs in").click()
    is_saved(screen, "Fil 1 är inläst: 3 rader, 450 kr.")
    show(screen, sv("How the lines stand"))
    stands = {first: rest for first, *rest in screen.cells(screen.table(sv("How the lines stand")))}
    assert stands["Betald"][:3] == stands["Summa"][:3] == ["3", "450", "450"]


def sees_what_is_left(screen: Screen) -> None:
    """Find every step finished but the one whose drafts nobody has confirmed or discarded."""
    go_to(screen, "Kom igång")
    steps = screen.main.locator("[class*='st-key-step_']")
    expect(steps.filter(has_text="Klart")).to_have_count(6)
    expect(steps.filter(has_text="Att göra")).to_contain_text(re.compile(rf"{REGION}: \d+ regelutkast väntar"))
