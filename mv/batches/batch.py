"""A batch of a product: its number, expiry and state, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from mv.clock import to_local
from mv.errors import N_, Invalid
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import with_hyphens

BATCH_NUMBER = re.compile(r"[A-Za-z0-9-]{1,80}")
"""A batch number that the national vaccination register (NVR) accepts."""
BatchKey = tuple[str, str]
"""A product's code and a batch number of it."""
LOOK_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})
WRITE_NUMBER = N_("Write the batch number: letters, digits and hyphens, at most 80.")


class BatchState(StrEnum):
    """The state of a batch today; one that is stopped is that first."""

    IN_USE = "in_use"
    EXPIRED = "expired"
    STOPPED = "stopped"
    DEPLETED = "depleted"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of a product. Instants are naive UTC.

    ``expires_on`` is None where nobody has said it. From ``stopped_at`` on no dose of it may be given. ``received_at``,
    ``received_by`` and ``unit_id`` say how it became known, and are None for a batch from before that was kept.
    """

    product_code: str
    batch_number: str
    expires_on: date | None
    received_at: datetime | None = None
    received_by: str | None = None
    unit_id: str | None = None
    stopped_at: datetime | None = None
    stop_reason: str | None = None
    depleted_at: datetime | None = None
    version: int = 1

    @property
    def key(self) -> BatchKey:
        """The product's code and the number."""
        return self.product_code, self.batch_number

    @property
    def stopped_on(self) -> date | None:
        """Stockholm's day of the stop, if it is stopped."""
        return to_local(self.stopped_at).date() if self.stopped_at else None

    def expired_before(self, day: date) -> bool:
        """Return whether it is known to have expired before ``day``."""
        return self.expires_on is not None and self.expires_on < day

    def state_on(self, day: date) -> BatchState:
        """Return its state on ``day``: a stop counts from its day on."""
        if self.stopped_on and self.stopped_on <= day:
            return BatchState.STOPPED
        if self.depleted_at:
            return BatchState.DEPLETED
        return BatchState.EXPIRED if self.expired_before(day) else BatchState.IN_USE


COLUMNS = ", ".join(field.name for field in fields(Batch))


def clean_number(text: str) -> str:
    """Return a batch number as it is stored, each dash a hyphen. Raises Invalid for one that NVR does not accept."""
    number = with_hyphens(text)
    if BATCH_NUMBER.fullmatch(number):
        return number
    joined = number.replace(" ", "").replace("\u00a0", "")
    if BATCH_NUMBER.fullmatch(joined):
        raise Invalid(N_("A batch number has no spaces. Did you mean {number}?"), field="batch", number=joined)
    raise Invalid(WRITE_NUMBER, field="batch")


def find_alike(product_code: str, number: str, known: Iterable[BatchKey]) -> str | None:
    """Return a known number of the product that differs only in letters and digits that look alike, case or hyphens."""
    wanted = appearance(number)
    alike = (other for product, other in known if product == product_code and appearance(other) == wanted)
    return next((other for other in alike if other != number), None)


def appearance(number: str) -> str:
    """Return what is the same of all numbers that look alike."""
    return number.lower().translate(LOOK_ALIKE)


def of_product(store: Store, product_code: str) -> list[Batch]:
    """Return the batches of a product, expired ones too: of unknown expiry first, then the latest to expire."""
    with store.read() as tx:
        return read_product(tx, product_code)


def read_product(tx: Transaction, product_code: str) -> list[Batch]:
    """Return the batches of a product as :func:`of_product` does, read in the open transaction."""
    sql = f"""
        SELECT {COLUMNS} FROM batch WHERE product_code = $1
        ORDER BY expires_on DESC NULLS FIRST, batch_number
    """
    return [Batch(**row) for row in tx.rows(sql, product_code)]


def read_all(tx: Transaction) -> dict[BatchKey, Batch]:
    """Return every batch by product and number, read in the open transaction, in their order on the screen."""
    sql = f"SELECT {COLUMNS} FROM batch ORDER BY product_code, expires_on DESC NULLS FIRST, batch_number"
    found = (Batch(**row) for row in tx.rows(sql))
    return {batch.key: batch for batch in found}


def read(tx: Transaction, keys: Collection[BatchKey]) -> dict[BatchKey, Batch]:
    """Return those of the batches that are known, read in the open transaction."""
    numbers = {number for _, number in keys}
    found = (Batch(**row) for row in tx.rows_in(f"SELECT {COLUMNS} FROM batch WHERE batch_number = ANY($1)", numbers))
    return {batch.key: batch for batch in found if batch.key in keys}
