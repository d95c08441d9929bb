"""Signing in at a real OpenID provider: who gets in, until when, and what the others see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import provider, signing
from tests.browser.conftest import Dashboard, OpenScreen, free_port
from tests.browser.screen import Screen
from tests.browser.signing import SIGN_IN, sign_in

PAGES = ["", "bokningar", "kundkort?kund=1", "kundgrupper?kund=1", "vaccination?kund=1", "utdata", "no-such-page"]
UNTIL_NOTICED = (provider.SHORT + 30) * 1000
"""Milliseconds until a screen that nobody touches must have noticed that its sign-in is over."""


@pytest.fixture(scope="module")
def provider_url() -> Iterator[str]:
    with provider.running(free_port()) as url:
        yield url


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, provider_url: str) -> Iterator[Dashboard]:
    """A dashboard at which people sign in."""
    yield from signing.dashboard(tmp_path_factory.mktemp("signed"), provider_url, idle=30)


@pytest.fixture
def impatient(tmp_path: Path, provider_url: str) -> Iterator[Dashboard]:
    """One that signs out whoever does nothing for some seconds."""
    yield from signing.dashboard(tmp_path, provider_url, idle=0.2)


def sees_only_sign_in(screen: Screen) -> None:
    expect(screen.button(SIGN_IN)).to_be_visible()
    screen.is_at_rest()
    expect(screen.menu.get_by_role("link")).to_have_count(0)
    assert "Provberg" not in screen.text()
    assert [text for text in screen.main.get_by_role("heading").all_inner_texts()] == ["Logga in"]


def sidebar(screen: Screen) -> str:
    return screen.page.get_by_test_id("stSidebar").inner_text()


def test_den_som_loggar_in_ser_sitt_namn_sin_roll_och_sina_enheter(screen: Screen) -> None:
    sign_in(screen, "eva")
    screen.is_on("Sök kund")
    assert "Eva Ek" in sidebar(screen)
    assert "Koordinator" in sidebar(screen)
    unit = screen.box("Din enhet", screen.page.get_by_test_id("stSidebar"))
    unit.click()
    expect(screen.page.get_by_role("option")).to_have_count(1)


def test_rollen_ar_den_forsta_i_installningarnas_ordning(screen: Screen) -> None:
    sign_in(screen, "siv")
    expect(screen.page.get_by_test_id("stSidebar").get_by_text("Verksamhetschef")).to_be_visible()


def test_den_som_inte_ar_inloggad_ser_bara_inloggningen_vilken_adress_som_an_skrivs(screen: Screen) -> None:
    for address in PAGES:
        screen.visit(address)
        sees_only_sign_in(screen)


def test_inloggningen_leder_till_sidan_som_soktes(screen: Screen, dashboard: Dashboard) -> None:
    customer = dashboard.people.without_group.popleft()
    sign_in(screen, "eva", f"kundkort?kund={customer.customer_id}")
    screen.is_on("Kundkort")
    screen.is_about(customer)


def test_den_som_saknar_roll_far_veta_det_och_kan_logga_ut(screen: Screen) -> None:
    sign_in(screen, "nils")
    expect(screen.message("har ingen roll här")).to_be_visible()
    expect(screen.menu.get_by_role("link")).to_have_count(0)
    screen.button("Logga ut").click()
    expect(screen.page.get_by_role("button", name="End session")).to_be_visible()


@pytest.mark.parametrize("user", ["other-audience", "forged"])
def test_en_identitet_for_ett_annat_program_eller_med_falsk_signatur_slapps_inte_in(screen: Screen, user: str) -> None:
    sign_in(screen, user)
    expect(screen.message("Inloggningen lyckades inte")).to_be_visible()
    sees_only_sign_in(screen)


def test_nar_inloggningen_gar_ut_toms_skarmen_av_sig_sjalv(screen: Screen, dashboard: Dashboard) -> None:
    sign_in(screen, "hanna", f"kundkort?kund={dashboard.people.anders.customer_id}")
    screen.is_about(dashboard.people.anders)
    expect(screen.message("Din inloggning har gått ut")).to_be_visible(timeout=UNTIL_NOTICED)
    sees_only_sign_in(screen)
    assert "Karlsson" not in screen.text()


def test_den_som_inget_gor_loggas_ut_av_sig_sjalv(open_screen: OpenScreen, impatient: Dashboard) -> None:
    screen = open_screen(at=impatient)
    sign_in(screen, "eva", f"kundkort?kund={impatient.people.anders.customer_id}")
    screen.is_about(impatient.people.anders)
    expect(screen.message("inget hände på en stund")).to_be_visible(timeout=UNTIL_NOTICED)
    sees_only_sign_in(screen)


def test_utloggning_galler_aven_andra_flikar_bakatknappen_och_en_kopierad_kaka(
    screen: Screen, open_screen: OpenScreen, dashboard: Dashboard
) -> None:
    anders = dashboard.people.anders
    sign_in(screen, "eva", f"kundkort?kund={anders.customer_id}")
    screen.is_about(anders)
    cookies = screen.page.context.cookies()
    other = screen.page.context.new_page()
    other.goto(screen.page.url)
    expect(other.get_by_role("heading", name=anders.name, exact=True)).to_be_visible()
    screen.button("Logga ut", screen.page.get_by_test_id("stSidebar")).click()
    screen.page.get_by_role("button", name="End session").click()
    sees_only_sign_in(screen)
    expect(other.get_by_role("button", name=SIGN_IN)).to_be_visible(timeout=UNTIL_NOTICED)
    assert anders.name not in other.locator("body").inner_text()
    for _step in range(2):
        screen.page.go_back()
    screen.visit(f"kundkort?kund={anders.customer_id}")
    sees_only_sign_in(screen)
    thief = open_screen()
    thief.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    thief.visit(f"kundkort?kund={anders.customer_id}")
    expect(thief.message("Du är utloggad")).to_be_visible()
    sees_only_sign_in(thief)


def test_en_hamtningsadress_galler_bara_den_som_fick_den(screen: Screen, open_screen: OpenScreen) -> None:
    sign_in(screen, "siv", "utdata")
    screen.is_on("Utdata")
    address = screen.link("Hämta").get_attribute("href")
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    assert download.value.suggested_filename.endswith(".csv")
    colleague = open_screen()
    sign_in(colleague, "siv", "utdata")
    answer = colleague.page.request.get(f"{colleague.url}{address}")
    assert answer.status == 403
    assert "en annan webbläsare" in answer.text()
    stranger = open_screen()
    stranger.visit()
    assert stranger.page.request.get(f"{stranger.url}{address}").status == 403
    screen.button("Logga ut", screen.page.get_by_test_id("stSidebar")).click()
    expect(screen.page.get_by_role("button", name="End session")).to_be_visible()
    assert screen.page.request.get(f"{screen.url}{address}").status in {403, 404}
