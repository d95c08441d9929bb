"""What changing a customer's group does to the doses that it counts for.

A dose keeps the group that was frozen onto it. It is paid by that group while some row of it covers the day, and a
row that was wrong from the start covers none.
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
"""The number of a row that is not saved."""

Change = Mapping[int, Entry | None]
"""By its number, the period that a row has instead; None where it counts for no dose."""


def adding(case: CustomerCase, entry: Entry) -> Effect:
    """Return what putting the customer in a group does."""
    return _effect(case, then={NEW: entry})


def adjusting(case: CustomerCase, row: Membership, entry: Entry) -> Effect:
    """Return what adjusting a row does; an active one stays active, and one that was wrong stays so."""
    if row.ended_reason == EndReason.WRONG:
        return Effect()
    return _effect(case, then={row.membership_id: replace(entry, valid_to=None) if row.active else entry})


def removing(case: CustomerCase, row: Membership) -> Effect:
    """Return what removing an active row today does, for the reason that it then has."""
    wrong = likely_end_reason(row, case.today) == EndReason.WRONG
    period = replace(period_of(row), valid_to=case.today)
    return _effect(case, then={row.membership_id: None if wrong else period})


def giving_reason(case: CustomerCase, row: Membership, reason: EndReason) -> Effect:
    """Return what another reason does to an ended row."""
    return _effect(case, then={row.membership_id: None if reason == EndReason.WRONG else period_of(row)})


def having_removed(case: CustomerCase, row: Membership) -> Effect:
    """Return what the removal of an ended row has done, which is what undoing it reverses."""
    return _effect(case, now={row.membership_id: replace(period_of(row), valid_to=None)})


def _effect(case: CustomerCase, now: Change | None = None, then: Change | None = None) -> Effect:
    """Return what becomes of the doses between the rows as they are but for ``now``, and but for ``then``."""
    rows = periods(case.memberships)
    before, after = (
        covered(case.doses, [entry for entry in {**rows, **(change or {})}.values() if entry is not None])
        for change in (now, then)
    )
    if before == after:  # nothing else of a dose depends on the rows
        return Effect()
    adjudicated_after = adjudicate_doses(case.doses.assign(covered=after), case.rules)
    return compare(adjudicate_doses(case.doses.assign(covered=before), case.rules), adjudicated_after, case.paid)
