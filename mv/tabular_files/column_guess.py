"""Which of a file's headings is which column, guessed by what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from mv.text import fold

C = TypeVar("C", bound=str)

SHORTEST_PART = 6
"""Letters of a word that is looked for inside other words, too, as Swedish puts words together."""


def guess(headings: Sequence[str], words: Mapping[C, Sequence[str]], known: Mapping[C, str]) -> dict[C, str]:
    """Return the heading of each column: the ``known`` ones, and of the others those that are called so.

    ``words`` are what the headings of each column are called, folded, the surest first. A heading that is one of them
    goes before one that has one inside, and is taken once.
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
