"""Whatever a file holds, it is read as a table or refused with what to do; nothing else is raised.

MV_FUZZ=20000 tries that many files in each test instead of the profile's.
"""

from __future__ import annotations

import os
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from mv.errors import Invalid
from mv.i18n import LANGUAGES, explain
from mv.tabular_files import cells
from mv.tabular_files import table as tables
from mv.tabular_files.reading import read_table
from mv.tabular_files.xlsx import number_formats
from tests.files import make
from tests.files.workbook import Cell, Row, Sheet, packed, parts, workbook

many = settings(max_examples=int(os.environ.get("MV_FUZZ", settings.default.max_examples)))

SMALL = [file.data for file in make.FILES if len(file.data) < 20_000]
PARTS = parts(
    [Sheet({1: ("Personnummer", "Dag", "Belopp"), 2: ("text", Cell("46347", style=1), Cell("1.5", formula="3/2"))})],
    ["yyyy-mm-dd", "000000-0000"],
)
BEGINNINGS = [
    b"",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"sep=",
]
SCRAPS = [
    "<", ">", "/>", "</c>", "</row>", "<v>", "<row", "<c>", "<f/>", ' t="s"', ' t="d"', ' t="b"', ' r="ZZZ1"',
    ' r="A0"', ' r="9"', ' s="7"', ' s="-1"', "&#0;", "&amp;", "<![CDATA[", "]]>", "<!DOCTYPE a>", "<!--", "<?x?>",
    '"', "=", "1e308", "-", "0", "9" * 20, "\u0661", "\ud7ff", "\0", "xmlns='a'", ' hidden="1"', "../", "rId1",
    "worksheet", "date1904='1'",
]  # fmt: skip


def look(data: bytes) -> None:
    """Read the file, and check that it is a table, or refused in words that both languages have."""
    try:
        table = read_table(BytesIO(data))
    except Invalid as error:
        assert all(explain(error, language) for language in LANGUAGES)
        return
    assert table.records
    assert len(set(table.headings)) == len(table.headings) <= tables.MOST_COLUMNS
    assert {len(record.cells) for record in table.records} == {len(table.headings)}
    numbers = [record.number for record in table.records]
    assert numbers == sorted(set(numbers))
    assert all(cell == cell.strip() and cell.encode() is not None for record in table.records for cell in record.cells)
    assert table.content_hash("")
    assert all(problem.label(language) for problem in table.problems(table.headings) for language in LANGUAGES)


changes = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.binary(max_size=12) | st.sampled_from(SCRAPS).map(str.encode)),
    min_size=1,
    max_size=4,
)


def altered(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Return ``data`` in which, at some places, so many bytes are replaced by others."""
    for where, length, new in edits:
        place = int(where * len(data))
        data = data[:place] + new + data[place + length :]
    return data


@many
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=500) | st.text(max_size=200).map(str.encode))
def test_any_bytes(beginning: bytes, rest: bytes) -> None:
    look(beginning + rest)


@many
@given(st.sampled_from(SMALL), changes)
def test_a_made_file_with_other_bytes_in_it(data: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    look(altered(data, edits))


@many
@given(st.sampled_from(sorted(PARTS)), changes)
def test_a_workbook_with_other_bytes_in_a_part(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    look(packed({**PARTS, name: altered(PARTS[name].encode(), edits)}))


xml_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
raw_numbers = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.integers(0, 10**12).map(str),
    st.text("0123456789.eE+-_ infa", max_size=12),
)
kinds = st.sampled_from(["n", "s", "str", "b", "d", "e", "x"])
some_cells = st.builds(Cell, st.none() | xml_texts | raw_numbers, kinds, st.integers(0, 4), st.none() | st.just("A1"))
rows = st.lists(st.lists(st.none() | xml_texts | some_cells, max_size=5), max_size=6)
codes = st.lists(
    xml_texts | st.sampled_from(["yyyy-mm-dd", "hh:mm", "[h]:mm", "0000", '00"-"00', "0.00", "@", "General", "\\d0"]),
    max_size=3,
)


@many
@given(rows, codes, st.booleans())
def test_a_workbook_with_any_cells(rows: list[Row], codes: list[str], since_1904: bool) -> None:
    look(workbook([("Personnummer", "Dag", "A", "B", "C"), *rows], codes, since_1904=since_1904))


@many
@given(st.text(max_size=30) | raw_numbers, xml_texts | st.sampled_from(["yyyy", "00-00", "0000"]))
def test_any_text_in_a_cell_and_any_number_in_any_format(text: str, code: str) -> None:
    for parse in (
        cells.parse_value,
        cells.parse_amount,
        cells.parse_day,
        number_formats.make_formatter(code),
        number_formats.make_formatter(code, since_1904=True),
    ):
        try:
            parse(text)
        except Invalid as error:
            assert all(explain(error, language) for language in LANGUAGES)
