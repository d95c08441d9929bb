"""Check that a file says enough about an unknown person to register a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from mv import customers
from mv.errors import N_, Invalid, MvError
from mv.identity import Identity
from mv.text import fold


class PersonRow(Protocol):
    """What a row of a file says of a person; ``is_named`` is whether it has both names."""

    @property
    def identity(self) -> Identity: ...
    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def birth_date(self) -> date | None: ...
    @property
    def is_named(self) -> bool: ...


OTHER_BIRTH_DATE = N_("The birth date is not that of the number.")


def find_problem(first: PersonRow, rows: Sequence[PersonRow], today: date) -> MvError | None:
    """Return the error if the person of these rows cannot be registered; None if it is possible."""
    born = {row.birth_date for row in rows if row.birth_date}
    if not first.is_named:
        message = N_("No customer has this number. Check it, or give both names to register the person.")
        return Invalid(message, field="identity")
    if any((fold(row.given_name), fold(row.family_name)) != _name(first) for row in rows if row.is_named):
        return Invalid(N_("Rows with this number have different names."), field="given_name")
    if first.identity.birth_date and born - {first.identity.birth_date}:
        return Invalid(OTHER_BIRTH_DATE, field="birth_date")
    if first.identity.birth_date is None and first.birth_date is None:
        return Invalid(N_("This kind of number does not hold the birth date. Give it, too."), field="birth_date")
    if len(born) > 1:
        return Invalid(N_("Rows with this number have different birth dates."), field="birth_date")
    try:
        for day in born:
            customers.check_birth_date(day, today)
    except Invalid as error:
        return error
    return None


def _name(row: PersonRow) -> tuple[str, str]:
    return fold(row.given_name), fold(row.family_name)
