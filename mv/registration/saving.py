"""What is known of people, read in few queries; and terms that were judged, written in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from mv import catalogue, customers, memberships, vaccinations
from mv.access import Actor, require_unit
from mv.customers import Customer
from mv.errors import N_, Invalid, MvError
from mv.memberships import Membership
from mv.registration.entry import RegistrationEntry
from mv.registration.validation import (
    Concern,
    Outcome,
    Person,
    Validation,
    ValidationContext,
    unaccepted,
    validate,
    with_rows,
)
from mv.store.engine import Row, Transaction
from mv.text import clean_note
from mv.vaccinations import Dose

LONGEST_REASON = 200
"""In one query."""

SCHEMA = pa.schema(
    {
        "registration_id": pa.int64(),
        "row_number": pa.int32(),
        "customer_id": pa.int64(),
        "row_key": pa.string(),
        "membership_id": pa.int64(),
        "membership_version": pa.int32(),
        "dose_id": pa.int64(),
        "dose_version": pa.int32(),
        "was": pa.string(),
        **dict.fromkeys(("group_code", "subgroup_code"), pa.string()),
        "day": pa.date32(),
        **dict.fromkeys(("product_code", "doubts", "reason"), pa.string()),
        "registered_at": pa.timestamp("us"),
    }
)


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """What is to be registered of whom; ``reason`` says why in spite of the ``accepted`` doubts.

    With ``key`` the same is never registered again, even where it was removed since.
    """

    customer_id: int
    terms: RegistrationEntry
    reason: str = ""
    accepted: frozenset[Concern] = frozenset()
    key: str | None = None


class ReasonRequired(Invalid):
    """What is to be registered is unusual: a reason is needed for these doubts."""

    def __init__(self, doubts: Mapping[Concern, MvError]) -> None:
        super().__init__(N_("Something is unusual. Check it; if it is right, write why and save again."))
        self.doubts = doubts


class AlreadyRegistered(MvError):
    """All of it is registered already."""


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """What a row has come to: the row of the group and the dose, where it made them, and its number."""

    row_number: int
    wanted: PlannedEntry
    judgement: Validation
    membership: Membership | None
    dose: Dose | None


def read_validation_context(tx: Transaction, today: date) -> ValidationContext:
    """Return what can be chosen, as the open transaction sees it."""
    rows = tx.rows("SELECT product_code, batch_number, expires_on FROM batch")
    batches = {(row["product_code"], row["batch_number"]): row["expires_on"] for row in rows}
    return ValidationContext(catalogue.read(tx), batches, today)


def read_people(tx: Transaction, found: Iterable[Customer]) -> dict[int, Person]:
    """Return what is known of these customers, by their ids, as the open transaction sees it."""
    by_id = {customer.customer_id: customer for customer in found}
    rows: defaultdict[int, list[Membership]] = defaultdict(list)
    doses: defaultdict[int, list[Dose]] = defaultdict(list)
    of_them = "WHERE customer_id = ANY($1) ORDER BY customer_id"
    for row in tx.rows_in(f"SELECT {memberships.COLUMNS} FROM membership {of_them}, membership_id", by_id.keys()):
        rows[row["customer_id"]].append(Membership(**row))
    for row in tx.rows_in(f"SELECT {vaccinations.COLUMNS} FROM dose {of_them}, dose_id", by_id.keys()):
        doses[row["customer_id"]].append(Dose(**row))
    return {number: Person(customer, rows[number], doses[number]) for number, customer in by_id.items()}


def save(
    tx: Transaction, at: datetime, actor: Actor, registration_id: int, wanted: Sequence[PlannedEntry], today: date
) -> list[SavedEntry]:
    """Write all that is ``wanted``, in the open transaction, and return what it came to, in the same order.

    Raises for the first that cannot be what :func:`refuse` raises; Forbidden, NotFound. Each customer is judged anew,
    on what is known now.
    """
    judged = []
    for each, judgement in revalidate(tx, at, actor, wanted, today):
        require_valid(judgement, each)
        judged.append((each, judgement))
    return write(tx, at, actor, registration_id, judged)


def revalidate(
    tx: Transaction, at: datetime, actor: Actor, wanted: Sequence[PlannedEntry], today: date
) -> Iterator[tuple[PlannedEntry, Validation]]:
    """Yield what can become of each, on what is known now and with what the ones before it will have written.

    Every other change of these customers' groups and doses waits until ``tx`` ends. Raises Forbidden, NotFound.
    """
    held = customers.lock(tx, at, actor, {each.customer_id for each in wanted})
    people, setting = read_people(tx, held.values()), read_validation_context(tx, today)
    for each in wanted:
        require_unit(actor, each.terms.unit_id)
        person = people[each.customer_id]
        judgement = validate(person, each.terms, setting)
        yield each, judgement
        if judgement.can_be:
            people[each.customer_id] = with_rows(person, *provisional_rows(each, judgement, at, actor))


def clean_reason(reason: str) -> str:
    """Return a reason as it is kept. Raises Invalid for one that is too long or may hold an identity number."""
    return clean_note(reason, LONGEST_REASON)


def last_row_number(tx: Transaction, registration_id: int) -> int:
    """Return the number of the registration's last row, 0 where it has none."""
    sql = "SELECT COALESCE(max(row_number), 0) AS last FROM registration_row WHERE registration_id = $1"
    last: int = tx.rows(sql, registration_id)[0]["last"]
    return last


