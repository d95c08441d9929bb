"""Batches become known: received by hand or from a pack, or with the first dose of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pyarrow as pa

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.batches import batch as batch_rows
from mv.batches import changes
from mv.batches.batch import Batch, BatchKey, clean_number
from mv.batches.usage import find_concerns
from mv.concerns import Concern, Doubtful
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Transaction, to_table

EARLIEST_EXPIRY = date(1990, 1, 1)
LONGEST_SHELF_LIFE = timedelta(days=366 * 15)
"""No vaccine lasts longer than that; a later day is a slip."""
SCHEMA = pa.schema(
    {
        **dict.fromkeys(("product_code", "batch_number"), pa.string()),
        "expires_on": pa.date32(),
        "received_at": pa.timestamp("us"),
        **dict.fromkeys(("received_by", "unit_id"), pa.string()),
        "version": pa.int32(),
    }
)


def receive(
    store: Store,
    actor: Actor,
    product_code: str | None,
    number: str,
    expires_on: date | None,
    unit_id: str,
    *,
    is_another: bool = False,
) -> Batch:
    """Make a batch known, or say when a known one of unknown expiry expires, and return it.

    Raises Invalid for a wrong field, Conflict when it is known with another expiry; Doubtful when a known number looks
    alike, until ``is_another`` says that it is another one.
    """

    def work(tx: Transaction) -> Batch:
        at = store.now()
        key = check(catalogue.read(tx), product_code, number, expires_on, store.today())
        known = batch_rows.read_all(tx)
        if key in known:
            return say_expiry(tx, at, actor, known[key], expires_on)
        concerns = find_concerns(key, store.today(), known, {})
        if Concern.BATCH_SIMILAR in concerns and not is_another:
            raise Doubtful(concerns)
        return add(tx, at, actor, key, expires_on, unit_id)

    return audit.perform(store, actor, Action.RECEIVE_BATCH, work)


def check(
    known: catalogue.Catalogue, product_code: str | None, number: str, expires_on: date | None, today: date
) -> BatchKey:
    """Return product and number as they are stored. Raises Invalid for a wrong field."""
    if product_code is None or product_code not in known.vaccines:
        raise Invalid(N_("Choose a vaccine."), field="vaccine")
    cleaned = clean_number(number)
    if expires_on and not EARLIEST_EXPIRY <= expires_on <= today + LONGEST_SHELF_LIFE:
        raise Invalid(N_("The expiry {day} cannot be right. Write it as it stands on the pack."), day=expires_on)
    return product_code, cleaned


def say_expiry(tx: Transaction, at: datetime, actor: Actor, batch: Batch, expires_on: date | None) -> Batch:
    """Set the expiry of a known batch whose expiry is unknown. Raises Conflict for another than the one it has."""
    if expires_on in (None, batch.expires_on):
        return batch
    if batch.expires_on is not None:
        raise Conflict(
            N_(
                "Batch {batch} is known already, with the expiry {known}; here it is {read}. Look at the pack, and"
                " change it on the page Batch numbers if it is wrong."
            ),
            field="batch",
            batch=batch.batch_number,
            known=batch.expires_on,
            read=expires_on,
        )
    new = replace(batch, expires_on=expires_on)
    return changes.write(tx, at, actor, Action.RECEIVE_BATCH, "expiry", new)


def add(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    key: BatchKey,
    expires_on: date | None,
    unit_id: str,
    change: str = "received",
) -> Batch:
    """Insert a batch in the open transaction, with its history and log entry, and return it."""
    (batch,) = insert(tx, at, actor, [Batch(*key, expires_on, at, actor.user_id, unit_id or None)], change)
    detail = {"product": key[0], "batch": key[1], "change": change}
    audit.record(tx, at, actor, Action.RECEIVE_BATCH, **detail)
    return batch


def insert(
    tx: Transaction, at: datetime, actor: Actor, new: Sequence[Batch], change: str = "received"
) -> Sequence[Batch]:
    """Insert batches with their history in the open transaction, and return them; the caller has checked and logs."""
    tx.load("batch", to_table(SCHEMA, new))
    changes.keep(tx, at, actor, change, new)
    return new


def remember(tx: Transaction, at: datetime, actor: Actor, units: Mapping[BatchKey, str]) -> None:
    """Make known, in the open transaction, each batch of a dose that was saved; ``units`` are where it was given."""
    unknown = units.keys() - batch_rows.read(tx, units.keys()).keys()
    for key in sorted(unknown):
        add(tx, at, actor, key, None, units[key], "with_dose")
