"""Read a file that somebody hands in as a checked table of texts.

Its cells are parsed by :mod:`mv.tabular_files.cells`. Rows have their number in the file, as a spreadsheet counts them.
"""

from __future__ import annotations

from typing import BinaryIO

from mv.errors import N_, Invalid
from mv.tabular_files import csv, file_type, table
from mv.tabular_files.table import Delimiter, Table
from mv.tabular_files.xlsx import workbook


def read_table(file: BinaryIO, delimiter: Delimiter | None = None) -> Table:
    """Read CSV or an Excel workbook, which is recognised by its content and not by its name.

    Without a ``delimiter`` that of CSV is guessed from the headings. Raises Invalid, which says what to do, for a file
    that is too large, is no table, has no headings or no rows, or has a row that does not fit the headings.
    """
    data = file.read(table.MOST_BYTES + 1)
    if len(data) > table.MOST_BYTES:
        most = table.MOST_BYTES // table.MEGABYTE
        raise Invalid(N_("The file is larger than {most} MB. Divide it into several."), most=most)
    if data.startswith(file_type.ZIP):
        return workbook.read(data)
    return csv.read(data, delimiter)
