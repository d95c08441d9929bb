"""Files that hold no table, under names that say that they do."""

from __future__ import annotations

from tests.files.made import BO, Made, refused
from tests.files.workbook import packed, relations

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def no_table(english: str, swedish: str) -> dict[str, object]:
    return refused(
        f"The file is {english} and no table. Choose a CSV file or an Excel workbook (.xlsx).",
        f"Filen är {swedish} och ingen tabell. Välj en CSV-fil eller en Excel-arbetsbok (.xlsx).",
    )


def encrypted(data: bytes) -> bytes:
    """Return a zip file that says of its parts that they are encrypted."""
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data = data[: at + place] + b"\x01" + data[at + place + 1 :]
            at = data.find(mark, at + 4)
    return data


FILES = [
    Made("document.csv", b"%PDF-1.7\n1 0 obj\n", no_table("a PDF document", "ett PDF-dokument")),
    Made("picture.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(40), no_table("a picture", "en bild")),
    Made("program.csv", b"MZ\x90\x00" + bytes(60), no_table("a program", "ett program")),
    Made(
        "page.xls",
        b"\r\n<html><body><table><tr><td>Personnummer</td></tr></table></body></html>",
        no_table("a web page", "en webbsida"),
    ),
    Made("packed.csv", b"\x1f\x8b\x08" + bytes(40), no_table("a packed file", "en packad fil")),
    Made(
        "spreadsheet-2003.xls",
        b'<?xml version="1.0"?><Workbook></Workbook>',
        no_table("an XML document", "ett XML-dokument"),
    ),
    Made(
        "document.xlsx",
        packed(
            {
                "[Content_Types].xml": "<Types/>",
                "_rels/.rels": relations([("rId1", "officeDocument", "word/document.xml")]),
                "word/document.xml": "<document/>",
            }
        ),
        no_table("a text document", "ett textdokument"),
    ),
    Made(
        "old-workbook.xls",
        OLE + "Workbook".encode("utf-16-le"),
        refused(
            "The workbook is of an old format (.xls). Save it as Excel (.xlsx) or CSV, and choose that one.",
            "Arbetsboken har ett gammalt format (.xls). Spara den som Excel (.xlsx) eller CSV och välj den.",
        ),
    ),
    Made(
        "password.xlsx",
        OLE + "EncryptedPackage".encode("utf-16-le"),
        refused(
            "The workbook is protected by a password. Open it, take the password away, and save it again.",
            "Arbetsboken är skyddad med lösenord. Öppna den, ta bort lösenordet och spara den igen.",
        ),
    ),
    Made(
        "encrypted-zip.xlsx",
        encrypted(packed({"xl/workbook.xml": "?"})),
        refused(
            "The file is protected by a password. Take the password away, and choose it again.",
            "Filen är skyddad med lösenord. Ta bort lösenordet och välj den igen.",
        ),
    ),
    Made(
        "spreadsheet.ods",
        packed({"mimetype": ODS, "content.xml": "<office/>"}),
        refused(
            "The file is an OpenDocument spreadsheet. Save it as Excel (.xlsx) or CSV, and choose that one.",
            "Filen är ett OpenDocument-kalkylblad. Spara den som Excel (.xlsx) eller CSV och välj den.",
        ),
    ),
    Made(
        "binary.xlsb",
        packed({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\x01"}),
        refused(
            "The file is a binary workbook (.xlsb). Save it as Excel (.xlsx) or CSV, and choose that one.",
            "Filen är en binär arbetsbok (.xlsb). Spara den som Excel (.xlsx) eller CSV och välj den.",
        ),
    ),
    Made(
        "zipped.zip",
        packed({"personer.csv": f"Personnummer\n{BO}\n"}),
        refused(
            "The file is a zip file. Unpack it, and choose the CSV file or the workbook that is in it.",
            "Filen är en zip-fil. Packa upp den och välj CSV-filen eller arbetsboken som finns i den.",
        ),
    ),
]
