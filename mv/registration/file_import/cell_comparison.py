"""Compare cells with stored values: a word of a list, the same text, the same instant."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mv.clock import to_local
from mv.errors import Invalid
from mv.i18n import ENGLISH, SWEDISH, translate
from mv.text import fold, restore_formulas, visible

MISSING_SECONDS = timedelta(minutes=1)
"""A spreadsheet may leave them out of an instant."""


@dataclass(frozen=True, slots=True)
class TranslatedWord:
    """A word that is shown in the language of the user."""

    text: str

    def label(self, language: str) -> str:
        """Return the word in ``language``."""
        return translate(self.text, language)


def word_parser(words: Mapping[str, str], otherwise: str) -> Callable[[str], str]:
    """Return a parser of these words, by code or in either language; it raises Invalid with ``otherwise``."""
    forms = [(form, code) for code, word in words.items() for form in (code, *_forms(word))]
    codes = dict(forms) | {fold(form): code for form, code in forms}

    def parse(text: str) -> str:
        code = codes.get(text) or codes.get(fold(text))
        if code is None:
            raise Invalid(otherwise)
        return code

    return parse


def _forms(word: str) -> list[str]:
    return [translate(word, language) for language in (ENGLISH, SWEDISH)]


def text_matcher(*registered: str) -> Callable[[str], bool]:
    """Return a test for cells that hold one of these texts, also with the apostrophes that mark a text."""

    def is_same(text: str) -> bool:
        if text in registered:
            return True
        same = {_normalised(each) for each in registered}
        return _normalised(text) in same or _normalised(restore_formulas(text)) in same

    return is_same


def _normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", visible(text)).split())


def instant_matcher(registered: datetime | None) -> Callable[[str], bool]:
    """Return a test for cells that hold this instant, in Stockholm's time and with or without seconds."""

    def is_same(text: str) -> bool:
        try:
            said = datetime.fromisoformat(text)
        except ValueError:
            return False
        return (
            registered is not None
            and abs(said.replace(tzinfo=None) - to_local(registered).replace(tzinfo=None)) < MISSING_SECONDS
        )

    return is_same
