"""A made file, and what reading it has to come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.conftest import invented_number

ASTA = invented_number(date(1938, 5, 2), 242)
BO = invented_number(date(1946, 3, 12))
CLARA = invented_number(date(1992, 9, 30), 348)
DAVID = invented_number(date(1951, 12, 13), 239)
EVA = invented_number(date(2001, 2, 7), 126)

SWEDISH = ("Personnummer", "Kundgrupp", "Undergrupp", "Första dag", "Enhet")
ENGLISH = ("Identity number", "Group", "Subgroup", "First day", "Unit")
ROWS = (
    (ASTA, "65 år och äldre", "", "2026-11-21", "Mottagning Norr"),
    (CLARA, "Gravid", "", "2026-11-21", "Mottagning Norr"),
    (DAVID, "Medicinsk riskgrupp", "Hjärt- och kärlsjukdom inkl. stroke", "2026-11-21", "Mottagning Söder"),
)
ENGLISH_ROWS = (
    (ASTA, "65 years and older", "", "2026-11-21", "Mottagning Norr"),
    (CLARA, "Pregnant", "", "2026-11-21", "Mottagning Norr"),
    (DAVID, "Medical risk group", "Cardiovascular disease incl. stroke", "2026-11-21", "Mottagning Söder"),
)


@dataclass(frozen=True)
class Made:
    """A file by its name, with what it holds and what is expected of it."""

    name: str
    data: bytes
    expected: Mapping[str, Any]


def table(
    headings: Sequence[str],
    rows: Mapping[int, Sequence[str]] | Sequence[Sequence[str]],
    *,
    encoding: str = "UTF-8",
    delimiter: str | None = ";",
    problems: Sequence[tuple[str, str]] = (),
    **more: object,
) -> dict[str, Any]:
    """Return what is expected of a file that can be read: rows by number, and problems in English and Swedish."""
    numbered = rows if isinstance(rows, Mapping) else dict(enumerate(rows, start=2))
    expected: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter, "headings": list(headings)}
    expected["rows"] = {str(number): list(row) for number, row in numbered.items()}
    if problems:
        expected["problems"] = [{"en": english, "sv": swedish} for english, swedish in problems]
    return expected | more


def sheet(
    headings: Sequence[str], rows: Mapping[int, Sequence[str]] | Sequence[Sequence[str]], **more: Any
) -> dict[str, Any]:
    """Return what is expected of a workbook that can be read."""
    return table(headings, rows, encoding="Excel", delimiter=None, **({"sheet": "Blad1"} | more))


def refused(english: str, swedish: str) -> dict[str, Any]:
    """Return what is expected of a file that cannot be read."""
    return {"error": {"en": english, "sv": swedish}}
