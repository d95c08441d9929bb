"""Something that is meant by its code or by one of its names, in small or capital letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

MOST_SUGGESTIONS = 5


def find(text: str, things: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the things, each with its names, of which one name is ``text``."""
    wanted = text.strip().casefold()
    return [key for key, names in things.items() if wanted in (name.casefold() for name in names)]


def close_to(text: str, things: Mapping[str, Iterable[str]]) -> str:
    """Return the names that come close to ``text``, else one of each of the first things, with commas between."""
    wanted = text.strip().casefold()
    names = {name.casefold(): name for known in things.values() for name in known}
    close = get_close_matches(wanted, names, n=MOST_SUGGESTIONS) or [
        name for name in names if wanted and wanted in name
    ]
    suggestions = close[:MOST_SUGGESTIONS] or [next(iter(known)).casefold() for known in things.values()]
    return ", ".join(dict.fromkeys(names[name] for name in suggestions))
