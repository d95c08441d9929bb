"""Errors meant for the person at the screen or the command line.

Everything else that is raised is a defect of the program.
"""

from __future__ import annotations

from typing import Any, Literal

Field = Literal[
    "identity",
    "given_name",
    "family_name",
    "birth_date",
    "unit",
    "group",
    "subgroup",
    "valid_from",
    "valid_to",
    "given_on",
    "vaccine",
    "batch",
    "dose_number",
]
"""A field that people fill in, by the name that it has in a form and as a column of a file."""


def N_(message: str) -> str:
    """Mark ``message`` for the translation catalogs and return it unchanged."""
    return message


class MvError(Exception):
    """An error that a user can act on.

    ``key`` is the English message, marked with :func:`N_` so that it stands in the catalogs;
    ``params`` fill its ``{name}`` fields. A value that has a ``label(language)`` method, or is such an error itself, is
    shown in the reader's language (see :func:`mv.i18n.explain`). An identity number is never a parameter.
    ``field`` names the field that the error is about, where it is about one.
    """

    def __init__(self, key: str, *, field: Field | None = None, **params: Any) -> None:
        self.key = key
        self.field = field
        self.params = params
        super().__init__(key)

    def __str__(self) -> str:
        return self.key.format(**self.params)


class Invalid(MvError):
    """Input that cannot be right; nothing was changed."""


class Conflict(MvError):
    """A request that does not fit what is in the store now; nothing was changed."""


class NotFound(MvError):
    """A row that is not in the store."""


class Forbidden(MvError):
    """An action that the actor may not carry out."""


class StoreUnavailable(MvError):
    """A store that cannot be opened or used."""
