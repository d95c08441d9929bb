"""Who sees what: another unit's customer with and without a reason, pseudonyms, users and their roles."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.hostile import nothing_acts, shows
from tests.browser.people import HOSTILE
from tests.browser.screen import Screen, sv
from tests.browser.signing import sign_in

OF_MONEY = ["uppfoljning", "ansprak", "betalfiler", "ersattningsregler"]
REFUSED = sv("Your role does not include this. Ask whoever is responsible for users.")
OTHER_UNIT = "hör till en annan enhet, Hamnens vårdcentral"


def sidebar_links(screen: Screen) -> set[str]:
    screen.is_at_rest()
    links = screen.menu.get_by_role("link").all()
    return {(link.get_attribute("href") or "").rsplit("/", 1)[-1].partition("?")[0] for link in links}


@pytest.fixture(scope="module")
def dashboard(signed: Dashboard) -> Dashboard:
    return signed


def test_another_units_customer_is_opened_for_a_reason_by_whoever_gives_it(
    screen: Screen, open_screen: OpenScreen, dashboard: Dashboard
) -> None:
    customer = dashboard.people.elsewhere.popleft()
    sign_in(screen, "eva")
    screen.search(customer.family_name)
    expect(screen.message("Ingen kund hittades")).to_be_visible()
    screen.search(customer.identity)
    expect(screen.message(OTHER_UNIT)).to_be_visible()
    assert customer.name not in screen.text()
    open_it = screen.button(sv("Open the customer"))
    open_it.click()
    expect(screen.message(sv("Choose why you open the customer."))).to_be_visible()
    screen.main.get_by_text(sv("Another reason, which I write"), exact=True).click()
    open_it.click()
    expect(screen.message(sv("Write why you open the customer."))).to_be_visible()
    assert customer.name not in screen.text()
    screen.main.get_by_text(sv("The customer is vaccinated here"), exact=True).click()
    open_it.click()
    screen.is_on("Kundkort")
    screen.is_about(customer)
    other = open_screen()
    sign_in(other, "nora", f"kundkort?kund={customer.customer_id}")
    expect(other.message(OTHER_UNIT)).to_be_visible()
    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    screen.save_group("Skörhet")


def test_an_analyst_downloads_pseudonyms_and_no_names(screen: Screen, dashboard: Dashboard, tmp_path: Path) -> None:
    sign_in(screen, "anton", "utdata")
    screen.is_on("Utdata")
    assert sidebar_links(screen) - {""} <= {"utdata", *OF_MONEY}
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "groups.csv")
    text = (tmp_path / "groups.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert rows and {"customer_pseudonym", "birth_year"} <= set(rows[0])
    assert {"customer_identity", "customer_name", "birth_date"}.isdisjoint(rows[0])
    assert {row["unit_id"] for row in rows} == {"norr"}
    assert not [number for number in dashboard.people.numbers if number in text]


def test_an_administrator_gives_a_role_that_holds_at_the_next_step(screen: Screen, open_screen: OpenScreen) -> None:
    newcomer = open_screen()
    sign_in(newcomer, "nils")
    expect(newcomer.message("har ingen roll här")).to_be_visible()
    expect(newcomer.menu.get_by_role("link")).to_have_count(0)
    sign_in(screen, "adam")
    screen.is_on(sv("Users"))
    expect(screen.table(sv("Users"))).to_be_visible()
    shows(screen, *HOSTILE)
    nothing_acts(screen)
    screen.look_up(sv("User"), "Nils Ny (test:nils)")
    screen.choose(sv("Role"), sv("Analyst"))
    screen.box(sv("Units")).click()
    screen.page.get_by_role("option", name="Mottagning Norr").click()
    screen.page.keyboard.press("Escape")
    screen.button("Spara").click()
    expect(screen.message(sv("Saved: {user}.", user="Nils Ny"))).to_be_visible()
    newcomer.visit()
    newcomer.is_on("Utdata")

    # Another page than the role's is refused, and says nothing of whom it is about
    screen.visit("kundkort?kund=1")
    expect(screen.message(REFUSED)).to_be_visible()
    expect(screen.main.get_by_role("heading")).to_have_count(0)
    expect(screen.button("Logga ut", screen.page.get_by_test_id("stSidebar"))).to_be_visible()
    assert sidebar_links(screen) - {""} <= {"anvandare", "kom-igang"}
