"""Lists of claim lines by status and of payments, on the screen and as CSV, without identity numbers."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd

from mv import audit
from mv.access import Action, Actor, in_own_units
from mv.clock import STOCKHOLM, to_local
from mv.errors import N_
from mv.i18n import SWEDISH, Language, translate
from mv.pseudonyms import TEXT
from mv.reimbursement.claims.line_references import reference_sql
from mv.reimbursement.payments.balances import LINES, LineStatus, lines
from mv.reimbursement.payments.matching import PAYMENT_OUTCOMES, UNMATCHED_REASONS, PaymentOutcome
from mv.reimbursement.pricing.wording import kronor
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.text import neutralise_formulas

LINE_COLUMNS = {
    "line": N_("Claim line"),
    "given_on": N_("Day of the dose"),
    "vaccine": N_("Vaccine"),
    "unit": N_("Unit"),
    "sent_at": N_("Sent"),
    "claimed": N_("Claimed (kr)"),
    "paid": N_("Paid (kr)"),
    "difference": N_("Difference (kr)"),
    "paid_on": N_("Day paid"),
}
PAYMENT_COLUMNS = {
    "payment_file_id": N_("File"),
    "row_number": N_("Row in the file"),
    "outcome": N_("Outcome"),
    "line": N_("Claim line"),
    "given_on": N_("Day of the dose"),
    "vaccine": N_("Vaccine"),
    "unit": N_("Unit"),
    "claimed": N_("Claimed (kr)"),
    "paid": N_("Paid (kr)"),
    "difference": N_("Difference (kr)"),
    "paid_on": N_("Day paid"),
    "why": N_("Why"),
}
KRONOR = ("claimed", "paid", "difference")
TEXTS = ("vaccine", "unit")
WORDS: Mapping[str, Mapping[str, str]] = {"outcome": PAYMENT_OUTCOMES, "why": UNMATCHED_REASONS}

WITH_STATUS = f"""
    SELECT {reference_sql("claim_id", "line_number")} AS line, given_on, vaccine, unit, sent_at,
        claimed, paid, difference, paid_on
    FROM ({LINES}) AS lines_of_payer WHERE status = '{{status}}' ORDER BY claim_id, line_number
"""
"""The status is a constant of LineStatus."""
PAYMENTS = f"""
    SELECT payment_file_id, row_number, outcome, line, given_on, vaccine, unit, claimed, paid, difference, paid_on, why
    FROM (
        SELECT p.payment_file_id, p.row_number, p.outcome, f.payer, f.withdrawn_at,
            COALESCE({reference_sql("p.claim_id", "p.line_number")}, p.reference) AS line,
            l.given_on, l.vaccine, l.unit, l.ore AS claimed, p.ore AS paid, p.paid_on, p.why,
            CAST(CASE WHEN p.outcome IN ('unknown', 'paid_twice') THEN p.ore ELSE sum(p.ore) OVER (
                PARTITION BY p.claim_id, p.line_number ORDER BY p.payment_file_id, p.row_number
            ) - l.ore END AS BIGINT) AS difference
        FROM payment p
        JOIN payment_file f ON f.payment_file_id = p.payment_file_id
        LEFT JOIN claim_line l ON l.claim_id = p.claim_id AND l.line_number = p.line_number
        WHERE {{among}} AND (p.claim_id IS NULL OR {{own}})
    ) AS payments_of_lines
    WHERE {{chosen}} ORDER BY payment_file_id, row_number
"""
OF_FILE = "(p.payment_file_id = $1 OR p.claim_id IN (SELECT claim_id FROM payment WHERE payment_file_id = $1))"
"""The file's payments, and the others for the same claims, of which the amounts left before are counted."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its name and subject, its columns with their headings, and the query of its rows."""

    name: str
    about: Mapping[str, object]
    columns: Mapping[str, str]
    sql: str
    params: tuple[object, ...]


