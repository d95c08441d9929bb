"""The cube: one row for each month, unit, vaccine, group, payer, state, outcome and remedy. Pure functions on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from mv.reimbursement.pricing.adjudication import OUTCOMES, Outcome
from mv.reimbursement.pricing.assessment import PAYMENT_STATES, PaymentState
from mv.reimbursement.pricing.remedies import REMEDIES
from mv.reimbursement.pricing.seasons import FIRST_MONTH, Season
from mv.reimbursement.rules.rule_table import Rule

NO_GROUP = ""
"""Among the filters: the doses that no group counts for."""

PLACE = ("month", "unit_id", "product_code", "atc", "group_code", "subgroup_code")
"""The dimensions of a dose, by which the filters select."""
ASSESSMENT = ("payer", "state", "outcome", "remedy")
DUE = ("paid_part", "payable")
POSSIBLE = ("paid_part", "payable", "at_risk", "lost")
RECEIVED = ("paid_part", "to_pay_back")
AMOUNTS = ("ore", "possible", *POSSIBLE, "awaited", "to_pay_back", "received", "overdrawn")
"""Öre. ``ore`` is due by the outcomes, ``possible`` is what the doses could have given, ``awaited`` the part of payable
that is claimed already, ``received`` the payments in files, ``overdrawn`` the deductions beyond what was paid; the
others are those of :func:`~mv.reimbursement.pricing.assessment.assess`."""
MEASURES = ("doses", "paid_back", *AMOUNTS)
"""``doses``, and of how many something is to be paid back; and the amounts."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which doses to look at: None is any. ``vaccine`` is a product or the beginning of an ATC code; the group
    NO_GROUP is none."""

    season: Season | None = None
    unit: str | None = None
    vaccine: str | None = None
    group: str | None = None
    subgroup: str | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Parts, named by measure or state, and the whole that they have to add up to."""

    parts: Mapping[str, int]
    whole: int

    @property
    def holds(self) -> bool:
        """Whether the parts add up to the whole."""
        return sum(self.parts.values()) == self.whole


def cube_of(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the cube over assessed doses (see :func:`assess`)."""
    paid, late = doses["paid"], doses["outcome"] == Outcome.LATE.value
    remedied = doses["remedy_amount"].fillna(0).astype("int64")
    frame = doses[[*PLACE[1:], *ASSESSMENT[1:], "ore", *POSSIBLE, "to_pay_back"]].assign(
        month=doses["given_on"].to_numpy("datetime64[M]").astype("datetime64[s]"),
        payer=_payers(doses, rules),
        doses=1,
        paid_back=(doses["to_pay_back"] > 0).astype("int64"),
        possible=doses["ore"] + doses["allowed_amount"].where(late, remedied),
        awaited=np.clip(doses["claimed"] - paid.clip(lower=0), 0, doses["payable"]),
        received=paid,
        overdrawn=(-paid).clip(lower=0),
    )
    return _grouped(frame, [*PLACE, *ASSESSMENT])


def combine(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Combine the cubes of several parts of the doses; of none, an empty cube."""
    texts = pd.DataFrame({name: pd.Series(dtype="str") for name in (*PLACE, *ASSESSMENT)})
    empty = texts.assign(**{name: pd.Series(dtype="int64") for name in MEASURES}).astype({"month": "datetime64[s]"})
    empty = empty.astype({"state": PAYMENT_STATES, "outcome": OUTCOMES, "remedy": REMEDIES})
    return _grouped(pd.concat(parts, ignore_index=True), [*PLACE, *ASSESSMENT]) if parts else empty


def _payers(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.Series:
    """Return the payer of each dose: who has paid, else the payer of the rule that decides, or of the remedy's."""
    names = pd.Series([*(rule.payer for rule in rules), None], dtype="str")
    deciding = doses["remedy_rule"].fillna(doses["rule"]).to_numpy(np.int64)
    by_rule = names.take(np.where(deciding >= 0, deciding, len(rules))).set_axis(doses.index)
    return doses["paid_by"].astype("str").fillna(by_rule)


def differences(cube: pd.DataFrame, counted: pd.DataFrame) -> int:
    """Count the places at which the cube differs from what the store counted."""
    columns = ["doses", "received"]
    minus = counted.assign(**{name: -counted[name] for name in columns})
    both = pd.concat([cube[[*PLACE, *columns]], minus], ignore_index=True)
    left = both.groupby(list(PLACE), dropna=False)[columns].sum()
    return int((left != 0).any(axis=1).sum())


def select(frame: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Select the rows of the cube, or of the store's count, by the filters."""
    keep = pd.Series(True, index=frame.index)
    if filters.season:
        keep &= frame["month"].between(pd.Timestamp(filters.season.first), pd.Timestamp(filters.season.last))
    if filters.unit:
        keep &= frame["unit_id"] == filters.unit
    if filters.vaccine:
        keep &= (frame["product_code"] == filters.vaccine) | frame["atc"].str.startswith(filters.vaccine)
    if filters.group is not None:
        keep &= frame["group_code"].isna() if filters.group == NO_GROUP else frame["group_code"] == filters.group
    if filters.subgroup:
        keep &= frame["subgroup_code"] == filters.subgroup
    return frame[keep.fillna(False).astype(bool)]


def seasons(cube: pd.DataFrame) -> list[Season]:
    """Return the seasons in which doses were given, the latest first."""
    return sorted({Season.of(month.date()) for month in cube["month"].unique()}, reverse=True)


def totals(frame: pd.DataFrame) -> dict[str, int]:
    """Return the sum of each measure: doses, and öre."""
    return {name: int(frame[name].sum()) for name in MEASURES}


def group_by(cube: pd.DataFrame, *dimensions: str) -> pd.DataFrame:
    """Return the measures for each value of the dimensions: columns of the cube, or ``season``, its first year."""
    if "season" in dimensions:
        month = cube["month"].dt
        cube = cube.assign(season=month.year - (month.month < FIRST_MONTH))
    return _grouped(cube, list(dimensions))


def over_time(cube: pd.DataFrame, season: Season | None, today: date) -> pd.DataFrame:
    """Return the measures for each month of the season until today, or from the first dose to the last."""
    found = group_by(cube, "month").set_index("month")
    first, last = found.index.min(), found.index.max()
    if season:
        first, last = pd.Timestamp(season.first), max(last, pd.Timestamp(min(today, season.last)))
    months = pd.date_range(first, last, freq="MS", name="month", unit="s")
    return found.reindex(months, fill_value=0).reset_index()


def sums(cube: pd.DataFrame, counted: pd.DataFrame) -> dict[str, Sum]:
    """Return the sums to check, each with a whole that was not made of its parts.

    ``doses``: the doses of all states are those that the store counts. ``due``: paid and payable are the amounts by
    the outcomes. ``possible``: with at risk and lost they are what all doses could give. ``received``: the payments
    in files are paid, or to be paid back.
    """
    total = totals(cube)
    of_state = group_by(cube, "state").set_index("state")["doses"]
    taken_back = {"overdrawn": -total["overdrawn"]} if total["overdrawn"] else {}
    return {
        "doses": Sum(
            {each.value: int(of_state.get(each.value, 0)) for each in PaymentState}, int(counted["doses"].sum())
        ),
        "due": Sum({name: total[name] for name in DUE}, total["ore"]),
        "possible": Sum({name: total[name] for name in POSSIBLE}, total["possible"]),
        "received": Sum({name: total[name] for name in RECEIVED} | taken_back, int(counted["received"].sum())),
    }


def _grouped(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return frame.groupby(names, dropna=False, observed=True, as_index=False)[list(MEASURES)].sum()
