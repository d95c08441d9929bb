"""A file of users: each is decided about, or invited by e-mail; told as differences first, then saved all or none.

A row is a user, with units that have the row's days; a user with other days at another unit has a row for each. Users
who are not in the file stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from mv import audit, catalogue, invitations, users
from mv.access import EVERY_UNIT, Action, Actor, Role
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict, Invalid, MvError
from mv.registration.code_lookup import CodeLookup
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files.cells import parse_day, parse_value, quote
from mv.tabular_files.column_guess import guess
from mv.tabular_files.table import Problem, Record, Table
from mv.text import fold
from mv.user_units import UserUnit

T = TypeVar("T")


class Column(StrEnum):
    """A column of a file of users."""

    USER = "user"
    EMAIL = "email"
    NAME = "name"
    ROLE = "role"
    UNITS = "units"
    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"


COLUMN_NAMES: Mapping[Column, str] = {
    Column.USER: N_("User, as the sign-in names it"),
    Column.EMAIL: N_("E-mail"),
    Column.NAME: N_("Name"),
    Column.ROLE: N_("Role"),
    Column.UNITS: N_("Units"),
    Column.FIRST_DAY: N_("First day"),
    Column.LAST_DAY: N_("Last day"),
}
HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.USER: ("user", "user id", "anvandare", "anvandarnamn", "anvandar id"),
    Column.EMAIL: ("email", "e mail", "e post", "epost", "mejl", "mail"),
    Column.NAME: ("name", "namn"),
    Column.ROLE: ("role", "roll"),
    Column.UNITS: ("units", "unit", "enheter", "enhet", "mottagning"),
    Column.FIRST_DAY: ("first day", "forsta dag", "from", "fran", "startdatum"),
    Column.LAST_DAY: ("last day", "sista dag", "to", "till", "slutdatum"),
}
"""What headings call each column, folded."""
ROLES: Mapping[str, Role] = {
    **{role.value: role for role in Role},
    "koordinator": Role.COORDINATOR,
    "analytiker": Role.ANALYST,
    "head of unit": Role.LEAD,
    "enhetschef": Role.LEAD,
    "verksamhetschef": Role.LEAD,
    "administrator": Role.ADMINISTRATOR,
}
"""What a role is called in a file, folded."""


class Difference(StrEnum):
    """How a user in the file differs from the store."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PlannedUser:
    """A user of the file: what is to be decided, and the version that the store has, 0 for none."""

    row: int
    user_id: str | None
    email: str | None = field(repr=False)
    name: str = field(repr=False)
    role: Role | None
    units: frozenset[UserUnit] | None
    difference: Difference
    version: int
    blocked: bool = False

    @property
    def label(self) -> str:
        """The user id or the address."""
        return self.user_id or self.email or ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file comes to: its users, and the problems that keep it from being saved."""

    users: tuple[PlannedUser, ...]
    problems: tuple[Problem, ...]

    def count(self, difference: Difference) -> int:
        """Return the number of users with this difference."""
        return sum(user.difference == difference for user in self.users)


@dataclass(slots=True)
class _Read:
    """The rows of a user as they are read."""

    row: int
    user_id: str | None
    email: str | None
    name: str
    role: Role | None
    units: dict[str, UserUnit]


def guess_columns(table: Table) -> dict[Column, str]:
    """Return the heading of each column that the file's headings name."""
    return guess(table.headings, HEADINGS, {})


def preview(store: Store, actor: Actor, table: Table, columns: Mapping[Column, str]) -> Plan:
    """Return what the file comes to. Raises Invalid for columns without a user, an e-mail or a role."""
    audit.permit(store, actor, Action.CHANGE_USER)
    with store.read() as tx:
        return _plan(tx, store.today(), actor, table, columns)


def save(store: Store, actor: Actor, table: Table, columns: Mapping[Column, str], seen: Plan) -> Plan:
    """Save what was ``seen`` in the preview, whole or not at all; log each change; return it.

    Raises Invalid where the file has problems, Conflict where it comes to something else by now.
    """

    def work(tx: Transaction) -> Plan:
        at, plan = store.now(), _plan(tx, store.today(), actor, table, columns)
        if plan.problems:
            raise Invalid(N_("The file has problems, so nothing was saved."))
        if plan != seen:
            raise Conflict(N_("Users were changed since the file was looked at. Nothing was saved; look at it again."))
        for user in plan.users:
            if user.difference != Difference.SAME:
                _save(tx, at, actor, user)
        return plan

    return audit.perform(store, actor, Action.CHANGE_USER, work)


def _save(tx: Transaction, at: datetime, actor: Actor, user: PlannedUser) -> None:
    if user.user_id is not None:
        users.assign(
            tx, at, actor, user.user_id, user.version, user.role, user.units, blocked=user.blocked, name=user.name
        )
    else:
        invitations.write(tx, at, actor, user.email or "", user.version, user.role, user.units or (), name=user.name)


def _plan(tx: Transaction, today: date, actor: Actor, table: Table, columns: Mapping[Column, str]) -> Plan:
    if not {Column.USER, Column.EMAIL} & columns.keys():
        raise Invalid(N_("The file needs a column with the user or with the e-mail."))
    if Column.ROLE not in columns:
        raise Invalid(N_("The file needs a column with the role."))
    known, found, problems = catalogue.read(tx), dict[tuple[str, str], _Read](), list[Problem]()
    reader = _Reader(table, columns, known, problems)
    by_email = {user.email: user.user_id for user in users.read_all(tx, today) if user.email}
    for record in table.records:
        row = reader.read(record)
        if row is None:
            continue
        if row.email and row.email in by_email:  # who has signed in with the address is that user
            row.user_id, row.email = by_email[row.email], None
        key = ("user", row.user_id) if row.user_id else ("email", row.email or "")
        first = found.setdefault(key, row)
        if first is not row:
            reader.join(first, row, record)
    planned = [_planned(tx, today, row) for row in found.values()]
    for user in planned:
        if (error := _refusal(tx, today, actor, user, known)) is not None:
            problems.append(Problem(user.row, reader.heading_of(Column.ROLE), error))
    return Plan(tuple(planned), tuple(sorted(problems, key=lambda problem: problem.row)))


