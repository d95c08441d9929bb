"""Guess the columns of a file by their headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from mv.text import fold

C = TypeVar("C", bound=str)

SHORTEST_PART = 6
"""Letters; words this long are also found inside compound words, as Swedish has them."""


def guess(headings: Sequence[str], words: Mapping[C, Sequence[str]], known: Mapping[C, str]) -> dict[C, str]:
    """Map columns to headings: the ``known`` ones, then those whose headings match.

    ``words`` holds the folded headings of each column, the surest first. A heading that equals one precedes a heading
    that contains one. Each heading is used once.
    """
    found = dict(known)
    for inside in (False, True):
        for column, called in words.items():
            left = [heading for heading in headings if heading not in found.values()]
            if column not in found and (heading := _called(left, called, inside=inside)):
                found[column] = heading
    return found


def _called(headings: Sequence[str], words: Sequence[str], *, inside: bool) -> str | None:
    for word in words:
        for heading in headings:
            name = fold(heading)
            part = f" {word} " in f" {name} " or (len(word) >= SHORTEST_PART and word in name)
            if name == word or (inside and part):
                return heading
    return None
