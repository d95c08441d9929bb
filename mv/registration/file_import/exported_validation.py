"""Rows of groups that come back in a file: which are as they were, and whether the others can be as they ask."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mv import deaths, memberships
from mv.access import Actor
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict, Invalid, MvError
from mv.memberships import EndReason, Entry, Membership
from mv.registration.file_import.exported_diff import ExportedRowComparer
from mv.registration.file_import.exported_layout import ROW_ID, ROW_VERSION, ExportedLayout
from mv.registration.file_import.plan import ImportContext, PlannedRow, RowState, editable_values
from mv.registration.validation import Person
from mv.tabular_files.table import Problem, Record

WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """A row of a file with the number of a row of the store, and the version that it was taken out with."""

    record: Record
    membership_id: int
    version: int


@dataclass(frozen=True, slots=True)
class ExportedRowValidator:
    """Judges rows that come back. ``now`` are the rows of the store by id, ``seen`` those of earlier versions."""

    comparer: ExportedRowComparer
    context: ImportContext
    now: Mapping[int, Membership]
    seen: Mapping[tuple[int, int], Membership]
    at: datetime
    actor: Actor

    def validate(self, rows: Sequence[ExportedRow]) -> Iterator[PlannedRow]:
        """Yield what becomes of each row; ``people`` among what is known are with it afterwards."""
        of_person: defaultdict[int, list[tuple[Record, Membership, Membership]]] = defaultdict(list)
        firsts: dict[int, int] = {}
        for row in rows:
            first = firsts.setdefault(row.membership_id, row.record.number)
            line, asked = self._compare(row, first)
            if line:
                yield line
            elif asked:
                of_person[asked[0].customer_id].append((row.record, *asked))
        for customer_id, changes in of_person.items():
            yield from self._check(customer_id, changes)

    def _compare(self, row: ExportedRow, first: int) -> tuple[PlannedRow | None, tuple[Membership, Membership] | None]:
        """Return what becomes of the row, or where it is to be otherwise, how it is and how it is to be."""
        number = row.record.number
        found = self._find(row, first)
        if found is None:
            return PlannedRow(number, RowState.WRONG), None
        now, seen, person = found
        asked = self.comparer.asked(row.record, now, seen, person.customer)
        if asked is None:
            return PlannedRow(number, RowState.WRONG, person.customer), None
        if not asked.changed:
            return PlannedRow(number, RowState.UNCHANGED, person.customer), None
        if editable_values(asked.row) == editable_values(now):
            return PlannedRow(number, RowState.ALREADY, person.customer, Conflict(N_("The row is so already."))), None
        return None, (now, self._finished(now, asked.row))

    def _find(self, row: ExportedRow, first: int) -> tuple[Membership, Membership, Person] | None:
        now = self.now.get(row.membership_id)
        person = self.context.people.get(now.customer_id) if now else None
        if first != row.record.number:
            self._add(row.record, ROW_ID, Conflict(N_("Row {row} of the file is the same row."), row=first))
            return None
        if now and now.customer_id in self.context.unrelated:
            elsewhere = N_(
                "The customer belongs to another unit. Open it with its number and a reason, then check again."
            )
            self._add(row.record, ROW_ID, Conflict(elsewhere))
            return None
        if now is None or person is None:
            self._add(
                row.record, ROW_ID, Invalid(N_("There is no row with this number. For a new row, leave it empty."))
            )
            return None
        seen = now if row.version == now.version else self.seen.get((row.membership_id, row.version))
        if seen is None:
            self._add(row.record, ROW_VERSION, Invalid(N_("The row has no such version.")))
            return None
        return now, seen, person

    def _finished(self, now: Membership, new: Membership) -> Membership:
        """Return the row with when and by whom it is ended, where it is."""
        if new.active:
            return replace(new, ended_at=None, ended_by=None)
        return replace(new, ended_at=self.at, ended_by=self.actor.user_id) if now.active else new

    def _check(
        self, customer_id: int, changes: Sequence[tuple[Record, Membership, Membership]]
    ) -> Iterator[PlannedRow]:
        """Yield what becomes of the changes of one customer: those that end a row are carried out first."""
        person = self.context.people[customer_id]
        rows = {row.membership_id: row for row in person.memberships}
        left: list[Membership] = []
        for record, now, new in sorted(changes, key=lambda each: not _ends(each[1], each[2])):
            others = [row for row in [*rows.values(), *left] if row.membership_id != new.membership_id]
            try:
                check_change(self.context.validation.catalogue, person, now, new, others, self.context.validation.today)
            except MvError as error:
                self._add(record, error.field or "group", error)
                yield PlannedRow(record.number, RowState.WRONG, person.customer)
                continue
            rows[new.membership_id] = new
            if not _ends(now, new):  # what it leaves is free only when the others are written
                left.append(now)
            yield PlannedRow(record.number, RowState.CHANGED, person.customer, change=(now, new))
        self.context.people[customer_id] = replace(person, memberships=list(rows.values()))

    def _add(self, record: Record, name: str, error: MvError) -> None:
        self.comparer.problems.append(Problem(record.number, self.comparer.layout.heading(name), error))


def parse_reference(layout: ExportedLayout, record: Record) -> ExportedRow | Problem:
    """Return which row a row of the file is; a problem where its number or its version is none."""
    cells = {name: layout.text(record, name) or "" for name in (ROW_ID, ROW_VERSION)}
    for name, text in cells.items():
        if not WHOLE_NUMBER.fullmatch(text):
            wrong = Invalid(N_("The row's number and version cannot be changed. For a new row, leave both empty."))
            return Problem(record.number, layout.heading(name), wrong)
    return ExportedRow(record, int(cells[ROW_ID]), int(cells[ROW_VERSION]))


def check_change(
    known: Catalogue, person: Person, now: Membership, new: Membership, others: Sequence[Membership], today: date
) -> None:
    """Raise what :func:`mv.memberships.adjust` raises for a row that is to be otherwise."""
    entry = Entry(new.group_code, new.subgroup_code, new.valid_from, new.valid_to)
    choice = memberships.check_period(known, entry, person.customer.birth_date, today, was=now)
    deaths.refuse_after(person.customer.deceased_on, new.valid_from)
    if new.ended_reason != EndReason.WRONG:
        memberships.refuse_overlap(others, entry, choice)


def _ends(now: Membership, new: Membership) -> bool:
    return now.active and not new.active
