"""Import of a payer's file: previewed first, then imported as a whole or not at all.

Identity numbers in a file are used for matching only: none is stored, logged or named in a message. Whoever gives a
number and a day learns whether that person was vaccinated then. So only those match by number whose role includes
identity numbers, and each person whose line a file is matched to is logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

import pyarrow as pa

from mv import audit, catalogue
from mv.access import AccessReason, Action, Actor, may
from mv.clock import to_local
from mv.errors import N_, Conflict, Forbidden, Invalid
from mv.reimbursement.claims import payers
from mv.reimbursement.claims.line_references import find_by_identity, find_by_reference
from mv.reimbursement.payments import columns as file_columns
from mv.reimbursement.payments.columns import Columns, PaymentRow, Payments
from mv.reimbursement.payments.files import PaymentFile, get, log, with_hash
from mv.reimbursement.payments.matching import Match, PaymentOutcome, by_outcome, match
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files.table import Problem, Table

PAYMENT = pa.schema(
    [
        ("payment_file_id", pa.int64()),
        ("row_number", pa.int32()),
        ("ore", pa.int64()),
        ("paid_on", pa.date32()),
        ("claim_id", pa.int64()),
        ("line_number", pa.int32()),
        ("outcome", pa.string()),
        ("why", pa.string()),
        ("reference", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class OutcomeSum:
    """The number of rows of one outcome, their öre, and the difference from what was left of their lines."""

    rows: int
    ore: int
    difference: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The result of an import before it is made.

    With problems, or where the same file was imported before (as ``imported``), nothing is matched and nothing can be
    imported.
    """

    payments: Payments
    matches: list[Match]
    imported: PaymentFile | None

    @property
    def parts(self) -> dict[PaymentOutcome, OutcomeSum]:
        """The sum of the rows of each outcome."""
        return _parts(self.matches)

    @property
    def problems(self) -> list[Problem]:
        """The unreadable cells."""
        return self.payments.problems

    @property
    def adds_up(self) -> bool:
        """Whether the sums by outcome equal the rows and the öre read from the file."""
        rows, ore = sum(part.rows for part in self.parts.values()), sum(part.ore for part in self.parts.values())
        return (rows, ore) == (len(self.payments.rows), self.payments.ore)


def preview(store: Store, actor: Actor, payer: str, table: Table, columns: Columns) -> Preview:
    """Return the matches that :func:`import_file` would make now, and log each person whose lines are asked about.

    Raises the errors of :func:`import_file`, except for unreadable cells and for a file imported before.
    """
    audit.permit(store, actor, Action.IMPORT_PAYMENTS)
    found = file_columns.read_payments(table, columns, store.today())

    def work(tx: Transaction) -> Preview:
        _require_payer(tx, payer)
        imported = with_hash(tx, table.content_hash(payer))
        matches = [] if found.problems or imported else _match(tx, store, actor, payer, found.rows)
        return Preview(found, matches, imported)

    return audit.perform(store, actor, Action.IMPORT_PAYMENTS, work)


def import_file(
    store: Store, actor: Actor, payer: str, table: Table, columns: Columns, seen: Mapping[PaymentOutcome, OutcomeSum]
) -> PaymentFile:
    """Import all payments of the table and return the file; its columns are the guess for the payer's next file.

    ``seen`` are the sums of the preview. Raises Conflict where the sums would be others now, and where the same file
    was imported before; Invalid for unsuitable columns, unreadable cells and an unknown payer; Forbidden when a line
    is of another unit, and for a row that names a person where the role does not include identity numbers.
    """

    def work(tx: Transaction) -> PaymentFile:
        at = store.now()
        found = _readable(table, columns, store)
        _require_payer(tx, payer)
        payers.lock(tx, payer)
        content_hash = table.content_hash(payer)
        if before := with_hash(tx, content_hash):
            raise imported_before(before)
        matches = _match(tx, store, actor, payer, found.rows)
        if _parts(matches) != seen:
            raise Conflict(N_("What was paid or claimed has changed meanwhile. Nothing was imported; look again."))
        made = _insert(tx, at, actor, payer, content_hash, found)
        tx.load("payment", _rows(made.payment_file_id, matches))
        saved = file_columns.columns_to_json(columns)
        tx.execute("UPDATE payer SET file_columns = $2 WHERE payer = $1", payer, saved)
        return log(tx, at, actor, "imported", made)

    return audit.perform(store, actor, Action.IMPORT_PAYMENTS, work)


