"""What a file is made of, whatever its format: columns of a kind, and frames that hold some of the rows.

A frame has the columns by name, in order. Its types: ``TEXT`` is Arrow's string, or a category of strings where texts
come again and again; ``DAY`` Arrow's date; ``INSTANT`` whole seconds in Stockholm's time zone; ``WHOLE`` Arrow's
integers. A missing value is missing in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mv.clock import STOCKHOLM
from mv.i18n import ENGLISH, translate
from mv.pseudonyms import TEXT

Headings = Literal["en", "sv"]


class Kind(Enum):
    """What a column holds."""

    TEXT = auto()
    DAY = auto()
    INSTANT = auto()
    WHOLE = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its stable name, and what it is called for people, to be translated."""

    name: str
    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file, what stands above each of them, and what the rows are as a whole."""

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
    """A column of codes that come again and again: each distinct one, and each row's place among them, -1 for none."""

    places: NDArray[np.intp]
    distinct: Sequence[str]

    @classmethod
    def of(cls, column: pd.Series) -> Codes:
        """Return the codes of a text column."""
        places, distinct = pd.factorize(column)
        return cls(places, list(distinct))

    def within(self, outer: Codes) -> Codes:
        """Return the codes as ``outer/own``; none where there is no own."""
        places = np.where(self.places < 0, -1, outer.places * len(self.distinct) + self.places)
        return Codes(places, [f"{code}/{own}" for code in outer.distinct for own in self.distinct])

    def called(self, names: Mapping[str, str] | None = None) -> pd.Series:
        """Return a category of what each code is called, or the code itself where it has no name."""
        same, words = pd.factorize(np.array([(names or {}).get(code, code) for code in self.distinct], dtype=object))
        places = np.append(same, -1)[self.places]  # two codes may be called the same
        return pd.Series(pd.Categorical.from_codes(places, categories=pd.Index(words, dtype=TEXT)))


def texts(column: pd.Series, change: Callable[[pd.Series], pd.Series] = lambda words: words) -> pd.Series:
    """Return a column of kind TEXT as plain strings, each changed; of a category, every word is changed once."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return change(column)
    words = change(pd.Series(column.cat.categories, dtype=TEXT))
    return pd.Series(words.array.take(column.cat.codes.to_numpy(), allow_fill=True), index=column.index)


def instants(utc: pd.Series) -> pd.Series:
    """Return instants of the store, as Arrow's, as whole seconds in Stockholm's time zone."""
    whole = utc.astype("datetime64[us]").dt.floor("s").astype("datetime64[s]")
    return whole.dt.tz_localize("UTC").dt.tz_convert(STOCKHOLM)
