"""Swedish names that suit the year of birth, put together at random from data/sample_names.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mv.catalogue import DATA
from mv.sample.columns import Bools, Ints
from mv.text import fold

FILE = DATA / "sample_names.csv"
DECADES = range(1900, 2110, 10)

OTHER_ORIGIN_SHARE = 0.17
"""The share of people with a given name of another origin."""
MIXED_ORIGIN_SHARE = 0.07
"""The share of people whose family name is of another origin than the given name."""
DOUBLE_GIVEN_SHARE = 0.13
DOUBLE_FAMILY_SHARE = 0.04
HYPHEN_SHARE = 0.35
"""The share of double names that are written with a hyphen."""

WORDS = 4
NO_WORD = -1
WORD_ORDERS = np.array([[first, *(at for at in range(WORDS) if at != first)] for first in range(WORDS)])
"""For each word that can come first, the order of all of them."""


@dataclass(frozen=True)
class Pool:
    """Names to draw from: their places in the file, and their probabilities, which add up to one."""

    places: Ints
    likely: NDArray[np.float64]

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw the places of ``count`` names."""
        return self.places[np.searchsorted(self.likely, rng.random(count), side="right")]


@dataclass(frozen=True)
class NameLists:
    """Every name as it is written and as it is searched for; given names by sex, origin and decade of birth."""

    written: list[str]
    folded: list[str]
    given: dict[tuple[bool, bool, int], Pool]
    family: dict[bool, Pool]


@cache
def name_lists(file: Path = FILE) -> NameLists:
    """Read the names of ``file``."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    def pool(kind: str, other: bool, decade: int | None = None) -> Pool:
        places = [n for n, row in enumerate(rows) if _is_in(row, kind, other, decade)]
        weights = np.array([float(rows[n]["weight"]) for n in places]).cumsum()
        return Pool(np.array(places), weights / weights[-1])

    return NameLists(
        written=[row["name"] for row in rows],
        folded=[fold(row["name"]) for row in rows],
        given={
            (female, other, decade): pool("female" if female else "male", other, decade)
            for female in (False, True)
            for other in (False, True)
            for decade in DECADES
        },
        family={other: pool("family", other) for other in (False, True)},
    )


def _is_in(row: dict[str, str], kind: str, other: bool, decade: int | None) -> bool:
    if (row["kind"], row["origin"]) != (kind, "other" if other else "swedish"):
        return False
    if decade is None:
        return True
    # The few who were born before the twenties are called as those of the twenties are.
    return int(row["born_from"]) <= max(decade, 1920) + 9 and decade <= int(row["born_to"] or decade)


def draw(rng: np.random.Generator, birth_years: Ints, female: Bools) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Draw names for people of these years and sexes, and mark the double ones that have hyphens.

    A name is four places in the lists: two given and two family names, NO_WORD where there is one only.
    """
    count = len(birth_years)
    pools = name_lists()
    other = rng.random(count) < OTHER_ORIGIN_SHARE
    words = np.empty((count, WORDS), np.int16)
    decades = birth_years // 10 * 10
    for (is_female, is_other, decade), pool in pools.given.items():
        who = np.flatnonzero((decades == decade) & (female == is_female) & (other == is_other))
        words[who, 0], words[who, 1] = pool.draw(rng, len(who)), pool.draw(rng, len(who))
    others_family = other ^ (rng.random(count) < MIXED_ORIGIN_SHARE)
    for is_other, pool in pools.family.items():
        who = np.flatnonzero(others_family == is_other)
        words[who, 2], words[who, 3] = pool.draw(rng, len(who)), pool.draw(rng, len(who))
    words[(rng.random(count) > DOUBLE_GIVEN_SHARE) | other | (words[:, 0] == words[:, 1]), 1] = NO_WORD
    words[(rng.random(count) > DOUBLE_FAMILY_SHARE) | (words[:, 2] == words[:, 3]), 3] = NO_WORD
    return words, rng.random((count, 2)) < HYPHEN_SHARE


def name_columns(words: NDArray[np.int16], hyphens: NDArray[np.bool_]) -> tuple[pa.Array, pa.Array]:
    """Return the columns of given names and of family names."""
    return _join_words(words[:, :2], hyphens[:, 0]), _join_words(words[:, 2:], hyphens[:, 1])


def _join_words(words: NDArray[np.int16], hyphens: NDArray[np.bool_]) -> pa.Array:
    one = _texts(name_lists().written, words[:, 0])
    second = pc.binary_join_element_wise(
        pa.array([" ", "-"]).take(pa.array(hyphens.astype(np.int8))), _texts(name_lists().written, words[:, 1]), ""
    )
    return pc.binary_join_element_wise(one, second, "", null_handling="skip")


def sorted_keys(words: NDArray[np.int16]) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Sort the search keys of people: return each one's name and the word of it that comes first."""
    ranks = {word: rank for rank, word in enumerate(sorted(set(name_lists().folded)), start=1)}
    by_place, base = np.array([ranks[word] for word in name_lists().folded]), len(ranks) + 1
    values, persons, firsts = [], [], []
    for first in range(WORDS):
        who = np.flatnonzero(words[:, first] != NO_WORD)
        # A space sorts before every letter, so that names compared word by word are in the order of the texts.
        value, missing = np.zeros(len(who), np.int64), np.zeros(len(who), np.int64)
        for at in WORD_ORDERS[first]:
            places = words[who, at]
            value = np.where(places == NO_WORD, value, value * base + by_place[places])
            missing += places == NO_WORD
        values.append(value * base**missing)
        persons.append(who.astype(np.int32))
        firsts.append(np.full(len(who), first, np.int8))
    order = np.argsort(np.concatenate(values), kind="stable")
    return np.concatenate(persons)[order], np.concatenate(firsts)[order]


def key_column(words: NDArray[np.int16], firsts: NDArray[np.int8]) -> pa.Array:
    """Compose the search key of each name as :func:`mv.customers.name_keys` does, the word at ``firsts`` first."""
    arranged = np.take_along_axis(words, WORD_ORDERS[firsts], axis=1)
    texts = (_texts(name_lists().folded, arranged[:, at]) for at in range(WORDS))
    return pc.binary_join_element_wise(*texts, " ", null_handling="skip")


def _texts(texts: list[str], places: NDArray[np.int16]) -> pa.Array:
    return pa.array(texts).take(pa.array(places, mask=places == NO_WORD))
