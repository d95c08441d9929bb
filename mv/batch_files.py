"""Files of batches: product, number and expiry of each, all of them known afterwards, or none of the file.

The same file again changes nothing: a batch that is known as the row says is there already.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from mv import audit, catalogue
from mv.access import Action, Actor, require_unit
from mv.batches import batch as batch_rows
from mv.batches import receiving
from mv.batches.batch import Batch, BatchKey, appearance
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict, Invalid, MvError
from mv.i18n import explain, translate, translate_count
from mv.registration.code_lookup import CodeLookup
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files import cells, column_guess, problem_report
from mv.tabular_files.table import Problem, Record, Table

T = TypeVar("T")


class Column(StrEnum):
    """A kind of column."""

    VACCINE = "vaccine"
    BATCH = "batch"
    EXPIRY = "expires_on"


HEADINGS: Mapping[Column, Sequence[str]] = {
    Column.EXPIRY: (
        "utgangsdag", "utgangsdatum", "gar ut", "utgar", "hallbarhet", "bast fore", "expires on", "expiry", "exp",
        "expiry date",
    ),
    Column.BATCH: ("batchnummer", "batch", "sats", "satsnummer", "satsnr", "lot", "batch number"),
    Column.VACCINE: ("vaccin", "vaccine", "preparat", "produkt", "product", "lakemedel", "vara"),
}  # fmt: skip
"""Known headings of each column, the surest first."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a file of batches comes to: those that are new, the known ones whose expiry it says, and its problems."""

    rows: int
    new: Sequence[Batch]
    said: Sequence[tuple[Batch, date]]
    problems: Sequence[Problem]

    @property
    def can_be_saved(self) -> bool:
        """Whether nothing in the file is wrong, and there is something to save."""
        return not self.problems and bool(self.new or self.said)


def read_plan(store: Store, actor: Actor, table: Table, unit_id: str = "") -> BatchPlan:
    """Return what the file comes to, without saving. Raises Invalid where a column is missing, Forbidden."""
    return audit.perform(store, actor, Action.RECEIVE_BATCH, lambda tx: _plan(tx, store, actor, table, unit_id))


def import_file(store: Store, actor: Actor, table: Table, unit_id: str = "") -> BatchPlan:
    """Save the whole file, and return what it came to. ``unit_id`` is where the batches were received, if told.

    Raises Invalid, and saves nothing, if a row is wrong or a column is missing; Forbidden for another unit.
    """

    def work(tx: Transaction) -> BatchPlan:
        at = store.now()
        plan = _plan(tx, store, actor, table, unit_id)
        if plan.problems:
            raise Invalid(N_("Nothing was imported: not every row can be, or none is to be."))
        receiving.insert(tx, at, actor, plan.new, "imported")
        for batch, expires_on in plan.said:
            receiving.say_expiry(tx, at, actor, batch, expires_on)
        if plan.new:
            audit.record(tx, at, actor, Action.RECEIVE_BATCH, change="imported", rows=len(plan.new))
        return plan

    return audit.perform(store, actor, Action.RECEIVE_BATCH, work)


