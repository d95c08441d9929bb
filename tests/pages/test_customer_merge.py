"""Merging, undoing it and a change of number, and deaths on the customer card, run by Streamlit's own AppTest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, deaths, identity_changes, memberships, vaccinations
from mv.customers import Customer
from mv.merges import merging
from mv.store import Store
from tests.conftest import invented_number
from tests.contents import contents
from tests.pages.dashboard import DEMO, dashboard, press, words
from tests.pages.test_reimbursement_checks import (
    BORN,
    DAY,
    RESERVE,
    checks,
    give,
    in_group,
    person,
    show,
)

NUMBER = invented_number(BORN, 985)


@pytest.fixture
def two(store: Store) -> tuple[Customer, Customer]:
    """Two records of one person, each with the same group and the same dose: a reserve number, and the right one."""
    both = person(store, number=RESERVE), person(store, number=NUMBER)
    for place, customer in enumerate(both):
        give(store, in_group(store, customer, "medical_risk", "heart", 30 + place), 3)
    return both


def find(at: AppTest, number: str) -> AppTest:
    at.text_input(key="merge_number").set_value(number).run()
    assert not at.exception
    return at


def test_both_records_are_shown_with_what_moves_and_the_personal_number_goes_on(
    store: Store, two: tuple[Customer, Customer]
) -> None:
    reserve, right = two
    at = find(dashboard("customer", customer=reserve), NUMBER)
    told = words(at)
    assert "1 kundgrupp, 1 dos flyttas till posten som behålls." in told
    first = store.today() - 29 * DAY
    assert f"finns i båda: från {first - DAY} behålls, från {first} märks som fel från början." in told
    assert "dosen med sats B1 behålls, den med sats B1 återkallas." in told
    assert contents(store)["merge"] == []
    press(at, "merge_save")
    assert "Posterna är ihopslagna. Kim Räv, 19810829-9853, behölls." in words(at)
    assert "Sammanslagen med Kim Räv, 19810829M071" in words(at)
    assert at.query_params["kund"] == str(right.customer_id)
    assert customers.get(store, DEMO, reserve.customer_id) == right


def test_the_other_record_goes_on_where_that_is_chosen(store: Store, two: tuple[Customer, Customer]) -> None:
    reserve, right = two
    at = find(dashboard("customer", customer=reserve), NUMBER)
    at.radio(key=f"merge_keep_{reserve.customer_id}_{right.customer_id}").set_value(reserve.customer_id).run()
    press(at, "merge_save")
    assert customers.get(store, DEMO, right.customer_id) == reserve


def test_a_bookmark_of_the_merged_record_says_so_and_shows_the_one_that_went_on(
    store: Store, two: tuple[Customer, Customer]
) -> None:
    reserve, right = two
    merging.merge(store, DEMO, merging.preview(store, DEMO, right.customer_id, reserve.customer_id))
    for page in ("customer", "groups", "vaccination"):
        at = dashboard(page, customer=reserve)
        assert "Posten som du öppnade har slagits ihop med den här." in words(at)
        assert "19810829-9853" in words(at)
        assert at.query_params["kund"] == str(right.customer_id)
    assert "Posten som du öppnade" not in words(dashboard("customer", customer=right))


def test_the_merging_is_undone_on_the_card_and_the_history_says_so(
    store: Store, two: tuple[Customer, Customer]
) -> None:
    reserve, right = two
    merging.merge(store, DEMO, merging.preview(store, DEMO, right.customer_id, reserve.customer_id))
    at = dashboard("customer", customer=right)
    assert "1 kundgrupp, 1 dos går tillbaka till den andra posten." in words(at)
    (merge,) = merging.of_customer(store, DEMO, right.customer_id)
    press(at, f"merge_undo_{merge.merge_id}")
    assert "Posterna är två igen." in words(at)
    (dose,) = vaccinations.of_customer(store, DEMO, reserve.customer_id)
    assert dose.withdrawn_at is None
    assert "Återkallandet ångrat" in words(dashboard("vaccination", customer=reserve))
    assert "Ångrad" in words(dashboard("groups", customer=reserve))


def test_two_birth_dates_take_a_tick_in_a_box(store: Store) -> None:
    one, other = person(store), person(store, born=BORN + timedelta(days=1))
    at = find(dashboard("customer", customer=one), other.identity)
    assert "De kan vara två personer." in words(at)
    press(at, "merge_save")
    assert "ange att det är samma person" in words(at)
    assert contents(store)["merge"] == []
    at.checkbox(key=f"merge_same_{one.customer_id}_{other.customer_id}").check().run()
    press(at, "merge_save")
    assert "Posterna är ihopslagna." in words(at)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("Kim", "Skriv den andra postens personnummer."),
        (invented_number(BORN, 987), "Ingen kund har numret."),
        (RESERVE, "Det är samma post. Välj en annan."),
        (NUMBER[:-1], "Skriv"),
    ],
)
def test_a_number_that_finds_no_other_record_is_told(store: Store, number: str, says: str) -> None:
    at = find(dashboard("customer", customer=person(store, number=RESERVE)), number)
    assert len(at.error) == 1
    assert says in words(at)


def test_the_check_leads_to_the_merging_with_both_chosen(store: Store, two: tuple[Customer, Customer]) -> None:
    at = show(checks("twice"), "check_show_twice")
    press(at, "check_twice_0_0_0")
    assert at.header[0].value == "Kundkort"
    assert "1 kundgrupp, 1 dos flyttas till posten som behålls." in words(at)


def test_a_number_that_is_taken_leads_to_the_merging(store: Store, two: tuple[Customer, Customer]) -> None:
    reserve, _ = two
    at = dashboard("customer", customer=reserve)
    at.text_input(key=f"identity_{reserve.customer_id}_number").set_value(NUMBER).run()
    press(at, f"identity_{reserve.customer_id}_save")
    assert "slå ihop de två posterna" in words(at)
    press(at, "merge_save")
    assert "Posterna är ihopslagna." in words(at)


def test_a_change_of_number_is_taken_back_on_the_card(store: Store) -> None:
    kim = person(store, number=RESERVE)
    other = invented_number(BORN + DAY, 985)
    identity_changes.change(store, DEMO, kim.customer_id, other, RESERVE, other_birth_date=True)
    at = dashboard("customer", customer=kim)
    assert "Numret blir 19810829M071 igen." in words(at)
    assert f"Födelsedatumet blir {BORN} igen." in words(at)
    press(at, "identity_undo")
    assert "Bytet är taget tillbaka." in words(at)
    assert customers.get(store, DEMO, kim.customer_id) == kim
    assert "Tidigare nummer" not in words(at)


def test_a_death_is_saved_shown_on_every_page_and_taken_back(store: Store) -> None:
    kim = person(store)
    day = store.today() - 10 * DAY
    at = dashboard("customer", customer=kim)
    key = f"death_{kim.customer_id}"
    press(at, f"{key}_save")
    assert "Ange dödsdagen." in words(at)
    at.date_input(key=f"{key}_day_None").set_value(day).run()
    press(at, f"{key}_save")
    assert "Dödsdagen är sparad." in words(at)
    for page in ("customer", "groups", "vaccination"):
        assert f"Avliden {day}" in words(dashboard(page, customer=kim))
    at = dashboard("search")
    at.text_input(key="search_text").set_value("kim rav")
    at.button[0].click().run()
    assert f"Avliden {day}" in at.button(key=f"hit_{kim.customer_id}").label.replace("\\", "")
    press(dashboard("customer", customer=kim), f"{key}_back")
    assert customers.get(store, DEMO, kim.customer_id) == kim


def test_a_group_after_death_is_refused_on_the_page(store: Store) -> None:
    kim = person(store)
    day = store.today() - 10 * DAY
    deaths.record(store, DEMO, kim.customer_id, day)
    at = dashboard("groups", customer=kim)
    at.selectbox(key="add_group").select("pregnant").run()
    press(at, "add_save")
    assert f"Kunden avled {day}. Inget kan registreras för en senare dag." in words(at)
    assert memberships.of_customer(store, DEMO, kim.customer_id) == []


def test_a_name_is_corrected_on_the_card_and_its_history_shown(store: Store) -> None:
    kim = person(store)
    at = dashboard("customer", customer=kim)
    next(field for field in at.text_input if field.label == "Efternamn").set_value("Räf").run()
    press(at, f"name_{kim.customer_id}_save")
    assert "Namnet är sparat." in words(at)
    assert f"{kim.name}. Rättat av" in words(at)
    assert customers.get(store, DEMO, kim.customer_id).family_name == "Räf"
