"""Each page's address opened by each role, by somebody without one, and by nobody; and what the menu shows.

AppTest has no browser, so the cookie that a browser would send is put in its place; everything behind it, from
its signature to the role that the store holds, is the dashboard's own.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from mv import customers, memberships, users, vaccinations
from mv.access import EVERY_UNIT, Action, Actor, Role
from mv.customers import Customer
from mv.identity import format_identity
from mv.memberships import Entry
from mv.reimbursement.claims import drafting
from mv.store import Store
from mv.ui import resources
from mv.ui.web import current_sign_in, startup_checks
from tests.conftest import SetClock, invented_number
from tests.contents import Rows
from tests.pages.dashboard import go, start
from tests.pages.number_field import enter, field

SETTINGS = """
[auth]
redirect_uri = "https://localhost/oauth2callback"
cookie_secret = "only-for-tests-0123456789-0123456789"
client_id = "mv"
client_secret = "only-for-tests"
server_metadata_url = "https://localhost/.well-known/openid-configuration"
[mv]
pseudonym_key = "only-for-tests-0123456789-0123456789"
[mv.claims.default]
role = "role"
units = "units"
"""
USER = "_streamlit_user"
LEAD = Actor("siv", "Siv Ros", Role.LEAD, "norr", frozenset({EVERY_UNIT}))

RIGHTS = {
    "search": ("sok-kund", Action.SEARCH_CUSTOMERS),
    "bookings": ("bokningar", Action.VIEW_BOOKINGS),
    "registration": ("efterregistrering", Action.REGISTER_AFTERWARDS),
    "batches": ("batchnummer", Action.VIEW_BATCHES),
    "customer": ("kundkort", Action.VIEW_CUSTOMER),
    "groups": ("kundgrupper", Action.VIEW_GROUPS),
    "vaccination": ("vaccination", Action.VIEW_DOSES),
    "export": ("utdata", Action.EXPORT_GROUPS),
    "access_log_review": ("loggkontroll", Action.VIEW_LOG),
    "access_log_extract": ("loggutdrag", Action.EXTRACT_LOG),
    "reimbursement_follow_up": ("uppfoljning", Action.VIEW_REIMBURSEMENT),
    "reimbursement_corrections": ("att-ratta", Action.VIEW_CORRECTIONS),
    "reimbursement_checks": ("kontroller", Action.VIEW_CHECKS),
    "reimbursement_claims": ("ansprak", Action.VIEW_REIMBURSEMENT),
    "reimbursement_payments": ("betalfiler", Action.VIEW_REIMBURSEMENT),
    "reimbursement_rules": ("ersattningsregler", Action.VIEW_REIMBURSEMENT),
    "getting_started": ("kom-igang", Action.VIEW_SETUP),
    "catalogue": ("katalog", Action.CHANGE_CATALOGUE),
    "users": ("anvandare", Action.VIEW_USERS),
}
"""The pages, their addresses, and the right that a refusal names."""
CARE = [
    *("search", "bookings", "registration", "batches", "customer", "groups", "vaccination"),
    *("reimbursement_corrections", "reimbursement_checks"),
]
MONEY = ["reimbursement_follow_up", "reimbursement_claims", "reimbursement_payments", "reimbursement_rules"]
HAS = {
    Role.COORDINATOR: CARE,
    Role.ANALYST: ["export", *MONEY],
    Role.LEAD: [*CARE, "export", "access_log_review", "access_log_extract", *MONEY, "getting_started", "catalogue"],
    Role.ADMINISTRATOR: ["getting_started", "users"],
}
BANNER = 5
"""So many lines on every page say that the people are invented, and how to begin with real ones."""
REFUSED = "Din roll omfattar inte detta. Fråga den som ansvarar för användarna."


@pytest.fixture
def store(store_file: Path) -> Store:
    """The dashboard's store, in front of which people sign in."""
    store_file.with_name("settings.toml").write_text(SETTINGS)
    startup_checks.read_same_file()
    return resources.store()


