"""Adjudicated doses for the checks, and the amounts that depend on a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store

PAID = [
    "dose_id", "customer_id", "unit_id", "product_code", "atc", "given_on", "group_code", "subgroup_code", "rule",
    "ore",
]  # fmt: skip


def every_dose(store: Store, rules: Sequence[Rule]) -> Iterator[pd.DataFrame]:
    """Yield every dose adjudicated (:func:`~mv.reimbursement.pricing.adjudication.adjudicate`), part by part."""
    for first, last in dose_frames.customer_ranges(store):
        yield _adjudicate(store, rules, first, last)


def paid_doses(store: Store, rules: Sequence[Rule], customer_ids: pd.Series) -> pd.DataFrame:
    """Return the payable doses of these customers: the columns PAID."""
    found = [_adjudicate(store, rules, 0, -1)[PAID]]
    for first, last in dose_frames.customer_ranges(store):
        here = customer_ids[customer_ids.between(first, last)]
        if len(here):
            part = _adjudicate(store, rules, int(here.min()), int(here.max()))
            found.append(part.loc[part["customer_id"].isin(here) & (part["ore"] > 0), PAID])
    return pd.concat(found, ignore_index=True)


def _adjudicate(store: Store, rules: Sequence[Rule], first: int, last: int) -> pd.DataFrame:
    found = dose_frames.read_doses(store, first, last)
    return pd.concat([found, adjudicate(found, rules)], axis=1)


def counts_by(both: pd.DataFrame, group: str, subgroup: str) -> pd.Series:
    """Return whether the group of each dose (columns ending in _dose) equals that in these columns."""
    same_group = (both["group_code_dose"] == both[group]).fillna(False)
    return same_group & (both["subgroup_code_dose"].fillna("") == both[subgroup].fillna(""))


def with_ore(frame: pd.DataFrame, paid: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add ore, the amount of the doses that belong to each row by ``keys``, and sort by it, highest first.

    A dose that belongs to several rows counts in the first, so that the rows add up to the amount of the doses.
    """
    sums = paid.drop_duplicates("dose_id").groupby(keys)["ore"].sum()
    summed = frame.merge(sums, how="left", left_on=keys, right_index=True)
    filled = summed.assign(ore=summed["ore"].fillna(0).astype("int64"))
    return filled.sort_values("ore", ascending=False, kind="stable", ignore_index=True)
