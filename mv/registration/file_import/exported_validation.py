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
from mv.registration.file_import.columns import Column
from mv.registration.file_import.exported_diff import Comparer
from mv.registration.file_import.exported_layout import NUMBER, VERSION, Layout
from mv.registration.file_import.plan import COLUMNS_OF_ERRORS, Known, Line, State, content
from mv.registration.validation import Person
from mv.tabular_files.table import Problem, Record

WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Returned:
    """A row of a file with the number of a row of the store, and the version that it was taken out with."""

    record: Record
    membership_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges rows that come back. ``now`` are the rows of the store by id, ``seen`` those of earlier versions."""

    comparer: Comparer
    known: Known
    now: Mapping[int, Membership]
    seen: Mapping[tuple[int, int], Membership]
    at: datetime
    actor: Actor

    def judge(self, rows: Sequence[Returned]) -> Iterator[Line]:
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

    def _compare(self, row: Returned, first: int) -> tuple[Line | None, tuple[Membership, Membership] | None]:
        """Return what becomes of the row, or where it is to be otherwise, how it is and how it is to be."""
        number = row.record.number
        found = self._find(row, first)
        if found is None:
            return Line(number, State.WRONG), None
        now, seen, person = found
        asked = self.comparer.asked(row.record, now, seen, person.customer)
        if asked is None:
            return Line(number, State.WRONG, person.customer), None
        if not asked.changed:
            return Line(number, State.UNCHANGED, person.customer), None
        if content(asked.row) == content(now):
            return Line(number, State.ALREADY, person.customer, Conflict(N_("The row is so already."))), None
        return None, (now, self._finished(now, asked.row))

    def _find(self, row: Returned, first: int) -> tuple[Membership, Membership, Person] | None:
        now = self.now.get(row.membership_id)
        person = self.known.people.get(now.customer_id) if now else None
        if first != row.record.number:
            self._add(row.record, NUMBER, Conflict(N_("Row {row} of the file is the same row."), row=first))
            return None
        if now and now.customer_id in self.known.unrelated:
            elsewhere = N_(
                "The customer belongs to another unit. Open it with its number and a reason, then check again."
            )
            self._add(row.record, NUMBER, Conflict(elsewhere))
            return None
        if now is None or person is None:
            self._add(
                row.record, NUMBER, Invalid(N_("There is no row with this number. For a new row, leave it empty."))
            )
            return None
        seen = now if row.version == now.version else self.seen.get((row.membership_id, row.version))
        if seen is None:
            self._add(row.record, VERSION, Invalid(N_("The row has no such version.")))
            return None
        return now, seen, person

    def _finished(self, now: Membership, new: Membership) -> Membership:
        """Return the row with when and by whom it is ended, where it is."""
        if new.active:
            return replace(new, ended_at=None, ended_by=None)
        return replace(new, ended_at=self.at, ended_by=self.actor.user_id) if now.active else new

    def _check(self, customer_id: int, changes: Sequence[tuple[Record, Membership, Membership]]) -> Iterator[Line]:
        """Yield what becomes of the changes of one customer: those that end a row are carried out first."""
        person = self.known.people[customer_id]
        rows = {row.membership_id: row for row in person.memberships}
        left: list[Membership] = []
        for record, now, new in sorted(changes, key=lambda each: not _ends(each[1], each[2])):
            others = [row for row in [*rows.values(), *left] if row.membership_id != new.membership_id]
            try:
                check(self.known.setting.known, person, now, new, others, self.known.setting.today)
            except MvError as error:
                column = COLUMNS_OF_ERRORS.get(error.key)
                self._add(record, column if column in (Column.VALID_FROM, Column.VALID_TO) else "group", error)
                yield Line(record.number, State.WRONG, person.customer)
                continue
            rows[new.membership_id] = new
            if not _ends(now, new):  # what it leaves is free only when the others are written
                left.append(now)
            yield Line(record.number, State.CHANGED, person.customer, change=(now, new))
        self.known.people[customer_id] = replace(person, memberships=list(rows.values()))

    def _add(self, record: Record, name: str, error: MvError) -> None:
        self.comparer.problems.append(Problem(record.number, self.comparer.layout.heading(name), error))


def returned(layout: Layout, record: Record) -> Returned | Problem:
    """Return which row a row of the file is; a problem where its number or its version is none."""
    cells = {name: layout.text(record, name) or "" for name in (NUMBER, VERSION)}
    for name, text in cells.items():
        if not WHOLE_NUMBER.fullmatch(text):
            wrong = Invalid(N_("The row's number and version cannot be changed. For a new row, leave both empty."))
            return Problem(record.number, layout.heading(name), wrong)
    return Returned(record, int(cells[NUMBER]), int(cells[VERSION]))


def check(
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
