"""Disclosure control of published counts: small cells are suppressed, since they can point at people.

Fewer than five is the usual limit of Swedish statistics on health. Where one cell alone is suppressed, the
next smallest goes with it, as the total would reveal the one.
"""

from __future__ import annotations

import pandas as pd

FEWEST_PEOPLE = 5


def is_small(people: int) -> bool:
    """Return True for a count of people too small to be published; zero is about nobody and may be."""
    return 0 < people < FEWEST_PEOPLE


def suppress(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace ``people`` and ``rows`` by pd.NA where ``people`` is small, and in the next smallest row if it is one."""
    people = frame["people"]
    left_out = people.map(is_small).astype(bool)
    if left_out.sum() == 1 and len(frame) > 1:
        left_out[people[~left_out & (people > 0)].nsmallest(1).index] = True
    return frame.assign(**{name: frame[name].astype("Int64").mask(left_out, pd.NA) for name in ("people", "rows")})
