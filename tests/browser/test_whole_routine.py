"""The whole routine to its end, the file that comes out of it, and two coordinators at the same time."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
from playwright.sync_api import expect

from mv.customers import Customer
from tests.browser.conftest import Dashboard, OpenScreen
from tests.browser.people import GROUP_SINCE, NOW, TODAY
from tests.browser.screen import Screen, sv

OLD = "65 år och äldre"
RISK, HEART, LUNG = (
    "Medicinsk riskgrupp",
    "Hjärt- och kärlsjukdom inkl. stroke",
    "Lungsjukdom (KOL, svår eller instabil astma)",
)
STAFF = "Personal inom vård och omsorg"


def changed_by_other() -> re.Pattern[str]:
    """Return what the refusal says: who changed the row, and when."""
    message = "{who} changed this group at {time}. It is shown as it is now; nothing was overwritten."
    text = re.escape(sv(message, who="WHO", time="TIME"))
    return re.compile(text.replace("WHO", "(demo|Demo Demosson)").replace("TIME", r"\d{4}-\d\d-\d\d \d\d:\d\d"))


def download_all(screen: Screen, path: Path) -> pd.DataFrame:
    """Take out the output data as it is offered from the start, and read the file."""
    screen.go_to("Utdata")
    screen.is_on("Utdata")
    screen.is_at_rest()
    with screen.page.expect_download() as download:
        screen.link("Hämta").click()
    assert download.value.suggested_filename.endswith(".csv")
    download.value.save_as(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    return pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")


def test_the_whole_routine_from_the_search_to_the_output_data(
    screen: Screen, dashboard: Dashboard, tmp_path: Path
) -> None:
    customer = dashboard.people.without_group.popleft()
    first, corrected = TODAY - timedelta(days=30), TODAY - timedelta(days=60)

    # Without the dialog, registering afterwards
    screen.visit(heading="Sök kund")
    screen.choose("Din enhet", "Mottagning Centrum", screen.page.get_by_role("region", name="Sidebar"))
    screen.search(customer.identity)
    screen.is_on("Kundkort")
    screen.go_to("Kundgrupper")
    screen.is_on("Kundgrupper")
    screen.save_group(RISK, LUNG, first)
    screen.save_group("Skörhet", first=TODAY)
    screen.action("Justera", RISK).click()
    screen.choose("Undergrupp", HEART, screen.adjust_form())
    screen.set_day("Första dag", corrected, screen.adjust_form())
    screen.button("Spara justering").click()
    expect(screen.row(f"{RISK} – {HEART}")).to_contain_text(str(corrected))
    screen.action("Ta bort", "Skörhet").click()
    expect(screen.past_row("Skörhet", TODAY, TODAY)).to_contain_text(sv("Wrong from the start"))

    # With the dialog, starting a vaccination
    screen.go_to("Kundkort")
    screen.is_on("Kundkort")
    screen.button("Starta vaccination").click()
    expect(screen.row(f"{RISK} – {HEART}", screen.dialog)).to_be_visible()
    screen.add_group(STAFF)
    screen.add_group(OLD)
    screen.action("Ta bort", STAFF, screen.dialog).click()
    screen.action(sv("It did apply"), STAFF, screen.dialog).click()
    expect(screen.action(sv("It was wrong from the start"), STAFF, screen.dialog)).to_be_visible()
    screen.button("Close", screen.dialog).click()
    screen.is_on("Vaccination")
    screen.choose("Vaccin", "Efluelda (J07BB02)")
    screen.choose("Sats", re.compile("går ut"))
    screen.main.get_by_text(f"{OLD} (").click()
    screen.button("Spara vaccination").click()
    expect(screen.table("Doser").locator("tbody").get_by_role("row")).to_contain_text([OLD])
    screen.has_no_error()

    # What came out of it
    rows = download_all(screen, tmp_path / "utdata.csv")
    mine = rows[rows["customer_identity"] == customer.identity]
    same = {
        "customer_name": customer.name,
        "birth_date": str(customer.birth_date),
        "unit": "Mottagning Centrum",
        "unit_id": "centrum",
        "registered_by": "demo",
    }
    active = {"status": "active", "valid_to": "", "ended_at": "", "ended_by": "", "ended_reason": ""}
    ended = {"status": "inactive", "valid_to": str(TODAY), "ended_by": "demo"}
    none = {"subgroup": "", "subgroup_code": ""}
    expected = [
        {
            "group": "Medical risk group",
            "subgroup": "Cardiovascular disease incl. stroke",
            "valid_from": str(corrected),
            **active,
        }
        | {"group_code": "medical_risk", "subgroup_code": "heart", "version": "2"},
        {"group": "Frailty", "valid_from": str(TODAY), **ended, "ended_reason": "wrong"}
        | {"group_code": "frailty", **none, "version": "2"},
        {"group": "Health and social care staff", "valid_from": str(TODAY), **ended, "ended_reason": "ceased"}
        | {"group_code": "staff", **none, "version": "3"},
        {"group": "65 years and older", "valid_from": str(TODAY), **active}
        | {"group_code": "65_plus", **none, "version": "1"},
    ]
    assert list(rows.columns) == [
        *("customer_identity", "customer_name", "birth_date", "group", "subgroup", "status", "valid_from", "valid_to"),
        *("unit", "registered_at", "registered_by", "ended_at", "ended_by", "ended_reason"),
        *("group_code", "subgroup_code", "unit_id", "membership_id", "version"),
    ]
    assert len(mine) == len(expected)
    began, ended = f"{NOW:%Y-%m-%d %H:%M:%S}", f"{TODAY + timedelta(days=1)}"
    for row, fields in zip(mine.to_dict("records"), expected, strict=True):
        assert {name: row[name] for name in same | fields} == same | fields
        assert began <= row["registered_at"] < ended
        assert row["status"] == "active" or row["registered_at"] <= row["ended_at"] < ended
    assert mine["membership_id"].is_unique


def test_whoever_removes_a_row_that_somebody_else_adjusted_is_told(
    open_screen: OpenScreen, pensioner: Customer
) -> None:
    one, other = open_screen(), open_screen()
    one.open_groups(pensioner)
    other.open_groups(pensioner)
    one.action("Justera", OLD).click()
    one.set_day("Första dag", TODAY - timedelta(days=90), one.adjust_form())
    one.button("Spara justering").click()
    expect(one.row(OLD)).to_contain_text(str(TODAY - timedelta(days=90)))
    expect(other.row(OLD)).to_contain_text(str(GROUP_SINCE))
    other.action("Ta bort", OLD).click()
    expect(other.message(changed_by_other())).to_be_visible()
    expect(other.row(OLD)).to_contain_text(str(TODAY - timedelta(days=90)))
    expect(other.main.get_by_text(sv("No past group."), exact=True)).to_be_visible()


def test_whoever_adjusts_a_row_that_somebody_else_removed_is_told(open_screen: OpenScreen, pensioner: Customer) -> None:
    one, other = open_screen(), open_screen()
    one.open_groups(pensioner)
    one.action("Justera", OLD).click()
    one.set_day("Första dag", TODAY - timedelta(days=90), one.adjust_form())
    other.open_groups(pensioner)
    other.action("Ta bort", OLD).click()
    expect(other.past_row(OLD, GROUP_SINCE, TODAY)).to_be_visible()
    one.button("Spara justering").click()
    expect(one.message(changed_by_other())).to_be_visible()
    one.is_at_rest()
    cancel = one.button("Avbryt")
    if cancel.is_visible():
        cancel.click()
    expect(one.past_row(OLD, GROUP_SINCE, TODAY)).to_be_visible()
    expect(one.main.get_by_text(sv("No current group."), exact=True)).to_be_visible()


def test_the_same_group_from_two_coordinators_is_one_row_and_one_message(
    open_screen: OpenScreen, customer: Customer
) -> None:
    one, other = open_screen(), open_screen()
    for screen in (one, other):
        screen.open_groups(customer)
        screen.choose("Kundgrupp", "Skörhet")
    one.button("Spara").click()
    other.button("Spara").click()
    refusal = sv(
        "The customer is in the group {choice} already, since {first}. Nothing was saved.",
        choice="Skörhet",
        first=TODAY,
    )
    expect(one.row("Skörhet").or_(one.message(refusal)).first).to_be_visible()
    expect(other.row("Skörhet").or_(other.message(refusal)).first).to_be_visible()
    for screen in (one, other):
        expect(screen.row("Skörhet")).to_be_visible()
        screen.is_at_rest()
        expect(screen.action("Ta bort")).to_have_count(1)
    assert [screen.message(refusal).count() for screen in (one, other)] in ([0, 1], [1, 0])
    expect(one.history()).to_have_count(1)
