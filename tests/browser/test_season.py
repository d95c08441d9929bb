"""A season's money: a dose without a group is mended, claimed, corrected late and paid, and everything ties out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard, OpenScreen, Prepared, running
from tests.browser.people import UNPAID_ON
from tests.browser.screen import Screen, sv

OLD, FLUAD, EFLUELDA = "65 år och äldre", "Fluad Tetra (J07BB02)", "Efluelda (J07BB02)"
BJORKEN, REGION = "Björkens vårdcentral", "Exempelregionen"
LINE, CORRECTS, NUMBER, VACCINE, KRONOR = (
    sv(heading) for heading in ("Line", "Corrects line", "Identity number", "Vaccine", "Kronor")
)


@pytest.fixture(scope="module")
def clinic(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard of its own: what is claimed here is claimed by no other test."""
    with running(prepared, tmp_path_factory.mktemp("season")) as started:
        yield started


def cells(screen: Screen, table: str) -> dict[str, list[str]]:
    """Return a table's rows by their first cell."""
    return {first: rest for first, *rest in screen.cells(screen.table(table))}


def show(screen: Screen, part: str) -> None:
    screen.main.get_by_role("radio", name=part, exact=True).click()
    screen.is_at_rest()


def mend(screen: Screen, customer: Customer) -> None:
    """Find the dose in Att rätta with its kronor, put the customer in the group, and choose it for the dose."""
    screen.visit("att-ratta", "Att rätta")
    screen.choose("Enhet", BJORKEN)
    row = screen.main.get_by_test_id("stHorizontalBlock").filter(has_text=customer.name)
    expect(row).to_contain_text("150 kr")
    screen.action("Rätta", customer.name).click()
    screen.is_about(customer)
    expect(screen.message(sv("Not paid: no group counts for the dose."))).to_be_visible()
    screen.button("Spara").click()
    expect(screen.row(OLD)).to_be_visible()
    screen.button(sv("Choose it for the dose")).click()
    screen.is_on("Vaccination")
    expect(screen.main.get_by_role("radio", name=OLD)).to_be_checked()
    screen.is_at_rest()
    screen.button("Spara rättelse").click()
    screen.is_at_rest()  # the form says the same before it is saved
    expect(screen.message(f"{REGION} betalar 150 kr")).to_be_visible()


def claim(screen: Screen, path: Path) -> pd.DataFrame:
    """Claim what the region is due for the day of the dose, take out the file, and mark the claim as sent."""
    screen.go_to("Anspråk")
    screen.is_on("Anspråk")
    previewed = preview(screen)
    screen.button(sv("Make the claim")).click()
    expect(screen.message("är skapat")).to_contain_text(re.compile(rf"är skapat: {previewed[0]} rad(er)?,"))
    screen.is_at_rest()
    assert cells(screen, "Vad raderna gäller")["Summa"] == previewed
    expect(screen.main.get_by_text("Raderna är tillsammans anspråkets belopp")).to_be_visible()
    take_out(screen, path)
    screen.button(sv("Mark as sent")).click()
    expect(screen.message("skickat")).to_be_visible()
    screen.is_at_rest()
    expect(screen.button("Kassera")).to_have_count(0)
    lines = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert [str(len(lines)), kronor(lines)] == previewed
    return lines


def preview(screen: Screen, first: date = UNPAID_ON) -> list[str]:
    """Choose what the region is due from that day to the dose's, and return how many lines and kronor that is."""
    show(screen, sv("New claim"))
    screen.look_up("Betalare", REGION)
    screen.set_day("Första dag", first)
    screen.set_day("Sista dag", UNPAID_ON)
    return cells(screen, "Orsak")["Summa"]


def take_out(screen: Screen, path: Path) -> None:
    with screen.page.expect_download() as download:
        screen.link(sv("Download the file (CSV)")).click()
    download.value.save_as(path)


def kronor(lines: pd.DataFrame) -> str:
    """Return what the lines come to, as a screen shows it."""
    ore = sum(int(text.replace(",", "")) for text in lines[KRONOR])
    assert ore % 100 == 0
    return f"{ore // 100:,}".replace(",", " ")


