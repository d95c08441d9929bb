"""The example that invented people need around them: units, the start of the catalogue, rules of what is paid."""

from __future__ import annotations

from mv.catalogue import DATA, files, start
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files.reading import read_table

UNITS = DATA / "sample_units.csv"
BY = "sample"
"""Stands as the user in the changes of the catalogue."""


def add(store: Store) -> None:
    """Add the example's units, groups, vaccines and rules to a store; what it has of them already stays as it is."""
    with UNITS.open("rb") as file:
        tables = [read_table(file), *start.files()]
    at = store.now()

    def work(tx: Transaction) -> None:
        files.add_new(tx, at, BY, tables)
        start.mark_seen(tx)

    store.write(work)
    rule_table.add_example(store)
