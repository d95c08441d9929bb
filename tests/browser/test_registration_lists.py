"""Efterregistrering in the browser: a list that is pasted, and the day's bookings that are ticked off."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Dashboard
from tests.browser.people import CAME_ON
from tests.browser.screen import Screen, sv

PAGE, CONTACT = "Efterregistrering", "Hushållskontakt till person med kraftigt nedsatt immunförsvar"
UNDO = sv("Yes, undo all of it")


def open_part(screen: Screen, part: str) -> None:
    screen.visit("efterregistrering", PAGE)
    screen.main.get_by_role("radio", name=sv(part), exact=True).click()
    screen.is_at_rest()


def column(screen: Screen, table: Locator, number: int) -> list[str]:
    return [row[number] for row in screen.cells(table)]


def expect_cells(table: Locator, column: int, texts: list[str]) -> None:
    """Wait until the column holds these texts: what a click asks for reaches a busy dashboard after a while."""
    rows = table.locator("tbody").get_by_role("row")
    expect(rows).to_have_count(len(texts))
    for place, text in enumerate(texts):
        expect(rows.nth(place).get_by_role("cell").nth(column)).to_have_text(text)


def undo(screen: Screen, label: str) -> None:
    screen.button(sv(label)).click()
    screen.page.get_by_role("button", name=UNDO, exact=True).click()
    screen.is_at_rest()


def test_a_list_is_pasted_looked_at_saved_and_undone_as_a_whole(dashboard: Dashboard, screen: Screen) -> None:
    people = [dashboard.people.without_group.popleft() for _ in range(3)]
    first, second, third = (customer.identity for customer in people)
    unknown = dashboard.people.unregistered[0]
    shapes = [f'"{first[:8]}-{first[8:]}";', f"{second[2:8]}-{second[8:]}\tVilma"]
    lines = ["Personnummer", *shapes, unknown, first, third, "123"]
    open_part(screen, "Paste a list")
    screen.choose("Kundgrupp", CONTACT)
    field = screen.main.get_by_role("textbox", name=sv("Identity numbers, one on each line"))
    field.fill("\n".join(lines))
    screen.button(sv("Check the list")).click()
    table = screen.table(sv("Lines of the list"))
    screen.is_at_rest()
    states = ("Heading", "Ready", "Ready", "Unknown number", "Twice in the list", "Ready", "Wrong")
    assert column(screen, table, 3) == [sv(state) for state in states]
    assert column(screen, table, 2)[1].startswith(people[0].name)
    screen.main.get_by_role("radio", name=f"{sv('Ready')} (3)", exact=True).click()
    expect_cells(table, 0, ["2", "3", "6"])

    screen.button(f"{sv('Save all ready')} (3)").dblclick()
    expect(screen.message("3 rader är sparade.")).to_be_visible()
    screen.is_at_rest()
    expect(field).to_have_value(f"Personnummer\n{unknown}\n{first}\n123")
    expect_cells(table, 3, [sv(state) for state in ("Heading", "Unknown number", "Registered already", "Wrong")])

    undo(screen, "Undo the whole list")
    expect(screen.message("Ångrat: 3 rader.")).to_be_visible()
    screen.is_at_rest()  # the message has moved the button
    screen.button(sv("Check the list")).click()
    expect_cells(table, 3, [sv(state) for state in ("Heading", "Unknown number", "Ready", "Wrong")])
    screen.open_groups(people[2])
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()


def test_who_came_is_ticked_by_the_keyboard_and_who_did_not_is_left(dashboard: Dashboard, screen: Screen) -> None:
    first, second, third = dashboard.people.came
    open_part(screen, "The day's bookings")
    screen.choose("Enhet", "Mottagning Söder")
    screen.set_day("Dag", CAME_ON)
    boxes = screen.main.get_by_role("checkbox", name=re.compile("Provkom"))
    expect(boxes).to_have_count(3)
    for customer in (first, third):
        box = screen.main.get_by_role("checkbox", name=re.compile(customer.name))
        box.focus()
        screen.page.keyboard.press("Space")
        expect(box).to_be_checked()
        screen.is_at_rest()
    save = screen.button(f"{sv('Save those who are ticked')} (2)")
    expect(save).to_be_disabled()
    expect(screen.message(sv("Choose the batch of: {names}", names="VaxigripTetra"))).to_be_visible()
    screen.choose("Sats", re.compile("går ut"))
    expect(save).to_be_enabled()
    save.focus()
    screen.page.keyboard.press("Enter")
    expect(screen.message("2 personer är registrerade.")).to_be_visible()
    screen.is_at_rest()
    expect(boxes).to_have_count(1)
    expect(screen.heading(sv("Did not come, or left to do: {left} of {all}", left=1, all=3))).to_be_visible()
    expect(screen.main.get_by_role("checkbox", name=re.compile(second.name))).not_to_be_checked()
    done = screen.table(sv("Registered already"))
    assert [name.split(",")[0] for name in column(screen, done, 1)] == [first.name, third.name]
    assert column(screen, done, 4) == ["65 år och äldre"] * 2

    undo(screen, "Undo all of it")
    expect(screen.message("Ångrat: 2 rader.")).to_be_visible()
    expect(boxes).to_have_count(3)
