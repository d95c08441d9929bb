"""Bokningar and the bookings of Kundkort as they are drawn: booked, moved, cancelled, imported, once each."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from mv import bookings, customers
from mv.booking_files import importing
from mv.bookings import changes
from mv.bookings.changes import Entry
from mv.customers import Customer
from mv.store import Store
from tests.booking_files.files import ANDERS, EVA, event
from tests.conftest import TODAY
from tests.pages.dashboard import DEMO, cells, click, dashboard, messages, press, words

BOOK = f"book_centrum_{TODAY}_0"
AT_TEN = datetime(2026, 11, 22, 9)


@pytest.fixture
def anders(store: Store) -> Customer:
    return customers.register(store, DEMO, ANDERS, "Anders", "Karlsson", "centrum")


def page() -> AppTest:
    """Return Bokningar at the unit centrum."""
    at = dashboard("bookings")
    at.selectbox(key="bookings_unit").set_value("centrum").run()
    assert not at.exception
    return at


def fill(at: AppTest, key: str, day: date, hour: int, product: str) -> None:
    at.date_input(key=f"{key}_day").set_value(day)
    at.text_input(key=f"{key}_time").set_value(f"{hour}:00")
    at.selectbox(key=f"{key}_product").set_value(product)


def choose(at: AppTest, row: int) -> AppTest:
    at.radio(key=f"bookings_centrum_{TODAY}").set_value(row).run()
    assert not at.exception
    return at


def test_a_time_is_booked_by_number_moved_and_cancelled_and_its_history_is_shown(
    store: Store, anders: Customer
) -> None:
    at = page()
    at.text_input(key=f"{BOOK}_identity").set_value(f"{ANDERS[:8]}-{ANDERS[8:]}")
    fill(at, BOOK, TODAY, 10, "comirnaty")
    press(at, "book_save")
    assert messages(at)[0] == "Bokat: 2026-11-22 10:00."
    (booking,) = bookings.of_day(store, DEMO, "centrum", TODAY)
    assert (booking.customer_id, booking.starts_at) == (anders.customer_id, AT_TEN)
    choose(at, booking.booking_id)
    key = f"booking_{booking.booking_id}_1"
    fill(at, key, TODAY, 11, "efluelda")
    press(at, f"{key}_move")
    choose(at, booking.booking_id)
    press(at, f"booking_{booking.booking_id}_2_cancel")
    assert "Bokningen är avbokad. Den står kvar i listan." in messages(at)
    choose(at, booking.booking_id)
    assert "Status: Avbokad" in words(at)
    at_ten, at_eleven = (
        f"2026-11-22 {hour}:00 · {what} · Mottagning Centrum · " for hour, what in ((10, "Comirnaty"), (11, "Efluelda"))
    )
    assert [[cell.replace("  ", " ") for cell in row[2:]] for row in cells(at, 0)] == [
        ["Avbokad", f"{at_eleven}Bokad", f"{at_eleven}Avbokad"],
        ["Ändrad", f"{at_ten}Bokad", f"{at_eleven}Bokad"],
        ["Bokad", "–", f"{at_ten}Bokad"],
    ]
    click(at, "Boka igen")
    assert bookings.of_day(store, DEMO, "centrum", TODAY)[0].version == 4


def test_a_booking_whose_making_nobody_kept_has_no_history(store: Store, anders: Customer) -> None:
    row = store.write(
        lambda tx: tx.row(
            "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)"
            " VALUES ($1, 'centrum', $2, 'comirnaty', $2) RETURNING booking_id",
            anders.customer_id,
            AT_TEN,
        )
    )
    assert row is not None
    assert "Inga ändringar." in words(choose(page(), row["booking_id"]))


def test_what_is_missing_or_wrong_is_told_and_nothing_is_booked(store: Store, anders: Customer) -> None:
    at = page()
    press(at, "book_save")
    assert "Skriv ett klockslag, till exempel 09:30." in messages(at)
    at.text_input(key=f"{BOOK}_identity").set_value(EVA)
    fill(at, BOOK, TODAY, 10, "comirnaty")
    press(at, "book_save")
    assert any("registrera personen på sidan Sök kund" in text for text in messages(at))
    assert bookings.of_day(store, DEMO, "centrum", TODAY) == []


def test_the_customer_card_books_and_cancels_and_keeps_what_was_cancelled_in_sight(
    store: Store, anders: Customer
) -> None:
    at = dashboard("customer", anders)
    key = f"book_{anders.customer_id}_0"
    fill(at, key, TODAY, 10, "comirnaty")
    press(at, f"book_{anders.customer_id}_save")
    (booking,) = bookings.upcoming(store, DEMO, anders.customer_id)
    press(at, f"booking_{booking.booking_id}_1_cancel")
    assert "Avbokad" in words(at)
    assert bookings.upcoming(store, DEMO, anders.customer_id) == []


def test_a_form_that_was_saved_is_another_one_so_that_a_second_click_books_nothing(
    store: Store, anders: Customer
) -> None:
    at = dashboard("customer", anders)
    fill(at, f"book_{anders.customer_id}_0", TODAY, 10, "comirnaty")
    at.selectbox(key=f"book_{anders.customer_id}_0_unit").set_value("centrum")
    press(at, f"book_{anders.customer_id}_save")
    keys = {button.key for button in at.button}
    assert f"book_{anders.customer_id}_save_1" in keys
    assert f"book_{anders.customer_id}_save" not in keys
    assert at.text_input(key=f"book_{anders.customer_id}_1_time").value == ""


def test_a_calendar_is_looked_at_and_imported_and_is_there_already_the_second_time(
    store: Store, anders: Customer
) -> None:
    booked = changes.book(store, DEMO, anders.customer_id, Entry("centrum", AT_TEN, "efluelda"))
    at = page()
    file = event(f"DTSTART:{TODAY:%Y%m%d}T110000").replace("\n", "\r\n").encode()
    at.file_uploader(key="booking_file_centrum_0").set_value(("bokningar.ics", file, "text/calendar")).run()
    assert not at.exception
    assert ["Bokas", "1"] in cells(at, 0)
    press(at, "booking_file_save")
    assert messages(at)[0] == "1 bokning är inläst."
    found = bookings.of_day(store, DEMO, "centrum", TODAY)
    assert [each.booking_id for each in found] == [booked.booking_id, booked.booking_id + 1]
    at.file_uploader(key="booking_file_centrum_1").set_value(("igen.ics", file, "text/calendar")).run()
    assert "Det finns inget att läsa in: allt finns redan." in messages(at)


def test_a_tables_columns_are_shown_and_kept_for_the_unit_and_a_problem_is_told(store: Store, anders: Customer) -> None:
    at = page()
    rows = f"Nr;Pnr;Datum;Tid;Vaccin\nB1;{ANDERS};{TODAY};11:00;Comirnaty\nB2;{ANDERS};{TODAY};25:00;Comirnaty\n"
    at.file_uploader(key="booking_file_centrum_0").set_value(("b.csv", rows.encode(), "text/csv")).run()
    assert any("bokningens eget id" in text for text in messages(at))
    (chosen,) = [box for box in at.selectbox if (box.key or "").startswith("booking_file_centrum_id_")]
    chosen.set_value("Nr").run()
    assert any("1 fel" in text for text in messages(at))
    assert "booking_file_save" not in {button.key for button in at.button}
    right = rows.replace("25:00", "12:00").encode()
    at.file_uploader(key="booking_file_centrum_0").set_value(("b.csv", right, "text/csv")).run()
    (chosen,) = [box for box in at.selectbox if (box.key or "").startswith("booking_file_centrum_id_")]
    chosen.set_value("Nr").run()
    press(at, "booking_file_save")
    assert len(bookings.of_day(store, DEMO, "centrum", TODAY)) == 2
    kept = importing.kept_columns(store, DEMO, "centrum")
    assert kept is not None
    assert '"id": "Nr"' in kept
