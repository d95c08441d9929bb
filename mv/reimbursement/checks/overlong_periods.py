"""Overlong periods: active memberships that have outlasted their group's limit, as a pregnancy never ended."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mv import audit
from mv.access import Action, Actor, in_own_units
from mv.reimbursement.checks.priced_doses import counts_by, paid_doses, with_ore
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store

LONG = """
    SELECT m.membership_id, m.customer_id, m.group_code, m.subgroup_code, m.valid_from, g.longest_days
    FROM membership m JOIN customer_group g ON g.group_code = m.group_code
    WHERE m.valid_to IS NULL AND CAST($1 AS DATE) - m.valid_from >= g.longest_days AND {own}
    ORDER BY m.valid_from, m.membership_id
"""


def overlong_memberships(store: Store, actor: Actor, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the active memberships at own units that have lasted over ``longest_days``, the first day included.

    Columns: those of LONG, days (how many it has lasted) and ore, the amount paid for doses by the group after those
    days. Names nobody: the caller logs the customers that it shows.
    """
    audit.permit(store, actor, Action.VIEW_CHECKS)
    own, units = in_own_units(actor, "m.unit_id", 2)
    with store.batches(LONG.format(own=own), store.today(), *units) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
    frame = frame.assign(days=(pd.Timestamp(store.today()) - frame["valid_from"]).dt.days + 1)
    paid = paid_doses(store, rules, frame["customer_id"])
    both = frame.merge(paid, on="customer_id", suffixes=("", "_dose"))
    after = both["given_on"] >= both["valid_from"] + pd.to_timedelta(both["longest_days"], unit="D")
    return with_ore(frame, both[after & counts_by(both, "group_code", "subgroup_code")], ["membership_id"])
