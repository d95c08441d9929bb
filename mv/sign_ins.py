"""Sign-ins: start, last activity and end of each, so that one that has ended has ended on every server.

A browser's cookie outlives its sign-in and can be copied, so the store decides whether it is still valid. The key of a
sign-in is a hash over the cookie, never the cookie itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mv import audit
from mv.access import Action, Actor
from mv.errors import N_, Forbidden
from mv.store import Store
from mv.store.engine import Transaction
from mv.users import User

COLUMNS = "session_hash, user_id, started_at, last_active_at, expires_at, ended_at, ended_reason"
WRITE_AGAIN_AFTER = timedelta(minutes=1)
"""Activity is stored at most this often, so that the idle time can be this much shorter than configured."""


class SignInEnd(StrEnum):
    """The reason for the end of a sign-in."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A user's sign-in in one browser; instants are naive UTC."""

    session_hash: str
    user_id: str
    started_at: datetime
    last_active_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_reason: str | None

    def end_at(self, now: datetime, idle: timedelta) -> SignInEnd | None:
        """Return the reason why the sign-in is over at ``now``, where ``idle`` is the longest inactivity, or None."""
        if self.ended_reason is not None:
            return SignInEnd(self.ended_reason)
        if now >= self.expires_at:
            return SignInEnd.EXPIRED
        return SignInEnd.IDLE if now - self.last_active_at >= idle else None


UNTOLD_PROVIDER = "unknown"
"""Stands in the log for a provider whose token could not even be read."""


class SignInEnded(Forbidden):
    """The sign-in of the token has ended."""

    def __init__(self) -> None:
        super().__init__(N_("This sign-in has ended. Sign in again."))


def record_refused_token(store: Store, provider: str = UNTOLD_PROVIDER) -> None:
    """Log that a token of ``provider`` was refused, which does not say whose it is."""
    audit.record_refusals(store, Actor(f"{provider}:?", provider, None, ""), Action.SIGN_IN, [None])


def begin(store: Store, user: User, session_hash: str, expires_at: datetime) -> SignIn:
    """Begin a sign-in that is valid until ``expires_at`` (naive UTC) at the longest, and return it.

    A sign-in that has begun is returned as it is. Raises Forbidden for one that has ended, and logs the refusal.
    """

    def work(tx: Transaction) -> SignIn:
        at = store.now()
        known = _find(tx, session_hash)
        if known:
            if known.ended_at:
                raise SignInEnded
            return known
        tx.execute(
            f"INSERT INTO sign_in ({COLUMNS}) VALUES ($1, $2, $3, $3, $4, NULL, NULL)",
            session_hash, user.user_id, at, expires_at,
        )  # fmt: skip
        audit.record(tx, at, user.actor(), Action.SIGN_IN)
        return SignIn(session_hash, user.user_id, at, at, expires_at, None, None)

    return audit.perform(store, user.actor(), Action.SIGN_IN, work)


def get(store: Store, session_hash: str) -> SignIn | None:
    """Return the sign-in; None when it has not begun."""
    with store.read() as tx:
        return _find(tx, session_hash)


def touch(store: Store, sign_in: SignIn) -> None:
    """Store the user's activity, unless that was done less than WRITE_AGAIN_AFTER ago."""
    now = store.now()
    if now - sign_in.last_active_at < WRITE_AGAIN_AFTER:
        return
    sql = "UPDATE sign_in SET last_active_at = $2 WHERE session_hash = $1 AND ended_at IS NULL"
    store.write(lambda tx: tx.execute(sql, sign_in.session_hash, now))


def end(store: Store, user: User, session_hash: str, why: SignInEnd) -> None:
    """End a sign-in and log it; one that has ended stays as it is."""

    def work(tx: Transaction) -> None:
        at = store.now()
        ended = tx.row(
            "UPDATE sign_in SET ended_at = $2, ended_reason = $3 WHERE session_hash = $1 AND ended_at IS NULL"
            " RETURNING user_id",
            session_hash, at, why,
        )  # fmt: skip
        if ended:
            audit.record(tx, at, user.actor(), Action.SIGN_OUT, reason=why)

    store.write(work)


def _find(tx: Transaction, session_hash: str) -> SignIn | None:
    row = tx.row(f"SELECT {COLUMNS} FROM sign_in WHERE session_hash = $1", session_hash)
    return SignIn(**row) if row else None
