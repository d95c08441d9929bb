"""Invitations: what an administrator decides about somebody whose address alone is known.

It is taken over once, at the first sign-in with that address, if the provider vouches for it and nothing else is
decided about the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mv import audit, catalogue, users
from mv.access import Action, Actor, Role
from mv.errors import N_, Conflict, Invalid
from mv.sign_in_claims import normal_email
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.user_units import Units, UserUnit, as_units, check_units, from_json, to_json, to_text
from mv.users import User

COLUMNS = "invitation_id, email, name, role, units, invited_at, invited_by, version"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation, the instant in UTC. Its repr names it by number, since it may end up in a log."""

    invitation_id: int
    email: str
    name: str
    role: Role
    units: frozenset[UserUnit]
    invited_at: datetime
    invited_by: str
    version: int

    def __repr__(self) -> str:
        """Name the invitation by its number only."""
        return f"Invitation({self.invitation_id})"


def open_invitations(store: Store, actor: Actor) -> list[Invitation]:
    """Return the invitations that are neither accepted nor withdrawn, by address."""
    audit.permit(store, actor, Action.VIEW_USERS)
    with store.read() as tx:
        return read_open(tx)


def read_open(tx: Transaction) -> list[Invitation]:
    """Return the open invitations by address, in the open transaction."""
    sql = f"SELECT {COLUMNS} FROM invitation WHERE active_key IS NOT NULL ORDER BY email"
    return [_invitation(row) for row in tx.rows(sql)]


def invite(
    store: Store, actor: Actor, email: str, seen_version: int, role: Role | None, units: Units, *, name: str = ""
) -> Invitation:
    """Invite whoever signs in with the address, or change the open invitation; return it.

    ``seen_version`` is 0 for a new one. Raises Invalid for an address that is none, a missing role, an unknown unit or
    days in the wrong order; Conflict where the invitation was changed since, or a user has the address already.
    """

    def work(tx: Transaction) -> Invitation:
        return write(tx, store.now(), actor, email, seen_version, role, units, name=name)

    return audit.perform(store, actor, Action.CHANGE_USER, work)


def write(
    tx: Transaction,
    at: datetime,
    actor: Actor,
    email: str,
    seen_version: int,
    role: Role | None,
    units: Units,
    *,
    name: str = "",
) -> Invitation:
    """Do what :func:`invite` does in the open transaction, for an actor whose right is checked."""
    address, wanted = checked_address(email), as_units(units)
    if role is None:
        raise Invalid(N_("Choose the role of whoever is invited."))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(N_("A text is at most {most} characters, on one line."), most=LONGEST_NAME)
    check_units(wanted, catalogue.read(tx))
    has_it = tx.row("SELECT user_id FROM app_user WHERE email = $1", address)
    if has_it:
        raise Conflict(
            N_("The user {user} has signed in with this address. Decide about that user instead."),
            user=has_it["user_id"],
        )
    values = (address, name.strip() or address, role, to_json(wanted), at, actor.user_id)
    if seen_version == 0:
        sql = f"""
            INSERT INTO invitation (email, active_key, name, role, units, invited_at, invited_by)
            VALUES ($1, $1, $2, $3, $4, $5, $6) ON CONFLICT (active_key) DO NOTHING RETURNING {COLUMNS}
        """
        row = tx.row(sql, *values)
    else:
        sql = f"""
            UPDATE invitation SET name = $2, role = $3, units = $4, invited_at = $5, invited_by = $6,
                version = version + 1
            WHERE active_key = $1 AND version = $7 RETURNING {COLUMNS}
        """
        row = tx.row(sql, *values, seen_version)
    if row is None:
        raise _changed()
    made = _invitation(row)
    detail = {"invitation": made.invitation_id, "role": role, "units": to_text(wanted), "change": "invited"}
    audit.record(tx, at, actor, Action.CHANGE_USER, **detail)
    return made


def withdraw(store: Store, actor: Actor, seen: Invitation) -> None:
    """Withdraw an open invitation. Raises Conflict where it was changed, accepted or withdrawn since it was seen."""

    def work(tx: Transaction) -> None:
        at = store.now()
        row = tx.row(
            "UPDATE invitation SET active_key = NULL, withdrawn_at = $3, withdrawn_by = $4, version = version + 1"
            " WHERE invitation_id = $1 AND version = $2 AND active_key IS NOT NULL RETURNING invitation_id",
            seen.invitation_id, seen.version, at, actor.user_id,
        )  # fmt: skip
        if row is None:
            raise _changed()
        audit.record(tx, at, actor, Action.CHANGE_USER, invitation=seen.invitation_id, change="withdrawn")

    audit.perform(store, actor, Action.CHANGE_USER, work)


def accept(store: Store, user: User, email: str) -> User:
    """Let the user have what the open invitation to the verified address ``email`` gives, and return the user.

    Where there is none, or an administrator has decided about the user already, nothing is changed.
    """

    def work(tx: Transaction) -> User:
        now = users.read(tx, user.user_id, store.today())
        if now is None or now.is_decided or now.blocked:
            return now or user
        at = store.now()
        row = tx.row(
            "UPDATE invitation SET active_key = NULL, accepted_at = $2, accepted_by = $3, version = version + 1"
            f" WHERE active_key = $1 RETURNING {COLUMNS}",
            email, at, user.user_id,
        )  # fmt: skip
        if row is None:
            return now
        taken = _invitation(row)
        made = users.decide(tx, at, taken.invited_by, user.user_id, taken.role, taken.units)
        audit.record(tx, at, made.actor(), Action.ACCEPT_INVITATION, invitation=taken.invitation_id)
        return made

    return store.write(work)


def checked_address(email: str) -> str:
    """Return the address as it is kept, in lower case. Raises Invalid for a text that is none."""
    address = normal_email(email)
    if address is None:
        raise Invalid(N_("Write an e-mail address, such as eva.ek@example.org."))
    return address


def _changed() -> Conflict:
    return Conflict(N_("Somebody else changed this invitation. It is shown as it is now; nothing was overwritten."))


def _invitation(row: Row) -> Invitation:
    return Invitation(**row | {"role": Role(row["role"]), "units": from_json(row["units"])})
