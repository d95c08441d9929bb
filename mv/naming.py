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
    """Return the names that come close to ``text``, or hold it, one of each thing, with commas between; else some."""
    wanted = text.strip().casefold()
    called = {name.casefold(): (key, name) for key, names in things.items() for name in names}
    holding = [name for name in called if wanted and wanted in name]
    close = get_close_matches(wanted, called, n=len(called)) or sorted(holding, key=lambda name: name in things)
    suggestions = close or [next(iter(names)).casefold() for names in things.values()]
    of_each: dict[str, str] = {}
    for key, name in (called[name] for name in suggestions):
        of_each.setdefault(key, name)
    return ", ".join(dict.fromkeys(list(of_each.values())[:MOST_SUGGESTIONS]))
