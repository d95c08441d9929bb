"""What a store does, whichever database it is on. What only one of them does has a file of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import duckdb
import psycopg
import pyarrow as pa
import pytest

import mv.store
from mv import users
from mv.errors import Conflict, StoreUnavailable
from mv.store import DEFAULT_FILE, Store, configured_url, open_store
from mv.store.engine import Transaction
from mv.store.migrate import MIGRATIONS, numbered
from mv.user_units import UserUnit
from tests.conftest import SetClock

DATABASE_ERRORS = (duckdb.Error, psycopg.Error)
NEWEST = max(numbered(MIGRATIONS))
LATER = f"{NEWEST + 1:04}_note"
TABLES = {
    "access_log", "app_user", "app_user_change", "batch", "batch_change", "booking", "booking_change", "booking_layout",
    "booking_source", "catalogue_change", "claim", "claim_change", "claim_file", "claim_line", "crossing", "customer",
    "customer_group", "customer_name", "dose", "dose_change", "identity_change", "invitation", "log_check",
    "log_check_entry", "log_head", "membership", "membership_change", "merge", "merge_row", "meta", "name_change",
    "payer", "payment", "payment_file", "payment_rule", "payment_rule_change", "registration", "registration_row",
    "setup_decision", "sign_in", "subgroup", "unfollowed_region", "unit", "unit_block", "user_unit", "vaccine",
    "vaccine_pack",
}  # fmt: skip
INSERT = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('fluad', $1, DATE '2027-06-30')"


def add(number: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.execute(INSERT, number)


def numbers(store: Store) -> list[str]:
    with store.read() as tx:
        return [row["batch_number"] for row in tx.rows("SELECT batch_number FROM batch ORDER BY batch_number")]


def tables(store: Store) -> set[str]:
    with store.read() as tx:
        found = tx.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
    return {row["table_name"] for row in found}


def version(store: Store) -> str:
    with store.read() as tx:
        (row,) = tx.rows("SELECT value FROM meta WHERE key = 'schema_version'")
    return str(row["value"])


@pytest.fixture
def later_migrations(tmp_path: Path) -> Path:
    """What a later version of the program brings: a new column, and an index for PostgreSQL alone."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / f"{LATER}.sql").write_text("ALTER TABLE batch ADD COLUMN note VARCHAR; UPDATE batch SET note = 'old';")
    (folder / f"{LATER}.postgresql.sql").write_text("CREATE INDEX batch_note ON batch (note)")
    return folder


# Opening


def test_a_store_is_made_where_there_is_none(empty_url: str) -> None:
    with closing(open_store(empty_url, SetClock())) as store:
        assert tables(store) == TABLES
        assert version(store) == str(NEWEST)
        assert numbers(store) == []


def test_a_store_that_is_opened_again_has_kept_its_rows(store_url: str) -> None:
    with closing(open_store(store_url, SetClock())) as store:
        store.write(add("A-1"))
    with closing(open_store(store_url, SetClock())) as store:
        assert numbers(store) == ["A-1"]
        assert version(store) == str(NEWEST)


def test_a_later_version_of_the_program_brings_the_store_forward_and_keeps_its_rows(
    store_url: str, later_migrations: Path
) -> None:
    with closing(open_store(store_url, SetClock())) as store:
        store.write(add("A-1"))
    for _ in range(2):  # the second time there is nothing left to do
        with closing(open_store(store_url, SetClock(), migrations=later_migrations)) as store:
            assert version(store) == str(NEWEST + 1)
            with store.read() as tx:
                assert tx.rows("SELECT batch_number, note FROM batch") == [{"batch_number": "A-1", "note": "old"}]


