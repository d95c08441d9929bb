"""Uppföljning, run by Streamlit's own AppTest: its figures, that they tie out, its filters, and what it says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.reimbursement.follow_up.cube import NO_GROUP
from mv.reimbursement.pricing.seasons import Season
from mv.store import Store
from mv.ui.reimbursement.follow_up import figures
from mv.vaccinations import Entry
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, dashboard

PAGE = "reimbursement_follow_up"
A_YEAR = timedelta(days=400)
"""Longer than a season, so that it was given in an earlier one."""


def words(at: AppTest) -> str:
    """Return every word of the page, amounts with ordinary spaces."""
    kinds = (at.main.markdown, at.main.subheader, at.main.caption, at.main.info, at.main.error)
    text = "\n".join(element.value for kind in kinds for element in kind)
    return text.replace("\\", "").replace("\u00a0", " ")


def amounts(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\u00a0", " ") for metric in at.metric}


def table(at: AppTest, name: str) -> dict[str, list[str]]:
    """Return the rows of the table that begins with the column ``name``, by their first cell."""
    frame = next(found.value for found in at.table if found.value.columns[0] == name)
    rows = frame.map(lambda cell: cell.replace("\\", "").replace("\u00a0", " "))
    return {row[0]: list(row[1:]) for row in rows.itertuples(index=False)}


def person(store: Store, serial: int, *, with_group: bool, unit: str = "norr") -> int:
    number = invented_number(date(1946, 3, 12), serial)
    customer = customers.register(store, DEMO, number, "Anders", "Karlsson", unit).customer_id
    if with_group:
        memberships.add(store, DEMO, customer, memberships.Entry("65_plus", None, date(2024, 10, 1)))
    return customer


def give(store: Store, customer: int, day: date, *, unit: str = "norr", product: str = "efluelda") -> None:
    (row, *_) = memberships.of_customer(store, DEMO, customer) or (None,)
    membership = row.membership_id if row else None
    entry = Entry(product, "B1", 1, day, unit, membership, without_group=membership is None)
    vaccinations.register(store, DEMO, customer, entry)


@pytest.fixture
def doses(store: Store) -> Store:
    """A dose that is payable and one at risk today, at two units, and one that was lost a year ago."""
    give(store, person(store, 981, with_group=True), store.today())
    without = person(store, 983, with_group=False)
    give(store, without, store.today(), unit="soder")
    give(store, without, store.today() - A_YEAR, unit="soder")
    return store


def test_the_season_s_kronor_are_shown_and_their_parts_are_the_whole(doses: Store) -> None:
    at = dashboard(PAGE)
    assert not at.error
    assert at.selectbox(key="follow_up_season").value == Season.of(doses.today()).first_year
    assert amounts(at) == {
        "Betalt": "0 kr", "Ska betalas": "150 kr", "Kan gå förlorat": "150 kr", "Förlorat": "0 kr",
        "Att betala tillbaka": "0 kr",
    }  # fmt: skip
    said = words(at)
    assert "50,0 % av 300 kr är betalt eller ska betalas." in said
    parts = "betalda 0 + ska betalas 1 + kan gå förlorade 1 + förlorade 0 + ersätts inte 0"
    assert f"Doser: {parts} = 2, lika många som databasen själv räknar till." in said
    assert "Kan ersättas som mest: betalt 0 kr + ska betalas 150 kr + kan gå förlorat 150 kr + förlorat 0 kr" in said
    assert "Raderna i varje tabell ovan blir tillsammans också dessa siffror." in said
    assert table(at, "Enhet") == {
        "Mottagning Norr": ["1", "0", "150", "0", "0", "0"],
        "Mottagning Söder": ["1", "0", "0", "150", "0", "0"],
        "Summa": ["2", "0", "150", "150", "0", "0"],
    }
    outcome = "Ingen kundgrupp – åldern ger en kundgrupp som räknas"
    assert table(at, "Orsak") == {outcome: ["1", "150"], "Summa": ["1", "150"]}


def test_all_seasons_are_their_sum(doses: Store) -> None:
    at = dashboard(PAGE)
    at.selectbox(key="follow_up_season").select(figures.EVERY_SEASON).run()
    assert amounts(at)["Förlorat"] == "150 kr"
    seasons = table(at, "Säsong")
    assert next(iter(seasons)) == str(Season.of(doses.today()))
    assert seasons["Summa"] == ["3", "0", "150", "150", "150", "0"]
    assert "= 3, lika många" in words(at)


def test_each_filter_narrows_what_is_counted(doses: Store) -> None:
    at = dashboard(PAGE)
    assert at.selectbox(key="follow_up_unit").options == ["Mottagning Norr", "Mottagning Söder"]
    at.selectbox(key="follow_up_unit").select("soder").run()
    assert (amounts(at)["Ska betalas"], amounts(at)["Kan gå förlorat"]) == ("0 kr", "150 kr")
    at.selectbox(key="follow_up_group").select("65_plus").run()
    assert "Inga doser passar filtren." in words(at)
    assert not at.metric and not at.error
    at.selectbox(key="follow_up_unit").select(None).run()
    assert (amounts(at)["Ska betalas"], amounts(at)["Kan gå förlorat"]) == ("150 kr", "0 kr")
    assert "Inget kan gå förlorat." in words(at)
    at.selectbox(key="follow_up_group").select("medical_risk").run()
    at.selectbox(key="follow_up_subgroup_medical_risk").select("diabetes").run()
    assert "Inga doser passar filtren." in words(at)
    at.selectbox(key="follow_up_group").select(NO_GROUP).run()
    assert (amounts(at)["Ska betalas"], amounts(at)["Kan gå förlorat"]) == ("0 kr", "150 kr")


def test_the_place_that_loses_is_asked_for_in_the_title(doses: Store) -> None:
    at = dashboard(PAGE)
    assert "Vilken enhet förlorar mest?" in words(at)
    at.segmented_control(key="follow_up_place").set_value("group_code").run()
    assert "Vilken kundgrupp förlorar mest?" in words(at)
    assert list(table(at, "Kundgrupp")) == ["Ingen kundgrupp", "65 år och äldre", "Summa"]


def test_what_is_changed_is_counted_at_the_next_look(doses: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "SECONDS_OF_QUICK_ONES", float("inf"))  # however busy the machine is
    at = dashboard(PAGE)
    give(doses, person(doses, 985, with_group=True), doses.today(), product="comirnaty")
    at.run()
    assert amounts(at)["Ska betalas"] == "425 kr"
    assert "Något har ändrats" not in words(at)


def test_figures_that_take_long_are_kept_until_somebody_asks(doses: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "SECONDS_OF_QUICK_ONES", 0.0)
    at = dashboard(PAGE)
    assert "Något har ändrats" not in words(at)
    give(doses, person(doses, 985, with_group=True), doses.today())
    at.run()
    assert amounts(at)["Ska betalas"] == "150 kr"
    assert "Något har ändrats sedan dess." in words(at)
    at.button(key="follow_up_again").click().run()
    assert amounts(at)["Ska betalas"] == "300 kr"
    assert "Något har ändrats" not in words(at)


def test_figures_that_do_not_tie_out_are_called_wrong(doses: Store) -> None:
    give(doses, person(doses, 985, with_group=False), doses.today(), product="fsme_immun")
    doses.write(lambda tx: tx.execute("DELETE FROM vaccine WHERE product_code = 'fsme_immun'"))
    at = dashboard(PAGE)
    wrong = at.error[0].value.replace("\\", "")
    assert wrong.startswith("Siffrorna stämmer inte: Doser:")
    assert wrong.endswith("= 2, men det ska vara 3.")


def test_a_store_of_which_nothing_can_be_assessed_says_that_its_figures_are_wrong(store: Store) -> None:
    give(store, person(store, 985, with_group=False), store.today(), product="fsme_immun")
    store.write(lambda tx: tx.execute("DELETE FROM vaccine WHERE product_code = 'fsme_immun'"))
    at = dashboard(PAGE)
    assert at.error[0].value.replace("\\", "").endswith("= 0, men det ska vara 1.")
    assert not at.metric


def test_one_dose_that_no_rule_pays_is_said_to_be_so(store: Store) -> None:
    give(store, person(store, 981, with_group=False), store.today(), product="fsme_immun")
    at = dashboard(PAGE)
    assert not at.error
    assert "Ingen regel ersätter någon av doserna den dag de gavs" in words(at)
    assert "De kan inte ge något." in words(at)
    assert set(amounts(at).values()) == {"0 kr"}
    assert "Ingen regel den dagen" in table(at, "Orsak")
    assert [metric.delta for metric in at.metric] == ["0 doser"] * 5
    give(store, person(store, 983, with_group=True), store.today())
    at.run()
    assert "1 dos" in [metric.delta for metric in at.metric]
    assert "Ingen regel ersätter" not in words(at)


def test_without_any_rule_nothing_is_paid_and_nothing_is_lost(doses: Store) -> None:
    doses.write(lambda tx: tx.execute("UPDATE payment_rule SET removed = TRUE"))
    at = dashboard(PAGE)
    assert "Exempelregionen har inga ersättningsregler än, så doserna där bedöms inte" in words(at)
    assert "Inget är förlorat." in words(at)
    assert "Regionen har inga regler" in table(at, "Orsak")
    assert set(amounts(at).values()) == {"0 kr"}


def test_a_store_without_doses_says_so(store: Store) -> None:
    at = dashboard(PAGE)
    assert "Ingen dos är registrerad på dina enheter än." in words(at)
    assert not at.metric and not at.error


def test_everything_is_said_in_english_too(doses: Store) -> None:
    at = dashboard(PAGE, locale="en-GB")
    assert at.header[0].value == "Paid and unpaid doses"
    assert list(amounts(at)) == ["Paid so far", "Payable", "At risk", "Lost", "To pay back"]
    assert "50.0% of 300 kr is paid or payable." in words(at)
    assert "What is at risk, and why?" in words(at)