def imported_before(before: PaymentFile) -> Conflict:
    """Return the error that the same file was imported before, as ``before``."""
    return Conflict(
        N_("{who} imported this file at {time}, as number {file}. Nothing was changed."),
        who=before.imported_by_name,
        time=f"{to_local(before.imported_at):%Y-%m-%d %H:%M}",
        file=before.payment_file_id,
    )


def _parts(matches: Sequence[Match]) -> dict[PaymentOutcome, OutcomeSum]:
    return {
        outcome: OutcomeSum(len(some), sum(one.row.ore for one in some), sum(one.difference for one in some))
        for outcome, some in by_outcome(matches).items()
    }


def _readable(table: Table, columns: Columns, store: Store) -> Payments:
    found = file_columns.read_payments(table, columns, store.today())
    if found.problems:
        raise Invalid(N_("{problem} Nothing was imported."), problem=found.problems[0])
    return found


def _require_payer(tx: Transaction, payer: str) -> None:
    if payer not in payers.known(tx):
        raise Invalid(N_("Choose a payer."))


def _match(tx: Transaction, store: Store, actor: Actor, payer: str, rows: Sequence[PaymentRow]) -> list[Match]:
    """Match the rows to the payer's lines, and log whose they are. Raises Forbidden as :func:`import_file` does."""
    by_reference = find_by_reference(tx, payer, {row.reference for row in rows if row.reference})
    numbers = _numbers(actor, [row for row in rows if row.reference not in by_reference], store.today())
    found = find_by_identity(tx, payer, set(chain.from_iterable(numbers.values())))
    by_identity = {text: [line for number in own for line in found.get(number, [])] for text, own in numbers.items()}
    matches = match(rows, by_reference, by_identity, catalogue.read(tx).vaccines)
    for one in matches:
        if one.line is not None and not actor.owns(one.line.unit_id):
            raise Forbidden(
                N_("Row {row} pays for a dose of a unit that is not yours. Ask somebody who has all of the units."),
                row=one.row.number,
            )
    asked_about = [line for lines in by_identity.values() for line in lines if actor.owns(line.unit_id)]
    people = {line.customer_id for line in (*asked_about, *(one.line for one in matches)) if line is not None}
    audit.record_look(tx, store.now(), actor, Action.IMPORT_PAYMENTS, people, AccessReason.CLAIM)
    return matches


def _numbers(actor: Actor, rows: Sequence[PaymentRow], today: date) -> dict[str, list[str]]:
    """Map the identity numbers of the rows, as written, to the stored forms that each may stand for.

    Raises Forbidden where there is one and the actor's role does not include identity numbers, whoever it belongs to.
    """
    numbers: dict[str, list[str]] = {}
    for row in rows:
        own = file_columns.parse_identity(row.identity, today) if row.identity and row.given_on else []
        if own and not may(actor, Action.EXPORT_IDENTITIES):
            raise Forbidden(
                N_(
                    "Row {row} names a person by identity number, not a line by reference. Ask somebody whose role"
                    " includes identity numbers to import the file, or choose no column of identity numbers."
                ),
                row=row.number,
            )
        if own:
            numbers[row.identity] = own
    return numbers


def _insert(tx: Transaction, at: datetime, actor: Actor, payer: str, content_hash: str, found: Payments) -> PaymentFile:
    row = tx.row(
        "INSERT INTO payment_file (payer, content_hash, rows_read, ore, imported_at, imported_by)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING payment_file_id",
        payer, content_hash, len(found.rows), found.ore, at, actor.user_id,
    )  # fmt: skip
    assert row is not None  # noqa: S101 (an INSERT that returns nothing has raised)
    return get(tx, row["payment_file_id"])


def _rows(payment_file_id: int, matches: Sequence[Match]) -> pa.Table:
    values = [
        {
            "payment_file_id": payment_file_id,
            "row_number": one.row.number,
            "ore": one.row.ore,
            "paid_on": one.row.paid_on,
            "claim_id": one.line.claim_id if one.line else None,
            "line_number": one.line.line_number if one.line else None,
            "outcome": one.outcome.value,
            "why": one.why.value if one.why else None,
            "reference": one.reference,
        }
        for one in matches
    ]
    return pa.Table.from_pylist(values, PAYMENT)
