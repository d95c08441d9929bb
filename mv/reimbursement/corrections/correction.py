"""A dose of the queue with its customer, its outcome and state, and the suggested remedy."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from mv.catalogue import Catalogue
from mv.reimbursement.pricing import wording
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.assessment import PaymentState
from mv.reimbursement.pricing.remedies import Remedy
from mv.reimbursement.rules.rule_table import Rule
from mv.store.engine import Row, Transaction

Columns = Mapping[Hashable, Any]
Periods = Mapping[int | None, tuple[date, date | None]]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The suggested remedy for a dose; see :class:`Remedy`.

    ``membership_id`` is the membership in the group, where there is one, with its period. ``begins`` is the day from
    which the group would cover this dose and the customer's others that lack it, too.
    """

    remedy: Remedy
    group_code: str
    subgroup_code: str | None
    membership_id: int | None
    rule: Rule
    begins: date
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A dose with its customer, its outcome and state, and the suggested remedy.

    ``ore`` is the amount that is paid, would be paid, or would have been; ``last_day`` the last day for that, if any.
    """

    dose_id: int
    customer_id: int
    name: str
    birth_date: date
    unit_id: str
    product_code: str
    dose_number: int
    version: int
    given_on: date
    completed_on: date
    previous_on: date | None
    group_code: str | None
    subgroup_code: str | None
    outcome: Outcome
    rule: Rule | None
    state: PaymentState
    ore: int
    last_day: date | None
    suggestion: Suggestion | None

    def __repr__(self) -> str:
        """Name the dose by its id only, since a repr may end up in a log."""
        return f"Correction({self.dose_id})"

    @property
    def is_paid(self) -> bool:
        """Whether the dose is paid, or will be."""
        return self.state in (PaymentState.PAID, PaymentState.PAYABLE)

    def explanation(self, known: Catalogue, language: str) -> str:
        """Return why the dose is paid or not, in ``language``."""
        dose = {name: getattr(self, name) for name in ("outcome", "given_on", "group_code", "subgroup_code")}
        dose |= {name: getattr(self, name) for name in ("dose_number", "completed_on", "previous_on")}
        return wording.explain(dose, self.rule, known, language)


def read_corrections(tx: Transaction, frame: pd.DataFrame, found: Sequence[Rule]) -> list[Correction]:
    """Return the rows of a queue's frame with their customers, in order; ``found`` are the rules that it refers to."""
    rows = frame.to_dict("records")
    memberships = {int(row["remedy_membership"]) for row in rows if not pd.isna(row["remedy_membership"])}
    names = {row["customer_id"]: row["name"] for row in _named(tx, {row["customer_id"] for row in rows})}
    periods = {row["membership_id"]: (row["valid_from"], row["valid_to"]) for row in _dated(tx, memberships)}
    return [_correction(row, names[row["customer_id"]], periods, found) for row in rows]


def _named(tx: Transaction, customer_ids: Collection[int]) -> list[Row]:
    sql = "SELECT customer_id, given_name || ' ' || family_name AS name FROM customer"
    return tx.rows_in(f"{sql} WHERE customer_id = ANY($1)", customer_ids)


def _dated(tx: Transaction, membership_ids: Collection[int]) -> list[Row]:
    sql = "SELECT membership_id, valid_from, valid_to FROM membership WHERE membership_id = ANY($1)"
    return tx.rows_in(sql, membership_ids)


def _correction(row: Columns, name: str, periods: Periods, found: Sequence[Rule]) -> Correction:
    return Correction(
        dose_id=row["dose_id"],
        customer_id=row["customer_id"],
        name=name,
        birth_date=row["birth_date"].date(),
        unit_id=row["unit_id"],
        product_code=row["product_code"],
        dose_number=row["dose_number"],
        version=row["version"],
        given_on=row["given_on"].date(),
        completed_on=row["completed_on"].date(),
        previous_on=day_of(row["previous_on"]),
        group_code=_present(row["group_code"]),
        subgroup_code=_present(row["subgroup_code"]),
        outcome=Outcome(row["outcome"]),
        rule=found[row["rule"]] if row["rule"] >= 0 else None,
        state=PaymentState(row["state"]),
        ore=row["gain"],
        last_day=day_of(row["until"]),
        suggestion=_suggestion(row, periods, found),
    )


def _suggestion(row: Columns, periods: Periods, found: Sequence[Rule]) -> Suggestion | None:
    remedy, membership_id = _present(row["remedy"]), _present(row["remedy_membership"])
    if remedy is None:
        return None
    return Suggestion(
        Remedy(remedy),
        row["remedy_group"],
        _present(row["remedy_subgroup"]),
        membership_id,
        found[row["remedy_rule"]],
        row["begins"].date(),
        *periods.get(membership_id, (None, None)),
    )


def day_of(value: Any) -> date | None:
    """Return the date of an instant in a column; None where it is missing."""
    return None if pd.isna(value) else value.date()


def _present(value: Any) -> Any:
    """Return the value; None for the several missing values of columns."""
    return None if pd.isna(value) else value
