"""Content of a file in any format: columns of a kind, and frames that hold some of the rows.

A frame has the columns by name, in order. Its types: ``TEXT`` is Arrow's string, or a category of strings where
texts recur; ``DAY`` Arrow's date; ``INSTANT`` whole seconds in UTC, naive; ``WHOLE`` Arrow's integers; ``KRONOR``
Arrow's decimals with two places. A missing value is missing in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from mv.clock import STOCKHOLM
from mv.i18n import ENGLISH, translate
from mv.pseudonyms import TEXT

Headings = Literal["en", "sv"]

MOST_CACHED_WORDS = 500
"""Piece after piece has the same names of groups, units and the like: what is made of so few is made once for all."""


class Kind(Enum):
    """Kind of the values in a column."""

    TEXT = auto()
    DAY = auto()
    INSTANT = auto()
    WHOLE = auto()
    KRONOR = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its stable name, and its heading for people, to be translated."""

    name: str
    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a file, their headings, and a title for the rows as a whole."""

    title: str
    columns: Sequence[Column]
    heads: Sequence[str]

    @classmethod
    def of(cls, title: str, columns: Sequence[Column], headings: Headings) -> Layout:
        """Return the layout with stable names for ``en``, and with words for people in any other language."""
        heads = [column.name if headings == ENGLISH else translate(column.label, headings) for column in columns]
        return cls(translate(title, headings), columns, heads)


@dataclass(frozen=True, slots=True)
class Codes:
    """A column of recurring codes: each distinct one, and each row's place among them, -1 for none."""

    places: NDArray[np.intp]
    distinct: Sequence[str]

    @classmethod
    def of(cls, column: pd.Series) -> Codes:
        """Split a text column into its codes and places."""
        places, distinct = column.array.factorize()
        return cls(places, list(distinct))

    def within(self, outer: Codes) -> Codes:
        """Return the codes as ``outer/own``; none where there is no own."""
        places = np.where(self.places < 0, -1, outer.places * len(self.distinct) + self.places)
        return Codes(places, [f"{code}/{own}" for code in outer.distinct for own in self.distinct])

    def called(self, names: Mapping[str, str] | None = None) -> pd.Categorical:
        """Name each code, or keep the code where it has no name; two may have the same name."""
        named = [(names or {}).get(code, code) for code in self.distinct]
        words = tuple(sorted(set(named)))
        place_of = {word: place for place, word in enumerate(words)}
        places = np.array([*(place_of[word] for word in named), -1], dtype=np.intp)[self.places]
        category = (_cached_category if len(words) <= MOST_CACHED_WORDS else _category)(words)
        return pd.Categorical.from_codes(places, dtype=category, validate=False)


def texts(column: pd.Series, change: Callable[[pd.Series], pd.Series] = lambda words: words) -> ExtensionArray:
    """Convert a column of kind TEXT to Arrow's strings, each changed; of a category, every word is changed once."""
    values = column.array
    if not isinstance(values, pd.Categorical):
        changed: ExtensionArray = change(column).array
        return changed
    distinct = tuple(values.categories.to_list())
    words: ExtensionArray = (_cached_change if len(distinct) <= MOST_CACHED_WORDS else _change_words)(
        distinct, change
    ).array
    return words.take(values.codes, allow_fill=True)


def _category(words: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(words, dtype=TEXT))


def _change_words(words: tuple[str, ...], change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    return change(pd.Series(words, dtype=TEXT))


_cached_category = lru_cache(maxsize=64)(_category)
_cached_change = lru_cache(maxsize=64)(_change_words)


def instants(stored: pd.Series) -> pd.Series:
    """Convert instants of the store, as Arrow's, to a column of kind INSTANT."""
    return stored.astype("datetime64[s]")


def to_stockholm(moments: pd.Series) -> pd.Series:
    """Convert a column of kind INSTANT to Stockholm's clock, naive."""
    shown: pd.Series = moments.dt.tz_localize("UTC").dt.tz_convert(STOCKHOLM).dt.tz_localize(None)
    return shown


def kronor(ore: pa.ChunkedArray) -> ExtensionArray:
    """Convert öre to a column of kind KRONOR."""
    exact = pc.multiply(ore.cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.01"), pa.decimal128(3, 2)))
    return pd.arrays.ArrowExtensionArray(exact.cast(pa.decimal128(18, 2)))
