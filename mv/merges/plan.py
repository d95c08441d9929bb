"""The plan of a merge: rows that only move, and what is done with rows that both records have. Pure functions.

Nothing is paid twice: of the same vaccine on the same day one dose counts, and the next claim takes back a line of the
other. Nothing is lost: of two rows of the same group one is kept, with the days of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mv import deaths, memberships
from mv.errors import N_, Conflict
from mv.memberships import EndReason, Membership
from mv.merges.records import Record
from mv.vaccinations import Dose


class KeepReason(StrEnum):
    """The reason for keeping one of two rows."""

    ACTIVE = "active"
    CLAIMED = "claimed"
    GIVEN_HERE = "given_here"
    GOES_ON = "goes_on"
    """It belongs to the record that goes on; there is no other reason."""


class Difference(StrEnum):
    """A point in which two records differ about the person; the one that goes on keeps its own value."""

    BIRTH_DATE = "birth_date"
    SEX = "sex"
    NAME = "name"
    UNIT = "unit"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True)
class SameGroup:
    """Rows of the same group that have days in common: one is kept and gets the whole period, the others are wrong."""

    kept: Membership
    wrong: tuple[Membership, ...]
    valid_from: date
    valid_to: date | None
    why: KeepReason

    @property
    def is_widened(self) -> bool:
        """Whether the row that is kept gets days that it did not have."""
        return (self.valid_from, self.valid_to) != (self.kept.valid_from, self.kept.valid_to)


@dataclass(frozen=True, slots=True)
class SameDose:
    """The same vaccine on the same day in both records: one dose is kept, the other withdrawn as a mistake."""

    kept: Dose
    withdrawn: Dose
    why: KeepReason


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a merge: ``keep`` goes on, and everything of ``merged`` becomes its own."""

    keep: Record
    merged: Record
    groups: tuple[SameGroup, ...]
    doses: tuple[SameDose, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The points in which the records differ."""
        one, other = self.keep.customer, self.merged.customer
        differs = {
            Difference.BIRTH_DATE: one.birth_date != other.birth_date,
            Difference.SEX: None not in (self.keep.sex, self.merged.sex) and self.keep.sex != self.merged.sex,
            Difference.NAME: one.name != other.name,
            Difference.UNIT: one.unit_id != other.unit_id,
            Difference.DECEASED: one.deceased_on != other.deceased_on,
        }
        return tuple(difference for difference, holds in differs.items() if holds)

    @property
    def may_be_two_people(self) -> bool:
        """Whether the user has to confirm that the records are of one person."""
        return not {Difference.BIRTH_DATE, Difference.SEX}.isdisjoint(self.differences)

    @property
    def deceased_on(self) -> date | None:
        """The day of death of the record that goes on, after the merge."""
        return self.keep.customer.deceased_on or self.merged.customer.deceased_on


def plan(keep: Record, merged: Record) -> Preview:
    """Return the plan of merging ``merged`` into ``keep``."""
    return Preview(keep, merged, tuple(_same_groups(keep, merged)), tuple(_same_doses(keep, merged)))


def check(preview: Preview) -> None:
    """Raise Conflict when a group or a dose would be before the person's birth or after the death."""
    one, other = preview.keep, preview.merged
    begins = [row.valid_from for each in (one, other) for row in each.memberships if counts(row)]
    days = [*begins, *(dose.given_on for each in (one, other) for dose in each.doses if dose.withdrawn_at is None)]
    if days and min(days) < one.customer.birth_date:
        raise Conflict(
            N_(
                "The other record has groups or doses from before the birth date of the record that goes on. Nothing"
                " was changed; let the other one go on, or correct these first."
            )
        )
    if days:
        deaths.refuse_after(preview.deceased_on, max(days))


def counts(row: Membership) -> bool:
    """Return whether the row counts on the days of its period."""
    return row.ended_reason != EndReason.WRONG


def _same_groups(keep: Record, merged: Record) -> Iterator[SameGroup]:
    by_group: defaultdict[tuple[str, str | None], list[Membership]] = defaultdict(list)
    for row in (*keep.memberships, *merged.memberships):
        if counts(row):
            by_group[row.group_code, row.subgroup_code].append(row)
    for rows in by_group.values():
        for together in _with_days_in_common(rows):
            if len(together) > 1:
                yield _same_group(together, keep.customer_id)


def _with_days_in_common(rows: Sequence[Membership]) -> list[list[Membership]]:
    """Split rows, in order of time, into parts whose periods overlap in a chain."""
    parts: list[list[Membership]] = []
    for row in sorted(rows, key=lambda row: (row.valid_from, row.membership_id)):
        if parts and any(memberships.overlap(row, before) for before in parts[-1]):
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def _same_group(rows: Sequence[Membership], keep_id: int) -> SameGroup:
    kept = min(rows, key=lambda row: (not row.active, row.customer_id != keep_id, row.membership_id))
    last_days = [row.valid_to for row in rows if row.valid_to is not None]
    return SameGroup(
        kept=kept,
        wrong=tuple(row for row in rows if row is not kept),
        valid_from=min(row.valid_from for row in rows),
        valid_to=None if kept.active else max(last_days),
        why=KeepReason.ACTIVE if kept.active and sum(row.active for row in rows) == 1 else KeepReason.GOES_ON,
    )


def _same_doses(keep: Record, merged: Record) -> Iterator[SameDose]:
    theirs = {(dose.product_code, dose.given_on): dose for dose in merged.doses if dose.withdrawn_at is None}
    for dose in keep.doses:
        other = theirs.get((dose.product_code, dose.given_on))
        if other is None or dose.withdrawn_at is not None:
            continue
        for why, ours_is, theirs_is in (
            (KeepReason.CLAIMED, dose.dose_id in keep.claimed, other.dose_id in merged.claimed),
            (KeepReason.GIVEN_HERE, not dose.abroad, not other.abroad),
        ):
            if ours_is != theirs_is:
                yield SameDose(dose, other, why) if ours_is else SameDose(other, dose, why)
                break
        else:
            yield SameDose(dose, other, KeepReason.GOES_ON)
