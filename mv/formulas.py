"""Texts that a spreadsheet could run as a formula, made harmless."""

from __future__ import annotations

import pandas as pd

INVISIBLE = "\\x00-\\x20\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
FORMULA = f"^(?:'|[\\x00-\\x1f]|[{INVISIBLE}]*[-=+@\uff1d\uff0b\uff0d\uff20])"
"""A text that a spreadsheet may run (after OWASP, CSV Injection), or that begins as a text made harmless does."""


def harmless(text: pd.Series) -> pd.Series:
    """Put an apostrophe before each text that a spreadsheet could run as a formula."""
    unsure = ~text.str.slice(0, 1).str.isalnum().fillna(True)  # none that begins with a letter or digit; quick to tell
    if not unsure.any():
        return text
    risky = text.where(unsure).str.contains(FORMULA, regex=True).fillna(False)
    return text.mask(risky, "'" + text) if risky.any() else text
