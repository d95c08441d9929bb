"""The effect of changing a customer's membership on the doses that it counts for.

A dose keeps the group that was recorded with it. It is paid by that group while a membership in it covers the day;
a membership that was wrong from the start covers no day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mv.memberships import EndReason, Entry, Membership, likely_end_reason
from mv.reimbursement.preview.customer_case import (
    CustomerCase,
    Effect,
    adjudicate_doses,
    compare,
    covered,
    period_of,
    periods,
)

NEW = 0
"""The id of a membership that is not saved."""

Change = Mapping[int, Entry | None]
"""By membership id, the new period; None where the membership counts for no dose."""


def adding(case: CustomerCase, entry: Entry) -> Effect:
    """Return the effect of adding a membership."""
    return _effect(case, then={NEW: entry})


def adjusting(case: CustomerCase, row: Membership, entry: Entry) -> Effect:
    """Return the effect of adjusting a membership; an active one stays active, and a wrong one stays wrong."""
    if row.ended_reason == EndReason.WRONG:
        return Effect()
    return _effect(case, then={row.membership_id: replace(entry, valid_to=None) if row.active else entry})


def removing(case: CustomerCase, row: Membership) -> Effect:
    """Return the effect of removing an active membership today, with the reason that it then gets."""
    wrong = likely_end_reason(row, case.today) == EndReason.WRONG
    period = replace(period_of(row), valid_to=case.today)
    return _effect(case, then={row.membership_id: None if wrong else period})


def giving_reason(case: CustomerCase, row: Membership, reason: EndReason) -> Effect:
    """Return the effect of another end reason on an ended membership."""
    return _effect(case, then={row.membership_id: None if reason == EndReason.WRONG else period_of(row)})


def having_removed(case: CustomerCase, row: Membership) -> Effect:
    """Return the effect that the removal of a membership has had, which undoing it reverses."""
    return _effect(case, now={row.membership_id: replace(period_of(row), valid_to=None)})


def _effect(case: CustomerCase, now: Change | None = None, then: Change | None = None) -> Effect:
    """Compare the doses with the memberships as changed by ``now`` to those with them as changed by ``then``."""
    rows = periods(case.memberships)
    before, after = (
        covered(case.doses, [entry for entry in {**rows, **(change or {})}.values() if entry is not None])
        for change in (now, then)
    )
    if before == after:  # nothing else of a dose depends on the rows
        return Effect()
    adjudicated_after = adjudicate_doses(case.doses.assign(covered=after), case.rules)
    return compare(adjudicate_doses(case.doses.assign(covered=before), case.rules), adjudicated_after, case.paid)
