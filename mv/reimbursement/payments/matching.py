"""Matching of payments to claim lines. Pure functions on the candidate lines.

A reversal is negative, and everything about it mirrors a new line: it is paid when the payer has deducted its amount,
underpaid when less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mv.catalogue import Vaccine
from mv.errors import N_
from mv.i18n import LANGUAGES, translate
from mv.reimbursement.claims.line_references import Line, reference
from mv.reimbursement.payments.columns import PaymentRow
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.reimbursement.rules.vaccine_types import NAMES as KINDS
from mv.tabular_files.cells import may_be_identity
from mv.text import fold

SENT = ("sent", "answered", "closed")
"""The states of a claim that the payer has received."""


SHORTEST_ATC = 5
"""Characters of an ATC code that name a vaccine type at least."""


class PaymentOutcome(StrEnum):
    """The outcome of a payment for its line."""

    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID_TWICE = "paid_twice"
    UNKNOWN = "unknown"


PAYMENT_OUTCOMES: Mapping[str, str] = {
    PaymentOutcome.PAID: N_("Paid"),
    PaymentOutcome.UNDERPAID: N_("Underpaid"),
    PaymentOutcome.OVERPAID: N_("Overpaid"),
    PaymentOutcome.PAID_TWICE: N_("Paid twice"),
    PaymentOutcome.UNKNOWN: N_("Unknown"),
}
"""The name of each outcome on the screen."""


class UnmatchedReason(StrEnum):
    """The reason why a payment matches no line."""

    NOTHING_NAMED = "nothing_named"
    NO_LINE = "no_line"
    NOT_SENT = "not_sent"
    NO_DOSE = "no_dose"
    SEVERAL = "several"


UNMATCHED_REASONS: Mapping[str, str] = {
    UnmatchedReason.NOTHING_NAMED: N_(
        "The row names no line: neither a reference nor a valid identity number with a day."
    ),
    UnmatchedReason.NO_LINE: N_("The payer has no line with this reference."),
    UnmatchedReason.NOT_SENT: N_("The claim of this line has not been sent."),
    UnmatchedReason.NO_DOSE: N_("No line of the payer is for this person, day and vaccine."),
    UnmatchedReason.SEVERAL: N_("Several lines fit: the row does not tell them apart."),
}


@dataclass(frozen=True, slots=True)
class Match:
    """A payment and its line, if there is one. ``left`` is the amount left of the line before it, in öre."""

    row: PaymentRow
    outcome: PaymentOutcome
    line: Line | None = None
    left: int = 0
    why: UnmatchedReason | None = None

    @property
    def difference(self) -> int:
        """The öre paid beyond what was left, negative where less. A payment for no line is too much as a whole."""
        return (
            self.row.ore
            if self.outcome in (PaymentOutcome.PAID_TWICE, PaymentOutcome.UNKNOWN)
            else self.row.ore - self.left
        )

    @property
    def reference(self) -> str | None:
        """The reference of the line, else of the row, unless that may be a person's number."""
        if self.line is not None:
            return self.line.reference
        called = reference(*self.row.reference) if self.row.reference else None
        return None if called and may_be_identity(called) else called


def match(
    rows: Iterable[PaymentRow],
    by_reference: Mapping[tuple[int, int], Line],
    by_identity: Mapping[str, Sequence[Line]],
    vaccines: Mapping[str, Vaccine],
) -> list[Match]:
    """Match each row to its line, in order: the rows before it on the same line count as paid.

    ``by_reference`` and ``by_identity`` hold the payer's lines of claims that were not discarded, the latter by valid
    identity numbers as the rows write them. ``vaccines`` is the catalogue's.
    """
    paid: dict[tuple[int, int], int] = {}
    found: list[Match] = []
    for row in rows:
        line = _line(row, by_reference, by_identity, vaccines, paid)
        if isinstance(line, UnmatchedReason):
            found.append(Match(row, PaymentOutcome.UNKNOWN, why=line))
            continue
        key = (line.claim_id, line.line_number)
        before = paid.get(key, line.paid)
        paid[key] = before + row.ore
        found.append(Match(row, payment_outcome(line.ore, before, row.ore), line, line.ore - before))
    return found


