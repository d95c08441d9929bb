"""Att rätta: the queue of doses that would be paid after a correction, with the amount and the time left for each.

The queue is numbers and amounts, and names nobody. Customers are read, and the look logged, only for the doses that
are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.reimbursement.corrections.correction import Correction, day_of, read_corrections
from mv.reimbursement.pricing import assessment
from mv.reimbursement.pricing.assessment import PaymentState
from mv.reimbursement.pricing.dose_frames import CHANGED_BY
from mv.reimbursement.pricing.remedies import Remedy
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction

SOON = 7
"""Days left at most for a dose that is urgent."""
LONGEST_KEPT = timedelta(minutes=10)
"""After this a queue is made anew: what is imported or merged elsewhere is found then at the latest."""
MOST_CHANGED = 50
"""When more customers than these were changed, making the queue anew is as quick."""
KEPT = [
    "dose_id", "customer_id", "birth_date", "unit_id", "product_code", "dose_number", "version", "given_on",
    "completed_on", "previous_on", "group_code", "subgroup_code", "outcome", "rule", "state", "remedy", "remedy_group",
    "remedy_subgroup", "remedy_membership", "remedy_rule",
]  # fmt: skip
"""Columns of the assessment that a queue keeps of a dose."""


class Order(StrEnum):
    """The order of the queue."""

    KRONOR = "kronor"
    DAYS_LEFT = "days_left"


@dataclass(frozen=True, slots=True)
class Filters:
    """A selection of the queue, and its order."""

    unit_id: str | None = None
    product_code: str | None = None
    remedy: Remedy | None = None
    order: Order = Order.KRONOR


@dataclass(frozen=True, slots=True)
class QueuedDose:
    """A dose in the queue: the amount of correcting it in öre, and the last day for that, if any."""

    dose_id: int
    customer_id: int
    ore: int
    last_day: date | None

    def is_soon(self, today: date) -> bool:
        """Return whether the last day is today or at most SOON days ahead."""
        return self.last_day is not None and 0 <= (self.last_day - today).days <= SOON


@dataclass(frozen=True, eq=False, slots=True)
class Queue:
    """The doses at some units that would be paid after a correction; or, where ``lost``, that would have been in time.

    ``frame`` has the columns KEPT and gain (öre), until (the last day) and begins (see
    :class:`~mv.reimbursement.corrections.correction.Suggestion`); rule and remedy_rule are places in ``rules``.
    ``log_entry`` is the last entry of the access log that it knows of.
    """

    frame: pd.DataFrame = field(repr=False)
    rules: Sequence[Rule] = field(repr=False)
    units: frozenset[str]
    lost: bool
    today: date
    made_at: datetime
    log_entry: int

    @property
    def dose_ids(self) -> frozenset[int]:
        """The doses in the queue."""
        return frozenset(self.frame["dose_id"].tolist())

    def steps(self, filters: Filters) -> list[QueuedDose]:
        """Return the doses selected by the filters, in their order; among equals, a customer's stand together."""
        found = self.frame
        for name in ("unit_id", "product_code", "remedy"):
            wanted = getattr(filters, name)
            if wanted is not None:
                found = found[(found[name] == wanted).fillna(False)]
        days = (found["until"] - pd.Timestamp(self.today)).dt.days
        keys = found.assign(allowed_amount=-found["gain"], days=-days if self.lost else days)
        first = ["allowed_amount", "days"] if filters.order == Order.KRONOR else ["days", "allowed_amount"]
        keys = keys.sort_values([*first, "customer_id", "dose_id"], na_position="last")
        columns = (keys[name].tolist() for name in ("dose_id", "customer_id", "gain", "until"))
        return [
            QueuedDose(dose, customer, ore, day_of(until)) for dose, customer, ore, until in zip(*columns, strict=True)
        ]