@pytest.fixture
def anders(store: Store) -> Customer:
    """Anders Karlsson of the unit norr, with a group."""
    number = invented_number(date(1946, 3, 12))
    customer = customers.register(store, LEAD, number, "Anders", "Karlsson", "norr")
    memberships.add(store, LEAD, customer.customer_id, Entry("65_plus", None, date(2024, 10, 1)))
    return customer


def beside_banner(at: AppTest) -> list[str]:
    return words(at).splitlines()[BANNER:]


def opened(
    monkeypatch: pytest.MonkeyPatch,
    role: str | None,
    customer: Customer | None = None,
    unit: str = "norr",
    **more: object,
) -> AppTest:
    """Return the dashboard as whoever signed in with this role opens it, with the customer in the address.

    ``more`` are further claims.
    """
    claims: dict[str, Any] = {"sub": f"kim.{role}", "name": "Kim Ek", "units": [unit] if unit else [], **more}
    claims |= {"is_logged_in": True, "provider": "default", "exp": SetClock().now.timestamp() + 600}
    if role:
        claims["role"] = role
    cookie = create_signed_value(get_cookie_secret(), USER, json.dumps(claims)).decode()
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: {USER: cookie}))
    at = start()
    at.user = {name: value for name, value in claims.items() if name != "provider"}
    if customer:
        at.query_params["kund"] = str(customer.customer_id)
    return at.run()


def words(at: AppTest) -> str:
    """Return every word in the page, those of the menu's part apart."""
    kinds = (at.main.text, at.main.markdown, at.main.header, at.main.subheader, at.main.caption, at.main.info)
    more = (at.main.warning, at.main.error, at.main.success)
    labels = [widget.label for widget in (*at.main.button, *at.main.text_input, *at.main.radio)]
    tables = [str(table.value) for table in (*at.main.table, *at.main.dataframe)]
    values = [element.value for kind in (*kinds, *more) for element in kind]
    return "\n".join([*values, *labels, *tables]).replace("\\", "")


def entries(user_id: str, outcome: str) -> Rows:
    sql = "SELECT role, unit_id, action, customer_id FROM access_log WHERE user_id = $1 AND outcome = $2"
    with resources.store().read() as tx:
        return tx.rows(f"{sql} ORDER BY entry_id", user_id, outcome)


# Each page, by each role


