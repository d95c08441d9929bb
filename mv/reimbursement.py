"""What a region pays for a dose (vaccinationsersättning): dated amounts, each with its source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from mv.catalogue import DATA, covers

FILE = DATA / "reimbursement.csv"


@dataclass(frozen=True, slots=True)
class Amount:
    """Kronor per dose of the vaccines with an ATC code, from one day to another, both included."""

    region: str
    atc: str
    valid_from: date
    valid_to: date | None
    kronor: Decimal
    source: str


@cache
def amounts(file: Path = FILE) -> tuple[Amount, ...]:
    """Return the shipped example amounts."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return tuple(
            Amount(
                region=row["region"],
                atc=row["atc"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                kronor=Decimal(row["kronor"]),
                source=row["source"],
            )
            for row in csv.DictReader(lines)
        )


def at_stake(atc: str, day: date) -> Amount | None:
    """Return the amount that a dose given on ``day`` loses when no group counts for it; None where unknown."""
    return next((amount for amount in amounts() if amount.atc == atc and covers(amount, day)), None)
