"""Importera fil, run by AppTest: a file from its choice to its import and its undo, and what keeps it out."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, export, memberships
from mv.clock import to_local
from mv.memberships import Entry
from mv.store import Store
from mv.ui import resources
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, cells, dashboard, labels, plain, words

HEADINGS = "Personnummer;Kundgrupp;Första dag;Dosens dag;Vaccin;Sats;Orsak"
ANDERS = invented_number(date(1946, 3, 12))
EVA = invented_number(date(1950, 1, 2))


@pytest.fixture
def people(store: Store) -> dict[str, int]:
    """Have in the store Anders, in 65_plus since 2024, and Eva, in no group: their ids by number."""
    anders = customers.register(store, DEMO, ANDERS, "Anders", "Karlsson", "centrum")
    memberships.add(store, DEMO, anders.customer_id, Entry("65_plus", None, date(2024, 10, 1)))
    eva = customers.register(store, DEMO, EVA, "Eva", "Ek", "norr")
    return {ANDERS: anders.customer_id, EVA: eva.customer_id}


def page(locale: str = "sv-SE") -> AppTest:
    at = dashboard("registration", locale=locale)
    return at.segmented_control(key="registration_part").set_value("file").run()


def choose(at: AppTest, *rows: str, headings: str = HEADINGS, turn: int = 0) -> AppTest:
    return hand_in(at, "\n".join([headings, *(row + ";" * (6 - row.count(";")) for row in rows)]).encode(), turn)


def hand_in(at: AppTest, data: bytes, turn: int = 0) -> AppTest:
    at.file_uploader(key=f"import_file_{turn}").set_value(("personer.csv", data, "text/csv"))
    return at.run()


def yesterday() -> date:
    return to_local(resources.store().now()).date() - timedelta(days=1)


def of_eva(people: dict[str, int]) -> list[memberships.Membership]:
    return memberships.of_customer(resources.store(), DEMO, people[EVA])


def test_a_file_is_looked_at_imported_and_undone(people: dict[str, int]) -> None:
    at = page()
    day = yesterday()
    new = invented_number(date(1951, 2, 3))
    choose(
        at, f"{EVA};65 år och äldre;{day}", f"{ANDERS};65_plus;{day}", f"{EVA};65 år och äldre;{day}",
        f"{new};65_plus;{day}",
    )  # fmt: skip
    assert not at.exception
    assert cells(at, 0)[-1] == ["Summa", "4"]
    assert plain(at.error[0].value) == "1 fel, så inget kan läsas in. Rätta filen, eller välj andra kolumner."
    assert cells(at, 1)[0][:3] == ["5", "Personnummer", "…"]
    assert "Hämta filen med felen" in "".join(html.body for html in at.get("html"))
    assert not [label for label in labels(at) if label.startswith("Läs in alla")]
    choose(at, f"{EVA};65 år och äldre;{day}", f"{ANDERS};65_plus;{day}", f"{EVA};65 år och äldre;{day}")
    assert cells(at, 0) == [
        ["Redo att registreras", "1"], ["Finns redan", "1"], ["Samma som en annan rad", "1"], ["Summa", "3"],
    ]  # fmt: skip
    assert of_eva(people) == []
    at.button(key="import_save_0").click().run()
    assert not at.exception
    assert plain(at.success[0].value) == "1 rad är inläst."
    (row,) = of_eva(people)
    assert (row.group_code, row.valid_from, row.unit_id) == ("65_plus", day, "bjorken")
    (undo,) = [button for button in at.button if button.key and button.key.startswith("latest_")]
    undo.click().run()
    assert plain(at.success[0].value) == "Ångrat: 1 rad."
    assert of_eva(people)[0].ended_reason == "wrong"


def test_the_same_file_again_has_nothing_to_import(people: dict[str, int]) -> None:
    at = choose(page(), f"{EVA};65_plus;{yesterday()}")
    at.button(key="import_save_0").click().run()
    choose(at, f"{EVA};65_plus;{yesterday()}", turn=1)
    assert plain(at.success[-1].value) == "Det finns inget att läsa in: allt finns redan."
    assert cells(at, 0) == [["Finns redan", "1"], ["Summa", "1"]]


def test_doubtful_rows_wait_for_a_reason_that_names_nobody(people: dict[str, int]) -> None:
    at = choose(page("en-GB"), f"{EVA};65_plus;{yesterday()};{yesterday()};Efluelda;NEW-1")
    assert cells(at, 0)[0] == ["Doubtful, without a reason", "1"]
    assert "Batch NEW-1 is not known for this vaccine." in at.dataframe[0].value.to_string()
    at.text_input(key="import_reason_0").set_value(f"as {ANDERS} said").run()
    assert "Leave identity numbers out" in plain(at.error[0].value)
    assert "import_save_0" not in [button.key for button in at.button]
    at.text_input(key="import_reason_0").set_value("Seen on the box").run()
    assert cells(at, 0)[0] == ["To be registered", "1"]
    at.button(key="import_save_0").click().run()
    assert len(of_eva(people)) == 1


def test_a_file_from_output_data_shows_each_difference_and_changes_just_that(people: dict[str, int]) -> None:
    at = page()
    store = resources.store()
    data = b"".join(export.groups_file(store, DEMO, export.Filters(), headings="sv")).decode("utf-8-sig")
    hand_in(at, data.encode())
    assert "Filen är en fil med kundgrupper från Utdata." in plain(words(at))
    assert cells(at, 0) == [["Oförändrade", "1"], ["Summa", "1"]]
    hand_in(at, data.replace("2024-10-01;", "2024-11-01;").encode())
    assert at.dataframe[0].value.values.tolist()[0][2:] == ["Första dag", "2024-10-01", "2024-11-01"]
    at.button(key="import_save_0").click().run()
    (row,) = memberships.of_customer(store, DEMO, people[ANDERS])
    assert (row.valid_from, row.version) == (date(2024, 11, 1), 2)


def test_what_changed_meanwhile_is_looked_at_again(people: dict[str, int]) -> None:
    at = choose(page(), f"{EVA};65_plus;{yesterday()}")
    memberships.add(resources.store(), DEMO, people[EVA], Entry("65_plus", None, yesterday()))
    at.button(key="import_save_0").click().run()
    assert "Något i filen har ändrats under tiden." in plain(at.error[0].value)
    assert cells(at, 0) == [["Finns redan", "1"], ["Summa", "1"]]
    assert len(of_eva(people)) == 1


def test_columns_that_are_not_guessed_are_chosen(people: dict[str, int]) -> None:
    at = choose(page(), f"{EVA};65_plus;{yesterday()}", headings="Vem;Vad;När;D;V;S;O")
    assert plain(at.error[0].value) == "Välj vilken kolumn som har personnumret."
    chosen = {box.label: box for box in at.selectbox}
    chosen["Personnummer"].set_value("Vem")
    chosen["Kundgrupp"].set_value("Vad")
    chosen["Första dag"].set_value("När").run()
    assert not at.error
    assert at.button(key="import_save_0").label == "Läs in alla (1)"


def test_a_file_that_cannot_be_used_says_what_to_do(people: dict[str, int]) -> None:
    at = hand_in(page(), b"given_on;dose_id;version\n2026-01-01;1;1\n")
    assert plain(at.error[0].value).startswith("Det här är en fil med doser")
    hand_in(at, b"Personnummer;Kundgrupp;Dag\n")
    assert plain(at.error[0].value) == "Filen har inga rader under rubrikerna."


def test_a_file_that_waited_while_the_server_restarted_is_said_to_be_gone(
    people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = choose(page(), f"{EVA};65_plus;{yesterday()}")
    assert "Servern startade om" not in words(at)
    monkeypatch.setattr(AppTest, "_register_uploaded_files", lambda self, runner: None)  # as a new server, without it
    at.run()
    assert not at.exception
    assert "Servern startade om medan filen väntade" in words(at)


def test_another_sheet_of_a_workbook_is_chosen_where_numbers_put_a_summary_in_front(people: dict[str, int]) -> None:
    at = page()
    book, out = openpyxl.Workbook(), BytesIO()
    book.active.append(["This document was exported from Numbers to Excel."])
    table = book.create_sheet("Blad 1")
    table.append(["Personnummer", "Kundgrupp", "Första dag"])
    table.append([EVA, "65_plus", str(yesterday())])
    book.save(out)
    hand_in(at, out.getvalue())
    assert "Välj bladet Blad 1." in words(at)
    next(field for field in at.selectbox if field.label == "Blad").set_value("Blad 1").run()
    assert not at.exception
    assert cells(at, 0)[-1] == ["Summa", "1"]
    at.button(key="import_save_0").click().run()
    assert len(of_eva(people)) == 1
