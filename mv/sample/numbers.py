"""Identity numbers in whole columns: every one passes the check, and none is given out twice.

The serials of a day are taken from 999 downwards, so that the first twenty people of a day get 980–999,
which public test numbers use. Only a large sample goes below them.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mv.identity import IdentityKind
from mv.sample.columns import Bools, Ints

KINDS = tuple(IdentityKind)
RARE_SHARES = {
    IdentityKind.SAMORDNINGSNUMMER: 0.012,
    IdentityKind.RESERVE_STOCKHOLM: 0.0015,
    IdentityKind.RESERVE_VGR: 0.0015,
    IdentityKind.RESERVE_VARMLAND: 0.001,
    IdentityKind.RESERVE_NATIONAL: 0.0015,
}
"""The share of every kind of number but the ordinary one."""

NATIONAL_LETTERS = np.array([ord(c) for c in string.ascii_uppercase if c not in "IOQVW"])
VARMLAND_ORDER = np.array([ord(c) for c in "123456789" + string.ascii_uppercase if c != "V"])
SEX_CELLS = 2


class Serials:
    """Count of the numbers taken of each kind, by day of birth and sex."""

    def __init__(self, first_day: int, last_day: int) -> None:
        self._first_day = first_day
        self._days = last_day - first_day + 1
        self._taken = np.zeros(len(KINDS) * self._days * SEX_CELLS, np.int64)

    def take(self, kinds: Ints, births: Ints, female: Bools) -> Ints:
        """Return, for each person, the count of earlier ones with the same kind of number, day of birth and sex."""
        cells = (kinds * self._days + births - self._first_day) * SEX_CELLS + female
        order = np.argsort(cells, kind="stable")
        in_order = cells[order]
        places = np.arange(len(cells))
        starts = np.maximum.accumulate(np.where(np.diff(in_order, prepend=-1) != 0, places, 0))
        ranks = np.empty_like(cells)
        ranks[order] = self._taken[in_order] + places - starts
        np.add.at(self._taken, cells, 1)
        return ranks


def draw_kinds(rng: np.random.Generator, count: int) -> Ints:
    """Draw the kind of each number, as a place in KINDS; two hundred people or more have all of them."""
    codes = np.full(count, KINDS.index(IdentityKind.PERSONNUMMER))
    at = 0
    for kind, share in RARE_SHARES.items():
        number = max(round(count * share), int(count >= 200))
        codes[at : at + number] = KINDS.index(kind)
        at += number
    return rng.permutation(codes)


def identity_column(kinds: NDArray[np.integer[Any]], births: Ints, female: Bools, ranks: Ints) -> pa.Array:
    """Compose the identity numbers from the ``ranks`` that :meth:`Serials.take` gave."""
    months = births.astype("datetime64[D]").astype("datetime64[M]")
    month_numbers = months.astype(np.int64)
    day = births - months.astype("datetime64[D]").astype(np.int64) + 1
    dates = (month_numbers // 12 + 1970) * 10_000 + (month_numbers % 12 + 1) * 100 + day
    characters = np.zeros((len(kinds), 12), np.uint8)
    for code, kind in enumerate(KINDS):
        rows = np.flatnonzero(kinds == code)
        characters[rows] = WRITERS[kind](dates[rows], female[rows], ranks[rows])
    ends = np.arange(0, 12 * len(kinds) + 1, 12, dtype=np.int32)
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(characters.tobytes())]
    return pa.Array.from_buffers(pa.string(), len(kinds), buffers)


def check_digits(values: Ints) -> Ints:
    """Compute the modulus 10 check digit of each row of ``values``."""
    weights = np.array([2 - place % 2 for place in reversed(range(values.shape[1]))])
    products = values * weights
    sums: Ints = (products // 100 + products // 10 % 10 + products % 10).sum(axis=1)
    return -sums % 10


def _digits(numbers: Ints, width: int) -> Ints:
    powers: Ints = 10 ** np.arange(width - 1, -1, -1)
    return numbers[:, None] // powers % 10


def _ascii(*parts: Ints) -> NDArray[np.uint8]:
    """Join columns of single digits and of character codes side by side, as characters."""
    values = np.column_stack(parts)
    return np.where(values < 10, values + ord("0"), values).astype(np.uint8)


def _personnummer(dates: Ints, female: Bools, ranks: Ints) -> NDArray[np.uint8]:
    serials = 999 - female - 2 * ranks
    if len(serials) and serials.min() < 1:
        raise ValueError("a day of birth has run out of serials")
    body = np.column_stack((_digits(dates, 8), _digits(serials, 3)))
    return _ascii(body, check_digits(body[:, 2:]))


def _samordningsnummer(dates: Ints, female: Bools, ranks: Ints) -> NDArray[np.uint8]:
    return _personnummer(dates + 60, female, ranks)


def _stockholm(dates: Ints, female: Bools, ranks: Ints) -> NDArray[np.uint8]:
    # A number runs within the year: day and sex give each hundred of it, so that no two meet.
    day_of_year = (dates // 100 % 100 - 1) * 31 + dates % 100
    running = (day_of_year * SEX_CELLS + female) * 100 + ranks
    body = np.column_stack((_digits(dates // 10_000, 4), _digits(running, 5)))
    return _ascii(np.full((len(dates), 2), 9), body, check_digits(body[:, 2:]))


def _vgr(dates: Ints, female: Bools, ranks: Ints) -> NDArray[np.uint8]:
    running = 7 - female + 2 * ranks
    letters, values = np.where(female, ord("K"), ord("M")), np.where(female, 5, 7)
    checked = np.column_stack((_digits(dates, 8)[:, 2:], values, _digits(running, 2)))
    return _ascii(_digits(dates, 8), letters, _digits(running, 2), check_digits(checked))


def _varmland(dates: Ints, female: Bools, ranks: Ints) -> NDArray[np.uint8]:
    # SF: the day of birth is known. The digits 0 and 1 say nothing of the sex.
    sex = 3 - female + 2 * (ranks // len(VARMLAND_ORDER) % 4)
    letters = np.tile([ord("S"), ord("F")], (len(dates), 1))
    return _ascii(_digits(dates, 8), letters, sex, VARMLAND_ORDER[ranks % len(VARMLAND_ORDER)])


def _national(dates: Ints, female: Bools, ranks: Ints) -> NDArray[np.uint8]:
    count = len(NATIONAL_LETTERS)
    letters = np.column_stack((NATIONAL_LETTERS[ranks // count % count], NATIONAL_LETTERS[ranks % count]))
    body = np.column_stack((_digits(dates + 3_000_000, 8), letters, 9 - female))  # the century + 3
    return _ascii(body, check_digits(body))


WRITERS = {
    IdentityKind.PERSONNUMMER: _personnummer,
    IdentityKind.SAMORDNINGSNUMMER: _samordningsnummer,
    IdentityKind.RESERVE_STOCKHOLM: _stockholm,
    IdentityKind.RESERVE_VGR: _vgr,
    IdentityKind.RESERVE_VARMLAND: _varmland,
    IdentityKind.RESERVE_NATIONAL: _national,
}
