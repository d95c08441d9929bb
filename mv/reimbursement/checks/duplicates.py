"""Duplicates: two records that may be one person, as after a reserve number, and doses paid in both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mv import audit
from mv.access import Action, Actor, in_own_units
from mv.identity import IdentityKind
from mv.reimbursement.checks.priced_doses import paid_doses
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store

MOST_DIFFERENCES = 2
"""Places in which similar numbers differ at most: a wrong digit changes the check digit, too."""
PAIRS = """
    SELECT c.customer_id, o.customer_id AS other_customer_id, c.identity, o.identity AS other_identity,
        c.identity_kind, o.identity_kind AS other_kind
    FROM (
        SELECT a.customer_id, b.customer_id AS other_customer_id FROM customer_name a
        JOIN customer_name b ON b.birth_date = a.birth_date AND b.name_key = a.name_key
        WHERE b.customer_id > a.customer_id
        UNION SELECT a.customer_id, b.customer_id FROM customer_name a
        JOIN customer_name b ON SUBSTR(b.identity, 3) = SUBSTR(a.identity, 3) AND b.name_key = a.name_key
        WHERE b.customer_id > a.customer_id
    ) AS same
    JOIN customer c ON c.customer_id = same.customer_id
    JOIN customer o ON o.customer_id = same.other_customer_id
    WHERE {own} AND {other_own} ORDER BY 1, 2
"""
DOSE = ["dose_id", "unit_id", "product_code", "given_on", "ore"]
BOTH = ["customer_id", "other_customer_id"]
COLUMNS = [*BOTH, *DOSE[:-1], *(f"other_{name}" for name in DOSE[:-1]), "paid", "other_paid", "ore"]


def find_duplicates(store: Store, actor: Actor, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return pairs of customers of own units who may be one person, with the doses that are paid in both.

    They have the same name words, and the same birth date or the same ten digits in another century; one has a number
    that another can follow, or both numbers look alike. The doses, of one vaccine type, lie nearer than the later one's
    rule allows, or on one day. Columns: COLUMNS, a row for each dose paid twice with the nearest of the other customer,
    or one row without doses; paid and other_paid are the amounts of both, ore that of the later one. Names nobody: the
    caller logs the customers that it shows.
    """
    audit.permit(store, actor, Action.VIEW_CHECKS)
    pairs = _pairs(store, actor)
    paid = paid_doses(store, rules, pd.concat([pairs[name] for name in BOTH], ignore_index=True))
    between = np.array([*(max(rule.days_between or 1, 1) for rule in rules), 1])
    doses = paid[["customer_id", *DOSE]].rename(columns={"ore": "paid"})
    doses = doses.assign(kind=paid["atc"].str[:ATC_LEVEL_4_LENGTH], between=between[paid["rule"]])
    others = doses.rename(columns={name: f"other_{name}" for name in doses.columns if name != "kind"})
    both = pairs.merge(doses, on="customer_id").merge(others, on=["other_customer_id", "kind"])
    found = _too_near(both)[COLUMNS]
    without = pairs.merge(found[BOTH].drop_duplicates(), how="left", on=BOTH, indicator="has")
    alone = without.loc[without["has"] == "left_only", BOTH].assign(ore=0)
    frame = pd.concat([found, alone], ignore_index=True).astype({"ore": "int64"})
    return frame.sort_values(["ore", *BOTH], ascending=[False, True, True], kind="stable", ignore_index=True)


def _too_near(both: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of doses of which the later would not be paid to one person, each dose once."""
    gap = (both["other_given_on"] - both["given_on"]).dt.days
    other_is_later = (gap > 0) | ((gap == 0) & (both["other_dose_id"] > both["dose_id"]))
    pairs = both.assign(
        gap=gap.abs(),
        later=both["dose_id"].mask(other_is_later, both["other_dose_id"]),
        ore=both["paid"].mask(other_is_later, both["other_paid"]),
        least=both["between"].mask(other_is_later, both["other_between"]),
    )
    near = pairs[pairs["gap"] < pairs["least"]]
    return near.sort_values(["gap", "dose_id", "other_dose_id"]).drop_duplicates("later")


def _pairs(store: Store, actor: Actor) -> pd.DataFrame:
    own, units = in_own_units(actor, "c.unit_id", 1)
    other_own, _ = in_own_units(actor, "o.unit_id", 1)
    with store.batches(PAIRS.format(own=own, other_own=other_own), *units) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas()
    kinds = frame[["identity_kind", "other_kind"]] == IdentityKind.PERSONNUMMER.value
    numbers = zip(frame["identity"], frame["other_identity"], strict=True)
    alike = np.array([look_alike(one, other) for one, other in numbers], bool)
    return frame.loc[~kinds.all(axis="columns") | alike, BOTH].reset_index(drop=True)


def look_alike(one: str, other: str) -> bool:
    """Return whether two identity numbers differ in MOST_DIFFERENCES places or fewer."""
    differences = sum(a != b for a, b in zip(one, other, strict=True))
    return differences <= MOST_DIFFERENCES
