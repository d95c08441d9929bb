"""Packs: which product a GTIN is of, and the batch that a scan of one chooses."""

from __future__ import annotations

from datetime import datetime

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.batches import batch as batch_rows
from mv.batches import receiving
from mv.batches.batch import Batch
from mv.batches.scanning import Scan
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict, NotFound
from mv.store import Store
from mv.store.engine import Transaction


class UnknownPack(NotFound):
    """No product is known for the GTIN of a scan; somebody has to say once which it is."""

    def __init__(self, scan: Scan) -> None:
        super().__init__(
            N_("The pack with the number {gtin} ({registry}) is not known. Which vaccine is it?")
            if scan.registry
            else N_("The pack with the number {gtin} is not known. Which vaccine is it?"),
            field="vaccine",
            gtin=scan.gtin,
            registry=scan.registry,
        )
        self.scan = scan


def receive_scan(
    store: Store, actor: Actor, scan: Scan, unit_id: str, *, expected: str | None = None, product: str | None = None
) -> Batch:
    """Return the batch of a scanned pack, which becomes known, with its expiry, where it is not.

    ``product`` answers what an unknown GTIN is of, and is remembered. ``expected`` is the product that is chosen
    already. Raises UnknownPack; Conflict for a pack of another product than ``expected``, or a batch that is known with
    another expiry; Invalid for a batch number that cannot be registered. Nothing is saved then.
    """

    def work(tx: Transaction) -> Batch:
        at, known = store.now(), catalogue.read(tx)
        code = _product_of(tx, scan) or product
        if code is None:
            raise UnknownPack(scan)
        key = receiving.check(known, code, scan.batch_number, scan.expires_on, store.today())
        if expected not in (None, code):
            raise Conflict(
                N_("The pack is {read}, and {chosen} is chosen. Choose the vaccine that was given, and scan again."),
                field="vaccine",
                read=known.vaccines[code].name,
                chosen=known.vaccines[expected or ""].name,
            )
        _remember_gtin(tx, at, actor, known, scan.gtin, code)
        batch = batch_rows.read(tx, [key]).get(key)
        if batch:
            return receiving.say_expiry(tx, at, actor, batch, scan.expires_on)
        return receiving.add(tx, at, actor, key, scan.expires_on, unit_id, "scanned")

    return audit.perform(store, actor, Action.RECEIVE_BATCH, work)


def _product_of(tx: Transaction, scan: Scan) -> str | None:
    row = tx.row("SELECT product_code FROM vaccine_pack WHERE gtin = $1", scan.gtin)
    return row["product_code"] if row else None


def _remember_gtin(tx: Transaction, at: datetime, actor: Actor, known: Catalogue, gtin: str, product: str) -> None:
    if gtin in known.vaccines[product].gtins:
        return
    tx.execute("INSERT INTO vaccine_pack (gtin, product_code) VALUES ($1, $2)", gtin, product)
    audit.record(tx, at, actor, Action.RECEIVE_BATCH, gtin=gtin, product=product, change="pack")
