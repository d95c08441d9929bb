"""Swedish and English: which one is shown, that it is shown everywhere, and that it fits a narrow screen."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from playwright.sync_api import Error, expect

from mv.customers import Customer
from tests.browser.conftest import ROOT, Dashboard, OpenScreen
from tests.browser.people import BOOKED_ON, HOSTILE
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
OVERFLOW = """
() => ["html", "[data-testid=stMain]", "[data-testid=stMain] button"]
  .flatMap(what => [...document.querySelectorAll(what)])
  .filter(element => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
  .map(element => `${element.tagName} ${element.scrollWidth} > ${element.clientWidth}: ${element.innerText}`)
"""
"""What is wider than the place it has: the document, the page, or a button's text."""
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


@dataclass(frozen=True)
class Phrase:
    """What is written in one language only; ``parts`` is what stands between the values that fill it in."""

    text: str
    parts: list[str]
    pattern: re.Pattern[str]

    def stands_in(self, text: str) -> bool:
        """Return whether it is in ``text``, filled in; the pattern is slow where it does not even have the parts."""
        return all(part in text for part in self.parts) and self.pattern.search(text) is not None


@cache
def phrases(language: str) -> list[Phrase]:
    """Return what is written in ``language`` only."""
    known = {
        which: {*names(which), *(form for forms in catalog(which).values() for form in forms)} for which in ("sv", "en")
    }
    found = []
    for phrase in known[language] - known[OTHER[language]]:
        parts = re.split(r"\{\w+\}", phrase)
        pattern = re.compile(r"(?<!\w)" + ".+".join(re.escape(part) for part in parts) + r"(?!\w)")
        found.append(Phrase(phrase, parts, pattern))
    return found


def without_hostile(text: str) -> str:
    """Return ``text`` without what people of the store are called and wrote, which is in no language."""
    for hostile in HOSTILE:
        text = text.replace(hostile, "")
    return text


def written_in(screen: Screen, language: str) -> list[str]:
    """Return what is still written in ``language`` on the page, in the menu, in names and in hints."""
    texts = [without_hostile(text) for text in screen.page.evaluate(EVERYTHING_SEEN)]
    return [f"{phrase.text} in: {text}" for phrase in phrases(language) for text in texts if phrase.stands_in(text)]


def is_all_in(screen: Screen, language: str) -> None:
    """Expect that what the screen says is in this language, and nothing in the other."""
    screen.is_at_rest()
    assert written_in(screen, OTHER[language]) == []
    assert len(written_in(screen, language)) > 5


def switch(screen: Screen, language: str) -> None:
    screen.page.get_by_role("region", name="Sidebar").get_by_text(SWITCH[language], exact=True).click()


def words(language: str) -> Callable[[str], str]:
    return lambda message: catalog(language)[message][0]


def nothing_overflows(screen: Screen, where: str) -> None:
    """Expect that nothing is wider than the place it has, once what was drawn for another width has followed."""
    try:
        screen.page.wait_for_function(f"() => ({OVERFLOW})().length === 0")
    except Error:
        assert screen.page.evaluate(OVERFLOW) == [], where


def fits(screen: Screen, narrow: bool = True) -> None:
    """Expect that nothing is wider than the place it has, on a common screen and on a narrow one.

    A page with charts is opened on a narrow screen instead: charts keep the width that they were drawn with.
    """
    for width in (1280, 768) if narrow else (1280,):
        screen.page.set_viewport_size({"width": width, "height": 1024})
        screen.is_at_rest()
        nothing_overflows(screen, f"at {width}")
    screen.page.set_viewport_size({"width": 1280, "height": 1024})
    screen.is_at_rest()
    expect(screen.page.get_by_role("button", name="Expand sidebar")).to_have_count(0)


def is_well(screen: Screen, language: str, narrow: bool = True) -> None:
    """Expect the page in one language, and that it fits."""
    is_all_in(screen, language)
    fits(screen, narrow)


@pytest.fixture(params=["sv", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader(open_screen: OpenScreen, language: str) -> Screen:
    """The browser of somebody who reads that language."""
    return open_screen({"sv": "sv-SE", "en": "en-GB"}[language], height=1024)


def test_the_switch_changes_everything_at_once_and_for_nobody_else(
    open_screen: OpenScreen, pensioner: Customer
) -> None:
    screen, other = open_screen(), open_screen()
    other.open_card(pensioner)
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
    other.go_to("Kundgrupper")
    other.is_on("Kundgrupper")
    is_all_in(other, "sv")


def test_searching_and_bookings_are_in_one_language_and_fit(reader: Screen, language: str) -> None:
    screen, in_words = reader, words(language)
    search, bookings, card, *_rest = PAGES[language]
    screen.visit(heading=search)
    is_well(screen, language)
    expect(screen.page.get_by_role("radio", name=SWITCH[language])).to_be_checked()
    for text in ("gerd prov", "zzyzx", "1950", "x"):
        screen.main.get_by_label(in_words("Identity number"), exact=True).first.fill(text)
        screen.page.keyboard.press("Enter")
        told = screen.main.get_by_test_id("stAlert").or_(screen.main.get_by_role("button", name="Gerd"))
        expect(told.first).to_be_visible()
        is_all_in(screen, language)
    screen.go_to(bookings)
    screen.is_on(bookings)
    is_well(screen, language)
    screen.choose(in_words("Unit"), "Mottagning Söder")
    screen.set_day(in_words("Day"), BOOKED_ON)
    screen.main.get_by_role("radiogroup").get_by_text("Bodil").click()
    screen.main.get_by_role("button", name="Bodil").click()
    screen.is_on(card)
    expect(screen.table(in_words("Coming bookings"))).to_be_visible()
    is_well(screen, language)


def test_a_customers_pages_are_in_one_language_and_fit(
    reader: Screen, customer: Customer, pensioner: Customer, language: str
) -> None:
    screen, in_words = reader, words(language)
    _search, _bookings, card, groups, vaccination, _export = PAGES[language]
    screen.visit(f"vaccination?kund={pensioner.customer_id}", vaccination)
    screen.choose(in_words("Vaccine"), "Efluelda (J07BB02)")
    is_well(screen, language)
    screen.choose(in_words("Batch"), re.compile(r"\("))
    screen.button(in_words("Save vaccination")).click()
    expect(screen.table(in_words("Doses"))).to_be_visible()
    screen.main.get_by_role("button", name=in_words("Withdraw")).click()
    expect(screen.page.get_by_text(in_words("Why is the dose withdrawn?"))).to_be_visible()
    is_all_in(screen, language)
    screen.page.keyboard.press("Escape")
    screen.main.get_by_role("button", name=in_words("Correct")).click()
    expect(screen.button(in_words("Save correction"))).to_be_visible()
    screen.unfold(in_words("Change history"))
    expect(screen.table(in_words("Change history"))).to_be_visible()
    is_well(screen, language)

    screen.go_to(groups)
    screen.is_on(groups)
    is_all_in(screen, language)
    screen.main.get_by_role("button", name=in_words("Adjust")).click()
    expect(screen.button(in_words("Cancel"))).to_be_visible()
    forms = screen.main.get_by_test_id("stVerticalBlock")
    form = forms.filter(has=screen.page.get_by_role("button", name=in_words("Save adjustment")))
    screen.choose(in_words("Group"), {"sv": "Gravid", "en": "Pregnant"}[language], form.last)
    box = screen.message("(−150 kr)")
    expect(box).to_be_visible()
    is_well(screen, language)
    screen.button(in_words("Cancel")).click()
    screen.main.get_by_role("button", name=in_words("Remove")).click()
    expect(screen.main.get_by_role("button", name=in_words("Undo"))).to_be_visible()
    screen.unfold(in_words("Change history"))
    expect(screen.table(in_words("Change history"))).to_be_visible()
    is_well(screen, language)

    screen.go_to(card)
    screen.is_on(card)
    screen.is_at_rest()
    screen.main.get_by_text(in_words("Merge with another record"), exact=True).click()
    other = screen.main.get_by_label(in_words("Identity number of the other record"), exact=True)
    other.fill(customer.identity)
    other.press("Enter")
    expect(screen.table(in_words("The two records"))).to_contain_text(customer.name)
    is_well(screen, language)
    screen.button(in_words("Start vaccination")).click()
    expect(screen.button(in_words("Add"), screen.dialog)).to_be_visible()
    is_all_in(screen, language)
    fits(screen, narrow=False)
    screen.page.keyboard.press("Escape")
    screen.is_on(vaccination)


def test_registering_afterwards_is_in_one_language_and_fits(
    reader: Screen, dashboard: Dashboard, customer: Customer, language: str
) -> None:
    screen, in_words = reader, words(language)
    screen.visit("efterregistrering", in_words("Register afterwards"))
    screen.choose(in_words("Group"), {"sv": "Gravid", "en": "Pregnant"}[language])
    number = screen.main.get_by_label(in_words("Identity number"), exact=True)
    for text, field in (
        ("12", number),
        (dashboard.people.unregistered.popleft(), screen.main.get_by_label(in_words("Given name"))),
        (customer.identity, screen.main.get_by_role("textbox", name=in_words("Why is it right?"))),
    ):
        number.fill(text)
        number.press("Enter")
        expect(number).to_have_value(text)
        expect(field).to_be_focused()
        is_all_in(screen, language)
    screen.page.keyboard.type("ok")
    screen.page.keyboard.press("Enter")
    expect(screen.action(in_words("Undo"), customer.name)).to_be_visible()
    is_well(screen, language)


def test_output_and_log_are_in_one_language_and_fit(reader: Screen, language: str) -> None:
    screen, in_words = reader, words(language)
    screen.visit("utdata", PAGES[language][5])
    expect(screen.page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(screen.page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    screen.unfold(in_words("The figures of the charts"))
    is_well(screen, language, narrow=False)
    screen.go_to(in_words("Log check"))
    screen.is_on(in_words("Log check"))
    for part in ("Log", "Random samples", "Signals", "The chain"):
        screen.main.get_by_role("radio", name=in_words(part), exact=True).click()
        expect(screen.main.get_by_role("radio", name=in_words(part), exact=True)).to_be_checked()
        is_all_in(screen, language)
    fits(screen)
    screen.go_to(in_words("Log extract"))
    screen.is_on(in_words("Log extract"))
    is_well(screen, language)


def test_pages_of_money_are_in_one_language_and_fit(reader: Screen, dashboard: Dashboard, language: str) -> None:
    screen, in_words = reader, words(language)
    screen.visit("uppfoljning", in_words("Paid and unpaid doses"))
    expect(screen.heading(in_words("Do the parts make up the whole?"))).to_be_visible()
    screen.is_at_rest()
    screen.unfold(in_words("The figures: {what}").format(what=in_words("Which unit loses most?")))
    expect(screen.table(in_words("Which unit loses most?"))).to_be_visible()
    is_well(screen, language, narrow=False)

    screen.go_to(in_words("Reimbursement rules"))
    screen.is_on(in_words("Reimbursement rules"))
    is_well(screen, language)
    screen.main.get_by_role("button", name=re.compile(in_words("Open") + r".*\d{4}-\d\d-\d\d")).first.click()
    expect(screen.button(in_words("All rules"))).to_be_visible()
    screen.is_at_rest()
    is_well(screen, language)

    screen.go_to(in_words("Checks"))
    screen.is_on(in_words("Checks"))
    for part in ("New Year list", "Periods", "One person twice"):
        screen.main.get_by_role("radiogroup").get_by_text(in_words(part), exact=True).click()
        screen.has_no_error()
        fits(screen)

    for page in ("Claims", "Payment files"):
        screen.go_to(in_words(page))
        screen.is_on(in_words(page))
        fits(screen)

    customer = dashboard.people.unpaid[-1]
    screen.go_to(in_words("To correct"))
    screen.is_on(in_words("To correct"))
    screen.choose(in_words("Unit"), "Björkens vårdcentral")
    screen.choose(in_words("Vaccine"), "Fluad Tetra")
    button = screen.action(in_words("Correct"), customer.name)
    expect(button).to_be_visible()
    fits(screen)
    button.click()
    screen.is_about(customer)
    screen.page.set_viewport_size({"width": 768, "height": 1024})
    for name in ("Skip", "Back to the list"):
        expect(screen.main.get_by_role("button", name=in_words(name))).to_be_in_viewport(ratio=1)
    fits(screen)


def test_on_a_narrow_screen_the_menu_opens_and_leads_to_every_page(
    open_screen: OpenScreen, pensioner: Customer
) -> None:
    screen = open_screen(width=768, height=1024)
    screen.open_card(pensioner)
    for page in ("Utdata", "Uppföljning", "Efterregistrering", "Loggutdrag", "Kundgrupper"):
        menu = screen.menu.get_by_role("link", name=page, exact=True)
        if not menu.is_visible() or not in_sight(screen, page):
            screen.page.get_by_role("button", name="Expand sidebar").click()
        expect(menu).to_be_in_viewport()
        menu.click()
        screen.is_on(page)
        screen.is_at_rest()
        nothing_overflows(screen, page)
        for value in screen.main.get_by_test_id("stMetricValue").all():
            assert value.evaluate("e => [...e.querySelectorAll('*'), e].every(x => x.scrollWidth <= x.clientWidth + 1)")


def test_every_page_has_an_address_for_a_bookmark(screen: Screen) -> None:
    screen.visit(heading="Sök kund")
    addresses = {(link.get_attribute("href") or "").rsplit("/", 1)[1] for link in screen.menu.get_by_role("link").all()}
    assert len(addresses) == 15
    for address in ("ansprak", "kontroller"):  # the others' are opened by other tests
        assert address in addresses
        screen.visit(address)
        expect(screen.main.get_by_role("heading", level=2).first).to_be_visible()
        expect(screen.dialog).to_have_count(0)


def in_sight(screen: Screen, page: str) -> bool:
    """Return whether the menu's link to ``page`` is on the screen, not beside it."""
    box = screen.menu.get_by_role("link", name=page, exact=True).bounding_box()
    return box is not None and box["x"] >= 0
