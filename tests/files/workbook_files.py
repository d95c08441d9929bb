"""Workbooks as Excel and others write them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping

from tests.files.made import ASTA, BO, CLARA, DAVID, EVA, ROWS, SWEDISH, Made, refused, sheet
from tests.files.workbook import MAIN, Cell, Row, Sheet, packed, parts, workbook

DAY = "yyyy\\-mm\\-dd"
TWO = ("Personnummer", "Kundgrupp")
PLAIN: list[Row] = [TWO, (BO, "Gravid")]


def changed(name: str, old: str, new: str, rows: list[Row] = PLAIN) -> bytes:
    """Return a workbook in one part of which something stands instead of something else."""
    content = parts([Sheet(dict(enumerate(rows, start=1)))])
    assert old in content[name]
    return packed({**content, name: content[name].replace(old, new)})


def with_parts(more: Mapping[str, str | bytes], without: str = "", packing: int = zipfile.ZIP_STORED) -> bytes:
    """Return a workbook with more parts, or others, and without one."""
    content = {**parts([Sheet(dict(enumerate(PLAIN, start=1)))]), **more}
    return packed({name: part for name, part in content.items() if name != without}, packing)


def number(text: str, style: int = 0) -> Cell:
    return Cell(text, style=style)


SHEET = "xl/worksheets/sheet1.xml"

VALUES = [
    Made("plain.xlsx", workbook([SWEDISH, *ROWS]), sheet(SWEDISH, ROWS)),
    Made("named-as-csv.csv", workbook(PLAIN), sheet(TWO, PLAIN[1:])),
    Made(
        "days.xlsx",
        workbook(
            [
                ("Personnummer", "Första dag"),
                (ASTA, number("46347", 1)),
                (BO, number("46347", 2)),
                (CLARA, number("46347.5", 3)),
                (DAVID, number("20261121")),
                (EVA, Cell("2026-11-21T00:00:00", "d")),
                (EVA, number("46347")),
            ],
            [DAY, "[$-41D]d mmmm yyyy;@", "dd/mm/yy hh:mm"],
        ),
        sheet(
            ("Personnummer", "Första dag"),
            [
                (ASTA, "2026-11-21"),
                (BO, "2026-11-21"),
                (CLARA, "2026-11-21 12:00:00"),
                (DAVID, "20261121"),
                (EVA, "2026-11-21"),
                (EVA, "46347"),
            ],
        ),
    ),
    Made(
        "days-since-1904.xlsx",
        workbook([("Dag",), (number("44885", 1),)], [DAY], since_1904=True),
        sheet(("Dag",), [("2026-11-21",)]),
    ),
    Made(
        "days-that-are-none.xlsx",
        workbook(
            [("Dag",), (number("-1", 1),), (number("60", 1),), (number("2958466", 1),), (number("0.5", 1),)], [DAY]
        ),
        sheet(("Dag",), [("-1",), ("1900-02-29",), ("2958466",), ("12:00:00",)]),
    ),
    Made(
        "numbers.xlsx",
        workbook(
            [
                ("Personnummer", "Belopp"),
                (number(BO), number("150")),
                (number("1.98108290717E+11"), number("150.5")),
                (number("512120013"), number("0.1")),
                (number("512120013", 1), number("1.0000000000000001E-2")),
                (number("512120013", 2), number("-0")),
                (number("5.1212001300000001E8", 3), number("1E+20")),
            ],
            ["0000000000", "000000\\-0000", '00000000"-"0000'],
        ),
        sheet(
            ("Personnummer", "Belopp"),
            [
                (BO, "150"),
                ("198108290717", "150.5"),
                ("512120013", "0.1"),
                ("0512120013", "0.01"),
                ("051212-0013", "0"),
                ("00051212-0013", "1E+20"),
            ],
            problems=[
                (
                    "Row 7, column Belopp: The spreadsheet has shortened the number. Give its column the format"
                    " Text, and write it anew.",
                    "Rad 7, kolumn Belopp: Kalkylprogrammet har kortat numret. Ge kolumnen formatet Text och"
                    " skriv numret på nytt.",
                )
            ],
        ),
    ),
    Made(
        "other-cells.xlsx",
        workbook(
            [
                ("Personnummer", "Svar", "Skäl"),
                (BO, Cell("1", "b"), Cell("<r><t>Två </t></r><r><t>delar</t></r><rPh><t>uttal</t></rPh>", "inlineStr")),
                (EVA, Cell("0", "b"), Cell("rad_x000D_\nrad _x0007_", "str")),
                ("", None, "  "),
            ]
        ),
        sheet(("Personnummer", "Svar", "Skäl"), [(BO, "TRUE", "Två delar"), (EVA, "FALSE", "rad \nrad _x0007_")]),
    ),
    Made(
        "formulas.xlsx",
        workbook(
            [
                ("Personnummer", "Kundgrupp", "Skäl"),
                (Cell(BO, "str", formula="A9"), "Gravid", Cell("", "str", formula="B9")),
                (Cell(None, formula="A9&B9"), Cell("#N/A", "e", formula="VLOOKUP(A1,B1,2)"), "Skäl"),
                (EVA, Cell("", formula="1+1"), "Skäl"),
            ]
        ),
        sheet(
            ("Personnummer", "Kundgrupp", "Skäl"),
            [(BO, "Gravid", ""), ("=", "#N/A", "Skäl"), (EVA, "=", "Skäl")],
            problems=[
                (
                    "Row 3, column Personnummer: The formula has no value. Open the file in a spreadsheet program, save"
                    " it, and choose it again.",
                    "Rad 3, kolumn Personnummer: Formeln saknar värde. Öppna filen i ett kalkylprogram, spara den och"
                    " välj den igen.",
                ),
                (
                    "Row 3, column Kundgrupp: “#N/A” is an error of the spreadsheet. Write the value itself.",
                    "Rad 3, kolumn Kundgrupp: ”#N/A” är ett fel från kalkylprogrammet. Skriv själva värdet.",
                ),
                (
                    "Row 4, column Kundgrupp: The formula has no value. Open the file in a spreadsheet program, save"
                    " it, and choose it again.",
                    "Rad 4, kolumn Kundgrupp: Formeln saknar värde. Öppna filen i ett kalkylprogram, spara den och välj"
                    " den igen.",
                ),
            ],
        ),
    ),
]

LAYOUT = [
    Made(
        "several-sheets.xlsx",
        packed(
            parts(
                [
                    Sheet({1: TWO, 2: (EVA, "65+")}, "Dold", "hidden"),
                    Sheet(dict(enumerate(PLAIN, start=1)), "Å & Ö"),
                    Sheet({1: ("Anteckningar",)}, "Mer", "veryHidden"),
                ]
            )
        ),
        sheet(TWO, PLAIN[1:], sheet="Å & Ö", other_sheets=["Dold", "Mer"]),
    ),
    Made(
        "empty-rows.xlsx",
        workbook({3: (None, "Personnummer", "Grupp"), 5: ("", "", ""), 7: (None, BO), 1000: (None, EVA, "x")}),
        sheet(("(1)", "Personnummer", "Grupp"), {7: ("", BO, ""), 1000: ("", EVA, "x")}),
    ),
    Made(
        "hidden-and-merged.xlsx",
        packed(
            parts(
                [
                    Sheet(
                        {1: TWO, 2: (BO, "Gravid"), 3: (EVA,), 4: (ASTA, "65+")},
                        row_attributes={3: ' hidden="1"'},
                        after='<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>',
                    )
                ]
            )
        ),
        sheet(TWO, [(BO, "Gravid"), (EVA, ""), (ASTA, "65+")], hidden_rows=1),
    ),
    Made(
        "title-above-headings.xlsx",
        workbook([("Klinikdag i november",), TWO, (BO, "Gravid")]),
        refused(
            "Row 2 has a value in column B, which has no heading. The headings are in the first row that is not"
            " empty: give the column one there, or clear the cell.",
            "Rad 2 har ett värde i kolumn B, som saknar rubrik. Rubrikerna står på den första raden som inte är"
            " tom: ge kolumnen en där, eller töm cellen.",
        ),
    ),
    Made("strict.xlsx", changed(SHEET, MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"), sheet(TWO, PLAIN[1:])),
    Made(
        "prefixed.xlsx",
        with_parts(
            {
                SHEET: f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c></x:row>'
                f"<x:row><x:c><x:v>{BO}</x:v></x:c></x:row></x:sheetData></x:worksheet>"
            }
        ),
        sheet(TWO[:1], [(BO,)]),
    ),
    Made(
        "with-macros.xlsm",
        with_parts({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 AutoOpen"}),
        sheet(TWO, PLAIN[1:]),
    ),
    Made(
        "far-cell.xlsx",
        workbook({1: TWO, 2: (*[None] * 700, "x")}),
        refused(
            "Row 2 has a value in column ZY, and only the first 200 columns are read. Clear the cell, or move the"
            " value.",
            "Rad 2 har ett värde i kolumn ZY, och bara de första 200 kolumnerna läses. Töm cellen eller flytta värdet.",
        ),
    ),
    Made(
        "empty-sheet.xlsx",
        workbook({}),
        refused(
            "The sheet Blad1 is empty. Save the workbook with the table in it.",
            "Bladet Blad1 är tomt. Spara arbetsboken med tabellen i det.",
        ),
    ),
    Made(
        "headings-alone.xlsx",
        workbook([TWO]),
        refused("The file has no rows under its headings.", "Filen har inga rader under rubrikerna."),
    ),
    Made(
        "no-headings.xlsx",
        workbook([(number(BO), "Gravid"), (number(EVA), "Gravid")]),
        refused(
            "The first row holds no headings but data. Add a row of headings.",
            "Den första raden har inga rubriker utan uppgifter. Lägg till en rubrikrad.",
        ),
    ),
]

FILES = [*VALUES, *LAYOUT]
