"""Texts on the screen, in the session's language."""

from __future__ import annotations

import re
from datetime import date, datetime

from mv import i18n
from mv.clock import to_local
from mv.errors import MvError
from mv.ui import session

WORD_JOINER = "\u2060"
ACTING_PAIR = re.compile(
    r"(?<=:)(?=\\?[/a-z])|(?<=@)(?=\w)|(?<=\.)(?=[a-z])|(?<=w)(?=ww)|(?<=[-<>=])(?=\\[-<>=])", re.IGNORECASE
)
"""Where an address, an emoji's name or an arrow would begin to act, although its punctuation is escaped."""


def _(message: str, **values: object) -> str:
    """Return ``message`` in the session's language, its ``{name}`` fields filled in."""
    text = i18n.translate(message, session.language())
    return text.format(**values) if values else text


def count_of(one: str, many: str, count: int) -> str:
    """Return ``one`` or ``many`` in the session's language, as ``count`` wants it, with ``{count}`` filled in."""
    return i18n.translate_count(one, many, count, session.language())


def grouped(count: int) -> str:
    """Return a number with a fixed space between its thousands, as Swedish has it."""
    return f"{count:,}".replace(",", "\u00a0")


def name_of(thing: object) -> str:
    """Return the name of ``thing`` in the session's language."""
    return str(i18n.label(thing, session.language()))


def explain(error: MvError) -> str:
    """Return what ``error`` says, in the session's language."""
    return i18n.explain(error, session.language())


def literal(text: str) -> str:
    """Return Markdown that shows ``text`` as it is.

    Streamlit reads labels, titles and messages as Markdown. Escapes keep punctuation from acting;
    invisible joiners keep bare addresses from becoming links and ``->`` from becoming an arrow.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
    return ACTING_PAIR.sub(WORD_JOINER, escaped)


def period(first: date, last: date | None) -> str:
    """Return a period as its first and last day; an open one has only the first."""
    return f"{first} – {last}" if last else f"{first} –"


def moment(instant: datetime) -> str:
    """Return an instant as day and time in Stockholm."""
    return f"{to_local(instant):%Y-%m-%d %H:%M}"


def clock_time(instant: datetime) -> str:
    """Return an instant's time of day in Stockholm."""
    return f"{to_local(instant):%H:%M}"
