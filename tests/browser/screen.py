"""What a coordinator does at the screen and sees there, by the roles and names that a screen reader hears."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache

from babel.messages.pofile import read_po
from playwright.sync_api import ElementHandle, Locator, Page, Response, expect

from mv.customers import Customer
from mv.i18n import CATALOG, translate
from tests.browser.watch import Watch

CURRENT, PAST, HISTORY = "Aktuella kundgrupper", "Historiska kundgrupper", "Ändringshistorik"
WORD_JOINER = "\u2060"
POLLING = 20
"""Milliseconds."""
LISTEN = """
(() => {
  const sockets = new WeakSet();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (!sockets.has(this)) this.addEventListener("message", () => { window.unanswered = false; });
    sockets.add(this);
    window.unanswered = true;
    return send.call(this, data);
  };
})()
"""
"""Has a page know whether what it sent last is answered: until then the dashboard does not say that it is running."""
NOTHING_TO_DO = """
() => new Promise(done => {
  const afterAllElse = then => scheduler.postTask(then, {priority: "background"});
  afterAllElse(() => requestAnimationFrame(() => afterAllElse(done)));
})
"""
"""Waits until the page itself has nothing more to do: on a busy machine two frames are not enough."""
CELLS = """
table => [...table.querySelectorAll("tr")].map(
  row => [...row.querySelectorAll("th, td")].map(cell => cell.innerText.replaceAll("\u00a0", " "))
)
"""
DRAWN = """
() => !window.unanswered && document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
"""


@cache
def catalog(language: str) -> dict[str, tuple[str, ...]]:
    """Return each message of the screens and the command line with its forms in ``language``.

    English is what the code says, so that there each form is the message itself.
    """
    with CATALOG.open("rb") as file:
        entries = [entry for entry in read_po(file, locale="sv") if entry.id]
    found = [(_forms(entry.id), _forms(entry.string)) for entry in entries]
    return {english[0]: {"sv": swedish, "en": english}[language] for english, swedish in found}


def _forms(text: str | Sequence[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def sv(message: str, **values: object) -> str:
    """Return the Swedish text of ``message``, which must stand in the catalog."""
    assert message in catalog("sv"), f"not in the catalog: {message}"
    return translate(message, "sv").format(**values)


class Screen:
    """A browser in front of the dashboard. What is not said to be elsewhere is on the page itself."""

    def __init__(self, page: Page, url: str, watch: Watch) -> None:
        self.page = page
        self.watch = watch
        self.url = url

    @property
    def main(self) -> Locator:
        """The page without the menu: the one ``main`` of the document, found without asking each element's role."""
        return self.page.locator("main")

    @property
    def menu(self) -> Locator:
        """The list of pages to the left."""
        return self.page.get_by_role("navigation")

    @property
    def dialog(self) -> Locator:
        """The window over the page."""
        return self.page.get_by_role("dialog")

    def visit(self, address: str = "", heading: str = "") -> Response | None:
        """Open an address, as from a bookmark, and wait until its page is there."""
        response = self.page.goto(f"{self.url}/{address}")
        if heading:
            self.is_on(heading)
        self.is_at_rest()
        return response

    def open_card(self, customer: Customer) -> None:
        self.visit(f"kundkort?kund={customer.customer_id}", "Kundkort")

    def open_groups(self, customer: Customer) -> None:
        self.visit(f"kundgrupper?kund={customer.customer_id}", "Kundgrupper")

    def open_vaccination(self, customer: Customer) -> None:
        self.visit(f"vaccination?kund={customer.customer_id}", "Vaccination")

    def open_dialog(self, customer: Customer) -> None:
        self.open_card(customer)
        self.button("Starta vaccination").click()
        expect(self.dialog).to_be_visible()
        expect(self.button("Lägg till", self.dialog)).to_be_visible()
        self.is_at_rest()

    def search(self, text: str) -> None:
        self.is_at_rest()
        field = self.main.get_by_label("Personnummer", exact=True).first
        field.fill(text)
        field.press("Enter")

    def go_to(self, page: str) -> None:
        """Click a page in the menu."""
        self.menu.get_by_role("link", name=page, exact=True).click()

    def choose(self, label: str, option: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Choose from a list."""
        self.is_at_rest()
        box = self.box(label, within)
        expect(box).to_be_enabled()
        box.click()
        found = self.page.get_by_role("option", name=option, exact=isinstance(option, str))
        chosen = (found.first.text_content() or "").strip()
        found.first.click()
        expect(box).to_have_value(chosen)
        self.is_at_rest()

    def look_up(self, label: str, option: str) -> None:
        """Choose from a long list, of which only what is in sight is drawn, by writing what is wanted."""
        self.is_at_rest()
        box = self.box(label)
        expect(box).to_be_enabled()
        if box.input_value() == option:
            return
        box.click()
        box.fill(option)
        self.page.get_by_role("option", name=option, exact=True).click()
        expect(box).to_have_value(option)
        self.is_at_rest()

    def unfold(self, label: str) -> None:
        """Open what is folded away, once the page has settled: one that is being drawn anew shows parts of it twice."""
        self.is_at_rest()
        self.main.get_by_text(label, exact=True).click()

    def choices(self, label: str) -> list[str]:
        """Return what a list of the page offers."""
        self.is_at_rest()
        box = self.box(label)
        expect(box).to_be_enabled()
        box.click()
        options = self.page.get_by_role("option")
        expect(options.first).to_be_visible()
        texts = [text.strip() for text in options.all_text_contents()]
        box.press("Escape")
        expect(options).to_have_count(0)
        return texts

    def set_day(self, label: str, day: date, within: Locator | None = None) -> None:
        """Type a day into a field."""
        self.is_at_rest()
        parts = (within or self.main).get_by_role("group", name=label, exact=True).get_by_role("spinbutton")
        parts.first.click()
        self.page.keyboard.type(f"{day:%Y%m%d}")
        self.page.keyboard.press("Escape")  # closes the calendar; only then the day counts
        expect(parts).to_have_text([f"{day:%Y}", f"{day:%m}", f"{day:%d}"])
        self.is_at_rest()

    def day(self, label: str) -> date:
        """Return the day that a field shows."""
        self.is_at_rest()
        parts = self.main.get_by_role("group", name=label, exact=True).get_by_role("spinbutton").all_inner_texts()
        year, month, day = map(int, parts)
        return date(year, month, day)

    def box(self, label: str, within: Locator | None = None) -> Locator:
        return (within or self.main).get_by_role("combobox", name=label, exact=True)

    def button(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.main).get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.main.get_by_role("link", name=name, exact=True)

    def action(self, word: str, row: str = "", within: Locator | None = None) -> Locator:
        """A row's button: its word is seen, and a screen reader hears the row, too."""
        return (within or self.main).locator(self._action(word, row))

    def _action(self, word: str, row: str) -> Locator:
        return self.page.get_by_role("button", name=word).and_(self.page.get_by_role("button", name=row))

    def row(self, group: str, within: Locator | None = None) -> Locator:
        """An active row of that group: the smallest part of the page with its name, first day and Ta bort."""
        rows = (within or self.main).get_by_test_id("stHorizontalBlock")
        return rows.filter(has=self._action("Ta bort", group)).last

    def past_row(self, group: str, first: date, last: date) -> Locator:
        """A row under Historiska kundgrupper."""
        rows = self.main.get_by_test_id("stHorizontalBlock").filter(has=self.page.get_by_text(group, exact=True))
        return rows.filter(has=self.page.get_by_text(f"{first} – {last}", exact=True))

    def adjust_form(self) -> Locator:
        """The fields in which a row is adjusted."""
        forms = self.main.get_by_test_id("stVerticalBlock")
        return forms.filter(has=self.page.get_by_role("button", name="Spara justering")).last

    def heading(self, name: str) -> Locator:
        return self.main.get_by_role("heading", name=name, exact=True)

    def message(self, text: str | re.Pattern[str], within: Locator | None = None) -> Locator:
        """A coloured box with a message."""
        return (within or self.main).get_by_test_id("stAlert").filter(has_text=text)

    def table(self, name: str) -> Locator:
        return self.main.get_by_role("table", name=name, exact=True)

    def cells(self, table: Locator, *, headings: bool = False) -> list[list[str]]:
        """Return a table's rows, its headings first if wanted, read in one instant once the page is drawn."""
        expect(table).to_be_visible()
        self.is_at_rest()
        rows: list[list[str]] = table.evaluate(CELLS)
        return rows if headings else rows[1:]

    def history(self) -> Locator:
        """Open the change history, unless it is open, and return its rows, the latest first."""
        table = self.table(HISTORY)
        if not table.is_visible():
            self.unfold(HISTORY)
        expect(table).to_be_visible()
        return table.locator("tbody").get_by_role("row")

    def save_group(self, group: str, subgroup: str | None = None, first: date | None = None) -> None:
        """Choose a group on the page and save it."""
        if first:
            self.set_day("Första dag", first)
        self.choose("Kundgrupp", group)
        if subgroup:
            self.choose("Undergrupp", subgroup)
        self.button("Spara").click()
        expect(self.row(full_name(group, subgroup))).to_be_visible()
        self.is_at_rest()

    def add_group(self, group: str, subgroup: str | None = None) -> None:
        """Choose a group in the dialog and add it."""
        self.choose("Kundgrupp", group, self.dialog)
        if subgroup:
            self.choose("Undergrupp", subgroup, self.dialog)
        self.button("Lägg till", self.dialog).click()
        expect(self.row(full_name(group, subgroup), self.dialog)).to_be_visible()
        self.is_at_rest()

    def click_at_once(self, *targets: ElementHandle) -> None:
        """Click one after the other, as somebody in a hurry does: the dashboard has not answered the first yet."""
        self.page.evaluate("targets => targets.forEach(target => target.click())", list(targets))

    def is_on(self, page: str) -> None:
        """Expect the page with that heading."""
        expect(self.main.get_by_role("heading", name=page, exact=True, level=2)).to_be_visible()

    def is_about(self, customer: Customer) -> None:
        """Expect the customer's name at the top of the page."""
        expect(self.heading(customer.name)).to_be_visible()
        self.is_at_rest()

    def is_at_rest(self) -> None:
        """Wait until the page is drawn to its end, after what was clicked just now has reached the dashboard."""
        for _ in range(2):  # what was clicked is sent, and what came back is drawn
            self.page.evaluate(NOTHING_TO_DO)
            self.page.wait_for_function(DRAWN, polling=POLLING)

    def has_no_error(self) -> None:
        """Expect no message of an error, on the page and in the dialog."""
        self.is_at_rest()
        expect(self.page.get_by_role("alert")).to_have_count(0)

    def text(self) -> str:
        """Return what is written on the whole page."""
        return self.page.locator("body").inner_text().replace(WORD_JOINER, "")


def full_name(group: str, subgroup: str | None = None) -> str:
    """Return a group and its subgroup as a row names them."""
    return f"{group} – {subgroup}" if subgroup else group
