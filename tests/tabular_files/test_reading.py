"""Files that people hand in: what they can be written in, what is refused and how, and amounts and days in them."""

from __future__ import annotations

import codecs
import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import BinaryIO, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mv.errors import Invalid
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.tabular_files import table as tables
from mv.tabular_files.cells import MOST_KRONOR, parse_amount, parse_day
from mv.tabular_files.csv import MOST_CHARACTERS
from mv.tabular_files.reading import read_table
from mv.tabular_files.table import DELIMITERS, MOST_BYTES, Delimiter, Problem, Table
from tests.conftest import invented_number

PERSON = invented_number(date(1946, 3, 12))
TEXT = "Vårdenhet;Belopp\nNorr;150,00\nSöder – öst;1 234,50\n"
DAMAGED = "The workbook is damaged, or not whole. Open it in a spreadsheet program, save it again, and choose that."
TIMED = "has a time. Write the day alone, like 2026-11-22."
TWO_WAYS = "can be read in two ways. Write the day like 2026-11-22."
SERIAL = "a number of days, as a spreadsheet keeps a day. Format the column as a date, YYYY-MM-DD."
NO_HEADINGS = "The first row holds no headings but data. Add a row of headings."
ROWS = [("Norr", "150,00"), ("Söder – öst", "1 234,50")]


def cells(table: Table) -> list[tuple[str, ...]]:
    return [record.cells for record in table.records]


def read_text(text: str, delimiter: Delimiter | None = None) -> Table:
    return read_table(BytesIO(text.encode()), delimiter)


def refusal(data: bytes, delimiter: Delimiter | None = None) -> str:
    """Return why the file is refused, and check that both languages say it without anybody's number."""
    with pytest.raises(Invalid) as caught:
        read_table(BytesIO(data), delimiter)
    english, swedish = (explain(caught.value, language) for language in (ENGLISH, SWEDISH))
    assert english != swedish
    assert PERSON[2:] not in english.replace("-", "")
    return english


# What a file can be written in


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "UTF-8"),
        (TEXT.encode("windows-1252"), "Windows-1252"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16"),
    ],
    ids=["utf-8", "utf-8 with mark", "windows-1252", "utf-16", "utf-16 big end first"],
)
def test_a_file_is_the_same_in_every_encoding(data: bytes, encoding: str) -> None:
    table = read_table(BytesIO(data))
    assert (table.headings, cells(table)) == (("Vårdenhet", "Belopp"), ROWS)
    assert (table.encoding, table.delimiter) == (encoding, ";")
    assert table.content_hash("R") == read_text(TEXT).content_hash("R")


def test_letters_in_two_parts_are_the_same_as_in_one() -> None:
    assert read_text("A\u030ar;B\n1;2").content_hash("") == read_text("År;B\n1;2").content_hash("")


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quotes", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_delimiter_line_ends_and_quotes_are_found_out(delimiter: Delimiter, end: str, quotes: int) -> None:
    out = StringIO(newline="")
    rows = [("Vårdenhet", "Belopp"), ("Norr", "1,5"), ('Sö"d;er', f"2{end}3")]
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quotes).writerows(rows)  # type: ignore[arg-type]
    table = read_text(out.getvalue())
    assert table.delimiter == delimiter
    assert [table.headings, *cells(table)] == rows


def test_the_delimiter_that_the_headings_have_most_of_is_taken_and_can_be_changed() -> None:
    text = "Belopp, kr;Dag;Rad\n150,00;2026-11-01;1\n"
    assert read_text(text).headings == ("Belopp, kr", "Dag", "Rad")
    assert read_text("Belopp\n150\n").delimiter == ";"
    assert read_text(text, ",").headings == ("Belopp", "kr;Dag;Rad")
    assert read_text("A;B\n1;2\n", "\t").headings == ("A;B",)


def test_a_delimiter_inside_quotes_does_not_count() -> None:
    assert read_text('"Belopp, kr, öre";B,C;D\n1;2;3\n').delimiter == ";"
    assert read_text('"a;b;c",d\n1,2\n').headings == ("a;b;c", "d")


def test_spaces_around_cells_and_empty_rows_are_passed_over_and_rows_keep_their_numbers() -> None:
    table = read_text('\n A ; "B" \n\n 1 ; 2\n;\n3;4;\n\n'.replace('"B" ', '"B"'))
    assert table.headings == ("A", "B")
    assert [(record.number, record.cells) for record in table.records] == [(4, ("1", "2")), (6, ("3", "4"))]


