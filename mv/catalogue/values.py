"""Values of the catalogue: parsed from the texts of a file or a form, and written to a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from biip import ParseError
from biip.gtin import Gtin

from mv.catalogue import AgeUnit
from mv.catalogue.tables import Column, Kind, Value
from mv.errors import N_, Invalid
from mv.i18n import SWEDISH, translate
from mv.identity import Sex
from mv.tabular_files import cells
from mv.text import fold, visible

AGE_UNITS: Mapping[str, str] = {
    AgeUnit.YEARS: N_("years on the day"),
    AgeUnit.MONTHS: N_("months on the day"),
    AgeUnit.TURNS: N_("years turned in the calendar year"),
}
SEXES: Mapping[str, str] = {Sex.FEMALE: N_("woman"), Sex.MALE: N_("man")}
YES_NO: Mapping[bool, str] = {True: N_("Yes"), False: N_("No")}
WORDS: Mapping[Kind, Mapping[Any, str]] = {Kind.AGE_UNIT: AGE_UNITS, Kind.SEX: SEXES, Kind.YES_NO: YES_NO}
YES, NO = {"true", "1"}, {"false", "0"}
MOST_DIGITS = 6
NUMBER = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")


def parse(column: Column, text: str) -> Value:
    """Return the value that ``text`` means in the column; without text none, and no for a yes or no.

    Raises Invalid for a text that is no such value.
    """
    text = " ".join(visible(text).split())
    if column.kind == Kind.GTINS:
        return tuple(sorted({parse_gtin(each) for each in re.split(r"[ ,;]+", text) if each}))
    if not text:
        return False if column.kind == Kind.YES_NO else None
    if column.kind == Kind.DAY:
        return cells.parse_day(text)
    if column.kind == Kind.NUMBER:
        if not NUMBER.fullmatch(text):
            raise Invalid(N_("“{read}” is no whole number."), read=cells.quote(text))
        return int(text)
    if column.kind == Kind.YES_NO:
        return _parse_yes_no(text)
    if column.kind == Kind.AGE_UNIT:
        return _parse_word(text, AGE_UNITS)
    if column.kind == Kind.SEX:
        return _parse_word(text, SEXES)
    return text.upper() if column.kind == Kind.ATC else text


def parse_gtin(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14 digits. Raises Invalid where its check digit is another."""
    try:
        return Gtin.parse(text).as_gtin_14()
    except ParseError:
        raise Invalid(
            N_("“{read}” is no GTIN: 13 or 14 digits from the pack, of which the last one fits the others."),
            read=text[: cells.LONGEST_QUOTE],
        ) from None


def written(value: Value) -> str:
    """Return the value as a file of the catalogue has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def label(column: Column, value: Value, language: str) -> str:
    """Return the value as people read it."""
    words: Mapping[Any, str] = WORDS.get(column.kind, {})
    return translate(words[value], language) if value in words else written(value)


def is_day(value: Value) -> date:
    """Return the value of a column of days that has one."""
    assert isinstance(value, date)  # noqa: S101 (validation asks for it)
    return value


def _parse_yes_no(text: str) -> bool:
    words = {fold(word): value for value, word in YES_NO.items()}
    words |= {fold(translate(word, SWEDISH)): value for value, word in YES_NO.items()}
    words |= dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
    if fold(text) not in words:
        raise Invalid(N_("“{read}” is neither yes nor no."), read=cells.quote(text))
    return words[fold(text)]


def _parse_word(text: str, words: Mapping[str, str]) -> str:
    for code, word in words.items():
        if fold(text) in (fold(code), fold(word), fold(translate(word, SWEDISH))):
            return str(code)
    raise Invalid(N_("“{read}” is none of {codes}."), read=cells.quote(text), codes=", ".join(words))
