"""Typing row after row: what stays between two of them, each row as it is saved, and taken up again the same day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from mv import audit, customers, identity
from mv.access import Action, Actor, OtherUnit, require_care_relation, require_unit
from mv.customers import Customer
from mv.errors import N_, Conflict, NotFound
from mv.registration import saving
from mv.registration.entry import RegistrationEntry
from mv.registration.saving import PlannedEntry, SavedEntry
from mv.registration.validation import Concern
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


class EntryMethod(StrEnum):
    """How rows came to be registered."""

    TYPED = "typed"
    LIST = "list"
    FILE = "file"
    BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class Round:
    """Rows that were registered together. Instants are naive UTC; ``local_day`` is Stockholm's when it began."""

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
    """A row of a registration, and of whom; what was undone stays, and says when and by whom."""

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
        """The whole name, given name first."""
        return f"{self.given_name} {self.family_name}"

    def __repr__(self) -> str:
        """Name the row by numbers only, since a repr may end up in a log."""
        return f"Row({self.registration_id}, {self.row_number})"


class UnknownIdentity(NotFound):
    """No customer has the number, which can be right: the person can be registered."""

    def __init__(self, kind: identity.IdentityKind, birth_date: date | None) -> None:
        super().__init__(N_("No customer has this number. Check it, or register the person."))
        self.kind = kind
        self.birth_date = birth_date


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """A row as it was saved, of whom."""

    customer: Customer
    saved: SavedEntry


def current_round(store: Store, actor: Actor) -> Round | None:
    """Return the user's registration of today that is not ended, at the user's unit, if there is one."""
    require_permission(store, actor)
    with store.read() as tx:
        return _open_round(tx, actor, store.today())


def rounds_of_today(store: Store, actor: Actor) -> list[Round]:
    """Return what the user has registered today at the user's unit, the latest first, undone ones too."""
    require_permission(store, actor)
    sql = f"""
        SELECT {COLUMNS} FROM registration WHERE user_id = $1 AND unit_id = $2 AND local_day = $3
        ORDER BY registration_id DESC
    """
    with store.read() as tx:
        return [_to_round(row) for row in tx.rows(sql, actor.user_id, actor.unit_id, store.today())]


def count_rows(store: Store, actor: Actor) -> dict[int, int]:
    """Return how many rows that are not undone each of the user's registrations of today has, at the user's unit."""
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
    """Keep what stays between two rows, so that it can be taken up on another computer; return the registration.

    It begins one where none is open. Raises Forbidden.
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
    """Register the ``entry`` of whoever has the identity ``number``, in the open registration, and return the row.

    Raises Invalid for a wrong number, Unknown, OtherUnit, saving.Doubtful until the doubts are accepted for a
    ``reason``, saving.Already, and whatever else :func:`mv.registration.saving.save` raises. Nothing is saved then.
    """

    def work(tx: Transaction) -> TypedEntry:
        found = _customer_of_number(tx, number, store.today())
        at = store.now()
        require_unit(actor, entry.unit_id)
        planned = PlannedEntry(found.customer_id, entry, reason, accepted)
        now = _open_round(tx, actor, store.today()) or begin(tx, at, store.today(), actor, EntryMethod.TYPED, entry)
        (saved,) = saving.save(tx, at, actor, now.registration_id, [planned], store.today())
        return TypedEntry(found, saved)

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def find_customer(store: Store, actor: Actor, number: str) -> Customer:
    """Return whoever has the identity ``number``; that the customer was seen is logged.

    Raises Invalid for a wrong number, Unknown, OtherUnit.
    """

    def work(tx: Transaction) -> Customer:
        found = _customer_of_number(tx, number, store.today())
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, [found.customer_id])
        return found

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def end(store: Store, actor: Actor) -> None:
    """End the open registration: what is typed next begins another. Raises Conflict when none is open."""

    def work(tx: Transaction) -> None:
        now = _open_round(tx, actor, store.today())
        if now is None:
            raise Conflict(N_("Nothing is open to be ended."))
        tx.execute(
            "UPDATE registration SET open_key = NULL, ended_at = $2 WHERE registration_id = $1",
            now.registration_id, store.now(),
        )  # fmt: skip

    audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def read_rows(store: Store, actor: Actor, registration_id: int) -> list[RoundRow]:
    """Return the rows of a registration, the latest first; that these customers were seen is logged.

    An undone row of somebody whom the user has nothing to do with any more is left out. Raises NotFound for one that
    is not the user's.
    """
    sql = f"{ROWS} WHERE r.registration_id = $1 ORDER BY r.row_number DESC"

    def work(tx: Transaction) -> list[RoundRow]:
        require_own(tx, actor, registration_id)
        read = [RoundRow(**row) for row in tx.rows(sql, registration_id)]
        found = [row for row in read if row.undone_at is None or _has_care_relation(tx, store, actor, row.customer_id)]
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, [row.customer_id for row in found])
        return found

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def begin(
    tx: Transaction, at: datetime, today: date, actor: Actor, method: EntryMethod, entry: RegistrationEntry | None
) -> Round:
    """Begin a registration in the open transaction and return it; where it is not typed, it is ended at once."""
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
    """Return the user's registration with this number. Raises NotFound."""
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
