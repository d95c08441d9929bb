"""Rounds: entries that are registered together. A typed one is open for the day, and holds the entry of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from mv import audit, customers, identity
from mv.access import Action, Actor, OtherUnit, require_care_relation, require_unit
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import N_, Conflict, NotFound
from mv.registration import saving
from mv.registration.entry import RegistrationEntry
from mv.registration.saving import PlannedEntry, SavedEntry
from mv.store import Store
from mv.store.engine import Transaction

COLUMNS = """
    registration_id, kind AS method, user_id, unit_id, local_day, started_at, terms AS entry, ended_at, undone_at,
    undone_by, version
"""
ROWS = """
    SELECT r.registration_id, r.row_number, r.customer_id, r.membership_id, r.dose_id, r.group_code, r.subgroup_code,
        r.day, r.product_code, d.batch_number, r.doubts AS concerns, r.reason, r.registered_at, r.undone_at,
        r.undone_by, c.identity, c.given_name, c.family_name, c.birth_date
    FROM registration_row r JOIN customer c ON c.customer_id = r.customer_id LEFT JOIN dose d ON d.dose_id = r.dose_id
"""
LAST_ROW_NUMBER = 2**31 - 1
"""The greatest number that a row can have."""


class EntryMethod(StrEnum):
    """How the entries of a round came. The values are stored."""

    TYPED = "typed"
    LIST = "list"
    FILE = "file"
    BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class Round:
    """Entries that were registered together. Instants are naive UTC; ``local_day`` is Stockholm's day at the start.

    ``entry`` holds the fields that stay from one person to the next, if they do.
    """

    registration_id: int
    method: str
    user_id: str
    unit_id: str
    local_day: date
    started_at: datetime
    entry: RegistrationEntry | None
    ended_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None
    version: int


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A row of a round with its customer. An undone row stays, with when and by whom."""

    registration_id: int
    row_number: int
    customer_id: int
    membership_id: int | None
    dose_id: int | None
    group_code: str | None
    subgroup_code: str | None
    day: date
    product_code: str | None
    batch_number: str | None
    concerns: str | None
    reason: str | None
    registered_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    identity: str
    given_name: str
    family_name: str
    birth_date: date

    @property
    def name(self) -> str:
        """The full name, given name first."""
        return f"{self.given_name} {self.family_name}"

    def __repr__(self) -> str:
        """Name the row by numbers only, since a repr may end up in a log."""
        return f"Row({self.registration_id}, {self.row_number})"


class UnknownIdentity(NotFound):
    """No customer has the number. It can be right: then the person can be registered."""

    def __init__(self, kind: identity.IdentityKind, birth_date: date | None) -> None:
        super().__init__(N_("No customer has this number. Check it, or register the person."))
        self.kind = kind
        self.birth_date = birth_date


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """An entry as it was saved, with its customer."""

    customer: Customer
    saved: SavedEntry


def current_round(store: Store, actor: Actor) -> Round | None:
    """Return the user's open round of today at the user's unit, if there is one."""
    require_permission(store, actor)
    with store.read() as tx:
        return _open_round(tx, actor, store.today())


def rounds_of_today(store: Store, actor: Actor) -> list[Round]:
    """Return the user's rounds of today at the user's unit, the latest first, undone ones too."""
    require_permission(store, actor)
    sql = f"""
        SELECT {COLUMNS} FROM registration WHERE user_id = $1 AND unit_id = $2 AND local_day = $3
        ORDER BY registration_id DESC
    """
    with store.read() as tx:
        return [_to_round(row) for row in tx.rows(sql, actor.user_id, actor.unit_id, store.today())]


def count_rows(store: Store, actor: Actor) -> dict[int, int]:
    """Map each of the user's rounds of today at the user's unit to the number of its rows that are not undone."""
    require_permission(store, actor)
    sql = """
        SELECT r.registration_id, count(*) AS kept
        FROM registration_row r JOIN registration g ON g.registration_id = r.registration_id
        WHERE g.user_id = $1 AND g.unit_id = $2 AND g.local_day = $3 AND r.undone_at IS NULL
        GROUP BY r.registration_id
    """
    with store.read() as tx:
        found = tx.rows(sql, actor.user_id, actor.unit_id, store.today())
    return {row["registration_id"]: row["kept"] for row in found}


def keep_entry(store: Store, actor: Actor, entry: RegistrationEntry) -> Round:
    """Store the entry of the fields in the open round, so that it can be restored elsewhere; return the round.

    Begins a round if none is open. Raises Forbidden.
    """

    def work(tx: Transaction) -> Round:
        at = store.now()
        require_unit(actor, entry.unit_id)
        now = _open_round(tx, actor, store.today()) or begin(tx, at, store.today(), actor, EntryMethod.TYPED, entry)
        if now.entry != entry:
            tx.execute(
                "UPDATE registration SET terms = $2 WHERE registration_id = $1", now.registration_id, entry.to_json()
            )
        return replace(now, entry=entry)

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def register(
    store: Store,
    actor: Actor,
    number: str,
    entry: RegistrationEntry,
    *,
    reason: str = "",
    accepted: frozenset[Concern] = frozenset(),
) -> TypedEntry:
    """Register the entry for the customer with the identity ``number`` in the open round.

    Raises Invalid for a wrong number, UnclearCentury, UnknownIdentity, OtherUnit, ReasonRequired until the concerns
    are accepted with a ``reason``, AlreadyRegistered, and what else :func:`mv.registration.saving.save` raises. Nothing
    is saved then.
    """

    def work(tx: Transaction) -> TypedEntry:
        found = _customer_of_number(tx, number, store.today())
        at = store.now()
        require_unit(actor, entry.unit_id)
        planned = PlannedEntry(found.customer_id, entry, reason, accepted)
        now = _open_round(tx, actor, store.today()) or begin(tx, at, store.today(), actor, EntryMethod.TYPED, entry)
        (saved,) = saving.save(tx, at, actor, now.registration_id, [planned], store.today())
        return TypedEntry(found, saved)

    with _logged_answer(store, actor, number):
        return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


