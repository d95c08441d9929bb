"""Steps B1–B8 of the routine: groups in the dialog with which a vaccination starts."""

from __future__ import annotations

from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.people import GROUP_SINCE, TODAY
from tests.browser.screen import CURRENT, Screen, sv

OLD = "65 år och äldre"
RISK, HEART = "Medicinsk riskgrupp", "Hjärt- och kärlsjukdom inkl. stroke"
STAFF = "Personal inom vård och omsorg"


def by_cross(screen: Screen) -> None:
    screen.button("Close", screen.dialog).click()


def by_escape(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")


def by_click_outside(screen: Screen) -> None:
    size = screen.page.viewport_size
    assert size is not None
    screen.page.mouse.click(size["width"] / 2, size["height"] - 5)


EACH_WAY = (by_cross, by_escape, by_click_outside)


def open_from_menu(screen: Screen) -> None:
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.is_at_rest()
    screen.button("Starta vaccination").click()
    expect(screen.button("Lägg till", screen.dialog)).to_be_visible()
    screen.is_at_rest()


def is_on_vaccination(screen: Screen, customer: Customer) -> None:
    """Expect the page Vaccination for that customer, and no dialog."""
    screen.is_on("Vaccination")
    screen.is_about(customer)
    expect(screen.dialog).to_have_count(0)
    assert screen.page.url.endswith(f"/vaccination?kund={customer.customer_id}")


def test_b1_a_name_leads_to_the_card(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    screen.search(customer.family_name)
    screen.main.get_by_role("button", name=customer.name).click()
    screen.is_on("Kundkort")
    screen.is_about(customer)
    expect(screen.button("Starta vaccination")).to_be_enabled()


def test_b2_b3_starting_a_vaccination_opens_a_modal_dialog_that_names_the_customer(
    screen: Screen, customer: Customer
) -> None:
    screen.open_card(customer)
    expect(screen.dialog).to_have_count(0)
    screen.button("Starta vaccination").click()
    expect(screen.dialog).to_have_count(1)
    expect(screen.dialog).to_have_accessible_name(f"Kundgrupper – {customer.name}")
    title = screen.dialog.get_by_role("heading", name="Kundgrupper")
    expect(title).to_contain_text(customer.name)
    expect(screen.button("Lägg till", screen.dialog)).to_be_visible()
    screen.is_at_rest()
    for _ in range(12):
        screen.page.keyboard.press("Tab")
        focused = screen.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
        assert focused, "the Tab key leaves the dialog"


def test_b4_a_group_is_added_with_and_without_a_subgroup_in_the_dialog_which_stays(
    screen: Screen, customer: Customer
) -> None:
    screen.open_dialog(customer)
    expect(screen.box("Undergrupp", screen.dialog)).to_be_disabled()
    screen.choose("Kundgrupp", STAFF, screen.dialog)
    screen.box("Undergrupp", screen.dialog).click()
    expect(screen.page.get_by_role("option")).to_have_text(["Särskilt boende", "Hemtjänst", "Sjukvård"])
    screen.page.get_by_role("option", name="Hemtjänst").click()
    screen.button("Lägg till", screen.dialog).click()
    expect(screen.row(f"{STAFF} – Hemtjänst", screen.dialog)).to_contain_text(str(TODAY))
    screen.is_at_rest()
    assert screen.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    screen.choose("Kundgrupp", RISK, screen.dialog)
    expect(screen.box("Undergrupp", screen.dialog)).to_have_value("")
    screen.button("Lägg till", screen.dialog).click()
    expect(screen.row(RISK, screen.dialog)).to_contain_text(str(TODAY))
    screen.has_no_error()
    assert screen.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    expect(screen.dialog).to_have_count(1)


def test_b5_a_customer_has_several_groups_but_none_of_them_twice(screen: Screen, pensioner: Customer) -> None:
    screen.open_dialog(pensioner)
    screen.add_group(RISK, HEART)
    screen.add_group(STAFF, "Sjukvård")
    groups = (OLD, f"{RISK} – {HEART}", f"{STAFF} – Sjukvård")
    for group in groups:
        expect(screen.row(group, screen.dialog)).to_be_visible()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(3)
    screen.choose("Kundgrupp", OLD, screen.dialog)
    screen.button("Lägg till", screen.dialog).click()
    refusal = sv(
        "The customer is in the group {choice} already, since {first}. Nothing was saved.",
        choice=OLD,
        first=GROUP_SINCE,
    )
    expect(screen.message(refusal, screen.dialog)).to_be_visible()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(3)
    by_cross(screen)
    screen.is_on("Vaccination")
    screen.go_to("Kundgrupper")
    expect(screen.row(OLD)).to_be_visible()
    screen.is_at_rest()
    expect(screen.action("Ta bort")).to_have_count(3)


def test_b6_where_the_right_group_is_there_one_step_leads_on(screen: Screen, pensioner: Customer) -> None:
    screen.open_card(pensioner)
    for close in EACH_WAY:
        open_from_menu(screen)
        expect(screen.row(OLD, screen.dialog)).to_be_visible()
        close(screen)
        is_on_vaccination(screen, pensioner)


def test_b7_removing_in_the_dialog_makes_the_group_a_past_one_unless_it_is_undone(
    screen: Screen, pensioner: Customer
) -> None:
    screen.open_dialog(pensioner)
    screen.action("Ta bort", OLD, screen.dialog).click()
    screen.action("Ångra", OLD, screen.dialog).click()
    expect(screen.row(OLD, screen.dialog)).to_contain_text(str(GROUP_SINCE))
    screen.has_no_error()
    expect(screen.dialog).to_have_count(1)
    screen.action("Ta bort", OLD, screen.dialog).click()
    expect(screen.action("Ångra", OLD, screen.dialog)).to_be_visible()
    expect(screen.action("Ta bort", within=screen.dialog)).to_have_count(0)
    by_cross(screen)
    is_on_vaccination(screen, pensioner)
    screen.go_to("Kundgrupper")
    expect(screen.past_row(OLD, GROUP_SINCE, TODAY)).to_be_visible()
    expect(screen.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()


def test_b8_closed_after_an_addition_the_dialog_leads_on_to_the_vaccination(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    for close, group in zip(EACH_WAY, (RISK, "Skörhet", STAFF), strict=True):
        open_from_menu(screen)
        screen.add_group(group)
        close(screen)
        is_on_vaccination(screen, customer)
        expect(screen.main.get_by_role("radio", name=group)).to_be_visible()
        if group == RISK:  # the only one so far
            expect(screen.main.get_by_role("radio", name=group)).to_be_checked()


def test_b8_a_group_that_was_chosen_and_not_added_is_asked_about(screen: Screen, customer: Customer) -> None:
    screen.open_card(customer)
    for close in EACH_WAY:
        open_from_menu(screen)
        if close == by_cross:
            screen.choose("Kundgrupp", STAFF, screen.dialog)
        close(screen)
        is_on_vaccination(screen, customer)
        expect(screen.message(f"{STAFF} valdes i dialogen men lades inte till.")).to_be_visible()
    screen.button("Lägg till gruppen").click()
    expect(screen.main.get_by_role("radio", name=STAFF)).to_be_checked()
    expect(screen.button("Lägg till gruppen")).to_have_count(0)
    screen.has_no_error()


def test_b8_a_group_in_whose_list_the_cursor_is_outlives_escape(screen: Screen, customer: Customer) -> None:
    screen.open_dialog(customer)
    screen.choose("Kundgrupp", STAFF, screen.dialog)
    expect(screen.box("Kundgrupp", screen.dialog)).to_be_focused()
    screen.page.keyboard.press("Escape")
    is_on_vaccination(screen, customer)
    expect(screen.message(f"{STAFF} valdes i dialogen men lades inte till.")).to_be_visible()
    screen.button("Lägg inte till").click()
    expect(screen.message("valdes i dialogen")).to_have_count(0)


def test_b8_the_dialog_does_not_come_back_after_the_browsers_back(screen: Screen, customer: Customer) -> None:
    screen.visit(heading="Sök kund")
    screen.search(customer.identity)
    screen.is_on("Kundkort")
    screen.button("Starta vaccination").click()
    expect(screen.button("Lägg till", screen.dialog)).to_be_visible()
    screen.page.go_back()
    screen.is_on("Sök kund")
    expect(screen.dialog).to_have_count(0)
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.is_about(customer)
    expect(screen.heading(CURRENT)).to_be_visible()
    screen.is_at_rest()
    expect(screen.dialog).to_have_count(0)
    screen.button("Starta vaccination").click()
    expect(screen.dialog).to_be_visible()
