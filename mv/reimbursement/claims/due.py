"""Settlement with a payer: doses that are due and not claimed, and claim lines that are no longer true.

Pure functions on whole columns. A dose has at most one open line per payer: one that was claimed and not reversed.
So the net of a dose's lines is the amount claimed last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

import numpy as np
import pandas as pd

from mv.errors import N_
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.wording import OUTCOME_NAMES


class AdjustmentReason(StrEnum):
    """Why a line is claimed or reversed, beside the outcomes of doses that are no longer paid (:class:`Outcome`).

    Where several hold, the first one counts. The column is named ``cause``, in the store and in files.
    """

    DUE = "due"
    CORRECTED = "corrected"
    """Claimed as the dose is now, in place of a line that is reversed."""
    GONE = "gone"
    PAYER = "payer"
    PRODUCT = "product"
    DAY = "day"
    GROUP = "group"
    UNIT = "unit"
    AMOUNT = "amount"


ADJUSTMENT_REASONS: Mapping[str, str] = {
    AdjustmentReason.DUE: N_("dose given"),
    AdjustmentReason.CORRECTED: N_("as the dose is now"),
    AdjustmentReason.GONE: N_("the dose is not in the register"),
    AdjustmentReason.PAYER: N_("another payer"),
    AdjustmentReason.PRODUCT: N_("another vaccine"),
    AdjustmentReason.DAY: N_("another day"),
    AdjustmentReason.GROUP: N_("another group"),
    AdjustmentReason.UNIT: N_("another unit"),
    AdjustmentReason.AMOUNT: N_("another amount"),
    **{reason.value: name for reason, name in OUTCOME_NAMES.items() if reason != Outcome.PAYABLE},
}
"""Each reason in a few words."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a claim: payer, first and last day of the doses, both included, and units; None is every unit."""

    payer: str
    period_from: date
    period_to: date
    units: frozenset[str] | None

    def has(self, unit_ids: pd.Series) -> pd.Series:
        """Return for each unit whether the claim is for it."""
        return pd.Series(True, index=unit_ids.index) if self.units is None else unit_ids.isin(self.units)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of doses or lines, and their öre."""

    count: int = 0
    ore: int = 0

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Self:
        """Count the rows and sum up their öre."""
        return cls(len(frame), int(frame["ore"].sum()))

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.count + other.count, self.ore + other.ore)


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Settlement:
    """The lines that make the claims agree with the doses as they are now.

    ``new_lines`` are the doses to claim, ``reversals`` the open lines to take back, both with their cause; ``earlier``
    are unclaimed doses from before the period, ``elsewhere`` those that another unit has a line for.
    """

    new_lines: pd.DataFrame
    reversals: pd.DataFrame
    earlier: pd.DataFrame
    elsewhere: Amount


def settle(doses: pd.DataFrame, open_lines: pd.DataFrame, scope: Scope) -> Settlement:
    """Return the doses to claim and the open lines to reverse.

    ``doses`` are adjudicated (:func:`mv.reimbursement.pricing.adjudication.adjudicate`), with the payer of each that
    is payable; ``open_lines`` are the payer's lines that are not reversed, as they were claimed.
    """
    due = doses[scope.has(doses["unit_id"]) & (doses["payer"] == scope.payer)]
    own = scope.has(open_lines["unit_id"])
    reversals = _no_longer_true(open_lines[own], doses, scope)
    again = due[due["dose_id"].isin(reversals["dose_id"])]
    unclaimed = due[~due["dose_id"].isin(open_lines["dose_id"])]
    first, last = pd.Timestamp(scope.period_from), pd.Timestamp(scope.period_to)
    new = unclaimed[unclaimed["given_on"].between(first, last)]
    return Settlement(
        new_lines=pd.concat(
            [new.assign(cause=AdjustmentReason.DUE.value), again.assign(cause=AdjustmentReason.CORRECTED.value)]
        ),
        reversals=reversals,
        earlier=unclaimed[unclaimed["given_on"] < first],
        elsewhere=Amount.of(due[due["dose_id"].isin(open_lines.loc[~own, "dose_id"]) & (due["given_on"] <= last)]),
    )


def _no_longer_true(lines: pd.DataFrame, doses: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """Return the lines that differ from their doses as they are now, with the cause."""
    now = doses.set_index("dose_id").reindex(lines["dose_id"]).set_axis(lines.index)
    reason = now["outcome"].astype("object")
    causes = {
        AdjustmentReason.GONE: reason.isna(),
        Outcome.PAYABLE: reason != Outcome.PAYABLE,  # stands for the reason itself
        AdjustmentReason.PAYER: now["payer"] != scope.payer,
        AdjustmentReason.PRODUCT: now["product_code"] != lines["product_code"],
        AdjustmentReason.DAY: now["given_on"] != lines["given_on"],
        AdjustmentReason.GROUP: _differs(now, lines, "group_code") | _differs(now, lines, "subgroup_code"),
        AdjustmentReason.UNIT: now["unit_id"] != lines["unit_id"],
        AdjustmentReason.AMOUNT: now["ore"] != lines["ore"],
    }
    words = [reason if cause == Outcome.PAYABLE else cause.value for cause in causes]
    cause = np.select([holds.to_numpy(bool) for holds in causes.values()], words, "")
    found: pd.DataFrame = lines.assign(cause=cause)[cause != ""]
    return found


def _differs(now: pd.DataFrame, lines: pd.DataFrame, column: str) -> pd.Series:
    """Return whether the column differs; missing values are equal."""
    return now[column].fillna("") != lines[column].fillna("")
