"""CSV files as programs write them, and as they come when something went wrong on the way."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from io import StringIO

from tests.files.made import ASTA, BO, CLARA, DAVID, ENGLISH, ENGLISH_ROWS, EVA, ROWS, SWEDISH, Made, refused, table


def text(rows: Sequence[Sequence[str]], delimiter: str = ";", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Return rows as a program writes them."""
    out = StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


PLAIN = text([SWEDISH, *ROWS])
COMMAS = text([ENGLISH, *ENGLISH_ROWS], ",")

ENCODINGS = [
    Made("utf8.csv", PLAIN.encode(), table(SWEDISH, ROWS)),
    Made("utf8-mark-crlf.csv", codecs.BOM_UTF8 + text([SWEDISH, *ROWS], end="\r\n").encode(), table(SWEDISH, ROWS)),
    Made("utf8-decomposed.csv", PLAIN.encode().replace("ö".encode(), "o\u0308".encode()), table(SWEDISH, ROWS)),
    Made("windows-1252.csv", PLAIN.encode("windows-1252"), table(SWEDISH, ROWS, encoding="Windows-1252")),
    Made(
        "utf16-tab.txt",
        text([SWEDISH, *ROWS], "\t", "\r\n").encode("utf-16"),
        table(SWEDISH, ROWS, encoding="UTF-16", delimiter="\t"),
    ),
    Made(
        "utf16-big-end-first.csv",
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        table(SWEDISH, ROWS, encoding="UTF-16"),
    ),
    Made(
        "utf8-one-bad-letter.csv",
        PLAIN.encode().replace("Söder".encode(), b"S\xf6der"),
        refused(
            "Line 4 has a letter that cannot be read. Save the file as CSV (UTF-8).",
            "Rad 4 har en bokstav som inte kan läsas. Spara filen som CSV (UTF-8).",
        ),
    ),
    Made(
        "utf16-without-mark.csv",
        PLAIN.encode("utf-16-le"),
        refused(
            "The file is no text. Save it as CSV (UTF-8), and choose that one.",
            "Filen är inte text. Spara den som CSV (UTF-8) och välj den.",
        ),
    ),
]

FORMS = [
    Made("comma-english.csv", COMMAS.encode(), table(ENGLISH, ENGLISH_ROWS, delimiter=",")),
    Made("tab.tsv", text([SWEDISH, *ROWS], "\t").encode(), table(SWEDISH, ROWS, delimiter="\t")),
    Made("old-mac-line-ends.csv", text([SWEDISH, *ROWS], end="\r").encode(), table(SWEDISH, ROWS)),
    Made("mixed-line-ends.csv", PLAIN.replace("\n", "\r\n", 2).encode(), table(SWEDISH, ROWS)),
    Made("all-quoted.csv", text([SWEDISH, *ROWS], quoting=csv.QUOTE_ALL).encode(), table(SWEDISH, ROWS)),
    Made("sep-line.csv", b"sep=;\r\n" + text([SWEDISH, *ROWS], end="\r\n").encode(), table(SWEDISH, ROWS)),
    Made("sep-line-comma-quoted.csv", b'"sep=,"\n' + COMMAS.encode(), table(ENGLISH, ENGLISH_ROWS, delimiter=",")),
    Made(
        "sep-line-bar.csv",
        b"sep=|\nPersonnummer|Kundgrupp\n",
        refused(
            "The delimiter that the first line states is none of semicolon, tab and comma.",
            "Avgränsaren som första raden anger är varken semikolon, tabb eller komma.",
        ),
    ),
    Made(
        "comma-in-heading.csv",
        f"Personnummer;Grupp, undergrupp\n{BO};Gravid\n".encode(),
        table(("Personnummer", "Grupp, undergrupp"), [(BO, "Gravid")]),
    ),
    Made(
        "empty-rows-and-columns.csv",
        f"\n\nPersonnummer;;Grupp;;\n\n{BO};;Gravid;;\n;;;;\n{EVA};x;65+;;\n".encode(),
        table(("Personnummer", "(2)", "Grupp"), {5: (BO, "", "Gravid"), 7: (EVA, "x", "65+")}),
    ),
    Made(
        "same-heading-twice.csv",
        f"Datum;Personnummer;Datum\n2026-11-01;{BO};2026-11-02\n".encode(),
        table(("Datum", "Personnummer", "Datum (3)"), [("2026-11-01", BO, "2026-11-02")]),
    ),
    Made(
        "line-end-in-a-cell.csv",
        f'Personnummer;Skäl\r\n{BO};"Två\r\nrader, ""så""; här"\r\n{EVA};Ett\r\n'.encode(),
        table(("Personnummer", "Skäl"), {2: (BO, 'Två\r\nrader, "så"; här'), 3: (EVA, "Ett")}),
    ),
    Made(
        "spaces-around.csv",
        f" Personnummer ;\tGrupp\n {BO}\u00a0; Gravid \n".encode(),
        table(("Personnummer", "Grupp"), [(BO, "Gravid")]),
    ),
    Made(
        "one-column.csv",
        f"Personnummer\n{ASTA}\n{BO[2:8]}-{BO[8:]}\n".encode(),
        table(("Personnummer",), [(ASTA,), (f"{BO[2:8]}-{BO[8:]}",)]),
    ),
    Made(
        "every-form-of-a-day.csv",
        f"Personnummer;Första dag\n{ASTA};2026-11-21\n{BO};20261121\n{CLARA};21/11/2026\n{DAVID};46347\n".encode(),
        table(
            ("Personnummer", "Första dag"),
            [(ASTA, "2026-11-21"), (BO, "20261121"), (CLARA, "21/11/2026"), (DAVID, "46347")],
        ),
    ),
]

