"""Remedies: a group with which an unpaid dose would be paid, one the customer was in or one that the age gives.

A remedy is a suggestion for somebody to review; nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mv.catalogue import Group, covers
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH


class Remedy(StrEnum):
    """What is likely missing. Of remedies with the same amount, the first one is suggested."""

    CHOOSE_GROUP = "choose_group"
    """The customer was in the group on the day: it is to be chosen for the dose."""
    ADD_BY_AGE = "add_by_age"
    """The customer's age that day is that of the group."""
    ACTIVE_AFTER = "active_after"
    """The group begins after the day: its first day may be too late."""
    ENDED_BEFORE = "ended_before"
    """The group ended before the day."""


REMEDIABLE = (Outcome.NO_GROUP, Outcome.GROUP_NOT_PAID, Outcome.PERIOD, Outcome.AGE)
REMEDY_COLUMNS = (
    "remedy",
    "remedy_group",
    "remedy_subgroup",
    "remedy_membership",
    "remedy_rule",
    "remedy_amount",
    "remedy_deadline",
    "in_time",
)
REMEDIES = pd.CategoricalDtype([remedy.value for remedy in Remedy])


def find_remedies(
    doses: pd.DataFrame,
    outcomes: pd.DataFrame,
    memberships: pd.DataFrame,
    rules: Sequence[Rule],
    groups: Collection[Group],
    today: date,
) -> pd.DataFrame:
    """Return for each dose, by index, the likeliest remedy as REMEDY_COLUMNS; they are missing where there is none.

    ``remedy`` is a Remedy, with the group, the membership's row where there is one, and the place of the rule.
    ``remedy_amount`` is what the rule allows in öre, ``remedy_deadline`` the last day to register it, and ``in_time``
    tells whether that day is still ahead.
    """
    open_doses = doses[outcomes["outcome"].isin([outcome.value for outcome in REMEDIABLE])]
    if open_doses.empty:
        return _nothing(doses)
    candidates = pd.concat(
        [_from_memberships(open_doses, memberships, groups), _from_age(open_doses, memberships, groups)],
        ignore_index=True,
    )
    if candidates.empty:
        return _nothing(doses)
    as_remedied = candidates.assign(covered=True, completed_on=pd.Timestamp(today))
    adjudicated = adjudicate(as_remedied.assign(customer_id=np.arange(len(as_remedied))), rules)  # each by itself
    paid = adjudicated["outcome"].isin([Outcome.PAYABLE.value, Outcome.LATE.value])
    has_bounds = np.array(
        [*((r.age_from, r.age_to, r.birth_year_from, r.birth_year_to) != (None,) * 4 for r in rules), 0]
    )
    by_age = candidates["remedy"] == Remedy.ADD_BY_AGE
    paid &= ~by_age | has_bounds[adjudicated["rule"]].astype(bool)
    is_paid = outcomes["outcome"] == Outcome.PAYABLE.value
    paid &= ~_too_near(candidates, adjudicated, doses[is_paid], outcomes[is_paid], rules)
    found = candidates[paid].assign(
        remedy_rule=adjudicated["rule"],
        remedy_amount=adjudicated["allowed_amount"],
        remedy_deadline=adjudicated["last_day"],
        in_time=adjudicated["outcome"] == Outcome.PAYABLE.value,
    )
    ranks = found["remedy"].map({remedy.value: place for place, remedy in enumerate(Remedy)})
    best = (
        found.assign(rank=ranks)
        .sort_values(
            ["in_time", "remedy_amount", "rank", "distance"], ascending=[False, False, True, True], kind="stable"
        )
        .drop_duplicates("dose_index")
        .set_index("dose_index")
    )
    return best[list(REMEDY_COLUMNS)].reindex(doses.index).astype(_nothing(doses.iloc[:0]).dtypes)


def _nothing(doses: pd.DataFrame) -> pd.DataFrame:
    empty = pd.DataFrame(index=doses.index)
    return empty.assign(
        remedy=pd.Series(dtype=REMEDIES),
        remedy_group=pd.Series(dtype="str"),
        remedy_subgroup=pd.Series(dtype="str"),
        remedy_membership=pd.Series(dtype="Int64"),
        remedy_rule=pd.Series(dtype="Int64"),
        remedy_amount=pd.Series(dtype="Int64"),
        remedy_deadline=pd.Series(dtype="datetime64[s]"),
        in_time=pd.Series(dtype="boolean"),
    )


