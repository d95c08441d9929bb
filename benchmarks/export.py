"""The export of groups beside DuckDB's own COPY and pandas' to_csv: ``python -m benchmarks.export --rows 1000000``.

Each way runs in a process of its own, in turn. The time is that of the file alone, from the first query to the last
byte; a ratio is the median of those of the pairs, since other work on the machine slows both. The memory is the most
that the process had at any moment; of it, DuckDB's pages of the store are told apart: DuckDB keeps them while it has
room, and gives them up when it needs that. “Little room” is ours where DuckDB may use 256 MB.

The rows are made up by DuckDB and not by mv.sample, which takes a minute for each million of customers: three
memberships for two customers, names from data/sample_names.csv, groups and units of the shipped catalogue. COPY joins
the names of groups, subgroups and units, which ours takes from the catalogue, and leaves instants in UTC, which ours
turns into local time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import duckdb

from mv import export
from mv.access import EVERY_UNIT, Actor, Role
from mv.catalogue import DATA
from mv.export import Csv, Filters, Format, Parquet, Xlsx
from mv.pseudonyms import Pseudonyms
from mv.sample import example
from mv.store import open_store
from mv.store.duckdb import CONFIG

ACTOR = Actor("benchmark", "Benchmark", Role.LEAD, "norr", frozenset({EVERY_UNIT}))

CUSTOMERS = """
    INSERT INTO customer (customer_id, identity, identity_kind, birth_date, given_name, family_name, unit_id,
        registered_at, registered_by)
    SELECT n, strftime(born, '%Y%m%d') || lpad(CAST(n // 25000 AS VARCHAR), 4, '0'), 'personnummer', born,
        given[1 + pick(n + 1, len(given))], family[1 + pick(n + 2, len(family))], 'norr', TIMESTAMP '2024-01-01', 'u'
    FROM (SELECT n, DATE '1935-01-01' + CAST(n * 7919 % 25000 AS INTEGER) AS born FROM range(1, $1 + 1) t(n)),
        (SELECT $2::VARCHAR[] AS given, $3::VARCHAR[] AS family)
"""
MEMBERSHIPS = """
    INSERT INTO membership (membership_id, customer_id, group_code, subgroup_code, valid_from, valid_to, unit_id,
        registered_at, registered_by, ended_at, ended_by, ended_reason, version)
    SELECT n, 1 + (n - 1) * 2 // 3, choice.group_code, choice.subgroup_code, first,
        CASE WHEN ended THEN first + CAST(pick(n + 7, 200) AS INTEGER) END, unit,
        first + INTERVAL 9 HOUR + to_microseconds(pick(n + 3, 20000000000)), 'user.' || pick(n + 4, 40),
        CASE WHEN ended THEN first + INTERVAL 240 DAY + to_microseconds(pick(n + 5, 40000000000)) END,
        CASE WHEN ended THEN 'user.' || pick(n + 6, 40) END,
        CASE WHEN NOT ended THEN NULL WHEN pick(n + 8, 20) = 0 THEN 'wrong' ELSE 'ceased' END,
        CASE WHEN ended THEN 2 ELSE 1 END
    FROM (
        SELECT n, DATE '2023-09-01' + CAST(pick(n, 900) AS INTEGER) AS first, pick(n + 9, 10) < 6 AS ended,
            choices[1 + pick(n + 10, len(choices))] AS choice, units[1 + pick(n + 11, len(units))] AS unit
        FROM range(1, $1 + 1) t(n), (SELECT list(unit_id ORDER BY unit_id) AS units FROM unit), (
            SELECT list({group_code: g.group_code, subgroup_code: s.subgroup_code} ORDER BY 1, 2) AS choices
            FROM customer_group g LEFT JOIN subgroup s USING (group_code)
        )
    )
"""
JOINED = """
    SELECT c.identity AS customer_identity, c.given_name || ' ' || c.family_name AS customer_name, c.birth_date,
        g.name_en AS "group", s.name_en AS subgroup,
        CASE WHEN m.valid_to IS NULL THEN 'active' ELSE 'inactive' END AS status, m.valid_from, m.valid_to,
        u.name AS unit, m.registered_at, m.registered_by, m.ended_at, m.ended_by, m.ended_reason, m.group_code,
        m.subgroup_code, m.unit_id, m.membership_id, m.version
    FROM membership m JOIN customer c USING (customer_id) JOIN customer_group g USING (group_code)
    LEFT JOIN subgroup s ON s.group_code = m.group_code AND s.subgroup_code = m.subgroup_code
    JOIN unit u ON u.unit_id = m.unit_id
    ORDER BY m.customer_id, m.valid_from, m.membership_id
"""


PAGES = "SELECT CAST(sum(memory_usage_bytes) AS BIGINT) AS pages FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"


@dataclass(frozen=True)
class Measured:
    """The seconds that a file took, the most memory that the process had, and DuckDB's pages in it, in bytes."""

    seconds: float
    memory: int
    pages: int

    @classmethod
    def now(cls, start: float, pages: int | None, end: float | None = None) -> Measured:
        """Return what was measured since ``start``, until ``end`` or now."""
        return cls((end or time.perf_counter()) - start, most_memory(), pages or 0)


def most_memory() -> int:
    """Return the most memory that this program has had; where the system is not Linux, its parent may be counted."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def make_store(path: Path, rows: int) -> None:
    """Make a store with so many memberships, in the order in which the store keeps them after maintenance."""
    store = open_store(str(path))
    example.add(store)
    with (DATA / "sample_names.csv").open(encoding="utf-8", newline="") as file:
        names = [(row["kind"] == "family", row["name"]) for row in csv.DictReader(file)]
    given, family = ([name for is_family, name in names if is_family == wanted] for wanted in (False, True))
    with store.read() as tx:
        tx.execute("CREATE TEMP MACRO pick(n, many) AS CAST(hash(n) % CAST(many AS UBIGINT) AS BIGINT)")
        tx.execute(CUSTOMERS, 1 + (rows - 1) * 2 // 3, given, family)
        tx.execute(MEMBERSHIPS, rows)
    store.close()


def copy(store: Path, output: Path) -> Measured:
    """Let DuckDB write the file."""
    with duckdb.connect(str(store), read_only=True) as connection:
        start = time.perf_counter()
        connection.execute(f"COPY ({JOINED}) TO '{output}' (DELIMITER ';', HEADER)")
        return Measured.now(start, connection.execute(PAGES).fetchall()[0][0])


def to_csv(store: Path, output: Path) -> Measured:
    """Write the file the plain way: all rows in one pandas frame, then its to_csv."""
    with duckdb.connect(str(store), read_only=True) as connection:
        start = time.perf_counter()
        connection.sql(JOINED).df().to_csv(output, sep=";", index=False)
        return Measured.now(start, connection.execute(PAGES).fetchall()[0][0])


def ours(
    store: Path, output: Path, form: Format, pseudonyms: Pseudonyms | None = None, limit: str | None = None
) -> Measured:
    """Write the file as the dashboard and the command line do; ``limit`` is what DuckDB may use of the memory."""
    if limit:
        CONFIG["memory_limit"] = limit
    with closing(open_store(str(store))) as opened:
        start = time.perf_counter()
        with output.open("wb") as file:
            file.writelines(export.groups_file(opened, ACTOR, Filters(), form, pseudonyms=pseudonyms))
        end = time.perf_counter()
        with opened.read() as tx:
            return Measured.now(start, tx.rows(PAGES)[0]["pages"], end)


WAYS: dict[str, Callable[[Path, Path], Measured]] = {
    "COPY": copy,
    "ours": partial(ours, form=Csv()),
    "ours, little room": partial(ours, form=Csv(), limit="256MB"),
    "ours, Parquet": partial(ours, form=Parquet()),
    "ours, XLSX": partial(ours, form=Xlsx()),
    "ours, pseudonyms": partial(ours, form=Csv(), pseudonyms=Pseudonyms("only for the benchmark, " * 2)),
    "pandas to_csv": to_csv,
}


def run(way: str, store: Path, output: Path) -> Measured | None:
    """Run one way in a process of its own; None where it does not come to its end, as for want of memory."""
    command = [sys.executable, "-m", "benchmarks.export", "--way", way, "--store", str(store), "--output", str(output)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, encoding="utf-8")
    return Measured(**json.loads(done.stdout)) if done.returncode == 0 else None


def show(way: str, found: list[Measured | None], ratio: float | None, size: int) -> None:
    runs = [measured for measured in found if measured]
    if not runs:
        print(f"{way:18} did not come to its end")
        return
    seconds = statistics.median(measured.seconds for measured in runs)
    memory, pages = (max(getattr(measured, name) for measured in runs) / 1e6 for name in ("memory", "pages"))
    against = "" if ratio is None else f"{ratio:.2f} times COPY"
    print(
        f"{way:18} {seconds:7.1f} s  {against:16} {memory:7,.0f} MB, of it pages {pages:4,.0f} MB; {size / 1e6:,.0f} MB"
    )


def compare(store: Path, folder: Path, ways: list[str], pairs: int) -> None:
    """Run the ways and print what each took; COPY and ours in turn."""
    output = folder / "file"
    found: dict[str, list[Measured | None]] = {way: [] for way in ways}
    sizes: dict[str, int] = {}
    for number in range(pairs):
        for way in ("COPY", "ours") if number else ways:
            found[way].append(run(way, store, output))
            sizes[way] = output.stat().st_size if output.exists() else 0
            output.unlink(missing_ok=True)
    for way, runs in found.items():
        in_turn = zip(runs, found["COPY"], strict=False)
        ratios = [mine.seconds / copied.seconds for mine, copied in in_turn if mine and copied]
        show(way, runs, statistics.median(ratios) if ratios and way != "COPY" else None, sizes[way])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5, help="how many times COPY and ours run in turn")
    parser.add_argument(
        "--store", type=Path, help="a store that was made before, or where to keep the one that is made"
    )
    parser.add_argument(
        "--pandas",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with 10 M rows to_csv takes 19 GB of memory; --no-pandas leaves it out",
    )
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(asdict(WAYS[options.way](options.store, options.output))))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}, DuckDB {duckdb.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or Path(folder) / "mv.duckdb"
        if not store.exists():
            start = time.perf_counter()
            make_store(store, options.rows)
            print(f"{options.rows:,} rows made in {time.perf_counter() - start:.0f} s")
        ways = [way for way in WAYS if options.pandas or way != "pandas to_csv"]
        compare(store, Path(folder), ways, options.pairs)


if __name__ == "__main__":
    main()
