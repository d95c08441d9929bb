"""Workbooks: what openpyxl writes is read, and how much is let in."""

from __future__ import annotations

import unicodedata
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv.errors import Invalid
from mv.i18n import ENGLISH, explain
from mv.tabular_files import table as tables
from mv.tabular_files.reading import read_table, sheet_names
from mv.tabular_files.xlsx import package
from tests.conftest import tries
from tests.files.broken_workbooks import DAMAGED
from tests.files.made import BO
from tests.files.workbook import MAIN, Cell, Sheet, packed, parts, workbook
from tests.files.workbook_files import SHEET, TWO, with_parts


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_table(BytesIO(data))
    return explain(caught.value, ENGLISH)


# What openpyxl writes


letters = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
values = st.one_of(
    st.none(),
    letters.filter(lambda text: not text.startswith("=") and unicodedata.is_normalized("NFC", text)),
    st.integers(-(10**14), 10**14),
    st.integers(-(10**9), 10**9).map(lambda number: number / 8),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(2999, 12, 31)),
    st.datetimes(datetime(1901, 1, 1), datetime(2999, 12, 31)).map(lambda at: at.replace(microsecond=0)),
)


def written(value: object) -> str:
    """Return the text that stands for a value that was given to openpyxl."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime():
            return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{Decimal(value).normalize():f}"
    return str(value)


@pytest.mark.parametrize("write_only", [False, True])
@tries(40)
@given(rows=st.lists(st.lists(values, min_size=3, max_size=3).filter(any), min_size=1, max_size=5))
def test_what_openpyxl_writes_is_read(write_only: bool, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook(write_only=write_only)
    page = book.create_sheet("Blad") if write_only else book.active
    assert page is not None
    for row in [["Ett", "Två", "Tre"], *rows]:
        page.append(row)
    out = BytesIO()
    book.save(out)
    expected = [tuple(written(value) for value in row) for row in rows]
    assert [record.cells for record in read_table(BytesIO(out.getvalue())).records] == [
        row for row in expected if any(row)
    ]


# How much is let in


def test_the_last_row_and_the_last_cell_that_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {1: TWO, 2: ("a", "b"), 40: ("c", "d"), 900_000: ("e", "")}
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert len(read_table(BytesIO(workbook(rows))).records) == 3
    too_many = "The file has more than 3 rows. Divide it into several."
    assert refusal(workbook({**rows, 900_001: ("f",)})) == too_many
    assert refusal(workbook({**rows, 900_001: (Cell("f", "str"),)}).replace(b"</row>", b"</row >")) != too_many
    monkeypatch.setattr(tables, "MOST_CELLS", 6)
    assert refusal(workbook(rows)) == (
        "The file has more than 6 cells, empty ones included. Copy the rows into a new one, or into several."
    )


def test_rows_are_counted_as_they_are_read_where_tags_have_a_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    row = "<x:row><x:c><x:v>1</x:v></x:c></x:row>"
    heading = '<x:row><x:c t="str"><x:v>A</x:v></x:c></x:row>'

    def prefixed(count: int) -> bytes:
        body = f"<x:sheetData>{heading}{row * count}</x:sheetData>"
        return with_parts({SHEET: f'<x:worksheet xmlns:x="{MAIN}">{body}</x:worksheet>'})

    assert len(read_table(BytesIO(prefixed(3))).records) == 3
    assert refusal(prefixed(4)) == "The file has more than 3 rows. Divide it into several."


def test_rows_that_only_have_a_format_or_an_empty_result_are_none() -> None:
    empty = Cell("", "str", formula="B1&amp;C1")
    many = {number: (Cell(None, style=1), empty) for number in range(3, 2000)}
    table = read_table(BytesIO(workbook({1: TWO, 2: ("a", "b"), **many}, ["0"])))
    assert [record.cells for record in table.records] == [("a", "b")]


def test_a_sheet_that_is_called_by_a_number_of_a_person_is_not_named() -> None:
    sheets = [Sheet({}, f"{BO[:8]}-{BO[8:]}"), Sheet({}, BO)]
    assert BO[2:] not in refusal(packed(parts(sheets))).replace("-", "")
    table = read_table(BytesIO(packed(parts([Sheet({1: TWO, 2: ("a", "b")}, "Blad1"), *sheets]))))
    assert table.other_sheets == ("…", "…")


def test_no_more_is_unpacked_than_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook([TWO, ("a", "b")])
    unpacked = sum(part.file_size for part in zipfile.ZipFile(BytesIO(data)).infolist())
    monkeypatch.setattr(package, "MOST_UNPACKED", unpacked)
    assert len(read_table(BytesIO(data)).records) == 1
    monkeypatch.setattr(package, "MOST_UNPACKED", unpacked - 1)
    assert refusal(data) == "The workbook unpacks to more than 0 MB. Divide it into several, or save it as CSV."


def test_a_part_that_is_longer_than_it_says_is_damaged() -> None:
    data = with_parts({}, packing=zipfile.ZIP_DEFLATED)
    central = data.index(b"PK\x01\x02", data.rindex(SHEET.encode()) - 46)
    size = int.from_bytes(data[central + 24 : central + 28], "little")
    lying = data[: central + 24] + (size - 100).to_bytes(4, "little") + data[central + 28 :]
    assert refusal(lying) == DAMAGED["error"]["en"]


def test_a_part_with_another_packing_is_refused() -> None:
    assert refusal(with_parts({}, packing=zipfile.ZIP_BZIP2)).startswith("The file is packed as no workbook is")


# Which sheet


SUMMARY = (
    "This document was exported from Numbers. Each table was converted to an Excel worksheet.",
    "Dokumentet exporterades från Numbers. Varje tabell konverterades till ett Excel-kalkylblad.",
)


def numbers_export(text: str) -> bytes:
    """Return what Apple Numbers exports: a summary in front, the tables on sheets of their own."""
    book, out = openpyxl.Workbook(), BytesIO()
    front = book.active
    assert front is not None
    front.title = "Export Summary"
    front.append([text])
    front.append(["Numbers Sheet Name", "Numbers Table Name", "Excel Worksheet Name"])
    front.append(["Blad 1", "Tabell 1", "Blad 1"])
    for name in ("Blad 1", "Blad 2"):
        page = book.create_sheet(name)
        page.append(["Ett", "Två"])
        page.append([name, "x"])
    book.create_sheet("Dolt").sheet_state = "hidden"
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("text", SUMMARY)
def test_a_summary_in_front_is_told_and_the_next_sheet_offered(text: str) -> None:
    data = numbers_export(text)
    assert refusal(data) == (
        "The sheet Export Summary is a summary that Numbers has put in front. Choose the sheet Blad 1."
    )
    assert sheet_names(BytesIO(data)) == ("Export Summary", "Blad 1", "Blad 2")
    for name in ("Blad 1", "Blad 2"):
        table = read_table(BytesIO(data), sheet=name)
        assert (table.sheet, table.records[0].cells) == (name, (name, "x"))


def test_where_the_first_sheet_is_empty_another_can_be_chosen() -> None:
    book, out = openpyxl.Workbook(), BytesIO()
    book.create_sheet("Blad 1").append(["Ett"])
    book["Blad 1"].append(["x"])
    book.save(out)
    assert refusal(out.getvalue()) == "The sheet Sheet is empty. Choose the sheet that has the table."
    assert read_table(BytesIO(out.getvalue()), sheet="Blad 1").records[0].cells == ("x",)


@pytest.mark.parametrize("name", ["Dolt", "Blad 3", ""])
def test_a_sheet_that_is_hidden_or_not_there_is_told(name: str) -> None:
    with pytest.raises(Invalid, match="no sheet"):
        read_table(BytesIO(numbers_export(SUMMARY[0])), sheet=name)


def test_a_file_that_is_no_workbook_has_no_sheets() -> None:
    assert sheet_names(BytesIO(b"Ett;Tv\xc3\xa5\n1;2\n")) == ()