@contextmanager
def _logged_answer(store: Store, actor: Actor, number: str) -> Iterator[None]:
    try:
        yield
    except UnknownIdentity:
        at, asked = store.now(), identity.parse(number, store.today()).number
        store.write(lambda tx: audit.record_miss(tx, at, actor, Action.REGISTER_AFTERWARDS, asked))
        raise
    except customers.UnclearCentury as error:
        audit.record_known_elsewhere(store, actor, Action.REGISTER_AFTERWARDS, error.customer_id)
        raise


def find_customer(store: Store, actor: Actor, number: str) -> Customer:
    """Return the customer with the identity ``number``, and log the look.

    Raises Invalid for a wrong number, UnclearCentury, UnknownIdentity, OtherUnit.
    """

    def work(tx: Transaction) -> Customer:
        found = _customer_of_number(tx, number, store.today())
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, [found.customer_id])
        return found

    with _logged_answer(store, actor, number):
        return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def end(store: Store, actor: Actor) -> None:
    """End the open round; the next entry begins another. Raises Conflict if none is open."""

    def work(tx: Transaction) -> None:
        now = _open_round(tx, actor, store.today())
        if now is None:
            raise Conflict(N_("Nothing is open to be ended."))
        tx.execute(
            "UPDATE registration SET open_key = NULL, ended_at = $2 WHERE registration_id = $1",
            now.registration_id, store.now(),
        )  # fmt: skip

    audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def read_rows(
    store: Store, actor: Actor, registration_id: int, numbers: tuple[int, int] | None = None
) -> list[RoundRow]:
    """Return the rows of the user's round, the latest first, and log the look at their customers.

    With ``numbers``, those from the first to the last of them.
    Leaves out undone rows of customers to whom the user has no care relation any more. Raises NotFound for the round
    of another user.
    """
    sql = f"{ROWS} WHERE r.registration_id = $1 AND r.row_number BETWEEN $2 AND $3 ORDER BY r.row_number DESC"
    first, last = numbers or (1, LAST_ROW_NUMBER)

    def work(tx: Transaction) -> list[RoundRow]:
        require_own(tx, actor, registration_id)
        read = [RoundRow(**row) for row in tx.rows(sql, registration_id, first, last)]
        found = [row for row in read if row.undone_at is None or _has_care_relation(tx, store, actor, row.customer_id)]
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, [row.customer_id for row in found])
        return found

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def begin(
    tx: Transaction, at: datetime, today: date, actor: Actor, method: EntryMethod, entry: RegistrationEntry | None
) -> Round:
    """Begin a round in the open transaction and return it. Only a typed one stays open."""
    typed = method is EntryMethod.TYPED
    if typed:  # one that was left open on an earlier day
        tx.execute("UPDATE registration SET open_key = NULL, ended_at = $2 WHERE open_key = $1", _open_key(actor), at)
    row = tx.row(
        f"""
        INSERT INTO registration (kind, user_id, unit_id, local_day, started_at, terms, open_key, ended_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}
        """,
        method, actor.user_id, actor.unit_id, today, at, entry and entry.to_json(),
        _open_key(actor) if typed else None, None if typed else at,
    )  # fmt: skip
    assert row is not None  # noqa: S101 (an INSERT that returns nothing has raised)
    return _to_round(row)


def require_own(tx: Transaction, actor: Actor, registration_id: int) -> Round:
    """Return the user's round with this id. Raises NotFound."""
    row = tx.row(
        f"SELECT {COLUMNS} FROM registration WHERE registration_id = $1 AND user_id = $2",
        registration_id, actor.user_id,
    )  # fmt: skip
    if row is None:
        raise NotFound(N_("There is no such registration of yours."))
    return _to_round(row)


def require_permission(store: Store, actor: Actor) -> None:
    """Raise Forbidden, and log the refusal, unless the user may register afterwards."""
    audit.permit(store, actor, Action.REGISTER_AFTERWARDS)


def _has_care_relation(tx: Transaction, store: Store, actor: Actor, customer_id: int) -> bool:
    try:
        require_care_relation(tx, store.now(), actor, [customer_id])
    except OtherUnit:
        return False
    return True


def _customer_of_number(tx: Transaction, number: str, today: date) -> Customer:
    person = identity.parse(number, today)
    found = customers.find_by_numbers(tx, [person.number]).get(person.number)
    customers.refuse_unclear(tx, person)
    if found is None:
        raise UnknownIdentity(person.kind, person.birth_date)
    return found


def _open_round(tx: Transaction, actor: Actor, today: date) -> Round | None:
    row = tx.row(f"SELECT {COLUMNS} FROM registration WHERE open_key = $1 AND local_day = $2", _open_key(actor), today)
    return _to_round(row) if row else None


def _open_key(actor: Actor) -> str:
    return f"{actor.user_id}/{actor.unit_id}"


def _to_round(row: dict[str, object]) -> Round:
    entry = row["entry"]
    return Round(**{**row, "entry": RegistrationEntry.from_json(entry) if isinstance(entry, str) else None})  # type: ignore[arg-type]
