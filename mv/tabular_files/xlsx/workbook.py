"""Read the table on a sheet of an Excel workbook (.xlsx, .xlsm): the first that is not hidden, unless told.

The parser is Expat, and no library for workbooks. Both that exist were tried on files that people hand in.
python-calamine lays two cells that stand far apart out as a rectangle of more memory than there is, which ends the
process, and gives nothing for an error. openpyxl refuses a whole workbook for one font or filter that it does not know,
and Strict Open XML; gives an error instead of an identity number that stands in a column of days; may pass over cells
that are out of order without a word; and the protection from hostile workbooks would still be ours. In the tests it
writes the workbooks that are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from mv.errors import N_, Invalid
from mv.tabular_files import table
from mv.tabular_files.cells import may_be_identity, quote
from mv.tabular_files.table import EXCEL, Record, Table
from mv.tabular_files.xlsx import package, shared_strings, sheet
from mv.tabular_files.xlsx.number_formats import BUILT_IN, Formatter, make_formatter
from mv.tabular_files.xlsx.package import MOST_BESIDE, Package
from mv.tabular_files.xlsx.shared_strings import clean_text
from mv.tabular_files.xlsx.sheet import Row, column_letters
from mv.tabular_files.xlsx.xml import damaged_error, iter_children, local_name

_ROWS_OF_SUMMARY = 5
_LONGEST_NAME = 31
"""Characters that Excel lets in."""
_END_OF_ROW = b"</row>"
_VALUE = re.compile(rb"<[vt](?: [^<>]*)?>[^<]")
_LONGEST_ROW = 1_000_000
"""Bytes of a row in XML, for counting."""


@dataclass(frozen=True, slots=True)
class _Book:
    """The sheet of a workbook to read with its part, and the names of the others; ``visible`` are those not hidden.

    ``styles`` and ``texts`` are the names of these parts; ``since_1904`` says from which year days are counted.
    """

    sheet: str
    part: str
    others: tuple[str, ...]
    visible: tuple[str, ...]
    since_1904: bool
    styles: str | None
    texts: str | None


def sheet_names(data: bytes) -> tuple[str, ...]:
    """Return the names of the sheets that are not hidden. Raises Invalid for what is no workbook."""
    return _read_book(package.open_package(data), None).visible


def read(data: bytes, sheet_name: str | None = None) -> Table:
    """Return the table. Raises Invalid as :func:`mv.tabular_files.reading.read_table` does."""
    opened = package.open_package(data)
    book = _read_book(opened, sheet_name)
    _refuse_many_rows(opened.pieces(book.part))
    rows = list(sheet.read_rows(opened.pieces(book.part), _read_formatters(opened, book)))
    wanted = {cell for row in rows for cell in row.cells if isinstance(cell, int)}
    known = shared_strings.read_shared(opened.pieces(book.texts), wanted) if book.texts and wanted else {}
    records = [record for row in rows if any((record := _to_record(row, known)).cells)]
    if sheet_name is None and len(book.visible) > 1 and _is_summary(records):
        raise Invalid(
            N_("The sheet {sheet} is a summary that Numbers has put in front. Choose the sheet {next}."),
            sheet=book.sheet,
            next=book.visible[1],
        )
    if not records:
        if len(book.visible) > 1:
            raise Invalid(N_("The sheet {sheet} is empty. Choose the sheet that has the table."), sheet=book.sheet)
        raise Invalid(N_("The sheet {sheet} is empty. Save the workbook with the table in it."), sheet=book.sheet)
    headings = table.parse_headings(records[0].cells)
    if len(records) < 2:
        raise Invalid(N_("The file has no rows under its headings."))
    fitted = [_fit(record, len(headings)) for record in records[1:]]
    hidden = sum(row.hidden for row in rows)
    return Table(headings, fitted, EXCEL, None, book.sheet, book.others, hidden)


def _is_summary(records: Sequence[Record]) -> bool:
    """Return whether Numbers explains here, in any language, that its tables became sheets of Excel."""
    return any("Numbers" in cell and "Excel" in cell for record in records[:_ROWS_OF_SUMMARY] for cell in record.cells)


def _read_book(opened: Package, wanted: str | None) -> _Book:
    main = next((part for kind, part in opened.related("").values() if kind == "officeDocument"), "xl/workbook.xml")
    sheets: list[Element] = []
    since_1904 = False
    for element in iter_children(opened.pieces(main, MOST_BESIDE), ""):
        if local_name(element.tag) == "workbookPr":
            since_1904 = element.get("date1904") in ("1", "true")
        elif local_name(element.tag) == "sheets":
            sheets = list(element)
            break
    related = opened.related(main)
    visible = [one for one in sheets if _sheet_type(one, related) == "worksheet" and not _is_hidden(one)]
    if not visible:
        raise damaged_error()
    shown = next((one for one in visible if wanted in (None, _safe_name(one))), None)
    if shown is None:
        raise Invalid(N_("The workbook has no sheet “{sheet}” that is not hidden."), sheet=quote(wanted or ""))
    parts = {kind: part for kind, part in related.values()}
    return _Book(
        sheet=_safe_name(shown),
        part=related[_relation_id(shown)][1],
        others=tuple(_safe_name(one) for one in sheets if one is not shown),
        visible=tuple(_safe_name(one) for one in visible),
        since_1904=since_1904,
        styles=parts.get("styles"),
        texts=parts.get("sharedStrings"),
    )


def _safe_name(sheet: Element) -> str:
    """Return the name of the sheet for a message, or only dots if it may hold an identity number."""
    name = clean_text(sheet.get("name", ""))[:_LONGEST_NAME]
    return "…" if may_be_identity(name) else name


def _is_hidden(sheet: Element) -> bool:
    return sheet.get("state", "visible") != "visible"


def _sheet_type(sheet: Element, related: Mapping[str, tuple[str, str]]) -> str:
    """Return the type of the sheet: "worksheet", or another, such as that of a chart."""
    return related.get(_relation_id(sheet), ("", ""))[0]


def _relation_id(sheet: Element) -> str:
    """Return the id of the relation from the sheet to its part, which is not the id of the sheet."""
    return next((value for name, value in sheet.items() if local_name(name) == "id"), "")


def _read_formatters(opened: Package, book: _Book) -> list[Formatter]:
    """Return the formatters of numbers, by the number of the style."""
    if book.styles is None:
        return []
    codes = {str(number): code for number, code in BUILT_IN.items()}
    for one in iter_children(opened.pieces(book.styles, MOST_BESIDE), "numFmts"):
        codes[one.get("numFmtId", "")] = one.get("formatCode", "")
    formats = [one.get("numFmtId", "") for one in iter_children(opened.pieces(book.styles, MOST_BESIDE), "cellXfs")]
    made = {number: make_formatter(codes.get(number, ""), since_1904=book.since_1904) for number in set(formats)}
    return [made[number] for number in formats]


def _refuse_many_rows(pieces: Iterable[bytes]) -> None:
    """Raise Invalid for too many rows with a value, in a fraction of the time that reading them takes.

    Sheets in another notation than Excel's are counted when they are read.
    """
    count, rest = 0, b""
    for piece in pieces:
        *rows, rest = (rest + piece).split(_END_OF_ROW)
        count += sum(_VALUE.search(row) is not None for row in rows)
        if count > table.MOST_ROWS + 1:
            raise table.too_many_rows_error()
        if len(rest) > _LONGEST_ROW:
            return


def _to_record(row: Row, known: Mapping[int, str]) -> Record:
    try:
        cells = tuple(known[cell] if isinstance(cell, int) else cell for cell in row.cells)
    except KeyError:
        raise damaged_error() from None
    return Record(row.number, cells)


def _fit(record: Record, columns: int) -> Record:
    cells = record.cells
    for place, cell in enumerate(cells[columns:], start=columns):
        if cell:
            raise Invalid(
                N_(
                    "Row {row} has a value in column {column}, which has no heading. The headings are in the first row"
                    " that is not empty: give the column one there, or clear the cell."
                ),
                row=record.number,
                column=column_letters(place),
            )
    return Record(record.number, cells[:columns] + ("",) * (columns - len(cells)))
