"""The plan of a file of bookings: the state of each row, and the bookings that are gone. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from mv.bookings import BookingState
from mv.bookings.changes import BookingRow, Entry
from mv.customers import Customer
from mv.identity import Identity
from mv.tabular_files.table import Problem


class RowState(StrEnum):
    """The state of a row. NEW, MOVED and CANCELLED ones are saved."""

    NEW = "new"
    MOVED = "moved"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"
    OLDER = "older"
    WRONG = "wrong"


SAVED = (RowState.NEW, RowState.MOVED, RowState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Source:
    """What a file said last of a booking that it knows by ``external_id``: a row of the table ``booking_source``."""

    unit_id: str
    external_id: str = field(repr=False)
    booking_id: int
    sequence: int
    starts_at: datetime
    product_code: str
    state: str

    @property
    def key(self) -> tuple[str, str]:
        """What the booking is known by."""
        return self.unit_id, self.external_id

    @property
    def said(self) -> tuple[datetime, str, str]:
        """What differs if the file says something else of the booking."""
        return self.starts_at, self.product_code, self.state

    def of(self, booking_id: int) -> Source:
        """Return the same of the booking with this id."""
        return replace(self, booking_id=booking_id)

    def with_state(self, state: BookingState, sequence: int | None = None) -> Source:
        """Return the same with another state and, where it is given, another sequence."""
        return replace(self, state=state, sequence=self.sequence if sequence is None else sequence)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of a file, by its number there, with its state.

    ``new`` is to be booked for the ``customer``, whose id is negative if the person is to be registered. ``change`` is
    a booking before and after. ``source`` is to be kept of what the file says; its booking's id is 0 of a new one.
    """

    number: int
    state: RowState
    customer: Customer | None = None
    new: Entry | None = None
    change: tuple[BookingRow, BookingRow] | None = None
    source: Source | None = None

    def fingerprint(self) -> list[str]:
        """Return the values that differ if something else would be saved."""
        who = self.customer.customer_id if self.customer else None
        source = (self.source.booking_id, self.source.sequence, self.source.said) if self.source else ()
        return [str(value) for value in (self.number, self.state, who, self.new, self.change, *source)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Each row in the order of the file, and every problem; ``new_people`` will be registered.

    ``people`` are the customers of the bookings that change, by id. ``gone`` are bookings, before and after, that are
    missing from a file that has all from the first to the last of its ``days`` at their unit. ``seen`` are the
    customers that the user sees, ``unrelated`` those to whom the user has no care relation.
    """

    lines: list[PlannedRow]
    problems: list[Problem]
    new_people: Mapping[int, tuple[Identity, Customer]]
    people: Mapping[int, Customer]
    gone: list[tuple[BookingRow, BookingRow]]
    gone_sources: list[Source]
    days: Mapping[str, tuple[date, date]]
    seen: frozenset[int]
    unrelated: frozenset[int]

    @property
    def counts(self) -> dict[RowState, int]:
        """The number of rows of each state; together as many as the file has."""
        found = Counter(line.state for line in self.lines)
        return {state: found[state] for state in RowState}

    @property
    def to_save(self) -> int:
        """The number of bookings that are made, moved, cancelled or gone by the file."""
        return sum(self.counts[state] for state in SAVED) + len(self.gone)

    @property
    def can_be_saved(self) -> bool:
        """Whether the whole file can be saved, and there is something to save."""
        kept = any(line.source for line in self.lines)
        return not self.counts[RowState.WRONG] and bool(self.to_save or kept)

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of what would be saved: another plan has another fingerprint."""
        values = [line.fingerprint() for line in self.lines]
        values.append([str(before) for before, _after in self.gone])
        return sha256(json.dumps(values).encode()).hexdigest()
