"""Rows of the tables ``customer`` and ``customer_name``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mv.identity import IdentityKind
from mv.sample import names, numbers
from mv.sample.columns import NEVER, Ints, date_column, instant_column, text_column
from mv.sample.context import SampleContext

NAMES_AT_ONCE = 500_000


@dataclass(frozen=True)
class Records:
    """Numbers and names of people, packed so that millions can be kept until their names are sorted."""

    ids: NDArray[np.int64]
    kinds: NDArray[np.int8]
    births: NDArray[np.int32]
    female: NDArray[np.bool_]
    serials: NDArray[np.int16]
    """What :meth:`mv.sample.numbers.Serials.take` gave."""
    units: NDArray[np.int16]
    words: NDArray[np.int16]
    hyphens: NDArray[np.bool_]
    deaths: NDArray[np.int32]
    """The day of death, or NEVER."""

    @classmethod
    def together(cls, parts: list[Self]) -> Self:
        """Join the people of all ``parts``."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def at(self, places: NDArray[np.int32]) -> Records:
        """Return the people at ``places``."""
        return Records(*(getattr(self, field.name)[places] for field in fields(self)))

    def shown(self, context: SampleContext) -> pa.Table:
        """Return the columns common to both tables."""
        births = self.births.astype(np.int64)
        given, family = names.name_columns(self.words, self.hyphens)
        return pa.table(
            {
                "customer_id": self.ids,
                "identity": numbers.identity_column(self.kinds, births, self.female, self.serials.astype(np.int64)),
                "birth_date": date_column(births),
                "given_name": given,
                "family_name": family,
                "unit_id": text_column(context.units, self.units),
                "deceased_on": date_column(self.deaths.astype(np.int64)),
            }
        )


def customer_table(context: SampleContext, records: Records, registered: Ints, accounts: Ints) -> pa.Table:
    """Return the rows of table ``customer``."""
    # A number of Stockholm does not say the sex, and the store holds what the number says.
    unsaid = records.kinds == numbers.KINDS.index(IdentityKind.RESERVE_STOCKHOLM)
    table = records.shown(context)
    more = {
        "identity_kind": text_column(numbers.KINDS, records.kinds),
        "sex": text_column(["male", "female"], np.where(unsaid, NEVER, records.female)),
        "registered_at": instant_column(registered),
        "registered_by": text_column(context.accounts, accounts),
    }
    for column, values in more.items():
        table = table.append_column(column, values)
    return table


def name_tables(context: SampleContext, records: Records) -> Iterator[pa.Table]:
    """Yield the rows of table ``customer_name``, sorted as a whole.

    DuckDB then reads only those parts of the table that can hold what is searched for.
    """
    persons, firsts = names.sorted_keys(records.words)
    for start in range(0, len(persons), NAMES_AT_ONCE):
        some = persons[start : start + NAMES_AT_ONCE]
        part = records.at(some)
        keys = names.key_column(part.words, firsts[start : start + NAMES_AT_ONCE])
        yield part.shown(context).add_column(0, "name_key", keys)
