"""Efterregistrering: number after number from the keyboard alone, and what stops the line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from playwright.sync_api import Locator, expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.screen import Screen, catalog, sv

PAGE = "Efterregistrering"
RISK, PREGNANT = "Medicinsk riskgrupp", "Gravid"
SOME = 6
MOST_TABS = 12
ENDED = sv("The round is ended. It stands below, and can be undone as a whole.")


class Desk:
    """The page as somebody uses it who types."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.keyboard = screen.page.keyboard
        self.number = screen.main.get_by_label("Personnummer", exact=True)
        self.group = screen.box("Kundgrupp")
        self.why = screen.main.get_by_role("textbox", name=sv("Why is it right?"))
        self.rows = screen.main.locator("[class*='st-key-saved_row_']")

    def open(self) -> None:
        """Open the page, with no round of another test's."""
        self.visit()
        end = self.screen.button(sv("End the round"))
        if end.is_visible():
            end.click()
            expect(self.screen.message(ENDED)).to_be_visible()
            self.visit()

    def visit(self) -> None:
        self.screen.visit("efterregistrering", PAGE)
        expect(self.number).to_be_visible()
        self.screen.is_at_rest()

    def tab_to(self, field: Locator, key: str = "Tab") -> None:
        """Press Tab until the cursor is there."""
        for _ in range(MOST_TABS):
            if field.evaluate("field => field === document.activeElement"):
                return
            self.keyboard.press(key)
        expect(field).to_be_focused()

    def choose_group(self, group: str) -> None:
        self.tab_to(self.group, "Shift+Tab")
        self.keyboard.type(group)
        expect(self.screen.page.get_by_role("option", name=group, exact=True)).to_be_visible()
        self.keyboard.press("Enter")
        expect(self.group).to_have_value(group)
        self.screen.is_at_rest()
        self.tab_to(self.number)

    def enter(self, text: str) -> None:
        self.keyboard.type(text)
        self.keyboard.press("Enter")

    def is_ready(self) -> None:
        """Expect the number field empty, with the cursor."""
        expect(self.number).to_have_value("")
        expect(self.number).to_be_focused()

    def row(self, customer: str) -> Locator:
        return self.rows.filter(has_text=customer)

    def counts(self, count: int) -> None:
        """Expect that many rows in the round that are not undone."""
        one, many = catalog("sv")["{count} row in this round"]
        heading = (one if count == 1 else many).format(count=count)
        expect(self.screen.main.get_by_role("heading", name=heading, exact=True)).to_be_visible()


@pytest.fixture
def desk(screen: Screen) -> Desk:
    return Desk(screen)


@pytest.fixture
def people(dashboard: Dashboard) -> Iterator[Customer]:
    """People whom no other test knows, without a group, one after the other."""
    return iter(dashboard.people.without_group.popleft, None)


def test_people_are_registered_by_the_keyboard_and_the_line_stops_when_it_should(
    desk: Desk, people: Iterator[Customer], dashboard: Dashboard, open_screen: OpenScreen
) -> None:
    desk.open()
    expect(desk.group).to_be_focused()
    desk.choose_group(RISK)
    entered = list(islice(people, SOME))
    for count, customer in enumerate(entered, start=1):
        desk.enter(customer.identity)
        expect(desk.rows.first).to_contain_text(customer.name)
        desk.is_ready()
        desk.counts(count)
    expect(desk.screen.main.get_by_text(f"{RISK}: {SOME}", exact=True)).to_be_visible()

    wrong = entered[0].identity[:-1] + str((int(entered[0].identity[-1]) + 1) % 10)
    desk.enter(wrong)
    expect(desk.screen.main.get_by_role("alert")).to_contain_text("kontrollsiffra")
    expect(desk.number).to_have_value(wrong)
    expect(desk.number).to_be_focused()
    desk.counts(SOME)

    unknown = dashboard.people.unregistered.popleft()
    desk.keyboard.press("Control+a")
    desk.enter(unknown)
    expect(desk.screen.main.get_by_label("Förnamn")).to_be_focused()
    expect(desk.number).to_have_value(unknown)
    desk.keyboard.type("Nora")
    desk.keyboard.press("Tab")
    desk.enter("Provny")
    expect(desk.rows.first).to_contain_text("Nora Provny")
    desk.is_ready()
    desk.counts(SOME + 1)

    desk.enter(entered[2].identity)
    expect(desk.screen.main.get_by_role("alert")).to_contain_text(
        f"{entered[2].name}, 76 år. Kunden har redan kundgruppen"
    )
    expect(desk.number).to_have_value(entered[2].identity)
    desk.keyboard.press("Escape")
    desk.keyboard.press("Enter")
    desk.is_ready()
    desk.counts(SOME + 1)

    desk.choose_group(PREGNANT)
    doubtful = next(people)
    desk.enter(doubtful.identity)
    expect(desk.why).to_be_focused()
    expect(desk.screen.main.get_by_role("alert")).to_contain_text("åldern passar inte Gravid")
    desk.keyboard.press("Enter")
    expect(desk.screen.message(sv("Write why it is right."))).to_be_visible()
    desk.enter("Stämmer enligt läkaren")
    expect(desk.rows.first).to_contain_text("Gravid, med skäl: Stämmer enligt läkaren")
    desk.is_ready()
    desk.counts(SOME + 2)

    desk.tab_to(desk.screen.action("Ångra", doubtful.name))
    desk.keyboard.press("Enter")
    expect(desk.row(doubtful.name)).to_contain_text(sv("Undone"))
    expect(desk.number).to_be_focused()
    desk.counts(SOME + 1)

    elsewhere = Desk(open_screen())
    elsewhere.visit()
    expect(elsewhere.group).to_have_value(PREGNANT)
    elsewhere.counts(SOME + 1)
    elsewhere.choose_group(RISK)
    customer = next(people)
    elsewhere.enter(customer.identity)
    elsewhere.is_ready()
    elsewhere.counts(SOME + 2)
    elsewhere.screen.open_groups(customer)
    expect(elsewhere.screen.row(RISK)).to_be_visible()