def _planned(tx: Transaction, today: date, row: _Read) -> PlannedUser:
    """Hold a user of the file against the store. A name is taken for a new user; later the sign-in says it."""
    units: frozenset[UserUnit] | None = frozenset(row.units.values())
    if row.user_id is not None:
        units = units or None
        there = users.read(tx, row.user_id, today)
        if there is None:
            return PlannedUser(row.row, row.user_id, None, row.name, row.role, units, Difference.NEW, 0)
        same = (there.decided_role, there.decided_units) == (row.role, units)
        how = Difference.SAME if same else Difference.CHANGED
        return PlannedUser(row.row, row.user_id, None, there.name, row.role, units, how, there.version, there.blocked)
    invited = next((each for each in invitations.read_open(tx) if each.email == row.email), None)
    if invited is None:
        return PlannedUser(row.row, None, row.email, row.name, row.role, units, Difference.NEW, 0)
    name = row.name or invited.name
    same = (invited.name, invited.role, invited.units) == (name, row.role, units)
    how = Difference.SAME if same else Difference.CHANGED
    return PlannedUser(row.row, None, row.email, name, row.role, units, how, invited.version)


def _refusal(tx: Transaction, today: date, actor: Actor, user: PlannedUser, known: Catalogue) -> MvError | None:
    """Return the error with which saving this user would be refused."""
    if user.user_id is None:
        return None if user.role else Invalid(N_("Choose the role of whoever is invited."))
    try:
        before = users.read(tx, user.user_id, today)
        claimed = users.claimed_role(tx, user.user_id)
        users.check(actor, user.user_id, before, user.role, user.units, known, blocked=user.blocked, claimed=claimed)
    except MvError as error:
        return error
    return None


class _Reader:
    """Reads rows; a cell that cannot be read becomes a problem of the file."""

    def __init__(self, table: Table, columns: Mapping[Column, str], known: Catalogue, problems: list[Problem]) -> None:
        self._columns = columns
        self._places = {column: table.headings.index(heading) for column, heading in columns.items()}
        self._lookup = CodeLookup(known)
        self._problems = problems

    def heading_of(self, column: Column) -> str:
        """Return what the file calls the column."""
        return self._columns.get(column, "")

    def read(self, record: Record) -> _Read | None:
        """Return the row; None where it has a problem."""
        before = len(self._problems)
        user_id = self._cell(record, Column.USER, users.checked_id) if self._text(record, Column.USER) else None
        email = None
        if self._text(record, Column.EMAIL):
            email = self._cell(record, Column.EMAIL, invitations.checked_address)
        if user_id and email:
            self._add(record, Column.EMAIL, Invalid(N_("Write either the user or the e-mail, not both.")))
        name = self._cell(record, Column.NAME, str) or ""
        role = self._cell(record, Column.ROLE, _role)
        first = self._cell(record, Column.FIRST_DAY, _day)
        last = self._cell(record, Column.LAST_DAY, _day)
        if first and last and last < first:
            self._add(record, Column.LAST_DAY, Invalid(N_("The last day is before the first. Change one of them.")))
        codes = self._cell(record, Column.UNITS, self._units) or []
        if not codes and (first or last):
            self._add(record, Column.UNITS, Invalid(N_("Days are those of units: write a unit too.")))
        if len(self._problems) == before and not (user_id or email):
            column = Column.USER if Column.USER in self._columns else Column.EMAIL
            self._add(record, column, Invalid(N_("Write the user or the e-mail.")))
        if len(self._problems) > before:
            return None
        units = {code: UserUnit(code, first, last) for code in codes}
        return _Read(record.number, user_id, email, name, role, units)

    def join(self, first: _Read, row: _Read, record: Record) -> None:
        """Add the units of a later row of the same user, who has one role, and each unit once."""
        if row.role != first.role:
            self._add(record, Column.ROLE, Invalid(N_("The same user has another role in row {row}."), row=first.row))
        if row.units.keys() & first.units.keys() or not row.units:
            self._add(
                record, Column.UNITS, Invalid(N_("The same user and unit stand in row {row} already."), row=first.row)
            )
        first.units |= row.units

    def _text(self, record: Record, column: Column) -> str:
        return record.cells[self._places[column]].strip() if column in self._places else ""

    def _cell(self, record: Record, column: Column, read: Callable[[str], T]) -> T | None:
        if column not in self._places:
            return None
        try:
            return read(parse_value(self._text(record, column)))
        except Invalid as error:
            self._add(record, column, error)
            return None

    def _add(self, record: Record, column: Column, error: Invalid) -> None:
        self._problems.append(Problem(record.number, self.heading_of(column), error))

    def _units(self, text: str) -> list[str]:
        parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
        return [EVERY_UNIT if part == EVERY_UNIT else self._lookup.unit(part) for part in parts]


def _role(text: str) -> Role | None:
    if not text:
        return None
    found = ROLES.get(fold(text))
    if found is None:
        raise Invalid(N_("“{read}” is no role. The roles are {known}."), read=quote(text), known=", ".join(Role))
    return found


def _day(text: str) -> date | None:
    return parse_day(text) if text else None