def test_headings_are_told_apart() -> None:
    assert read_text("A;;A;A (3);A;\n1;2;3;4;5;\n").headings == ("A", "(2)", "A (3)", "A (3) (4)", "A (5)")


def test_a_repr_holds_nothing_of_a_row() -> None:
    table = read_text(f"Personnummer\n{PERSON}\n")
    assert PERSON not in repr(table) + repr(table.records)


# The same file


def test_the_same_texts_have_the_same_hash_however_they_are_written_and_other_texts_another() -> None:
    same = [TEXT, TEXT.replace("\n", "\r\n"), TEXT.replace(";", "\t"), f"{TEXT}\n\n", TEXT.replace("Norr", ' "Norr"')]
    assert {read_text(text).content_hash("R") for text in same} == {read_text(TEXT).content_hash("R")}
    others = [TEXT.replace("150,00", "150"), TEXT.replace("Belopp", "Kronor"), TEXT + "Öst;1", "A;B\nNorr;150,00;\n"]
    assert len({read_text(text).content_hash("R") for text in (TEXT, *others)}) == 1 + len(others)
    assert read_text(TEXT).content_hash("R") != read_text(TEXT).content_hash("S")
    moved = read_text("A;B\n12;3\n"), read_text("A;B\n1;23\n")
    assert moved[0].content_hash("") != moved[1].content_hash("")


