"""The time to adjudicate a million doses: ``python -m benchmarks.pricing --doses 1000000``.

Adjudication alone, the whole assessment of each dose, and the figures of the follow-up, from the store. Beside them a
plain loop that adjudicates one dose at a time, by the same rules and with the same outcomes: the tests' reference,
which is written to be read. It takes a small part, and its time is scaled up to all doses. People are invented, in a
store of its own that is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from mv import catalogue, sample
from mv.access import EVERY_UNIT, Actor, Role
from mv.reimbursement.follow_up import reports
from mv.reimbursement.pricing import assessment, dose_frames
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store, open_store
from tests.reimbursement import reference

ACTOR = Actor("benchmark", "Benchmark", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
DOSES_PER_CUSTOMER = 2.2
"""About as many a sample has."""


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def parts(store: Store) -> Iterator[pd.DataFrame]:
    for first, last in dose_frames.customer_ranges(store):
        yield dose_frames.read_doses(store, first, last)


def read(store: Store) -> int:
    return sum(len(part) for part in parts(store))


def outcomes(store: Store, among: list[Rule]) -> float:
    """Return the seconds of adjudication without the reading."""
    return sum(seconds(lambda part=part: adjudicate(part, among)) for part in parts(store))  # type: ignore[misc]


def assess(store: Store, among: list[Rule]) -> int:
    known = catalogue.load(store)
    return sum(len(part) for part in assessment.assess_units(store, ACTOR.units_to_filter, among, known))


def some(store: Store, count: int) -> pd.DataFrame:
    """Return the doses of whole customers, about ``count`` of them."""
    part = next(parts(store))
    return part[part["customer_id"] < part["customer_id"].iloc[min(count, len(part) - 1)]]


def one_at_a_time(part: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the doses as a plain loop takes them: one mapping each, with days and None."""
    days = {name: part[name].dt.date for name in ("given_on", "completed_on", "birth_date")}
    rows = part.assign(**days).astype(object)
    return rows.where(rows.notna(), None).to_dict("records")


def plain(store: Store, among: list[Rule], count: int) -> tuple[int, float]:
    """Return the doses that the plain loop adjudicated and its seconds, once it agrees with adjudicate()."""
    part = some(store, count)
    records = one_at_a_time(part)
    start = time.perf_counter()
    adjudicated = reference.adjudicate(records, among)
    taken = time.perf_counter() - start
    ours = adjudicate(part, among)
    assert [adjudicated[number].ore for number in part["dose_id"]] == ours["ore"].tolist()
    assert [adjudicated[number].outcome for number in part["dose_id"]] == ours["outcome"].tolist()
    return len(part), taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doses", type=int, default=1_000_000)
    parser.add_argument("--plain", type=int, default=20_000, help="doses that the plain loop judges")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "mv.duckdb"))
        sample.make(store, round(options.doses / DOSES_PER_CUSTOMER), seed=1)
        among, count = rule_table.load(store), read(store)
        print(f"{count:,} doses, {len(among)} rules, on {date.today()}; medians of {options.runs} runs, in turn")
        measure(store, among, count, options.plain, options.runs)
        store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process, the making of the sample included: {peak:,.0f} MB")


def measure(store: Store, among: list[Rule], count: int, plain_count: int, runs: int) -> None:
    taken: dict[str, list[float]] = {"read": [], "outcomes": [], "assessment": [], "figures": [], "plain": []}
    for _ in range(runs):
        taken["read"].append(seconds(lambda: read(store)))
        taken["outcomes"].append(outcomes(store, among))
        taken["assessment"].append(seconds(lambda: assess(store, among)))
        taken["figures"].append(seconds(lambda: reports.compute_figures(store, ACTOR)))
        adjudicated, alone = plain(store, among, plain_count)
        taken["plain"].append(alone * count / adjudicated)
    ratio = statistics.median(b / a for a, b in zip(taken["outcomes"], taken["plain"], strict=True))
    median = {name: statistics.median(times) for name, times in taken.items()}
    pace = f"{count / median['outcomes']:,.0f} doses a second"
    scaled = f"scaled up from {adjudicated:,} doses; {ratio:.0f} times as long"
    print(f"read from the store           {median['read']:8.2f} s")
    print(f"adjudication alone            {median['outcomes']:8.2f} s   {pace}")
    print(f"read, outcomes, remedies      {median['assessment']:8.2f} s")
    print(f"figures of the follow-up      {median['figures']:8.2f} s")
    print(f"plain loop, adjudication alone {median['plain']:8.2f} s   {scaled}")


if __name__ == "__main__":
    main()
