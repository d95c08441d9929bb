"""Users: everyone who has signed in or is decided about, with role and units.

The claims of a sign-in give a role and units where the configuration maps them. An administrator's decision takes
precedence; a user who has neither may do nothing. A unit that is decided has its days: before the first and after the
last the user does not have it, whoever is signed in meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from mv import audit, catalogue, customers, identity
from mv.access import Action, Actor, Role
from mv.catalogue import Catalogue
from mv.clock import to_local
from mv.errors import N_, Conflict, Invalid
from mv.sign_in_claims import LONGEST_ID
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.user_units import Units, UserUnit, as_units, check_units, from_json, to_json, to_text

COLUMNS = """
    user_id, name, claimed_role, claimed_units, decided_role, units_decided, blocked, customer_id,
    last_sign_in_at, version, email
"""


@dataclass(frozen=True, slots=True)
class User:
    """A user, with the role and units, today's, of the administrator's decision, else of the last sign-in.

    ``decided_role`` and ``decided_units`` are None where they are left to the claims. ``customer_id`` is the user's own
    record as a customer, where known. ``email`` is the address that a provider vouched for at the last sign-in.
    """

    user_id: str
    name: str
    role: Role | None
    units: frozenset[str]
    decided_role: Role | None
    decided_units: frozenset[UserUnit] | None
    blocked: bool
    customer_id: int | None
    last_sign_in_at: datetime | None
    version: int
    email: str | None = None

    @property
    def is_decided(self) -> bool:
        """Whether an administrator has decided the role or the units."""
        return self.decided_role is not None or self.decided_units is not None

    @property
    def lacks_rights(self) -> bool:
        """Whether the user may do nothing today. An administrator decides about users, and needs no unit."""
        return self.blocked or self.role is None or not (self.units or self.role == Role.ADMINISTRATOR)

    def actor(self, unit_id: str = "") -> Actor:
        """Return the actor that this user is when working at ``unit_id``; a blocked user has no role."""
        return Actor(self.user_id, self.name, None if self.blocked else self.role, unit_id, self.units)


@dataclass(frozen=True, slots=True)
class UserChange:
    """What a decision left of a user's rights, when (UTC), and by whom."""

    version: int
    changed_at: datetime
    changed_by: str
    role: Role | None
    units: frozenset[UserUnit] | None
    blocked: bool


def record_sign_in(
    store: Store,
    user_id: str,
    name: str,
    role: Role | None = None,
    units: Collection[str] = (),
    own_number: str | None = None,
    email: str | None = None,
) -> User:
    """Store the name, role, units and verified address of a sign-in's claims, and return the user.

    ``own_number``, the user's identity number where the claims have it, is not kept: only the customer that it belongs
    to, so that a look at one's own record can be found.
    """

    def work(tx: Transaction) -> User:
        claimed = (name, role, " ".join(sorted(units)), _own_customer(tx, own_number, store), store.now(), email)
        tx.execute(
            """
            INSERT INTO app_user (user_id, name, claimed_role, claimed_units, blocked, customer_id, last_sign_in_at,
                email)
            VALUES ($1, $2, $3, $4, FALSE, $5, $6, $7)
            ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, claimed_role = excluded.claimed_role,
                claimed_units = excluded.claimed_units, customer_id = excluded.customer_id,
                last_sign_in_at = excluded.last_sign_in_at, email = excluded.email
            """,
            user_id, *claimed,
        )  # fmt: skip
        user = read(tx, user_id, store.today())
        assert user is not None  # noqa: S101 (an upsert that leaves nothing has raised)
        return user

    return store.write(work)


def get(store: Store, user_id: str) -> User | None:
    """Return the user; None for one who has never signed in and has no decision."""
    with store.read() as tx:
        return read(tx, user_id, store.today())


def read(tx: Transaction, user_id: str, today: date) -> User | None:
    """Return the user with the units of ``today``, in the open transaction; None where there is none."""
    row = tx.row(f"SELECT {COLUMNS} FROM app_user WHERE user_id = $1", user_id)
    units = tx.rows("SELECT user_id, unit_id, valid_from, valid_to FROM user_unit WHERE user_id = $1", user_id)
    return _user(row, _by_user(units), today) if row else None


