"""How long a file of people takes, from its bytes to the store and back: ``python -m benchmarks.imports``.

Beside it, in the same run, the same rows one by one, each in a transaction of its own, as the keyboard saves them.
People are invented, in a store of their own that is removed afterwards; both ways begin from a copy of the same one.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import duckdb

from mv import sample
from mv.access import EVERY_UNIT, Actor, Role
from mv.registration import rounds, undo
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import import columns, importing
from mv.registration.file_import.loading import ImportRequest
from mv.store import Store, open_store
from mv.tabular_files import reading

T = TypeVar("T")
ACTOR = Actor("benchmark", "Benchmark", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
GROUP = "medical_risk"
WITHOUT_GROUP = """
    SELECT c.identity FROM customer c
    WHERE c.deceased_on IS NULL AND c.birth_date < $1
        AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.customer_id = c.customer_id AND m.group_code = $2)
    ORDER BY c.customer_id LIMIT $3
"""


def timed(name: str, rows: int, work: Callable[[], T]) -> T:
    start = time.perf_counter()
    result = work()
    took = time.perf_counter() - start
    print(f"{name:<28} {took:8.2f} s   {rows / took:8,.0f} rows a second", flush=True)
    return result


def people(store: Store, rows: int) -> list[str]:
    """Return the numbers of that many people who are not in the group."""
    before = store.today().replace(year=store.today().year - 5)
    with store.read() as tx:
        found = [row["identity"] for row in tx.rows(WITHOUT_GROUP, before, GROUP, rows)]
    assert len(found) == rows, f"The sample has only {len(found)} people without the group"
    return found


def import_file(store: Store, numbers: list[str]) -> None:
    """Read, look at, save and undo a file with a row for each of these people."""
    day = store.today() - timedelta(days=1)
    lines = ["Personnummer;Kundgrupp;Första dag", *(f"{number};{GROUP};{day}" for number in numbers)]
    data, rows = "\n".join(lines).encode(), len(numbers)
    table = timed("read the file", rows, lambda: reading.read_table(BytesIO(data)))
    request = ImportRequest(table, columns.guess(table.headings), "norr")
    plan = timed("look at what it comes to", rows, lambda: importing.preview(store, ACTOR, request))
    made = timed("save all of it", rows, lambda: importing.import_file(store, ACTOR, request, plan.fingerprint))
    undone = timed("undo all of it", rows, lambda: undo.undo_all(store, ACTOR, made.registration_id))
    assert undone == rows, f"{undone} rows were undone"


def enter_each(store: Store, numbers: list[str]) -> None:
    entry = RegistrationEntry(GROUP, None, store.today() - timedelta(days=1), "norr")
    for number in numbers:
        rounds.register(store, ACTOR, number, entry)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB"
        f" {duckdb.__version__}; {options.rows:,} rows"
    )
    with tempfile.TemporaryDirectory() as name:
        ours, plain = Path(name) / "ours.duckdb", Path(name) / "plain.duckdb"
        with closing(open_store(str(ours))) as store:
            sample.make(store, options.rows * 3, seed=1)
            numbers = people(store, options.rows)
        shutil.copy(ours, plain)
        with closing(open_store(str(ours))) as store:
            import_file(store, numbers)
        some = numbers[:1_000]
        with closing(open_store(str(plain))) as store:
            timed(f"one by one, {len(some):,} of them", len(some), lambda: enter_each(store, some))


if __name__ == "__main__":
    main()
