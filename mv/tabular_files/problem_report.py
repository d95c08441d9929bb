"""Problems of a file as reports for programs and people tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mv.errors import N_, MvError
from mv.i18n import explain, translate
from mv.tabular_files.table import Problem, Table, quote_cells


def describe(
    table: Table | None, problems: Sequence[Problem], error: MvError | None, language: str
) -> list[dict[str, object]]:
    """Return each problem with its row, its column, what was read there and the message.

    ``error`` says why the file was not read, and has no row. Without a ``table`` nothing else is told.
    """
    found: list[dict[str, object]] = []
    if error:
        found.append({"row": None, "column": None, "read": "", "message": explain(error, language)})
    if table:
        for problem, read in zip(problems, quote_cells(table, problems), strict=True):
            message = explain(problem.error, language)
            found.append({"row": problem.row, "column": problem.column or None, "read": read, "message": message})
    return found


def line(each: Mapping[str, object], language: str) -> str:
    """Return a described problem, or anything with a row and a message, as a line of text."""
    place = translate(N_("Row {row}"), language).format(row=each["row"])
    return f"{place}, {each['column']}: {each['message']}" if each.get("column") else f"{place}: {each['message']}"
