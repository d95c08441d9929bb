"""Recognise files that hold no table by their content, whatever their names say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mv.errors import N_, Invalid
from mv.i18n import translate

ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_INSPECTED_BYTES = 1024
"""Bytes at the beginning of a text that are compared."""


@dataclass(frozen=True, slots=True)
class _FileType:
    """The name of a type of file, with its article."""

    name: str

    def label(self, language: str) -> str:
        return translate(self.name, language)


_PDF = _FileType(N_("a PDF document"))
_PICTURE = _FileType(N_("a picture"))
_PROGRAM = _FileType(N_("a program"))
_PACKED = _FileType(N_("a packed file"))
_WEB_PAGE = _FileType(N_("a web page"))
_XML = _FileType(N_("an XML document"))
_DOCUMENT = _FileType(N_("a text document"))
_SLIDES = _FileType(N_("a presentation"))
_DATABASE = _FileType(N_("a database"))
_PARQUET = _FileType(N_("a Parquet file"))

_TEXT_SIGNATURES = {
    b"%pdf-": _PDF, b"{\\rtf": _DOCUMENT, b"<!doctype html": _WEB_PAGE, b"<html": _WEB_PAGE, b"<table": _WEB_PAGE,
    b"<?xml": _XML,
}  # fmt: skip
"""The beginnings of texts that are no tables, in lower case."""
_BINARY_SIGNATURES = {
    b"\x89PNG\r\n": _PICTURE, b"\xff\xd8\xff": _PICTURE, b"GIF8": _PICTURE, b"BM": _PICTURE, b"II*\0": _PICTURE,
    b"MM\0*": _PICTURE, b"RIFF": _PICTURE, b"MZ": _PROGRAM, b"\x7fELF": _PROGRAM, b"\x1f\x8b": _PACKED,
    b"7z\xbc\xaf\x27\x1c": _PACKED, b"Rar!": _PACKED, b"BZh": _PACKED, b"\xfd7zXZ": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED, b"SQLite format 3": _DATABASE, b"PAR1": _PARQUET,
}  # fmt: skip
"""The beginnings of files that are no text."""
_PACKAGE_FOLDERS = {"word/": _DOCUMENT, "ppt/": _SLIDES}
"""The folders of packages that are no workbooks."""


def refuse_document(data: bytes) -> None:
    """Raise Invalid for a document, a web page, or a workbook of an old format."""
    if data.startswith(_OLE):
        raise _old_office_error(data)
    start = data[:_INSPECTED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, kind in _TEXT_SIGNATURES.items():
        if start.startswith(beginning):
            raise _no_table_error(kind)


def not_text_error(data: bytes) -> Invalid:
    """Return the error for data that is no text, with the type of the file if it is known."""
    for beginning, kind in _BINARY_SIGNATURES.items():
        if data.startswith(beginning):
            return _no_table_error(kind)
    return Invalid(N_("The file is no text. Save it as CSV (UTF-8), and choose that one."))


def refuse_package(names: Collection[str], mimetype: bytes) -> None:
    """Raise Invalid for a zip file that is no Excel workbook, by the names of its parts and its ``mimetype``."""
    if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        raise Invalid(
            N_("The file is an OpenDocument spreadsheet. Save it as Excel (.xlsx) or CSV, and choose that one.")
        )
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        raise _no_table_error(_DOCUMENT)
    if "xl/workbook.bin" in names:
        raise Invalid(
            N_("The file is a binary workbook (.xlsb). Save it as Excel (.xlsx) or CSV, and choose that one.")
        )
    for folder, kind in _PACKAGE_FOLDERS.items():
        if any(name.startswith(folder) for name in names):
            raise _no_table_error(kind)
    if "[content_types].xml" not in names:
        raise Invalid(N_("The file is a zip file. Unpack it, and choose the CSV file or the workbook that is in it."))


def _old_office_error(data: bytes) -> Invalid:
    """Return the error for a file of an old Office, which holds the names of its parts in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Invalid(
            N_("The workbook is protected by a password. Open it, take the password away, and save it again.")
        )
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        return Invalid(
            N_("The workbook is of an old format (.xls). Save it as Excel (.xlsx) or CSV, and choose that one.")
        )
    return _no_table_error(_DOCUMENT)


def _no_table_error(kind: _FileType) -> Invalid:
    return Invalid(N_("The file is {kind} and no table. Choose a CSV file or an Excel workbook (.xlsx)."), kind=kind)
