"""Every page, run by Streamlit's own AppTest on a real store: with people in it, empty, and without a customer."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import streamlit as st

from mv import customers, memberships
from mv.access import EVERY_UNIT, Actor, Role
from mv.memberships import Entry
from mv.store import Store
from mv.ui import resources
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, dashboard, words

ALL_PAGES = [
    "search",
    "bookings",
    "registration",
    "batches",
    "customer",
    "groups",
    "vaccination",
    "export",
    "access_log_review",
    "access_log_extract",
    "reimbursement_follow_up",
    "reimbursement_corrections",
    "reimbursement_checks",
    "reimbursement_claims",
    "reimbursement_payments",
    "reimbursement_rules",
    "getting_started",
    "catalogue",
]
CUSTOMER_PAGES = ["customer", "groups", "vaccination"]


@pytest.fixture
def anders(store: Store) -> int:
    """Put Anders Karlsson in the store: 65 years or older, booked today, with a known batch for his vaccine."""
    born = date(1946, 3, 12)
    customer = customers.register(store, DEMO, invented_number(born), "Anders", "Karlsson", "centrum")
    memberships.add(store, DEMO, customer.customer_id, Entry("65_plus", None, date(2024, 10, 1)))
    now = store.now()
    store.write(
        lambda tx: tx.execute(
            "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)"
            " VALUES ($1, 'centrum', $2, 'efluelda', $2)",
            customer.customer_id,
            now,
        )
    )
    store.write(
        lambda tx: tx.execute(
            "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('efluelda', 'B-1', $1)",
            now.date() + timedelta(days=200),
        )
    )
    return customer.customer_id


@pytest.mark.parametrize("page", ALL_PAGES)
@pytest.mark.parametrize("locale", ["sv-SE", "en-GB"])
def test_every_page_is_drawn_and_says_who_works(anders: int, page: str, locale: str) -> None:
    at = dashboard(page, customer=anders, locale=locale)
    assert not at.exception
    assert not at.error
    assert "Demo Demosson" in words(at)


@pytest.mark.parametrize(
    "page",
    [
        "search",
        "bookings",
        "export",
        "access_log_review",
        "access_log_extract",
        "reimbursement_follow_up",
        "reimbursement_corrections",
        "reimbursement_checks",
        "reimbursement_claims",
        "reimbursement_payments",
    ],
)
def test_pages_of_an_empty_store_are_drawn_without_an_error(store_file: Path, page: str) -> None:
    at = dashboard(page)
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("page", CUSTOMER_PAGES)
@pytest.mark.parametrize("customer", ["999999", "0", "-1", "abc", "", "9" * 30])
def test_an_unknown_customer_in_the_address_is_said_and_leads_to_the_search(
    anders: int, page: str, customer: str
) -> None:
    at = dashboard(page, customer=customer)
    assert not at.exception
    assert [error.value.replace("\\", "") for error in at.error] == ["Kunden finns inte. Sök kunden på nytt."]


@pytest.mark.parametrize("page", CUSTOMER_PAGES)
def test_a_customer_page_without_a_customer_leads_to_the_search(store_file: Path, page: str) -> None:
    at = dashboard(page)
    assert not at.exception
    assert [info.value for info in at.info] == ["Ingen kund är vald. Sök en först."]


def test_a_name_gives_a_list_and_an_exact_number_opens_the_card(anders: int) -> None:
    at = dashboard("search")
    at.text_input(key="search_text").input("and kar")
    at.button[0].click().run()
    assert any("Anders Karlsson" in button.label for button in at.button)
    at.text_input(key="search_text").input(invented_number(date(1946, 3, 12)))
    at.button[0].click().run()
    assert "Kundkort" in words(at)
    assert at.query_params["kund"] == str(anders)


def test_a_wrong_number_is_explained_in_the_users_language(anders: int) -> None:
    for locale, says in (("sv-SE", "kontrollsiffran"), ("en-GB", "last digit")):
        at = dashboard("search", locale=locale)
        at.text_input(key="search_text").input("194603129811")
        at.button[0].click().run()
        assert says in at.error[0].value


def test_an_unknown_number_offers_to_register_a_customer_who_then_has_a_card(anders: int) -> None:
    at = dashboard("search")
    unknown = invented_number(date(1990, 1, 2))
    at.text_input(key="search_text").input(unknown)
    at.button[0].click().run()
    assert at.text_input(key="register_number").value == unknown
    at.text_input(key="register_given_name").input("Eva")
    at.text_input(key="register_family_name").input("Åström")
    at.button(key="register_save").click().run()
    assert "Eva Åström" in words(at)


def test_a_group_is_saved_adjusted_removed_and_restored(anders: int) -> None:
    at = dashboard("groups", customer=anders)
    at.selectbox(key="add_group").select("medical_risk").run()
    at.selectbox(key="add_subgroup_medical_risk").select("diabetes").run()
    at.button(key="add_save").click().run()
    assert "Medicinsk riskgrupp – Diabetes typ 1 eller 2" in words(at)
    assert not at.error
    removing = next(b for b in at.button if (b.key or "").startswith("groups_remove_") and "Diabetes" in b.label)
    row = removing.key.rsplit("_", 1)[1]
    at.button(key=f"groups_adjust_{row}").click().run()
    at.selectbox(key=f"adjust_{row}_1_subgroup_medical_risk").select("heart").run()
    at.button(key=f"adjust_{row}_1_save").click().run()
    assert "Hjärt" in words(at)
    at.button(key=f"groups_remove_{row}").click().run()
    assert "Fel från början" in words(at)
    at.button(key=f"groups_undo_{row}").click().run()
    assert "Fel från början" not in words(at)
    assert at.button(key=f"groups_remove_{row}")


def test_an_adjustment_that_changes_nothing_can_be_followed_by_one_that_does(anders: int) -> None:
    at = dashboard("groups", customer=anders)
    (row,) = [b.key.rsplit("_", 1)[1] for b in at.button if (b.key or "").startswith("groups_adjust_")]
    for day in (date(2024, 10, 1), date(2024, 9, 1)):
        at.button(key=f"groups_adjust_{row}").click().run()
        at.date_input(key=f"adjust_{row}_1_first").set_value(day).run()
        at.button(key=f"adjust_{row}_1_save").click().run()
        assert f"från {day}" in words(at)
    assert not at.error


def test_the_same_group_twice_is_refused_with_a_message(anders: int) -> None:
    at = dashboard("groups", customer=anders)
    at.selectbox(key="add_group").select("65_plus").run()
    at.button(key="add_save").click().run()
    assert at.error[0].value.startswith("Kunden har redan kundgruppen 65 år och äldre")


def test_a_group_that_someone_else_changed_is_not_overwritten(anders: int) -> None:
    at = dashboard("groups", customer=anders)
    removing = next(b for b in at.button if (b.key or "").startswith("groups_remove_"))
    store = resources.store()
    row = memberships.of_customer(store, DEMO, anders)[0]
    samir = Actor("samir.haddad", "Samir Haddad", Role.COORDINATOR, "soder", frozenset({EVERY_UNIT}))
    memberships.adjust(store, samir, row.membership_id, row.version, Entry("65_plus", None, date(2025, 1, 1)))
    removing.click().run()
    assert "samir" in at.error[0].value
    assert "från 2025-01-01" in words(at)


def test_the_dialog_opens_over_the_card_and_stays_open_while_groups_are_added(anders: int) -> None:
    at = dashboard("customer", customer=anders)
    at.button(key="start_vaccination").click().run()
    at.selectbox(key="dialog_add_group").select("frailty").run()
    at.button(key="dialog_add_save").click().run()
    assert not at.error
    assert any("Skörhet" in button.label for button in at.button if (button.key or "").startswith("dialog_remove_"))


def test_a_dose_is_saved_with_the_only_group_and_the_booked_vaccine(anders: int) -> None:
    at = dashboard("vaccination", customer=anders)
    assert at.selectbox(key=f"dose_new_{anders}_product").value == "efluelda"
    at.selectbox(key=f"dose_new_{anders}_batch_efluelda").select("B-1").run()
    at.button(key="dose_save").click().run()
    assert not at.error
    assert "Dosen är sparad" in at.success[0].value
    row = at.table[0].value.iloc[0]
    assert row["Kundgrupp som räknas"] == "65 år och äldre"


def test_a_change_of_product_clears_the_batch(anders: int) -> None:
    at = dashboard("vaccination", customer=anders)
    at.selectbox(key=f"dose_new_{anders}_batch_efluelda").select("B-1").run()
    at.selectbox(key=f"dose_new_{anders}_product").select("comirnaty").run()
    assert at.selectbox(key=f"dose_new_{anders}_batch_comirnaty").value is None


def test_a_day_without_a_group_says_what_it_costs(anders: int) -> None:
    at = dashboard("vaccination", customer=anders)
    at.date_input(key=f"dose_new_{anders}_day").set_value(date(2023, 10, 2)).run()
    assert "150 kr" in at.warning[0].value


def test_the_output_counts_what_the_file_holds(anders: int) -> None:
    at = dashboard("export")
    assert {metric.label: metric.value for metric in at.metric} == {
        "Rader": "1",
        "Aktiva": "1",
        "Inaktiva": "0",
        "Personer": "1",
    }


def test_the_language_is_switched_in_the_menu(anders: int) -> None:
    at = dashboard("search")
    assert "Sök kund" in words(at)
    at.segmented_control(key="mv_language").set_value("en").run()
    assert "Find customer" in words(at)
    assert "Sök kund" not in words(at)


def test_a_store_that_cannot_be_opened_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "mv.duckdb"
    damaged.write_bytes(b"no database" * 1000)
    monkeypatch.setenv("MV_STORE", str(damaged))
    st.cache_resource.clear()
    at = dashboard("search")
    assert not at.exception
    assert "skadad" in at.error[0].value


@pytest.mark.parametrize("what", ["doses", "claims"])
@pytest.mark.parametrize("locale", ["sv-SE", "en-GB"])
def test_doses_and_claims_are_offered_as_output_data(anders: int, what: str, locale: str) -> None:
    at = dashboard("export", locale=locale)
    at.segmented_control(key="export_what").set_value(what).run()
    assert not at.exception
    assert not at.error
    assert at.selectbox(key="export_format").value is not None
    (link,) = [html.proto.body for html in at.get("html") if html.proto.body.startswith('<a class="mv-download"')]
    assert ("Hämta" if locale == "sv-SE" else "Download") in link


def test_doses_from_a_day_after_the_last_are_not_offered(anders: int) -> None:
    at = dashboard("export")
    at.segmented_control(key="export_what").set_value("doses").run()
    at.date_input(key="export_given_from").set_value(date(2026, 3, 1))
    at.date_input(key="export_given_to").set_value(date(2026, 2, 1)).run()
    assert not at.exception
    assert [error.value.replace("\\", "") for error in at.error] == [
        "Periodens första dag är efter den sista. Ändra en av dem."
    ]
