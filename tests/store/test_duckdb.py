"""A store in a DuckDB file: what it refuses to open, full disks, fatal errors, and programs that are killed."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

import mv.store.duckdb
from mv.errors import Conflict, StoreUnavailable
from mv.store import Store, open_store
from mv.store.engine import Transaction
from mv.store.migrate import MIGRATIONS, numbered
from tests.conftest import SetClock

ROOT = Path(__file__).parents[2]
INSERT = "INSERT INTO meta (key, value) VALUES ($1, 'x')"
ROOM_FOR_THE_LOG_ALONE = 100_000
"""Bytes: what small commits append to the .wal, but less than a block of the file ends at."""


@pytest.fixture
def path(duckdb_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(duckdb_file, tmp_path / "mv.duckdb"))


@pytest.fixture
def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Open a store whose settings can be changed, to bring about what seldom happens."""
    monkeypatch.setitem(mv.store.duckdb.CONFIG, "lock_configuration", False)
    opened = open_store(str(path), SetClock())
    yield opened
    opened.close()


def add(key: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.execute(INSERT, key)


def keys(store: Store) -> list[str]:
    with store.read() as tx:
        found = tx.rows("SELECT key FROM meta WHERE value = 'x' ORDER BY key")
        return [row["key"] for row in found]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@contextmanager
def disk_full(after: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``after`` bytes. Python ignores the signal, so that writing fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def commit_without_checkpoint(store: Store, key: str) -> None:
    """Save a row in such a way that the commit is durable and the checkpoint after it fails."""

    def work(tx: Transaction) -> None:
        tx.execute("SET checkpoint_threshold = '1KB'")
        tx.execute("SET auto_checkpoint_skip_wal_threshold = 1000000000")
        tx.execute(INSERT, key)

    with disk_full(after=ROOM_FOR_THE_LOG_ALONE):
        store.write(work)


# What cannot be opened


def test_the_folder_is_made_where_it_is_missing(tmp_path: Path) -> None:
    with closing(open_store(str(tmp_path / "a" / "b" / "mv.duckdb"), SetClock())) as store:
        assert keys(store) == []


@pytest.mark.parametrize("still_in_the_log", [False, True])
def test_a_newer_store_stays_as_it_is_byte_for_byte(path: Path, tmp_path: Path, still_in_the_log: bool) -> None:
    newer, left = tmp_path / "migrations", tmp_path / "left"
    shutil.copytree(MIGRATIONS, newer)
    (newer / f"{max(numbered(MIGRATIONS)) + 1:04}_note.sql").write_text("ALTER TABLE batch ADD COLUMN note VARCHAR")
    left.mkdir()
    with closing(open_store(str(path), SetClock(), migrations=newer)) as store:
        store.write(add("a"))
        if still_in_the_log:  # what a killed program leaves
            shutil.copy(path, left)
            shutil.copy(f"{path}.wal", left)
    if not still_in_the_log:
        shutil.copy(path, left)
    before = contents(left)
    assert len(before) == 1 + still_in_the_log
    with pytest.raises(StoreUnavailable, match=r"schema \d+, this one knows \d+\).* Nothing was changed"):
        open_store(str(left / path.name), SetClock())
    assert contents(left) == before
    with closing(open_store(str(left / path.name), SetClock(), migrations=newer)) as store:
        assert keys(store) == ["a"]


def damaged(whole: bytes, first: int, count: int) -> bytes:
    return whole[:first] + bytes(byte ^ 0xFF for byte in whole[first : first + count]) + whole[first + count :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: b"name;group\n" * 5000, id="another kind"),
        pytest.param(lambda whole: whole[:8], id="eight bytes"),
        pytest.param(lambda whole: whole[:20_000], id="cut off"),
        pytest.param(lambda whole: damaged(whole, 0, 8), id="no checksum"),
        pytest.param(lambda whole: damaged(whole, 20, 8_000), id="headers"),
        pytest.param(lambda whole: damaged(whole, 12_288, len(whole)), id="blocks"),
    ],
)
def test_a_damaged_file_is_refused_and_stays_as_it_is(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    before = contents(path.parent)
    with pytest.raises(StoreUnavailable, match=r"damaged or is no store|cannot be opened or written"):
        open_store(str(path), SetClock())
    assert contents(path.parent) == before


def test_a_file_of_another_database_is_refused_without_asking_the_internet_how_to_read_it(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE meta (key, value)")
        other.commit()
    with pytest.raises(StoreUnavailable, match="damaged or is no store"):
        open_store(str(path), SetClock())


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be opened or written \(.*Is a directory.*folder and rights"):
        open_store(str(tmp_path), SetClock())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/mv.duckdb", "file/folder/mv.duckdb", "/proc/mv.duckdb"])
def test_where_nothing_can_be_written_the_message_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")  # rights would not keep root from writing
    with pytest.raises(StoreUnavailable, match=r"cannot be opened or written \(.*See to its folder and rights"):
        open_store(str(tmp_path / place), SetClock())


def test_a_store_in_use_by_another_process_is_named_with_that_process(path: Path) -> None:
    holder = """
import sys
from mv.store import open_store
from tests.conftest import SetClock
store = open_store(sys.argv[1], SetClock())
print("open", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holder, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(StoreUnavailable, match=rf"{path} is in use by another process \(PID {process.pid}\)"):
            open_store(str(path), SetClock())
        process.stdin.close()
    with closing(open_store(str(path), SetClock())) as store:
        assert keys(store) == []


def test_a_process_can_open_its_store_twice(store: Store, path: Path) -> None:
    store.write(add("a"))

    def work(tx: Transaction) -> list[str]:
        tx.execute("UPDATE meta SET key = 'b' WHERE key = 'a'")
        with closing(open_store(str(path), SetClock())) as second:
            return keys(second)

    assert store.write(work) == ["a"]
    with closing(open_store(str(path), SetClock())) as second:
        assert keys(second) == ["b"]
        second.write(add("c"))
    assert keys(store) == ["b", "c"]


def test_a_closed_store_is_not_opened_again_in_silence(store: Store) -> None:
    store.close()
    with pytest.raises(duckdb.ConnectionException):
        store.write(add("a"))


# Files


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_the_store_and_what_is_beside_it_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "mv.duckdb"
    with closing(open_store(str(path), SetClock())) as store:
        store.write(add("a"))
        assert {file.name: mode(file) for file in tmp_path.iterdir()} == {"mv.duckdb": 0o600, "mv.duckdb.wal": 0o600}


def test_a_folder_that_is_made_for_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    os.umask(0o022)
    open_store(str(tmp_path / "new" / "mv.duckdb"), SetClock()).close()
    assert mode(tmp_path / "new") == 0o700


def test_a_store_that_others_could_read_is_closed_to_them(path: Path, tmp_path: Path) -> None:
    path.chmod(0o666)
    open_store(str(path), SetClock()).close()
    assert mode(path) == 0o600


@pytest.mark.parametrize("name", ["mv.duckdb", "mv.duckdb.wal"])
@pytest.mark.parametrize("there", [True, False])
def test_a_store_is_never_opened_through_a_link(path: Path, name: str, there: bool) -> None:
    elsewhere = path.parent / "elsewhere"
    if there:
        shutil.copy(path, elsewhere)
    (path.parent / name).unlink(missing_ok=True)
    (path.parent / name).symlink_to(elsewhere)
    before = elsewhere.read_bytes() if there else None
    with pytest.raises(StoreUnavailable, match=rf"{name} is a link"):
        open_store(str(path), SetClock())
    assert (elsewhere.read_bytes() if elsewhere.exists() else None) == before


@pytest.mark.parametrize(
    "sql",
    [
        "COPY meta TO '{folder}/out.csv'",
        "SELECT * FROM read_csv('{folder}/in.csv')",
        "SELECT * FROM read_text('{folder}/in.csv')",
        "CREATE TABLE stolen AS FROM '{folder}/in.csv'",
        "ATTACH '{folder}/other.duckdb'",
        "EXPORT DATABASE '{folder}/all'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET lock_configuration",
        "SET allowed_directories = ['/']",
        "SET temp_directory = '{folder}/temp'",
    ],
)
def test_no_statement_reaches_another_file_or_the_settings(path: Path, tmp_path: Path, sql: str) -> None:
    (tmp_path / "in.csv").write_text("key;value\n1;2\n")
    before = {file.name for file in tmp_path.iterdir()}
    with closing(open_store(str(path), SetClock())) as store, pytest.raises((duckdb.Error, StoreUnavailable)):
        store.write(lambda tx: tx.execute(sql.format(folder=tmp_path)))
    assert {file.name for file in tmp_path.iterdir()} == before


def test_what_does_not_fit_in_memory_goes_to_the_folder_beside_the_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mv.store.duckdb.CONFIG, "memory_limit", "60MB")
    modes = set[int]()
    with closing(open_store(str(path), SetClock())) as store:
        rows = "SELECT range AS i, md5(range::VARCHAR) AS text FROM range(1500000) ORDER BY text"
        with store.batches(rows) as reader:
            found = reader.read_next_batch().num_rows
            modes |= {mode(file) for file in path.parent.glob("mv.duckdb.tmp/*")}
            found += sum(batch.num_rows for batch in reader)
    assert found == 1_500_000
    assert modes == {0o600}


# A full disk


def test_a_full_disk_saves_nothing_and_says_so(store: Store) -> None:
    store.write(add("a"))
    for _ in range(2):
        with (
            disk_full(after=0),
            pytest.raises(StoreUnavailable, match=r"disk of the store is full\. Nothing was saved"),
        ):
            store.write(add("b"))
        assert keys(store) == ["a"]
    store.write(add("b"))
    assert keys(store) == ["a", "b"]


def test_a_full_disk_saves_nothing_of_a_large_change(store: Store) -> None:
    """DuckDB writes a change of this size straight into the file, and what fails there is fatal."""
    large = "INSERT INTO meta SELECT 'many ' || i, repeat(md5(i::varchar), 100) FROM range(10000) AS numbers (i)"

    def work(tx: Transaction) -> None:
        tx.execute("SET checkpoint_threshold = '1KB'")
        tx.execute(large)

    with disk_full(after=ROOM_FOR_THE_LOG_ALONE), pytest.raises(StoreUnavailable, match="disk of the store is full"):
        store.write(work)
    assert keys(store) == []
    store.write(add("a"))
    assert keys(store) == ["a"]


def test_a_store_can_be_opened_once_there_is_room_again(path: Path) -> None:
    with closing(open_store(str(path), SetClock())) as store:
        store.write(add("a"))
        left = shutil.copytree(path.parent, path.parent / "left")  # with the log, which opening writes into the file
    with disk_full(after=ROOM_FOR_THE_LOG_ALONE), pytest.raises(StoreUnavailable, match="disk of the store is full"):
        open_store(str(left / path.name), SetClock())
    with closing(open_store(str(left / path.name), SetClock())) as store:
        assert keys(store) == ["a"]


# Fatal errors


def test_a_durable_commit_whose_checkpoint_failed_counts_as_committed(store: Store) -> None:
    store.write(add("a"))
    commit_without_checkpoint(store, "b")
    assert keys(store) == ["a", "b"]
    store.write(add("c"))
    assert keys(store) == ["a", "b", "c"]
    store.close()
    with closing(open_store(store.url, SetClock())) as reopened:
        assert keys(reopened) == ["a", "b", "c"]


def test_as_long_as_there_is_no_room_for_the_checkpoint_the_store_says_so_and_then_goes_on(store: Store) -> None:
    commit_without_checkpoint(store, "a")
    for _ in range(2):
        with disk_full(after=ROOM_FOR_THE_LOG_ALONE):
            with pytest.raises(StoreUnavailable, match="disk of the store is full"):
                store.write(add("b"))
            with pytest.raises(StoreUnavailable, match="disk of the store is full"), store.read():
                pass
            with pytest.raises(StoreUnavailable, match="disk of the store is full"), store.batches("SELECT 1"):
                pass
    store.write(add("b"))
    assert keys(store) == ["a", "b"]


def test_a_transaction_that_a_fatal_error_elsewhere_ended_is_run_again(store: Store) -> None:
    runs = []

    def work(tx: Transaction) -> None:
        runs.append(1)
        tx.rows("SELECT key FROM meta")
        if len(runs) == 1:
            commit_without_checkpoint(store, "somebody else's")
        tx.execute(INSERT, "mine")

    store.write(work)
    assert len(runs) == 2
    assert keys(store) == ["mine", "somebody else's"]


def test_a_reading_that_a_fatal_error_elsewhere_ended_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict, match="try again in a moment"), store.read() as tx:
        commit_without_checkpoint(store, "a")
        tx.rows("SELECT key FROM meta")
    assert keys(store) == ["a"]


def test_the_file_is_not_opened_anew_while_others_still_read_what_was_open(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mv.store.duckdb, "SECONDS_TO_REOPEN", 0)
    with store.batches("SELECT i FROM range(1000000) AS numbers (i)") as reader:
        seen = next(iter(reader)).num_rows
        commit_without_checkpoint(store, "a")
        with pytest.raises(StoreUnavailable, match="could not be opened anew"):
            store.write(add("b"))
        assert seen + sum(batch.num_rows for batch in reader) == 1_000_000
    store.write(add("b"))
    assert keys(store) == ["a", "b"]


def test_everybody_waits_until_the_file_is_open_anew(store: Store) -> None:
    expected = [f"{n:02}" for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        with store.batches("SELECT i FROM range(1000000) AS numbers (i)") as reader:
            next(iter(reader))
            commit_without_checkpoint(store, "a")
            waiting = [pool.submit(store.write, add(key)) for key in expected]
            assert sum(batch.num_rows for batch in reader) > 0
        for each in waiting:
            each.result(60)
    assert keys(store) == [*expected, "a"]


def test_two_stores_of_one_process_both_go_on_after_a_fatal_error(store: Store, path: Path) -> None:
    with closing(open_store(str(path), SetClock())) as second:
        commit_without_checkpoint(store, "a")
        with pytest.raises(StoreUnavailable, match="could not be opened anew"):
            store.write(add("b"))  # the second one still holds what broke
        second.write(add("c"))
        store.write(add("b"))
        assert keys(second) == ["a", "b", "c"]


# Killed


def test_a_killed_program_loses_nothing_that_it_said_was_saved(path: Path) -> None:
    writer = """
import sys
import mv.store.duckdb
from mv.store import open_store
from tests.conftest import SetClock
mv.store.duckdb.CONFIG["checkpoint_threshold"] = "10KB"  # so that it is killed in checkpoints, too
store = open_store(sys.argv[1], SetClock())
with store.read() as tx:
    number = tx.row("SELECT count(*) AS n FROM batch")["n"]
while True:
    number += 1
    def work(tx):
        tx.execute("INSERT INTO batch (product_code, batch_number) VALUES ('fluad', $1)", str(number))
        tx.execute("INSERT INTO meta (key, value) VALUES ($1, 'x')", str(number))
    store.write(work)
    print(number, flush=True)
"""
    saved = 0
    for more in (1, 7, 40):
        with subprocess.Popen(
            [sys.executable, "-c", writer, path], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(more):
                saved = int(process.stdout.readline())
            process.kill()
            saved = int([str(saved), *process.stdout.read().splitlines()][-1])
        with closing(open_store(str(path), SetClock())) as store:
            found = sorted(int(key) for key in keys(store))
            with store.read() as tx:
                batches = tx.rows("SELECT batch_number::integer AS n FROM batch ORDER BY n")
        # What was being saved when it was killed may be there, and then it is whole.
        assert found in ([*range(1, saved + 1)], [*range(1, saved + 2)])
        assert [row["n"] for row in batches] == found
        saved = len(found)