def test_bookings_of_before_have_a_state_and_the_beginning_of_a_history(empty_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "before"
    shutil.copytree(MIGRATIONS, folder)
    for file in folder.glob("*.sql"):
        if int(file.name[:4]) >= 9:
            file.unlink()
    with closing(open_store(empty_url, SetClock(), migrations=folder)) as store:
        store.write(
            lambda tx: tx.execute(
                "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)"
                " VALUES (1, 'norr', $1, 'comirnaty', $1)",
                datetime(2026, 11, 22, 12),
            )
        )
    with closing(open_store(empty_url, SetClock())) as store, store.read() as tx:
        (booking,) = tx.rows("SELECT state, version, booked_by FROM booking")
        (change,) = tx.rows("SELECT version, change, changed_at, changed_by, state FROM booking_change")
    assert booking == {"state": "booked", "version": 1, "booked_by": None}
    assert tuple(change.values()) == (1, "booked", datetime(2026, 11, 22, 12), "", "booked")


def test_a_new_store_gets_every_migration(empty_url: str, later_migrations: Path) -> None:
    with closing(open_store(empty_url, SetClock(), migrations=later_migrations)) as store:
        assert version(store) == str(NEWEST + 1)
        with store.read() as tx:
            assert tx.rows("SELECT note FROM batch") == []


def test_units_that_were_decided_as_a_text_are_rows_without_days(empty_url: str, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(MIGRATIONS, older)
    for number, file in numbered(older).items():
        if number >= 11:
            file.unlink()
    people = {"kim": "norr soder", "none": "", "claimed": None}
    with closing(open_store(empty_url, SetClock(), migrations=older)) as store:
        sql = """
            INSERT INTO app_user (user_id, name, claimed_units, decided_units, blocked)
            VALUES ($1, $1, 'hamnen', $2, FALSE)
        """
        for user_id, units in people.items():
            store.write(lambda tx, user_id=user_id, units=units: tx.execute(sql, user_id, units))
    with closing(open_store(empty_url, SetClock())) as store:
        found = {user_id: users.get(store, user_id) for user_id in people}
    assert {user_id: user and user.decided_units for user_id, user in found.items()} == {
        "kim": {UserUnit("norr"), UserUnit("soder")}, "none": frozenset(), "claimed": None,
    }  # fmt: skip
    assert {user_id: user and user.units for user_id, user in found.items()} == {
        "kim": {"norr", "soder"}, "none": frozenset(), "claimed": {"hamnen"},
    }  # fmt: skip


def test_a_migration_that_fails_leaves_version_and_rows_as_they_were(store_url: str, later_migrations: Path) -> None:
    (later_migrations / f"{LATER}.sql").write_text(
        "CREATE TABLE extra (i INTEGER); INSERT INTO extra VALUES (1); DELETE FROM batch; SELECT 1 FROM no_such_table"
    )
    with closing(open_store(store_url, SetClock())) as store:
        store.write(add("A-1"))
    with pytest.raises(DATABASE_ERRORS, match="no_such_table"):
        open_store(store_url, SetClock(), migrations=later_migrations)
    with closing(open_store(store_url, SetClock())) as store:
        assert version(store) == str(NEWEST)
        assert numbers(store) == ["A-1"]
        assert tables(store) == TABLES


def test_a_store_of_a_newer_version_is_refused(store_url: str, later_migrations: Path) -> None:
    with closing(open_store(store_url, SetClock(), migrations=later_migrations)) as store:
        store.write(add("A-1"))
    with pytest.raises(
        StoreUnavailable, match=rf"newer version of the program \(schema {NEWEST + 1}, this one knows {NEWEST}\)"
    ):
        open_store(store_url, SetClock())
    with closing(open_store(store_url, SetClock(), migrations=later_migrations)) as store:
        assert numbers(store) == ["A-1"]


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE orders (id INTEGER)",
        "CREATE TABLE meta (id INTEGER)",
        "CREATE TABLE meta (key VARCHAR, value VARCHAR)",
        "CREATE TABLE meta (key VARCHAR, value VARCHAR); INSERT INTO meta VALUES ('schema_version', '1')",
    ],
)
def test_a_database_of_another_program_is_refused_and_left_alone(empty_url: str, foreign: str) -> None:
    if empty_url.startswith("postgresql"):
        with psycopg.connect(empty_url, autocommit=True) as connection:
            connection.execute(foreign.encode())
    else:
        Path(empty_url).parent.mkdir()
        with duckdb.connect(empty_url) as database:
            database.execute(foreign)
        before = Path(empty_url).read_bytes()
    with pytest.raises(StoreUnavailable, match="other tables than this program's"):
        open_store(empty_url, SetClock())
    if empty_url.startswith("postgresql"):
        with psycopg.connect(empty_url) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert len(found) == 1
    else:
        assert Path(empty_url).read_bytes() == before
        assert [file.name for file in Path(empty_url).parent.iterdir()] == ["mv.duckdb"]


