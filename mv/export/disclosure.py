"""What may be published of counts: small cells are left out, since they can point at people.

Fewer than five is the usual limit of Swedish statistics on health. Where one cell alone is left out, the
next smallest goes with it, as the total would give the one away.
"""

from __future__ import annotations

import pandas as pd

FEWEST_PEOPLE = 5


def is_small(people: int) -> bool:
    """Return whether a count of people is too small to be published; nobody is nobody's secret."""
    return 0 < people < FEWEST_PEOPLE


def suppress(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with ``people`` and ``rows`` missing (pd.NA) where they may not be published."""
    people = frame["people"]
    left_out = people.map(is_small).astype(bool)
    if left_out.sum() == 1 and len(frame) > 1:
        left_out[people[~left_out & (people > 0)].nsmallest(1).index] = True
    return frame.assign(**{name: frame[name].astype("Int64").mask(left_out, pd.NA) for name in ("people", "rows")})