def read_all(tx: Transaction, today: date) -> list[User]:
    """Return all users by name, with the units of ``today``, in the open transaction."""
    units = _by_user(tx.rows("SELECT user_id, unit_id, valid_from, valid_to FROM user_unit"))
    return [_user(row, units, today) for row in tx.rows(f"SELECT {COLUMNS} FROM app_user ORDER BY name, user_id")]


def list_users(store: Store, actor: Actor) -> list[User]:
    """Return all users by name."""

    def work(tx: Transaction) -> list[User]:
        audit.record(tx, store.now(), actor, Action.VIEW_USERS)
        return read_all(tx, store.today())

    return audit.perform(store, actor, Action.VIEW_USERS, work)


def history(store: Store, actor: Actor, user_id: str) -> list[UserChange]:
    """Return the decisions about a user, the latest first."""
    audit.permit(store, actor, Action.VIEW_USERS)
    sql = """
        SELECT version, changed_at, changed_by, decided_role AS role, units, blocked FROM app_user_change
        WHERE user_id = $1 ORDER BY version DESC
    """
    with store.read() as tx:
        rows = tx.rows(sql, user_id)
    return [
        UserChange(
            **row | {"role": _role(row["role"]), "units": None if row["units"] is None else from_json(row["units"])}
        )
        for row in rows
    ]


def assign_rights(
    store: Store,
    actor: Actor,
    user_id: str,
    seen_version: int,
    role: Role | None,
    units: Units | None,
    *,
    blocked: bool = False,
    name: str = "",
) -> User:
    """Assign a user's role and units, or block the user, and return the user; None leaves either to the claims.

    ``seen_version`` is 0 for a user who has never signed in. Raises Invalid for an empty user id, an unknown unit or
    days in the wrong order, Conflict when the user was changed since ``seen_version`` or administrators would lock
    themselves out.
    """

    def work(tx: Transaction) -> User:
        return assign(tx, store.now(), actor, user_id, seen_version, role, units, blocked=blocked, name=name)

    return audit.perform(store, actor, Action.CHANGE_USER, work)


def assign(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    user_id: str,
    seen_version: int,
    role: Role | None,
    units: Units | None,
    *,
    blocked: bool = False,
    name: str = "",
) -> User:
    """Do what :func:`assign_rights` does, in the open transaction, for an actor whose right is checked."""
    checked_id(user_id)
    before, wanted = read(tx, user_id, to_local(at).date()), None if units is None else as_units(units)
    if (before.version if before else 0) != seen_version:
        raise _changed()
    check(actor, user_id, before, role, wanted, catalogue.read(tx), blocked=blocked, claimed=claimed_role(tx, user_id))
    user = decide(tx, at, actor.user_id, user_id, role, wanted, blocked=blocked, name=name)
    detail = {"user": user_id, "role": role, "units": None if wanted is None else to_text(wanted), "blocked": blocked}
    audit.record(tx, at, actor, Action.CHANGE_USER, **detail)
    return user


def check(
    actor: Actor,
    user_id: str,
    before: User | None,
    role: Role | None,
    units: Collection[UserUnit] | None,
    known: Catalogue,
    *,
    blocked: bool = False,
    claimed: Role | None = None,
) -> None:
    """Raise what :func:`assign_rights` raises for these rights; ``claimed`` is the role of the user's claims."""
    check_units(units or (), known)
    if before is None or user_id != actor.user_id or before.role != Role.ADMINISTRATOR:
        return
    if blocked or (role or claimed) != Role.ADMINISTRATOR:
        raise Conflict(N_("You cannot take the right to decide about users from yourself. Ask another administrator."))


