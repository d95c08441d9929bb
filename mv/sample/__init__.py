"""Sample of invented people at any size, from a seed.

The same number of people, seed and day give the same rows. People are made and stored in blocks, so that
memory stays bounded. A sample of one block is stored whole or not at all; where the storing of a larger
one was interrupted, begin anew with another store.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from mv import catalogue, origin
from mv.errors import N_, Conflict, Invalid
from mv.sample import bookings, doses, example, groups, people
from mv.sample.batches import Batches
from mv.sample.columns import MINUTE, NEVER, Calendar, Ints, between
from mv.sample.context import SampleContext
from mv.sample.numbers import Serials
from mv.sample.records import Records, customer_table, name_tables
from mv.sample.rows import dose_tables, membership_tables
from mv.store import Store

BLOCK = 100_000
MOST_CUSTOMERS = 10_000_000
"""A day of birth has 500 serials for men and 499 for women, which bounds the number of people."""
NEW_SINCE_DAYS = 30

TAKE_IDS = """
    SELECT min(id) AS first, max(id) AS last
    FROM (SELECT nextval('{}') AS id FROM generate_series(1, $1)) AS ids
"""


def is_empty(store: Store) -> bool:
    """Return whether the store has no customers, and nobody has done anything in it."""
    with store.read() as tx:
        return all(tx.row(f"SELECT 1 AS found FROM {table} LIMIT 1") is None for table in ("customer", "access_log"))


def make(store: Store, customers: int, seed: int) -> None:
    """Fill an empty store with ``customers`` invented people, and mark it as such.

    Raises Invalid for an impossible number of people, Conflict when the store has customers or somebody has done
    something in it, such as deciding about users: it is meant for real people then.
    """
    if not 1 <= customers <= MOST_CUSTOMERS:
        raise Invalid(N_("The number of invented people is from 1 to {most}."), most=MOST_CUSTOMERS)
    if not is_empty(store):
        raise Conflict(N_("The store is in use already. Let MV_STORE name a new one for invented people."))
    example.add(store)
    steps = _draw_blocks(store, customers, seed)
    if customers <= BLOCK:
        steps = iter([{table: rows for tables in steps for table, rows in tables.items()}])
    for tables in steps:
        # On DuckDB 2.0.0 no rows, and then many to the same table in the same transaction, are no rows in all.
        store.load({table: rows for table, rows in tables.items() if rows.num_rows})


def _draw_blocks(store: Store, customers: int, seed: int) -> Iterator[dict[str, pa.Table]]:
    """Yield the rows to add to each table, block by block, and last the rows that are sorted as a whole."""
    sizes = [min(BLOCK, customers - done) for done in range(0, customers, BLOCK)]
    root, *rngs = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(1 + len(sizes)))
    context = SampleContext.draw(root, catalogue.load(store), Calendar.around(store.today()))
    batches = Batches.draw(root, context)
    times = bookings.plan(root, context, customers)
    serials = Serials(people.first_birth(context.calendar.today), context.calendar.today)
    at_first = {"meta": pa.table(origin.INVENTED), "batch": batches.table(context)}
    records, booked = [], []
    for number, (size, rng) in enumerate(zip(sizes, rngs, strict=True)):
        first = number * BLOCK
        part = times.part(slice(first * len(times) // customers, (first + size) * len(times) // customers))
        who, bookings_of_block, tables = _draw_block(store, rng, context, batches, serials, size, part)
        records.append(who)
        booked.append(bookings_of_block)
        yield at_first | tables
        at_first = {}
    for rows in name_tables(context, Records.together(records)):
        yield {"customer_name": rows}
    rows = bookings.table(root, context, booked)
    rows = rows.add_column(0, "booking_id", pa.array(_take_ids(store, "booking_seq", rows.num_rows)))
    yield {"booking": rows, "booking_change": bookings.history(rows)}


def _draw_block(
    store: Store,
    rng: np.random.Generator,
    context: SampleContext,
    batches: Batches,
    serials: Serials,
    size: int,
    times: bookings.BookedTimes,
) -> tuple[Records, bookings.Bookings, dict[str, pa.Table]]:
    """Draw a block of people: their records, their bookings, and the rows of everything else."""
    block = people.draw(rng, context, size, times)
    choices = groups.Choices.of(context.catalogue)
    memberships = groups.draw(rng, context, choices, block)
    given = doses.draw(rng, context, choices, batches, block, memberships)
    ids = _take_ids(store, "customer_seq", size)
    booked = bookings.book(rng, context, times, ids[block.booked], block.ages(context.calendar)[block.booked])
    # A generator of their own: all other draws are as they would be if nobody died.
    died = people.draw_deaths(rng.spawn(1)[0], context, block, _last_days(context, block, memberships, given))
    records = people.records(rng, context, block, serials, ids, died)
    seen = _first_seen(rng, context, block, memberships, given, booked)
    registered = seen - between(rng, 5, 20, size) * MINUTE
    accounts = context.draw_accounts(rng, block.units)
    tables = {"customer": customer_table(context, records, registered, accounts)}
    row_ids = _take_ids(store, "membership_seq", len(memberships))
    tables |= membership_tables(context, choices, memberships, row_ids, ids)
    dose_ids = _take_ids(store, "dose_seq", len(given))
    tables |= dose_tables(context, batches, given, dose_ids, ids, tables["membership"])
    return records, booked, tables


def _first_seen(
    rng: np.random.Generator,
    context: SampleContext,
    block: people.People,
    memberships: groups.Memberships,
    given: doses.Doses,
    booked: bookings.Bookings,
) -> Ints:
    """Return the instant of the first event of each person, a recent one where there is none."""
    calendar, count = context.calendar, len(block)
    days = calendar.yesterday - between(rng, 0, NEW_SINCE_DAYS, count)
    seen = calendar.instants(days, between(rng, 8 * 60, 16 * 60, count))
    np.minimum.at(seen, block.booked, booked.booked)
    np.minimum.at(seen, memberships.persons, memberships.registered)
    np.minimum.at(seen, given.persons, given.registered)
    return seen


def _last_days(
    context: SampleContext, block: people.People, memberships: groups.Memberships, given: doses.Doses
) -> Ints:
    """Return the day of the last event of each person; today for those who have booked or are new."""
    last = np.full(len(block), NEVER)
    for persons, days in (
        (memberships.persons, (memberships.starts, memberships.ends)),
        (given.persons, (given.days,)),
    ):
        for some in days:
            np.maximum.at(last, persons, some)
    for persons, instants in (
        (memberships.persons, (memberships.registered, memberships.adjusted, memberships.ended)),
        (given.persons, (given.registered, given.withdrawn)),
    ):
        for some in instants:
            np.maximum.at(last, persons, np.where(some == NEVER, NEVER, some // (1440 * MINUTE)))
    last[block.booked] = context.calendar.today
    return np.where(last == NEVER, context.calendar.today, last)


def _take_ids(store: Store, sequence: str, count: int) -> Ints:
    """Take ``count`` consecutive numbers. Raises Conflict when somebody else takes some as well."""
    if count == 0:
        return np.empty(0, np.int64)
    row = store.write(lambda tx: tx.row(TAKE_IDS.format(sequence), count))
    if row is None or row["last"] - row["first"] != count - 1:
        raise Conflict(N_("Others are working in the store. Fill one that nobody uses yet."))
    return np.arange(row["first"], row["last"] + 1)
