"""Validate exported rows that come back in a file: unchanged ones, and changes to memberships."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mv import memberships
from mv.access import Actor
from mv.errors import N_, Conflict, Invalid, MvError
from mv.memberships import Membership
from mv.registration.file_import.exported_diff import ExportedRowComparer
from mv.registration.file_import.exported_layout import ROW_ID, ROW_VERSION, ExportedLayout
from mv.registration.file_import.plan import ImportContext, PlannedRow, RowState, editable_values
from mv.registration.validation import Outcome, Person, Validation
from mv.tabular_files.table import Problem, Record

WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """A row of a file with the id of its membership and the version at the export."""

    record: Record
    membership_id: int
    version: int


@dataclass(frozen=True, slots=True)
class ExportedRowValidator:
    """Validates exported rows. ``now`` holds the stored memberships by id, ``seen`` their earlier versions.

    ``reason`` accepts the concerns that changes raise.
    """

    comparer: ExportedRowComparer
    context: ImportContext
    now: Mapping[int, Membership]
    seen: Mapping[tuple[int, int], Membership]
    reason: str
    at: datetime
    actor: Actor

    def validate(self, rows: Sequence[ExportedRow]) -> Iterator[PlannedRow]:
        """Yield each row with its state, and apply the changes to the people of the context."""
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
        """Return the row with its state, or for a change the membership now and afterwards."""
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
        """Return the membership with the instant and the user of its end, if it ends."""
        if new.active:
            return replace(new, ended_at=None, ended_by=None)
        return replace(new, ended_at=self.at, ended_by=self.actor.user_id) if now.active else new

    def _check(
        self, customer_id: int, changes: Sequence[tuple[Record, Membership, Membership]]
    ) -> Iterator[PlannedRow]:
        """Validate the changes of one customer, those that end a membership first, as they are carried out."""
        person, validation = self.context.people[customer_id], self.context.validation
        rows = {row.membership_id: row for row in person.memberships}
        left: list[Membership] = []
        for record, now, new in sorted(changes, key=lambda each: not _ends(each[1], each[2])):
            others = [*rows.values(), *left]
            try:
                memberships.check_change(validation.catalogue, person.customer, now, new, others, validation.today)
            except MvError as error:
                self._add(record, error.field or "group", error)
                yield PlannedRow(record.number, RowState.WRONG, person.customer)
                continue
            rows[new.membership_id] = new
            if not _ends(now, new):  # what it leaves is free only when the others are written
                left.append(now)
            found = memberships.new_concerns(validation.catalogue, person.customer, now, new)
            state = RowState.CHANGED if self.reason or not found else RowState.DOUBTFUL
            doubtful = Validation(Outcome.DOUBTFUL, concerns=found) if found else None
            yield PlannedRow(record.number, state, person.customer, validation=doubtful, change=(now, new))
        self.context.people[customer_id] = replace(person, memberships=list(rows.values()))

    def _add(self, record: Record, name: str, error: MvError) -> None:
        self.comparer.problems.append(Problem(record.number, self.comparer.layout.heading(name), error))


def parse_reference(layout: ExportedLayout, record: Record) -> ExportedRow | Problem:
    """Parse the id and the version of a row; return a problem if one of them is no number."""
    cells = {name: layout.text(record, name) or "" for name in (ROW_ID, ROW_VERSION)}
    for name, text in cells.items():
        if not WHOLE_NUMBER.fullmatch(text):
            wrong = Invalid(N_("The row's number and version cannot be changed. For a new row, leave both empty."))
            return Problem(record.number, layout.heading(name), wrong)
    return ExportedRow(record, int(cells[ROW_ID]), int(cells[ROW_VERSION]))


def _ends(now: Membership, new: Membership) -> bool:
    return now.active and not new.active