CONTENT = [
    Made(
        "wrong-numbers.csv",
        f"Personnummer;Kundgrupp\n{BO[:-1]}{(int(BO[-1]) + 1) % 10};Gravid\n"
        f"12345;Gravid\n19990230-1234;Gravid\n;Gravid\n".encode(),
        table(
            ("Personnummer", "Kundgrupp"),
            [
                (f"{BO[:-1]}{(int(BO[-1]) + 1) % 10}", "Gravid"),
                ("12345", "Gravid"),
                ("19990230-1234", "Gravid"),
                ("", "Gravid"),
            ],
        ),
    ),
    Made(
        "same-number-two-groups.csv",
        f"Personnummer;Kundgrupp;Första dag\n{BO};65 år och äldre;2026-11-21\n{BO};Gravid;2026-11-21\n".encode(),
        table(
            ("Personnummer", "Kundgrupp", "Första dag"),
            [(BO, "65 år och äldre", "2026-11-21"), (BO, "Gravid", "2026-11-21")],
        ),
    ),
    Made(
        "missing-heading.csv",
        "Kundgrupp;Första dag\n65 år och äldre;2026-11-21\n".encode(),
        table(("Kundgrupp", "Första dag"), [("65 år och äldre", "2026-11-21")]),
    ),
    Made(
        "doses.csv",
        f"Personnummer;Kundgrupp;Dosens dag;Vaccin;Sats;Dosnummer;Enhet\n"
        f"{ASTA};65 år och äldre;2026-11-21;Efluelda;EF2601;1;norr\n".encode(),
        table(
            ("Personnummer", "Kundgrupp", "Dosens dag", "Vaccin", "Sats", "Dosnummer", "Enhet"),
            [(ASTA, "65 år och äldre", "2026-11-21", "Efluelda", "EF2601", "1", "norr")],
        ),
    ),
    Made(
        "what-a-spreadsheet-left.csv",
        f'Personnummer;Kundgrupp;Skäl\n=A1;Gravid;Bra\n1,98108E+11;#SAKNAS!;Bra\n="{BO}";#REF!;########\n'.encode(),
        table(
            ("Personnummer", "Kundgrupp", "Skäl"),
            [("=A1", "Gravid", "Bra"), ("1,98108E+11", "#SAKNAS!", "Bra"), (f'="{BO}"', "#REF!", "########")],
            problems=[
                (
                    "Row 2, column Personnummer: The cell holds a formula. Write the value itself.",
                    "Rad 2, kolumn Personnummer: Cellen innehåller en formel. Skriv själva värdet.",
                ),
                (
                    "Row 3, column Personnummer: The spreadsheet has shortened the number. Give its column the format"
                    " Text, and write it anew.",
                    "Rad 3, kolumn Personnummer: Kalkylprogrammet har kortat numret. Ge kolumnen formatet Text och"
                    " skriv numret på nytt.",
                ),
                (
                    "Row 3, column Kundgrupp: “#SAKNAS!” is an error of the spreadsheet. Write the value itself.",
                    "Rad 3, kolumn Kundgrupp: ”#SAKNAS!” är ett fel från kalkylprogrammet. Skriv själva värdet.",
                ),
                (
                    "Row 4, column Kundgrupp: “#REF!” is an error of the spreadsheet. Write the value itself.",
                    "Rad 4, kolumn Kundgrupp: ”#REF!” är ett fel från kalkylprogrammet. Skriv själva värdet.",
                ),
                (
                    "Row 4, column Skäl: “########” is an error of the spreadsheet. Write the value itself.",
                    "Rad 4, kolumn Skäl: ”########” är ett fel från kalkylprogrammet. Skriv själva värdet.",
                ),
            ],
        ),
    ),
]