def make_and_discard(screen: Screen) -> None:
    """Make a claim, discard it, and find that its doses can be claimed again.

    Its days are others than the next claim's: the same claim made again within seconds counts as a slow double click.
    """
    the_day_before = UNPAID_ON - timedelta(days=1)
    before = preview(screen, the_day_before)
    screen.button(sv("Make the claim")).click()
    expect(screen.message("är skapat")).to_be_visible()
    screen.is_at_rest()
    screen.button("Kassera").click()
    screen.page.get_by_role("button", name="Kassera anspråket", exact=True).click()
    expect(screen.message("kasserat")).to_be_visible()
    screen.is_at_rest()
    expect(screen.button("Markera som skickat")).to_have_count(0)
    assert preview(screen, the_day_before) == before


def correct(screen: Screen, customer: Customer) -> None:
    """Correct the vaccine of the dose that was claimed."""
    screen.open_vaccination(customer)
    screen.action("Rätta", "Fluad Tetra").click()
    screen.choose("Vaccin", EFLUELDA)
    screen.choose("Sats", screen.choices("Sats")[0])
    screen.button("Spara rättelse").click()
    expect(screen.message(sv("The dose is corrected. What it was before is in the change history."))).to_be_visible()


def pay(screen: Screen, lines: pd.DataFrame) -> None:
    """Import the region's answer, which pays each of the lines."""
    rows = [f"{line};{amount}" for line, amount in zip(lines[LINE], lines[KRONOR], strict=True)]
    content = "\r\n".join(["Er referens;Utbetalt belopp", *rows]).encode()
    screen.go_to("Betalfiler")
    screen.is_on("Betalfiler")
    screen.look_up("Betalare", REGION)
    file = {"name": "betalning.csv", "mimeType": "text/csv", "buffer": content}
    screen.is_at_rest()
    screen.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(screen.button("Läs in")).to_be_visible()
    screen.is_at_rest()
    assert cells(screen, "Vad filen ger")["Betald"][0] == str(len(lines))
    screen.button("Läs in").click()
    expect(screen.message("är inläst")).to_be_visible()


def test_from_a_dose_without_a_group_to_a_paid_one_and_everything_ties_out(
    clinic: Dashboard, open_screen: OpenScreen, tmp_path: Path
) -> None:
    customer = clinic.people.unpaid.popleft()
    screen = open_screen(at=clinic)
    mend(screen, customer)

    screen.go_to("Anspråk")
    screen.is_on("Anspråk")
    make_and_discard(screen)
    first = claim(screen, tmp_path / "first.csv")
    (mine,) = first[first[NUMBER] == customer.identity].to_dict("records")
    assert (mine[VACCINE], mine[KRONOR], mine[CORRECTS]) == ("Fluad Tetra", "150,00", "")

    correct(screen, customer)
    second = claim(screen, tmp_path / "second.csv")
    assert set(second[NUMBER]) == {customer.identity}
    taken_back, anew = second.sort_values(KRONOR).to_dict("records")
    assert (taken_back[VACCINE], taken_back[KRONOR], taken_back[CORRECTS]) == ("Fluad Tetra", "-150,00", mine[LINE])
    assert (anew[VACCINE], anew[KRONOR]) == ("Efluelda", "150,00")

    lines = pd.concat([first, second], ignore_index=True)
    pay(screen, lines)
    paid = kronor(lines)
    show(screen, "Läget för raderna")
    stands = cells(screen, "Läget för raderna")
    assert stands["Summa"][:2] == [str(len(lines)), paid]
    assert stands["Betald"][:2] == [str(len(lines)), paid]

    screen.go_to("Anspråk")
    screen.is_on("Anspråk")
    show(screen, sv("Claims so far"))
    states = cells(screen, sv("Claims by state"))
    of_before = pd.DataFrame({KRONOR: ["600,00"]})  # a claim to somebody else, who has not paid
    asked = kronor(pd.concat([lines, of_before]))
    assert states["Summa"] == ["3", str(len(lines) + 4), asked, paid]

    # The first claim's file is the same to the byte, whatever came after it
    number = first[LINE].iloc[0].removeprefix("A").split("-")[0]
    screen.choose(sv("Claim"), re.compile(f"^{number} "))
    screen.is_at_rest()
    take_out(screen, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()

    screen.go_to("Uppföljning")
    screen.is_on("Uppföljning")
    received = re.compile(rf"betalt {paid} kr \+ att betala tillbaka 0 kr = {paid} kr".replace(" ", r"\s"))
    expect(screen.main.get_by_text(received)).to_be_visible()
    screen.has_no_error()
