"""Swedish and English: gettext catalogs, read from their .po files so that no compiled copy can be stale."""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mv.errors import MvError

Language = Literal["sv", "en"]
SWEDISH: Final = "sv"
ENGLISH: Final = "en"
LANGUAGES: dict[Language, str] = {SWEDISH: "Svenska", ENGLISH: "English"}
LOCALE = Path(__file__).parent / "locale"


def choose_language(locale: str | None) -> Language:
    """Return the language for a browser's locale such as ``en-GB``; Swedish where unsure."""
    return ENGLISH if (locale or "").replace("_", "-").split("-")[0].lower() == ENGLISH else SWEDISH


@cache
def translations(language: str) -> gettext.GNUTranslations:
    """Return the catalog of ``language``, one of LANGUAGES."""
    with (LOCALE / language / "LC_MESSAGES" / "mv.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translate(message: str, language: str) -> str:
    """Return ``message`` in ``language``; an empty message is empty in every language."""
    return translations(language).gettext(message) if message else ""


def translate_count(one: str, many: str, count: int, language: str) -> str:
    """Return ``one`` or ``many`` in ``language``, as ``count`` wants it, with ``{count}`` filled in."""
    return translations(language).ngettext(one, many, count).format(count=count)


def label(value: object, language: str) -> object:
    """Return ``value`` in ``language`` where it knows its name in several, or what an error says; else as it is."""
    if isinstance(value, MvError):
        return explain(value, language)
    name = getattr(value, "label", None)
    return name(language) if callable(name) else value


def explain(error: MvError, language: str) -> str:
    """Return what ``error`` says, in ``language``."""
    params = {name: label(value, language) for name, value in error.params.items()}
    return translate(error.key, language).format(**params)
