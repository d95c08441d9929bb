"""Kontroller: what payments alone do not show, for the own units.

What a check finds is numbers and amounts, and shows nobody. Whose they are is read, and logged as looked at, for those
alone that come on the screen.
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
from mv.reimbursement.rules import rule_table as all_rules
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction

LONGEST_KEPT = timedelta(minutes=10)
"""After this what was found is looked for anew: what others changed shows then at the latest."""
CHANGED_BY = dose_frames.CHANGED_BY | {Action.REGISTER_CUSTOMER}
"""Actions that change what is found: two customers may be one person before either has a dose."""


class Check(StrEnum):
    """What is looked for. The frame of what is found has the columns of the function that finds it."""

    PAID_NOT_REPORTED = "paid_not_reported"
    REPORTED_NOT_PAID = "reported_not_paid"
    TOO_LONG = "too_long"
    TWO_PAYERS = "two_payers"
    TWICE = "twice"


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What a check found from ``first`` to ``last``, most kronor first.

    ``frame`` has customer_id, ore (öre that depend on it) and what the check tells; its rule is a place in ``rules``.
    ``log_entry`` is the last entry of the access log that it knows of.
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
        """How many öre depend on it in all."""
        return int(self.frame["ore"].sum())


def find(store: Store, actor: Actor, check: Check, first: date, last: date) -> Found:
    """Return what the check finds at the actor's own units from the day ``first`` to ``last``, both included.

    TOO_LONG and TWICE are about what is so today, whatever the days. Raises Invalid for days that cannot be.
    It goes through every dose: some seconds for a million.
    """
    if first > last:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    with store.read() as tx:
        log_entry = audit.last_entry_id(tx)
    rules, known = all_rules.load(store), catalogue.load(store)
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
    """Return whether it is to be looked for anew: it is of another day or long ago, or the actor changed something."""
    audit.permit(store, actor, Action.VIEW_CHECKS)
    if found.units != actor.own_units or found.today != store.today() or store.now() - found.made_at > LONGEST_KEPT:
        return True
    with store.read() as tx:
        return bool(audit.changed_since(tx, found.log_entry, CHANGED_BY, actor.user_id))


def shown(store: Store, actor: Actor, customer_ids: Collection[int]) -> dict[int, Customer]:
    """Return who these customers are, by the store's id; each is logged as looked at.

    Raises OtherUnit when one of them is none that the actor has to do with.
    """
    ids = sorted(set(customer_ids))

    def work(tx: Transaction) -> dict[int, Customer]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CHECKS, ids)
        return {customer.customer_id: customer for customer in customers.read(tx, ids)}

    return audit.perform(store, actor, Action.VIEW_CHECKS, work)
