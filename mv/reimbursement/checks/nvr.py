"""Payments against reports to the national vaccination register (NVR).

The rule that decides on a dose says whether it is reported. Only vaccine types that some rule reports are checked: for
the others a payment without a report is in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from mv import audit
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.reimbursement.checks.priced_doses import every_dose
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store

COLUMNS = [
    "customer_id", "dose_id", "unit_id", "product_code", "given_on", "dose_number", "group_code", "subgroup_code",
    "completed_on", "previous_on", "outcome", "rule", "ore",
]  # fmt: skip
NOT_GIVEN_HERE = (Outcome.WITHDRAWN, Outcome.ABROAD)
"""Such doses are never reported, whatever the rules."""


def reported_kinds(rules: Sequence[Rule], known: Catalogue) -> frozenset[str]:
    """Return the vaccine types (ATC level 4) that some rule reports to NVR."""
    return frozenset(
        vaccine.atc[:ATC_LEVEL_4_LENGTH]
        for vaccine in known.vaccines.values()
        if any(rule.nvr and rule.is_for(vaccine.product_code, vaccine.atc) for rule in rules)
    )


def paid_not_reported(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the doses paid by a rule that does not report them; ore is the amount."""
    return doses[(doses["outcome"] == Outcome.PAYABLE.value) & ~_is_reported(doses, rules)]


def reported_not_paid(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the unpaid doses that the rule for their vaccine and group reports.

    ore is the allowed amount; the outcome says why it is not paid.
    """
    not_paid = ~doses["outcome"].isin([outcome.value for outcome in (Outcome.PAYABLE, *NOT_GIVEN_HERE)])
    found = doses[not_paid & _is_reported(doses, rules)]
    return found.assign(ore=found["allowed_amount"])


def doses_of_own_units(
    store: Store,
    actor: Actor,
    rules: Sequence[Rule],
    known: Catalogue,
    first: date,
    last: date,
    find: Callable[[pd.DataFrame, Sequence[Rule]], pd.DataFrame],
) -> pd.DataFrame:
    """Return the doses that ``find`` selects among those given at the actor's own units from ``first`` to ``last``.

    The frame has COLUMNS. Names nobody: the caller logs the customers that it shows.
    """
    audit.permit(store, actor, Action.VIEW_CHECKS)
    kinds, parts = reported_kinds(rules, known), [pd.DataFrame(columns=COLUMNS)]
    for doses in every_dose(store, rules):
        own = doses["given_on"].between(pd.Timestamp(first), pd.Timestamp(last)) & doses["atc"].str[
            :ATC_LEVEL_4_LENGTH
        ].isin(kinds)
        if not actor.has_every_unit:
            own &= doses["unit_id"].isin(actor.own_units)
        parts.append(find(doses[own], rules)[COLUMNS])
    frame = pd.concat(parts[1:] or parts, ignore_index=True)
    return frame.sort_values(["ore", "given_on", "dose_id"], ascending=[False, True, True], ignore_index=True)


def _is_reported(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.Series:
    reports = np.array([*(rule.nvr for rule in rules), False])
    return pd.Series(reports[doses["rule"]], index=doses.index)
