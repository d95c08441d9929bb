"""Read a file of bookings against the store: its rows, their customers and bookings, and the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mv import catalogue, customers
from mv.access import Actor, require_unit, split_by_care_relation
from mv.booking_files import columns as file_columns
from mv.booking_files.calendars import Calendar
from mv.booking_files.columns import Column, ColumnHeadings
from mv.booking_files.plan import Plan, PlannedRow, RowState, Source
from mv.booking_files.row_validation import Known, RowValidator
from mv.booking_files.rows import FileBooking, TableReader, read_events
from mv.bookings import BookingState, changes
from mv.bookings.changes import BookingRow
from mv.clock import day_bounds, to_local
from mv.errors import N_, Conflict, Invalid
from mv.registration.code_lookup import CodeLookup
from mv.store.engine import Transaction
from mv.tabular_files.table import Problem, Table

MOST_ROWS = 20_000
SOURCE_COLUMNS = "unit_id, external_id, booking_id, sequence, starts_at, product_code, state"
SOURCES = f"SELECT {SOURCE_COLUMNS} FROM booking_source WHERE external_id = ANY($1) AND unit_id = $2"
FROM_FILES = "SELECT booking_id FROM booking_source WHERE booking_id = ANY($1)"
EXPECTED = f"""
    SELECT {SOURCE_COLUMNS} FROM booking_source
    WHERE unit_id = $1 AND state = 'booked' AND starts_at >= $2 AND starts_at < $3 ORDER BY booking_id
"""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file, a table with its columns or a calendar, and the unit of rows that name none.

    ``has_all``: it has every booking of the days from its first to its last, so that others are gone.
    """

    file: Table | Calendar
    columns: ColumnHeadings
    unit_id: str | None
    has_all: bool = True

    @property
    def table(self) -> Table:
        """The table, or what may be quoted of the calendar."""
        return self.file.table if isinstance(self.file, Calendar) else self.file

    @property
    def marks_gone(self) -> bool:
        """Whether a booking that the file lacks is gone; never by a message about some bookings."""
        return self.has_all and (not isinstance(self.file, Calendar) or self.file.lists_all)


def build_plan(tx: Transaction, at: datetime, today: date, actor: Actor, request: ImportRequest) -> Plan:
    """Return the plan of the file, read in the open transaction.

    Raises Invalid for more than MOST_ROWS rows and for columns that do not suffice; Forbidden for another unit.
    """
    if request.unit_id is not None:
        require_unit(actor, request.unit_id)
    if len(request.table.records) > MOST_ROWS:
        raise Invalid(N_("The file has more than {most} rows. Divide it into several."), most=MOST_ROWS)
    catalogue_now = catalogue.read(tx)
    rows, problems = _read_rows(request, CodeLookup(catalogue_now), today)
    headings = _headings(request)
    problems += _problems_of_keys(rows, actor, headings)
    known = _load(tx, at, actor, rows, headings, problems)
    validator = RowValidator(known, catalogue_now, today, headings, problems)
    lines = validator.plan(rows)
    gone, gone_sources, days = _gone(tx, at, request, rows)
    wrong = {problem.row for problem in problems}
    by_number = {line.number: line for line in lines}
    in_order = [
        PlannedRow(record.number, RowState.WRONG) if record.number in wrong else by_number[record.number]
        for record in request.table.records
    ]
    changed = [change for line in lines if (change := line.change)]
    owners = {before.customer_id for before, _after in [*changed, *gone]}
    people = {customer.customer_id: customer for customer in customers.read(tx, owners)}
    return Plan(
        in_order,
        sorted(problems, key=lambda problem: problem.row),
        validator.new_people,
        people,
        gone,
        gone_sources,
        days,
        known.seen | people.keys(),
        known.unrelated,
    )


def _read_rows(request: ImportRequest, names: CodeLookup, today: date) -> tuple[list[FileBooking], list[Problem]]:
    if isinstance(request.file, Calendar):
        return read_events(request.file, names, request.unit_id, today)
    table = request.file
    file_columns.check(request.columns)
    places = {column: [table.headings.index(heading)] for column, heading in request.columns.items()}
    reader = TableReader(table.headings, places, names, request.unit_id, today, table.encoding)
    return [row for record in table.records if (row := reader.read(record))], reader.problems


def _headings(request: ImportRequest) -> Mapping[Column, str]:
    """Return where a problem of each column is told; a calendar has its properties."""
    if not isinstance(request.file, Calendar):
        return request.columns
    of_texts = dict.fromkeys((Column.IDENTITY, Column.VACCINE), "SUMMARY")
    return of_texts | {Column.ID: "UID", Column.DAY: "DTSTART"}


