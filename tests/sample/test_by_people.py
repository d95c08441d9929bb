"""What the sample fills, people can fill, too: from a page or a command, with a right and an entry in the log."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from mv import customers, memberships, sample, vaccinations
from mv.access import Actor
from mv.batches import receiving
from mv.bookings import changes as bookings
from mv.catalogue import changes as catalogue_changes
from mv.catalogue import start
from mv.catalogue.files import compare
from mv.catalogue.tables import UNIT, CatalogueRow
from mv.errors import Conflict
from mv.reimbursement.rules import drafts
from mv.store import Store, open_store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import contents, logged, refused

ROOT = Path(__file__).parents[2]
REACHED_FROM = ("pages", "mv/ui", "mv/cli")
UNIT_ROW = CatalogueRow(
    UNIT,
    {
        "unit_id": "berget",
        "name": "Bergets vårdcentral",
        "region": "Region Norr",
        "valid_from": TODAY,
        "valid_to": None,
    },
)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12)


@pytest.fixture
def empty(empty_url: str, clock: SetClock) -> Iterator[Store]:
    with closing(open_store(empty_url, clock)) as opened:
        yield opened


def filled(store: Store) -> set[str]:
    return {table for table, rows in contents(store).items() if rows}


def test_people_fill_every_table_that_the_sample_fills(
    empty: Store, actor: Actor, tmp_path: Path, clock: SetClock
) -> None:
    with closing(open_store(str(tmp_path / "sample.duckdb"), clock)) as sampled:
        sample.make(sampled, 50, 1)
        wanted = filled(sampled)
    catalogue_changes.save(empty, actor, [UNIT_ROW])
    offered = [each.row for found in compare(empty, actor, start.files()) for each in found.differences]
    start.settle(empty, actor, offered)
    drafts.take_over(empty, actor, "Region Norr", "Region Norr")
    customer = customers.register(empty, actor, invented_number(date(1950, 4, 5)), "Britta", "Berg", "berget")
    membership = memberships.add(empty, actor, customer.customer_id, memberships.Entry("65_plus", None, TODAY))
    receiving.receive(empty, actor, "efluelda", "B1", None, "berget")
    bookings.book(empty, actor, customer.customer_id, bookings.Entry("berget", NOON + timedelta(days=1), "efluelda"))
    dose = vaccinations.Entry("efluelda", "B1", 1, TODAY, "berget", membership.membership_id)
    vaccinations.register(empty, actor, customer.customer_id, dose)
    assert filled(empty) >= wanted
    done = {entry["action"] for entry in logged(empty)}
    assert done >= {
        "change_catalogue", "change_rule", "register_customer", "add_group", "receive_batch", "change_booking",
        "register_dose",
    }  # fmt: skip


@pytest.mark.parametrize(
    "function",
    [
        catalogue_changes.save, start.settle, drafts.take_over, customers.register, memberships.add, receiving.receive,
        bookings.book_by_number, vaccinations.register,
    ],
    ids=lambda function: f"{function.__module__}.{function.__name__}",
)  # fmt: skip
def test_what_fills_them_is_reached_from_a_page_or_a_command(function: Callable[..., object]) -> None:
    assert list(inspect.signature(function).parameters)[:2] == ["store", "actor"]
    called = f".{function.__name__}("
    texts = (file.read_text() for folder in REACHED_FROM for file in (ROOT / folder).rglob("*.py"))
    assert any(called in text and function.__module__.rpartition(".")[2] in text for text in texts)


def test_no_invented_people_come_into_a_store_in_which_somebody_has_done_something(empty: Store, actor: Actor) -> None:
    catalogue_changes.save(empty, actor, [UNIT_ROW])
    with refused(empty, Conflict, "The store is in use already. Let MV_STORE name a new one for invented people."):
        sample.make(empty, 50, 1)