@pytest.mark.parametrize("url", ["mysql://host/mv", "postgresq://mv:secret@host/mv"])
def test_an_address_of_another_kind_of_server_makes_no_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnavailable, match="neither a file nor a postgresql:// server") as caught:
        open_store(url, SetClock())
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_store_is_where_mv_store_says_and_else_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MV_STORE", "postgresql://host/mv")
    assert configured_url() == "postgresql://host/mv"
    for nothing in ("", None):
        monkeypatch.delenv("MV_STORE") if nothing is None else monkeypatch.setenv("MV_STORE", nothing)
        assert configured_url() == str(DEFAULT_FILE)
    assert DEFAULT_FILE.parts[-2:] == ("data", "mv.duckdb")


# Transactions


@pytest.mark.parametrize("reason", [ValueError, KeyboardInterrupt])
def test_an_error_inside_a_transaction_undoes_all_of_it(store: Store, reason: type[BaseException]) -> None:
    store.write(add("A-1"))

    def work(tx: Transaction) -> None:
        tx.execute("DELETE FROM batch")
        tx.execute(INSERT, "A-2")
        raise reason

    with pytest.raises(reason):
        store.write(work)
    assert numbers(store) == ["A-1"]


def test_a_statement_that_fails_undoes_what_came_before_it(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(INSERT, "A-1")
        tx.rows("SELECT 1 FROM no_such_table")

    with pytest.raises(DATABASE_ERRORS, match="no_such_table"):
        store.write(work)
    assert numbers(store) == []


def test_a_transaction_in_which_an_error_was_caught_is_never_committed_in_silence(store: Store) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(INSERT, "A-1")
        with pytest.raises(DATABASE_ERRORS):
            tx.execute("INSERT INTO batch (product_code) VALUES (NULL)")

    with pytest.raises(RuntimeError, match="caught inside the transaction"):
        store.write(work)
    assert numbers(store) == []


def test_a_statement_after_a_caught_error_is_a_defect_and_not_a_lost_race(store: Store) -> None:
    runs = []

    def work(tx: Transaction) -> None:
        runs.append(1)
        with pytest.raises(DATABASE_ERRORS):
            tx.execute("INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('fluad', NULL, NULL)")
        tx.execute(INSERT, "A-2")

    with pytest.raises(DATABASE_ERRORS, match="aborted"):
        store.write(work)
    assert len(runs) == 1


def test_of_two_that_take_the_same_key_one_looks_again_and_finds_it_taken(store: Store) -> None:
    take_turns = not store.url.startswith("postgresql")  # a file has one writer at a time
    both_have_looked, runs = Barrier(2), []

    def work(tx: Transaction) -> str:
        run = len(runs)
        runs.append(1)
        if tx.row("SELECT 1 AS found FROM batch WHERE batch_number = 'A-1'"):
            return "taken"
        if run < 2 and not take_turns:
            both_have_looked.wait(10)
        tx.execute(INSERT, "A-1")
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.result() for future in [pool.submit(store.write, work) for _ in range(2)]]
    assert sorted(outcomes) == ["saved", "taken"]
    assert len(runs) == (2 if take_turns else 3)
    assert numbers(store) == ["A-1"]


def test_a_race_that_is_lost_every_time_ends_in_a_conflict(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mv.store, "FIRST_PAUSE", 0)
    runs = 0

    def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        tx.rows("SELECT 1 FROM batch")
        store.write(add(f"A-{runs}"))  # somebody else is first
        tx.execute(INSERT, f"B-{runs}")
        tx.execute(INSERT, f"A-{runs}")

    with pytest.raises(Conflict, match="Many people are saving at once"):
        store.write(work)
    assert runs == 5
    assert numbers(store) == ["A-1", "A-2", "A-3", "A-4", "A-5"]


def test_what_breaks_another_rule_than_a_unique_key_is_not_tried_again(store: Store) -> None:
    runs = []

    def work(tx: Transaction) -> None:
        runs.append(1)
        tx.execute("INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('fluad', NULL, NULL)")

    with pytest.raises(DATABASE_ERRORS, match=r"(?i)not.null"):
        store.write(work)
    assert len(runs) == 1


