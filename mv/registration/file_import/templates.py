"""Files to fill in: the template, and a file that is handed back with its problems in a last column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pandas as pd

from mv.errors import N_
from mv.export import pipeline
from mv.export.formats import Format
from mv.export.formats.csv import Csv
from mv.export.formats.xlsx import Xlsx
from mv.export.schema import Column, Kind, Layout
from mv.i18n import explain, translate
from mv.pseudonyms import TEXT
from mv.registration.file_import import exported_layout
from mv.registration.file_import.columns import DAY_COLUMNS, NAMES, PROBLEM_HEADING, is_problem_heading
from mv.registration.file_import.plan import Plan, PlannedRow, RowState
from mv.tabular_files.table import Table

TITLE = N_("To register")
SEPARATOR = " | "
"""Between two problems in a cell."""


def template(form: Format, language: str) -> Iterator[bytes]:
    """Yield a file with the headings in ``language`` and no row, so that no example is imported by mistake."""
    columns = [Column(column, name, Kind.DAY if column in DAY_COLUMNS else Kind.TEXT) for column, name in NAMES.items()]
    layout = Layout(translate(TITLE, language), columns, [translate(name, language) for name in NAMES.values()])
    frame = pd.DataFrame({column.name: pd.Series([], dtype=TEXT) for column in columns})
    yield from pipeline.encode_frame(layout, frame, form)


def template_filename(form: Format) -> str:
    """Return the file name of the template."""
    return f"mall_efterregistrering.{form.suffix}"


def with_problems(table: Table, plan: Plan, language: str) -> Iterator[bytes]:
    """Yield every row of the file as it was, with its problems in a last column.

    An import ignores that column, so the corrected file can be imported. An earlier such column is replaced.
    """
    written = exported_layout.without_escapes(table)
    kept = [place for place, heading in enumerate(table.headings) if not is_problem_heading(heading)]
    reasons = _problems_by_row(plan, language)
    cells = {f"{place}": [record.cells[place] for record in written.records] for place in kept}
    cells["reasons"] = [reasons.get(record.number, "") for record in written.records]
    columns = [Column(name, name) for name in cells]
    heads = [*(table.headings[place] for place in kept), translate(PROBLEM_HEADING, language)]
    frame = pd.DataFrame({name: pd.Series(texts, dtype=TEXT) for name, texts in cells.items()})
    yield from pipeline.encode_frame(Layout(translate(TITLE, language), columns, heads), frame, format_of(table))


def format_of(table: Table) -> Format:
    """Return the format in which the file is handed back: a workbook, or CSV for spreadsheets."""
    if table.delimiter is None:
        return Xlsx()
    return Csv("," if table.delimiter == "," else ";", bom=True)


def problems_filename(table: Table, today: date) -> str:
    """Return the name of the file with the problems; it holds no personal data."""
    return f"att_ratta_{today}.{format_of(table).suffix}"


def _problems_by_row(plan: Plan, language: str) -> dict[int, str]:
    """Map the number of each row that cannot be imported to its problems."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for problem in plan.problems:
        place = f"{problem.column}: " if problem.column else ""
        found[problem.row].append(place + explain(problem.error, language))
    for line in plan.lines:
        if line.state is RowState.DOUBTFUL:
            found[line.number] += [
                *explain_concerns(line, language),
                translate(N_("Write a reason, if it is right."), language),
            ]
    return {number: SEPARATOR.join(dict.fromkeys(texts)) for number, texts in found.items()}


def explain_concerns(line: PlannedRow, language: str) -> list[str]:
    """Return the concerns about a row in ``language``."""
    return [explain(concern, language) for concern in line.validation.concerns.values()] if line.validation else []
