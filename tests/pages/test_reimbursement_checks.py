"""The checks of payments, and the change of identity number on the customer card, run by Streamlit's own AppTest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.customers import Customer
from mv.memberships import Entry, Membership
from mv.store import Store
from tests.conftest import invented_number
from tests.contents import logged
from tests.pages.dashboard import DEMO, dashboard, words

DAY = timedelta(days=1)
BORN = date(1981, 8, 29)
RESERVE = "19810829M071"


def person(store: Store, name: str = "Kim Räv", number: str = "", born: date = BORN) -> Customer:
    given, family = name.split()
    return customers.register(store, DEMO, number or invented_number(born), given, family, "centrum", born)


def in_group(store: Store, customer: Customer, code: str, subgroup: str | None = None, days: int = 60) -> Membership:
    """Put the customer in the group, today for so many days."""
    return memberships.add(store, DEMO, customer.customer_id, Entry(code, subgroup, store.today() - (days - 1) * DAY))


def give(store: Store, membership: Membership, days_ago: int, product: str = "vaxigrip_tetra") -> None:
    entry = vaccinations.Entry(product, "B1", 1, store.today() - days_ago * DAY, "centrum", membership.membership_id)
    vaccinations.register(store, DEMO, membership.customer_id, entry)


def checks(part: str | None = None, locale: str = "sv-SE") -> AppTest:
    at = dashboard("reimbursement_checks", locale=locale)
    if part:
        at.segmented_control(key="checks_part").set_value(part).run()
    assert not at.exception
    return at


def show(at: AppTest, key: str) -> AppTest:
    at.toggle(key=key).set_value(True).run()
    assert not at.exception
    assert not at.error
    return at


# Checks


def test_how_many_and_how_much_is_told_before_anybody_is_shown(store: Store) -> None:
    customer = person(store, "Gun Ek", born=date(store.today().year - 75, 5, 6))
    give(store, in_group(store, customer, "pneumo_75"), 3, "pneumovax")
    at = checks()
    assert "**1 dos, 250 kr**" in words(at)
    assert "Inget hittades." in words(at)  # of what is reported and not paid
    assert "Gun" not in words(at)
    assert logged(store, "view_checks") == []
    show(at, "check_show_paid_not_reported")
    assert f"Gun Ek\n{customer.identity[:8]}-{customer.identity[8:]}" in words(at)
    assert "Exempelregionen betalar 250 kr" in words(at)
    assert [entry["customer_id"] for entry in logged(store, "view_checks")] == [customer.customer_id]


def test_a_pregnancy_that_was_never_ended_leads_to_its_row_open_for_adjusting(store: Store) -> None:
    customer = person(store, "Moa Ek", born=date(1995, 4, 5))
    row = in_group(store, customer, "pregnant", days=301)
    at = show(checks(part="periods"), "check_show_too_long")
    assert "Har pågått i 301 dagar; den kan pågå i högst 300." in words(at)
    at.button(key="check_too_long_0_0_0").click().run()
    assert not at.exception
    assert "Kundgrupper" in [header.value for header in at.header]
    assert at.query_params["kund"] == str(customer.customer_id)
    assert at.button(key=f"adjust_{row.membership_id}_1_save")


def test_each_of_two_groups_with_different_payers_is_one_click_away(store: Store) -> None:
    customer = person(store)
    rows = in_group(store, customer, "staff", "health_care"), in_group(store, customer, "medical_risk", "heart")
    for place, row in enumerate(rows):
        at = show(checks(part="periods"), "check_show_two_payers")
        assert "Influensavaccin: Arbetsgivaren eller Exempelregionen betalar." in words(at)
        at.button(key=f"check_two_payers_0_{place}_0").click().run()
        assert at.button(key=f"adjust_{row.membership_id}_1_save")


def test_what_the_user_corrects_is_gone_from_the_check(store: Store) -> None:
    row = in_group(store, person(store, "Moa Ek", born=date(1995, 4, 5)), "pregnant", days=301)
    at = checks(part="periods")
    assert "**1 kundgrupp, 0 kr**" in words(at)
    memberships.remove(store, DEMO, row.membership_id, 1)
    assert "1 kundgrupp" not in words(at.run())


def test_two_records_of_one_person_show_both_numbers_and_both_kronor(store: Store) -> None:
    number = invented_number(BORN, 983)
    for customer, days_ago in ((person(store, number=RESERVE), 20), (person(store, number=number), 10)):
        give(store, in_group(store, customer, "medical_risk", "heart"), days_ago)
    at = checks(part="twice")
    assert "**1 par, 150 kr**" in words(at)
    show(at, "check_show_twice")
    assert RESERVE in words(at)
    assert f"{number[:8]}-{number[8:]}" in words(at)
    assert words(at).count("Mottagning Centrum\n150 kr") == 2
    assert "Kan ersättas två gånger: 150 kr" in words(at)
    assert len(logged(store, "view_checks")) == 2
    at.button(key="check_twice_0_1_0").click().run()
    assert not at.exception
    assert "Vaccination" in [header.value for header in at.header]


def test_only_a_page_of_customers_is_shown_and_logged_at_a_time(store: Store) -> None:
    for number in range(26):
        in_group(store, person(store, number=invented_number(BORN, 100 + 20 * number)), "pregnant", days=310 + number)
    at = show(checks(part="periods"), "check_show_too_long")
    assert "**26 kundgrupper, 0 kr**" in words(at)
    assert len(logged(store, "view_checks")) == 25
    assert "Har pågått i 310 dagar" not in words(at)  # the one that has lasted longest comes first


def test_days_in_the_wrong_order_are_explained(store: Store) -> None:
    at = checks(part="periods")
    at.date_input(key="checks_first").set_value(store.today() + DAY).run()
    assert not at.exception
    assert at.error[0].value.startswith("Periodens första dag")


def test_the_new_year_list_counts_first_and_shows_who_on_demand(store: Store) -> None:
    year = store.today().year + 1
    lacks = person(store, "Gun Ek", born=date(year - 65, 12, 31))
    has = person(store, "Bo Ek", invented_number(date(year - 65, 1, 1), 983), date(year - 65, 1, 1))
    in_group(store, has, "65_plus")
    at = checks(part="new_year")
    assert "Gun" not in words(at)
    row = at.table[0].value.set_index("Kundgrupp").loc["65 år och äldre"]
    assert list(row) == ["1", "1", "–"]
    at.selectbox(key=f"new_year_group_{year}").set_value("65_plus").run()
    assert "**2 rader**" in words(at)
    show(at, "new_year_show")
    assert "fyller 65" in words(at)
    assert words(at).index("Gun Ek") < words(at).index("Bo Ek")
    assert {entry["customer_id"] for entry in logged(store, "view_checks")} == {lacks.customer_id, has.customer_id}
    at.selectbox(key="new_year_standing").set_value("has").run()
    assert "Gun Ek" not in words(at)
    at.selectbox(key="new_year_year").set_value(year + 1).run()
    assert not at.exception
    assert "Bo Ek" not in words(at)


@pytest.mark.parametrize("part", ["nvr", "new_year", "periods", "twice"])
def test_each_part_is_drawn_in_english(store: Store, part: str) -> None:
    at = checks(part=part, locale="en-GB")
    assert not at.error
    assert [header.value for header in at.header] == ["Checks"]


# Change of identity number


def change(at: AppTest, customer: Customer, number: str) -> AppTest:
    at.text_input(key=f"identity_{customer.customer_id}_number").set_value(number).run()
    at.button(key=f"identity_{customer.customer_id}_save").click().run()
    assert not at.exception
    return at


def test_a_customer_gets_another_number_on_the_card_and_is_found_by_both(store: Store) -> None:
    customer, number = person(store, number=RESERVE), invented_number(BORN, 983)
    at = change(dashboard("customer", customer=customer), customer, number)
    assert "Numret är bytt" in at.success[0].value
    assert f"Tidigare nummer: {RESERVE}" in words(at)
    assert f"{number[:8]}-{number[8:]}" in words(at)
    assert at.text_input(key=f"identity_{customer.customer_id}_number").value == ""
    for searched in (RESERVE, number):
        at = dashboard("search")
        at.text_input(key="search_text").input(searched)
        at.button[0].click().run()
        assert "Kim Räv" in words(at)
        assert at.query_params["kund"] == str(customer.customer_id)
        assert bool(at.toast) is (searched == RESERVE)


def test_another_birth_date_is_shown_and_has_to_be_meant(store: Store) -> None:
    customer = person(store, number=RESERVE)
    at = change(dashboard("customer", customer=customer), customer, invented_number(BORN + DAY))
    assert "Numret säger född 1981-08-30; kunden är registrerad som född 1981-08-29." in words(at)
    assert at.error[0].value.startswith("Numret ger en annan födelsedag")
    at.checkbox(key=f"identity_{customer.customer_id}_same").check().run()
    at.button(key=f"identity_{customer.customer_id}_save").click().run()
    assert not at.error
    assert customers.get(store, DEMO, customer.customer_id).birth_date == BORN + DAY


def test_another_customers_number_is_refused_with_what_to_do(store: Store) -> None:
    customer, other = person(store, number=RESERVE), person(store, number=invented_number(BORN, 983))
    at = change(dashboard("customer", customer=customer), customer, other.identity)
    assert "slå ihop de två posterna" in at.error[0].value
    assert customers.get(store, DEMO, customer.customer_id).identity == RESERVE
