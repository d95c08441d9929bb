"""The page of doses to correct, and the walk through them on the customers' pages, run by Streamlit's own AppTest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.memberships import Entry, Membership
from mv.store import Store
from mv.vaccinations import Dose
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, ROOT, dashboard, words

DAY = timedelta(days=1)
OLD = "65 år och äldre"
PAGES = {"Att rätta": "reimbursement_corrections", "Vaccination": "vaccination", "Kundgrupper": "groups"}


def given(store: Store, name: str, born: date, days_ago: int, product: str = "efluelda") -> Dose:
    """Register somebody new with a dose without a group."""
    customer = customers.register(store, DEMO, invented_number(born), name, "Ek", "centrum")
    day = store.today() - days_ago * DAY
    entry = vaccinations.Entry(product, "B1", 1, day, "centrum", None, without_group=True)
    return vaccinations.register(store, DEMO, customer.customer_id, entry)


def in_group(store: Store, dose: Dose, code: str, first: date, last: date | None = None) -> Membership:
    return memberships.add(store, DEMO, dose.customer_id, Entry(code, None, first, last))


def now(store: Store, dose: Dose) -> Dose:
    return next(one for one in vaccinations.of_customer(store, DEMO, dose.customer_id) if one.dose_id == dose.dose_id)


def heading(at: AppTest) -> str:
    return at.main.header[0].value


def rows(at: AppTest) -> list[int]:
    """Return the doses that have a button in the list, in order."""
    keys = [button.key or "" for button in at.main.button]
    return [int(key.removeprefix("correct_")) for key in keys if key.startswith("correct_")]


def click(at: AppTest, key: str) -> AppTest:
    """Click a button that may lead elsewhere, and be there: AppTest stays at the page that it was told of itself."""
    at.button(key=key).click().run()
    assert not at.exception
    return at.switch_page(str(ROOT / "pages" / f"{PAGES[heading(at)]}.py"))


def correct(at: AppTest, dose: Dose) -> AppTest:
    return click(at, f"correct_{dose.dose_id}")


def go_on(at: AppTest, dose: Dose) -> AppTest:
    return click(at, f"queue_next_{dose.dose_id}")


@pytest.mark.parametrize(
    ("locale", "sums"),
    [
        ("sv-SE", ("2 doser, 425 kr", "varav 1 dos, 150 kr, inom en vecka", "i dag är sista dagen", "20 dagar kvar")),
        (
            "en-GB",
            ("2 doses, 425 kr", "of which 1 dose, 150 kr, within a week", "today is the last day", "20 days left"),
        ),
    ],
)
def test_the_list_says_how_many_doses_what_they_give_and_what_is_missing(
    store: Store, locale: str, sums: tuple[str, ...]
) -> None:
    born = date(store.today().year - 65, 12, 31)
    last = given(store, "Sista", born, 30)
    more = given(store, "Flest", date(1950, 1, 2), 10, "comirnaty")
    at = dashboard("reimbursement_corrections", locale=locale)
    assert not at.exception
    assert rows(at) == [more.dose_id, last.dose_id]
    shown = words(at)
    for text in (*sums, "Sista Ek", "Flest Ek", "Efluelda", "Comirnaty"):
        assert text in shown
    assert (f"Fyller 65 år {born.year + 65}: hör till {OLD}." in shown) is (locale == "sv-SE")


def test_an_empty_list_says_so_plainly(store: Store) -> None:
    at = dashboard("reimbursement_corrections")
    assert not at.exception
    assert [success.value for success in at.success] == [
        "Inget att rätta. Alla doser som kan ersättas är som de ska. Bra jobbat!"
    ]
    at.selectbox(key="corrections_shown").select("lost").run()
    assert "Inget är förlorat" in words(at)


def test_doses_that_are_too_late_are_shown_for_themselves(store: Store) -> None:
    late = given(store, "Eva", date(1950, 1, 2), 31)
    at = dashboard("reimbursement_corrections")
    assert rows(at) == []
    at.selectbox(key="corrections_shown").select("lost").run()
    assert rows(at) == [late.dose_id]
    assert "1 dag för sent" in words(at)
    assert "Doser som skulle ha ersatts." in words(at)
    assert "inom en vecka" not in words(at)
    at.selectbox(key="corrections_vaccine").select("comirnaty").run()
    assert rows(at) == []
    assert "Ta bort något filter" in words(at)


def test_a_group_to_choose_leads_to_the_dose_with_the_group_chosen_and_nothing_saved(store: Store) -> None:
    dose = given(store, "Eva", date(1950, 1, 2), 10)
    row = in_group(store, dose, "65_plus", dose.given_on)
    in_group(store, dose, "household_contact", dose.given_on)
    at = correct(dashboard("reimbursement_corrections"), dose)
    assert heading(at) == "Vaccination"
    assert "Att rätta: 1 av 1" in words(at)
    assert "Ersätts inte: ingen kundgrupp räknas för dosen." in words(at)
    assert at.radio(key=f"dose_{dose.dose_id}_1_group_{dose.given_on}").value == row.membership_id
    assert now(store, dose).version == 1
    at.button(key="dose_save").click().run()
    assert not at.exception
    assert now(store, dose).group_code == "65_plus"
    assert "Exempelregionen betalar 150 kr" in words(at)
    assert "1 rättad, 150 kr" in words(at)
    click(at, f"queue_list_{dose.dose_id}")
    assert heading(at) == "Att rätta"
    assert rows(at) == []
    assert "1 rättad, 150 kr" in words(at)


def test_a_group_by_age_is_filled_in_then_chosen_for_the_dose_and_each_is_saved_by_a_click(store: Store) -> None:
    dose = given(store, "Eva", date(1950, 1, 2), 10)
    at = correct(dashboard("reimbursement_corrections"), dose)
    assert heading(at) == "Kundgrupper"
    assert at.selectbox(key="add_group").value == "65_plus"
    assert at.date_input(key="add_first").value == dose.given_on
    assert memberships.of_customer(store, DEMO, dose.customer_id) == []
    at.button(key="add_save").click().run()
    assert not at.exception
    (row,) = memberships.of_customer(store, DEMO, dose.customer_id)
    assert (row.group_code, row.valid_from) == ("65_plus", dose.given_on)
    assert "Kundgruppen finns nu: välj den för dosen." in words(at)
    click(at, f"queue_mend_{dose.dose_id}")
    assert heading(at) == "Vaccination"
    at.button(key="dose_save").click().run()
    assert "1 rättad, 150 kr" in words(at)


@pytest.mark.parametrize(("first", "last"), [(3, None), (-90, -1)], ids=["begins later", "ended before"])
def test_a_period_that_does_not_reach_the_day_is_open_for_adjusting(store: Store, first: int, last: int | None) -> None:
    dose = given(store, "Eva", date(1990, 1, 2), 10)
    ended = None if last is None else dose.given_on + last * DAY
    row = in_group(store, dose, "medical_risk", dose.given_on + first * DAY, ended)
    at = correct(dashboard("reimbursement_corrections"), dose)
    assert heading(at) == "Kundgrupper"
    assert at.selectbox(key="add_group").value is None
    name = "last" if ended else "first"
    assert at.date_input(key=f"adjust_{row.membership_id}_1_{name}").value == (ended or row.valid_from)
    told = "slutade" if ended else "börjar"
    assert f"Medicinsk riskgrupp {told} {ended or row.valid_from}" in words(at)
    at.date_input(key=f"adjust_{row.membership_id}_1_{name}").set_value(dose.given_on).run()
    at.button(key=f"adjust_{row.membership_id}_1_save").click().run()
    assert not at.exception
    assert "Kundgruppen finns nu: välj den för dosen." in words(at)


def test_next_leads_to_the_next_dose_that_still_is_to_be_corrected_and_skips_nobody_else(store: Store) -> None:
    doses = [given(store, name, date(1950, 1, 2 + n), 20 - n) for n, name in enumerate(("Ada", "Bo", "Cia", "Dan"))]
    at = dashboard("reimbursement_corrections")
    assert rows(at) == [dose.dose_id for dose in doses]
    correct(at, doses[0])
    assert "Att rätta: 1 av 4" in words(at)
    vaccinations.withdraw(store, DEMO, doses[1].dose_id, 1, vaccinations.WithdrawReason.WRONG_PERSON)
    go_on(at, doses[0])
    assert "Cia Ek" in words(at)
    assert "Att rätta: 3 av 4" in words(at)
    go_on(at, doses[2])
    assert "Dan Ek" in words(at)
    go_on(at, doses[3])
    assert heading(at) == "Att rätta"
    assert "Det var den sista." in words(at)
    assert rows(at) == [doses[n].dose_id for n in (0, 2, 3)]


def test_what_was_filled_in_for_one_customer_is_not_there_for_the_next(store: Store) -> None:
    by_age = given(store, "Ada", date(1950, 1, 2), 20)
    later = given(store, "Bo", date(1990, 1, 2), 19)
    in_group(store, later, "medical_risk", later.given_on + DAY)
    at = correct(dashboard("reimbursement_corrections"), by_age)
    assert at.selectbox(key="add_group").value == "65_plus"
    go_on(at, by_age)
    assert "Bo Ek" in words(at)
    assert at.selectbox(key="add_group").value is None
    assert at.date_input(key="add_first").value == store.today()


def test_the_banner_goes_with_the_customer_to_other_pages_and_ends_with_another_customer(store: Store) -> None:
    dose, other = given(store, "Ada", date(1950, 1, 2), 20), given(store, "Bo", date(1950, 1, 3), 19)
    at = correct(dashboard("reimbursement_corrections"), dose)
    for page in ("customer", "vaccination", "groups"):
        at.switch_page(str(ROOT / "pages" / f"{page}.py")).run()
        assert not at.exception
        assert "Att rätta: 1 av 2" in words(at)
        assert f"Fyller {dose.given_on.year - 1950} år" in words(at)
    at.query_params["kund"] = str(other.customer_id)
    at.switch_page(str(ROOT / "pages" / "customer.py")).run()
    assert "Bo Ek" in words(at)
    assert "Att rätta: " not in words(at)
    at.query_params["kund"] = str(dose.customer_id)
    at.switch_page(str(ROOT / "pages" / "customer.py")).run()
    assert "Ada Ek" in words(at)
    assert "Att rätta: " not in words(at)


def test_a_dose_that_is_withdrawn_meanwhile_says_so_and_does_not_count_as_corrected(store: Store) -> None:
    dose = given(store, "Ada", date(1950, 1, 2), 20)
    at = correct(dashboard("reimbursement_corrections"), dose)
    vaccinations.withdraw(store, DEMO, dose.dose_id, 1, vaccinations.WithdrawReason.WRONG_PERSON)
    at.run()
    assert "Ersätts inte: dosen är återkallad." in words(at)
    assert "rättad" not in words(at)
    assert at.button(key=f"queue_next_{dose.dose_id}").label == "Nästa"
