"""Streamlit's signed cookie of a sign-in, decoded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mv.ui.web.streamlit_internals import (
    USER_COOKIE_NAME,
    decode_signed_value,
    get_cookie_secret,
    get_cookie_with_chunks,
)


@dataclass(frozen=True, slots=True)
class SignedCookie:
    """A sign-in's cookie, its signature checked; ``expires_at`` is naive UTC, and the ID token's own."""

    session_hash: str
    provider: str
    claims: Mapping[str, Any]
    expires_at: datetime


def read(cookies: Mapping[str, str]) -> SignedCookie | None:
    """Return the sign-in that a browser's cookies hold; None for none, a forged one, or one that never expires.

    The hash is over what is signed, not over the cookie's text: the same sign-in written in another way, or
    with one more cookie beside it, is the same sign-in.
    """
    parts = {name: value for name, value in cookies.items() if name.startswith(USER_COOKIE_NAME)}
    return _read(get_cookie_secret(), tuple(sorted(parts.items())))


@lru_cache(maxsize=1000)
def _read(secret: str, parts: tuple[tuple[str, str], ...]) -> SignedCookie | None:
    """Read them once: a page asks some ten times in each run who is signed in."""
    values = dict(parts)

    def one(name: str) -> bytes | None:
        value = values.get(name)
        return None if value is None else decode_signed_value(secret, name, value)

    try:
        signed = get_cookie_with_chunks(one, USER_COOKIE_NAME)
        payload = json.loads(signed) if signed else None
        if not isinstance(payload, dict) or payload.get("is_logged_in") is not True:
            return None
        expires_at = datetime.fromtimestamp(float(payload["exp"]), UTC).replace(tzinfo=None)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    session_hash = hashlib.sha256(signed or b"").hexdigest()
    return SignedCookie(session_hash, str(payload.get("provider", "")), payload, expires_at)
