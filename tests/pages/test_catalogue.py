"""The page of the catalogue: rows added, corrected, ended and undone; the start taken over; an empty store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mv import catalogue, customers, memberships, origin, vaccinations
from mv.catalogue import changes
from mv.catalogue.tables import GROUP, UNIT, VACCINE, CatalogueRow
from mv.store import Store, open_store
from mv.ui import resources
from mv.ui.navigation import PLACES
from tests.conftest import TODAY, SetClock, invented_number
from tests.pages.dashboard import DEMO, cells, dashboard, go, messages, press, words

PAGE = "catalogue"
SAMIR = replace(DEMO, user_id="samir.haddad")


def part(at: AppTest, name: str) -> AppTest:
    at.segmented_control(key="catalogue_part").set_value(name).run()
    assert not at.exception
    return at


def field(at: AppTest, name: str) -> str:
    """Return the key of the open form's field."""
    return next(
        widget.key
        for widget in (*at.text_input, *at.date_input, *at.number_input, *at.selectbox)
        if widget.key.startswith("catalogue_form") and widget.key.split("_", 3)[3] == name
    )


def opened(table: str, code: str) -> AppTest:
    return press(part(dashboard(PAGE), table), f"catalogue_open_{code}")


def give_dose(store: Store, product: str = "efluelda") -> None:
    customer = customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "centrum")
    of_65 = memberships.Entry("65_plus", None, date(2024, 10, 1))
    row = memberships.add(store, DEMO, customer.customer_id, of_65)
    entry = vaccinations.Entry(product, "B1", 1, store.today(), "centrum", row.membership_id)
    vaccinations.register(store, DEMO, customer.customer_id, entry)


def vaccine(store: Store, code: str) -> CatalogueRow:
    return changes.rows_of(store, DEMO, VACCINE)[code]


def test_a_unit_is_added_and_can_be_chosen_at_once(store: Store) -> None:
    at = press(dashboard(PAGE), "catalogue_new")
    assert "Det här saknas." in words(at)
    at.text_input(key=field(at, "unit_id")).input("Öst")
    at.text_input(key=field(at, "name")).input("Mottagning Öst")
    at.selectbox(key=field(at, "region")).select("Exempelregionen").run()
    assert "små bokstäver" in words(at)
    at = press(at, "catalogue_save")
    assert "ost" not in catalogue.load(store).units and at.error
    at.text_input(key=field(at, "unit_id")).input("ost").run()
    at = press(at, "catalogue_save")
    assert messages(at) == ["Sparad: Mottagning Öst."]
    assert catalogue.load(store).units["ost"].region == "Exempelregionen"
    assert "ost" in resources.catalogue().units
    (change,) = changes.history(store, DEMO, UNIT, "ost")
    assert (change.kind, change.was, change.changed_by) == ("added", None, "demo")


def test_a_vaccine_that_ends_says_what_has_it_later_and_is_taken_back(store: Store) -> None:
    give_dose(store)
    yesterday = TODAY - timedelta(days=1)
    at = opened("vaccine", "efluelda")
    at.date_input(key=field(at, "valid_to")).set_value(yesterday).run()
    assert any("efter 2026-11-21" in text and "1 dos" in text for text in messages(at))
    at = press(at, "catalogue_save")
    assert catalogue.load(store).vaccines["efluelda"].valid_to == yesterday
    assert cells(at, 0)[0][2:] == ["Avslutad", "Används till: – → 2026-11-21"]
    at = press(at, "catalogue_undo")
    assert catalogue.load(store).vaccines["efluelda"].valid_to is None
    assert [change.kind for change in changes.history(store, DEMO, VACCINE, "efluelda")] == ["undone", "ended", "added"]
    assert not [button for button in at.button if button.key == "catalogue_undo"]


def test_another_atc_code_shows_what_doses_are_paid_then(store: Store) -> None:
    give_dose(store)
    at = opened("vaccine", "efluelda")
    at.text_input(key=field(at, "atc")).input("j07bc01").run()
    assert "1 dos, −150 kr" in words(at)
    at = press(at, "catalogue_save")
    assert catalogue.load(store).vaccines["efluelda"].atc == "J07BC01"


def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(store: Store) -> None:
    at = opened("customer_group", "pregnant")
    row = changes.rows_of(store, DEMO, GROUP)["pregnant"]
    changes.save(store, SAMIR, [row.with_values(name_sv="Gravida")])
    at.text_input(key=field(at, "name_sv")).input("Väntar barn").run()
    at = press(at, "catalogue_save")
    assert any("samir.haddad ändrade pregnant" in text for text in messages(at))
    assert catalogue.load(store).groups["pregnant"].name_sv == "Gravida"


def test_the_second_half_of_a_double_click_saves_nothing_more(store: Store) -> None:
    at = opened("customer_group", "pregnant")
    at.text_input(key=field(at, "name_sv")).input("Gravida").run()
    at.button(key="catalogue_save").click()
    at = press(at, "catalogue_save")
    assert len(changes.history(store, DEMO, GROUP, "pregnant")) == 2
    assert messages(at) == ["Sparad: Gravida."]


# An empty store


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> Iterator[Store]:
    """A new store, of invented people since there is no sign-in, with nothing in it."""
    file, settings = tmp_path / "empty.duckdb", tmp_path / "empty.toml"
    settings.touch()
    with closing(open_store(str(file), clock)) as made:
        made.load({"meta": pa.table(origin.INVENTED)})
    monkeypatch.setenv("MV_STORE", str(file))
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setattr(resources, "clock", clock)
    st.cache_resource.clear()
    yield resources.store()
    resources.store().close()
    st.cache_resource.clear()


def test_an_empty_store_is_filled_from_the_start_as_far_as_it_is_ticked(empty_store: Store) -> None:
    at = dashboard(PAGE)
    assert "ingen har gått igenom" in words(at)
    at = part(at, "start")
    boxes = {plain_label(box.label): box for box in at.checkbox}
    assert len(boxes) == 45 and all(box.value for box in boxes.values())
    next(box for label, box in boxes.items() if label.startswith("Skörhet (")).uncheck().run()
    at = press(at, "start_save")
    assert any("frailty" in text for text in messages(at))  # its subgroup was still ticked
    assert not catalogue.load(empty_store).groups
    next(box for box in at.checkbox if "(frailty/home_care)" in plain_label(box.label)).uncheck().run()
    at = press(at, "start_save")
    known = catalogue.load(empty_store)
    assert (len(known.groups), len(known.vaccines), len(known.units)) == (12, 7, 0)
    assert "frailty" not in known.groups
    assert "ingen har gått igenom" not in words(part(at, "unit"))


def plain_label(label: str) -> str:
    return label.replace("\\", "").replace("\u2060", "")


def test_every_page_can_be_opened_in_an_empty_store(empty_store: Store) -> None:
    at = dashboard(PAGE)
    for place in PLACES:
        go(at, place.file.stem)
        assert not at.exception, place.title
