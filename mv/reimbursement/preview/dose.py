"""Forecast of a dose as entered in a form: its outcome, and what saving it does to the customer's other doses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from mv.catalogue import Choice
from mv.clock import to_local
from mv.errors import Conflict, Invalid
from mv.memberships import EndReason, Membership
from mv.reimbursement.preview.customer_case import (
    Adjudication,
    CustomerCase,
    Effect,
    adjudicate_doses,
    as_adjudications,
    compare,
    covered,
    periods,
)
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.pricing.remedies import REMEDIABLE, Remedy, find_remedies
from mv.vaccinations import Dose, Entry, changes_payment_basis, counting_group

UNSAVED = 2**62
"""The id of a dose that is not saved: it comes after every other of its day."""


@dataclass(frozen=True, slots=True)
class GroupSuggestion:
    """The group with which ``ore`` would be paid for a dose, if it is registered by ``last_day``."""

    remedy: Remedy
    choice: Choice
    ore: int
    last_day: date | None
    in_time: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """The adjudication of a dose as entered, and the effect of saving it on the customer's ``others``.

    Where the right group is missing: the group that fits, else the öre that the best group would give.
    """

    adjudication: Adjudication
    others: Effect
    suggestion: GroupSuggestion | None = None
    with_a_group: int = 0


def forecast(case: CustomerCase, entry: Entry, was: Dose | None = None) -> Forecast | None:
    """Adjudicate a new dose as entered, or the dose ``was`` as corrected.

    Return None while it cannot be saved: without vaccine, unit or choice of group, or on an impossible day.
    """
    dose_id = was.dose_id if was else UNSAVED
    dose = _as_entered(case, entry, was, dose_id)
    if dose is None:
        return None
    others = case.doses.drop(index=dose_id, errors="ignore")
    doses = pd.concat([others, dose]).sort_index()
    adjudicated = adjudicate(doses, case.rules)
    after = dict(as_adjudications(doses, adjudicated, case.rules))
    adjudication = after.pop(dose_id)
    before = adjudicate_doses(case.doses, case.rules) if after else {}
    changed = compare(before, after, case.paid)
    if adjudication.outcome not in REMEDIABLE:
        return Forecast(adjudication, changed)
    suggestion = _suggestion(case, doses, adjudicated, dose_id)
    if suggestion or adjudication.outcome != Outcome.NO_GROUP:
        return Forecast(adjudication, changed, suggestion)
    return Forecast(adjudication, changed, with_a_group=_best_with_a_group(case, doses, dose_id))


def _as_entered(case: CustomerCase, entry: Entry, was: Dose | None, dose_id: int) -> pd.DataFrame | None:
    """Return the dose as one row, with the columns of the case's doses."""
    vaccine = case.known.vaccines.get(entry.product_code or "")
    unit = case.known.units.get(entry.unit_id)
    if vaccine is None or unit is None or not case.customer.birth_date <= entry.given_on <= case.today:
        return None
    try:
        group = counting_group(case.memberships, entry, was)
    except (Invalid, Conflict):
        return None
    anew = was is None or changes_payment_basis(was, entry, group)
    row = {
        "dose_id": dose_id,
        "customer_id": case.customer.customer_id,
        "region": unit.region,
        "product_code": vaccine.product_code,
        "atc": vaccine.atc,
        "dose_number": entry.dose_number,
        "given_on": entry.given_on,
        "completed_on": case.today if was is None or anew else to_local(was.completed_at).date(),
        "birth_date": case.customer.birth_date,
        "group_code": group[0],
        "subgroup_code": group[1],
        "covered": False,
        "abroad": entry.abroad,
        "withdrawn": False,
    }
    frame = pd.DataFrame([row]).set_index("dose_id", drop=False).astype(case.doses.dtypes)
    return frame.assign(covered=covered(frame, periods(case.memberships).values()))


def _suggestion(
    case: CustomerCase, doses: pd.DataFrame, adjudicated: pd.DataFrame, dose_id: int
) -> GroupSuggestion | None:
    rows = _columns(case.customer.customer_id, case.memberships)
    # The paid doses are needed, too: they can be too near.
    asked = (adjudicated["outcome"] == Outcome.PAYABLE.value) | (adjudicated.index == dose_id)
    groups = case.known.groups.values()
    remedies = find_remedies(doses[asked], adjudicated[asked], rows, case.rules, groups, case.today)
    found = remedies.loc[[dose_id]].to_dict("records")[0]
    if pd.isna(found["remedy"]):
        return None
    subgroup = None if pd.isna(found["remedy_subgroup"]) else found["remedy_subgroup"]
    return GroupSuggestion(
        remedy=Remedy(found["remedy"]),
        choice=case.known.choice(found["remedy_group"], subgroup),
        ore=found["remedy_amount"],
        last_day=None if pd.isna(found["remedy_deadline"]) else found["remedy_deadline"].date(),
        in_time=found["in_time"],
    )


def _columns(customer_id: int, rows: Sequence[Membership]) -> pd.DataFrame:
    """Return the memberships not ended as wrong, as :func:`find_remedies` takes them."""
    kept = [row for row in rows if row.ended_reason != EndReason.WRONG]
    columns = {
        "membership_id": pd.Series([row.membership_id for row in kept], dtype="int64"),
        "customer_id": pd.Series([customer_id for _ in kept], dtype="int64"),
        "group_code": pd.Series([row.group_code for row in kept], dtype="str"),
        "subgroup_code": pd.Series([row.subgroup_code for row in kept], dtype="str"),
        "valid_from": pd.Series([row.valid_from for row in kept], dtype="datetime64[s]"),
        "valid_to": pd.Series([row.valid_to for row in kept], dtype="datetime64[s]"),
    }
    return pd.DataFrame(columns)


def _best_with_a_group(case: CustomerCase, doses: pd.DataFrame, dose_id: int) -> int:
    """Return the highest amount that any group would give for the dose, in öre."""
    named = {(rule.group_code, rule.subgroup_code or "") for rule in case.rules if rule.group_code and rule.ore}
    groups = pd.DataFrame(sorted(named), columns=["group", "subgroup"], dtype="str")
    copies = doses.merge(groups.assign(place=range(len(groups))), how="cross")
    own = copies["dose_id"] == dose_id
    copies = copies.assign(
        customer_id=copies["place"],
        group_code=copies["group_code"].mask(own, copies["group"]),
        subgroup_code=copies["subgroup_code"].mask(own, copies["subgroup"]),
        covered=copies["covered"] | own,
    )
    return int(adjudicate(copies, case.rules).loc[own, "ore"].max()) if len(copies) else 0
