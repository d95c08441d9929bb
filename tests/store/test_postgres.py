"""A store on a PostgreSQL server: what it refuses, a server that goes away, and several programs on one store."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

import mv.store.postgres
from mv.errors import StoreUnavailable
from mv.store import Store, open_store
from mv.store.engine import Transaction
from mv.store.migrate import MIGRATIONS, numbered
from tests import certificates
from tests.conftest import SetClock
from tests.postgres import Server
from tests.postgres import with_tls as tls_server

INSERT = "INSERT INTO meta (key, value) VALUES ($1, 'x')"
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.database("store") as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url, SetClock())
    yield opened
    opened.close()


def add(key: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.execute(INSERT, key)


def keys(store: Store) -> list[str]:
    with store.read() as tx:
        found = tx.rows("SELECT key FROM meta WHERE value = 'x' ORDER BY key")
        return [row["key"] for row in found]


def cut_every_connection(url: str) -> None:
    """Do to the store's connections what a restart of the server does."""
    with psycopg.connect(url) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid, 10000) {OTHERS}".encode())


# What cannot be opened


def test_a_server_that_does_not_answer_is_named_as_the_reason_and_the_password_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(StoreUnavailable, match=rf"cannot be used \(.*port {port} failed: .*check MV_STORE") as caught:
        open_store(f"postgresql://mv:secret@127.0.0.1:{port}/mv", SetClock())
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_there_is_named_as_the_reason(postgresql: Server) -> None:
    with pytest.raises(StoreUnavailable, match=r'cannot be used \(.*database "none" does not exist'):
        open_store(postgresql.url("none"), SetClock())


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be used .*port"):
        open_store("postgresql://127.0.0.1:none/mv", SetClock())


NAME = "store.example.org"
NETWORK = "reached over a network and has to prove who it is: add sslmode=verify-full"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://mv:secret@db.example.se/mv",
        "postgres://mv:secret@192.0.2.1/mv",
        "postgresql://mv:secret@[2001:db8::1]/mv",
        "postgresql://mv:secret@localhost,192.0.2.1/mv",
        "postgresql://mv:secret@/mv?host=192.0.2.1",
        "postgresql://mv:secret@localhost/mv?hostaddr=192.0.2.1",
        "postgresql://mv:secret@192.0.2.1/mv?sslmode=require",
        "postgresql://mv:secret@192.0.2.1/mv?sslmode=verify-ca",
        "postgresql://mv:secret@localhost.example.se/mv",
        "postgresql:///mv?service=elsewhere",
    ],
)
def test_a_server_on_a_network_has_to_be_verified(url: str) -> None:
    with pytest.raises(StoreUnavailable, match=NETWORK) as caught:
        open_store(url, SetClock())
    assert "secret" not in str(caught.value)


def test_a_server_that_the_environment_names_has_to_be_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "nobody.invalid")
    with pytest.raises(StoreUnavailable, match=NETWORK):
        open_store("postgresql:///mv", SetClock())
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_store("postgresql:///mv", SetClock())


def test_a_server_that_proves_who_it_is_is_used_over_tls_and_one_that_does_not_is_refused(tmp_path: Path) -> None:
    with tls_server(NAME) as (port, certificate):
        address = (
            f"postgresql://test@{{host}}:{port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={{root}}"
        )
        with closing(open_store(address.format(host=NAME, root=certificate), SetClock())) as store:
            store.write(add("over TLS"))
            assert keys(store) == ["over TLS"]
            with store.read() as tx:
                assert tx.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [{"ssl": True}]
            with store.batches("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") as reader:
                assert reader.read_all().to_pylist() == [{"ssl": True}]
        stranger, _ = certificates.write(tmp_path, NAME)
        for host, root, why in ((f"db.{NAME}", certificate, "does not match host"), (NAME, stranger, "verify failed")):
            with pytest.raises(StoreUnavailable, match=why):
                open_store(address.format(host=host, root=root), SetClock())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "%2Fnowhere"])
def test_a_server_on_this_machine_needs_no_tls(host: str) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_store(f"postgresql://mv@{host}:1/mv", SetClock())


def test_a_user_who_may_not_make_tables_is_told_so(postgresql: Server) -> None:
    with postgresql.database() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM public")
        try:
            with pytest.raises(StoreUnavailable, match=r"cannot be used \(permission denied.*the rights of its user"):
                open_store(url.replace("test@", "guest@"), SetClock())
        finally:
            connection.execute("DROP ROLE guest")


# Full disks, and a server that goes away


