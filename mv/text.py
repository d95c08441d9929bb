"""Texts that people write and read: folding, notes, names of codes, and cells that spreadsheets open."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from mv.errors import N_, Invalid
from mv.i18n import SWEDISH

LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
DATE_IN_NOTE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)(?![\s+-]*[\dA-Z]{0,3}\d)")
"""A date (YYYY-MM-DD) that nothing follows which could be the rest of an identity number."""
LOOKS_LIKE_IDENTITY_NUMBER = re.compile(r"\d{6}")
MOST_SUGGESTIONS = 5
TURNS_ROUND = "\N{RIGHT-TO-LEFT OVERRIDE}"
DASH, FORMAT_CHARACTER = "Pd", "Cf"
"""General categories of Unicode (its standard, section 4.5)."""
INVISIBLE = "\\x00-\\x20\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
STARTS_FORMULA = "-=+@\uff1d\uff0b\uff0d\uff20"
FORMULA = f"^(?:'|[\\x00-\\x1f]|[{INVISIBLE}]*[{STARTS_FORMULA}])"
"""A cell that a spreadsheet may run (after OWASP, CSV Injection), or that begins as a neutralised one does."""
SEPARATORS = ";,|\\t\\r\\n"
CELL_WITHIN = f'([{SEPARATORS}][{INVISIBLE}"]*)'
FORMULA_WITHIN = f"{CELL_WITHIN}([{STARTS_FORMULA}'])"
"""The like within a cell, which becomes one of its own in a spreadsheet that takes another separator for the file's."""
NEUTRALISED = re.compile(f"(?:^|{CELL_WITHIN})'")

NamesByCode = Mapping[str, Sequence[str]]
"""The names of each code: a code and a name; or a code, a Swedish name and an English one."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Names to suggest in a message: those ``close`` to what was written or, where none is, those of all ``codes``."""

    close: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]

    def label(self, language: str) -> str:
        """Return the names separated by commas; where a code has a name in each language, the one in ``language``."""
        place = 1 if language == SWEDISH else -1
        return ", ".join(dict.fromkeys(self.close or [names[place] for names in self.codes]))


def visible(text: str) -> str:
    """Return ``text`` without the characters that show nothing: soft hyphens, zero widths, marks of direction.

    The right-to-left override stays, to be refused: it shows what follows in another order than it is kept.
    """
    if text.isascii():
        return text
    return "".join(c for c in text if c == TURNS_ROUND or unicodedata.category(c) != FORMAT_CHARACTER)


def with_hyphens(text: str) -> str:
    """Return the visible ``text`` stripped, each sort of dash as a hyphen."""
    return "".join(
        "-" if c == "\N{MINUS SIGN}" or unicodedata.category(c) == DASH else c for c in visible(text)
    ).strip()


def fold(text: str) -> str:
    """Return ``text`` in lower case, without accents, its words separated by one space."""
    plain = unicodedata.normalize("NFKD", visible(text).casefold().translate(LETTERS_WITHOUT_DECOMPOSITION))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))


def clean_note(note: str, longest: int) -> str:
    """Return ``note`` with single spaces.

    Raises Invalid when it is longer than ``longest`` characters or holds what may be an identity number; a date
    (YYYY-MM-DD) may stand in it.
    """
    text = " ".join(visible(note).split())
    if len(text) > longest:
        raise Invalid(N_("The note has at most {most} characters."), most=longest)
    if LOOKS_LIKE_IDENTITY_NUMBER.search(re.sub(r"[\s+-]", "", DATE_IN_NOTE.sub("/", text))):
        raise Invalid(N_("Leave identity numbers out of the note; the customer is logged as it is."))
    return text


def find_codes(text: str, names: NamesByCode) -> list[str]:
    """Return the codes that have ``text`` among their names, in small or capital letters."""
    wanted = visible(text).strip().casefold()
    return [code for code, each in names.items() if wanted in (name.casefold() for name in each)]


def suggest_names(text: str, names: NamesByCode) -> Suggestions:
    """Return the names closest to ``text``, at most one of each code; where none is close, those that contain it."""
    wanted = visible(text).strip().casefold()
    folded = {name.casefold(): (code, name) for code, each in names.items() for name in each}
    of_each: dict[str, str] = {}
    for code, name in (folded[close] for close in get_close_matches(wanted, folded, n=len(folded))):
        of_each.setdefault(code, name)
    containing = [name for close, (_, name) in folded.items() if wanted and wanted in close]
    found = list(of_each.values()) or containing
    return Suggestions(tuple(found[:MOST_SUGGESTIONS]), tuple(map(tuple, names.values())))


def neutralise_formulas(cells: pd.Series) -> pd.Series:
    """Put an apostrophe before each formula that a spreadsheet could run: a whole cell, or after a separator in it."""
    unsure = ~cells.str.slice(0, 1).str.isalnum().fillna(True)  # none that begins with a letter or digit; quick to tell
    risky = cells.where(unsure).str.contains(FORMULA, regex=True).fillna(False) if unsure.any() else unsure
    if cells.str.contains(f"[{SEPARATORS}]", regex=True).any():
        cells = cells.str.replace(FORMULA_WITHIN, r"\1'\2", regex=True)
    return cells.mask(risky, "'" + cells) if risky.any() else cells


def restore_formulas(cell: str) -> str:
    """Return the text that :func:`neutralise_formulas` made a cell of."""
    return NEUTRALISED.sub(lambda found: found[1] or "", cell)
