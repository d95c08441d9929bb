"""Read people in few queries, and save validated entries in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from mv import catalogue, customers, memberships, recent_doses, vaccinations
from mv.access import Actor, require_unit
from mv.batches import batch as batch_rows
from mv.concerns import Concern, Concerns, unaccepted
from mv.customers import Customer
from mv.errors import N_, Invalid, MvError
from mv.memberships import Membership
from mv.registration.entry import RegistrationEntry
from mv.registration.validation import (
    Outcome,
    Person,
    Validation,
    ValidationContext,
    remember_batch,
    validate,
    with_rows,
)
from mv.reimbursement.rules import rule_table
from mv.store.engine import Row, Transaction
from mv.text import clean_note
from mv.vaccinations import Dose

LONGEST_REASON = vaccinations.LONGEST_REASON

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
    """An entry for a customer; ``reason`` says why it is right in spite of the ``accepted`` concerns.

    An entry with a ``key`` is never saved again, even after it was removed.
    """

    customer_id: int
    entry: RegistrationEntry
    reason: str = ""
    accepted: frozenset[Concern] = frozenset()
    key: str | None = None


class ReasonRequired(Invalid):
    """An entry has concerns that take a reason."""

    def __init__(self, concerns: Concerns) -> None:
        super().__init__(N_("Something is unusual. Check it; if it is right, write why and save again."))
        self.concerns = concerns


class AlreadyRegistered(MvError):
    """The whole entry is registered already."""


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """A saved entry: its row number, and the membership and the dose that were added, if any."""

    row_number: int
    planned: PlannedEntry
    validation: Validation
    membership: Membership | None
    dose: Dose | None


def read_validation_context(tx: Transaction, today: date) -> ValidationContext:
    """Read the catalogue, the batches and the rules of reimbursement in the open transaction."""
    return ValidationContext(catalogue.read(tx), batch_rows.read_all(tx), today, rule_table.read(tx))


def read_people(tx: Transaction, found: Iterable[Customer]) -> dict[int, Person]:
    """Map the id of each of these customers to the person, read in the open transaction."""
    by_id = {customer.customer_id: customer for customer in found}
    rows: defaultdict[int, list[Membership]] = defaultdict(list)
    doses: defaultdict[int, list[Dose]] = defaultdict(list)
    of_them = "WHERE customer_id = ANY($1) ORDER BY customer_id"
    for row in tx.rows_in(f"SELECT {memberships.COLUMNS} FROM membership {of_them}, membership_id", by_id.keys()):
        rows[row["customer_id"]].append(Membership(**row))
    for row in tx.rows_in(f"SELECT {vaccinations.COLUMNS} FROM dose {of_them}, dose_id", by_id.keys()):
        doses[row["customer_id"]].append(Dose(**row))
    payments = recent_doses.read_payments(tx, [dose.dose_id for own in doses.values() for dose in own])
    return {number: Person(customer, rows[number], doses[number], payments) for number, customer in by_id.items()}


def save(
    tx: Transaction, at: datetime, actor: Actor, registration_id: int, planned: Sequence[PlannedEntry], today: date
) -> list[SavedEntry]:
    """Validate the planned entries anew and write all of them in the open transaction; return them in the same order.

    Raises what :func:`require_valid` raises for the first that cannot be saved; Forbidden, NotFound.
    """
    validated = []
    for each, validation in revalidate(tx, at, actor, planned, today):
        require_valid(validation, each)
        validated.append((each, validation))
    return write(tx, at, actor, registration_id, validated)


def revalidate(
    tx: Transaction, at: datetime, actor: Actor, planned: Sequence[PlannedEntry], today: date
) -> Iterator[tuple[PlannedEntry, Validation]]:
    """Lock the customers until ``tx`` ends, and validate each entry as if those before it were saved.

    Raises Forbidden, NotFound.
    """
    locked = customers.lock(tx, at, actor, {each.customer_id for each in planned})
    people, context = read_people(tx, locked.values()), read_validation_context(tx, today)
    for each in planned:
        require_unit(actor, each.entry.unit_id)
        person = people[each.customer_id]
        validation = validate(person, each.entry, context)
        yield each, validation
        if validation.can_be_saved:
            people[each.customer_id] = with_rows(person, *provisional_rows(each, validation, at, actor))
            remember_batch(each.entry, context)


def clean_reason(reason: str) -> str:
    """Return the reason as it is stored. Raises Invalid if it is too long or may hold an identity number."""
    return clean_note(reason, LONGEST_REASON)


def doubt_columns(concerns: Concerns, reason: str) -> Row:
    """Return the columns of a row for its concerns and the reason that accepts them; None where there are none."""
    if not concerns:
        return {"doubts": None, "reason": None}
    return {"doubts": json.dumps(sorted(concerns)), "reason": clean_reason(reason) or None}


def last_row_number(tx: Transaction, registration_id: int) -> int:
    """Return the number of the last row of a round; 0 if it has none."""
    sql = "SELECT COALESCE(max(row_number), 0) AS last FROM registration_row WHERE registration_id = $1"
    last: int = tx.rows(sql, registration_id)[0]["last"]
    return last


def require_valid(validation: Validation, planned: PlannedEntry) -> None:
    """Raise ReasonRequired for concerns not accepted or without a reason; AlreadyRegistered, Invalid, Conflict."""
    if validation.outcome is Outcome.ALREADY and validation.error:
        raise AlreadyRegistered(validation.error.key, field=validation.error.field, **validation.error.params)
    if validation.error:
        raise validation.error
    left = unaccepted(validation.concerns, planned.accepted) if clean_reason(planned.reason) else validation.concerns
    if left:
        raise ReasonRequired(validation.concerns)


def provisional_rows(
    planned: PlannedEntry, validation: Validation, at: datetime, actor: Actor
) -> tuple[Membership | None, Dose | None]:
    """Return the rows of the entry without ids, so that the person's next entry is validated with them."""
    entry, new = planned.entry, None
    if validation.existing_membership is None and entry.group_code:
        new = Membership(
            0, planned.customer_id, entry.group_code, entry.subgroup_code, entry.valid_from, entry.valid_to,
            entry.unit_id, at, actor.user_id, None, None, None, 1,
        )  # fmt: skip
    membership = validation.existing_membership or new
    dose = entry.dose_entry(validation.dose_number, membership.membership_id if membership else None)
    given = None if dose is None else Dose(
        0, planned.customer_id, dose.product_code or "", dose.batch_number, dose.dose_number, dose.given_on,
        dose.unit_id, dose.membership_id, entry.group_code, entry.subgroup_code, False, at, actor.user_id, at,
        None, None, None, 1,
    )  # fmt: skip
    return new, given


