"""The impact of a change of rules on given doses: how many are paid differently, by which payer, in öre.

Only doses of the same vaccine type (ATC level 4) can change: those that a changed rule is for and, by the days
between doses, others of their type to the same person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mv import audit
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.pricing.seasons import Season
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store

K = TypeVar("K")

COUNT = "SELECT count(*) AS doses FROM dose d JOIN vaccine v ON v.product_code = d.product_code WHERE {of_kinds}"


class PaymentChange(StrEnum):
    """How the payment of a dose changes."""

    GAINS = "gains"
    """Unpaid before, paid after."""
    LOSES = "loses"
    """Paid before, unpaid after."""
    AMOUNT = "amount"
    """Another amount, by the same payer or another."""
    PAYER = "payer"
    """The same amount by another payer."""


@dataclass(frozen=True, slots=True)
class Share:
    """A number of doses that are paid differently, and the difference in all; öre, negative where less is paid."""

    doses: int = 0
    ore: int = 0

    def with_more(self, other: Share) -> Share:
        """Return the sum of both."""
        return Share(self.doses + other.doses, self.ore + other.ore)


@dataclass(frozen=True, slots=True)
class Impact:
    """The doses that are paid differently: in all, by kind of change, by payer, by season; and how many are claimed.

    A dose that gets another payer counts for both payers: minus for one, plus for the other.
    """

    whole: Share = Share()
    changes: Counter[PaymentChange] = field(default_factory=Counter)
    by_payer: Mapping[str, Share] = field(default_factory=dict)
    by_season: Mapping[Season, Share] = field(default_factory=dict)
    claimed: int = 0

    def with_more(self, other: Impact) -> Impact:
        """Return the impact on the doses of both, which have none in common."""
        return Impact(
            self.whole.with_more(other.whole),
            self.changes + other.changes,
            _merged(self.by_payer, other.by_payer),
            _merged(self.by_season, other.by_season),
            self.claimed + other.claimed,
        )


def impact_at_own_units(
    store: Store, actor: Actor, before: Sequence[Rule], after: Sequence[Rule], known: Catalogue
) -> Impact:
    """Return the impact, on doses given at the actor's own units, of the rules ``after`` in place of ``before``.

    Names no person. A million doses take seconds; they are read part by part, so that memory stays bounded.
    """
    audit.permit(store, actor, Action.CHANGE_RULE)
    kinds = changed_vaccine_types(before, after, known)
    effect = Impact()
    for first, last in dose_frames.customer_ranges(store) if kinds else ():
        changed = compare(dose_frames.read_doses(store, first, last, kinds), before, after)
        own = changed if actor.has_every_unit else changed[changed["unit_id"].isin(actor.own_units)]
        effect = effect.with_more(summarize(own))
    return effect


def count_affected(store: Store, actor: Actor, before: Sequence[Rule], after: Sequence[Rule], known: Catalogue) -> int:
    """Return how many doses :func:`impact_at_own_units` has to adjudicate."""
    audit.permit(store, actor, Action.CHANGE_RULE)
    condition, patterns = dose_frames.atc_condition(changed_vaccine_types(before, after, known), 1)
    with store.read() as tx:
        return int(tx.rows(COUNT.format(of_kinds=condition), *patterns)[0]["doses"])


def changed_vaccine_types(before: Iterable[Rule], after: Iterable[Rule], known: Catalogue) -> list[str]:
    """Return the beginnings of ATC codes of all doses that may be paid differently."""
    codes = set()
    for rule in set(before) ^ set(after):
        product = known.vaccines.get(rule.product_code or "")
        codes.add((product.atc if product else rule.atc or "")[:ATC_LEVEL_4_LENGTH])
    return sorted(code for code in codes if code and not any(code != o and code.startswith(o) for o in codes if o))


def compare(
    doses: pd.DataFrame, before: Sequence[Rule], after: Sequence[Rule], doses_after: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the doses that are paid differently by ``after`` than by ``before``.

    ``doses_after`` are the same doses, row by row, where they are to be others, too.
    Columns: unit_id, given_on, claimed; was and becomes, öre; payer_was and payer_becomes, empty where nobody pays.
    """
    was, becomes = _paid(doses, before), _paid(doses if doses_after is None else doses_after, after)
    both = doses[["unit_id", "given_on", "claimed"]].assign(
        was=was["ore"], becomes=becomes["ore"], payer_was=was["payer"], payer_becomes=becomes["payer"]
    )
    return both[(both["was"] != both["becomes"]) | (both["payer_was"] != both["payer_becomes"])]


def summarize(changed: pd.DataFrame) -> Impact:
    """Sum up the doses of :func:`compare`."""
    more = changed["becomes"] - changed["was"]
    was, becomes = changed["was"] > 0, changed["becomes"] > 0
    changes = {
        PaymentChange.GAINS: ~was & becomes,
        PaymentChange.LOSES: was & ~becomes,
        PaymentChange.AMOUNT: was & becomes & (more != 0),
        PaymentChange.PAYER: was & becomes & (more == 0),
    }
    seasons = changed["given_on"].map({day: Season.of(day) for day in changed["given_on"].unique()})
    return Impact(
        whole=Share(len(changed), int(more.sum())),
        changes=Counter({turn: int(of.sum()) for turn, of in changes.items() if of.any()}),
        by_payer=_by(*_of_payers(changed)),
        by_season=_by(seasons, more),
        claimed=int((changed["claimed"] != 0).sum()),
    )


def _paid(doses: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    adjudicated = adjudicate(doses, rules)
    payers = np.array([*(rule.payer for rule in rules), ""], dtype=object)[adjudicated["rule"]]
    return adjudicated[["ore"]].assign(payer=np.where(adjudicated["ore"] > 0, payers, ""))


def _of_payers(changed: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return payers and differences in öre: one row for a dose that keeps its payer, two where that changes."""
    same = changed["payer_was"] == changed["payer_becomes"]
    rows = [
        (changed.loc[same, "payer_was"], changed.loc[same, "becomes"] - changed.loc[same, "was"]),
        (changed.loc[~same, "payer_was"], -changed.loc[~same, "was"]),
        (changed.loc[~same, "payer_becomes"], changed.loc[~same, "becomes"]),
    ]
    payers = pd.concat([payer for payer, _ in rows], ignore_index=True)
    more = pd.concat([ore for _, ore in rows], ignore_index=True)
    return payers[payers != ""], more[payers != ""]


def _by(names: pd.Series, more: pd.Series) -> dict[Any, Share]:
    grouped = more.groupby(names)
    sums, counts = grouped.sum(), grouped.size()
    return {name: Share(int(counts[name]), int(sums[name])) for name in sums.index}


def _merged(one: Mapping[K, Share], other: Mapping[K, Share]) -> dict[K, Share]:
    return {name: one.get(name, Share()).with_more(other.get(name, Share())) for name in {**one, **other}}
