"""Format the numbers of a workbook as texts: days, times, whole numbers and decimals.

A workbook keeps a day as the number of days since 1900 (or 1904), and says by the format of the cell that it is one.
Source: ECMA-376, part 1, 18.8.30 (numFmt), 18.17.4 (dates and times).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from mv.tabular_files.xlsx.xml import damaged_error

Formatter = Callable[[str], str]

BUILT_IN: Mapping[int, str] = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
}
"""The built-in formats of days and times, which have a number and no code in the file."""

_EXACT = 15
"""Digits that a spreadsheet keeps of a number."""
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_LONGEST_NUMBER = 40
_LONGEST_CODE = 255
"""Characters that Excel lets in."""
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DAY_OR_TIME = re.compile("[ymdhs]", re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_ZEROS = re.compile(r"0+(?:(?:[- ]|\\[- ]|\"[- ]\")0+)*")
"""As `000000-0000`, which Swedish Excel calls Personnummer."""
_SECONDS = 86_400
_FIRST_DAY, _FIRST_DAY_1904 = date(1899, 12, 30), date(1904, 1, 1)
_BEFORE_LEAP = 60
"""The workbooks of 1900 have a 29 February in that year, which was none: the days before it are one later."""


def make_formatter(code: str, *, since_1904: bool = False) -> Formatter:
    """Return the formatter of numbers in cells with the format ``code``."""
    section = code[:_LONGEST_CODE].partition(";")[0]
    if _ZEROS.fullmatch(section) and section.count("0") > 1:
        return partial(_format_padded, re.sub(r'[\\"]', "", section))
    if not _ELAPSED.search(section) and _DAY_OR_TIME.search(_NOT_CODE.sub("", section)):
        return partial(_format_date_time, since_1904)
    return format_number


def format_number(raw: str) -> str:
    """Format a number without an exponent, rounded to the digits that a spreadsheet keeps.

    A number with more digits before the point keeps its exponent, as it is not known exactly.
    """
    if raw.isascii() and raw.isdigit() and len(raw) <= _EXACT:
        return str(int(raw))
    number = _parse_number(raw)
    text = f"{number:.{_EXACT}g}"
    if "e+" in text:
        return text.upper()
    return f"{Decimal(text):f}" if number else "0"


def _format_padded(form: str, raw: str) -> str:
    """Format a whole number with leading zeros, and the hyphens and spaces of its format."""
    digits = format_number(raw)
    if not digits.isdigit():
        return digits
    rest = list(digits.zfill(form.count("0")))
    written = [rest.pop() if place == "0" else place for place in reversed(form)]
    return "".join(rest) + "".join(reversed(written))


def _format_date_time(since_1904: bool, raw: str) -> str:
    """Format as YYYY-MM-DD, HH:MM:SS or both; a number that is no day stays a number."""
    number = _parse_number(raw)
    whole = math.floor(number)
    seconds = round((number - whole) * _SECONDS)
    if seconds == _SECONDS:
        whole, seconds = whole + 1, 0
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if whole == 0:
        return time
    if whole == _BEFORE_LEAP and not since_1904:
        return "1900-02-29"
    try:
        day = _to_date(whole, since_1904)
    except OverflowError:
        return format_number(raw)
    return f"{day.isoformat()} {time}" if seconds else day.isoformat()


def _to_date(whole: int, since_1904: bool) -> date:
    if whole < 0:
        raise OverflowError
    if since_1904:
        return _FIRST_DAY_1904 + timedelta(days=whole)
    return _FIRST_DAY + timedelta(days=whole + (whole < _BEFORE_LEAP))


def _parse_number(raw: str) -> float:
    if len(raw) > _LONGEST_NUMBER or not _NUMBER.fullmatch(raw):
        raise damaged_error()
    number = float(raw)
    if not math.isfinite(number):
        raise damaged_error()
    return number
