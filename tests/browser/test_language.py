"""Swedish and English: which one is shown, that it is shown everywhere, and that it fits a narrow screen."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.conftest import ROOT, Dashboard, OpenScreen
from tests.browser.screen import Screen, catalog

# But for the toolbar over a long table under the pointer, the button of a list, the arrows beside page numbers, and the
# link past the menu: their words are Streamlit's own.
EVERYTHING_SEEN = """
() => {
  const OWN = "[data-testid=stElementToolbar], button[aria-label=Open], [data-testid=stPagination] button";
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const around = walker.currentNode.parentElement;
    const unseen = "script, style, canvas, [data-testid=stIconMaterial], a[href='#stMain']";
    const seen = around.checkVisibility() && !around.closest(unseen);
    if (seen) texts.push(walker.currentNode.data);
  }
  for (const name of ["placeholder", "aria-label", "title", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (element.checkVisibility() && !element.closest(OWN))
        texts.push(element.getAttribute(name));
  return texts;
}
"""
PAGES = {
    "sv": ["Sök kund", "Bokningar", "Kundkort", "Kundgrupper", "Vaccination", "Utdata"],
    "en": ["Find customer", "Bookings", "Customer card", "Customer groups", "Vaccination", "Output data"],
}
SWITCH = {"sv": "Svenska", "en": "English"}
OTHER = {"sv": "en", "en": "sv"}


def names(language: str) -> Iterator[str]:
    """Yield the groups' and subgroups' names."""
    for file in ("groups.csv", "subgroups.csv"):
        with (ROOT / "data" / file).open(encoding="utf-8") as lines:
            yield from (row[f"name_{language}"] for row in csv.DictReader(lines))


@cache
def phrases(language: str) -> dict[str, re.Pattern[str]]:
    """Return what is written in ``language`` only, each with the pattern that finds it filled in."""
    known = {
        which: {*names(which), *(form for forms in catalog(which).values() for form in forms)} for which in ("sv", "en")
    }
    found = {}
    for phrase in known[language] - known[OTHER[language]]:
        parts = [re.escape(part) for part in re.split(r"\{\w+\}", phrase)]
        found[phrase] = re.compile(r"(?<!\w)" + ".+".join(parts) + r"(?!\w)")
    return found


def written_in(screen: Screen, language: str) -> list[str]:
    """Return what is still written in ``language`` on the page, in the menu, in names and in hints."""
    texts = screen.page.evaluate(EVERYTHING_SEEN)
    return [
        f"{phrase} in: {text}"
        for phrase, pattern in phrases(language).items()
        for text in texts
        if pattern.search(text)
    ]


def is_all_in(screen: Screen, language: str) -> None:
    """Expect that what the screen says is in this language, and nothing in the other."""
    screen.is_at_rest()
    assert written_in(screen, OTHER[language]) == []
    assert len(written_in(screen, language)) > 5


def switch(screen: Screen, language: str) -> None:
    screen.page.get_by_role("region", name="Sidebar").get_by_text(SWITCH[language], exact=True).click()


@pytest.mark.parametrize(("locale", "language"), [("sv-SE", "sv"), ("en-GB", "en"), ("de-DE", "sv"), ("en", "en")])
def test_webblasarens_sprak_avgor_och_svenska_ar_det_vanliga(
    open_screen: OpenScreen, customer: Customer, locale: str, language: str
) -> None:
    screen = open_screen(locale)
    screen.visit(f"kundkort?kund={customer.customer_id}", PAGES[language][2])
    is_all_in(screen, language)
    expect(screen.page.get_by_role("radio", name=SWITCH[language])).to_be_checked()


def test_vaxeln_i_menyn_byter_allt_pa_en_gang_och_galler_pa_nasta_sida(screen: Screen, pensioner: Customer) -> None:
    screen.open_card(pensioner)
    address = screen.page.url
    for language in ("en", "sv"):
        switch(screen, language)
        screen.is_on(PAGES[language][2])
        is_all_in(screen, language)
        screen.is_about(pensioner)
        assert screen.page.url == address
    switch(screen, "en")
    screen.is_on("Customer card")
    for page in ("Customer groups", "Find customer", "Bookings", "Output data"):
        screen.go_to(page)
        screen.is_on(page)
        is_all_in(screen, "en")


def test_den_ena_koordinatorns_sprak_andrar_inte_den_andras(open_screen: OpenScreen, customer: Customer) -> None:
    one, other = open_screen(), open_screen()
    one.open_card(customer)
    other.open_card(customer)
    switch(one, "en")
    one.is_on("Customer card")
    other.go_to("Kundgrupper")
    other.is_on("Kundgrupper")
    is_all_in(other, "sv")
    is_all_in(one, "en")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_inget_pa_sidorna_star_pa_det_andra_spraket(
    open_screen: OpenScreen, dashboard: Dashboard, pensioner: Customer, language: str
) -> None:
    def words(message: str) -> str:
        return catalog(language)[message][0]

    screen = open_screen({"sv": "sv-SE", "en": "en-GB"}[language])
    search, bookings, card, groups, vaccination, export = PAGES[language]
    screen.visit(heading=search)
    is_all_in(screen, language)
    for text in ("gerd prov", "zzyzx", "1950", "x"):
        screen.main.get_by_label(words("Identity number"), exact=True).first.fill(text)
        screen.page.keyboard.press("Enter")
        told = screen.main.get_by_test_id("stAlert").or_(screen.main.get_by_role("button", name="Gerd"))
        expect(told.first).to_be_visible()
        is_all_in(screen, language)

    screen.go_to(bookings)
    screen.is_on(bookings)
    is_all_in(screen, language)
    screen.choose(words("Unit"), "Mottagning Söder")
    screen.set_day(words("Day"), dashboard.people.booking_day)
    screen.main.get_by_role("radiogroup").get_by_text("Bodil").click()
    screen.main.get_by_role("button", name="Bodil").click()
    screen.is_on(card)
    expect(screen.table(words("Coming bookings"))).to_be_visible()
    is_all_in(screen, language)

    screen.visit(f"kundgrupper?kund={pensioner.customer_id}", groups)
    is_all_in(screen, language)
    screen.main.get_by_role("button", name=words("Adjust")).click()
    expect(screen.button(words("Cancel"))).to_be_visible()
    is_all_in(screen, language)
    screen.button(words("Cancel")).click()
    screen.main.get_by_role("button", name=words("Remove")).click()
    expect(screen.main.get_by_role("button", name=words("Undo"))).to_be_visible()
    screen.unfold(words("Change history"))
    expect(screen.table(words("Change history"))).to_be_visible()
    is_all_in(screen, language)

    screen.go_to(card)
    screen.is_on(card)
    screen.button(words("Start vaccination")).click()
    expect(screen.button(words("Add"), screen.dialog)).to_be_visible()
    is_all_in(screen, language)
    screen.page.keyboard.press("Escape")
    screen.is_on(vaccination)
    screen.choose(words("Vaccine"), "Efluelda (J07BB02)")
    is_all_in(screen, language)
    screen.choose(words("Batch"), re.compile(r"\("))
    screen.button(words("Save vaccination")).click()
    expect(screen.table(words("Doses"))).to_be_visible()
    screen.main.get_by_role("button", name=words("Withdraw")).click()
    expect(screen.page.get_by_text(words("Why is the dose withdrawn?"))).to_be_visible()
    is_all_in(screen, language)
    screen.page.keyboard.press("Escape")
    screen.main.get_by_role("button", name=words("Correct")).click()
    expect(screen.button(words("Save correction"))).to_be_visible()
    screen.unfold(words("Change history"))
    expect(screen.table(words("Change history"))).to_be_visible()
    is_all_in(screen, language)

    screen.go_to(export)
    screen.is_on(export)
    screen.unfold(words("The figures of the charts"))
    is_all_in(screen, language)

    screen.go_to(words("Log check"))
    screen.is_on(words("Log check"))
    for part in ("Log", "Random samples", "Signals", "The chain"):
        screen.main.get_by_role("radio", name=words(part), exact=True).click()
        expect(screen.main.get_by_role("radio", name=words(part), exact=True)).to_be_checked()
        is_all_in(screen, language)
    screen.go_to(words("Log extract"))
    screen.is_on(words("Log extract"))
    is_all_in(screen, language)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_inget_pa_efterregistreringen_star_pa_det_andra_spraket(
    open_screen: OpenScreen, dashboard: Dashboard, customer: Customer, language: str
) -> None:
    def words(message: str) -> str:
        return catalog(language)[message][0]

    screen = open_screen({"sv": "sv-SE", "en": "en-GB"}[language])
    screen.visit("efterregistrering", words("Register afterwards"))
    screen.choose(words("Group"), {"sv": "Gravid", "en": "Pregnant"}[language])
    number = screen.main.get_by_label(words("Identity number"), exact=True)
    for text, field in (
        ("12", number),
        (dashboard.people.unregistered.popleft(), screen.main.get_by_label(words("Given name"))),
        (customer.identity, screen.main.get_by_role("textbox", name=words("Why is it right?"))),
    ):
        number.fill(text)
        number.press("Enter")
        expect(number).to_have_value(text)
        expect(field).to_be_focused()
        is_all_in(screen, language)
    screen.page.keyboard.type("ok")
    screen.page.keyboard.press("Enter")
    expect(screen.action(words("Undo"), customer.name)).to_be_visible()
    is_all_in(screen, language)


@pytest.mark.parametrize("width", [768, 1280])
def test_varje_sida_ryms_pa_bredden_och_menyn_gar_att_oppna(
    open_screen: OpenScreen, dashboard: Dashboard, pensioner: Customer, width: int
) -> None:
    screen = open_screen(width=width, height=1024)
    screen.open_vaccination(pensioner)
    screen.choose("Vaccin", "Efluelda (J07BB02)")
    screen.choose("Sats", re.compile("går ut"))
    screen.button("Spara vaccination").click()
    expect(screen.action("Rätta")).to_be_visible()
    for page in (
        "Vaccination",
        "Sök kund",
        "Bokningar",
        "Efterregistrering",
        "Kundgrupper",
        "Kundkort",
        "Utdata",
        "Loggkontroll",
        "Loggutdrag",
    ):
        menu = screen.menu.get_by_role("link", name=page, exact=True)
        if not menu.is_visible() or not in_sight(screen, page):
            screen.page.get_by_role("button", name="Expand sidebar").click()
        expect(menu).to_be_in_viewport()
        menu.click()
        screen.is_on(page)
        screen.is_at_rest()
        assert overflow(screen) == [], page


def in_sight(screen: Screen, page: str) -> bool:
    """Return whether the menu's link to ``page`` is on the screen, not beside it."""
    box = screen.menu.get_by_role("link", name=page, exact=True).bounding_box()
    return box is not None and box["x"] >= 0


def overflow(screen: Screen) -> list[str]:
    """Return what is wider than the place it has: the document, the page, or a button's text."""
    return screen.page.evaluate(
        """() => ["html", "[data-testid=stMain]", "[data-testid=stMain] button"]
            .flatMap(what => [...document.querySelectorAll(what)])
            .filter(element => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
            .map(element => `${element.tagName} ${element.scrollWidth} > ${element.clientWidth}: ${element.innerText}`)
        """
    )