def payment_outcome(claimed: int, before: int, ore: int) -> PaymentOutcome:
    """Return the outcome of a payment of ``ore`` for a line of ``claimed``, of which ``before`` was paid already."""
    sign = -1 if claimed < 0 else 1
    left = sign * (claimed - before)
    if left <= 0 and sign * ore > 0:
        return PaymentOutcome.PAID_TWICE
    if sign * ore == left:
        return PaymentOutcome.PAID
    return PaymentOutcome.UNDERPAID if sign * ore < left else PaymentOutcome.OVERPAID


def _line(
    row: PaymentRow,
    by_reference: Mapping[tuple[int, int], Line],
    by_identity: Mapping[str, Sequence[Line]],
    vaccines: Mapping[str, Vaccine],
    paid: Mapping[tuple[int, int], int],
) -> Line | UnmatchedReason:
    named = by_reference.get(row.reference) if row.reference else None
    if named is not None:
        return named if named.state in SENT else UnmatchedReason.NOT_SENT
    if row.identity not in by_identity or row.given_on is None:
        return UnmatchedReason.NO_LINE if row.reference else UnmatchedReason.NOTHING_NAMED
    fitting = [
        line
        for line in by_identity[row.identity]
        if line.given_on == row.given_on and is_vaccine(row.vaccine, line, vaccines)
    ]
    sent = [line for line in fitting if line.state in SENT]
    if not sent:
        return UnmatchedReason.NOT_SENT if fitting else UnmatchedReason.NO_DOSE
    return _of_dose(row, sent, paid)


def _of_dose(row: PaymentRow, lines: Sequence[Line], paid: Mapping[tuple[int, int], int]) -> Line | UnmatchedReason:
    """Choose the line among a person's lines of that day, or the reason why none is chosen.

    A dose has several lines when it was claimed, reversed and claimed anew. The row is for a line of its own sign: the
    one of which exactly its amount is left, else the only one of which something is left. When nothing is left of
    any, it is for the latest.
    """
    if len({line.dose_id for line in lines}) > 1:
        return UnmatchedReason.SEVERAL
    same = [line for line in lines if (line.ore < 0) == (row.ore < 0)] or lines
    left = {line: line.ore - paid.get((line.claim_id, line.line_number), line.paid) for line in same}
    exactly = [line for line in same if row.ore and left[line] == row.ore]
    if exactly:
        return exactly[0]
    unsettled = [line for line in same if left[line] * line.ore > 0]
    if len(unsettled) > 1:
        return UnmatchedReason.SEVERAL
    return unsettled[0] if unsettled else same[-1]


def is_vaccine(text: str, line: Line, vaccines: Mapping[str, Vaccine]) -> bool:
    """Return whether ``text`` is the line's vaccine: the product, the vaccine type, the ATC code or its beginning.

    An empty text is any vaccine.
    """
    told = _letters(text)
    if not told:
        return True
    product, kind = vaccines.get(line.product_code), KINDS.get(line.atc[:ATC_LEVEL_4_LENGTH])
    names = [line.product_code, *([product.name] if product else [])]
    names += [translate(kind, language) for language in LANGUAGES] if kind else []
    is_atc = len(told) >= SHORTEST_ATC and _letters(line.atc).startswith(told)
    return is_atc or any(told.startswith(_letters(name)) for name in names)


def _letters(text: str) -> str:
    return fold(text).replace(" ", "")


def by_outcome(matches: Iterable[Match]) -> dict[PaymentOutcome, list[Match]]:
    """Group the matches by outcome, in the order of the outcomes."""
    found: defaultdict[PaymentOutcome, list[Match]] = defaultdict(list)
    for one in matches:
        found[one.outcome].append(one)
    return {outcome: found[outcome] for outcome in PaymentOutcome if outcome in found}
