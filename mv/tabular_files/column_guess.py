"""Guess the columns of a file by their headings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from mv.errors import N_, Invalid
from mv.text import fold

C = TypeVar("C", bound=str)
E = TypeVar("E", bound=StrEnum)

IDENTITY_NUMBER = ("personnummer", "personnr", "pnr", "identitetsnummer", "identity number", "personal number")
"""What headings call an identity number: a file can have those of a guardian and a child."""
SHORTEST_PART = 6
"""Letters; words this long are also found inside compound words, as Swedish has them."""


def guess(
    headings: Sequence[str],
    words: Mapping[C, Sequence[str]],
    known: Mapping[C, str],
    asked: Mapping[C, Sequence[str]] = MappingProxyType({}),
) -> dict[C, str]:
    """Map columns to headings: the ``known`` ones, then those whose headings match.

    ``words`` holds the folded headings of each column, the surest first. A heading that equals one precedes a heading
    that contains one. Each heading is used once. A column is left out where several headings
    have one of the words that it has in ``asked``: a wrong guess would be about somebody else.
    """
    words = {c: called for c, called in words.items() if c in known or not _several(headings, asked.get(c, ()))}
    found = dict(known)
    for inside in (False, True):
        for column, called in words.items():
            left = [heading for heading in headings if heading not in found.values()]
            if column not in found and (heading := _called(left, called, inside=inside)):
                found[column] = heading
    return found


def from_json(text: str, names: Sequence[str], columns: type[E], guessed: Mapping[E, str]) -> dict[E, str]:
    """Read columns from a JSON object of their names, each with a heading of the file; null is for none.

    Those that it does not name are ``guessed``. Raises Invalid for anything else and for an unknown heading.
    """
    try:
        chosen = {columns(name): heading for name, heading in json.loads(text).items()}
    except (ValueError, AttributeError):
        raise Invalid(
            N_("The columns are a JSON object of these names, each with a heading of the file: {names}."),
            names=", ".join(columns),
        ) from None
    for heading in chosen.values():
        if heading is not None and heading not in names:
            raise Invalid(N_("The file has no heading “{heading}”."), heading=heading)
    taken = {heading for heading in chosen.values() if heading}
    left = {column: heading for column, heading in guessed.items() if heading not in taken}
    return {column: heading for column, heading in (left | chosen).items() if heading}


def _several(headings: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether more than one heading equals or contains one of the words."""
    return sum(_called([heading], words, inside=True) is not None for heading in headings) > 1


def _called(headings: Sequence[str], words: Sequence[str], *, inside: bool) -> str | None:
    for word in words:
        for heading in headings:
            name = fold(heading)
            part = f" {word} " in f" {name} " or (len(word) >= SHORTEST_PART and word in name)
            if name == word or (inside and part):
                return heading
    return None
