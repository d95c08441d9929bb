"""Pseudonyms: a person's is the same in every file of a kind, and only the key leads back to the person.

A pseudonym is an HMAC-SHA-256 (RFC 2104), keyed with a secret of the configuration that is never in the store, over
the store's own id of the person. So it outlasts a change of the identity number, and nobody without the key
can find it by trying numbers. Claim lines have pseudonyms of their own: whoever knows from a payer's file whose line
it is finds by it neither the person's groups nor the other doses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import pandas as pd
import pyarrow as pa

from mv.errors import N_, Invalid

SHORTEST_KEY = 32
HEXADECIMAL_DIGITS = 32
BLOCK_SIZE = sha256().block_size
TEXT = pd.ArrowDtype(pa.string())


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes pseudonyms with a key of at least SHORTEST_KEY characters. Raises Invalid for a shorter one."""

    key: str = field(repr=False)
    subject: str = "customer"
    _inner: Any = field(init=False, repr=False, compare=False)
    _outer: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST_KEY:
            raise Invalid(N_("The pseudonym key has at least {least} characters."), least=SHORTEST_KEY)
        key = self.key.encode()
        block = (key if len(key) <= BLOCK_SIZE else sha256(key).digest()).ljust(BLOCK_SIZE, b"\0")
        object.__setattr__(self, "_inner", sha256(bytes(byte ^ 0x36 for byte in block)))
        object.__setattr__(self, "_outer", sha256(bytes(byte ^ 0x5C for byte in block)))

    def of_claims(self) -> Pseudonyms:
        """Return the pseudonyms of the same people in claim lines, which nobody without the key can tell are theirs."""
        return replace(self, subject="claim")

    def of(self, customer_id: int) -> str:
        """Return a person's pseudonym: a p, which keeps a spreadsheet from taking it for a number, and 128 bits.

        It is what ``hmac.digest`` gives, in less than half the time, as the key is worked in once and for all.
        """
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{self.subject}/{customer_id}".encode())
        outer.update(inner.digest())
        return "p" + str(outer.hexdigest()[:HEXADECIMAL_DIGITS])

    def of_all(self, customer_ids: pd.Series) -> pd.Series:
        """Return the pseudonyms of a column of customer ids; each distinct one is computed once."""
        places, distinct = pd.factorize(customer_ids)
        made = pd.Series([self.of(customer_id) for customer_id in distinct.tolist()], dtype=TEXT)
        return pd.Series(made.array.take(places), index=customer_ids.index)
