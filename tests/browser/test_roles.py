"""Who sees what: each role's pages, another unit's customer with and without a reason, pseudonyms, users."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import provider, signing
from tests.browser.conftest import Dashboard, OpenScreen, free_port
from tests.browser.hostile import TEXTS, nothing_acts, shows
from tests.browser.screen import Screen, sv
from tests.browser.signing import sign_in

OF_CUSTOMERS = [
    "sok-kund", "bokningar", "efterregistrering", "kundkort", "kundgrupper", "vaccination", "att-ratta", "kontroller",
]  # fmt: skip
OF_MONEY = ["uppfoljning", "ansprak", "betalfiler", "ersattningsregler"]
HAS = {
    "eva": OF_CUSTOMERS,
    "anton": ["utdata", *OF_MONEY],
    "siv": [*OF_CUSTOMERS, "utdata", *OF_MONEY, "loggkontroll", "loggutdrag"],
    "adam": ["anvandare"],
}
"""Which addresses each role may open."""
ADDRESSES = [*HAS["siv"], *HAS["adam"]]
REFUSED = sv("Your role does not include this. Ask whoever is responsible for users.")
OTHER_UNIT = "hör till en annan enhet, Mottagning Norr"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard at which people sign in."""
    with provider.running(free_port()) as url:
        yield from signing.dashboard(tmp_path_factory.mktemp("roles"), url, idle=30)


def sidebar_links(screen: Screen) -> set[str]:
    screen.is_at_rest()
    links = screen.menu.get_by_role("link").all()
    return {(link.get_attribute("href") or "").rsplit("/", 1)[-1].partition("?")[0] for link in links}


@pytest.mark.parametrize("user", HAS)
def test_varje_adress_oppnas_eller_nekas_efter_rollen(screen: Screen, dashboard: Dashboard, user: str) -> None:
    sign_in(screen, user)
    anders = dashboard.people.anders
    for address in ADDRESSES:
        screen.visit(f"{address}?kund={anders.customer_id}")
        if address in HAS[user]:
            expect(screen.main.get_by_role("heading", level=2).first).to_be_visible()
            expect(screen.message(REFUSED)).to_have_count(0)
        else:
            expect(screen.message(REFUSED)).to_be_visible()
            expect(screen.main.get_by_role("heading")).to_have_count(0)
            assert anders.family_name not in screen.text()
            expect(screen.button("Logga ut", screen.page.get_by_test_id("stSidebar"))).to_be_visible()
    assert sidebar_links(screen) - {""} <= set(HAS[user])


def test_en_annan_enhets_kund_visas_forst_med_ett_skal(screen: Screen, dashboard: Dashboard) -> None:
    customer = dashboard.people.without_group.popleft()
    sign_in(screen, "sara")
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
    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    screen.save_group("Gravid")


def test_skalet_galler_den_som_gav_det_och_ingen_annan(
    screen: Screen, open_screen: OpenScreen, dashboard: Dashboard
) -> None:
    elsewhere = dashboard.people.elsewhere.popleft().customer_id
    sign_in(screen, "eva", f"kundkort?kund={elsewhere}")
    expect(screen.message("hör till en annan enhet, Hamnens vårdcentral")).to_be_visible()
    screen.main.get_by_text(sv("The customer has asked for it"), exact=True).click()
    screen.button(sv("Open the customer")).click()
    screen.is_on("Kundkort")
    other = open_screen()
    sign_in(other, "hanna", f"kundkort?kund={elsewhere}")
    expect(other.message("hör till en annan enhet")).to_be_visible()


def test_femtio_fientliga_anmarkningar_visas_som_de_ar_eller_nekas(
    screen: Screen, open_screen: OpenScreen, dashboard: Dashboard
) -> None:
    sign_in(screen, "eva")
    for text in TEXTS:
        customer = dashboard.people.elsewhere.popleft()
        screen.go_to("Sök kund")
        screen.is_on("Sök kund")
        screen.search(customer.identity)
        expect(screen.message("hör till en annan enhet")).to_be_visible()
        screen.main.get_by_text(sv("Another reason, which I write"), exact=True).click()
        screen.main.get_by_label(sv("Note"), exact=True).fill(text)
        screen.button(sv("Open the customer")).click()
        screen.is_on("Kundkort")
        nothing_acts(screen)
    lead = open_screen()
    sign_in(lead, "siv", "loggkontroll")
    lead.main.get_by_text("Signaler", exact=True).click()
    lead.is_at_rest()
    signal = lead.main.get_by_test_id("stExpander").filter(has_text=sv("Customers of other units"))
    signal.get_by_text(sv("Customers of other units")).click()
    expect(lead.table(sv("Customers of other units"))).to_be_visible()
    for text in TEXTS:
        shows(lead, text)
    nothing_acts(lead)


def test_analytikern_hamtar_pseudonymer_och_inga_namn(screen: Screen, dashboard: Dashboard, tmp_path: Path) -> None:
    sign_in(screen, "anton", "utdata")
    screen.is_on("Utdata")
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    download.value.save_as(tmp_path / "groups.csv")
    text = (tmp_path / "groups.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert rows and {"customer_pseudonym", "birth_year"} <= set(rows[0])
    assert {"customer_identity", "customer_name", "birth_date"}.isdisjoint(rows[0])
    assert {row["unit_id"] for row in rows} == {"norr"}
    assert not [number for number in dashboard.people.numbers if number in text]


def test_administratoren_ger_en_roll_som_galler_vid_nasta_steg(screen: Screen, open_screen: OpenScreen) -> None:
    newcomer = open_screen()
    sign_in(newcomer, "nils")
    expect(newcomer.message("har ingen roll här")).to_be_visible()
    sign_in(screen, "adam")
    screen.is_on(sv("Users"))
    screen.choose(sv("User"), "Nils Ny (test:nils)")
    screen.choose(sv("Role"), sv("Analyst"))
    screen.box(sv("Units")).click()
    screen.page.get_by_role("option", name="Mottagning Norr").click()
    screen.page.keyboard.press("Escape")
    screen.button("Spara").click()
    expect(screen.message(sv("Saved: {user}.", user="Nils Ny"))).to_be_visible()
    newcomer.visit()
    newcomer.is_on("Utdata")


def test_femtio_fientliga_anvandare_visas_som_de_ar_eller_nekas(screen: Screen) -> None:
    sign_in(screen, "adam")
    screen.is_on(sv("Users"))
    for text in TEXTS:
        screen.main.get_by_label(sv("User, as the sign-in names it"), exact=True).fill(text)
        screen.button("Spara").click()
        if text.isprintable():
            shows(screen, sv("Saved: {user}.", user=text))
        else:
            expect(screen.message(sv("Write the user as the sign-in names it."))).to_be_visible()
        nothing_acts(screen)
    screen.visit("anvandare", sv("Users"))
    expect(screen.table(sv("Users"))).to_be_visible()
    for text in filter(str.isprintable, TEXTS):
        shows(screen, text)
    nothing_acts(screen)