def test_everything_read_together_is_one_state(store: Store) -> None:
    count = "SELECT count(*) AS n FROM batch"
    with store.read() as tx:
        assert tx.row(count) == {"n": 0}
        store.write(add("A-1"))
        assert tx.row(count) == {"n": 0}
    assert numbers(store) == ["A-1"]


def test_writing_returns_what_the_work_returns(store: Store) -> None:
    assert store.write(lambda tx: tx.row("SELECT 'x' AS a, NULL AS b")) == {"a": "x", "b": None}
    assert store.write(lambda tx: tx.row("SELECT 1 AS a WHERE false")) is None
    assert store.write(lambda tx: tx.rows("SELECT 1 AS a WHERE false")) == []


def test_values_come_back_as_they_were_given(store: Store) -> None:
    given = {
        "text": "Åsa 'x'; -- \\ \t\n€ 😀",
        "number": 9_007_199_254_740_993,
        "day": date(1900, 2, 28),
        "instant": datetime(2026, 10, 25, 0, 30, 0, 123_456),
        "nothing": None,
    }
    sql = "SELECT $1::varchar AS text, $2::bigint AS number, $3::date AS day, $4::timestamp AS instant, $5 AS nothing"
    with store.read() as tx:
        assert tx.row(sql, *given.values()) == given


# Many rows


def test_rows_of_any_number_of_ids_or_texts_are_read_and_changed_in_one_statement(store: Store) -> None:
    wanted = [f"B{n:05}" for n in range(3000)]
    batches = pa.table({"product_code": ["fluad"] * 4000, "batch_number": [f"B{n:05}" for n in range(4000)]})
    store.load({"batch": batches.append_column("expires_on", pa.array([date(2027, 6, 30)] * 4000))})
    select = "SELECT batch_number FROM batch WHERE batch_number = ANY($1) AND product_code = $2 ORDER BY batch_number"
    update = "UPDATE unit SET name = name WHERE unit_id = ANY($1) RETURNING unit_id"

    def work(tx: Transaction) -> None:
        assert [row["batch_number"] for row in tx.rows_in(select, wanted, "fluad")] == wanted
        assert {row["unit_id"] for row in tx.rows_in(update, ["norr", "soder"])} == {"norr", "soder"}
        assert tx.rows_in(select, {"nobody"}, "fluad") == []
        assert tx.rows_in(select, set[str](), "fluad") == []
        assert tx.rows_in(select, [], "fluad") == []

    store.write(work)


def test_ids_are_drawn_once_and_ascending(store: Store) -> None:
    first = store.write(lambda tx: tx.next_ids("dose_seq", 3))
    later = store.write(lambda tx: tx.next_ids("dose_seq", 2))
    assert first == sorted(set(first)) and later == sorted(set(later))
    assert first[-1] < later[0]
    assert store.write(lambda tx: tx.next_ids("dose_seq", 0)) == []


def test_batches_hand_out_every_row_piece_by_piece(store: Store) -> None:
    sql = "SELECT i, repeat('x', 100) AS text FROM generate_series(1, $1) AS numbers (i) WHERE i <> $2"
    seen, most, pieces = 0, 0, 0
    with store.batches(sql, 200_001, 77) as reader:
        for piece in reader:
            seen, most, pieces = seen + piece.num_rows, max(most, piece.num_rows), pieces + 1
    assert seen == 200_000
    assert pieces > 1
    assert most < 150_000


def test_batches_take_parameters_of_every_kind(store: Store) -> None:
    sql = """
        SELECT $1::varchar AS text, $2::date AS nothing, $3::date AS day, $4::timestamp AS instant, $5::bigint AS number
        WHERE $3 >= DATE '2026-01-01' AND $2 IS NULL
    """
    given = "Åsa's", None, date(2026, 11, 22), datetime(2026, 11, 22, 12, 0, 0, 1), 7
    with store.batches(sql, *given) as reader:
        rows = reader.read_all()
    assert rows.to_pylist() == [dict(zip(["text", "nothing", "day", "instant", "number"], given, strict=True))]
    assert rows.schema.types == [pa.string(), pa.date32(), pa.date32(), pa.timestamp("us"), pa.int64()]


