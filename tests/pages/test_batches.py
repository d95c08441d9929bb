"""Batchnummer, and a field for a batch elsewhere: received, scanned, changed, stopped; a new one asked about once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, vaccinations
from mv.batches import batch as batch_rows
from mv.batches import changes, receiving
from mv.batches.batch import Batch
from mv.store import Store
from tests.batches.test_scanning import SWEDISH, TURKISH
from tests.conftest import TODAY, invented_number
from tests.pages.dashboard import DEMO, dashboard, messages, press, words
from tests.pages.number_field import enter

EXPIRES = date(2027, 3, 31)
PACK = f"]d201{SWEDISH}1727033110AB-123"
KEY = "typed_bjorken"
FIELD = f"{KEY}_batch_efluelda"


def known(store: Store) -> list[Batch]:
    return changes.list_batches(store, DEMO)


def search(at: AppTest, text: str) -> AppTest:
    at.text_input(key="batches_search").set_value(text).run()
    assert not at.exception
    return at


def write(at: AppTest, text: str, field: str = FIELD) -> AppTest:
    """Write or scan into a field; AppTest knows the options alone, so a new text is put among them first."""
    with_written(at)
    box = at.selectbox(key=field)
    box.options.append(box.format_func(text))
    box.set_value(text).run()
    assert not at.exception
    return with_written(at)


def with_written(at: AppTest) -> AppTest:
    """Put what was written among the options, for the next run."""
    for box in at.selectbox:
        if box.value is not None and box.format_func(box.value) not in box.options:
            box.options.append(box.format_func(box.value))
    return at


@pytest.fixture
def batch(store: Store) -> Batch:
    return receiving.receive(store, DEMO, "efluelda", "AB-123", EXPIRES, "norr")


def test_a_batch_is_received_by_hand_once_and_asked_about_where_another_looks_alike(store: Store) -> None:
    at = dashboard("batches")
    at.selectbox(key="batch_new_product").set_value("efluelda").run()
    at.text_input(key="batch_new_number_0").set_value("AO1").run()
    at.date_input(key="batch_new_expiry_0").set_value(EXPIRES).run()
    press(at, "batch_new_save")
    assert "Batchnumret är sparat: AO1." in messages(at)
    assert [(each.batch_number, each.expires_on) for each in known(store)] == [("AO1", EXPIRES)]
    press(at, "batches_back")
    at.selectbox(key="batch_new_product").set_value("efluelda").run()
    at.text_input(key="batch_new_number_1").set_value("A01").run()
    press(at, "batch_new_save_1")
    assert "Batchnummer A01 är inte känt, men AO1 är det. Menade du AO1?" in messages(at)
    press(at, "batch_new_save_1_another")
    assert {each.batch_number for each in known(store)} == {"AO1", "A01"}


def test_a_pack_that_is_scanned_into_the_search_field_is_opened_and_a_new_one_asked_about_once(store: Store) -> None:
    at = search(dashboard("batches"), PACK)
    assert any("Vilket vaccin är det?" in text.value and "GS1 Sweden" in text.value for text in at.text)
    at.selectbox(key=f"batches_scan_pack_{SWEDISH}").set_value("efluelda").run()
    press(at, "batches_scan_pack_save")
    assert at.subheader[0].value == "Efluelda AB\\-123"
    assert at.text_input(key="batches_search").value == ""
    search(at, f"01{SWEDISH}10CD9<GS>17270300")
    assert at.subheader[0].value == "Efluelda CD9"
    assert {(each.batch_number, each.expires_on) for each in known(store)} == {("AB-123", EXPIRES), ("CD9", EXPIRES)}
    search(at, f"01{SWEDISH[:-1]}{(int(SWEDISH[-1]) + 1) % 10}1727033110XX")
    assert "Artikelnumrets kontrollsiffra stämmer inte, så inget sparades. Skanna förpackningen igen." in messages(at)
    assert len(known(store)) == 2


def test_the_list_is_filtered_by_number_vaccine_and_state(store: Store, batch: Batch) -> None:
    receiving.receive(store, DEMO, "comirnaty", "C2", None, "norr")
    receiving.receive(store, DEMO, "comirnaty", "OLD", TODAY - timedelta(days=1), "norr")
    at = dashboard("batches")
    assert "AB-123" in words(at) and "okänd" in words(at) and "OLD" not in words(at)
    at.selectbox(key="batches_product").set_value("comirnaty").run()
    at.segmented_control(key="batches_state").set_value("expired").run()
    assert "OLD" in words(at) and "AB-123" not in words(at) and "C2" not in words(at)
    at.selectbox(key="batches_product").set_value(None).run()
    at.segmented_control(key="batches_state").set_value("every").run()
    search(at, "ab1")
    assert "AB-123" in words(at) and "OLD" not in words(at)


def test_a_batch_is_changed_stopped_and_used_up_with_its_history(store: Store, batch: Batch) -> None:
    at = press(dashboard("batches"), "batch_open_efluelda_AB-123")
    at.date_input(key="batch_efluelda_AB-123_1_expiry").set_value(None).run()
    press(at, "batch_efluelda_AB-123_1_expiry_save")
    press(at, "batch_efluelda_AB-123_2_stop")
    assert "Skriv varför batchnumret stoppas." in messages(at)
    at.text_input(key="batch_efluelda_AB-123_2_reason").set_value("Återkallat").run()
    press(at, "batch_efluelda_AB-123_2_stop")
    (stopped,) = known(store)
    assert (stopped.expires_on, stopped.stopped_at, stopped.stop_reason) == (None, store.now(), "Återkallat")
    press(at, "batch_efluelda_AB-123_3_resume")
    press(at, "batch_efluelda_AB-123_4_deplete")
    assert known(store)[0].depleted_at == store.now()
    assert "Häv stoppet" not in words(at)
    history = words(at)
    assert all(word in history for word in ("Mottaget", "Utgångsdag ändrad", "Stoppat", "Används igen", "Slut"))


def test_a_file_is_looked_at_and_taken_in_and_a_wrong_one_is_not(store: Store, batch: Batch) -> None:
    at = dashboard("batches")
    for rows, problem in (("Efluelda;A/1;", True), ("Comirnaty;C2;2027-03-31", False)):
        data = f"Vaccin;Batch;Utgångsdag\n{rows}".encode()
        at.file_uploader(key="batch_file_0").set_value(("batcher.csv", data, "text/csv"))
        at.run()
        assert not at.exception
        assert ("bindestreck" in words(at)) is problem
    press(at, "batch_file_save")
    assert "1 batchnummer är sparat." in messages(at)
    assert [each.batch_number for each in known(store)] == ["C2", "AB-123"]


# A field for a batch


@pytest.fixture
def at(store: Store) -> AppTest:
    customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "bjorken")
    return dashboard("registration")


def test_a_scan_chooses_the_vaccine_and_the_batch_and_the_dose_is_saved_without_a_doubt(
    store: Store, at: AppTest
) -> None:
    at.selectbox(key=f"{KEY}_group").set_value("65_plus").run()
    write(at, PACK, f"{KEY}_batch_None")
    at.selectbox(key=f"{KEY}_pack_{SWEDISH}").set_value("efluelda").run()
    press(at, f"{KEY}_pack_save")
    assert (at.selectbox(key=f"{KEY}_product").value, at.selectbox(key=FIELD).value) == ("efluelda", "AB-123")
    enter(at, invented_number(date(1946, 3, 12)))
    (dose,) = vaccinations.of_customer(store, DEMO, 1)
    assert (dose.product_code, dose.batch_number, dose.reason) == ("efluelda", "AB-123", None)
    write(at, f"01{SWEDISH}10CD9<GS>17270300")
    assert at.selectbox(key=FIELD).value == "CD9"


def test_a_pack_of_another_vaccine_and_half_a_scan_choose_nothing(store: Store, batch: Batch, at: AppTest) -> None:
    store.write(lambda tx: tx.execute("INSERT INTO vaccine_pack VALUES ($1, 'comirnaty')", TURKISH))
    at.selectbox(key=f"{KEY}_product").set_value("efluelda").run()
    write(at, "AB-123")
    write(at, f"]d201{TURKISH}1727033110K5")
    assert any("Förpackningen är Comirnaty, men Efluelda är valt." in said for said in messages(at))
    assert (at.selectbox(key=FIELD).value, len(known(store))) == (None, 1)
    write(at, f"01{SWEDISH}1727")
    assert any(said.startswith("Bara en del av koden kom med.") for said in messages(at))
    write(at, "AB-123")
    assert not [said for said in messages(at) if "koden" in said or "Förpackningen" in said]


def test_a_new_number_is_asked_about_once(store: Store, batch: Batch, at: AppTest) -> None:
    at.selectbox(key=f"{KEY}_product").set_value("efluelda").run()
    write(at, "AB123")
    assert "AB123 är nytt. Menade du AB-123?" in messages(at)
    press(at, f"{FIELD}_alike")
    assert at.selectbox(key=FIELD).value == "AB-123"
    write(at, "NEW-1")
    at.date_input(key=f"{FIELD}_expiry_NEW-1").set_value(EXPIRES).run()
    found = batch_rows.of_product(store, "efluelda")
    assert [(each.batch_number, each.expires_on, each.unit_id) for each in found] == [
        ("AB-123", EXPIRES, "norr"), ("NEW-1", EXPIRES, "bjorken"),
    ]  # fmt: skip
    assert at.selectbox(key=FIELD).value == "NEW-1"
    write(at, "NEW-2")
    press(at, f"{FIELD}_unknown")
    assert batch_rows.of_product(store, "efluelda")[0].batch_number == "NEW-2"


def test_a_stopped_and_a_used_up_batch_are_not_to_choose_today(store: Store, batch: Batch, at: AppTest) -> None:
    changes.stop(store, DEMO, batch, store.now() - timedelta(days=1), "Recalled")
    used = receiving.receive(store, DEMO, "efluelda", "USED", None, "norr")
    changes.deplete(store, DEMO, used)
    at.selectbox(key=f"{KEY}_product").set_value("efluelda").run()
    assert at.selectbox(key=FIELD).options == []
    at.date_input(key=f"{KEY}_day").set_value(TODAY - timedelta(days=2)).run()
    assert at.selectbox(key=FIELD).options == ["AB-123 (går ut 2027-03-31)", "USED (slut)"]
    write(at, "AB-123")
    at.date_input(key=f"{KEY}_day").set_value(TODAY).run()
    assert any("Batchnummer AB-123 är stoppat sedan" in said for said in messages(at))


def test_on_the_page_of_a_dose_the_day_of_the_stop_takes_a_reason(store: Store, batch: Batch) -> None:
    anders = customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "centrum")
    changes.stop(store, DEMO, batch, store.now(), "Recalled")
    at = dashboard("vaccination", customer=anders)
    key = f"dose_new_{anders.customer_id}"
    at.selectbox(key=f"{key}_product").set_value("efluelda").run()
    write(at, "AB-123", f"{key}_batch_efluelda")
    press(at, "dose_save")
    assert any("stoppades" in said and "Skriv varför" in said for said in messages(at))
    at.text_input(key=f"{key}_reason").set_value("I morse").run()
    press(at, "dose_save")
    (dose,) = vaccinations.of_customer(store, DEMO, anders.customer_id)
    assert (dose.batch_number, dose.reason) == ("AB-123", "I morse")