def build_queue(store: Store, actor: Actor, *, lost: bool = False) -> Queue:
    """Build the queue of the actor's own units; with ``lost``, of the doses for which it is too late.

    Every dose is assessed: a second for a hundred thousand.
    """
    audit.permit(store, actor, Action.VIEW_CORRECTIONS)
    with store.read() as tx:
        log_entry = audit.last_entry_id(tx)
    found, known = rule_table.load(store), catalogue.load(store)
    made_at, today = store.now(), store.today()
    parts = [_of_queue(part, lost) for part in assessment.assess_units(store, actor.units_to_filter, found, known)]
    frame = pd.concat(parts, ignore_index=True) if parts else _of_queue(_nothing(store, found, known), lost)
    return Queue(frame, found, actor.own_units, lost, today, made_at, log_entry)


def refresh_queue(store: Store, actor: Actor, queue: Queue) -> Queue:
    """Bring the queue up to date: only the doses of customers changed since are assessed anew."""
    audit.permit(store, actor, Action.VIEW_CORRECTIONS)
    with store.read() as tx:
        log_entry = audit.last_entry_id(tx)
        changed = audit.changed_since(tx, queue.log_entry, CHANGED_BY)
    outdated = queue.today != store.today() or store.now() - queue.made_at > LONGEST_KEPT
    if outdated or queue.units != actor.own_units or None in changed or len(changed) > MOST_CHANGED:
        return build_queue(store, actor, lost=queue.lost)
    if not changed:
        return queue
    known = catalogue.load(store)
    people = sorted(one for one in changed if one is not None)
    anew = (_of_own(assessment.assess_customers(store, queue.rules, known, one, one), actor) for one in people)
    kept = queue.frame[~queue.frame["customer_id"].isin(people)]
    frame = pd.concat([kept, *(_of_queue(part, queue.lost) for part in anew)], ignore_index=True)
    return Queue(frame, queue.rules, queue.units, queue.lost, queue.today, queue.made_at, log_entry)


def read_shown(store: Store, actor: Actor, queue: Queue, dose_ids: Sequence[int]) -> list[Correction]:
    """Return the doses that are in the queue with their customers, each of whom is logged as looked at.

    Raises OtherUnit when the actor has no care relation to one of them.
    """
    places = pd.Index(queue.frame["dose_id"]).get_indexer(list(dose_ids))
    return _corrections(store, actor, queue.frame.iloc[places[places >= 0]], queue.rules)


def read_customer(store: Store, actor: Actor, customer_id: int) -> list[Correction]:
    """Return the customer's doses at the actor's own units, paid or not, as they are now; logged as a look.

    Raises OtherUnit when the actor has no care relation to the customer.
    """

    def look(tx: Transaction) -> None:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CORRECTIONS, [customer_id])

    audit.perform(store, actor, Action.VIEW_CORRECTIONS, look, customer_id)
    found, known = rule_table.load(store), catalogue.load(store)
    frame = _of_own(assessment.assess_customers(store, found, known, customer_id, customer_id), actor)
    return _corrections(store, actor, _kept(frame), found)


def _nothing(store: Store, found: Sequence[Rule], known: Catalogue) -> pd.DataFrame:
    return assessment.assess_customers(store, found, known, 0, -1)


def _of_own(frame: pd.DataFrame, actor: Actor) -> pd.DataFrame:
    return frame if actor.has_every_unit else frame[frame["unit_id"].isin(actor.own_units)]


def _of_queue(frame: pd.DataFrame, lost: bool) -> pd.DataFrame:
    return _kept(frame[frame["state"] == (PaymentState.LOST if lost else PaymentState.AT_RISK).value])


def _kept(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of assessed doses that a queue keeps."""
    alike = [frame["customer_id"], frame["remedy"], frame["remedy_group"], frame["state"]]
    return frame[KEPT].assign(
        gain=frame["ore"] + frame["at_risk"] + frame["lost"],
        until=np.where(frame["remedy"].notna(), frame["remedy_deadline"], frame["last_day"]),
        begins=frame["given_on"].groupby(alike, observed=True).transform("min"),
    )


def _corrections(store: Store, actor: Actor, frame: pd.DataFrame, found: Sequence[Rule]) -> list[Correction]:
    people = set(frame["customer_id"].tolist())

    def work(tx: Transaction) -> list[Correction]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_CORRECTIONS, people, of_own_rows=True)
        return read_corrections(tx, frame, found)

    return audit.perform(store, actor, Action.VIEW_CORRECTIONS, work)
