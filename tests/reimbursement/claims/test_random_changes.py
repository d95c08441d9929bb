"""Claims made between random changes of doses and rules, tried on both engines.

Whatever happens in between: the net of a dose's lines is what its payer was last claimed for it, no line and no part of
a file ever changes, and what is claimed adds up to the outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import given, note
from hypothesis import strategies as st

from mv.errors import Conflict, Invalid
from mv.reimbursement.claims import drafting, files, ledger
from mv.reimbursement.claims.ledger import ClaimState
from mv.reimbursement.pricing import dose_frames
from mv.reimbursement.pricing.adjudication import Outcome, adjudicate
from mv.reimbursement.rules import rule_table
from tests.conftest import tries
from tests.contents import Rows
from tests.reimbursement.claims.clinic import EMPLOYER, FROZEN, REGION, Clinic

DOSES = 6
FIRST_DAY = date(2026, 10, 29)
DAYS = 6
REGISTERED = datetime(2026, 11, 3, 9, 30)
CLAIMED_TABLES = ("claim", "claim_change", "claim_line", "claim_file", "payer")

numbers = st.integers(1, DOSES)
days = st.integers(0, DAYS - 1).map(lambda n: FIRST_DAY + timedelta(days=n))
changes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"given_on": days}),
    st.fixed_dictionaries({"product_code": st.sampled_from(["efluelda", "fluad_tetra", "comirnaty", "fsme_immun"])}),
    st.fixed_dictionaries({"group_code": st.sampled_from(["65_plus", "frailty", "staff", None])}),
    st.fixed_dictionaries({"unit_id": st.sampled_from(["norr", "soder"])}),
    st.fixed_dictionaries({"withdrawn_at": st.sampled_from([REGISTERED, None])}),
    st.fixed_dictionaries({"batch_number": st.sampled_from(["B-1", "B-2"])}),
)
rule_changes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"ore": st.sampled_from([150_00, 162_50, 0])}),
    st.fixed_dictionaries({"payer": st.sampled_from([REGION, EMPLOYER])}),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("dose"), numbers, changes),
        st.tuples(st.just("rule"), rule_changes),
        st.tuples(st.just("claim"), st.sampled_from([REGION, EMPLOYER]), days, days),
        st.tuples(
            st.just("move"),
            st.integers(1, 8),
            st.sampled_from([ClaimState.SENT, ClaimState.DISCARDED, ClaimState.ANSWERED]),
        ),
    ),
    min_size=4,
    max_size=8,
)


@dataclass
class Walk:
    """A clinic with a few doses, and what its claims must come to."""

    clinic: Clinic

    def begin(self) -> None:
        """Have each person's dose anew, as it was given, and no claim."""

        def work(tx: Any) -> None:
            for table in (*CLAIMED_TABLES, "dose"):
                tx.execute(f"DELETE FROM {table}")  # noqa: S608
            for number in range(1, DOSES + 1):
                tx.execute(
                    """
                    INSERT INTO dose (dose_id, customer_id, product_code, batch_number, dose_number, given_on, unit_id,
                        group_code, registered_at, registered_by, completed_at)
                    VALUES ($1, $1, 'efluelda', 'B-1', 1, $2, 'norr', '65_plus', $3, 'karin.holm', $3)
                    """,
                    number, FIRST_DAY + timedelta(days=number - 1), REGISTERED,
                )  # fmt: skip

        self.clinic.store.write(work)
        self.change_rule({"ore": 150_00, "payer": REGION})

    def change_dose(self, dose_id: int, values: dict[str, Any]) -> None:
        ((name, value),) = values.items()
        sql = f"UPDATE dose SET {name} = $2 WHERE dose_id = $1"  # noqa: S608
        self.clinic.store.write(lambda tx: tx.execute(sql, dose_id, value))

    def change_rule(self, values: dict[str, Any]) -> None:
        (rule,) = (rule for rule in rule_table.load(self.clinic.store) if rule.rule_code == "flu_65_2024")
        store = self.clinic.store
        store.write(lambda tx: rule_table.update(tx, store.now(), "karin.holm", "adjusted", replace(rule, **values)))

    def claim(self, payer: str, first: date, last: date) -> None:
        """Make a claim, if there is anything to claim, and check what the payer is claimed for every dose."""
        first, last = min(first, last), max(first, last)
        before, due = self.clinic.net(payer), self.due(payer)
        found = drafting.preview(self.clinic.store, self.clinic.actor, payer, first, last)
        try:
            claim = drafting.draft(self.clinic.store, self.clinic.actor, payer, first, last)
        except Invalid:
            assert found.total.count == 0
        else:
            assert (found.total.count, found.total.ore) == (claim.lines, claim.ore)
            assert claim.ore == sum(self.clinic.net(payer).values()) - sum(before.values())
        claimed = {dose for dose, (day, ore) in due.items() if ore and (first <= day <= last or dose in before)}
        assert self.clinic.net(payer) == {dose: due[dose][1] for dose in claimed}
        assert found.earlier.count == len(
            {dose for dose, (day, ore) in due.items() if ore and day < first} - set(before)
        )

    def due(self, payer: str) -> dict[int, tuple[date, int]]:
        """Return each dose's day, and what the payer owes for it by the outcome of now."""
        known = rule_table.load(self.clinic.store)
        doses = dose_frames.read_doses(self.clinic.store, 1, DOSES)
        adjudicated = pd.concat([doses, adjudicate(doses, known)], axis=1).to_dict("records")
        return {
            dose["dose_id"]: (
                dose["given_on"].date(),
                dose["ore"] if dose["outcome"] == Outcome.PAYABLE and known[dose["rule"]].payer == payer else 0,
            )
            for dose in adjudicated
        }

    def move(self, claim_number: int, state: ClaimState) -> None:
        """Bring a claim to another state, where that can be."""
        claims = ledger.claims(self.clinic.store, self.clinic.actor)
        if claim_number <= len(claims):
            try:
                self.clinic.move(claims[-claim_number], state)
            except Conflict as error:
                note(f"{claim_number} does not become {state}: {error}")

    def kept(self) -> dict[str, Rows]:
        return {name: self.clinic.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in FROZEN}  # noqa: S608

    def check_kept(self, before: dict[str, Rows]) -> None:
        """Check that every line and every part of a file is still there, and that each line is taken back once."""
        after = self.kept()
        for table, rows in before.items():
            assert [row for row in after[table] if row in rows] == rows
        lines = after["claim_line"]
        counted = [c.claim_id for c in ledger.claims(self.clinic.store, self.clinic.actor) if c.state != "discarded"]
        back = [(r["corrects_claim_id"], r["corrects_line_number"]) for r in lines if r["claim_id"] in counted]
        corrected = [reference for reference in back if reference[0]]
        assert len(set(corrected)) == len(corrected)
        ore = {(row["claim_id"], row["line_number"]): row["ore"] for row in lines}
        for row in lines:
            if row["corrects_claim_id"]:
                assert row["ore"] == -ore[row["corrects_claim_id"], row["corrects_line_number"]] < 0


@tries(5)
@given(steps)
def test_the_net_of_each_dose_is_its_outcome_at_the_last_claim_and_no_line_ever_changes(
    clinic: Clinic, todo: list[tuple[Any, ...]]
) -> None:
    walk = Walk(clinic)
    while clinic.people < DOSES:
        clinic.group(customer := clinic.person())
        clinic.group(customer, "frailty")
        clinic.group(customer, "staff", None)
    walk.begin()
    do = {"dose": walk.change_dose, "rule": walk.change_rule, "claim": walk.claim, "move": walk.move}
    before = walk.kept()
    for what, *values in todo:
        do[what](*values)
        if what in ("claim", "move"):
            walk.check_kept(before)
            before = walk.kept()
    for payer in (REGION, EMPLOYER):
        walk.claim(payer, FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))
        due = {dose: ore for dose, (_, ore) in walk.due(payer).items() if ore}
        assert clinic.net(payer) == due
    for claim in ledger.claims(clinic.store, clinic.actor):
        files.download(clinic.store, clinic.actor, claim.claim_id)
