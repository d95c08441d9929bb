"""What is told on the screen before a dose or a group is saved, run by Streamlit's own AppTest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.customers import Customer
from mv.memberships import Entry
from mv.store import Store
from mv.vaccinations import Dose
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, dashboard, messages

DAY = timedelta(days=1)
PAID = "Exempelregionen betalar 150 kr enligt regeln ”Influensavaccin, 65 år och äldre, 2024-03-01”."
NO_GROUP = "Ersätts inte: ingen kundgrupp räknas för dosen."


@pytest.fixture
def anders(store: Store) -> Customer:
    """Anders Karlsson, 80 years old, without a group."""
    return customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "centrum")


def given(store: Store, customer: Customer, days_ago: int, row: int | None, product: str = "efluelda") -> Dose:
    entry = vaccinations.Entry(product, "B1", 1, store.today() - days_ago * DAY, "centrum", row, without_group=True)
    return vaccinations.register(store, DEMO, customer.customer_id, entry)


def put_in_group(store: Store, customer: Customer, days_ago: int, code: str = "65_plus") -> int:
    entry = Entry(code, None, store.today() - days_ago * DAY)
    return memberships.add(store, DEMO, customer.customer_id, entry).membership_id


def captions(at: AppTest) -> list[str]:
    assert not at.exception
    return [caption.value.replace("\\", "") for caption in at.caption]


# A dose


def test_no_outcome_is_told_before_a_vaccine_is_chosen_and_then_it_follows_the_fields(
    store: Store, anders: Customer
) -> None:
    put_in_group(store, anders, days_ago=10)
    key, today = f"dose_new_{anders.customer_id}", store.today()
    at = dashboard("vaccination", anders)
    assert messages(at) == []
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    assert messages(at) == [PAID]
    at.radio(key=f"{key}_group_{today}").set_value(0).run()
    (says,) = messages(at)
    assert says == f"{NO_GROUP} Kunden hade kundgruppen 65 år och äldre den dagen: med den ersätts dosen med 150 kr."
    at.date_input(key=f"{key}_day").set_value(today - 11 * DAY).run()
    applies, says = messages(at)
    assert applies == f"Ingen av kundens kundgrupper gäller den {today - 11 * DAY}."
    assert says.startswith(NO_GROUP) and "150 kr" in says


def test_a_dose_of_somebody_whom_no_group_fits_says_what_one_could_give(store: Store) -> None:
    young = customers.register(store, DEMO, invented_number(date(1990, 3, 12)), "Anna", "Ek", "centrum")
    at = dashboard("vaccination", young)
    at.selectbox(key=f"dose_new_{young.customer_id}_product").select("comirnaty").run()
    assert f"{NO_GROUP} Med en kundgrupp kan den vara värd upp till 275 kr." in messages(at)


def test_a_dose_that_changes_another_one_says_so_before_it_is_saved(store: Store, anders: Customer) -> None:
    row = put_in_group(store, anders, days_ago=10)
    other = given(store, anders, 1, row, "fluad_tetra")
    key, day = f"dose_new_{anders.customer_id}", store.today() - 2 * DAY
    at = dashboard("vaccination", anders)
    at.date_input(key=f"{key}_day").set_value(day).run()
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    outcome, recent, others = messages(at)
    assert outcome == PAID
    assert recent == (
        f"Fluad Tetra gavs den {other.given_on} vid Mottagning Centrum och är inte ersatt hittills."
        " Det ska gå 150 dagar mellan två doser; här: 1."
    )
    assert others == (
        "Bland kundens andra doser: 1 dos ersätts inte längre (−150 kr).\n"
        f"- Fluad Tetra (J07BB02), {other.given_on}: 0 kr i stället för 150 kr. "
        f"Ersätts inte: 150 dagar ska gå efter den ersatta dosen den {day}."
    )


def test_a_correction_is_adjudicated_as_it_stands_in_the_fields(store: Store, anders: Customer) -> None:
    row = put_in_group(store, anders, days_ago=10)
    dose = given(store, anders, 5, row)
    at = dashboard("vaccination", anders)
    at.button(key=f"correct_{dose.dose_id}").click().run()
    assert messages(at) == [PAID]
    at.checkbox(key=f"dose_{dose.dose_id}_1_abroad").check().run()
    assert messages(at) == ["Ersätts inte: dosen gavs utomlands."]
    assert not [box for box in at.selectbox if box.label == "Sats"]
    assert not at.radio
    at.button(key="dose_save").click().run()
    assert not at.error
    (now,) = vaccinations.of_customer(store, DEMO, anders.customer_id)
    assert (now.abroad, now.batch_number, now.group_code) == (True, "", None)


def test_a_dose_given_abroad_is_listed_as_that_and_the_next_one_is_not(store: Store, anders: Customer) -> None:
    put_in_group(store, anders, days_ago=10)
    key = f"dose_new_{anders.customer_id}"
    at = dashboard("vaccination", anders)
    at.date_input(key=f"{key}_day").set_value(date(2020, 10, 1)).run()
    assert "efluelda" not in product_codes(at)
    at.checkbox(key=f"{key}_abroad").check().run()
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    at.button(key="dose_save").click().run()
    assert not at.error
    (doses, changes) = (table.value.iloc[0] for table in at.table)
    assert doses["Given"].replace("\\", "") == changes["Given"].replace("\\", "") == "2020-10-01 (utomlands)"
    assert (doses["Sats"], doses["Kundgrupp som räknas"]) == ("", "Ingen kundgrupp")
    assert not at.checkbox(key=f"{key}_abroad").value


def product_codes(at: AppTest) -> str:
    """Return what the list of vaccines offers."""
    (box,) = (box for box in at.selectbox if box.label == "Vaccin")
    return " ".join(box.options).lower()


def test_a_dose_can_be_given_the_new_group_of_the_row_that_it_had_its_old_one_by(
    store: Store, anders: Customer
) -> None:
    row = put_in_group(store, anders, days_ago=10, code="staff")
    dose = given(store, anders, 5, row)
    entry = Entry("65_plus", None, store.today() - 10 * DAY)
    memberships.adjust(store, DEMO, row, 1, entry)
    at = dashboard("vaccination", anders)
    at.button(key=f"correct_{dose.dose_id}").click().run()
    choice = at.radio(key=f"dose_{dose.dose_id}_1_group_{dose.given_on}")
    assert [option.replace("\\", "") for option in choice.options] == [
        "Personal inom vård och omsorg (som den registrerades)",
        f"65 år och äldre ({entry.valid_from} –)",
        "Ingen kundgrupp",
    ]
    assert "täcker inte" in messages(at)[0]
    choice.set_value(row).run()
    assert messages(at) == [PAID]
    at.button(key="dose_save").click().run()
    (now,) = vaccinations.of_customer(store, DEMO, anders.customer_id)
    assert (now.membership_id, now.group_code) == (row, "65_plus")


# A group


def test_adjusting_a_group_says_live_which_doses_it_changes(store: Store, anders: Customer) -> None:
    row = put_in_group(store, anders, days_ago=10)
    dose = given(store, anders, 5, row)
    at = dashboard("groups", anders)
    at.button(key=f"groups_adjust_{row}").click().run()
    assert messages(at) == []
    first = at.date_input(key=f"adjust_{row}_1_first")
    first.set_value(dose.given_on).run()
    assert messages(at) == []
    assert "Om du sparar: ingen dos ersätts annorlunda." in captions(at)
    first.set_value(dose.given_on + DAY).run()
    assert messages(at) == [
        "Om du sparar: 1 dos ersätts inte längre (−150 kr).\n"
        f"- Efluelda (J07BB02), {dose.given_on}: 0 kr i stället för 150 kr. "
        f"Ersätts inte: kundens period i kundgruppen 65 år och äldre täcker inte den {dose.given_on}."
    ]
    at.button(key=f"adjust_{row}_1_save").click().run()
    at.button(key=f"groups_adjust_{row}").click().run()
    at.date_input(key=f"adjust_{row}_2_first").set_value(dose.given_on).run()
    assert messages(at)[0].startswith("Om du sparar: 1 dos blir ersatt (+150 kr).")


def test_a_new_group_that_makes_a_dose_paid_says_so_and_any_other_says_nothing(store: Store, anders: Customer) -> None:
    row = put_in_group(store, anders, days_ago=10)
    given(store, anders, 5, row)
    memberships.remove(store, DEMO, row, 1)
    at = dashboard("groups", anders)
    at.selectbox(key="add_group").select("65_plus").run()
    assert messages(at) == []
    at.date_input(key="add_first").set_value(store.today() - 5 * DAY).run()
    assert messages(at)[0].startswith("Om du sparar: 1 dos blir ersatt (+150 kr).")


def test_removing_takes_one_click_and_says_before_and_after_what_it_does(store: Store, anders: Customer) -> None:
    row, other = put_in_group(store, anders, days_ago=10), put_in_group(store, anders, days_ago=10, code="staff")
    given(store, anders, 5, row)
    given(store, anders, 5, row, "comirnaty")
    lost = "2 doser ersätts inte längre (−425 kr)"
    at = dashboard("groups", anders)
    assert [text for text in captions(at) if "ersätts" in text] == [f"Om den tas bort: {lost}."]
    at.button(key=f"groups_remove_{other}").click().run()
    at.button(key=f"groups_remove_{row}").click().run()
    assert f"Efter borttagningen: {lost}. Ångra återställer det." in captions(at)
    at.button(key=f"groups_reason_{row}").click().run()
    assert f"Om den var fel från början: {lost}." in captions(at)
    at.button(key=f"groups_undo_{row}").click().run()
    assert [text for text in captions(at) if "ersätts" in text] == [f"Om den tas bort: {lost}."]


def test_the_dialog_says_what_removing_does_too(store: Store, anders: Customer) -> None:
    row = put_in_group(store, anders, days_ago=10)
    given(store, anders, 5, row)
    at = dashboard("customer", anders)
    at.button(key="start_vaccination").click().run()
    assert "Om den tas bort: 1 dos ersätts inte längre (−150 kr)." in captions(at)
    at.button(key=f"dialog_remove_{row}").click().run()
    assert "Efter borttagningen: 1 dos ersätts inte längre (−150 kr). Ångra återställer det." in captions(at)
