"""Parse a pasted list of identity numbers, from a text, an e-mail or a spreadsheet, with one person on each line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from mv import identity
from mv.errors import N_, Invalid, MvError
from mv.identity import Identity
from mv.text import visible

MOST_LINES = 1000
LONGEST_LINE = 500

CELL_SEPARATOR = re.compile(r"[\t;,|]")
"""The separators of cells in a line; no identity number holds any of them."""
EDGE_CHARACTERS = re.compile(r"^[\W_]+|[\W_]+$")
"""Characters at the edges of a cell: spaces, quotes, bullets, an equals sign, a byte-order mark."""
IDENTITY_IN_TEXT = re.compile(r"(?<![^\W_])(?:\d{2})?\d{6}\s?[-+\N{MINUS SIGN}\u2010-\u2015]?\s?[^\W_]{4}(?![^\W_])")
"""An identity number in a cell that holds other text, too."""
SCIENTIFIC_NOTATION = re.compile(r"\d[.,]\d+\s?[Ee]\s?\+?\s?\d\d")
"""A long number as a spreadsheet shows it in a narrow column, such as 1,98E+11."""


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """A line, by its number in the list, with its identity or the error. A heading has neither.

    The repr shows nothing of the text.
    """

    number: int
    text: str = field(repr=False)
    identity: Identity | None = None
    error: MvError | None = None

    @property
    def is_heading(self) -> bool:
        """Whether the line is the heading of the list."""
        return self.identity is None and self.error is None


def parse(text: str, today: date) -> list[ParsedLine]:
    """Parse the lines of ``text`` that are not empty; a first line without a digit is a heading.

    Raises Invalid for a list without a line, or with more than MOST_LINES.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if EDGE_CHARACTERS.sub("", line)]
    heading = lines[:1] if lines and not any(char.isdigit() for char in lines[0][1]) else []
    others = lines[len(heading) :]
    if not others:
        raise Invalid(N_("There is no identity number in the list. Paste the numbers, one on each line."))
    if len(others) > MOST_LINES:
        raise Invalid(
            N_("The list has {count} lines, and {most} at most are taken at once. Divide it, or import a file."),
            count=len(others),
            most=MOST_LINES,
        )
    return [ParsedLine(number, line) for number, line in heading] + [
        _parse_line(number, line, today) for number, line in others
    ]


def _parse_line(number: int, line: str, today: date) -> ParsedLine:
    if len(line) > LONGEST_LINE:
        return ParsedLine(number, line, error=Invalid(N_("The line is too long. Write one person on each line.")))
    found, wrong = _find_identities(visible(line), today)
    if len(found) > 1:
        several = Invalid(N_("There are several identity numbers on the line. Write one person on each line."))
        return ParsedLine(number, line, error=several)
    if found:
        return ParsedLine(number, line, found[0])
    if SCIENTIFIC_NOTATION.search(line):
        wrong = Invalid(N_("The spreadsheet has shortened the number. Show its column without decimals; copy it anew."))
    return ParsedLine(number, line, error=wrong)


def _find_identities(line: str, today: date) -> tuple[list[Identity], Invalid | None]:
    """Return the different identities on the line, and the error of the candidate with most digits that is none."""
    found: dict[str, Identity] = {}
    wrong: dict[int, Invalid] = {}
    for candidates in _candidates(line):
        for place, text in enumerate(candidates):
            try:
                each = identity.parse(text, today)
            except Invalid as error:
                wrong[sum(char.isdigit() for char in text)] = error
                continue
            found[each.number] = each
            if place == 0:
                break
    return list(found.values()), wrong[max(wrong)] if wrong else None


def _candidates(line: str) -> Iterator[list[str]]:
    """Yield the candidates of each cell that is not empty: the whole cell, then the numbers in it."""
    for cell in CELL_SEPARATOR.split(line):
        text = EDGE_CHARACTERS.sub("", cell)
        if text:
            yield [text, *IDENTITY_IN_TEXT.findall(text)]
