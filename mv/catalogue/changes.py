"""Changes of the catalogue by a lead: saved all or none, each with what was before, and undone once.

No row is ever deleted, since records name it: one that is not to be chosen any more ends with a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mv import audit
from mv.access import Action, Actor
from mv.catalogue import tables
from mv.catalogue.tables import TABLES, VACCINE, CatalogueRow, CatalogueTable, Column, Kind, Value
from mv.catalogue.validation import Rows, faults
from mv.catalogue.values import label
from mv.clock import to_local
from mv.errors import N_, Conflict, Invalid, MvError
from mv.i18n import translate
from mv.store import Store
from mv.store.engine import Row, Transaction

NOTHING = "–"
"""Stands for no value."""
COLUMNS = "table_name, row_key, version, change, changed_at, changed_by, was, becomes"


class ChangeKind(StrEnum):
    """The kind of change, with the same words in the history and in the access log."""

    ADDED = "added"
    CORRECTED = "corrected"
    ENDED = "ended"
    REOPENED = "reopened"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a row, with its time (naive UTC) and user; ``was`` is None where the row was added."""

    kind: ChangeKind
    was: CatalogueRow | None
    becomes: CatalogueRow
    changed_at: datetime
    changed_by: str

    @property
    def can_be_undone(self) -> bool:
        """Whether it can be, as long as it is the latest of its row: an undoing is not, nor is what was added."""
        return self.was is not None and self.kind != ChangeKind.UNDONE


def differing(was: CatalogueRow, becomes: CatalogueRow) -> list[tuple[Column, Value, Value]]:
    """Return the columns in which the rows differ, each with the values before and after."""
    return [
        (column, was.values[column.name], becomes.values[column.name])
        for column in becomes.table.columns
        if was.values[column.name] != becomes.values[column.name]
    ]


def describe(was: CatalogueRow, becomes: CatalogueRow, language: str) -> str:
    """Return what differs between the rows: each column with the values before and after."""
    return "; ".join(
        f"{translate(column.title, language)}: {_shown(column, before, language)} → {_shown(column, after, language)}"
        for column, before, after in differing(was, becomes)
    )


def rows_of(store: Store, actor: Actor, table: CatalogueTable) -> dict[str, CatalogueRow]:
    """Return every row of the table, by its code."""
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    with store.read() as tx:
        return tables.read(tx, table)


def history(store: Store, actor: Actor, table: CatalogueTable, key: str | None = None) -> list[Change]:
    """Return every change of the table, or of the row with this code, the latest first."""
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    sql = f"""
        SELECT {COLUMNS} FROM catalogue_change WHERE table_name = $1 AND row_key = COALESCE($2, row_key)
        ORDER BY changed_at DESC, row_key, version DESC
    """
    with store.read() as tx:
        return [_change(row) for row in tx.rows(sql, table.name, key)]


def faults_of(store: Store, actor: Actor, row: CatalogueRow) -> list[tuple[Column, MvError]]:
    """Return what keeps the row from being saved, by column."""
    audit.permit(store, actor, Action.CHANGE_CATALOGUE)
    with store.read() as tx:
        before = read_all(tx)
    return list(faults(row, before[row.table.name].get(row.key), rows_after(before, [row])))


def save(store: Store, actor: Actor, rows: Sequence[CatalogueRow]) -> list[CatalogueRow]:
    """Save rows, all or none, keep and log each change; return those that changed, with their new versions.

    A row has the version that was seen, a new one 0. Raises Invalid for a row that cannot be right; Conflict where
    somebody else changed it since, or a new one is there already.
    """

    return audit.perform(store, actor, Action.CHANGE_CATALOGUE, lambda tx: save_in(tx, store.now(), actor, rows))


def save_in(
    tx: Transaction, at: datetime, actor: Actor, rows: Sequence[CatalogueRow], kind: ChangeKind | None = None
) -> list[CatalogueRow]:
    """Save rows in the open transaction, as :func:`save` does."""
    changes = write(tx, at, actor.user_id, rows, kind)
    _log(tx, at, actor, changes)
    return [change.becomes for change in changes]


def undo(store: Store, actor: Actor, row: CatalogueRow) -> CatalogueRow:
    """Undo the latest change of the row, which is as it was seen; return it as it is then.

    Raises Conflict where somebody changed it since, or the change is an undoing itself or added the row.
    """

    def work(tx: Transaction) -> CatalogueRow:
        at = store.now()
        now = tables.read(tx, row.table).get(row.key)
        if now is None or now.version != row.version:
            raise _changed_meanwhile(tx, row)
        latest = tx.row(
            f"SELECT {COLUMNS} FROM catalogue_change WHERE table_name = $1 AND row_key = $2 AND version = $3",
            row.table.name, row.key, row.version,
        )  # fmt: skip
        change = _change(latest) if latest else None
        if change is None or change.was is None or not change.can_be_undone:
            raise Conflict(N_("There is no change of {code} that can be undone."), code=row.key)
        return save_in(tx, at, actor, [row.with_values(**change.was.values)], ChangeKind.UNDONE)[0]

    return audit.perform(store, actor, Action.CHANGE_CATALOGUE, work)


def write(
    tx: Transaction, at: datetime, by: str, rows: Sequence[CatalogueRow], kind: ChangeKind | None = None
) -> list[Change]:
    """Write rows in the open transaction, as :func:`save` does, without a log entry; return what changed."""
    before = read_all(tx)
    after = rows_after(before, rows)
    changes = []
    for row in sorted(rows, key=lambda row: TABLES.index(row.table)):
        was = before[row.table.name].get(row.key)
        if (was.version if was else 0) != row.version:
            raise _changed_meanwhile(tx, row)
        if was is not None and not differing(was, row):
            continue
        for column, error in faults(row, was, after):
            raise Invalid(N_("In {code}, {column}: {what}"), code=row.key, column=Title(column), what=error)
        changes.append(Change(kind or _kind(was, row), was, _write(tx, row), at, by))
    _write_packs(tx, changes)
    for change in changes:
        _keep(tx, change)
    return changes


