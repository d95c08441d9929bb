"""Claim lines looked up as a payer's answer names them: by reference, or by person, day and vaccine."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from mv.store.engine import Transaction
from mv.text import with_hyphens

REFERENCE = re.compile(r"\s*A([1-9]\d{0,17})\s*-\s*([1-9]\d{0,8})\s*", re.ASCII | re.IGNORECASE)
"""The letter keeps a spreadsheet from taking ``A1-4`` for a day, and an identity number from being a reference."""
TAKEN_BACK = """
    EXISTS (
        SELECT 1 FROM claim_line b JOIN claim c ON c.claim_id = b.claim_id
        WHERE b.corrects_claim_id = l.claim_id AND b.corrects_line_number = l.line_number AND c.state <> 'discarded'
    )
"""
"""Whether the line ``l`` is reversed by a line of a claim that was not discarded."""
LINES = f"""
    SELECT {{asked}} l.claim_id, l.line_number, k.state, l.ore, l.corrects_claim_id, l.corrects_line_number, l.cause,
        l.dose_id, l.customer_id, l.identity, l.unit_id, l.given_on, l.product_code, l.atc,
        {TAKEN_BACK} AS taken_back,
        CAST(COALESCE((
            SELECT sum(p.ore) FROM payment p WHERE p.claim_id = l.claim_id AND p.line_number = l.line_number
        ), 0) AS BIGINT) AS paid
    FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id {{joined}}
    WHERE k.payer = $1 AND k.state <> 'discarded'
    ORDER BY l.claim_id, l.line_number
"""
HAVE_OR_HAD = """
    JOIN (
        WITH had AS (
            SELECT customer_id, identity FROM customer WHERE identity = ANY($2)
            UNION SELECT customer_id, old_identity FROM identity_change WHERE old_identity = ANY($2)
            UNION SELECT customer_id, identity FROM claim_line WHERE identity = ANY($2)
        ), live AS (
            SELECT customer_id, identity FROM had
            UNION SELECT c.merged_into, h.identity FROM had h JOIN customer c ON c.customer_id = h.customer_id
            WHERE c.merged_into IS NOT NULL
        )
        SELECT customer_id, identity FROM live
        UNION SELECT c.customer_id, live.identity FROM live JOIN customer c ON c.merged_into = live.customer_id
    ) n ON n.customer_id = l.customer_id
"""
"""The customers of an identity number: who has or had it, and the records merged with theirs."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a claim that was not discarded, as it was claimed.

    ``ore`` is negative in a reversal, and ``corrects_…`` name the line that it reverses; ``taken_back`` tells whether
    a later line reverses this one, ``paid`` is the sum of payments for it so far in öre.
    """

    claim_id: int
    line_number: int
    state: str
    ore: int
    corrects_claim_id: int | None
    corrects_line_number: int | None
    cause: str
    dose_id: int
    customer_id: int
    identity: str = field(repr=False)
    unit_id: str
    given_on: date
    product_code: str
    atc: str
    taken_back: bool
    paid: int

    @property
    def reference(self) -> str:
        """The reference that the payer uses."""
        return reference(self.claim_id, self.line_number)


def reference(claim_id: int, line_number: int) -> str:
    """Return the reference of a line for the payer: ``A12-3`` is the third line of claim 12."""
    return f"A{claim_id}-{line_number}"


def reference_sql(claim_id: str, line_number: str) -> str:
    """Return :func:`reference` as SQL on two columns; NULL where one of them is."""
    return f"'A' || CAST({claim_id} AS VARCHAR) || '-' || CAST({line_number} AS VARCHAR)"


def parse_reference(text: str) -> tuple[int, int] | None:
    """Parse a reference, with any dash, to the claim id and the line number; None where it is no reference."""
    found = REFERENCE.fullmatch(with_hyphens(text))
    return (int(found[1]), int(found[2])) if found else None


def find_by_reference(
    tx: Transaction, payer: str, references: Collection[tuple[int, int]]
) -> dict[tuple[int, int], Line]:
    """Return the payer's lines by reference (see :func:`parse_reference`); unknown references are left out.

    The lines name persons: the caller checks the right.
    """
    if not references:
        return {}
    claims, numbers = zip(*references, strict=True)
    joined = """
        JOIN (SELECT unnest($2) AS claim_id, unnest($3) AS line_number) n
            ON n.claim_id = l.claim_id AND n.line_number = l.line_number
    """
    sql = LINES.format(asked="", joined=joined)
    found = [Line(**row) for row in tx.rows(sql, payer, list(claims), list(numbers))]
    return {(line.claim_id, line.line_number): line for line in found}


def find_by_identity(tx: Transaction, payer: str, identities: Collection[str]) -> dict[str, list[Line]]:
    """Return by identity number, in the stored form, the payer's lines of the person who has or had it, in order.

    A person's lines are found by each of the person's numbers, whichever is written in them. The lines name persons:
    the caller checks the right.
    """
    if not identities:
        return {}
    found: defaultdict[str, list[Line]] = defaultdict(list)
    sql = LINES.format(asked="n.identity AS asked,", joined=HAVE_OR_HAD)
    for row in tx.rows(sql, payer, list(identities)):
        asked: str = row.pop("asked")
        found[asked].append(Line(**row))
    return dict(found)
