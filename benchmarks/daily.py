"""What a coordinator and an analyst wait for, at any number of customers: ``python -m benchmarks.daily``.

Each figure is the median of several runs; where there is an alternative, both run in turn in the same process, and
the ratio is the median of the pairs. People are invented, in a store of its own that is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from mv import customers, export, memberships, sample
from mv.access import EVERY_UNIT, Actor, Role
from mv.errors import Conflict
from mv.export import Filters
from mv.memberships import Entry
from mv.store import Store, open_store

ACTOR = Actor("benchmark", "Benchmark", Role.LEAD, "norr", frozenset({EVERY_UNIT}))


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median_ms(action: Callable[[], object], runs: int) -> str:
    action()
    return f"{statistics.median(seconds(action) for _ in range(runs)) * 1000:8.1f} ms"


def write_export(store: Store, folder: Path) -> None:
    with (folder / "ours.csv").open("wb") as file:
        file.writelines(export.groups_file(store, ACTOR, Filters()))


def to_csv(store: Store, folder: Path) -> None:
    """Write the same rows the plain way: all of them in one pandas frame, then its to_csv."""
    with store.batches("SELECT c.*, m.* FROM membership m JOIN customer c USING (customer_id) ORDER BY ALL") as reader:
        reader.read_all().to_pandas().to_csv(folder / "pandas.csv", sep=";", index=False)


def look_ups(store: Store, runs: int) -> None:
    rng = random.Random(1)
    with store.read() as tx:
        bounds = tx.rows("SELECT min(customer_id) AS first, max(customer_id) AS last FROM customer")[0]
        some = [rng.randint(bounds["first"], bounds["last"]) for _ in range(runs + 1)]
        numbers = [tx.rows("SELECT identity FROM customer WHERE customer_id = $1", i)[0]["identity"] for i in some]
    by_number, by_id, in_turn = iter(numbers * 2), iter(some * 2), iter(some * 2)
    print(f"find by number      {median_ms(lambda: customers.search(store, ACTOR, next(by_number)), runs)}")
    print(f"find by “and kar”   {median_ms(lambda: customers.search(store, ACTOR, 'and kar'), runs)}")
    print(f"open the groups     {median_ms(lambda: memberships.of_customer(store, ACTOR, next(by_id)), runs)}")

    def add_and_remove() -> None:
        entry = Entry("household_contact", None, store.today())
        try:
            row = memberships.add(store, ACTOR, next(in_turn), entry)
        except Conflict:  # a member already
            return
        memberships.remove(store, ACTOR, row.membership_id, row.version)

    print(f"add and remove one  {median_ms(add_and_remove, runs)}")


def exports(store: Store, folder: Path, runs: int) -> None:
    ours, plain = [], []
    for _ in range(runs):
        ours.append(seconds(lambda: write_export(store, folder)))
        plain.append(seconds(lambda: to_csv(store, folder)))
    ratio = statistics.median(b / a for a, b in zip(ours, plain, strict=True))
    rows = export.counts(store, ACTOR, Filters()).rows
    print(f"export of {rows:,} rows: {statistics.median(ours):.2f} s; DataFrame.to_csv {ratio:.1f} times as long")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "mv.duckdb"))
        made = seconds(lambda: sample.make(store, options.customers, seed=1))
        print(f"{options.customers:,} customers made in {made:.1f} s, on {date.today()}")
        look_ups(store, options.runs)
        exports(store, Path(folder), min(options.runs, 5))
        store.close()


if __name__ == "__main__":
    main()