def _plan(tx: Transaction, store: Store, actor: Actor, table: Table, unit_id: str) -> BatchPlan:
    if unit_id:
        require_unit(actor, unit_id)
    columns = column_guess.guess(table.headings, HEADINGS, {})
    for column, missing in (
        (Column.VACCINE, N_("The file has no column with the vaccine.")),
        (Column.BATCH, N_("The file has no column with the batch number.")),
    ):
        if column not in columns:
            raise Invalid(missing)
    known = catalogue.read(tx)
    stored = batch_rows.read_all(tx)
    looks = {(product, appearance(number)): number for product, number in stored}
    reader = _Reader(table, columns, CodeLookup(known), known, store.today(), stored, looks)
    for record in table.records:
        reader.read(record)
    new = [
        Batch(*key, expires_on, store.now(), actor.user_id, unit_id or actor.unit_id or None)
        for key, (_, expires_on) in reader.found.items()
        if key not in reader.stored
    ]
    said = [
        (reader.stored[key], expires_on)
        for key, (_, expires_on) in reader.found.items()
        if key in reader.stored and expires_on and expires_on != reader.stored[key].expires_on
    ]
    return BatchPlan(len(table.records), new, said, reader.problems)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rows: what is ``found`` of each batch, with the row that says it, and the ``problems`` of cells."""

    table: Table
    columns: Mapping[Column, str]
    names: CodeLookup
    known: Catalogue
    today: date
    stored: Mapping[BatchKey, Batch]
    looks: dict[BatchKey, str]
    """A number of each product that looks so."""
    found: dict[BatchKey, tuple[int, date | None]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, record: Record) -> None:
        before = len(self.problems)
        product = self._cell(record, Column.VACCINE, self.names.vaccine, needed=True)
        number = self._cell(record, Column.BATCH, batch_rows.clean_number, needed=True)
        expires_on = self._cell(record, Column.EXPIRY, cells.parse_day)
        if len(self.problems) > before or product is None or number is None:
            return
        key = (product, number)
        try:
            receiving.check(self.known, product, number, expires_on, self.today)
        except Invalid as error:
            self._add(record, Column.EXPIRY, error)
            return
        self._compare(record, key, expires_on)
        row, earlier = self.found.get(key, (record.number, None))
        self.found[key] = (row, expires_on or earlier)

    def _compare(self, record: Record, key: BatchKey, expires_on: date | None) -> None:
        """Collect a problem where the row says another expiry than the store or a row above, or looks like another."""
        row, earlier = self.found.get(key, (0, None))
        if expires_on and earlier and earlier != expires_on:
            other = N_("Row {row} says another expiry of the same batch, {day}. Change one of them.")
            self._add(record, Column.EXPIRY, Conflict(other, row=row, day=earlier))
        stored = self.stored.get(key)
        if stored and stored.expires_on and expires_on and stored.expires_on != expires_on:
            differs = N_("The batch is known with the expiry {day}. Change it on the page Batch numbers, or this row.")
            self._add(record, Column.EXPIRY, Conflict(differs, day=stored.expires_on))
        alike = self.looks.setdefault((key[0], appearance(key[1])), key[1])
        if not stored and alike != key[1]:
            asked = N_("Batch {batch} is not known, but {other} is. Did you mean {other}?")
            self._add(record, Column.BATCH, Conflict(asked, batch=key[1], other=alike))

    def _cell(self, record: Record, column: Column, parse: Callable[[str], T], *, needed: bool = False) -> T | None:
        if column not in self.columns:
            return None
        text = record.cells[self.table.headings.index(self.columns[column])]
        if not text:
            if needed:
                self._add(record, column, Invalid(N_("This is missing.")))
            return None
        try:
            return parse(cells.parse_value(text))
        except MvError as error:
            self._add(record, column, error)
            return None

    def _add(self, record: Record, column: Column, error: MvError) -> None:
        self.problems.append(Problem(record.number, self.columns.get(column, ""), error))


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an import of batches. ``error`` says why the file was not read."""

    table: Table | None
    plan: BatchPlan | None
    language: str
    dry_run: bool = False
    saved: bool = False
    error: MvError | None = None

    @property
    def done(self) -> bool:
        """Whether all of the file is in the store now, or would be after a dry run."""
        return self.error is None and self.plan is not None and not self.plan.problems

    def to_json(self) -> str:
        """Return the report as a JSON object, which docs/commands.md describes."""
        return json.dumps(self._content(), ensure_ascii=False, indent=2)

    def to_text(self) -> str:
        """Return the report as text, with a line for each problem."""
        lines = [explain(self.error, self.language)] if self.error else []
        if self.plan:
            lines.append(translate_count("{count} row", "{count} rows", self.plan.rows, self.language))
            new = translate(N_("New batches: {count}"), self.language)
            said = translate(N_("Known batches whose expiry is new: {count}"), self.language)
            lines += [new.format(count=len(self.plan.new)), said.format(count=len(self.plan.said))]
            lines += [problem.label(self.language) for problem in self.plan.problems]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        if self.saved:
            return translate(N_("All of it is imported."), self.language)
        if not self.done:
            return translate(N_("Nothing was imported."), self.language)
        if self.plan and self.plan.can_be_saved:
            return translate(N_("All of it can be imported; nothing was, since it was only tried."), self.language)
        return translate(N_("There is nothing to import: all of it is there already."), self.language)

    def _content(self) -> dict[str, object]:
        found = self.plan.problems if self.plan else ()
        problems = problem_report.describe(self.table, found, self.error, self.language)
        rows, new, said = (self.plan.rows, len(self.plan.new), len(self.plan.said)) if self.plan else (0, 0, 0)
        return {
            "done": self.done,
            "dry_run": self.dry_run,
            "rows": rows,
            "saved": new + said if self.saved else 0,
            "counts": {"new": new, "expiry": said},
            "problems": problems,
        }