def _problems_of_keys(rows: Sequence[FileBooking], actor: Actor, headings: Mapping[Column, str]) -> list[Problem]:
    """Return the problems of rows of other units, and of those with the same id and the same sequence."""
    found: list[Problem] = []
    same: defaultdict[tuple[tuple[str, str], int], list[FileBooking]] = defaultdict(list)
    for row in rows:
        same[row.key, row.sequence].append(row)
        if not actor.owns(row.unit_id):
            not_own = Invalid(N_("The unit is not one of yours. Choose one that is."))
            found.append(Problem(row.number, headings.get(Column.UNIT, ""), not_own))
    for own in same.values():
        for row in own if len(own) > 1 else ():
            other = next(each.number for each in own if each is not row)
            twice = Conflict(N_("Row {row} has the same id. Keep one of them."), row=other)
            found.append(Problem(row.number, headings.get(Column.ID, ""), twice))
    return found


def _load(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    rows: Sequence[FileBooking],
    headings: Mapping[Column, str],
    problems: list[Problem],
) -> Known:
    """Load what is known of the rows' bookings and customers, and collect the problems of unclear numbers."""
    of_unit: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        of_unit[row.unit_id].add(row.external_id)
    sources = [Source(**each) for unit_id, ids in of_unit.items() for each in tx.rows_in(SOURCES, ids, unit_id)]
    bookings = {row.booking_id: row for row in changes.read(tx, [source.booking_id for source in sources])}
    people = [row.identity for row in rows if not row.cancelled]
    unclear = customers.find_unclear(tx, people)
    older = set()
    for row in rows:
        if not row.cancelled and row.identity.century_before and row.identity.number in unclear:
            older.add(unclear[row.identity.number])
            error = customers.UnclearCentury(unclear[row.identity.number])
            problems.append(Problem(row.number, headings.get(Column.IDENTITY, ""), error))
    found = customers.find_by_numbers(tx, sorted({person.number for person in people}))
    ids = {customer.customer_id for customer in found.values()}
    related, unrelated = split_by_care_relation(tx, at, actor, ids)
    unrelated |= split_by_care_relation(tx, at, actor, older)[1]
    booked_here = {booking.customer_id for booking in bookings.values() if actor.owns(booking.unit_id)}
    return Known(
        {source.key: source for source in sources},
        bookings,
        found,
        frozenset(related),
        frozenset(related) | booked_here,
        frozenset(unrelated.keys() - booked_here),
        _by_hand(tx, sorted(related)),
    )


def _by_hand(tx: Transaction, customer_ids: Sequence[int]) -> dict[tuple[object, ...], BookingRow]:
    """Map unit, customer, time and vaccine to the standing booking that no file knows."""
    standing = changes.of_customers(tx, customer_ids)
    known = {each["booking_id"] for each in tx.rows_in(FROM_FILES, [row.booking_id for row in standing])}
    return {
        (row.unit_id, row.customer_id, row.starts_at, row.product_code): row
        for row in standing
        if row.booking_id not in known
    }


def _gone(
    tx: Transaction, at: datetime, request: ImportRequest, rows: Sequence[FileBooking]
) -> tuple[list[tuple[BookingRow, BookingRow]], list[Source], dict[str, tuple[date, date]]]:
    """Return the bookings that the file should have, after the instant ``at``, and has not."""
    if not request.marks_gone:
        return [], [], {}
    in_file = {row.key for row in rows}
    days = _days(rows)
    missing = [
        source
        for unit_id, (first, last) in days.items()
        for each in tx.rows(EXPECTED, unit_id, day_bounds(first)[0], day_bounds(last)[1])
        if (source := Source(**each)).key not in in_file
    ]
    bookings = {row.booking_id: row for row in changes.read(tx, [source.booking_id for source in missing])}
    gone, sources = [], []
    for source in missing:
        booking = bookings[source.booking_id]
        if booking.standing and booking.starts_at > at and booking.unit_id == source.unit_id:
            gone.append((booking, changes.with_state(booking, BookingState.GONE)))
            sources.append(source.with_state(BookingState.GONE))
    return gone, sources, days


def _days(rows: Iterable[FileBooking]) -> dict[str, tuple[date, date]]:
    """Map each unit to the first and the last day of its rows."""
    found: defaultdict[str, list[date]] = defaultdict(list)
    for row in rows:
        if row.starts_at:
            found[row.unit_id].append(to_local(row.starts_at).date())
    return {unit_id: (min(days), max(days)) for unit_id, days in found.items()}
