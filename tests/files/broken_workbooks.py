"""Workbooks that do not hold together, or are made to do harm."""

from __future__ import annotations

import zipfile

from tests.files.made import Made, refused
from tests.files.workbook import workbook
from tests.files.workbook_files import PLAIN, SHEET, changed, with_parts

DAMAGED = refused(
    "The workbook is damaged, or not whole. Open it in a spreadsheet program, save it again, and choose that.",
    "Arbetsboken är skadad eller inte hel. Öppna den i ett kalkylprogram, spara den igen och välj den.",
)
HARM = refused(
    "The file is packed as no workbook is, and may be made to do harm. Copy its rows into a new workbook.",
    "Filen är packad som ingen arbetsbok är och kan vara gjord för att skada. Kopiera raderna till en ny arbetsbok.",
)
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
FILES = [
    Made("cut-off.xlsx", workbook(PLAIN)[:-400], DAMAGED),
    Made("altered-byte.xlsx", workbook(PLAIN).replace(b"Gravid", b"Gravit", 1), DAMAGED),
    Made("part-missing.xlsx", with_parts({}, without=SHEET), DAMAGED),
    Made("texts-missing.xlsx", with_parts({}, without="xl/sharedStrings.xml"), DAMAGED),
    Made("tag-not-closed.xlsx", changed(SHEET, "</sheetData>", ""), DAMAGED),
    Made("shared-text-99.xlsx", changed(SHEET, "<v>0</v>", "<v>99</v>"), DAMAGED),
    Made("rows-backwards.xlsx", changed(SHEET, '<row r="2">', '<row r="1">'), DAMAGED),
    Made("number-that-is-none.xlsx", changed(SHEET, ' t="s"><v>0</v>', "><v>1_0</v>"), DAMAGED),
    Made("entities.xlsx", changed("xl/sharedStrings.xml", "<sst ", ENTITIES + "<sst "), DAMAGED),
    Made(
        "outside-names.xlsx",
        changed("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "../../../etc/passwd"),
        DAMAGED,
    ),
    Made("bomb.xlsx", with_parts({SHEET: b" " * 30_000_000}, packing=zipfile.ZIP_DEFLATED), HARM),
]
