"""Recall which rows were imported before, and tell how a row differs from what is registered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mv.customers import Customer
from mv.errors import N_, Conflict
from mv.registration.file_import.columns import Column
from mv.registration.file_import.rows import ImportRow
from mv.registration.validation import Validation
from mv.store.engine import Row, Transaction

MERGED = "SELECT customer_id, merged_into FROM customer WHERE merged_into = ANY($1)"
KEYS = "SELECT row_key, registered_at FROM registration_row WHERE row_key = ANY($1)"
EARLIER_KEYS = """
    SELECT r.row_key, r.registered_at, d.batch_number, d.dose_number, COALESCE(d.unit_id, m.unit_id) AS unit_id
    FROM registration_row r
    LEFT JOIN dose_change d ON d.dose_id = r.dose_id AND d.version = r.dose_version
    LEFT JOIN membership m ON m.membership_id = r.membership_id
    WHERE r.row_key = ANY($1)
"""
"""Rows whose keys leave out batch, dose number and unit, with those of what they made."""
MADE = """
    SELECT r.membership_id FROM registration_row r JOIN membership m ON m.membership_id = r.membership_id
    WHERE r.row_key IS NOT NULL AND m.customer_id = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class ImportedRows:
    """What was imported before and not undone: the instant of each row by its key, and the memberships it added."""

    keys: Mapping[str, datetime]
    memberships: frozenset[int]


def read(tx: Transaction, rows: Sequence[ImportRow], found: Mapping[str, Customer]) -> ImportedRows:
    """Return what was imported before for the customers of these rows, who are ``found`` by identity number.

    A row of a record that was merged into the customer's counts as one of the customer.
    """
    ids = {customer.customer_id for customer in found.values()}
    records = {customer_id: [customer_id] for customer_id in ids}
    for merged in tx.rows_in(MERGED, ids):
        records[merged["merged_into"]].append(merged["customer_id"])
    sought: dict[str, str] = {}
    earlier: defaultdict[str, list[tuple[ImportRow, str]]] = defaultdict(list)
    for row in rows:
        if customer := found.get(row.identity.number):
            key = row.entry.key(customer.customer_id)
            for customer_id in records[customer.customer_id]:
                sought[row.entry.key(customer_id)] = key
                earlier[row.entry.earlier_key(customer_id)].append((row, key))
    keys = {sought[each["row_key"]]: each["registered_at"] for each in tx.rows_in(KEYS, sought)}
    for each in tx.rows_in(EARLIER_KEYS, earlier):
        keys |= {key: each["registered_at"] for row, key in earlier[each["row_key"]] if _says_the_same(row, each)}
    return ImportedRows(keys, frozenset(each["membership_id"] for each in tx.rows_in(MADE, ids)))


def _says_the_same(row: ImportRow, made: Row) -> bool:
    entry = row.entry
    if entry.given_on is None:
        return bool(entry.unit_id == made["unit_id"])
    same = (entry.batch_number, entry.unit_id) == (made["batch_number"], made["unit_id"])
    return same and entry.dose_number in (None, made["dose_number"])


def find_difference(row: ImportRow, validation: Validation, imported: ImportedRows) -> tuple[Column, Conflict] | None:
    """Return the column in which a row differs from what is registered of it already, and the error; None if it agrees.

    A group that no file added may have begun before the day of the row, and at another unit.
    """
    entry, dose, group = row.entry, validation.existing_dose, validation.existing_membership
    if dose and entry.dose_number not in (None, dose.dose_number):
        number = N_("The dose is registered already as dose {number}. Correct it on the page Vaccination, or this row.")
        return Column.DOSE_NUMBER, Conflict(number, number=dose.dose_number)
    if dose and entry.unit_id != dose.unit_id:
        unit = N_("The dose is registered already, at another unit. Correct it on the page Vaccination, or this row.")
        return Column.UNIT, Conflict(unit)
    if group is None or not group.membership_id:  # that of another row of the file, which is compared with this one
        return None
    is_imported = group.membership_id in imported.memberships
    if is_imported and row.states_first_day and entry.valid_from != group.valid_from:
        first = N_(
            "The customer is in this group already, with another first day, {day}. Adjust it on the page, or this row."
        )
        return Column.VALID_FROM, Conflict(first, day=group.valid_from)
    if entry.valid_to and entry.valid_to != group.valid_to:
        last = N_("The customer is in this group already, with another last day. Adjust it on the page.")
        return Column.VALID_TO, Conflict(last)
    if entry.given_on is None and entry.valid_to is None and group.valid_to:
        closed = N_(
            "The customer is in this group already, and it ends on {day}. Adjust it on the page, or write that day."
        )
        return Column.VALID_TO, Conflict(closed, day=group.valid_to)
    if is_imported and entry.given_on is None and entry.unit_id != group.unit_id:
        return Column.UNIT, Conflict(
            N_("The group was imported already, at another unit. Remove it first, or correct this row.")
        )
    return None
