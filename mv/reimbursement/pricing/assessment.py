"""Assessment of every dose: outcome, remedy, and how much of its amount is paid, payable, at risk or lost.

A dose is in exactly one state. Its öre are split so that paid + payable - to_pay_back is the amount by the outcomes,
and with at_risk and lost it is what all doses could have given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from mv.catalogue import Catalogue, Group
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.pricing.remedies import find_remedies
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store


class PaymentState(StrEnum):
    """The state of the payment for a dose."""

    PAID = "paid"
    PAYABLE = "payable"
    AT_RISK = "at_risk"
    LOST = "lost"
    OUTSIDE = "outside"
    """Nobody pays for it, and no remedy is known."""


PAYMENT_STATES = pd.CategoricalDtype([state.value for state in PaymentState])
PARTS = ("paid_part", "payable", "at_risk", "lost", "to_pay_back")
"""Columns of öre; see :func:`assess`."""


def assess_units(
    store: Store, units: Collection[str] | None, rules: Sequence[Rule], known: Catalogue
) -> Iterator[pd.DataFrame]:
    """Yield the assessed doses given at ``units`` (None is every unit), part by part; see :func:`assess`.

    The caller checks the right and logs the customers that it shows.
    """
    for first, last in dose_frames.customer_ranges(store):
        frame = assess_customers(store, rules, known, first, last)
        own = frame if units is None else frame[frame["unit_id"].isin(units)]
        if len(own):
            yield own


def assess_customers(store: Store, rules: Sequence[Rule], known: Catalogue, first: int, last: int) -> pd.DataFrame:
    """Return the assessed doses of the customers with ids from ``first`` to ``last``; see :func:`assess`."""
    found = dose_frames.read_doses(store, first, last)
    memberships = dose_frames.read_memberships(store, first, last)
    return assess(found, memberships, rules, known.groups.values(), store.today())


def assess(
    doses: pd.DataFrame, memberships: pd.DataFrame, rules: Sequence[Rule], groups: Collection[Group], today: date
) -> pd.DataFrame:
    """Return ``doses`` with the columns of :func:`adjudicate` and :func:`find_remedies`, and these:

    state; and in öre: paid_part, the payments that are due; payable, the amount still to come; at_risk, the amount
    after a remedy in time; lost, the amount for which it is too late; to_pay_back, the payments beyond what is due.
    """
    outcomes = adjudicate(doses, rules)
    remedies = find_remedies(doses, outcomes, memberships, rules, groups, today)
    frame = pd.concat([doses, outcomes, remedies], axis=1)
    due, paid = frame["ore"].to_numpy(np.int64), frame["paid"].to_numpy(np.int64)
    is_payable = (frame["outcome"] == Outcome.PAYABLE.value).to_numpy(bool)
    too_late = (frame["outcome"] == Outcome.LATE.value).to_numpy(bool)
    in_time = frame["in_time"].fillna(False).to_numpy(bool)
    remedied = frame["remedy_amount"].fillna(0).to_numpy(np.int64)
    lost = np.where(too_late, frame["allowed_amount"], np.where(in_time, 0, remedied))
    conditions = [is_payable & (paid >= due), is_payable, in_time, lost > 0]
    codes = np.select(conditions, range(len(conditions)), len(conditions))
    return frame.assign(
        state=pd.Categorical.from_codes(codes, dtype=PAYMENT_STATES),
        paid_part=np.minimum(np.maximum(paid, 0), due),
        payable=np.maximum(due - np.maximum(paid, 0), 0),
        at_risk=np.where(in_time, remedied, 0),
        lost=lost,
        to_pay_back=np.maximum(paid - due, 0),
    )
