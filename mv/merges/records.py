"""A record of a person before a merge: the customer, and every row that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mv import customers, memberships, vaccinations
from mv.customers import EARLIER_NUMBERS, Customer
from mv.memberships import Membership
from mv.reimbursement.claims.line_references import TAKEN_BACK
from mv.store.engine import Transaction
from mv.vaccinations import Dose

CLAIMED = f"""
    SELECT d.dose_id, CAST(sum(l.ore) AS BIGINT) AS ore
    FROM dose d JOIN claim_line l ON l.dose_id = d.dose_id JOIN claim k ON k.claim_id = l.claim_id
    WHERE d.customer_id = $1 AND k.state <> 'discarded' AND l.corrects_claim_id IS NULL AND NOT {TAKEN_BACK}
    GROUP BY d.dose_id
"""
"""Öre that are claimed for each of a customer's doses."""
PAID = """
    SELECT d.dose_id, CAST(sum(p.ore) AS BIGINT) AS ore
    FROM dose d JOIN claim_line l ON l.dose_id = d.dose_id
    JOIN payment p ON p.claim_id = l.claim_id AND p.line_number = l.line_number
    WHERE d.customer_id = $1 GROUP BY d.dose_id
"""
NUMBERS = f"""
    SELECT had.old_identity AS number FROM ({EARLIER_NUMBERS}) had JOIN customer c ON c.customer_id = had.customer_id
    WHERE c.customer_id = $1 OR c.merged_into = $1
    UNION SELECT identity FROM customer WHERE merged_into = $1 ORDER BY 1
"""
"""Every number that finds a customer beside its own."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a person.

    ``numbers`` also find it; ``merged`` are the ids of the records that were merged into it. ``claimed`` and ``paid``
    have öre by dose, where there are any.
    """

    customer: Customer
    sex: str | None
    numbers: tuple[str, ...] = field(repr=False)
    merged: tuple[int, ...]
    memberships: tuple[Membership, ...]
    doses: tuple[Dose, ...]
    bookings: tuple[int, ...]
    claimed: Mapping[int, int]
    paid: Mapping[int, int]

    @property
    def customer_id(self) -> int:
        """The record's own id in the store."""
        return self.customer.customer_id


def read(tx: Transaction, customer_id: int) -> Record:
    """Return the record of a customer who exists. No right is checked and nothing logged."""
    (customer,) = customers.read(tx, [customer_id])
    (who,) = tx.rows("SELECT sex FROM customer WHERE customer_id = $1", customer_id)
    merged = tx.rows("SELECT customer_id FROM customer WHERE merged_into = $1 ORDER BY customer_id", customer_id)
    booked = tx.rows("SELECT booking_id FROM booking WHERE customer_id = $1 ORDER BY booking_id", customer_id)
    return Record(
        customer=customer,
        sex=who["sex"],
        numbers=tuple(row["number"] for row in tx.rows(NUMBERS, customer_id)),
        merged=tuple(row["customer_id"] for row in merged),
        memberships=tuple(memberships.read(tx, customer_id)),
        doses=tuple(vaccinations.read(tx, customer_id)),
        bookings=tuple(row["booking_id"] for row in booked),
        claimed={row["dose_id"]: row["ore"] for row in tx.rows(CLAIMED, customer_id)},
        paid={row["dose_id"]: row["ore"] for row in tx.rows(PAID, customer_id)},
    )