def lines_with_status(store: Store, actor: Actor, payer: str, status: LineStatus) -> Listing:
    """Return the list of the payer's lines with this status, of the actor's own units."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        sql, params = lines(tx, actor, payer, store.today(), WITH_STATUS.replace("{status}", status.value))
    return Listing(status.value, {"payer": payer}, LINE_COLUMNS, sql, params)


def unknown_payments(actor: Actor, payer: str) -> Listing:
    """Return the list of the payer's payments for no line."""
    sql = PAYMENTS.format(among="f.payer = $1 AND p.claim_id IS NULL", own="TRUE", chosen="withdrawn_at IS NULL")
    names = ("payment_file_id", "row_number", "line", "paid", "paid_on", "why")
    columns = {name: PAYMENT_COLUMNS[name] for name in names}
    return Listing(PaymentOutcome.UNKNOWN.value, {"payer": payer}, columns, sql, (payer,))


def payments_in_file(actor: Actor, payment_file_id: int, outcome: PaymentOutcome | None = None) -> Listing:
    """Return the list of a file's payments, or of one outcome: those for lines of own units, and for no line."""
    own, units = in_own_units(actor, "l.unit_id", 3)
    sql = PAYMENTS.format(among=OF_FILE, own=own, chosen="payment_file_id = $1 AND COALESCE($2, outcome) = outcome")
    columns = {name: label for name, label in PAYMENT_COLUMNS.items() if name != "payment_file_id"}
    wanted = outcome.value if outcome else None
    return Listing("payments", {"file": payment_file_id}, columns, sql, (payment_file_id, wanted, *units))


def first_rows(store: Store, actor: Actor, listing: Listing, limit: int) -> list[Row]:
    """Return the first rows of the list, amounts in öre, instants naive UTC. Names no person, and is not logged."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        return tx.rows(f"{listing.sql} LIMIT ${len(listing.params) + 1}", *listing.params, limit)


def csv_chunks(store: Store, actor: Actor, listing: Listing, language: Language = SWEDISH) -> Iterator[bytes]:
    """Log the download of the list, and return it piece by piece: CSV that a Swedish spreadsheet opens.

    UTF-8 with a byte-order mark and ";"; kronor have the language's decimal sign. Raises Forbidden at once.
    """
    audit.perform(store, actor, Action.VIEW_REIMBURSEMENT, partial(_log, store.now(), actor, listing))

    def pieces() -> Iterator[bytes]:
        headings = [translate(heading, language) for heading in listing.columns.values()]
        yield codecs.BOM_UTF8 + _csv(pd.DataFrame(columns=headings), heading=True)
        with store.batches(listing.sql, *listing.params) as reader:
            for batch in reader:
                rows = batch.to_pandas(types_mapper=pd.ArrowDtype)
                yield _csv(pd.DataFrame({name: _column(name, rows[name], language) for name in listing.columns}))

    return pieces()


def _log(at: datetime, actor: Actor, listing: Listing, tx: Transaction) -> None:
    audit.record(tx, at, actor, Action.VIEW_REIMBURSEMENT, list=listing.name, **listing.about)


def cells(listing: Listing, rows: Sequence[Row], language: Language) -> list[list[str]]:
    """Return the rows as texts, in the order of the columns."""
    return [[_text(name, row[name], language) for name in listing.columns] for row in rows]


def _text(name: str, value: Any, language: Language) -> str:
    if value is None:
        return ""
    if name in KRONOR:
        return kronor(value, language)
    if name == "sent_at":
        return f"{to_local(value):%Y-%m-%d}"
    words = WORDS.get(name)
    return translate(words[value], language) if words else str(value)


def _column(name: str, values: pd.Series, language: Language) -> pd.Series:
    """Shape a column for a spreadsheet: amounts that it can add, and texts that it does not run as formulas."""
    if name in KRONOR:
        size, point = values.abs(), "," if language == SWEDISH else "."
        kronor_alone = size // 100
        text: pd.Series = kronor_alone.astype(TEXT) + point + (size - kronor_alone * 100).astype(TEXT).str.zfill(2)
        return text.mask(values < 0, "-" + text)
    if name == "sent_at":
        days: pd.Series = values.dt.tz_localize("UTC").dt.tz_convert(STOCKHOLM).dt.strftime("%Y-%m-%d")
        return days
    if name in WORDS:
        return values.map({code: translate(word, language) for code, word in WORDS[name].items()})
    return neutralise_formulas(values) if name in TEXTS else values


def _csv(frame: pd.DataFrame, *, heading: bool = False) -> bytes:
    text: str = frame.to_csv(sep=";", index=False, header=heading, lineterminator="\r\n")
    return text.encode()
