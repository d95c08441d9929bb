"""Read a file that somebody hands in as a checked table of texts.

Its cells are parsed by :mod:`mv.tabular_files.cells`. Rows have their number in the file, as a spreadsheet counts them.
"""

from __future__ import annotations

from typing import BinaryIO

from mv.errors import N_, Invalid
from mv.tabular_files import csv, file_type, table
from mv.tabular_files.table import Delimiter, Table
from mv.tabular_files.xlsx import workbook


def read_table(file: BinaryIO, delimiter: Delimiter | None = None, sheet: str | None = None) -> Table:
    """Read CSV or an Excel workbook, which is recognised by its content and not by its name.

    Without a ``delimiter`` that of CSV is guessed from the headings; without a ``sheet``, the first of a workbook that
    is not hidden is read. Raises Invalid, which says what to do, for a file that is too large, is no table, has no
    headings or no rows, or has a row that does not fit the headings; and for an unknown sheet.
    """
    data = file.read(table.MOST_BYTES + 1)
    if len(data) > table.MOST_BYTES:
        most = table.MOST_BYTES // table.MEGABYTE
        raise Invalid(N_("The file is larger than {most} MB. Divide it into several."), most=most)
    if data.startswith(file_type.ZIP):
        return workbook.read(data, sheet)
    return csv.read(data, delimiter)


def sheet_names(file: BinaryIO) -> tuple[str, ...]:
    """Return the names of the sheets of a workbook that are not hidden; none for another file.

    Raises Invalid for a workbook that cannot be read.
    """
    data = file.read(table.MOST_BYTES + 1)
    return workbook.sheet_names(data) if data.startswith(file_type.ZIP) and len(data) <= table.MOST_BYTES else ()
