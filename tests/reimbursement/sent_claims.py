"""Claims put into a store as they stand there once sent, whatever rules there are; and what a payer pays for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

from mv.access import Actor
from mv.reimbursement.payments import columns, importing
from mv.reimbursement.payments.files import PaymentFile
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files.reading import read_table
from mv.tabular_files.table import Table
from tests.conftest import invented_number

REGION, OTHER_REGION = "Exempelregionen", "Grannregionen"
SENT_AT = datetime(2026, 11, 1, 12)
ATC = {"efluelda": "J07BB02", "vaxigrip_tetra": "J07BB02", "comirnaty": "J07BN01", "pneumovax": "J07AL01"}
NAMES = {"efluelda": "Efluelda", "vaxigrip_tetra": "VaxigripTetra", "comirnaty": "Comirnaty", "pneumovax": "Pneumovax"}


@dataclass(frozen=True)
class Claimed:
    """A line to claim: öre, for which dose of whom; ``corrects`` is the number of a line of the claim ``of``."""

    ore: int
    identity: str = invented_number(date(1946, 3, 12))
    customer_id: int = 1
    dose_id: int = 1
    given_on: date = date(2026, 10, 12)
    product_code: str = "efluelda"
    unit_id: str = "norr"
    corrects: tuple[int, int] | tuple[None, None] = (None, None)


def add_claim(
    store: Store,
    lines: Sequence[Claimed],
    *,
    state: str = "sent",
    payer: str = REGION,
    sent_at: datetime | None = SENT_AT,
) -> int:
    """Put a claim into the store and return its number."""

    def work(tx: Transaction) -> int:
        units = " ".join(sorted({line.unit_id for line in lines}))
        row = tx.row(
            "INSERT INTO claim (payer, period_from, period_to, units, state, lines, ore, made_at, made_by, sent_at,"
            " file_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'maj.lund', $9, '') RETURNING claim_id",
            payer, date(2026, 10, 1), date(2026, 10, 31), units, state, len(lines), sum(line.ore for line in lines),
            SENT_AT, sent_at,
        )  # fmt: skip
        assert row is not None
        for number, line in enumerate(lines, start=1):
            _add_line(tx, row["claim_id"], number, line)
        return int(row["claim_id"])

    return store.write(work)


def _add_line(tx: Transaction, claim_id: int, number: int, line: Claimed) -> None:
    tx.execute(
        "INSERT INTO claim_line (claim_id, line_number, ore, corrects_claim_id, corrects_line_number, cause, dose_id,"
        " customer_id, identity, unit_id, given_on, registered_at, product_code, atc, batch_number, dose_number,"
        " payment_rule_id, rule_version, unit, vaccine, rule)"
        " VALUES ($1, $2, $3, $4, $5, 'due', $6, $7, $8, $9, $10, $11, $12, $13, 'B1', 1, 1, 1, $14, $15, '')",
        claim_id, number, line.ore, *line.corrects, line.dose_id, line.customer_id, line.identity, line.unit_id,
        line.given_on, SENT_AT, line.product_code, ATC[line.product_code], f"Mottagning {line.unit_id.title()}",
        NAMES[line.product_code],
    )  # fmt: skip


def file_of(*rows: str, heading: str = "Referens;Belopp") -> Table:
    """Return what is read of a file with these rows."""
    return read_table(BytesIO("\n".join([heading, *rows]).encode()))


def import_rows(store: Store, actor: Actor, table: Table, payer: str = REGION) -> PaymentFile:
    """Import a file by the columns that its headings name."""
    chosen = columns.guess_columns(table.headings)
    seen = importing.preview(store, actor, payer, table, chosen).parts
    return importing.import_file(store, actor, payer, table, chosen, seen)
