"""Files that people hand in: bytes → a checked table of texts, and its cells → amounts and days.

Nothing here knows what a file is about. Rows are named by their number in the file, as a spreadsheet counts them.
"""

from __future__ import annotations

from typing import BinaryIO

from mv.errors import N_, Invalid
from mv.tabular_files import csv, file_type, table
from mv.tabular_files.table import Delimiter, Table
from mv.tabular_files.xlsx import workbook


def read_table(file: BinaryIO, delimiter: Delimiter | None = None) -> Table:
    """Return the table that a file holds, by what is in it and not by its name: CSV or an Excel workbook.

    A ``delimiter`` is for CSV; without one the headings tell which it is. Raises Invalid, which says what to do, for
    a file that is too large, is no table, has no headings or no rows, or has a row that does not fit them.
    """
    data = file.read(table.MOST_BYTES + 1)
    if len(data) > table.MOST_BYTES:
        most = table.MOST_BYTES // table.MEGABYTE
        raise Invalid(N_("The file is larger than {most} MB. Divide it into several."), most=most)
    if data.startswith(file_type.ZIP):
        return workbook.read(data)
    return csv.read(data, delimiter)