def decide(
    tx: Transaction,
    at: datetime,
    by: str,
    user_id: str,
    role: Role | None,
    units: Collection[UserUnit] | None,
    *,
    blocked: bool = False,
    name: str = "",
) -> User:
    """Write a decision by the user ``by`` and keep it in the history; return the user. The caller checks and logs."""
    row = tx.row(
        """
        INSERT INTO app_user (user_id, decided_role, units_decided, blocked, name, claimed_units)
        VALUES ($1, $2, $3, $4, $5, '')
        ON CONFLICT (user_id) DO UPDATE SET decided_role = excluded.decided_role,
            units_decided = excluded.units_decided, blocked = excluded.blocked, version = app_user.version + 1
        RETURNING version
        """,
        user_id, role, units is not None, blocked, name.strip() or user_id,
    )  # fmt: skip
    assert row is not None  # noqa: S101 (an upsert that returns nothing has raised)
    wanted = {unit.unit_id: unit for unit in units or ()}
    for there in tx.rows("SELECT unit_id FROM user_unit WHERE user_id = $1", user_id):
        if there["unit_id"] not in wanted:
            tx.execute("DELETE FROM user_unit WHERE user_id = $1 AND unit_id = $2", user_id, there["unit_id"])
    for unit in wanted.values():
        tx.execute(
            "INSERT INTO user_unit (user_id, unit_id, valid_from, valid_to) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (user_id, unit_id) DO UPDATE SET valid_from = excluded.valid_from,"
            " valid_to = excluded.valid_to",
            user_id, unit.unit_id, unit.first_day, unit.last_day,
        )  # fmt: skip
    tx.execute(
        "INSERT INTO app_user_change (user_id, version, changed_at, changed_by, decided_role, units, blocked)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        user_id, row["version"], at, by, role, None if units is None else to_json(units), blocked,
    )  # fmt: skip
    user = read(tx, user_id, to_local(at).date())
    assert user is not None  # noqa: S101 (it was written just now)
    return user


def checked_id(user_id: str) -> str:
    """Return the user id. Raises Invalid for a text that no sign-in can name."""
    if not user_id.strip() or not user_id.isprintable() or len(user_id) > LONGEST_ID:
        raise Invalid(N_("Write the user as the sign-in names it."))
    return user_id


def claimed_role(tx: Transaction, user_id: str) -> Role | None:
    """Return the role that the last sign-in gave the user, in the open transaction."""
    row = tx.row("SELECT claimed_role FROM app_user WHERE user_id = $1", user_id)
    return _role(row["claimed_role"]) if row else None


def has_administrator(store: Store) -> bool:
    """Return whether there is an administrator who is not blocked."""
    sql = "SELECT claimed_role, decided_role FROM app_user WHERE NOT blocked"
    with store.read() as tx:
        rows = tx.rows(sql)
    return any((_role(row["decided_role"]) or _role(row["claimed_role"])) == Role.ADMINISTRATOR for row in rows)


def _changed() -> Conflict:
    return Conflict(N_("Somebody else changed this user. It is shown as it is now; nothing was overwritten."))


def _own_customer(tx: Transaction, own_number: str | None, store: Store) -> int | None:
    if not own_number:
        return None
    try:
        number = identity.parse(own_number, store.today()).number
    except Invalid:
        return None
    found = customers.find_by_numbers(tx, [number]).get(number)
    return found.customer_id if found else None


def _by_user(rows: Collection[Row]) -> Mapping[str, frozenset[UserUnit]]:
    found: defaultdict[str, set[UserUnit]] = defaultdict(set)
    for row in rows:
        found[row["user_id"]].add(UserUnit(row["unit_id"], row["valid_from"], row["valid_to"]))
    return {user_id: frozenset(units) for user_id, units in found.items()}


def _user(row: Row, units: Mapping[str, frozenset[UserUnit]], today: date) -> User:
    claimed_role, decided_role = _role(row.pop("claimed_role")), _role(row.pop("decided_role"))
    claimed_units = frozenset(row.pop("claimed_units").split())
    decided = units.get(row["user_id"], frozenset()) if row.pop("units_decided") else None
    return User(
        **row,
        role=decided_role or claimed_role,
        units=claimed_units if decided is None else frozenset(u.unit_id for u in decided if u.holds_on(today)),
        decided_role=decided_role,
        decided_units=decided,
    )


def _role(text: str | None) -> Role | None:
    return Role(text) if text in list(Role) else None
