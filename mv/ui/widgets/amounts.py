"""Öre as kronor, in the session's language."""

from __future__ import annotations

from mv.reimbursement.pricing import wording
from mv.ui import session


def kronor(ore: int) -> str:
    """Return öre as kronor, without the unit."""
    return wording.kronor(ore, session.language())


def amount(ore: int) -> str:
    """Return öre as kronor, with the unit."""
    return f"{kronor(ore)}\u00a0kr"


def signed(ore: int) -> str:
    """Return öre as kronor, without the unit, with plus or minus."""
    return f"+{kronor(ore)}" if ore > 0 else kronor(ore)