def _from_memberships(doses: pd.DataFrame, memberships: pd.DataFrame, groups: Collection[Group]) -> pd.DataFrame:
    """Pair each dose with each of its customer's memberships, as if that group counted for it."""
    own = doses.drop(columns=["group_code", "subgroup_code", "membership_id"], errors="ignore")
    pairs = own.rename_axis("dose_index").reset_index().merge(memberships, on="customer_id")
    day, first, last = pairs["given_on"], pairs["valid_from"], pairs["valid_to"]
    remedy = np.where(day < first, Remedy.ACTIVE_AFTER, np.where(day > last, Remedy.ENDED_BEFORE, Remedy.CHOOSE_GROUP))
    distance = pd.concat([(first - day).dt.days, (day - last).dt.days], axis=1).max(axis=1).clip(lower=0)
    pairs = pairs.assign(remedy=remedy, distance=distance, remedy_membership=pairs["membership_id"])
    # A group that surely ends after some days is not stretched beyond them.
    longest = pairs["group_code"].map({group.group_code: group.longest_days for group in groups})
    begins, ends = first.where(first < day, day), last.where(last > day, day)
    stretched = (ends - begins).dt.days + 1
    keep = (remedy == Remedy.CHOOSE_GROUP) | longest.isna() | (stretched <= longest.astype("float64"))
    return _named(pairs[keep])


def _from_age(doses: pd.DataFrame, memberships: pd.DataFrame, groups: Collection[Group]) -> pd.DataFrame:
    """Pair each dose with each group by age that is in use on its day.

    Customers who are in the group at another time are left out: their period is the one to adjust.
    """
    own = doses.drop(columns=["group_code", "subgroup_code", "membership_id"], errors="ignore")
    parts = []
    for group in groups:
        if group.by_age:
            in_use = own["given_on"].map({day: covers(group, day.date()) for day in own["given_on"].unique()})
            has_it = own["customer_id"].isin(memberships.loc[_is_of(memberships, group), "customer_id"])
            with_group = own[in_use.astype(bool) & ~has_it].rename_axis("dose_index").reset_index()
            parts.append(with_group.assign(group_code=group.group_code, subgroup_code=None))
    if not parts:
        return own.head(0).assign(dose_index=0)
    pairs = pd.concat(parts, ignore_index=True).astype({"subgroup_code": "str"})
    return _named(pairs.assign(remedy=Remedy.ADD_BY_AGE.value, distance=0, remedy_membership=None))


def _named(pairs: pd.DataFrame) -> pd.DataFrame:
    named = pairs.assign(remedy_group=pairs["group_code"], remedy_subgroup=pairs["subgroup_code"])
    return named.astype({"remedy_membership": "Int64", "distance": "float64", "remedy": "str"})


def _is_of(memberships: pd.DataFrame, group: Group) -> pd.Series:
    return (memberships["group_code"] == group.group_code) & memberships["subgroup_code"].isna()


def _too_near(
    candidates: pd.DataFrame,
    adjudicated: pd.DataFrame,
    paid: pd.DataFrame,
    outcomes: pd.DataFrame,
    rules: Sequence[Rule],
) -> pd.Series:
    """Return whether each candidate would lie too near a dose of the customer that is paid, before or after it."""
    between = np.array([*(rule.days_between or 0 for rule in rules), 0])
    one, other = _with_wait(candidates, between[adjudicated["rule"]]), _with_wait(paid, between[outcomes["rule"]])
    pairs = one.merge(other, on=["customer_id", "kind"], suffixes=("", "_other"))
    days = (pairs["day"] - pairs["day_other"]).dt.days
    near = ((days >= 0) & (days < pairs["wait"])) | ((days <= 0) & (-days < pairs["wait_other"]))
    return pd.Series(candidates.index.isin(pairs.loc[near, "place"]), index=candidates.index)


def _with_wait(doses: pd.DataFrame, wait: NDArray[np.int64]) -> pd.DataFrame:
    """Return customer, vaccine type and day of each dose, and the days that have to lie before it."""
    kind = doses["atc"].str[:ATC_LEVEL_4_LENGTH]
    return doses[["customer_id"]].assign(place=doses.index, kind=kind, day=doses["given_on"], wait=wait)
