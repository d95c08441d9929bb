"""What is claimed and taken back, on plain columns: whatever changes between claims, they come to what is true."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mv.reimbursement.claims.due import ADJUSTMENT_REASONS, AdjustmentReason, Amount, Scope, settle
from mv.reimbursement.pricing.adjudication import OUTCOMES, Outcome
from tests.conftest import tries

FIRST = date(2026, 11, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
UNITS = ["norr", "soder"]
FACTS = ["product_code", "given_on", "group_code", "subgroup_code", "unit_id"]
TEXTS = ["product_code", "group_code", "subgroup_code", "unit_id"]
LINE = ["dose_id", *FACTS, "ore", "claim_id", "line_number"]

doses = st.fixed_dictionaries(
    {
        "product_code": st.sampled_from(["efluelda", "fluad_tetra"]),
        "given_on": st.sampled_from(DAYS),
        "group_code": st.sampled_from(["65_plus", "medical_risk"]),
        "subgroup_code": st.sampled_from([None, "heart"]),
        "unit_id": st.sampled_from(UNITS),
        "outcome": st.sampled_from(
            [Outcome.PAYABLE, Outcome.PAYABLE, Outcome.PAYABLE, Outcome.WITHDRAWN, Outcome.LATE]
        ),
        "payer": st.sampled_from(["A", "A", "B"]),
        "ore": st.sampled_from([150_00, 160_00]),
    }
)
registers = st.lists(doses, min_size=1, max_size=8).map(lambda found: dict(enumerate(found, start=1)))
scopes = st.builds(
    lambda days, units: Scope("A", min(days), max(days), units),
    st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)),
    st.sampled_from([None, frozenset({"norr"}), frozenset({"soder"})]),
)


def adjudicated(register: dict[int, dict[str, Any]]) -> pd.DataFrame:
    """Return the doses as they are adjudicated: only a payable one has a payer and öre."""
    rows = [
        {"dose_id": dose_id, **dose} if is_due(dose) else {"dose_id": dose_id, **dose, "payer": None, "ore": 0}
        for dose_id, dose in register.items()
    ]
    frame = pd.DataFrame(rows, columns=["dose_id", *FACTS, "outcome", "payer", "ore"])
    return frame.astype(dict.fromkeys(TEXTS, "str") | {"given_on": "datetime64[s]", "outcome": OUTCOMES})


def is_due(dose: dict[str, Any]) -> bool:
    return bool(dose["outcome"] == Outcome.PAYABLE)


@dataclass
class Ledger:
    """Lines as they were claimed from one payer."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    claims: int = 0

    def open_lines(self) -> pd.DataFrame:
        taken_back = [line["corrects"] for line in self.lines if line["corrects"]]
        assert len(set(taken_back)) == len(taken_back), "a line is taken back twice"
        rows = [
            line for line in self.lines
            if not line["corrects"] and (line["claim_id"], line["line_number"]) not in taken_back
        ]  # fmt: skip
        frame = pd.DataFrame([{name: row[name] for name in LINE} for row in rows], columns=LINE)
        return frame.astype(dict.fromkeys(TEXTS, "str") | {"given_on": "datetime64[s]", "ore": "int64"})

    def claim(self, register: dict[int, dict[str, Any]], scope: Scope) -> tuple[Amount, Amount]:
        """Make a claim of what :func:`settle` says; return what it leaves as earlier and as elsewhere."""
        found = settle(adjudicated(register), self.open_lines(), scope)
        self.claims += 1
        reversals = [
            row | {"ore": -row["ore"], "corrects": (row["claim_id"], row["line_number"])}
            for row in found.reversals.to_dict("records")
        ]
        new_lines = [row | {"corrects": None} for row in found.new_lines.to_dict("records")]
        for number, row in enumerate([*reversals, *new_lines], start=1):
            assert row["cause"] in ADJUSTMENT_REASONS
            self.lines.append(row | {"claim_id": self.claims, "line_number": number})
        return Amount.of(found.earlier), found.elsewhere

    def net(self) -> Counter[int]:
        net: Counter[int] = Counter()
        for line in self.lines:
            net[line["dose_id"]] += line["ore"]
        assert all(ore >= 0 for ore in net.values())
        return +net


def what_is_due(register: dict[int, dict[str, Any]]) -> dict[int, int]:
    return {n: dose["ore"] for n, dose in register.items() if is_due(dose) and dose["payer"] == "A"}


@tries(40)
@given(st.lists(st.tuples(registers, scopes), min_size=1, max_size=4))
def test_whoever_claimed_what_and_when_the_net_of_each_dose_becomes_what_is_true(
    turns: list[tuple[dict[int, dict[str, Any]], Scope]],
) -> None:
    ledger = Ledger()
    for register, scope in turns:
        ledger.claim(register, scope)
        assert ledger.open_lines()["dose_id"].is_unique
        assert dict(ledger.open_lines().set_index("dose_id")["ore"]) == ledger.net()
    last = turns[-1][0]
    for unit_id in [*UNITS, *UNITS]:  # a dose that moved is claimed by its unit once the other has taken its line back
        ledger.claim(last, Scope("A", DAYS[0], DAYS[-1], frozenset({unit_id})))
    assert ledger.net() == what_is_due(last)


@tries(40)
@given(registers, registers, scopes)
def test_what_a_claim_leaves_is_counted(
    before: dict[int, dict[str, Any]], register: dict[int, dict[str, Any]], scope: Scope
) -> None:
    ledger = Ledger()
    ledger.claim(before, Scope("A", DAYS[0], DAYS[-1], None))
    earlier, elsewhere = ledger.claim(register, scope)
    units = UNITS if scope.units is None else scope.units
    due = {
        n: ore
        for n, ore in what_is_due(register).items()
        if register[n]["unit_id"] in units and register[n]["given_on"] <= scope.period_to
    }
    held = {n for n in due if n in what_is_due(before) and before[n]["unit_id"] not in units}
    assert elsewhere == Amount(len(held), sum(due[n] for n in held))
    claimed = {n for n in due if n in ledger.net() and n not in held}
    assert earlier == Amount(len(due) - len(held) - len(claimed), sum(due[n] for n in due if n not in held | claimed))


@tries(40)
@given(st.lists(registers, min_size=1, max_size=4))
def test_claims_for_all_days_add_up_to_the_outcomes_at_the_last_one(turns: list[dict[int, dict[str, Any]]]) -> None:
    ledger, everything = Ledger(), Scope("A", DAYS[0], DAYS[-1], None)
    for register in turns:
        assert ledger.claim(register, everything) == (Amount(), Amount())
    assert ledger.net() == what_is_due(turns[-1])
    assert sum(line["ore"] for line in ledger.lines) == sum(what_is_due(turns[-1]).values())
    count = len(ledger.lines)
    ledger.claim(turns[-1], everything)
    assert len(ledger.lines) == count, "something is claimed twice"


def test_every_reason_for_not_paying_and_every_cause_has_words() -> None:
    assert set(ADJUSTMENT_REASONS) == {*AdjustmentReason, *Outcome} - {Outcome.PAYABLE}
