"""The parts of a workbook around its rows, in SpreadsheetML (ECMA-376, part 1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from mv.export.schema import Kind, Layout

MOST_ROWS_OF_A_SHEET = 2**20 - 1
"""Rows below the headings; a sheet has 1,048,576 in all."""
LONGEST_TITLE = 31

STYLES = {Kind.TEXT: 1, Kind.DAY: 2, Kind.INSTANT: 3, Kind.WHOLE: 4, Kind.KRONOR: 6}
"""Places among the cellXfs of styles.xml. A text has Excel's format Text, so that it stays a text when it is edited."""
HEADING_STYLE = 5
WIDTHS = {Kind.TEXT: 22, Kind.DAY: 12, Kind.INSTANT: 20, Kind.WHOLE: 12, Kind.KRONOR: 12}
"""Of columns, in characters."""
ROOM_FOR_ARROW = 4
"""Characters beside a heading for the arrow of its filter."""

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLE_SHEET = (Path(__file__).parent / "styles.xml").read_text(encoding="utf-8")
RELATIONSHIPS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def sheet_title(layout: Layout, number: int) -> str:
    """Return the title of a sheet; the first has number 1."""
    mark = f" {number}" if number > 1 else ""
    return layout.title[: LONGEST_TITLE - len(mark)].rstrip() + mark


def sheet_start(layout: Layout) -> str:
    """Return a sheet up to its first row of data: the headings stay in sight, each column is wide enough."""
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{max(WIDTHS[column.kind], len(head) + ROOM_FOR_ARROW)}"'
        ' customWidth="1"/>'
        for place, (column, head) in enumerate(zip(layout.columns, layout.heads, strict=True), start=1)
    )
    heads = "".join(f'<c s="{HEADING_STYLE}" t="inlineStr"><is><t>{escape(h)}</t></is></c>' for h in layout.heads)
    return (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData><row>{heads}</row>'
    )


def sheet_end(layout: Layout, rows: int) -> str:
    """Return the end of a sheet after ``rows`` rows of data: filters, and no warning about digits kept as text."""
    texts = " ".join(
        f"{column_letters(place)}2:{column_letters(place)}{rows + 1}"
        for place, column in enumerate(layout.columns)
        if column.kind is Kind.TEXT and rows
    )
    warnings = f'<ignoredErrors><ignoredError sqref="{texts}" numberStoredAsText="1"/></ignoredErrors>' if texts else ""
    return (
        f'</sheetData><autoFilter ref="A1:{column_letters(len(layout.columns) - 1)}{rows + 1}"/>{warnings}</worksheet>'
    )


def content_types(sheets: int) -> str:
    """Return the part with the content type of each part of the package."""
    parts = {"workbook": "sheet.main", "styles": "styles"} | {
        f"worksheets/sheet{number}": "worksheet" for number in range(1, sheets + 1)
    }
    return (
        f'{XML}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(f'<Override PartName="/xl/{p}.xml" ContentType="{CONTENT}.{c}+xml"/>' for p, c in parts.items())
        + "</Types>"
    )


def workbook_relationships(sheets: int) -> str:
    """Return the part that locates the sheets and the styles."""
    parts = [("worksheet", f"worksheets/sheet{number}") for number in range(1, sheets + 1)] + [("styles", "styles")]
    return (
        f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{part}.xml"/>'
            for number, (kind, part) in enumerate(parts, start=1)
        )
        + "</Relationships>"
    )


def workbook(layout: Layout, rows: Sequence[int]) -> str:
    """Return the part that lists the sheets with the range of their filters; ``rows`` has each one's rows of data."""
    titles = [sheet_title(layout, number) for number in range(1, len(rows) + 1)]
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, start=1)
    )
    last = column_letters(len(layout.columns) - 1)
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">'
        f"{escape(quote_title(title))}!$A$1:${last}${count + 1}</definedName>"
        for place, (title, count) in enumerate(zip(titles, rows, strict=True))
    )
    return (
        f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{filters}</definedNames></workbook>"
    )


def quote_title(title: str) -> str:
    """Quote a sheet's title for a formula."""
    return "'" + title.replace("'", "''") + "'"


def column_letters(place: int) -> str:
    """Return the letters of the column at ``place``, from 0: A to Z, then AA and so on."""
    return (column_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)
