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
    """Return names with commas between: those closest to ``text``, one of each thing; else that hold it; else some."""
    wanted = text.strip().casefold()
    called = {name.casefold(): (key, name) for key, names in things.items() for name in names}
    of_each: dict[str, str] = {}
    for key, name in (called[close] for close in get_close_matches(wanted, called, n=len(called))):
        of_each.setdefault(key, name)
    holding = [name for close, (_, name) in called.items() if wanted and wanted in close]
    suggestions = list(of_each.values()) or holding
    return ", ".join(dict.fromkeys(suggestions[:MOST_SUGGESTIONS] or [next(iter(names)) for names in things.values()]))
