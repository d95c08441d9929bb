"""Parse cells of a table as values, amounts and days. No error quotes what may be an identity number."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from mv import identity
from mv.errors import N_, Invalid

MOST_KRONOR = 100_000_000
LONGEST_AMOUNT = 25
"""Characters; so few that a Decimal of 28 digits is exact."""
LONGEST_QUOTE = 30
NO_VALUE = "="
"""Stands for a formula of a workbook that was saved without its value."""

_ERRORS = frozenset(
    {
        "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!",
        "#SKÄRNING!", "#DIVISION/0!", "#VÄRDEFEL!", "#REFERENS!", "#NAMN?", "#OGILTIGT!", "#SAKNAS!",
    }
)  # fmt: skip
"""The errors of formulas that spreadsheets show, in English and in Swedish."""
_TOO_NARROW = re.compile("#+")
"""A number in a column that is too narrow for it."""
_KEPT_AS_TEXT = re.compile(r'="([^"=]*)"')
"""Text in CSV whose zeros Excel leaves: ="0123"."""
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE)
_SERIAL_DAY = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")

_MAY_BE_IDENTITY = re.compile(r"[0-9]{6}[0-9A-Z]{4}", re.IGNORECASE)
_SEPARATORS = re.compile(r"[^0-9A-Z]", re.IGNORECASE)

_SPACE = r"[ \u00a0\u2009\u202f]"
_AMOUNT = re.compile(
    rf"(?:kr|SEK){_SPACE}*(?P<before>.+)|(?P<after>.+?){_SPACE}*(?:kr\.?|SEK|[:,]-)|(?P<plain>.+)", re.IGNORECASE
)
_NUMBER = re.compile(
    rf"(?P<sign>[-+\u2212\u2013]?){_SPACE}*"
    rf"(?P<whole>[0-9]+|[0-9]{{1,3}}(?P<group>{_SPACE}|[.,'])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
    r"(?:(?P<point>[.,])(?P<rest>[0-9]+))?(?P<trailing>-?)"
)
_TWO_WAYS = re.compile(r"[-+\u2212\u2013]? *[0-9]{1,3}[.,][0-9]{3}-?")
_DAYS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})"),
)
_DAY_OR_MONTH = re.compile(r"(0[1-9]|1[0-2])/(?!\1)(?:0[1-9]|1[0-2])/[0-9]{4}")
"""A day that Swedes and Americans read in two ways."""
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})[T ](?P<time>(?:[01][0-9]|2[0-3]):[0-5][0-9]"
    r"(?::[0-5][0-9](?:[.,][0-9]{1,9})?)?(?: ?[AP]M)?(?: ?(?:Z|UTC|[-+][0-9]{2}:?[0-9]{2}))?)",
    re.IGNORECASE,
)
"""A day with a time; no identity number has a colon there."""
_MIDNIGHT = re.compile(r"00:00(?::00(?:[.,]0+)?)?|12:00(?::00)? ?AM", re.IGNORECASE)


def parse_value(text: str) -> str:
    """Return the text of a cell, without the marks of ``="0123"`` by which Excel leaves it unchanged.

    Raises Invalid for an error such as ``#REF!``, a formula, and a shortened number such as ``1,98E+11``.
    """
    if kept := _KEPT_AS_TEXT.fullmatch(text):
        return kept[1].strip()
    if text == NO_VALUE:
        raise Invalid(
            N_("The formula has no value. Open the file in a spreadsheet program, save it, and choose it again.")
        )
    if text.startswith("="):
        raise Invalid(N_("The cell holds a formula. Write the value itself."))
    if text in _ERRORS or _TOO_NARROW.fullmatch(text):
        raise Invalid(N_("“{read}” is an error of the spreadsheet. Write the value itself."), read=quote(text))
    if _SHORTENED.fullmatch(text):
        raise Invalid(
            N_("The spreadsheet has shortened the number. Give its column the format Text, and write it anew.")
        )
    return text


def parse_amount(text: str) -> int:
    """Return the öre of an amount in kronor such as ``1 234,50``, ``1.234,50``, ``-150`` or ``150 kr``.

    Raises Invalid for anything else, for parts of an öre, and for what can be read in two ways: ``1.234``.
    """
    wrapped = _AMOUNT.fullmatch(text.strip()) if len(text) <= LONGEST_AMOUNT else None
    number = next(part for part in wrapped.groups() if part).strip() if wrapped else ""
    if _TWO_WAYS.fullmatch(number):
        raise Invalid(
            N_("“{read}” can be read in two ways. Write it without thousands’ marks, or with two decimals."),
            read=quote(text),
        )
    found = _NUMBER.fullmatch(number)
    if found is None or (found["sign"] and found["trailing"]) or (found["group"] and found["group"] == found["point"]):
        raise Invalid(N_("“{read}” is no amount. Write it like 150,00."), read=quote(text))
    ore = Decimal(f"{re.sub('[^0-9]', '', found['whole'])}.{found['rest'] or 0}") * 100
    if ore != int(ore):
        raise Invalid(N_("“{read}” has parts of an öre."), read=quote(text))
    if ore > MOST_KRONOR * 100:
        raise Invalid(N_("“{read}” is more kronor than can be right."), read=quote(text))
    negative = found["sign"] not in ("", "+") or found["trailing"]
    return -int(ore) if negative else int(ore)


def parse_day(text: str, known: date | None = None) -> date:
    """Parse a day written as YYYY-MM-DD, YYYYMMDD or DD/MM/YYYY, also with midnight behind it.

    Raises Invalid for anything else: for another time of day, as a day may be another one in Stockholm; for 11/02/2026,
    which can be read in two ways unless ``known`` is one of them; and for a year before the first of identity numbers.
    """
    text = text.strip()
    if timed := _TIME.fullmatch(text):
        if not _MIDNIGHT.fullmatch(timed["time"]):
            raise Invalid(N_("“{read}” has a time. Write the day alone, like 2026-11-22."), read=quote(text))
        text = timed["day"]
    if _DAY_OR_MONTH.fullmatch(text):
        if known and text in (f"{known:%d/%m/%Y}", f"{known:%m/%d/%Y}"):
            return known
        raise Invalid(N_("“{read}” can be read in two ways. Write the day like 2026-11-22."), read=quote(text))
    for form in _DAYS:
        if found := form.fullmatch(text):
            try:
                day = date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                raise Invalid(N_("There is no day “{read}”."), read=quote(text)) from None
            if day.year < identity.FIRST_YEAR:
                raise Invalid(N_("“{read}” is too long ago. Check the year."), read=quote(text))
            return day
    if _SERIAL_DAY.fullmatch(text):
        raise Invalid(
            N_("“{read}” is a number of days, as a spreadsheet keeps a day. Format the column as a date, YYYY-MM-DD."),
            read=quote(text),
        )
    raise Invalid(N_("“{read}” is no day. Write it like 2026-11-22."), read=quote(text))


def may_be_identity(text: str) -> bool:
    """Return whether the text may hold an identity number, valid or not, in any spelling."""
    return _MAY_BE_IDENTITY.search(_SEPARATORS.sub("", text)) is not None


def quote(text: str) -> str:
    """Return the beginning of the text for a message, or only dots if it may hold an identity number."""
    plain = " ".join(text.split())
    if may_be_identity(plain) and not _TIME.fullmatch(plain):
        return "…"
    return plain if len(plain) <= LONGEST_QUOTE else f"{plain[:LONGEST_QUOTE]}…"
