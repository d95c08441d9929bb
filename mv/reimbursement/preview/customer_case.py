"""A customer's case: the doses, memberships and rules that decide what is paid, and what a change does to it.

Nothing is written. Outcomes come from :func:`mv.reimbursement.pricing.adjudication.adjudicate` over all of the
customer's doses, so that they agree with the follow-up once the change is saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from mv import audit, memberships
from mv.access import Action, Actor
from mv.catalogue import Catalogue, covers
from mv.customers import Customer
from mv.memberships import EndReason, Entry, Membership
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import DOSE_COLUMNS, Outcome, adjudicate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction

Adjudications = Mapping[int, "Adjudication"]
"""By dose id."""


@dataclass(frozen=True, slots=True, eq=False)
class CustomerCase:
    """What decides on a customer's doses, as it was read.

    ``doses`` are indexed by dose id, and ``paid`` holds the payments for each so far, in öre.
    """

    customer: Customer
    doses: pd.DataFrame
    paid: Mapping[int, int]
    memberships: Sequence[Membership]
    rules: Sequence[Rule]
    known: Catalogue
    today: date


@dataclass(frozen=True, slots=True)
class Adjudication:
    """The outcome of a dose: its öre, the rule that decided, and in ``dose`` the columns that word it."""

    outcome: Outcome
    ore: int
    rule: Rule | None
    dose: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangedDose:
    """A dose that is paid differently after a change."""

    dose_id: int
    product_code: str
    given_on: date
    before: Adjudication
    after: Adjudication


@dataclass(frozen=True, slots=True)
class Effect:
    """The doses that a change affects, the earliest first, and the öre received that would have to be paid back."""

    changed_doses: tuple[ChangedDose, ...] = ()
    to_pay_back: int = 0

    @property
    def ore(self) -> int:
        """The difference in all, in öre; negative where less is paid."""
        return sum(changed.after.ore - changed.before.ore for changed in self.changed_doses)


def read_case(store: Store, actor: Actor, customer: Customer, known: Catalogue) -> CustomerCase:
    """Return the customer's case, and log it as a look at the doses.

    Raises OtherUnit when the customer is none that the actor has to do with.
    """

    def work(tx: Transaction) -> tuple[list[Membership], list[Rule]]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_DOSES, [customer.customer_id])
        return memberships.read(tx, customer.customer_id), rule_table.read(tx)

    rows, in_force = audit.perform(store, actor, Action.VIEW_DOSES, work, customer.customer_id)
    found = dose_frames.read_doses(store, customer.customer_id, customer.customer_id).set_index("dose_id", drop=False)
    paid = dict(zip(found["dose_id"].tolist(), found["paid"].tolist(), strict=True))
    return CustomerCase(customer, found[list(DOSE_COLUMNS)], paid, rows, in_force, known, store.today())


def adjudicate_customers(store: Store, actor: Actor, customer_ids: Collection[int]) -> Adjudications:
    """Return the outcome of every dose of these customers, a few, and log it as a look at the doses.

    Raises OtherUnit when the actor has no care relation with one of them.
    """

    def work(tx: Transaction) -> tuple[pd.DataFrame, list[Rule]]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_DOSES, customer_ids)
        return dose_frames.read_doses_of(tx, customer_ids), rule_table.read(tx)

    found, in_force = audit.perform(store, actor, Action.VIEW_DOSES, work)
    if found.empty:
        return {}
    return adjudicate_doses(found.set_index("dose_id", drop=False)[list(DOSE_COLUMNS)], in_force)


def period_of(row: Membership) -> Entry:
    """Return the group and period of a membership."""
    return Entry(row.group_code, row.subgroup_code, row.valid_from, row.valid_to)


def periods(rows: Iterable[Membership]) -> dict[int, Entry]:
    """Return by membership id the groups and periods that can count for a dose: those not ended as wrong."""
    return {row.membership_id: period_of(row) for row in rows if row.ended_reason != EndReason.WRONG}


def covered(doses: pd.DataFrame, by: Collection[Entry]) -> list[bool]:
    """Return for each dose whether one of the periods ``by`` covers its group and day.

    The same as the column ``covered`` of :mod:`mv.reimbursement.pricing.dose_frames`, for periods not saved yet.
    """
    groups = doses[["group_code", "subgroup_code"]].astype(object)
    groups = groups.where(groups.notna(), None)
    recorded = zip(groups["group_code"], groups["subgroup_code"], doses["given_on"].dt.date, strict=True)
    return [
        any((entry.group_code, entry.subgroup_code) == (group, subgroup) and covers(entry, day) for entry in by)
        for group, subgroup, day in recorded
    ]


def adjudicate_doses(doses: pd.DataFrame, in_force: Sequence[Rule]) -> Adjudications:
    """Adjudicate doses: all of each customer that has some among them."""
    return as_adjudications(doses, adjudicate(doses, in_force), in_force)


def as_adjudications(doses: pd.DataFrame, adjudicated: pd.DataFrame, in_force: Sequence[Rule]) -> Adjudications:
    """Return the rows of ``adjudicated`` (of :func:`adjudicate` on ``doses``) by dose id."""
    found = {}
    for row in pd.concat([doses, adjudicated], axis=1).to_dict("records"):
        dose: dict[str, Any] = {str(name): None if pd.isna(value) else value for name, value in row.items()}
        rule = in_force[dose["rule"]] if dose["rule"] >= 0 else None
        found[dose["dose_id"]] = Adjudication(Outcome(dose["outcome"]), dose["ore"], rule, dose)
    return found


def compare(before: Adjudications, after: Adjudications, paid: Mapping[int, int]) -> Effect:
    """Compare the doses that are in both; ``paid`` is what was received for each, in öre."""
    changed_doses = [
        ChangedDose(
            dose_id,
            adjudication.dose["product_code"],
            adjudication.dose["given_on"].date(),
            before[dose_id],
            adjudication,
        )
        for dose_id, adjudication in after.items()
        if dose_id in before and before[dose_id].ore != adjudication.ore
    ]
    back = sum(
        max(paid.get(dose.dose_id, 0) - dose.after.ore, 0) - max(paid.get(dose.dose_id, 0) - dose.before.ore, 0)
        for dose in changed_doses
    )
    return Effect(tuple(sorted(changed_doses, key=lambda dose: (dose.given_on, dose.dose_id))), max(back, 0))
