"""The example that invented people need around them: units, the start of the catalogue, rules of what is paid."""

from __future__ import annotations

from mv import catalogue
from mv.reimbursement.rules import rule_table
from mv.store import Store


def add(store: Store) -> None:
    """Add the example's units, groups, vaccines and rules to a store; what it has of them already stays as it is."""
    catalogue.refresh(store)
    rule_table.add_example(store)
