"""Signing in at a real OpenID provider: who gets in, until when, and what the others see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import provider
from tests.browser.conftest import Dashboard, OpenScreen, Prepared, signing_in
from tests.browser.screen import Screen
from tests.browser.signing import SIGN_IN, sign_in

UNTIL_NOTICED = (provider.SHORT + 90) * 1000
"""Milliseconds until a screen that nobody touches must have noticed that its sign-in is over."""


@pytest.fixture(scope="module")
def dashboard(signed: Dashboard) -> Dashboard:
    return signed


@pytest.fixture
def impatient(prepared: Prepared, provider_url: str, tmp_path: Path) -> Iterator[Dashboard]:
    """One that signs out whoever does nothing for some seconds."""
    with signing_in(prepared, tmp_path, provider_url, idle_minutes=0.4) as started:
        yield started


def sees_only_sign_in(screen: Screen) -> None:
    expect(screen.button(SIGN_IN)).to_be_visible()
    screen.is_at_rest()
    expect(screen.menu.get_by_role("link")).to_have_count(0)
    assert "Provberg" not in screen.text()
    assert [text for text in screen.main.get_by_role("heading").all_inner_texts()] == ["Logga in"]


def sidebar(screen: Screen) -> str:
    return screen.page.get_by_test_id("stSidebar").inner_text()


def test_a_sign_in_leads_to_the_page_that_was_wanted_and_shows_name_role_and_units(
    screen: Screen, dashboard: Dashboard
) -> None:
    customer = dashboard.people.without_group.popleft()
    for address in ("utdata", "no-such-page"):
        screen.visit(address)
        sees_only_sign_in(screen)
    sign_in(screen, "eva", f"kundkort?kund={customer.customer_id}")
    screen.is_on("Kundkort")
    screen.is_about(customer)
    assert "Eva Ek" in sidebar(screen)
    assert "Koordinator" in sidebar(screen)
    unit = screen.box("Din enhet", screen.page.get_by_test_id("stSidebar"))
    unit.click()
    expect(screen.page.get_by_role("option")).to_have_count(1)


@pytest.mark.parametrize("user", ["other-audience", "forged"])
def test_an_identity_for_another_program_or_with_a_forged_signature_is_not_let_in(screen: Screen, user: str) -> None:
    sign_in(screen, user)
    expect(screen.message("Inloggningen lyckades inte")).to_be_visible()
    sees_only_sign_in(screen)


def test_when_the_sign_in_expires_the_screen_is_emptied_by_itself(screen: Screen, dashboard: Dashboard) -> None:
    sign_in(screen, "hanna", f"kundkort?kund={dashboard.people.anders.customer_id}")
    screen.is_about(dashboard.people.anders)
    expect(screen.message("Din inloggning har gått ut")).to_be_visible(timeout=UNTIL_NOTICED)
    sees_only_sign_in(screen)
    assert "Karlsson" not in screen.text()


def test_whoever_does_nothing_is_signed_out_by_itself(open_screen: OpenScreen, impatient: Dashboard) -> None:
    screen = open_screen(at=impatient)
    sign_in(screen, "eva", f"kundkort?kund={impatient.people.anders.customer_id}")
    screen.is_about(impatient.people.anders)
    expect(screen.message("inget hände på en stund")).to_be_visible(timeout=UNTIL_NOTICED)
    sees_only_sign_in(screen)


def test_signing_out_holds_for_other_tabs_the_back_button_and_a_copied_cookie(
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


def test_an_uploaded_file_is_for_its_users_own_page(screen: Screen, open_screen: OpenScreen) -> None:
    sign_in(screen, "eva", "efterregistrering")
    screen.main.get_by_role("radio", name="Importera fil", exact=True).click()
    file = {"name": "personer.csv", "mimeType": "text/csv", "buffer": b"Personnummer;Kundgrupp\n"}
    with screen.page.expect_response(lambda answer: answer.request.method == "PUT") as put:
        screen.main.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    assert put.value.status == 204
    colleague = open_screen()
    sign_in(colleague, "nora", "efterregistrering")
    cookies = {cookie["name"]: cookie["value"] for cookie in colleague.page.context.cookies()}
    allowed = {"X-Xsrftoken": cookies["_streamlit_xsrf"]}
    request = colleague.page.request
    assert request.put(put.value.url, headers=allowed, multipart={"file": file}).status == 403  # type: ignore[dict-item]
    assert request.delete(put.value.url, headers=allowed).status == 403
    with screen.page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        screen.main.get_by_test_id("stFileUploader").get_by_role("button", name="Remove").first.click()
    assert deleted.value.status == 204


def test_a_download_is_for_whoever_was_offered_it(screen: Screen, open_screen: OpenScreen) -> None:
    sign_in(screen, "siv", "utdata")
    screen.is_on("Utdata")
    # Of two roles in the claims, the first in the settings' order holds
    expect(screen.page.get_by_test_id("stSidebar").get_by_text("Verksamhetschef")).to_be_visible()
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
