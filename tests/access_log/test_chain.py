"""Whether the access log is whole: what breaks the chain is found, and what is pruned is not missed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import psycopg
import pytest

from mv import audit
from mv.access import Action, Actor
from mv.access_log import chain
from mv.access_log.chain import Anchor, check, earliest_kept, parse_anchor, prune
from mv.audit import COLUMNS, Entry
from mv.cli import main
from mv.errors import Invalid
from mv.sample import example
from mv.store import Store, open_store
from mv.store.engine import Transaction
from mv.store.migrate import MIGRATIONS
from tests.conftest import TODAY, SetClock
from tests.contents import nothing_changes, refused

ENTRIES = 5
ALTERED = "Entry {entry} is not as it was written, or the one before it is not."
MISSING = "Entry {entry} is missing."
CUT = "Entry {entry} is missing: the log has been cut at its end."
NOT_PRUNED = "Entry {entry} and those before it are missing, and were not pruned."


def write(store: Store, actor: Actor, *customer_ids: int | None) -> None:
    """Have an entry for each customer, with grounds and detail where there is one."""
    for customer_id in customer_ids:
        store.write(lambda tx, of=customer_id: _write(tx, store.now(), actor, of))


def _write(tx: Transaction, at: datetime, actor: Actor, customer_id: int | None) -> None:
    if customer_id is None:
        audit.record(tx, at, actor, Action.ADD_GROUP, row=None)
    else:
        audit.record_customers(tx, at, actor, Action.ADD_GROUP, [(customer_id, {"row": customer_id})])


def messages(store: Store, expected: Anchor | None = None) -> list[str]:
    return [found.message.format(entry=found.entry_id) for found in check(store, expected).breaks]


def end_of(store: Store) -> Anchor:
    anchor = check(store).anchor
    assert anchor is not None
    return anchor


# A whole log


@pytest.mark.both_engines
def test_an_empty_log_is_whole_and_has_no_anchor(store: Store) -> None:
    assert check(store) == chain.Report(0, 0, None, [])


@pytest.mark.both_engines
def test_a_log_of_what_was_done_and_refused_is_whole(store: Store, actor: Actor) -> None:
    write(store, actor, 1, 2, None)
    audit.record_refusals(store, actor, Action.VIEW_CUSTOMER, [3])
    store.write(lambda tx: audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, range(1, 40)))
    report = check(store)
    assert (report.entries, report.unchained, report.breaks) == (43, 0, [])
    assert report.anchor is not None
    assert report.anchor.entry_id == 43


@pytest.mark.both_engines
def test_a_log_that_is_read_in_several_pieces_is_whole(
    store: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, actor, *range(7))
    monkeypatch.setattr(chain, "ROWS_AT_ONCE", 2)
    report = check(store)
    assert (report.entries, report.breaks) == (7, [])


def test_the_last_anchor_is_where_a_check_ends(store: Store, actor: Actor) -> None:
    assert chain.last_anchor(store) is None
    for number in range(3):
        write(store, actor, number)
        found = chain.last_anchor(store)
        assert found == check(store).anchor
    assert found is not None
    write(store, actor, 3)
    assert check(store, found).breaks == []


def test_looking_whether_the_log_is_whole_changes_nothing(store: Store, actor: Actor) -> None:
    write(store, actor, 1)
    with nothing_changes(store):
        check(store)


def test_the_hash_of_an_entry_follows_from_each_of_its_values_and_the_one_before() -> None:
    entry = Entry(1, datetime(2026, 11, 22, 12), "kim", "lead", "norr", "add_group", 7, "done", "normal", "{}")
    others = [
        replace(entry, **{field.name: None if field.name in ("customer_id", "why", "detail") else "x"})
        if field.name != "logged_at"
        else replace(entry, logged_at=entry.logged_at + timedelta(microseconds=1))
        for field in fields(Entry)
        if field.name != "hash"
    ]
    hashes = {entry.chained_to(""), entry.chained_to("0"), *(other.chained_to("") for other in others)}
    assert len(hashes) == len(fields(Entry)) + 1


def test_what_is_written_at_the_same_time_stands_in_one_chain(store: Store, actor: Actor) -> None:
    def write_some(number: int) -> None:
        who = replace(actor, user_id=f"user-{number}")
        for customer_id in range(5):
            write(store, who, customer_id)
            audit.record_refusals(store, who, Action.VIEW_CUSTOMER, [customer_id])

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(write_some, number) for number in range(8)]:
            done.result()
    report = check(store)
    assert (report.entries, report.breaks) == (80, [])


# A log that somebody changed by hand, in a copy of the file


@dataclass(frozen=True)
class Copy:
    """A closed store file with a whole log of ENTRIES entries, to be changed, and where its log ended."""

    file: Path
    end: Anchor

    def run(self, *statements: str) -> None:
        with duckdb.connect(str(self.file)) as connection:
            for statement in statements:
                connection.execute(statement)

    def messages(self, expected: Anchor | None = None) -> list[str]:
        with closing(open_store(str(self.file), SetClock())) as store:
            return messages(store, expected)


@pytest.fixture
def copy(duckdb_file: Path, tmp_path: Path, clock: SetClock, actor: Actor) -> Copy:
    file = Path(shutil.copy(duckdb_file, tmp_path / "mv.duckdb"))
    with closing(open_store(str(file), clock)) as store:
        for number in range(1, ENTRIES + 1):
            clock.now += timedelta(seconds=1)
            write(store, replace(actor, user_id=f"user-{number}"), number)
        return Copy(file, end_of(store))


def said(
    copy: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *more: str
) -> tuple[int, str]:
    """Run check-log on the copy; return its exit code and what it says of what is wrong."""
    monkeypatch.setenv("MV_STORE", str(copy.file))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return main(["check-log", *more]), capsys.readouterr().err


NEW_VALUES = {
    "entry_id": "entry_id + 100",
    "logged_at": "logged_at + INTERVAL 1 MICROSECOND",
    "user_id": "'somebody'",
    "role": "'analyst'",
    "unit_id": "'soder'",
    "action": "'view_customer'",
    "customer_id": "customer_id + 1",
    "outcome": "'refused'",
    "why": "'other_unit'",
    "detail": "'{}'",
    "hash": "upper(hash)",
}
CHANGED = {
    f"{column} is changed": (
        [f"UPDATE access_log SET {column} = {value} WHERE entry_id = 3"],  # noqa: S608
        (MISSING, 3) if column == "entry_id" else (ALTERED, 3),
    )
    for column, value in NEW_VALUES.items()
}
EMPTIED = {
    f"{column} is emptied": ([f"UPDATE access_log SET {column} = NULL WHERE entry_id = 3"], (ALTERED, 3))  # noqa: S608
    for column in ("customer_id", "why", "detail", "hash")
}
SWAP = "UPDATE access_log SET entry_id = {} WHERE entry_id = {}"
INSERT = f"INSERT INTO access_log ({COLUMNS}) SELECT {{}} FROM access_log WHERE entry_id = 3"  # noqa: S608
OTHERS_COLUMNS = COLUMNS.removeprefix("entry_id")
DONE_BY_HAND: dict[str, tuple[list[str], tuple[str, int]]] = {
    **{
        f"entry {number} is deleted": ([f"DELETE FROM access_log WHERE entry_id = {number}"], (message, number))  # noqa: S608
        for number, message in ((1, MISSING), (3, MISSING), (ENTRIES, CUT))
    },
    "every entry is deleted": (["DELETE FROM access_log"], (CUT, 1)),
    **CHANGED,
    **EMPTIED,
    "two entries are swapped": ([SWAP.format(99, 2), SWAP.format(2, 3), SWAP.format(3, 99)], (ALTERED, 2)),
    "an entry is put at the end": ([INSERT.format(f"{ENTRIES + 1} {OTHERS_COLUMNS}")], (ALTERED, ENTRIES + 1)),
    "an entry is put before the first": ([INSERT.format(f"0 {OTHERS_COLUMNS}")], (ALTERED, 0)),
    "the ends are forgotten": (["DELETE FROM log_head"], (CUT, ENTRIES + 1)),
    "all of it is forgotten": (["DELETE FROM access_log", "DELETE FROM log_head"], (CUT, 1)),
    "the end is named wrongly": (["UPDATE log_head SET hash = 'x'"], (CUT, ENTRIES + 1)),
    "the end is named too early": (["UPDATE log_head SET entry_id = 4"], (CUT, ENTRIES + 1)),
    "the start is named too late": (
        [
            "DELETE FROM access_log WHERE entry_id <= 2",
            "UPDATE log_head SET start_entry_id = 2, start_hash = (SELECT hash FROM access_log WHERE entry_id = 3)",
        ],
        (ALTERED, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("done", DONE_BY_HAND)
def test_what_is_done_to_the_log_by_hand_is_found_and_the_entry_named(
    copy: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, done: str
) -> None:
    statements, (message, entry) = DONE_BY_HAND[done]
    copy.run(*statements)
    expected = message.format(entry=entry)
    assert copy.messages()[0] == expected
    code, words = said(copy, capsys, monkeypatch)
    assert code == 1
    assert words.splitlines()[0] == expected
    assert words.splitlines()[-1] == "The access log is NOT whole."


def test_every_column_of_the_log_is_changed_in_these_tests() -> None:
    assert set(NEW_VALUES) == {field.name for field in fields(Entry)}


def test_old_entries_that_are_deleted_by_hand_as_if_they_were_pruned_are_missed(copy: Copy) -> None:
    copy.run(
        "UPDATE log_head SET start_entry_id = 2, start_hash = (SELECT hash FROM access_log WHERE entry_id = 2)",
        "DELETE FROM access_log WHERE entry_id <= 2",
    )
    assert copy.messages() == [NOT_PRUNED.format(entry=2)]


def forge(copy: Copy, **changes: object) -> None:
    """Write entry 3 and all after it anew with ``changes``, each with the hash that it then has, and the end too."""
    with duckdb.connect(str(copy.file)) as connection:
        rows = connection.execute(f"SELECT {COLUMNS} FROM access_log ORDER BY entry_id").fetchall()  # noqa: S608
        last = ""
        for entry in (Entry(*row) for row in rows):
            forged = replace(entry, **changes) if entry.entry_id == 3 else entry  # type: ignore[arg-type]
            last = forged.chained_to(last)
            connection.execute(
                "UPDATE access_log SET user_id = ?, hash = ? WHERE entry_id = ?",
                [forged.user_id, last, forged.entry_id],
            )
        connection.execute("UPDATE log_head SET hash = ?", [last])


def test_a_log_that_is_written_anew_with_right_hashes_is_found_by_an_anchor_alone(
    copy: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(copy, user_id="somebody.else")
    assert copy.messages() == []
    found = f"Entry {ENTRIES} is not the one that the anchor names."
    assert copy.messages(copy.end) == [found]
    code, words = said(copy, capsys, monkeypatch, "--anchor", str(copy.end))
    assert (code, words.splitlines()[0]) == (1, found)


def test_a_log_that_is_cut_at_its_end_and_says_so_is_found_by_an_anchor_alone(copy: Copy) -> None:
    copy.run(
        f"DELETE FROM access_log WHERE entry_id = {ENTRIES}",  # noqa: S608
        "UPDATE log_head SET entry_id = 4, hash = (SELECT hash FROM access_log WHERE entry_id = 4)",
    )
    assert copy.messages() == []
    assert copy.messages(copy.end) == [f"Entry {ENTRIES}, which the anchor names, is not in the log."]


def test_an_entry_that_is_deleted_is_found_where_the_chain_was_cut_before_the_end(copy: Copy) -> None:
    copy.run("DELETE FROM access_log WHERE entry_id IN (2, 4)")
    assert copy.messages() == [MISSING.format(entry=2), MISSING.format(entry=4)]


def test_an_earlier_anchor_holds_for_a_log_that_has_grown(
    copy: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, actor: Actor
) -> None:
    with closing(open_store(str(copy.file), SetClock())) as store:
        write(store, actor, 1, 2)
    assert copy.messages(copy.end) == []
    assert said(copy, capsys, monkeypatch, "--anchor", str(copy.end)) == (0, "")


@pytest.mark.parametrize(
    "text", ["", "5", ":", f"5:{'a' * 63}", f"5:{'A' * 64}", f"-1:{'a' * 64}", f"{'9' * 19}:{'a' * 64}", "a" * 64]
)
def test_an_anchor_that_is_none_is_refused(
    copy: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(Invalid):
        parse_anchor(text)
    if text:
        code, words = said(copy, capsys, monkeypatch, f"--anchor={text}")
        assert (code, words) == (1, "An anchor is an entry's number and its hash, with a colon between.\n")


def test_an_anchor_is_read_as_it_is_written_down() -> None:
    anchor = Anchor(12, "a1" * 32)
    assert parse_anchor(f"  {anchor}\n") == anchor


# Entries from before there was a chain


@pytest.fixture
def first_version(empty_url: str, tmp_path: Path) -> str:
    """Where a store is that was made before there was a chain, with three entries."""
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    for file in MIGRATIONS.glob("0001_*"):
        shutil.copy(file, migrations)
    fill_first_version(empty_url, migrations)
    return empty_url


def fill_first_version(url: str, migrations: Path) -> None:
    sql = "INSERT INTO access_log (logged_at, user_id, unit_id, action, customer_id) VALUES ($1, 'kim', 'norr', $2, $3)"
    with closing(open_store(url, SetClock(), migrations=migrations)) as store:
        for action, customer_id in (("view_customer", 1), ("add_group", 2), ("export_groups", None)):
            at = datetime(2026, 9, 1, 12)
            store.write(lambda tx, values=(at, action, customer_id): tx.execute(sql, *values))


def test_entries_from_before_there_was_a_chain_are_kept_and_counted(
    first_version: str, clock: SetClock, actor: Actor
) -> None:
    with closing(open_store(first_version, clock)) as store:
        example.add(store)
        assert check(store) == chain.Report(0, 3, None, [])
        write(store, actor, 7)
        report = check(store)
        assert (report.entries, report.unchained, report.breaks) == (1, 3, [])
        with store.read() as tx:
            rows = tx.rows("SELECT entry_id, action, customer_id, outcome, why, hash FROM access_log ORDER BY entry_id")
    assert [tuple(row.values())[:5] for row in rows] == [
        (1, "view_customer", 1, "done", "normal"),
        (2, "add_group", 2, "done", "normal"),
        (3, "export_groups", None, "done", None),
        (4, "add_group", 7, "done", "normal"),
    ]
    assert [row["hash"] is None for row in rows] == [True, True, True, False]


def test_old_entries_without_a_chain_are_pruned_too_and_the_chain_still_holds(
    first_version: str, clock: SetClock, actor: Actor
) -> None:
    with closing(open_store(first_version, clock)) as store:
        example.add(store)
        write(store, actor, 7)
        clock.now = datetime(2031, 10, 1, 12, tzinfo=UTC)
        if store.url.startswith("postgresql"):  # whose own clock says that they are young
            return
        assert prune(store, actor, date(2026, 10, 1)) == 3
        report = check(store)
        assert (report.entries, report.unchained, report.breaks) == (2, 0, [])


# Pruning


@pytest.mark.parametrize(
    ("today", "first_kept"),
    [
        (date(2026, 11, 22), date(2021, 11, 22)),
        (date(2028, 2, 28), date(2023, 2, 28)),
        (date(2028, 2, 29), date(2023, 3, 1)),
        (date(2028, 3, 1), date(2023, 3, 1)),
        (date(2029, 2, 28), date(2024, 2, 28)),
        (date(2029, 3, 1), date(2024, 3, 1)),
    ],
    ids=str,
)
def test_the_first_day_that_is_kept_is_the_same_day_five_years_ago(today: date, first_kept: date) -> None:
    assert earliest_kept(today) == first_kept


@contextmanager
def at(clock: SetClock, instant: datetime) -> Iterator[None]:
    """Let it be another time."""
    now, clock.now = clock.now, instant
    yield
    clock.now = now


def write_over_the_years(store: Store, clock: SetClock, actor: Actor) -> None:
    """Have entries 1 to 4: of 2020, of the last and the first minute around the day five years ago, and of today."""
    for instant in (
        datetime(2020, 6, 1, 12, tzinfo=UTC),
        datetime(2021, 11, 21, 22, 59, tzinfo=UTC),  # 23:59 in Stockholm
        datetime(2021, 11, 21, 23, 0, tzinfo=UTC),
        clock.now,
    ):
        with at(clock, instant):
            write(store, actor, 1)


def test_what_is_not_five_years_old_is_not_pruned(store: Store, clock: SetClock, actor: Actor) -> None:
    write_over_the_years(store, clock, actor)
    says = "The log is kept for 5 years. Choose 2021-11-22 or an earlier day."
    for before in (date(2021, 11, 23), TODAY, TODAY + timedelta(days=1)):
        with refused(store, Invalid, says):
            prune(store, actor, before)


@pytest.mark.parametrize(("before", "removed"), [(date(2021, 11, 21), 1), (date(2021, 11, 22), 2)], ids=str)
def test_what_is_older_than_the_day_is_pruned_that_is_logged_and_the_chain_holds(
    store: Store, clock: SetClock, actor: Actor, before: date, removed: int
) -> None:
    write_over_the_years(store, clock, actor)
    end = end_of(store)
    assert prune(store, actor, before) == removed
    report = check(store, end)
    assert (report.entries, report.unchained, report.breaks) == (4 - removed + 1, 0, [])
    with store.read() as tx:
        rows = tx.rows("SELECT entry_id, user_id, action, outcome, detail FROM access_log ORDER BY entry_id")
    assert [row["entry_id"] for row in rows] == list(range(removed + 1, 6))
    assert (rows[-1]["user_id"], rows[-1]["action"], rows[-1]["outcome"]) == ("karin.holm", "prune_log", "done")
    detail = json.loads(rows[-1]["detail"])
    assert len(detail.pop("hash")) == 64
    assert detail == {"before": str(before), "entries": removed, "through": removed}


def test_the_log_can_be_pruned_again_and_again(store: Store, clock: SetClock, actor: Actor) -> None:
    write_over_the_years(store, clock, actor)
    for before, removed in (
        (date(2020, 1, 1), 0),
        (date(2021, 1, 1), 1),
        (date(2021, 1, 1), 0),
        (date(2021, 11, 22), 1),
    ):
        assert prune(store, actor, before) == removed
        assert check(store).breaks == []


def test_the_chain_holds_where_the_log_of_a_pruning_is_itself_pruned(
    duckdb_file: Path, tmp_path: Path, clock: SetClock, actor: Actor
) -> None:
    file = shutil.copy(duckdb_file, tmp_path / "mv.duckdb")
    with closing(open_store(str(file), clock)) as store:
        for year in range(2026, 2050, 3):
            clock.now = datetime(year, 6, 1, 12, tzinfo=UTC)
            write(store, actor, year)
            prune(store, actor, date(year - 5, 6, 1))
            assert check(store).breaks == []


@pytest.mark.parametrize("done", ["first", "another"])
def test_after_pruning_what_is_deleted_by_hand_is_still_missed(
    duckdb_file: Path, tmp_path: Path, clock: SetClock, actor: Actor, done: str
) -> None:
    copy = Copy(Path(shutil.copy(duckdb_file, tmp_path / "mv.duckdb")), Anchor(0, ""))
    with closing(open_store(str(copy.file), clock)) as store:
        write_over_the_years(store, clock, actor)
        prune(store, actor, date(2021, 1, 1))
    if done == "first":
        copy.run("DELETE FROM access_log WHERE entry_id = 2")
        assert copy.messages() == [MISSING.format(entry=2)]
    else:
        copy.run(
            "UPDATE log_head SET start_entry_id = 2, start_hash = (SELECT hash FROM access_log WHERE entry_id = 2)",
            "DELETE FROM access_log WHERE entry_id <= 2",
        )
        assert copy.messages() == [NOT_PRUNED.format(entry=2)]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE access_log SET detail = '{}' WHERE entry_id = 5",
            [ALTERED.format(entry=5), NOT_PRUNED.format(entry=1)],
        ),
        (
            "UPDATE access_log SET detail = 'x' WHERE entry_id = 5",
            [ALTERED.format(entry=5), NOT_PRUNED.format(entry=1)],
        ),
        (INSERT.format(f"1 {OTHERS_COLUMNS}"), [ALTERED.format(entry=1)]),
    ],
)
def test_what_is_done_by_hand_to_the_trace_of_a_pruning_is_found(
    duckdb_file: Path, tmp_path: Path, clock: SetClock, actor: Actor, statement: str, found: list[str]
) -> None:
    copy = Copy(Path(shutil.copy(duckdb_file, tmp_path / "mv.duckdb")), Anchor(0, ""))
    with closing(open_store(str(copy.file), clock)) as store:
        write_over_the_years(store, clock, actor)
        prune(store, actor, date(2021, 1, 1))
    copy.run(statement)
    assert copy.messages() == found


def test_an_anchor_of_what_is_pruned_can_no_longer_be_checked_but_for_the_last_of_it(
    store: Store, clock: SetClock, actor: Actor
) -> None:
    with at(clock, datetime(2020, 6, 1, tzinfo=UTC)):
        write(store, actor, 1)
        first = end_of(store)
        write(store, actor, 2)
        second = end_of(store)
    prune(store, actor, date(2021, 1, 1))
    assert messages(store, second) == []
    gone = "Entry {entry}, which the anchor names, is not in the log."
    assert messages(store, first) == [gone.format(entry=1)]
    assert messages(store, Anchor(2, first.hash)) == [gone.format(entry=2)]


def test_an_entry_that_lies_among_older_ones_keeps_those_after_it(store: Store, clock: SetClock, actor: Actor) -> None:
    # A clock that was set back: nothing goes that stands after the first entry that is kept.
    for instant in (datetime(2020, 6, 1, tzinfo=UTC), clock.now, datetime(2020, 6, 2, tzinfo=UTC)):
        with at(clock, instant):
            write(store, actor, 1)
    assert prune(store, actor, date(2021, 1, 1)) == 1
    assert check(store).breaks == []


# PostgreSQL keeps the log by itself


@pytest.fixture
def server_log(postgresql: object, clock: SetClock, actor: Actor) -> Iterator[Callable[[str], None]]:
    """Run SQL past the program on a store with a young entry and one that is old enough to go."""
    with postgresql.database("store") as url:  # type: ignore[attr-defined]
        with closing(open_store(url, clock)) as store:
            with at(clock, datetime(2020, 6, 1, tzinfo=UTC)):
                write(store, actor, 1)
            with at(clock, datetime(2126, 1, 1, tzinfo=UTC)):  # young by the server's own clock, too
                write(store, actor, 2)

        def run(statement: str) -> None:
            with psycopg.connect(url) as connection:
                connection.execute(statement)  # type: ignore[call-overload]

        yield run


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_log SET user_id = 'somebody' WHERE entry_id = 2",
        "UPDATE access_log SET user_id = 'somebody' WHERE entry_id = 1",
        "UPDATE access_log SET hash = NULL",
        "DELETE FROM access_log WHERE entry_id = 2",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
        "TRUNCATE access_log CASCADE",
    ],
)
def test_postgresql_refuses_to_change_the_log(server_log: Callable[[str], None], statement: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        server_log(statement)


def test_postgresql_lets_what_is_older_than_five_years_go(server_log: Callable[[str], None]) -> None:
    server_log("DELETE FROM access_log WHERE entry_id = 1")


def test_postgresql_numbers_the_log_without_a_gap(store: Store, actor: Actor) -> None:
    write(store, actor, 1)
    with pytest.raises(ZeroDivisionError):
        store.write(lambda tx: (audit.record(tx, store.now(), actor, Action.ADD_GROUP, row=2), 1 / 0))
    write(store, actor, 3)
    with store.read() as tx:
        numbers = [row["entry_id"] for row in tx.rows("SELECT entry_id FROM access_log ORDER BY entry_id")]
    assert all(after == before + 1 for before, after in pairwise(numbers))
