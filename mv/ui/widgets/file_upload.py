"""An uploaded table: its delimiter, the meaning of its columns, and its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from zlib import crc32

import streamlit as st

from mv.errors import N_
from mv.tabular_files import reading
from mv.tabular_files.table import MEGABYTE, MOST_BYTES, Delimiter, Problem, Table, quote_cells
from mv.ui import session
from mv.ui.session import state
from mv.ui.text import _, count_of, explain, literal
from mv.ui.web.streamlit_internals import DeletedFile, UploadedFile
from mv.ui.widgets.table import draw_table

C = TypeVar("C", bound=str)

COLUMNS_IN_A_ROW = 3
PROBLEMS_SHOWN = 20
DELIMITERS: Mapping[Delimiter, str] = {";": N_("Semicolon (;)"), "\t": N_("Tab"), ",": N_("Comma (,)")}


@dataclass(slots=True)
class UploadedTable:
    """The table that was read last and which file it is of, so that drawing the page anew does not read it anew."""

    of: tuple[str, Delimiter | None, str | None] | None = None
    table: Table | None = None
    sheets_of: str | None = None
    sheets: tuple[str, ...] = ()


def choose(label: str, help_text: str, key: str) -> UploadedFile | None:
    """Draw the field for a file, and return the file; say so if it waited while the server restarted, and is gone."""
    file = st.file_uploader(label, max_upload_size=MOST_BYTES // MEGABYTE, help=help_text, key=key)
    if isinstance(session.value(key), DeletedFile):
        st.warning(_("The server was restarted while the file waited, and does not have it any more. Choose it again."))
    return file


def read(file: UploadedFile, key: str) -> Table:
    """Draw the choice of a delimiter, or of a sheet, and return the file's table. Raises Invalid."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("Delimiter"),
            list(DELIMITERS),
            index=None,
            format_func=lambda delimiter: _(DELIMITERS[delimiter]),
            placeholder=_("As in the headings"),
            key=f"{key}_delimiter_{file.file_id}",
            width=220,
        )
        kept = state(UploadedTable)
        sheet = _choose_sheet(file, kept, key)
        of = (file.file_id, chosen, sheet)
        if kept.table is None or kept.of != of:
            kept.of, kept.table = of, _read(file, chosen, sheet)
        table = kept.table
        st.caption(literal(_how_read(table)))
    _draw_left_out(table)
    return table


def key_of(file: UploadedFile, table: Table) -> str:
    """Return a key that differs for another file, and for another delimiter or sheet of the same one."""
    sheet = f"_{crc32(table.sheet.encode())}" if table.sheet else ""
    return f"{file.file_id}_{ord(table.delimiter or ' ')}{sheet}"


def choose_columns(names: Mapping[C, str], guessed: Mapping[C, str], table: Table, key: str, end: str) -> dict[C, str]:
    """Draw the choice of a heading for each column, filled in as far as it is ``guessed``; return the choice.

    ``key`` and ``end`` are the beginning and the end of the fields' keys.
    """
    chosen: dict[C, str] = {}
    columns = list(names)
    for first in range(0, len(columns), COLUMNS_IN_A_ROW):
        for cell, column in zip(st.columns(COLUMNS_IN_A_ROW), columns[first:], strict=False):
            start = guessed.get(column)
            heading = cell.selectbox(
                _(names[column]),
                table.headings,
                index=table.headings.index(start) if start else None,
                placeholder=_("Not in the file"),
                key=f"{key}_{column}_{end}",
                filter_mode="contains",
            )
            if heading is not None:
                chosen[column] = heading
    return chosen


def draw_problems(problems: Sequence[Problem], table: Table) -> None:
    """Draw the first problems: the place of each, the text that was read there, and the error."""
    shown = problems[:PROBLEMS_SHOWN]
    draw_table(
        {
            _("Row in the file"): [str(problem.row) for problem in shown],
            _("Column"): [problem.column for problem in shown],
            _("What was read"): quote_cells(table, shown),
            _("What is wrong"): [explain(problem.error) for problem in shown],
        },
        empty="",
        alt=_("What is wrong"),
    )
    if len(problems) > PROBLEMS_SHOWN:
        st.caption(_("The first {count} are shown.", count=PROBLEMS_SHOWN))


def _choose_sheet(file: UploadedFile, kept: UploadedTable, key: str) -> str | None:
    """Draw the choice of a sheet where there are several; return it, or None for the first."""
    if kept.sheets_of != file.file_id:
        file.seek(0)
        kept.sheets = reading.sheet_names(file)
        kept.sheets_of = file.file_id
    if len(kept.sheets) < 2:
        return None
    return st.selectbox(
        _("Sheet"),
        kept.sheets,
        index=None,
        placeholder=kept.sheets[0],
        key=f"{key}_sheet_{file.file_id}",
        width=220,
    )


def _read(file: UploadedFile, chosen: Delimiter | None, sheet: str | None) -> Table:
    file.seek(0)
    with st.spinner(_("The file is read …")):
        return reading.read_table(file, chosen, sheet)


def _draw_left_out(table: Table) -> None:
    """Draw which sheets of a workbook were not read, and how many hidden rows were."""
    if table.other_sheets:
        st.caption(literal(_("Not read are the other sheets: {names}.", names=", ".join(table.other_sheets))))
    if table.hidden_rows:
        st.caption(
            count_of(
                "{count} of the rows is hidden in the workbook, and read all the same.",
                "{count} of the rows are hidden in the workbook, and read all the same.",
                table.hidden_rows,
            )
        )


def _how_read(table: Table) -> str:
    rows = count_of("{count} row", "{count} rows", len(table.records))
    if table.delimiter is None:
        return _("Read from the sheet {sheet} of the workbook: {rows}.", sheet=table.sheet, rows=rows)
    delimiter = _(DELIMITERS[table.delimiter])
    return _("Read as {encoding}, {delimiter}: {rows}.", encoding=table.encoding, delimiter=delimiter, rows=rows)
