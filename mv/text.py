"""Notes: short texts that people write beside what was done."""

from __future__ import annotations

import re

from mv.errors import N_, Invalid

DAY = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)(?![\s+-]*[\dA-Z]{0,3}\d)")
"""A day as it is written, with nothing after it that could be the rest of an identity number."""
LOOKS_LIKE_A_NUMBER = re.compile(r"\d{6}")


def clean(note: str, longest: int) -> str:
    """Return ``note`` with single spaces. Raises Invalid when it is too long or holds what may be an identity number.

    A day (YYYY-MM-DD) is none.
    """
    text = " ".join(note.split())
    if len(text) > longest:
        raise Invalid(N_("The note has at most {most} characters."), most=longest)
    if LOOKS_LIKE_A_NUMBER.search(re.sub(r"[\s+-]", "", DAY.sub("/", text))):
        raise Invalid(N_("Leave identity numbers out of the note; the customer is logged as it is."))
    return text
