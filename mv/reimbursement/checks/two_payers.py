"""Two payers: memberships at the same time by which different payers pay for a vaccine, as staff in a risk group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pandas as pd

from mv import audit
from mv.access import Action, Actor, in_own_units
from mv.catalogue import Catalogue
from mv.reimbursement.checks.priced_doses import counts_by, paid_doses, with_ore
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.pricing.dose_frames import CUSTOMERS_AT_ONCE
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store

PAIRS = """
    SELECT * FROM (
        SELECT a.membership_id, b.membership_id AS other_membership_id, a.customer_id, a.group_code, a.subgroup_code,
            b.group_code AS other_group_code, b.subgroup_code AS other_subgroup_code, c.birth_date, u.region,
            GREATEST(a.valid_from, b.valid_from, CAST($3 AS DATE)) AS first_day,
            LEAST(COALESCE(a.valid_to, $4), COALESCE(b.valid_to, $4), CAST($4 AS DATE)) AS last_day
        FROM membership a
        JOIN membership b ON b.customer_id = a.customer_id AND b.membership_id > a.membership_id
        JOIN customer c ON c.customer_id = a.customer_id
        JOIN unit u ON u.unit_id = c.unit_id
        WHERE a.customer_id BETWEEN $1 AND $2 AND ({own} OR {other_own})
            AND a.ended_reason IS DISTINCT FROM 'wrong' AND b.ended_reason IS DISTINCT FROM 'wrong'
    ) AS pair WHERE first_day <= last_day ORDER BY membership_id, other_membership_id
"""
PAIR = ["membership_id", "other_membership_id"]
ONE, OTHER = ("group_code", "subgroup_code"), ("other_group_code", "other_subgroup_code")


def two_payers(
    store: Store, actor: Actor, rules: Sequence[Rule], known: Catalogue, first: date, last: date
) -> pd.DataFrame:
    """Return pairs of a customer's memberships that cover the same day and have a vaccine with different payers.

    The payer is that of a first dose by either group on the last day from ``first`` to ``last`` that both cover;
    where the customer pays, there is none. One of the memberships is of an own unit. Columns: those of PAIRS, kinds
    (ATC level 4, with commas), payer and other_payer of the first of them, and ore, the amount paid for doses by
    either group on days that both cover. Names nobody: the caller logs the customers that it shows.
    """
    audit.permit(store, actor, Action.VIEW_CHECKS)
    vaccines = _vaccines(rules, known)
    parts = [_differing(pairs, vaccines, rules) for pairs in _pairs(store, actor, first, last)]
    found = pd.concat(parts, ignore_index=True)
    frame = found.drop_duplicates(PAIR, ignore_index=True).drop(columns=["atc", "product_codes"])
    frame = frame.merge(_kinds(found), on=PAIR)
    products = found.explode("product_codes").rename(columns={"product_codes": "product_code"})
    paid = paid_doses(store, rules, frame["customer_id"])
    both = products.merge(paid, on=["customer_id", "product_code"], suffixes=("", "_dose"))
    both = both[both["given_on"].between(both["first_day"], both["last_day"])]
    return with_ore(frame, both[counts_by(both, *ONE) | counts_by(both, *OTHER)], PAIR)


def _kinds(found: pd.DataFrame) -> pd.Series:
    """Return by pair the vaccine types that different payers pay for, separated by commas."""
    codes, names = pd.factorize(found["atc"].str[:ATC_LEVEL_4_LENGTH], sort=True)
    bits = found[PAIR].assign(bit=2**codes).drop_duplicates().groupby(PAIR)["bit"].sum()
    texts = {bit: ",".join(name for n, name in enumerate(names) if bit >> n & 1) for bit in bits.unique()}
    return bits.map(texts).rename("kinds")


def _vaccines(rules: Sequence[Rule], known: Catalogue) -> pd.DataFrame:
    """Group the vaccines by the rules that are for them: one vaccine of each, with its products."""
    alike: dict[tuple[bool, ...], list[str]] = {}
    for vaccine in known.vaccines.values():
        which = tuple(rule.is_for(vaccine.product_code, vaccine.atc) for rule in rules)
        if any(which):
            alike.setdefault(which, []).append(vaccine.product_code)
    asked = [(codes[0], known.vaccines[codes[0]].atc, tuple(codes)) for codes in alike.values()]
    return pd.DataFrame(asked, columns=["product_code", "atc", "product_codes"])


def _pairs(store: Store, actor: Actor, first: date, last: date) -> Iterator[pd.DataFrame]:
    """Yield the pairs of memberships that cover the same day, part by part; at least one part, which may be empty."""
    with store.read() as tx:
        bounds = tx.rows("SELECT min(customer_id) AS first, max(customer_id) AS last FROM membership")[0]
    own, units = in_own_units(actor, "a.unit_id", 5)
    other_own, _ = in_own_units(actor, "b.unit_id", 5)
    sql = PAIRS.format(own=own, other_own=other_own)
    for start in range(bounds["first"] or 0, (bounds["last"] or 0) + 1, CUSTOMERS_AT_ONCE):
        with store.batches(sql, start, start + CUSTOMERS_AT_ONCE - 1, first, last, *units) as reader:
            frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
        yield frame


def _differing(pairs: pd.DataFrame, vaccines: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the pairs with each vaccine that different payers pay for, and these payers."""
    asked = pairs[_may_differ(pairs, rules)].merge(vaccines, how="cross")
    payer, other_payer = _payers(asked, *ONE, rules), _payers(asked, *OTHER, rules)
    differ = (payer != "") & (other_payer != "") & (payer != other_payer)
    return asked.assign(payer=payer, other_payer=other_payer)[differ].drop(columns="product_code")


def _may_differ(pairs: pd.DataFrame, rules: Sequence[Rule]) -> pd.Series:
    """Return which pairs have two payers by the rules of any day; the others need no adjudication."""
    distinct = pairs[[*ONE, *OTHER]].drop_duplicates()
    payers = [
        {rule.payer for rule in rules if rule.ore and any(_is_of(rule, *each) for each in ((a, b), (c, d)))}
        for a, b, c, d in distinct.itertuples(index=False, name=None)
    ]
    may = distinct.assign(may=[len(some) > 1 for some in payers])
    return pairs.merge(may, how="left", on=[*ONE, *OTHER])["may"].set_axis(pairs.index).astype(bool)


def _is_of(rule: Rule, group_code: str, subgroup_code: object) -> bool:
    return rule.group_code in (None, group_code) and rule.subgroup_code in (None, subgroup_code)


def _payers(asked: pd.DataFrame, group: str, subgroup: str, rules: Sequence[Rule]) -> pd.Series:
    """Return the payer of a first dose by the group on the last common day; an empty text where nobody pays."""
    numbers = np.arange(len(asked))
    doses = pd.DataFrame(
        {
            "dose_id": numbers, "customer_id": numbers, "region": asked["region"],
            "product_code": asked["product_code"], "atc": asked["atc"], "dose_number": 1,
            "given_on": asked["last_day"], "completed_on": asked["last_day"], "birth_date": asked["birth_date"],
            "group_code": asked[group], "subgroup_code": asked[subgroup],
            "covered": True, "abroad": False, "withdrawn": False,
        }
    )  # fmt: skip
    outcomes = adjudicate(doses, rules)
    payers = np.array([*(rule.payer for rule in rules), ""], object)[outcomes["rule"]]
    return pd.Series(np.where(outcomes["outcome"] == Outcome.PAYABLE.value, payers, ""), index=asked.index, dtype="str")