def require_valid(judgement: Validation, wanted: PlannedEntry) -> None:
    """Raise why it cannot be: Doubtful where a doubt is not accepted, or has no reason; Already; Invalid, Conflict."""
    if judgement.outcome is Outcome.ALREADY and judgement.error:
        raise AlreadyRegistered(judgement.error.key, **judgement.error.params)
    if judgement.error:
        raise judgement.error
    left = unaccepted(judgement.doubts, wanted.accepted) if clean_reason(wanted.reason) else judgement.doubts
    if left:
        raise ReasonRequired(judgement.doubts)


def provisional_rows(
    wanted: PlannedEntry, judgement: Validation, at: datetime, actor: Actor
) -> tuple[Membership | None, Dose | None]:
    """Return what is to be written, without numbers, so that the next row of the same person is judged with it."""
    terms, new = wanted.terms, None
    if judgement.counts is None and terms.group_code:
        new = Membership(
            0, wanted.customer_id, terms.group_code, terms.subgroup_code, terms.valid_from, terms.valid_to,
            terms.unit_id, at, actor.user_id, None, None, None, 1,
        )  # fmt: skip
    counts = judgement.counts or new
    dose = terms.dose(judgement.dose_number, counts.membership_id if counts else None)
    given = None if dose is None else Dose(
        0, wanted.customer_id, dose.product_code or "", dose.batch_number, dose.dose_number, dose.given_on,
        dose.unit_id, dose.membership_id, terms.group_code, terms.subgroup_code, False, at, actor.user_id, at,
        None, None, None, 1,
    )  # fmt: skip
    return new, given


def write(
    tx: Transaction, at: datetime, actor: Actor, registration_id: int, judged: Sequence[tuple[PlannedEntry, Validation]]
) -> list[SavedEntry]:
    """Write what was judged and can be, in the open transaction, and return what it came to, in the same order."""
    counting = _write_memberships(tx, at, actor, judged)
    doses = _write_doses(tx, at, actor, judged, counting)
    first = last_row_number(tx, registration_id) + 1
    made = [
        SavedEntry(
            first + place,
            wanted,
            judgement,
            counting.get(place) if judgement.counts is None else None,
            doses.get(place),
        )
        for place, (wanted, judgement) in enumerate(judged)
    ]
    rows = [_to_row(registration_id, each, at) for place, each in enumerate(made)]
    tx.load("registration_row", pa.Table.from_pylist(rows, SCHEMA))
    return made


def _write_memberships(
    tx: Transaction, at: datetime, actor: Actor, judged: Sequence[tuple[PlannedEntry, Validation]]
) -> dict[int, Membership]:
    """Return by place the row that counts, if one is to: the one that was there, or the one that is written."""
    new = [place for place, (each, judgement) in enumerate(judged) if each.terms.group_code and not judgement.counts]
    counting = {place: judgement.counts for place, (_, judgement) in enumerate(judged) if judgement.counts}
    for unit_id, places in _split_by_unit(judged, new):
        entries = [(judged[place][0].customer_id, judged[place][0].terms.group()) for place in places]
        added = memberships.insert(tx, at, replace(actor, unit_id=unit_id), entries)
        counting |= dict(zip(places, added, strict=True))
    written = {_membership_key(row): row for row in counting.values() if row.membership_id}
    # A row that an earlier one of the same person was judged to make has its number only now.
    return {place: row if row.membership_id else written[_membership_key(row)] for place, row in counting.items()}


def _membership_key(row: Membership) -> tuple[object, ...]:
    return row.customer_id, row.group_code, row.subgroup_code, row.valid_from, row.valid_to


def _write_doses(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    judged: Sequence[tuple[PlannedEntry, Validation]],
    counting: Mapping[int, Membership],
) -> dict[int, Dose]:
    """Return by place the dose that is written."""
    with_dose = [place for place, (wanted, _) in enumerate(judged) if wanted.terms.given_on]
    written: dict[int, Dose] = {}
    for unit_id, places in _split_by_unit(judged, with_dose):
        entries = []
        for place in places:
            wanted, judgement = judged[place]
            row = counting.get(place)
            entry = wanted.terms.dose(judgement.dose_number, row.membership_id if row else None)
            assert entry is not None  # noqa: S101 (there is a day)
            entries.append((wanted.customer_id, entry, (wanted.terms.group_code, wanted.terms.subgroup_code)))
        given = vaccinations.insert(tx, at, replace(actor, unit_id=unit_id), entries)
        written |= dict(zip(places, given, strict=True))
    return written


def _split_by_unit(
    judged: Sequence[tuple[PlannedEntry, Validation]], places: Sequence[int]
) -> Iterator[tuple[str, list[int]]]:
    """Yield each unit with those of ``places`` that are of it: what is done is logged as done there."""
    units: dict[str, list[int]] = {}
    for place in places:
        units.setdefault(judged[place][0].terms.unit_id, []).append(place)
    yield from units.items()


def _to_row(registration_id: int, made: SavedEntry, at: datetime) -> Row:
    wanted = made.wanted
    return {
        "registration_id": registration_id,
        "row_number": made.row_number,
        "customer_id": wanted.customer_id,
        "row_key": wanted.key,
        "membership_id": made.membership and made.membership.membership_id,
        "membership_version": made.membership and made.membership.version,
        "dose_id": made.dose and made.dose.dose_id,
        "dose_version": made.dose and made.dose.version,
        "was": None,
        "group_code": wanted.terms.group_code,
        "subgroup_code": wanted.terms.subgroup_code,
        "day": wanted.terms.day,
        "product_code": wanted.terms.product_code,
        "doubts": json.dumps(sorted(made.judgement.doubts)) if made.judgement.doubts else None,
        "reason": clean_reason(wanted.reason) or None if made.judgement.doubts else None,
        "registered_at": at,
    }