@pytest.mark.parametrize("role", Role)
def test_each_page_is_drawn_or_refused_by_the_role(
    anders: Customer, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    at = opened(monkeypatch, role, anders)
    for page in RIGHTS:
        go(at, page, anders)
        assert not at.exception
        if page in HAS[role]:
            assert not at.error
            assert at.main.header
        else:
            assert beside_banner(at) == [REFUSED]
    refused = [(entry["role"], entry["action"], entry["customer_id"]) for entry in entries(f"kim.{role}", "refused")]
    rights = [right for page, (_, right) in RIGHTS.items() if page not in HAS[role]]
    assert refused == [(role, right, None) for right in dict.fromkeys(rights)]  # the same within minutes is one


@pytest.mark.parametrize("role", Role)
def test_whoever_opens_the_dashboard_begins_at_the_first_page_of_the_role(
    anders: Customer, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    at = opened(monkeypatch, role)
    assert not at.exception
    assert not at.error
    assert at.main.header
    assert entries(f"kim.{role}", "refused") == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("chosen", [False, True], ids=["nobody chosen", "customer chosen"])
def test_the_menu_has_the_pages_of_the_role_alone(
    anders: Customer, monkeypatch: pytest.MonkeyPatch, role: Role, chosen: bool
) -> None:
    menus: list[set[str]] = []
    navigation = st.navigation

    def watched(pages: dict[str, list[Any]], **how: Any) -> Any:
        menus.append({page.url_path for section in pages.values() for page in section if page.visibility == "visible"})
        return navigation(pages, **how)

    monkeypatch.setattr(st, "navigation", watched)
    at = opened(monkeypatch, role, anders if chosen else None)
    assert not at.exception
    of_customer = {"customer", "groups", "vaccination"}
    assert menus[-1] == {RIGHTS[page][0] for page in HAS[role] if chosen or page not in of_customer}


# Nobody, and somebody who may do nothing


def test_whoever_is_not_signed_in_sees_the_way_in_and_nothing_else(
    anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = start()
    at.user = {"is_logged_in": False}
    at.query_params["kund"] = str(anders.customer_id)
    at.run()
    assert not at.exception
    assert [header.value for header in at.main.header] == ["Logga in"]
    assert "Karlsson" not in words(at)


@pytest.mark.parametrize("lacks", ["role", "known role", "unit", "access"])
def test_whoever_signs_in_without_role_unit_or_access_is_told_so_and_sees_no_page(
    anders: Customer, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    role = {"role": None, "known role": "owner"}.get(lacks, "lead")
    if lacks == "access":
        boss = Actor("boss", "Boss", Role.ADMINISTRATOR, "")
        users.assign_rights(resources.store(), boss, "kim.lead", 0, Role.LEAD, {"norr"}, blocked=True)
    at = opened(monkeypatch, role, anders, unit="" if lacks == "unit" else "norr")
    assert not at.exception
    assert [header.value for header in at.main.header] == ["Du har inte tillgång"]
    assert "Karlsson" not in words(at)
    assert [entry["action"] for entry in entries(f"kim.{role}", "refused")] == ([] if lacks == "unit" else ["sign_in"])


def test_a_cookie_of_somebody_else_than_the_screens_user_is_nobodys(
    anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(monkeypatch, "lead", anders)
    at.user = {**at.user, "sub": "somebody.else"}
    at.run()
    assert [header.value for header in at.main.header] == ["Logga in"]


# Rights that change meanwhile


def test_a_role_that_is_taken_away_ends_at_the_next_click(anders: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    at = go(opened(monkeypatch, "lead", anders), "customer", anders)
    assert "Anders Karlsson" in words(at)
    boss = Actor("boss", "Boss", Role.ADMINISTRATOR, "")
    users.assign_rights(resources.store(), boss, "kim.lead", 1, Role.ANALYST, {"norr"})
    current_sign_in._status.clear()  # which holds for a second
    assert beside_banner(at.run()) == [REFUSED]
    assert not go(at, "export").error
    users.assign_rights(resources.store(), boss, "kim.lead", 2, Role.LEAD, {"norr"}, blocked=True)
    current_sign_in._status.clear()
    assert [header.value for header in at.run().main.header] == ["Du har inte tillgång"]


# Rows


@pytest.mark.parametrize("page", ["customer", "groups", "vaccination", "access_log_extract"])
def test_another_units_customer_is_not_shown(anders: Customer, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    at = go(opened(monkeypatch, "lead", anders, unit="soder"), page, anders)
    assert not at.exception
    assert "Mottagning Norr" in words(at)
    number = anders.identity
    for personal in ("Anders", "Karlsson", number, number[2:], number[:8], format_identity(number, date(2026, 1, 1))):
        assert personal not in words(at)
    assert {entry["customer_id"] for entry in entries("kim.lead", "refused")} == {anders.customer_id}


@pytest.mark.parametrize(("role", "offered"), [("coordinator", 0), ("lead", 1)])
def test_the_new_year_list_is_offered_as_a_file_to_those_who_may_take_out_identity_numbers(
    anders: Customer, monkeypatch: pytest.MonkeyPatch, role: str, offered: int
) -> None:
    born = date(resources.store().today().year - 64, 5, 6)
    customers.register(resources.store(), LEAD, invented_number(born), "Gun", "Ek", "norr")
    at = go(opened(monkeypatch, role), "reimbursement_checks")
    at.segmented_control(key="checks_part").set_value("new_year").run()
    assert not at.exception
    links = [element for element in at.get("html") if element.proto.body.startswith('<a class="mv-download"')]
    assert len(links) == offered


@pytest.mark.parametrize(("role", "offered"), [("analyst", 0), ("lead", 1)])
def test_a_claim_is_seen_without_persons_and_its_file_is_offered_to_leads(
    anders: Customer, monkeypatch: pytest.MonkeyPatch, role: str, offered: int
) -> None:
    store, today = resources.store(), resources.store().today()
    (group,) = memberships.of_customer(store, LEAD, anders.customer_id)
    entry = vaccinations.Entry("efluelda", "B-1", 1, today, "norr", group.membership_id)
    vaccinations.register(store, LEAD, anders.customer_id, entry)
    drafting.draft(store, LEAD, "Exempelregionen", today, today)
    at = go(opened(monkeypatch, role), "reimbursement_claims")
    assert not at.exception
    assert "Ersättning: given dos" in words(at)
    assert not [text for text in ("Karlsson", anders.identity, anders.identity[2:]) if text in words(at)]
    links = [element for element in at.get("html") if element.proto.body.startswith('<a class="mv-download"')]
    assert len(links) == offered


def test_another_units_customer_is_opened_for_a_reason(anders: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    at = go(opened(monkeypatch, "coordinator", anders, unit="soder"), "customer", anders)
    at.radio(key="cross_reason").set_value("correction").run()
    at.button(key="cross_open").click().run()
    assert not at.exception
    assert "Anders Karlsson" in words(at)
    assert "open_other_unit" in [entry["action"] for entry in entries("kim.coordinator", "done")]


def test_another_units_customer_is_registered_afterwards_for_a_reason(
    anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = go(opened(monkeypatch, "coordinator", unit="soder"), "registration")
    at.selectbox(key="typed_soder_group").set_value("medical_risk").run()
    enter(at, anders.identity)
    assert "hör till en annan enhet, Mottagning Norr" in words(at)
    assert not [text for text in ("Anders", "Karlsson") if text in words(at)]
    at.radio(key=str(field(at)["focus"])).set_value("correction")
    next(button for button in at.button if button.label == "Öppna kunden och spara").click().run()
    assert not at.exception
    assert "Anders Karlsson" in words(at)
    assert (field(at)["text"], field(at)["stopped"]) == ("", False)
    assert "open_other_unit" in [entry["action"] for entry in entries("kim.coordinator", "done")]


def test_an_analyst_sees_pseudonyms_and_cannot_choose_otherwise(
    anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = go(opened(monkeypatch, "analyst"), "export")
    toggle = at.toggle(key="export_pseudonyms")
    assert (toggle.value, toggle.disabled) == (True, True)
    shown = words(at)
    assert "customer_pseudonym" in shown
    assert not [text for text in ("Karlsson", anders.identity, "1946-03-12") if text in shown]
    at.session_state["export_pseudonyms"] = False  # as a forged message of the browser would have it
    at.run()
    assert "customer_pseudonym" in words(at)
    assert not [text for text in ("Karlsson", anders.identity, "1946-03-12") if text in words(at)]


def test_figures_of_doses_are_of_the_own_units_and_lead_on_whoever_may_correct(
    anders: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def units(at: AppTest) -> list[str]:
        assert not at.exception
        return list(at.main.selectbox(key="follow_up_unit").options)

    lead = opened(monkeypatch, "lead")
    for unit in ("norr", "soder"):
        day = resources.store().today() - timedelta(days=len(unit))
        entry = vaccinations.Entry("efluelda", "B1", 1, day, unit, None, without_group=True)
        vaccinations.register(resources.store(), LEAD, anders.customer_id, entry)
    lead = go(lead, "reimbursement_follow_up")
    assert units(lead) == ["Mottagning Norr"]
    assert "hittar doserna" not in words(lead)
    analyst = go(opened(monkeypatch, "analyst", unit="soder"), "reimbursement_follow_up")
    assert units(analyst) == ["Mottagning Söder"]
    assert "Enhetens koordinatorer hittar doserna på sidan Att rätta." in words(analyst)
    assert not [text for text in ("Anders", "Karlsson", anders.identity) if text in words(analyst)]
    assert units(go(opened(monkeypatch, "analyst"), "reimbursement_follow_up")) == ["Mottagning Norr"]
