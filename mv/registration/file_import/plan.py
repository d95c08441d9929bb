"""The plan of a file of people: the state of each row, validated with the stored rows and the rows before it. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from mv.customers import Customer
from mv.errors import MvError
from mv.identity import Identity
from mv.memberships import Membership
from mv.registration.file_import.imported_rows import ImportedRows
from mv.registration.saving import PlannedEntry
from mv.registration.validation import Person, Validation, ValidationContext
from mv.tabular_files.table import Problem


class RowState(StrEnum):
    """The state of a row. Only READY and CHANGED ones are saved."""

    READY = "ready"
    CHANGED = "changed"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"
    ALREADY = "already"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of a file, by its number there, with its state.

    ``error`` says why there is nothing to save. A new row has the ``planned`` entry and its validation, a changed one
    the membership before and after, with a validation where it raises concerns. A customer who is to be registered has
    a negative id.
    """

    number: int
    state: RowState
    customer: Customer | None = None
    error: MvError | None = None
    planned: PlannedEntry | None = None
    validation: Validation | None = None
    change: tuple[Membership, Membership] | None = None

    def fingerprint(self) -> list[object]:
        """Return the values that differ if something else would be saved."""
        planned, change = self.planned, self.change
        return [
            self.number, self.state, self.customer and self.customer.customer_id,
            planned and repr(planned.entry), self.validation and sorted(self.validation.concerns),
            change
            and [str(value) for row in change for value in (row.membership_id, row.version, editable_values(row))],
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """Each row in the order of the file, and every problem; ``new_people`` will be registered.

    ``seen`` are the customers that the user sees, ``unrelated`` those to whom the user has no care relation, and
    ``unknown`` the numbers that are no customer's.
    """

    lines: list[PlannedRow]
    problems: list[Problem]
    new_people: Mapping[int, tuple[Identity, Customer]]
    seen: frozenset[int]
    unrelated: frozenset[int]
    unknown: frozenset[str] = field(repr=False)

    @property
    def counts(self) -> dict[RowState, int]:
        """The number of rows of each state; together as many as the file has."""
        found = Counter(line.state for line in self.lines)
        return {state: found[state] for state in RowState}

    @property
    def can_be_saved(self) -> bool:
        """Whether the whole file can be saved, and there is something to save."""
        counts = self.counts
        return not counts[RowState.WRONG] + counts[RowState.DOUBTFUL] and bool(
            counts[RowState.READY] + counts[RowState.CHANGED]
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of what would be saved: another plan has another fingerprint."""
        return sha256(json.dumps([line.fingerprint() for line in self.lines]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The stored data that a file is validated with. Validated rows are added to ``people`` as if they were saved.

    ``customers`` are by identity number, ``people`` by customer id; ``unrelated`` are the ids without a care relation.
    """

    customers: Mapping[str, Customer]
    unrelated: frozenset[int]
    people: dict[int, Person]
    imported: ImportedRows
    validation: ValidationContext


def editable_values(row: Membership) -> tuple[object, ...]:
    """Return the values of a membership that a file can change."""
    return row.group_code, row.subgroup_code, row.valid_from, row.valid_to, row.ended_reason
