"""Workbooks made part by part, so that each byte is known: what no program writes can be made too."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MADE_AT = (2026, 11, 24, 12, 0, 0)


@dataclass(frozen=True)
class Cell:
    """A cell as it is written: its type, its value, the number of its style, its formula."""

    value: str | None
    kind: str = "n"
    style: int = 0
    formula: str | None = None

    def xml(self, reference: str) -> str:
        attributes = f' r="{reference}"' + (f' s="{self.style}"' if self.style else "")
        attributes += f' t="{self.kind}"' if self.kind != "n" else ""
        if self.kind == "inlineStr":
            return f"<c{attributes}><is>{self.value}</is></c>"
        formula = f"<f>{escape(self.formula)}</f>" if self.formula is not None else ""
        value = f"<v>{escape(self.value)}</v>" if self.value is not None else ""
        return f"<c{attributes}>{formula}{value}</c>"


Row = Sequence["str | Cell | None"]
"""A text is one that the sheets share."""


@dataclass
class Sheet:
    """A sheet: its rows by number, and what else is said of a row, or after all of them."""

    rows: Mapping[int, Row]
    name: str = "Blad1"
    state: str = "visible"
    row_attributes: Mapping[int, str] = field(default_factory=dict)
    after: str = ""


def letters(place: int) -> str:
    """Return what the column of this place, from 0, is called."""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def parts(sheets: Sequence[Sheet], formats: Sequence[str] = (), *, since_1904: bool = False) -> dict[str, str]:
    """Return the parts of a workbook by their names. A style has the number of its place in ``formats``, from 1."""
    texts: dict[str, int] = {}
    made = {f"xl/worksheets/sheet{n}.xml": _sheet(sheet, texts) for n, sheet in enumerate(sheets, start=1)}
    count = len(sheets)
    listed = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}"'
        f'{f" state={quoteattr(sheet.state)}" if sheet.state != "visible" else ""} r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, start=1)
    )
    properties = '<workbookPr date1904="1"/>' if since_1904 else "<workbookPr/>"
    related = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, count + 1)]
    related += [(f"rId{count + 1}", "styles", "styles.xml"), (f"rId{count + 2}", "sharedStrings", "sharedStrings.xml")]
    return {
        "[Content_Types].xml": HEAD + f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": HEAD
        + f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{properties}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(related),
        "xl/styles.xml": _styles(formats),
        "xl/sharedStrings.xml": HEAD
        + f'<sst xmlns="{MAIN}">' + "".join(f"<si><t>{escape(text)}</t></si>" for text in texts) + "</sst>",
        **made,
    }  # fmt: skip


def relations(related: Sequence[tuple[str, str, str]]) -> str:
    """Return a part that says what another is related to: id, kind, target."""
    listed = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONS}/{kind}" Target="{target}"/>' for name, kind, target in related
    )
    return HEAD + f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def packed(content: Mapping[str, str | bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip file that is the same whenever it is made."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in content.items():
            entry = zipfile.ZipInfo(name, MADE_AT)
            entry.compress_type = packing
            archive.writestr(entry, part)
    return out.getvalue()


def workbook(
    rows: Mapping[int, Row] | Sequence[Row], formats: Sequence[str] = (), *, since_1904: bool = False
) -> bytes:
    """Return a workbook with one sheet."""
    numbered = rows if isinstance(rows, Mapping) else dict(enumerate(rows, start=1))
    return packed(parts([Sheet(numbered)], formats, since_1904=since_1904))


def _sheet(sheet: Sheet, texts: dict[str, int]) -> str:
    out = [HEAD, f'<worksheet xmlns="{MAIN}"><sheetData>']
    for number, row in sheet.rows.items():
        out.append(f'<row r="{number}"{sheet.row_attributes.get(number, "")}>')
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                cell = Cell(str(texts.setdefault(cell, len(texts))), "s")
            if cell is not None:
                out.append(cell.xml(f"{letters(place)}{number}"))
        out.append("</row>")
    return "".join([*out, "</sheetData>", sheet.after, "</worksheet>"])


def _styles(formats: Sequence[str]) -> str:
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode={quoteattr(code)}/>' for n, code in enumerate(formats))
    used = "".join(f'<xf numFmtId="{164 + n}" xfId="0"/>' for n in range(len(formats)))
    return HEAD + (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0" xfId="0"/>{used}</cellXfs></styleSheet>'
    )