def test_numbers_typed_while_others_are_being_saved_are_all_saved_once(desk: Desk, people: Iterator[Customer]) -> None:
    desk.open()
    desk.choose_group(RISK)
    entered = list(islice(people, SOME))
    for customer in entered:
        desk.enter(customer.identity)
        desk.keyboard.press("Enter")
    desk.counts(SOME)
    desk.is_ready()
    for place, customer in enumerate(reversed(entered)):
        expect(desk.rows.nth(place)).to_contain_text(customer.name)
    expect(desk.screen.message(f"{entered[-1].name}, 76 år: sparad i {RISK}.")).to_be_visible()
    desk.screen.has_no_error()


def test_what_is_typed_after_a_wrong_number_waits_until_it_is_mended(desk: Desk, people: Iterator[Customer]) -> None:
    desk.open()
    desk.choose_group(RISK)
    entered = list(islice(people, 4))
    wrong = entered[1].identity[:-1]
    for number in (entered[0].identity, wrong, entered[2].identity, entered[3].identity):
        desk.enter(number)
    expect(desk.screen.main.get_by_text(f"{sv('Waiting to be saved')}: 2")).to_be_visible()
    expect(desk.number).to_have_value(wrong)
    desk.counts(1)
    desk.enter(entered[1].identity[-1])
    desk.counts(4)
    desk.is_ready()
    for place, customer in enumerate(reversed(entered)):
        expect(desk.rows.nth(place)).to_contain_text(customer.name)


def test_the_cursor_is_not_taken_from_a_number_that_is_being_typed(desk: Desk, people: Iterator[Customer]) -> None:
    desk.open()
    desk.choose_group(PREGNANT)
    doubtful, other = next(people), next(people)
    desk.enter(doubtful.identity)
    desk.keyboard.type(other.identity[:6])
    expect(desk.screen.main.get_by_role("alert")).to_contain_text(doubtful.name)
    desk.screen.is_at_rest()
    expect(desk.number).to_be_focused()
    desk.enter(other.identity[6:])
    expect(desk.number).to_have_value(doubtful.identity)
    expect(desk.why).to_be_focused()
    desk.enter("Stämmer")
    expect(desk.screen.main.get_by_role("alert")).to_contain_text(other.name)
    expect(desk.why).to_have_value("")
    expect(desk.why).to_be_focused()
    desk.enter("Stämmer")
    desk.is_ready()
    desk.counts(2)


def test_keeping_the_person_gives_the_same_person_another_group(desk: Desk, people: Iterator[Customer]) -> None:
    desk.open()
    desk.choose_group(RISK)
    for label in (sv("Keep the group"), sv("Keep the person")):
        desk.tab_to(desk.screen.main.get_by_role("checkbox", name=label))
        desk.keyboard.press("Space")
        desk.screen.is_at_rest()
    desk.tab_to(desk.number, "Shift+Tab")
    customer = next(people)
    desk.enter(customer.identity)
    desk.counts(1)
    expect(desk.group).to_be_focused()
    expect(desk.group).to_have_value("")
    expect(desk.number).to_have_value(customer.identity)
    desk.choose_group("Skörhet")
    desk.keyboard.press("Enter")
    desk.counts(2)
    expect(desk.row(customer.name)).to_have_count(2)
