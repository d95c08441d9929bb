"""Swedish and English. The texts in the code are English; mv/locale holds their Swedish.

The gettext catalog is read from its .po file, so that no compiled copy can be stale.
"""

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
CATALOG = Path(__file__).parent / "locale" / "sv" / "LC_MESSAGES" / "mv.po"


def choose_language(locale: str | None) -> Language:
    """Return the language of a locale such as ``en-GB``: English for any English one, else Swedish."""
    return ENGLISH if (locale or "").replace("_", "-").split("-")[0].lower() == ENGLISH else SWEDISH


@cache
def _translations(language: str) -> gettext.NullTranslations:
    if language != SWEDISH:
        return gettext.NullTranslations()
    with CATALOG.open("rb") as file:
        catalog = read_po(file, locale=SWEDISH)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translate(message: str, language: str) -> str:
    """Return ``message``, a text of the code, in ``language``; an empty one stays empty."""
    return _translations(language).gettext(message) if message else ""


def translate_count(one: str, many: str, count: int, language: str) -> str:
    """Return the singular ``one`` or the plural ``many`` in ``language``, by ``count``, which fills in ``{count}``."""
    return _translations(language).ngettext(one, many, count).format(count=count)


def label(value: object, language: str) -> object:
    """Return the name of ``value`` in ``language`` if it has a ``label`` method, or an error's text; else ``value``."""
    if isinstance(value, MvError):
        return explain(value, language)
    name = getattr(value, "label", None)
    return name(language) if callable(name) else value


def explain(error: MvError, language: str) -> str:
    """Return the text of ``error`` in ``language``, its fields filled in."""
    params = {name: label(value, language) for name, value in error.params.items()}
    return translate(error.key, language).format(**params)