@dataclass(frozen=True, slots=True)
class Title:
    """A column in a message, by its title."""

    column: Column

    def label(self, language: str) -> str:
        """Return the title in ``language``."""
        return translate(self.column.title, language)


def read_all(tx: Transaction) -> Rows:
    """Return every row of every table."""
    return {table.name: tables.read(tx, table) for table in TABLES}


def rows_after(before: Rows, rows: Iterable[CatalogueRow]) -> Rows:
    """Return all rows as they are once ``rows`` are saved."""
    after = {name: dict(found) for name, found in before.items()}
    for row in rows:
        after[row.table.name][row.key] = row
    return after


def _shown(column: Column, value: Value, language: str) -> str:
    return label(column, value, language) or NOTHING


def _kind(was: CatalogueRow | None, becomes: CatalogueRow) -> ChangeKind:
    if was is None:
        return ChangeKind.ADDED
    if [column.name for column, *_values in differing(was, becomes)] != ["valid_to"]:
        return ChangeKind.CORRECTED
    return ChangeKind.ENDED if becomes.values["valid_to"] else ChangeKind.REOPENED


def _write(tx: Transaction, row: CatalogueRow) -> CatalogueRow:
    """Insert the row, or update it at the version that was seen; return it with its new version."""
    columns = [column for column in row.table.columns if column.kind != Kind.GTINS]
    values = [row.values[column.name] for column in columns]
    names = [column.name for column in columns]
    if row.version == 0:
        places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
        tx.execute(f"INSERT INTO {row.table.name} ({', '.join(names)}, version) VALUES ({places}, 1)", *values)
        return CatalogueRow(row.table, row.values, 1)
    keys = row.table.keys
    settings = ", ".join(f"{name} = ${n}" for n, name in enumerate(names[keys:], start=keys + 1))
    same = " AND ".join(f"{name} = ${n}" for n, name in enumerate(names[:keys], start=1))
    found = tx.row(
        f"UPDATE {row.table.name} SET {settings}, version = version + 1"
        f" WHERE {same} AND version = ${len(names) + 1} RETURNING version",
        *values,
        row.version,
    )
    if found is None:
        raise _changed_meanwhile(tx, row)
    return CatalogueRow(row.table, row.values, found["version"])


def _write_packs(tx: Transaction, changes: Iterable[Change]) -> None:
    """Write the GTINs of vaccines; one that goes from a vaccine to another is given before it is taken away."""
    vaccines = [(change.becomes.key, *_packs(change)) for change in changes if change.becomes.table is VACCINE]
    for code, was, becomes in vaccines:
        for gtin in sorted(becomes - was):
            tx.execute(
                "INSERT INTO vaccine_pack (gtin, product_code) VALUES ($1, $2)"
                " ON CONFLICT (gtin) DO UPDATE SET product_code = excluded.product_code",
                gtin, code,
            )  # fmt: skip
    for code, was, becomes in vaccines:
        for gtin in sorted(was - becomes):
            tx.execute("DELETE FROM vaccine_pack WHERE gtin = $1 AND product_code = $2", gtin, code)


def _packs(change: Change) -> tuple[set[str], set[str]]:
    was, becomes = (row.values["gtins"] if row else () for row in (change.was, change.becomes))
    return set(was) if isinstance(was, tuple) else set(), set(becomes) if isinstance(becomes, tuple) else set()


def _keep(tx: Transaction, change: Change) -> None:
    row = change.becomes
    places = ", ".join(f"${n}" for n in range(1, 9))
    tx.execute(
        f"INSERT INTO catalogue_change ({COLUMNS}) VALUES ({places})",
        row.table.name, row.key, row.version, change.kind, change.changed_at, change.changed_by,
        tables.to_json(change.was) if change.was else None, tables.to_json(row),
    )  # fmt: skip


def _log(tx: Transaction, at: datetime, actor: Actor, changes: Iterable[Change]) -> None:
    for change in changes:
        row = change.becomes
        detail = {"table": row.table.name, "code": row.key, "version": row.version, "change": change.kind}
        audit.record(tx, at, actor, Action.CHANGE_CATALOGUE, **detail)


def _change(row: Row) -> Change:
    table = next(table for table in TABLES if table.name == row["table_name"])
    was = tables.from_json(table, row["was"], row["version"] - 1) if row["was"] else None
    becomes = tables.from_json(table, row["becomes"], row["version"])
    return Change(ChangeKind(row["change"]), was, becomes, row["changed_at"], row["changed_by"])


def _changed_meanwhile(tx: Transaction, row: CatalogueRow) -> Conflict:
    if row.version == 0:
        return Conflict(N_("There is a row with the code {code} already. Nothing was saved."), code=row.key)
    sql = """
        SELECT changed_by, changed_at FROM catalogue_change WHERE table_name = $1 AND row_key = $2
        ORDER BY version DESC LIMIT 1
    """
    last = tx.row(sql, row.table.name, row.key)
    return Conflict(
        N_("{who} changed {code} at {time}. It is shown as it is now; nothing was overwritten."),
        who=last["changed_by"] if last else "?",
        code=row.key,
        time=f"{to_local(last['changed_at']):%Y-%m-%d %H:%M}" if last else "?",
    )
