"""Users: everyone who has signed in, with role and units.

The claims of a sign-in give a role and units where the configuration maps them. An administrator's decision takes
precedence; a user who has neither may do nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from mv import audit, catalogue, customers, identity
from mv.access import EVERY_UNIT, Action, Actor, Role
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Row, Transaction

COLUMNS = """
    user_id, name, claimed_role, claimed_units, decided_role, decided_units, blocked, customer_id,
    last_sign_in_at, version
"""


@dataclass(frozen=True, slots=True)
class User:
    """A user, with the role and units of the administrator's decision, else of the last sign-in.

    ``decided_role`` and ``decided_units`` are None where they are left to the claims. ``customer_id`` is the user's own
    record as a customer, where known.
    """

    user_id: str
    name: str
    role: Role | None
    units: frozenset[str]
    decided_role: Role | None
    decided_units: frozenset[str] | None
    blocked: bool
    customer_id: int | None
    last_sign_in_at: datetime | None
    version: int

    def actor(self, unit_id: str = "") -> Actor:
        """Return the actor that this user is when working at ``unit_id``; a blocked user has no role."""
        return Actor(self.user_id, self.name, None if self.blocked else self.role, unit_id, self.units)


def record_sign_in(
    store: Store,
    user_id: str,
    name: str,
    role: Role | None = None,
    units: Collection[str] = (),
    own_number: str | None = None,
) -> User:
    """Store the name, role and units of a sign-in's claims, and return the user.

    ``own_number``, the user's identity number where the claims have it, is not kept: only the customer that it belongs
    to, so that a look at one's own record can be found.
    """

    def work(tx: Transaction) -> User:
        claimed = (name, role, _joined(units), _own_customer(tx, own_number, store), store.now())
        row = tx.row(
            f"""
            INSERT INTO app_user (user_id, name, claimed_role, claimed_units, blocked, customer_id, last_sign_in_at)
            VALUES ($1, $2, $3, $4, FALSE, $5, $6)
            ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, claimed_role = excluded.claimed_role,
                claimed_units = excluded.claimed_units, customer_id = excluded.customer_id,
                last_sign_in_at = excluded.last_sign_in_at
            RETURNING {COLUMNS}
            """,
            user_id, *claimed,
        )  # fmt: skip
        assert row is not None  # noqa: S101 (an upsert that returns nothing has raised)
        return _user(row)

    return store.write(work)


def get(store: Store, user_id: str) -> User | None:
    """Return the user; None for one who has never signed in and has no decision."""
    with store.read() as tx:
        row = tx.row(f"SELECT {COLUMNS} FROM app_user WHERE user_id = $1", user_id)
    return _user(row) if row else None


def list_users(store: Store, actor: Actor) -> list[User]:
    """Return all users by name."""

    def work(tx: Transaction) -> list[User]:
        audit.record(tx, store.now(), actor, Action.VIEW_USERS)
        return [_user(row) for row in tx.rows(f"SELECT {COLUMNS} FROM app_user ORDER BY name, user_id")]

    return audit.perform(store, actor, Action.VIEW_USERS, work)


def assign_rights(
    store: Store,
    actor: Actor,
    user_id: str,
    seen_version: int,
    role: Role | None,
    units: Collection[str] | None,
    *,
    blocked: bool = False,
    name: str = "",
) -> User:
    """Assign a user's role and units, or block the user, and return the user; None leaves either to the claims.

    ``seen_version`` is 0 for a user who has never signed in. Raises Invalid for an empty user id or an unknown unit,
    Conflict when the user was changed since ``seen_version`` or administrators would lock themselves out.
    """

    def work(tx: Transaction) -> User:
        if not user_id.strip() or not user_id.isprintable() or len(user_id) > 200:
            raise Invalid(N_("Write the user as the sign-in names it."))
        before = tx.row(f"SELECT {COLUMNS} FROM app_user WHERE user_id = $1", user_id)
        _check(tx, actor, user_id, seen_version, before, role, units, blocked)
        values = (user_id, role, None if units is None else _joined(units), blocked)
        if before is None:
            sql = f"""
                INSERT INTO app_user (user_id, decided_role, decided_units, blocked, name, claimed_units)
                VALUES ($1, $2, $3, $4, $5, '') RETURNING {COLUMNS}
            """
            row = tx.row(sql, *values, name.strip() or user_id)
        else:
            sql = f"""
                UPDATE app_user SET decided_role = $2, decided_units = $3, blocked = $4, version = version + 1
                WHERE user_id = $1 AND version = $5 RETURNING {COLUMNS}
            """
            row = tx.row(sql, *values, seen_version)
        if row is None:
            raise _changed()
        user = _user(row)
        detail = {"user": user_id, "role": role, "units": values[2], "blocked": blocked}
        audit.record(tx, store.now(), actor, Action.CHANGE_USER, **detail)
        return user

    return audit.perform(store, actor, Action.CHANGE_USER, work)


def has_administrator(store: Store) -> bool:
    """Return whether there is an administrator who is not blocked."""
    with store.read() as tx:
        rows = tx.rows(f"SELECT {COLUMNS} FROM app_user WHERE NOT blocked")
    return any(_user(row).role == Role.ADMINISTRATOR for row in rows)


def _check(
    tx: Transaction,
    actor: Actor,
    user_id: str,
    seen_version: int,
    before: Row | None,
    role: Role | None,
    units: Collection[str] | None,
    blocked: bool,
) -> None:
    if (before["version"] if before else 0) != seen_version:
        raise _changed()
    unknown = sorted(set(units or ()) - set(catalogue.read(tx).units) - {EVERY_UNIT})
    if unknown:
        raise Invalid(N_("There is no unit with the code {code}."), code=unknown[0])
    if before is None or user_id != actor.user_id or _user(dict(before)).role != Role.ADMINISTRATOR:
        return
    if blocked or (role or before["claimed_role"]) != Role.ADMINISTRATOR:
        raise Conflict(N_("You cannot take the right to decide about users from yourself. Ask another administrator."))


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


def _joined(units: Collection[str]) -> str:
    return " ".join(sorted(units))


def _user(row: Row) -> User:
    claimed_role, decided_role = _role(row.pop("claimed_role")), _role(row.pop("decided_role"))
    claimed_units = frozenset(row.pop("claimed_units").split())
    text = row.pop("decided_units")
    decided_units = None if text is None else frozenset(text.split())
    return User(
        **row,
        role=decided_role or claimed_role,
        units=claimed_units if decided_units is None else decided_units,
        decided_role=decided_role,
        decided_units=decided_units,
    )


def _role(text: str | None) -> Role | None:
    return Role(text) if text in list(Role) else None
