"""Read a file of people against the store: its rows, their customers and memberships, and the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from mv import customers, memberships
from mv.access import Actor, require_unit, split_by_care_relation
from mv.errors import N_, Invalid
from mv.memberships import Membership
from mv.pseudonyms import Pseudonyms
from mv.registration import saving
from mv.registration.code_lookup import CodeLookup
from mv.registration.file_import import columns as file_columns
from mv.registration.file_import import exported_layout, exported_validation, imported_rows
from mv.registration.file_import.columns import Column, ColumnHeadings
from mv.registration.file_import.exported_diff import ExportedRowComparer
from mv.registration.file_import.exported_layout import ROW_ID, ROW_VERSION
from mv.registration.file_import.exported_validation import ExportedRow, ExportedRowValidator
from mv.registration.file_import.new_row_validation import NewRowValidator
from mv.registration.file_import.plan import ImportContext, Plan, PlannedRow, RowState
from mv.registration.file_import.rows import ImportRow, RowReader
from mv.registration.validation import ValidationContext
from mv.store.engine import Transaction
from mv.tabular_files.table import Problem, Record, Table

MOST_ROWS = 20_000
ROWS = f"SELECT {memberships.COLUMNS} FROM membership WHERE membership_id = ANY($1)"
CHANGES = """
    SELECT membership_id, version, group_code, subgroup_code, valid_from, valid_to, ended_reason FROM membership_change
    WHERE membership_id = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file, its columns, and the unit and the reason of rows that have none of their own.

    ``columns`` are for files that Utdata did not export. ``pseudonyms`` check the customers of a file without identity
    numbers.
    """

    table: Table
    columns: ColumnHeadings
    unit_id: str | None
    reason: str = ""
    pseudonyms: Pseudonyms | None = None


@dataclass(slots=True)
class _LoadedRows:
    """The rows of a file: new ones, and exported ones with their memberships, as they are now and were then.

    ``older`` are the customers a hundred years older whom a row may mean.
    """

    new: list[ImportRow] = field(default_factory=list)
    records: dict[int, Record] = field(default_factory=dict)
    older: set[int] = field(default_factory=set)
    returned: list[ExportedRow] = field(default_factory=list)
    now: dict[int, Membership] = field(default_factory=dict)
    seen: dict[tuple[int, int], Membership] = field(default_factory=dict)


def build_plan(
    tx: Transaction, at: datetime, today: date, actor: Actor, request: ImportRequest, *, lock: bool = False
) -> Plan:
    """Return the plan of the file, read in the open transaction.

    With ``lock`` the customers are locked until ``tx`` ends. Raises Invalid for more than MOST_ROWS rows, for columns
    that do not suffice, and for an unusable reason; Forbidden for another unit.
    """
    if request.unit_id is not None:
        require_unit(actor, request.unit_id)
    reason, table = saving.clean_reason(request.reason), exported_layout.without_escapes(request.table)
    if len(table.records) > MOST_ROWS:
        raise Invalid(N_("The file has more than {most} rows. Divide it into several."), most=MOST_ROWS)
    context = saving.read_validation_context(tx, today)
    reader, comparer = _make_readers(table, request, context)
    loaded = _load_rows(tx, table, reader, comparer)
    import_context = _load_context(tx, at, actor, loaded, context, lock=lock)
    lines: list[PlannedRow] = []
    if comparer:
        lines += ExportedRowValidator(comparer, import_context, loaded.now, loaded.seen, reason, at, actor).validate(
            loaded.returned
        )
        _check_new_rows(loaded, import_context, comparer)
    validator = NewRowValidator(reader, import_context, reason, at, actor)
    wrong = {problem.row for problem in reader.problems}
    lines += validator.validate([row for row in loaded.new if row.number not in wrong])
    unknown = {row.identity.number for row in loaded.new} - import_context.customers.keys()
    return _in_order(table, lines, validator, frozenset(unknown))


def _make_readers(
    table: Table, request: ImportRequest, context: ValidationContext
) -> tuple[RowReader, ExportedRowComparer | None]:
    """Return the reader of new rows, and for an exported file the comparer; they share one list of problems."""
    names, today = CodeLookup(context.catalogue), context.today
    layout = exported_layout.recognise(table.headings)
    if layout is None:
        file_columns.check(request.columns)
        places = {column: [table.headings.index(heading)] for column, heading in request.columns.items()}
        return RowReader(table.headings, places, names, request.unit_id, today, table.encoding), None
    reader = RowReader(table.headings, layout.of_new_rows(), names, request.unit_id, today, table.encoding)
    comparer = ExportedRowComparer(layout, names, context.catalogue, today, request.pseudonyms, reader.problems)
    return reader, comparer


def _load_rows(tx: Transaction, table: Table, reader: RowReader, comparer: ExportedRowComparer | None) -> _LoadedRows:
    loaded = _LoadedRows()
    for record in table.records:
        if comparer and (comparer.layout.text(record, ROW_ID) or comparer.layout.text(record, ROW_VERSION)):
            back = exported_validation.parse_reference(comparer.layout, record)
            if isinstance(back, ExportedRow):
                loaded.returned.append(back)
            else:
                reader.problems.append(back)
        elif Column.IDENTITY not in reader.places:
            nobody = Invalid(N_("The file has no identity numbers, so it can have no new rows."))
            reader.problems.append(Problem(record.number, comparer.layout.heading(ROW_ID) if comparer else "", nobody))
        elif row := reader.read(record):
            loaded.new.append(row)
            loaded.records[row.number] = record
    unclear = customers.find_unclear(tx, [row.identity for row in loaded.new])
    for row in loaded.new:
        if row.identity.number in unclear and row.identity.century_before:
            loaded.older.add(unclear[row.identity.number])
            reader.add(row.number, Column.IDENTITY, customers.UnclearCentury(unclear[row.identity.number]))
    _load_exported(tx, loaded)
    return loaded


def _load_exported(tx: Transaction, loaded: _LoadedRows) -> None:
    """Load the memberships of the exported rows, and their versions at the export if they have changed since."""
    stored = tx.rows_in(ROWS, {row.membership_id for row in loaded.returned})
    loaded.now = {row["membership_id"]: Membership(**row) for row in stored}
    versions = {row.membership_id: row.version for row in loaded.returned if row.membership_id in loaded.now}
    earlier = [number for number, version in versions.items() if version != loaded.now[number].version]
    for row in tx.rows_in(CHANGES, earlier):
        number = row["membership_id"]
        loaded.seen[number, row["version"]] = replace(loaded.now[number], **row)


def _load_context(
    tx: Transaction, at: datetime, actor: Actor, loaded: _LoadedRows, context: ValidationContext, *, lock: bool
) -> ImportContext:
    found = customers.find_by_numbers(tx, sorted({row.identity.number for row in loaded.new}))
    ids = {customer.customer_id for customer in found.values()} | {row.customer_id for row in loaded.now.values()}
    own, unrelated = split_by_care_relation(tx, at, actor, ids)
    unrelated |= split_by_care_relation(tx, at, actor, loaded.older)[1]
    people = customers.lock(tx, at, actor, own).values() if lock else customers.read(tx, own)
    imported = imported_rows.read(tx, loaded.new, found)
    return ImportContext(found, frozenset(unrelated), saving.read_people(tx, people), imported, context)


def _check_new_rows(loaded: _LoadedRows, context: ImportContext, comparer: ExportedRowComparer) -> None:
    """Collect the problems of new rows in an exported file."""
    for row in loaded.new:
        comparer.check_new(loaded.records[row.number], row.entry.valid_to)
        customer = context.customers.get(row.identity.number)
        if customer and customer.customer_id not in context.unrelated:
            comparer.check_person(loaded.records[row.number], customer)


def _in_order(table: Table, lines: Sequence[PlannedRow], validator: NewRowValidator, unknown: frozenset[str]) -> Plan:
    """Return the plan with each row of the file in order; a row with a problem is wrong."""
    context, problems = validator.context, sorted(validator.reader.problems, key=lambda problem: problem.row)
    wrong = {problem.row for problem in problems}
    by_number = {line.number: line for line in lines}
    in_order = [
        PlannedRow(record.number, RowState.WRONG) if record.number in wrong else by_number[record.number]
        for record in table.records
    ]
    seen = frozenset(number for number in context.people if number > 0)
    return Plan(in_order, problems, validator.new_people, seen, context.unrelated, unknown)