# What is refused


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n;;\r\n", "The file is empty."),
        (b"A;B\n;\n", "The file has no rows under its headings."),
        (b"PK\x03\x04rest", DAMAGED),
        (b"A;B\n\x81;\x8d\n", "The file is no text. Save it as CSV (UTF-8), and choose that one."),
        (b"A;B\n1;2;3\n", "Row 2 has 3 values, and there are 2 headings. Is the delimiter right?"),
        (b"A;B\n1;2\n\n3\n", "Row 4 has 1 values, and there are 2 headings. Is the delimiter right?"),
        (
            b'A;B\n1;2\n3;"4\n5;6\n',
            "Row 3 cannot be read: a quotation mark is not closed, or stands inside a value.",
        ),
        (b'A;B\n"1"2;3\n', "Row 2 cannot be read: a quotation mark is not closed, or stands inside a value."),
        (b"12-3;150,00\n12-4;150,00\n", NO_HEADINGS),
        (f"Kim;{PERSON}\n".encode(), NO_HEADINGS),
        (f"Kim;{PERSON[2:8]}-{PERSON[8:]}\n".encode(), NO_HEADINGS),
        (b"A" * (MOST_CHARACTERS + 1), f"The file has a line of more than {MOST_CHARACTERS} characters."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    assert refusal(data) == says


class Endless(BytesIO):
    """A file without an end, which tells how much of it was asked for."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None and size > 0
        self.asked += size
        return b"A;B\n" * (size // 4 + 1)


def test_no_more_of_a_file_is_read_than_the_limit_needs() -> None:
    endless = Endless()
    with pytest.raises(Invalid) as caught:
        read_table(cast(BinaryIO, endless))
    assert explain(caught.value, ENGLISH) == "The file is larger than 20 MB. Divide it into several."
    assert endless.asked == MOST_BYTES + 1


def test_the_last_byte_and_the_last_row_that_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    data = b"A;B\n1;2\n\n3;4\n"
    assert len(read_table(BytesIO(data)).records) == 2
    assert refusal(data + b"\n") == "The file has more than 3 rows. Divide it into several."
    monkeypatch.setattr(tables, "MOST_BYTES", len(data))
    assert len(read_table(BytesIO(data)).records) == 2
    assert refusal(data + b" ") == "The file is larger than 0 MB. Divide it into several."


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@example(b"\xff\xfe\x00\xd8")
@example(b'"')
@example(b"\xef\xbb\xbf")
@example(b"\r\r\r")
def test_whatever_the_bytes_are_a_file_is_read_or_refused(data: bytes) -> None:
    for delimiter in (None, *DELIMITERS):
        try:
            table = read_table(BytesIO(data), delimiter)
        except Invalid as error:
            assert explain(error, ENGLISH)
        else:
            assert table.records
            assert len(set(table.headings)) == len(table.headings)
            assert {len(record.cells) for record in table.records} == {len(table.headings)}


plain = st.text(st.characters(codec="windows-1252", exclude_categories=["Cc", "Cf"]), max_size=12).map(str.strip)


@given(
    st.lists(st.tuples(plain.filter(bool), plain), min_size=1, max_size=8),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "windows-1252", "utf-16"]),
)
def test_what_is_written_is_what_is_read(
    rows: list[tuple[str, str]], delimiter: Delimiter, end: str, encoding: str
) -> None:
    out = StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows([("Första", "Andra"), *rows])
    table = read_table(BytesIO(out.getvalue().encode(encoding)), delimiter)
    assert cells(table) == rows


# Amounts


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("150", 15_000), ("150,00", 15_000), ("150.00", 15_000), ("150,5", 15_050), ("0", 0), ("0,01", 1),
        ("1 234,50", 123_450), ("1.234,50", 123_450), ("1,234.50", 123_450), ("1'234.50", 123_450),
        ("1\u00a0234,50", 123_450), ("1\u202f234\u202f567", 123_456_700), ("1.234.567", 123_456_700),
        ("1 234", 123_400), ("1234,500", 123_450), ("150.0000", 15_000), ("-150", -15_000), ("−150", -15_000),
        ("–150,00", -15_000), ("- 150", -15_000), ("150-", -15_000), ("150,00-", -15_000), ("+150", 15_000),
        ("150 kr", 15_000), ("150kr", 15_000), ("150,00 Kr.", 15_000), ("kr 150", 15_000), ("150 SEK", 15_000),
        ("SEK 150", 15_000), ("-150 kr", -15_000), ("150:-", 15_000), ("150,-", 15_000), (" 150 ", 15_000),
        ("100 000 000", 10_000_000_000),
    ],
)  # fmt: skip
def test_an_amount_is_read_to_the_ore(text: str, ore: int) -> None:
    assert parse_amount(text) == ore


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "“” is no amount. Write it like 150,00."),
        ("kr", "“kr” is no amount. Write it like 150,00."),
        ("-", "“-” is no amount. Write it like 150,00."),
        ("ett", "“ett” is no amount. Write it like 150,00."),
        ("1,5 %", "“1,5 %” is no amount. Write it like 150,00."),
        ("-150-", "“-150-” is no amount. Write it like 150,00."),
        ("12 34", "“12 34” is no amount. Write it like 150,00."),
        ("1,23,45", "“1,23,45” is no amount. Write it like 150,00."),
        ("1.234.56", "“1.234.56” is no amount. Write it like 150,00."),
        ("1 234.567,5", "“1 234.567,5” is no amount. Write it like 150,00."),
        ("150,,00", "“150,,00” is no amount. Write it like 150,00."),
        ("1e5", "“1e5” is no amount. Write it like 150,00."),
        ("NaN", "“NaN” is no amount. Write it like 150,00."),
        ("\u0661\u0665", "“\u0661\u0665” is no amount. Write it like 150,00."),
        ("1" * 26, "“…” is no amount. Write it like 150,00."),
        ("=1+1", "“=1+1” is no amount. Write it like 150,00."),
        ("0,001 kr", "“0,001 kr” can be read in two ways. Write it without thousands’ marks, or with two decimals."),
        ("1.234", "“1.234” can be read in two ways. Write it without thousands’ marks, or with two decimals."),
        ("-1,234", "“-1,234” can be read in two ways. Write it without thousands’ marks, or with two decimals."),
        ("150,0001", "“150,0001” has parts of an öre."),
        ("1 234,505", "“1 234,505” has parts of an öre."),
        ("100000000,01", "“…” is more kronor than can be right."),
        ("100 000 001", "“100 000 001” is more kronor than can be right."),
        (PERSON, "“…” is more kronor than can be right."),
        (f"{PERSON[2:8]}-{PERSON[8:]}", "“…” is no amount. Write it like 150,00."),
        ("19810829M071", "“…” is no amount. Write it like 150,00."),
        ("x" * 31, f"“{'x' * 30}…” is no amount. Write it like 150,00."),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_quoted_unless_it_may_be_a_persons_number(text: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_amount(text)
    assert explain(caught.value, ENGLISH) == says
    assert explain(caught.value, SWEDISH) != says


@given(
    st.integers(-MOST_KRONOR * 100, MOST_KRONOR * 100),
    st.sampled_from(["", " ", "\u00a0", "\u202f", ".", "'"]),
    st.sampled_from([",", "."]),
    st.sampled_from(["{}", "{} kr", "SEK {}", " {}:- "]),
    st.sampled_from("-−–"),
)
def test_an_amount_that_is_written_is_read_again(ore: int, group: str, point: str, form: str, minus: str) -> None:
    if group == point:
        point = ","
    whole = f"{abs(ore) // 100:,}".replace(",", group)
    assert parse_amount(form.format(f"{minus if ore < 0 else ''}{whole}{point}{abs(ore) % 100:02}")) == ore


@given(st.decimals(min_value=-1000, max_value=1000, allow_nan=False, places=None))
def test_no_decimal_is_rounded(value: Decimal) -> None:
    text = f"{value:f}"
    try:
        ore = parse_amount(text)
    except Invalid:
        return
    assert Decimal(ore) == value * 100


@given(st.text(max_size=30))
def test_whatever_a_cell_holds_it_is_an_amount_or_a_day_or_refused(text: str) -> None:
    for parse in (parse_amount, parse_day):
        try:
            parse(text)
        except Invalid as error:
            assert explain(error, SWEDISH)


# Days


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22", "20261122", "22/11/2026", " 2026-11-22 ", "2026-11-22 00:00:00", "2026-11-22T00:00",
        "2026-11-22T00:00:00.000", "22/11/2026 00:00", "22/11/2026 12:00:00 AM",
    ],
)  # fmt: skip
def test_a_day_is_read_in_each_of_three_ways_also_with_midnight(text: str) -> None:
    assert parse_day(text) == date(2026, 11, 22)


def test_a_day_and_a_month_that_are_the_same_can_be_read_in_one_way() -> None:
    assert parse_day("11/11/2026") == date(2026, 11, 11)


@pytest.mark.parametrize("text", ["2024-02-29", "29/02/2024", "20240229"])
def test_a_day_of_a_leap_year_is_a_day(text: str) -> None:
    assert parse_day(text) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-02-29", "There is no day “2026-02-29”."),
        ("2026-13-01", "There is no day “2026-13-01”."),
        ("13/13/2026", "There is no day “13/13/2026”."),
        ("20261301", "There is no day “20261301”."),
        ("0000-01-01", "There is no day “0000-01-01”."),
        ("", "“” is no day. Write it like 2026-11-22."),
        ("46347", f"“46347” is {SERIAL}"),
        ("46347,5", f"“46347,5” is {SERIAL}"),
        ("1/11/2026", "“1/11/2026” is no day. Write it like 2026-11-22."),
        ("26-11-01", "“26-11-01” is no day. Write it like 2026-11-22."),
        ("2026-11-01 12:00", f"“2026-11-01 12:00” {TIMED}"),
        ("2026-11-01T00:00:00Z", f"“2026-11-01T00:00:00Z” {TIMED}"),
        ("2026-11-01 00:00:01", f"“2026-11-01 00:00:01” {TIMED}"),
        ("31/10/2026 13:45", f"“31/10/2026 13:45” {TIMED}"),
        ("2026-11-01 25:00", "“…” is no day. Write it like 2026-11-22."),
        ("11/02/2026", f"“11/02/2026” {TWO_WAYS}"),
        ("02/11/2026", f"“02/11/2026” {TWO_WAYS}"),
        ("02/11/2026 00:00", f"“02/11/2026” {TWO_WAYS}"),
        ("0026-05-01", "“0026-05-01” is too long ago. Check the year."),
        ("1066-10-14", "“1066-10-14” is too long ago. Check the year."),
        ("1799-12-31", "“1799-12-31” is too long ago. Check the year."),
        ("202\uff16-11-01", "“202\uff16-11-01” is no day. Write it like 2026-11-22."),
        (PERSON, "“…” is no day. Write it like 2026-11-22."),
    ],
)  # fmt: skip
def test_what_is_no_day_is_quoted_unless_it_may_be_a_persons_number(text: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_day(text)
    assert explain(caught.value, ENGLISH) == says
    assert explain(caught.value, SWEDISH) != says


@given(st.dates(min_value=date(1800, 1, 1)), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d/%m/%Y"]))
def test_a_day_that_is_written_is_read_again_unless_it_can_be_read_in_two_ways(value: date, form: str) -> None:
    text = value.strftime(form)
    if form == "%d/%m/%Y" and value.day <= 12 and value.day != value.month:
        with pytest.raises(Invalid):
            parse_day(text)
    else:
        assert parse_day(text) == value


# What is wrong, and where


def test_a_problem_names_row_and_column_in_the_readers_language() -> None:
    with pytest.raises(Invalid) as caught:
        parse_amount("ett")
    problem = Problem(7, "Belopp", caught.value)
    assert problem.label(ENGLISH) == "Row 7, column Belopp: “ett” is no amount. Write it like 150,00."
    assert problem.label(SWEDISH).startswith("Rad 7, kolumn Belopp: ”ett”")
    whole = Invalid("{problem} Nothing was imported.", problem=problem)
    assert explain(whole, ENGLISH).startswith("Row 7, column Belopp: “ett” is no amount.")