def test_batches_of_no_rows_still_name_the_columns(store: Store) -> None:
    with store.batches("SELECT batch_number, expires_on FROM batch WHERE batch_number = $1", "none") as reader:
        rows = reader.read_all()
    assert rows.num_rows == 0
    assert rows.schema.names == ["batch_number", "expires_on"]
    assert rows.schema.types == [pa.string(), pa.date32()]


def test_batches_can_be_left_before_their_end(store: Store) -> None:
    with store.batches("SELECT i FROM generate_series(1, 300000) AS numbers (i)") as reader:
        next(iter(reader))
    store.write(add("A-1"))
    assert numbers(store) == ["A-1"]


def test_batches_of_a_wrong_query_raise_and_leave_the_store_usable(store: Store) -> None:
    with pytest.raises(Exception, match="no_such_table"), store.batches("SELECT 1 FROM no_such_table") as reader:
        reader.read_all()
    store.write(add("A-1"))
    assert numbers(store) == ["A-1"]


def batch_table(*batch_numbers: str) -> pa.Table:
    return pa.table(
        {
            "batch_number": pa.array(batch_numbers, pa.string()),
            "product_code": pa.array(["fluad"] * len(batch_numbers), pa.string()),
            "expires_on": pa.array([date(2027, 6, 30)] * len(batch_numbers), pa.date32()),
        }
    )


def test_loading_appends_rows_to_each_table(store: Store) -> None:
    words = ["Åsa\t'x'\n\\N", None]
    log = {
        "entry_id": pa.array([1, 2], pa.int64()),
        "role": pa.array(["lead"] * 2),
        "outcome": pa.array(["done"] * 2),
        "logged_at": pa.array([datetime(2026, 11, 22, 12, 0, 0, 1)] * 2, pa.timestamp("us")),
        "user_id": pa.array(["karin.holm"] * 2),
        "unit_id": pa.array(["norr"] * 2),
        "action": pa.array(["export_groups"] * 2),
        "customer_id": pa.array([None, 7], pa.int64()),
        "detail": pa.array(words),
    }
    store.write(add("A-1"))
    store.load({"batch": batch_table("A-3", "A-2"), "access_log": pa.table(log)})
    assert numbers(store) == ["A-1", "A-2", "A-3"]
    with store.read() as tx:
        rows = tx.rows("SELECT logged_at, customer_id, detail FROM access_log ORDER BY entry_id")
    at = datetime(2026, 11, 22, 12, 0, 0, 1)
    assert rows == [
        {"logged_at": at, "customer_id": None, "detail": words[0]},
        {"logged_at": at, "customer_id": 7, "detail": None},
    ]


def test_loading_is_all_or_nothing(store: Store) -> None:
    meta = pa.table({"key": ["more"], "value": pa.array([None], pa.string())})
    with pytest.raises(DATABASE_ERRORS, match=r"(?i)not.null"):
        store.load({"batch": batch_table("A-1", "A-2"), "meta": meta})
    assert numbers(store) == []


def test_loading_rows_that_are_there_already_is_a_conflict(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mv.store, "FIRST_PAUSE", 0)
    store.write(add("A-1"))
    with pytest.raises(Conflict):
        store.load({"batch": batch_table("A-0", "A-1")})
    assert numbers(store) == ["A-1"]


def test_no_rows_and_then_many_are_many(store: Store) -> None:
    many = [f"A-{n}" for n in range(5000)]

    def work(tx: Transaction) -> None:
        tx.load("batch", batch_table())
        tx.load("batch", batch_table(*many))

    store.write(work)
    assert numbers(store) == sorted(many)


# Time


@pytest.mark.parametrize(
    ("instant", "today"),
    [
        (datetime(2026, 11, 22, 22, 59, 59), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 23, 30), date(2026, 11, 23)),
        (datetime(2026, 7, 1, 21, 59, 59), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0), date(2026, 7, 2)),
        (datetime(2026, 12, 31, 23, 0), date(2027, 1, 1)),
    ],
)
def test_today_is_the_day_in_stockholm(store: Store, clock: SetClock, instant: datetime, today: date) -> None:
    clock.now = instant.replace(tzinfo=UTC)
    assert store.today() == today
    assert store.now() == instant