REFUSED = [
    Made("empty.csv", b"", refused("The file is empty.", "Filen är tom.")),
    Made(
        "headings-alone.csv",
        b"Personnummer;Kundgrupp\n;\n",
        refused("The file has no rows under its headings.", "Filen har inga rader under rubrikerna."),
    ),
    Made(
        "no-headings.csv",
        f"{BO};Gravid\n{EVA};Gravid\n".encode(),
        refused(
            "The first row holds no headings but data. Add a row of headings.",
            "Den första raden har inga rubriker utan uppgifter. Lägg till en rubrikrad.",
        ),
    ),
    Made(
        "value-too-many.csv",
        f"Personnummer;Kundgrupp\n{BO};Gravid\n{EVA};Gravid;ja\n".encode(),
        refused(
            "Row 3 has 3 values, and there are 2 headings. Is the delimiter right?",
            "Rad 3 har 3 värden men det finns 2 rubriker. Är avgränsaren rätt?",
        ),
    ),
    Made(
        "value-too-few.csv",
        f"Personnummer;Kundgrupp;Enhet\n{BO};Gravid\n".encode(),
        table(("Personnummer", "Kundgrupp", "Enhet"), [(BO, "Gravid", "")]),
    ),
    Made(
        "mark-not-closed.csv",
        f'Personnummer;Kundgrupp\n{BO};"Gravid\n{EVA};Gravid\n'.encode(),
        refused(
            "Row 2 cannot be read: a quotation mark is not closed, or stands inside a value.",
            "Rad 2 kan inte läsas: ett citattecken är inte avslutat eller står inne i ett värde.",
        ),
    ),
    Made(
        "one-endless-line.csv",
        b"A;" * 60_000,
        refused("The file has a line of more than 100000 characters.", "Filen har en rad med fler än 100000 tecken."),
    ),
    Made(
        "columns-too-many.csv",
        (";".join(f"K{n}" for n in range(201)) + "\n" + ";" * 200 + "x\n").encode(),
        refused(
            "The file has more than 200 columns. Keep those that are needed.",
            "Filen har fler än 200 kolumner. Behåll dem som behövs.",
        ),
    ),
    Made(
        "zero-bytes.csv",
        b"Personnummer;Kundgrupp\n\x00\x00\x00\n",
        refused(
            "The file is no text. Save it as CSV (UTF-8), and choose that one.",
            "Filen är inte text. Spara den som CSV (UTF-8) och välj den.",
        ),
    ),
]

FILES = [*ENCODINGS, *FORMS, *CONTENT, *REFUSED]
