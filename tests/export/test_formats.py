"""Parquet and workbooks: what readers of their own find in them, and the same bytes each time, in every format."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet
from pyarrow import parquet

from mv import export, memberships
from mv.access import Actor
from mv.customers import Customer
from mv.export import Csv, Filters, Format, Headings, Parquet, Xlsx, groups, pipeline
from mv.export.formats import xlsx, xlsx_parts
from mv.export.schema import Codes, Column, Kind, Layout, kronor
from mv.memberships import Entry
from mv.pseudonyms import TEXT, Pseudonyms
from mv.store import Store
from tests.conftest import SetClock, tries

ALL_FORMATS = pytest.mark.parametrize("form", [Csv(), Csv(","), Parquet(), Xlsx()], ids=repr)
COLUMNS = (
    Column("text", "Text"),
    Column("word", "Word"),
    Column("day", "Day", Kind.DAY),
    Column("moment", "Moment", Kind.INSTANT),
    Column("number", "Number", Kind.WHOLE),
    Column("amount", "Amount", Kind.KRONOR),
)
LAYOUT = Layout.of("Things", COLUMNS, "en")
RISKY = [
    "=1+1", "+46", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "'=1", "'", "191212121212", "001",
    "1E5", "TRUE", "2026-11-22", '=HYPERLINK("http://example.com";"x")',
]  # fmt: skip
PSEUDONYMS = Pseudonyms("0123456789abcdef" * 4)


def frame_of(
    texts: list[str | None],
    days: list[date | None] | None = None,
    moments: list[datetime | None] | None = None,
    numbers: list[int | None] | None = None,
    ore: list[int | None] | None = None,
) -> pd.DataFrame:
    """Return a frame of kinds as :mod:`mv.export.schema` has them; what is not given is missing."""
    none = [None] * len(texts)
    column = pd.Series(texts, dtype=TEXT)
    return pd.DataFrame(
        {
            "text": column,
            "word": Codes.of(column).called(),
            "day": pd.Series(days or none, dtype=pd.ArrowDtype(pa.date32())),
            "moment": pd.Series(moments or none, dtype="datetime64[s]"),
            "number": pd.Series(numbers or none, dtype=pd.ArrowDtype(pa.int64())),
            "amount": kronor(pa.chunked_array([pa.array(ore or none, pa.int64())])),
        }
    )


def file_of(frame: pd.DataFrame, form: Format) -> BytesIO:
    return BytesIO(b"".join(pipeline.encode_frame(LAYOUT, frame, form)))


def sheet_of(file: BytesIO) -> Worksheet:
    (sheet,) = openpyxl.load_workbook(file).worksheets
    return sheet


def column_of(sheet: Worksheet, letter: str) -> list[object]:
    return [cell.value for cell in sheet[letter][1:]]


@pytest.fixture
def members(store: Store, actor: Actor, anders: Customer, clock: SetClock) -> Store:
    """Anders in three groups, one of which is over, registered on three days."""
    for entry in (
        Entry("65_plus", None, date(2026, 9, 1)),
        Entry("medical_risk", "diabetes", date(2025, 9, 1), date(2026, 3, 1)),
        Entry("staff", "home_care", date(2026, 10, 5)),
    ):
        memberships.add(store, actor, anders.customer_id, entry)
        clock.now += timedelta(days=1, seconds=0.7)
    return store


def written(
    store: Store,
    actor: Actor,
    form: Format,
    headings: Headings = "en",
    pseudonyms: Pseudonyms | None = None,
) -> bytes:
    return b"".join(export.groups_file(store, actor, Filters(), form, headings=headings, pseudonyms=pseudonyms))


# The same bytes


@ALL_FORMATS
@pytest.mark.parametrize("pseudonyms", [None, PSEUDONYMS], ids=["named", "pseudonyms"])
def test_the_same_filters_give_the_same_bytes_whenever_and_however_they_are_made(
    members: Store,
    actor: Actor,
    clock: SetClock,
    form: Format,
    pseudonyms: Pseudonyms | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "ROWS_PER_PIECE", 1)
    first = written(members, actor, form, pseudonyms=pseudonyms)
    clock.now += timedelta(days=400, hours=5)
    for workers, customers_at_once in ((1, 1), (2, 200_000), (4, 2)):
        monkeypatch.setattr(pipeline, "WORKERS", workers)
        monkeypatch.setattr(groups, "CUSTOMERS_PER_QUERY", customers_at_once)
        assert written(members, actor, form, pseudonyms=pseudonyms) == first


@ALL_FORMATS
def test_many_pieces_made_by_several_workers_are_the_same_bytes_each_time(form: Format) -> None:
    def file() -> bytes:
        def rows() -> Iterator[pa.Table]:
            for start in range(0, 5000, 100):
                yield pa.table({"number": range(start, start + 100)})

        def shape(part: pa.Table) -> pd.DataFrame:
            numbers = part["number"].to_pylist()
            days = [date(2020, 1, 1) + timedelta(days=number) for number in numbers]
            return frame_of([f"text {number % 7}" for number in numbers], days=days, numbers=numbers)

        return b"".join(pipeline.pieces(LAYOUT, rows(), shape, form, export.Progress()))  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pipeline, "ROWS_PER_PIECE", 150)
        patched.setattr(pipeline, "WORKERS", 4)
        first, *others = [file() for _ in range(4)]
    assert others == [first] * 3


# Parquet


def test_a_parquet_file_has_the_rows_of_the_csv_file_with_types(members: Store, actor: Actor) -> None:
    table = parquet.read_table(BytesIO(written(members, actor, Parquet())))

    assert table.column_names == [column.name for column in groups.COLUMNS]
    types = {Kind.TEXT: pa.string(), Kind.DAY: pa.date32(), Kind.WHOLE: pa.int64()}
    for column in groups.COLUMNS:
        expected = types.get(column.kind, pa.timestamp("ms", "UTC"))
        assert table.schema.field(column.name).type == expected
    csv = pd.read_csv(BytesIO(written(members, actor, Csv(","))), dtype=str, keep_default_na=False)
    for column in groups.COLUMNS:
        if column.kind is not Kind.INSTANT:
            assert ["" if value is None else str(value) for value in table[column.name].to_pylist()] == list(
                csv[column.name]
            )
    assert table["valid_to"].to_pylist() == [date(2026, 3, 1), None, None]
    assert table["registered_at"].to_pylist()[1] == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_instants_in_parquet_tell_the_two_hours_apart_that_come_twice_in_autumn() -> None:
    moments = [datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 30)]
    frame = frame_of(["summer time", "winter time"], moments=moments)

    exact = parquet.read_table(file_of(frame, Parquet()))["moment"].to_pylist()
    local = pd.read_csv(file_of(frame, Csv(",")))["moment"]

    assert exact == [moment.replace(tzinfo=UTC) for moment in moments]
    assert list(local) == ["2026-10-25 02:30:00"] * 2


@pytest.mark.parametrize("form", [Parquet(), Xlsx()], ids=["parquet", "xlsx"])
def test_texts_in_parquet_and_workbooks_are_as_they_are_stored(form: Format) -> None:
    found = pd.read_parquet if form.suffix == "parquet" else pd.read_excel
    rows = found(file_of(frame_of(RISKY), form))

    expected = [text.replace("\r", "_x000D_") for text in RISKY] if form.suffix == "xlsx" else RISKY
    assert list(rows["text"]) == list(rows["word"]) == expected


def test_each_piece_is_a_row_group_so_that_a_reader_can_take_a_part(
    members: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "ROWS_PER_PIECE", 2)
    metadata = parquet.ParquetFile(BytesIO(written(members, actor, Parquet()))).metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [2, 1]


@pytest.mark.parametrize("headings", ["en", "sv"])
@pytest.mark.parametrize("form", [Parquet(), Xlsx()], ids=["parquet", "xlsx"])
def test_no_rows_are_a_file_with_the_same_headings(
    store: Store, actor: Actor, form: Format, headings: Headings
) -> None:
    found = pd.read_parquet if form.suffix == "parquet" else pd.read_excel
    rows = found(BytesIO(written(store, actor, form, headings)))
    assert list(rows.columns) == list(groups.layout(headings).heads)
    assert rows.empty


# Workbooks


def test_a_workbook_has_the_rows_of_the_csv_file_with_days_as_days(members: Store, actor: Actor) -> None:
    sheet = sheet_of(BytesIO(written(members, actor, Xlsx(), "sv")))

    csv = pd.read_csv(BytesIO(written(members, actor, Csv(","), "sv")), dtype=str, keep_default_na=False)
    assert sheet.title == "Kundgrupper"
    assert [cell.value for cell in sheet[1]] == list(csv.columns)
    for letters, column in zip(sheet.columns, groups.COLUMNS, strict=True):
        shown = [
            "" if cell.value is None else f"{cell.value:%Y-%m-%d}" if column.kind is Kind.DAY else str(cell.value)
            for cell in letters[1:]
        ]
        assert shown == list(csv[letters[0].value])


def test_days_and_moments_are_dates_as_stockholms_clock_showed_them() -> None:
    days = [date(2024, 2, 29), date(1912, 12, 12), date(1900, 3, 1), None]
    moments = [datetime(2026, 7, 1, 10), datetime(2026, 1, 1, 23, 30, 59), None, datetime(2026, 3, 29, 1)]
    sheet = sheet_of(file_of(frame_of(list("abcd"), days=days, moments=moments), Xlsx()))

    assert column_of(sheet, "C") == [datetime(day.year, day.month, day.day) if day else None for day in days]
    assert column_of(sheet, "D") == [
        datetime(2026, 7, 1, 12),
        datetime(2026, 1, 2, 0, 30, 59),
        None,
        datetime(2026, 3, 29, 3),
    ]
    assert (sheet["C2"].number_format, sheet["D2"].number_format) == (r"yyyy\-mm\-dd", r"yyyy\-mm\-dd\ hh:mm:ss")


def test_days_before_excels_calendar_can_be_trusted_are_texts() -> None:
    days = [date(1900, 2, 28), date(1899, 12, 31), date(1900, 3, 1)]
    sheet = sheet_of(file_of(frame_of(list("abc"), days=days), Xlsx()))
    assert column_of(sheet, "C") == ["1900-02-28", "1899-12-31", datetime(1900, 3, 1)]


@tries(50)
@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=20))
def test_a_moment_in_a_workbook_is_right_to_the_second(moments: list[datetime]) -> None:
    whole = [moment.replace(microsecond=0) for moment in moments]
    frame = frame_of(["x"] * len(whole), moments=list(whole))
    local = pd.read_csv(file_of(frame, Csv(",")), parse_dates=["moment"])["moment"]
    assert column_of(sheet_of(file_of(frame, Xlsx())), "D") == list(local)


def test_numbers_are_numbers_and_kronor_have_two_places() -> None:
    sheet = sheet_of(file_of(frame_of(["a", "b"], numbers=[10**12, None], ore=[12_345, -50]), Xlsx()))
    assert column_of(sheet, "E") == [10**12, None]
    assert column_of(sheet, "F") == [123.45, -0.5]
    assert (sheet["E2"].data_type, sheet["E2"].number_format, sheet["F2"].number_format) == ("n", "0", "0.00")


def test_no_text_is_a_formula_and_none_becomes_one_when_it_is_edited() -> None:
    sheet = sheet_of(file_of(frame_of(RISKY), Xlsx()))
    for row in sheet.iter_rows(min_row=2, max_col=2):
        for cell in row:
            assert cell.data_type == "s"
            assert cell.number_format == "@"


@tries(50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_every_text_can_be_read_back_from_a_workbook(texts: list[str]) -> None:
    sheet = sheet_of(file_of(frame_of(list(texts)), Xlsx()))
    for letter in "AB":
        assert [unescape(str(value)) if value else "" for value in column_of(sheet, letter)] == texts


def test_a_text_that_is_too_long_for_a_cell_is_cut_there() -> None:
    long = ["å" * 40_000, "\U0001f489" * 20_000, "x" * 32_767, "& " * 16_383]
    found = column_of(sheet_of(file_of(frame_of(list(long)), Xlsx())), "A")
    assert found == [long[0][:32_767], long[1][:16_383], long[2], long[3]]


def test_a_heading_that_could_be_run_is_harmless_in_every_file() -> None:
    layout = Layout("Things", COLUMNS, ["=1+1", "Eva;=1", *[c.name for c in COLUMNS[2:]]])
    text = b"".join(pipeline.encode_frame(layout, frame_of(["a"]), Csv(","))).decode()
    assert text.startswith('"\'=1+1","Eva;\'=1",')
    sheet = sheet_of(BytesIO(b"".join(pipeline.encode_frame(layout, frame_of(["a"]), Xlsx()))))
    assert [(cell.data_type, cell.number_format) for cell in sheet[1]] == [("s", "@")] * len(layout.heads)


def test_headings_stay_in_sight_are_bold_have_filters_and_room() -> None:
    layout = Layout("Things", COLUMNS, ["A heading that needs a lot of room", *[c.name for c in COLUMNS[1:]]])
    sheet = sheet_of(BytesIO(b"".join(pipeline.encode_frame(layout, frame_of(["a", "b"]), Xlsx()))))

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert all(cell.font.bold for cell in sheet[1])
    assert not any(cell.font.bold for cell in sheet[2])
    for letter, head in zip("ABCDEF", layout.heads, strict=True):
        assert sheet.column_dimensions[letter].width >= max(len(head), 10)


def test_rows_that_have_no_room_on_a_sheet_go_on_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS_OF_A_SHEET", 4)
    monkeypatch.setattr(pipeline, "ROWS_PER_PIECE", 2)

    def sheets(rows: int) -> dict[str, list[object]]:
        source = (pa.table({"number": [number]}) for number in range(rows))

        def shape(part: pa.Table) -> pd.DataFrame:
            return frame_of(["x"] * part.num_rows, numbers=part["number"].to_pylist())

        file = BytesIO(b"".join(pipeline.pieces(LAYOUT, source, shape, Xlsx(), export.Progress())))
        book = openpyxl.load_workbook(file)
        for sheet in book.worksheets:
            assert [cell.value for cell in sheet[1]] == list(LAYOUT.heads)
            assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:F{sheet.max_row}")
        return {sheet.title: column_of(sheet, "E") for sheet in book.worksheets}

    assert sheets(4) == {"Things": [0, 1, 2, 3]}
    assert sheets(5) == {"Things": [0, 1, 2, 3], "Things 2": [4]}
    assert sheets(11) == {"Things": [0, 1, 2, 3], "Things 2": [4, 5, 6, 7], "Things 3": [8, 9, 10]}


def test_a_sheet_is_called_no_more_than_excel_allows() -> None:
    layout = Layout("A title that is far too long for a sheet", COLUMNS, list("abcdef"))
    titles = [xlsx_parts.sheet_title(layout, number) for number in (1, 2, 12)]
    assert titles == [
        "A title that is far too long fo",
        "A title that is far too long 2",
        "A title that is far too long 12",
    ]


def test_columns_are_called_as_in_a_spreadsheet() -> None:
    assert [xlsx_parts.column_letters(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


def test_a_workbook_tells_no_time_of_its_own_and_every_part_is_well_formed() -> None:
    file = file_of(frame_of([*RISKY, "<&>", None, "\x00\x1f\ufffe"]), Xlsx())
    with zipfile.ZipFile(file) as package:
        assert package.testzip() is None
        assert {part.date_time for part in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in package.namelist():
            ElementTree.fromstring(package.read(name))  # noqa: S314 (our own)
