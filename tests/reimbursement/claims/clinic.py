"""People with groups and doses at a clinic that claims them, and what the store holds of its claims."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from mv import customers, memberships, vaccinations
from mv.access import Actor
from mv.customers import Customer
from mv.memberships import EndReason, Membership
from mv.reimbursement.claims import drafting, ledger
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.vaccinations import Dose, Entry, WithdrawReason
from tests.conftest import SetClock, invented_number
from tests.contents import Rows

REGION = "Exempelregionen"
EMPLOYER = "Arbetsgivaren"
DAY = date(2026, 11, 2)
OCTOBER = date(2026, 10, 1), date(2026, 10, 31)
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)
ALWAYS = date(2020, 1, 1), date(2026, 12, 31)
FROZEN = ("claim_line", "claim_file")
LINES = """
    SELECT line_number, ore, corrects_claim_id, corrects_line_number, cause, dose_id
    FROM claim_line WHERE claim_id = $1 ORDER BY line_number
"""


@dataclass
class Clinic:
    """What is done at the clinic by somebody who may do everything; each day has its own doses and corrections."""

    store: Store
    clock: SetClock
    actor: Actor
    people: int = 0

    def person(self, unit_id: str = "norr") -> Customer:
        """Register somebody of 80 years."""
        self.people += 1
        number = invented_number(date(1946, 1 + self.people // 27, 1 + self.people % 27), 900 + self.people)
        return customers.register(self.store, self.actor, number, "Vilma", "Provberg", unit_id)

    def group(self, customer: Customer, group: str = "65_plus", subgroup: str | None = None) -> Membership:
        """Put the customer in a group for the whole year."""
        entry = memberships.Entry(group, subgroup, date(2026, 1, 1))
        return memberships.add(self.store, self.actor, customer.customer_id, entry)

    def give(self, membership: Membership, day: date = DAY, unit_id: str = "norr", product: str = "efluelda") -> Dose:
        """Register a dose on its day."""
        entry = Entry(product, "B-1", 1, day, unit_id, membership.membership_id)
        return self.on(day, lambda: vaccinations.register(self.store, self.actor, membership.customer_id, entry))

    def dose(self, day: date = DAY, unit_id: str = "norr") -> Dose:
        """Register a dose, worth 150 kr, of somebody whom no other dose is of."""
        return self.give(self.group(self.person()), day, unit_id)

    def correct(self, dose: Dose, **values: Any) -> Dose:
        """Correct the dose today."""
        entry = Entry(
            dose.product_code, dose.batch_number, dose.dose_number, dose.given_on, dose.unit_id, dose.membership_id
        )
        return vaccinations.correct(self.store, self.actor, dose.dose_id, dose.version, replace(entry, **values))

    def withdraw(self, dose: Dose) -> Dose:
        return vaccinations.withdraw(
            self.store, self.actor, dose.dose_id, dose.version, WithdrawReason.ENTERED_BY_MISTAKE
        )

    def remove_group(self, dose: Dose, reason: EndReason = EndReason.WRONG) -> None:
        (row,) = memberships.of_customer(self.store, self.actor, dose.customer_id)
        memberships.remove(self.store, self.actor, row.membership_id, row.version, reason)

    def change_rule(self, code: str, **values: Any) -> Rule:
        """Change a rule of the shipped file."""
        (rule,) = (rule for rule in rule_table.load(self.store) if rule.rule_code == code)
        new = replace(rule, **values)
        made = self.store.write(lambda tx: rule_table.update(tx, self.store.now(), "karin.holm", "adjusted", new))
        assert made is not None
        return made

    def claim(self, payer: str = REGION, period: tuple[date, date] = NOVEMBER, actor: Actor | None = None) -> Claim:
        return drafting.draft(self.store, actor or self.actor, payer, *period)

    def move(self, claim: Claim, *states: ClaimState) -> Claim:
        for state in states:
            claim = ledger.move(self.store, self.actor, claim.claim_id, claim.version, state)
        return claim

    def on(self, day: date, work: Any) -> Any:
        """Do something at noon of a day."""
        now, self.clock.now = self.clock.now, datetime.combine(day, time(12), UTC)
        try:
            return work()
        finally:
            self.clock.now = now

    def rows(self, sql: str, *params: object) -> Rows:
        with self.store.read() as tx:
            return tx.rows(sql, *params)

    def lines(self, claim: Claim) -> list[tuple[Any, ...]]:
        """Return the claim's lines: number, öre, what is corrected, cause and dose."""
        rows = [tuple(row.values()) for row in self.rows(LINES, claim.claim_id)]
        return [(n, ore, claim and (claim, line), *more) for n, ore, claim, line, *more in rows]

    def net(self, payer: str = REGION) -> dict[int, int]:
        """Return what the lines of each dose come to, of claims that are not discarded; doses with nothing left out."""
        sql = """
            SELECT l.dose_id, CAST(sum(l.ore) AS BIGINT) AS ore
            FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id
            WHERE k.payer = $1 AND k.state <> 'discarded' GROUP BY l.dose_id
        """
        return {row["dose_id"]: row["ore"] for row in self.rows(sql, payer) if row["ore"]}
