"""Something that is meant by its code or by one of its names, in small or capital letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mv.i18n import SWEDISH

MOST_SUGGESTIONS = 5

Things = Mapping[str, Sequence[str]]
"""Each with its code and its name; or its code, its Swedish name and its English one."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What may be meant, for a message: the names that come ``close``; where none does, all of the ``things``."""

    close: tuple[str, ...]
    things: tuple[tuple[str, ...], ...]

    def label(self, language: str) -> str:
        """Return the names with commas between, those that are in several languages in ``language``."""
        place = 1 if language == SWEDISH else -1
        return ", ".join(dict.fromkeys(self.close or [names[place] for names in self.things]))


def find(text: str, things: Things) -> list[str]:
    """Return the codes of the things of which one name is ``text``."""
    wanted = text.strip().casefold()
    return [key for key, names in things.items() if wanted in (name.casefold() for name in names)]


def close_to(text: str, things: Things) -> Suggestions:
    """Return what may be meant: the names closest to ``text``, one of each thing; else those that hold it."""
    wanted = text.strip().casefold()
    called = {name.casefold(): (key, name) for key, names in things.items() for name in names}
    of_each: dict[str, str] = {}
    for key, name in (called[close] for close in get_close_matches(wanted, called, n=len(called))):
        of_each.setdefault(key, name)
    holding = [name for close, (_, name) in called.items() if wanted and wanted in close]
    found = list(of_each.values()) or holding
    return Suggestions(tuple(found[:MOST_SUGGESTIONS]), tuple(map(tuple, things.values())))