def write(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    registration_id: int,
    validated: Sequence[tuple[PlannedEntry, Validation]],
) -> list[SavedEntry]:
    """Write valid entries in the open transaction, and return them in the same order."""
    memberships_by_place = _write_memberships(tx, at, actor, validated)
    doses = _write_doses(tx, at, actor, validated, memberships_by_place)
    first = last_row_number(tx, registration_id) + 1
    made = [
        SavedEntry(
            first + place,
            planned,
            validation,
            memberships_by_place.get(place) if validation.existing_membership is None else None,
            doses.get(place),
        )
        for place, (planned, validation) in enumerate(validated)
    ]
    rows = [_to_row(registration_id, each, at) for place, each in enumerate(made)]
    tx.load("registration_row", pa.Table.from_pylist(rows, SCHEMA))
    return made


def _write_memberships(
    tx: Transaction, at: datetime, actor: Actor, validated: Sequence[tuple[PlannedEntry, Validation]]
) -> dict[int, Membership]:
    """Map each place to its membership: the existing one, or the one that is added."""
    new = [
        place
        for place, (each, validation) in enumerate(validated)
        if each.entry.group_code and not validation.existing_membership
    ]
    memberships_by_place = {
        place: validation.existing_membership
        for place, (_, validation) in enumerate(validated)
        if validation.existing_membership
    }
    for unit_id, places in _split_by_unit(validated, new):
        entries = [(validated[place][0].customer_id, validated[place][0].entry.membership_entry()) for place in places]
        added = memberships.insert(tx, at, replace(actor, unit_id=unit_id), entries)
        memberships_by_place |= dict(zip(places, added, strict=True))
    written = {_membership_key(row): row for row in memberships_by_place.values() if row.membership_id}
    # A membership that an earlier entry of the same person adds has its id only now.
    return {
        place: row if row.membership_id else written[_membership_key(row)]
        for place, row in memberships_by_place.items()
    }


def _membership_key(row: Membership) -> tuple[object, ...]:
    return row.customer_id, row.group_code, row.subgroup_code, row.valid_from, row.valid_to


def _write_doses(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    validated: Sequence[tuple[PlannedEntry, Validation]],
    memberships_by_place: Mapping[int, Membership],
) -> dict[int, Dose]:
    """Map each place to the dose that is added."""
    with_dose = [place for place, (planned, _) in enumerate(validated) if planned.entry.given_on]
    written: dict[int, Dose] = {}
    for unit_id, places in _split_by_unit(validated, with_dose):
        entries = []
        for place in places:
            planned, validation = validated[place]
            row = memberships_by_place.get(place)
            dose_entry = planned.entry.dose_entry(validation.dose_number, row.membership_id if row else None)
            assert dose_entry is not None  # noqa: S101 (there is a day)
            dose_entry = replace(dose_entry, reason=planned.reason if validation.concerns else "")
            entries.append((planned.customer_id, dose_entry, (planned.entry.group_code, planned.entry.subgroup_code)))
        given = vaccinations.insert(tx, at, replace(actor, unit_id=unit_id), entries)
        written |= dict(zip(places, given, strict=True))
    return written


def _split_by_unit(
    validated: Sequence[tuple[PlannedEntry, Validation]], places: Sequence[int]
) -> Iterator[tuple[str, list[int]]]:
    """Group the places by unit: each change is logged at the unit of its entry."""
    units: dict[str, list[int]] = {}
    for place in places:
        units.setdefault(validated[place][0].entry.unit_id, []).append(place)
    yield from units.items()


def _to_row(registration_id: int, made: SavedEntry, at: datetime) -> Row:
    planned = made.planned
    return {
        "registration_id": registration_id,
        "row_number": made.row_number,
        "customer_id": planned.customer_id,
        "row_key": planned.key,
        "membership_id": made.membership and made.membership.membership_id,
        "membership_version": made.membership and made.membership.version,
        "dose_id": made.dose and made.dose.dose_id,
        "dose_version": made.dose and made.dose.version,
        "was": None,
        "group_code": planned.entry.group_code,
        "subgroup_code": planned.entry.subgroup_code,
        "day": planned.entry.day,
        "product_code": planned.entry.product_code,
        **doubt_columns(made.validation.concerns, planned.reason),
        "registered_at": at,
    }
