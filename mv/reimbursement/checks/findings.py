"""Kontroller: findings that payments alone do not show, for the own units.

A finding is numbers and amounts, and names nobody. Customers are read, and the look logged, only for those that are
shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

import pandas as pd

from mv import audit, catalogue, customers
from mv.access import Action, Actor
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.reimbursement.checks import duplicates, nvr, overlong_periods, two_payers
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction

LONGEST_KEPT = timedelta(minutes=10)
"""The age after which a check is run again: changes by others show then at the latest."""
CHANGED_BY = dose_frames.CHANGED_BY | {Action.REGISTER_CUSTOMER}
"""Actions that change what is found: two customers may be one person before either has a dose."""


class Check(StrEnum):
    """A check. The frame of its findings has the columns of the function that finds them."""

    PAID_NOT_REPORTED = "paid_not_reported"
    REPORTED_NOT_PAID = "reported_not_paid"
    TOO_LONG = "too_long"
    TWO_PAYERS = "two_payers"
    TWICE = "twice"


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """The findings of a check from ``first`` to ``last``, the highest amount first.

    ``frame`` has customer_id, ore (the amount that depends on it) and the columns of the check; its rule is a place in
    ``rules``. ``log_entry`` is the last entry of the access log that is taken into account.
    """

    check: Check
    first: date
    last: date
    frame: pd.DataFrame = field(repr=False)
    rules: Sequence[Rule] = field(repr=False)
    units: frozenset[str]
    today: date
    made_at: datetime
    log_entry: int

    @property
    def ore(self) -> int:
        """The sum of öre that depend on the findings."""
        return int(self.frame["ore"].sum())


def find(store: Store, actor: Actor, check: Check, first: date, last: date) -> Found:
    """Run the check at the actor's own units from the day ``first`` to ``last``, both included.

    TOO_LONG and TWICE are about today, whatever the days. Raises Invalid for impossible days. Every dose is
    adjudicated: some seconds for a million.
    """
    if first > last:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    with store.read() as tx:
        log_entry = audit.last_entry_id(tx)
    rules, known = rule_table.load(store), catalogue.load(store)
    made_at, today = store.now(), store.today()
    if check in (Check.PAID_NOT_REPORTED, Check.REPORTED_NOT_PAID):
        find_doses = nvr.paid_not_reported if check == Check.PAID_NOT_REPORTED else nvr.reported_not_paid
        frame = nvr.doses_of_own_units(store, actor, rules, known, first, last, find_doses)
    elif check == Check.TOO_LONG:
        frame = overlong_periods.overlong_memberships(store, actor, rules)
    elif check == Check.TWO_PAYERS:
        frame = two_payers.two_payers(store, actor, rules, known, first, last)
    else:
        frame = duplicates.find_duplicates(store, actor, rules)
    return Found(check, first, last, frame, rules, actor.own_units, today, made_at, log_entry)


def is_outdated(store: Store, actor: Actor, found: Found) -> bool:
    """Return whether to run the check again: on another day, after LONGEST_KEPT, or after a change by the actor."""
    audit.permit(store, actor, Action.VIEW_CHECKS)
    if found.units != actor.own_units or found.today != store.today() or store.now() - found.made_at > LONGEST_KEPT:
        return True
    with store.read() as tx:
        return bool(audit.changed_since(tx, found.log_entry, CHANGED_BY, actor.user_id))


def shown(store: Store, actor: Actor, customer_ids: Collection[int]) -> dict[int, Customer]:
    """Return these customers by id; each is logged as looked at.

    Raises OtherUnit when the actor has no care relation to one of them.
    """
    ids = sorted(set(customer_ids))

    def work(tx: Transaction) -> dict[int, Customer]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CHECKS, ids, of_own_rows=True)
        return {customer.customer_id: customer for customer in customers.read(tx, ids)}

    return audit.perform(store, actor, Action.VIEW_CHECKS, work)