def test_a_full_disk_of_the_server_saves_nothing_and_says_so(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(INSERT, "a")
        tx.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$")

    with pytest.raises(StoreUnavailable, match=r"disk of the store is full\. Nothing was saved"):
        store.write(work)
    assert keys(store) == []


def test_a_server_that_was_started_anew_is_used_as_if_nothing_had_happened(store: Store, url: str) -> None:
    store.write(add("a"))
    cut_every_connection(url)
    store.write(add("b"))
    assert keys(store) == ["a", "b"]


def test_a_connection_that_breaks_during_the_work_saves_nothing(store: Store, url: str) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(INSERT, "a")
        cut_every_connection(url)
        tx.execute(INSERT, "b")

    with pytest.raises(StoreUnavailable, match=r"cannot be used .* Nothing was saved"):
        store.write(work)
    assert keys(store) == []


def test_of_a_connection_that_breaks_during_the_commit_nobody_claims_that_nothing_was_saved(
    store: Store, url: str
) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(INSERT, "a")
        cut_every_connection(url)

    with pytest.raises(StoreUnavailable, match="See whether it is saved before you try again"):
        store.write(work)
    assert keys(store) == []


def test_batches_say_that_the_server_cannot_be_used(postgresql: Server) -> None:
    with postgresql.database("store") as url:
        store = open_store(url, SetClock())
    with closing(store), pytest.raises(StoreUnavailable, match="cannot be used"), store.batches("SELECT 1"):
        pass


def test_who_finds_every_connection_taken_is_told_after_a_while(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mv.store.postgres, "CONNECTIONS", 1)
    monkeypatch.setattr(mv.store.postgres, "SECONDS_TO_CONNECT", 1)
    with (
        closing(open_store(store.url, SetClock())) as small,
        small.read(),
        pytest.raises(StoreUnavailable, match="cannot be used"),
    ):
        small.write(add("a"))
    assert keys(store) == []


def test_a_closed_store_leaves_no_connection_behind(store: Store, url: str, postgresql: Server) -> None:
    with store.batches("SELECT key FROM meta") as reader:
        reader.read_all()
    store.close()
    with postgresql.database(template=url.rpartition("/")[2]) as copy:  # refused while anybody is connected
        assert copy != url


# Several programs on one store


def test_programs_that_open_a_new_store_at_once_make_it_once(postgresql: Server, tmp_path: Path) -> None:
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (folder / f"{max(numbered(MIGRATIONS)) + 1:04}_note.sql").write_text(
        "CREATE TABLE note (i INTEGER); INSERT INTO note VALUES (1)"
    )
    start = Barrier(4)

    def open_at_once(url: str) -> list[dict[str, object]]:
        start.wait(10)
        with closing(open_store(url, SetClock(), migrations=folder)) as store, store.read() as tx:
            return tx.rows("SELECT i FROM note")

    with postgresql.database() as url, ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_at_once, [url] * 4)) == [[{"i": 1}]] * 4


def test_a_change_waits_for_another_of_the_same_row_and_builds_on_it(store: Store, url: str) -> None:
    with closing(open_store(url, SetClock())) as other, ThreadPoolExecutor(8) as pool:
        store.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('a', '0')"))

        def count(turn: int) -> None:
            program = other if turn % 2 else store
            program.write(lambda tx: tx.execute("UPDATE meta SET value = value::integer + 1 WHERE key = 'a'"))

        list(pool.map(count, range(40)))
        with store.read() as tx:
            assert tx.row("SELECT value FROM meta WHERE key = 'a'") == {"value": "40"}


def test_a_deadlock_is_a_lost_race_and_ends_with_both_saved(store: Store, url: str) -> None:
    store.write(add("a"))
    store.write(add("b"))
    both_hold_one, runs = Barrier(2), []

    def change(first: str, second: str) -> None:
        def work(tx: Transaction) -> None:
            run = len(runs)
            runs.append(1)
            tx.execute("UPDATE meta SET value = value || $1 WHERE key = $1", first)
            if run < 2:
                both_hold_one.wait(10)
            tx.execute("UPDATE meta SET value = value || $2 WHERE key = $1", second, first)

        store.write(work)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(change, "a", "b"), pool.submit(change, "b", "a")]:
            each.result()
    with store.read() as tx:
        values = [row["value"] for row in tx.rows("SELECT value FROM meta WHERE key IN ('a', 'b') ORDER BY key")]
    assert [sorted(value) for value in values] == [["a", "b", "x"], ["a", "b", "x"]]
    assert len(runs) >= 3


# What is only here


def test_prefixes_of_names_and_numbers_are_found_through_an_index_in_byte_order(store: Store) -> None:
    columns = """
        SELECT table_name, column_name, collation_name FROM information_schema.columns
        WHERE (table_name, column_name) IN (('customer', 'identity'), ('customer_name', 'name_key'))
    """
    with store.read() as tx:
        found = tx.rows(columns)
        tx.execute("SET LOCAL enable_seqscan = off")
        plan = str(tx.rows("EXPLAIN SELECT * FROM customer_name WHERE name_key >= $1 AND name_key < $2", "a", "b"))
    assert [row["collation_name"] for row in found] == ["C", "C"]
    assert "customer_name_key" in plan
