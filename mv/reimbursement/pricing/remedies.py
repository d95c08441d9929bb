"""What would make a dose paid that is not: a group that the customer was in, or that the age alone gives.

Suggestions are for somebody to judge; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mv.catalogue import Group, covers
from mv.reimbursement.pricing.adjudication import Reason, price
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import KIND


class Mend(StrEnum):
    """What is likely missing. What stands first is suggested first where two are worth the same."""

    CHOOSE_GROUP = "choose_group"
    """The customer was in the group on the day: it is to be chosen for the dose."""
    ADD_BY_AGE = "add_by_age"
    """The customer's age that day is that of the group."""
    ACTIVE_AFTER = "active_after"
    """The group begins after the day: its first day may be too late."""
    ENDED_BEFORE = "ended_before"
    """The group ended before the day."""


MENDABLE = (Reason.NO_GROUP, Reason.GROUP_NOT_PAID, Reason.PERIOD, Reason.AGE)
SUGGESTION = ("mend", "mend_group", "mend_subgroup", "mend_membership", "mend_rule", "mend_worth", "mend_by", "in_time")
MENDS = pd.CategoricalDtype([mend.value for mend in Mend])


def suggest(
    doses: pd.DataFrame,
    verdicts: pd.DataFrame,
    memberships: pd.DataFrame,
    rules: Sequence[Rule],
    groups: Collection[Group],
    today: date,
) -> pd.DataFrame:
    """Return for each dose, by index, the likeliest way to have it paid; where there is none the columns are missing.

    ``mend`` is one of Mend, with the group, the membership's row where there is one, the place of the rule, what the
    dose would be worth in öre, and the last day for it (``mend_by``); ``in_time`` says whether that is still ahead.
    """
    open_doses = doses[verdicts["reason"].isin([reason.value for reason in MENDABLE])]
    if open_doses.empty:
        return _nothing(doses)
    candidates = pd.concat(
        [_from_memberships(open_doses, memberships, groups), _from_age(open_doses, memberships, groups)],
        ignore_index=True,
    )
    if candidates.empty:
        return _nothing(doses)
    as_mended = candidates.assign(covered=True, completed_on=pd.Timestamp(today))
    judged = price(as_mended.assign(customer_id=np.arange(len(as_mended))), rules)  # each by itself
    paid = judged["reason"].isin([Reason.PAYABLE.value, Reason.LATE.value])
    has_bounds = np.array(
        [*((r.age_from, r.age_to, r.birth_year_from, r.birth_year_to) != (None,) * 4 for r in rules), 0]
    )
    by_age = candidates["mend"] == Mend.ADD_BY_AGE
    paid &= ~by_age | has_bounds[judged["rule"]].astype(bool)
    is_paid = verdicts["reason"] == Reason.PAYABLE.value
    paid &= ~_too_near(candidates, judged, doses[is_paid], verdicts[is_paid], rules)
    found = candidates[paid].assign(
        mend_rule=judged["rule"],
        mend_worth=judged["worth"],
        mend_by=judged["last_day"],
        in_time=judged["reason"] == Reason.PAYABLE.value,
    )
    ranks = found["mend"].map({mend.value: place for place, mend in enumerate(Mend)})
    best = (
        found.assign(rank=ranks)
        .sort_values(["in_time", "mend_worth", "rank", "distance"], ascending=[False, False, True, True], kind="stable")
        .drop_duplicates("dose_index")
        .set_index("dose_index")
    )
    return best[list(SUGGESTION)].reindex(doses.index).astype(_nothing(doses.iloc[:0]).dtypes)


def _nothing(doses: pd.DataFrame) -> pd.DataFrame:
    empty = pd.DataFrame(index=doses.index)
    return empty.assign(
        mend=pd.Series(dtype=MENDS),
        mend_group=pd.Series(dtype="str"),
        mend_subgroup=pd.Series(dtype="str"),
        mend_membership=pd.Series(dtype="Int64"),
        mend_rule=pd.Series(dtype="Int64"),
        mend_worth=pd.Series(dtype="Int64"),
        mend_by=pd.Series(dtype="datetime64[s]"),
        in_time=pd.Series(dtype="boolean"),
    )


def _from_memberships(doses: pd.DataFrame, memberships: pd.DataFrame, groups: Collection[Group]) -> pd.DataFrame:
    """Return each dose with each group of its customer, as if that counted for it."""
    own = doses.drop(columns=["group_code", "subgroup_code", "membership_id"], errors="ignore")
    pairs = own.rename_axis("dose_index").reset_index().merge(memberships, on="customer_id")
    day, first, last = pairs["given_on"], pairs["valid_from"], pairs["valid_to"]
    mend = np.where(day < first, Mend.ACTIVE_AFTER, np.where(day > last, Mend.ENDED_BEFORE, Mend.CHOOSE_GROUP))
    distance = pd.concat([(first - day).dt.days, (day - last).dt.days], axis=1).max(axis=1).clip(lower=0)
    pairs = pairs.assign(mend=mend, distance=distance, mend_membership=pairs["membership_id"])
    # A group that surely ends after some days is not stretched beyond them.
    longest = pairs["group_code"].map({group.group_code: group.longest_days for group in groups})
    begins, ends = first.where(first < day, day), last.where(last > day, day)
    stretched = (ends - begins).dt.days + 1
    keep = (mend == Mend.CHOOSE_GROUP) | longest.isna() | (stretched <= longest.astype("float64"))
    return _named(pairs[keep])


def _from_age(doses: pd.DataFrame, memberships: pd.DataFrame, groups: Collection[Group]) -> pd.DataFrame:
    """Return each dose with each group, in use on its day, that people are in by their age.

    Whoever is in the group at another time is left out: that period is the one to adjust.
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
    return _named(pairs.assign(mend=Mend.ADD_BY_AGE.value, distance=0, mend_membership=None))


def _named(pairs: pd.DataFrame) -> pd.DataFrame:
    named = pairs.assign(mend_group=pairs["group_code"], mend_subgroup=pairs["subgroup_code"])
    return named.astype({"mend_membership": "Int64", "distance": "float64", "mend": "str"})


def _is_of(memberships: pd.DataFrame, group: Group) -> pd.Series:
    return (memberships["group_code"] == group.group_code) & memberships["subgroup_code"].isna()


def _too_near(
    candidates: pd.DataFrame, judged: pd.DataFrame, paid: pd.DataFrame, verdicts: pd.DataFrame, rules: Sequence[Rule]
) -> pd.Series:
    """Return whether a dose would follow one of the customer's that is paid already too soon, or hinder a later one."""
    between = np.array([*(rule.days_between or 0 for rule in rules), 0])
    one, other = _with_wait(candidates, between[judged["rule"]]), _with_wait(paid, between[verdicts["rule"]])
    pairs = one.merge(other, on=["customer_id", "kind"], suffixes=("", "_other"))
    days = (pairs["day"] - pairs["day_other"]).dt.days
    near = ((days >= 0) & (days < pairs["wait"])) | ((days <= 0) & (-days < pairs["wait_other"]))
    return pd.Series(candidates.index.isin(pairs.loc[near, "place"]), index=candidates.index)


def _with_wait(doses: pd.DataFrame, wait: NDArray[np.int64]) -> pd.DataFrame:
    """Return the doses' customers, kinds and days, with how many days have to lie before each."""
    kind = doses["atc"].str[:KIND]
    return doses[["customer_id"]].assign(place=doses.index, kind=kind, day=doses["given_on"], wait=wait)
