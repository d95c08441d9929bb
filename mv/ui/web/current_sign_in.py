"""The sign-in of a browser: its user, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from mv import invitations, sign_ins, users
from mv.errors import N_, Forbidden
from mv.sign_in_claims import identify_user
from mv.sign_ins import SignIn, SignInEnd
from mv.ui.resources import store
from mv.ui.web import cookies
from mv.ui.web.cookies import SignedCookie
from mv.ui.web.startup_checks import configured
from mv.users import User

SAME_PERSON = ("iss", "sub", "iat", "exp", "nonce")


class SignedOut(Forbidden):
    """Nobody is signed in here any more."""

    def __init__(self) -> None:
        super().__init__(N_("You are signed out. Sign in again."))


@dataclass(frozen=True, slots=True)
class SignInStatus:
    """The user of a sign-in; without a user, ``end_reason`` says why it ended, unless there never was one."""

    user: User | None = None
    sign_in: SignIn | None = None
    end_reason: SignInEnd | None = None


def cookie_of_screen() -> SignedCookie | None:
    """Return the sign-in of the browser that shows this page.

    Streamlit checked where the request came from before it let the page know its user, so both must agree.
    """
    known = st.user.to_dict()
    found = cookies.read(st.context.cookies) if known.get("is_logged_in") else None
    return found if found and all(found.claims.get(name) == known.get(name) for name in SAME_PERSON) else None


def status_of(cookie: SignedCookie | None) -> SignInStatus:
    """Return the status of a cookie's sign-in; it is at most a second old."""
    if cookie is None:
        return SignInStatus()
    found = _status(cookie.session_hash)
    if found.user is None and found.end_reason is None and cookie.expires_at <= store().now():
        return SignInStatus(end_reason=SignInEnd.EXPIRED)
    return found


def of_browser(sent: Mapping[str, str]) -> SignInStatus:
    """Return the status of the sign-in that a request's cookies name."""
    return status_of(cookies.read(sent))


@st.cache_resource(ttl=1, max_entries=10_000, show_spinner=False)
def _status(session_hash: str) -> SignInStatus:
    found = sign_ins.get(store(), session_hash)
    if found is None:
        return SignInStatus()
    over = found.end_at(store().now(), configured().idle)
    user = users.get(store(), found.user_id)
    if over is None and user is not None:
        return SignInStatus(user, found)
    if user is not None and over is not None and found.ended_at is None:
        sign_ins.end(store(), user, session_hash, over)
    return SignInStatus(end_reason=over or SignInEnd.SIGNED_OUT)


def begin(cookie: SignedCookie) -> SignInStatus:
    """Begin the sign-in of a cookie that the store does not know. Raises Invalid and Forbidden, saying why not.

    A user who may do nothing here has no sign-in either, but is told who it is.
    """
    claimed = identify_user(configured().providers, cookie.provider, cookie.claims)
    user = users.record_sign_in(
        store(), claimed.user_id, claimed.name, claimed.role, claimed.units, claimed.own_number, claimed.email
    )
    if claimed.email:
        user = invitations.accept(store(), user, claimed.email)
    _status.clear(cookie.session_hash)
    expires_at = min(cookie.expires_at, store().now() + configured().longest_sign_in)
    try:
        return SignInStatus(user, sign_ins.begin(store(), user, cookie.session_hash, expires_at))
    except Forbidden:
        if user.blocked or user.role is None:
            return SignInStatus(user)
        raise


def end(cookie: SignedCookie) -> None:
    """End a sign-in everywhere: in other windows, and for whoever copied its cookie."""
    status = status_of(cookie)
    if status.user:
        sign_ins.end(store(), status.user, cookie.session_hash, SignInEnd.SIGNED_OUT)
    _status.clear(cookie.session_hash)


def require_user() -> User:
    """Return the user who is signed in at this screen, and record their activity.

    Raises SignedOut, and Forbidden where the user has lost every right, as when the last day at the last unit is over.
    """
    cookie = cookie_of_screen()
    status = status_of(cookie)
    if cookie is None or status.user is None or status.sign_in is None:
        raise SignedOut
    if status.user.lacks_rights:
        raise Forbidden(N_("You have no access here any more. Ask whoever is responsible for users."))
    before = status.sign_in.last_active_at
    if store().now() - before >= sign_ins.WRITE_AGAIN_AFTER:
        sign_ins.touch(store(), status.sign_in)
        _status.clear(cookie.session_hash)
    return status.user
