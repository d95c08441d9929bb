"""People with groups and doses at a clinic, and what the checks find there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from mv import customers, memberships, vaccinations
from mv.access import Actor
from mv.customers import Customer
from mv.memberships import EndReason, Membership
from mv.reimbursement.checks import findings
from mv.reimbursement.checks.findings import Check, Found
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.vaccinations import Dose, Entry
from tests.conftest import TODAY, SetClock, invented_number

BORN = date(1981, 8, 29)
RESERVE = "19810829M071"
NUMBER = invented_number(BORN, 983)
DAY = date(2026, 11, 2)


@dataclass
class Clinic:
    """What is done at the clinic by somebody who may do everything; each dose is registered on its day."""

    store: Store
    clock: SetClock
    actor: Actor
    people: int = 0

    def person(
        self, born: date = BORN, unit_id: str = "norr", number: str | None = None, name: str = "Kim Räv"
    ) -> Customer:
        """Register somebody, with a number that nobody has."""
        self.people += 1
        given, family = name.split()
        number = number or invented_number(born, 100 + 2 * self.people)
        return customers.register(self.store, self.actor, number, given, family, unit_id, born)

    def group(
        self,
        customer: Customer,
        group: str,
        subgroup: str | None = None,
        first: date = date(2026, 1, 1),
        last: date | None = None,
        unit_id: str = "norr",
    ) -> Membership:
        """Put the customer in a group."""
        entry = memberships.Entry(group, subgroup, first, last)
        return memberships.add(self.store, replace(self.actor, unit_id=unit_id), customer.customer_id, entry)

    def remove(self, membership: Membership, reason: EndReason = EndReason.WRONG) -> None:
        memberships.remove(self.store, self.actor, membership.membership_id, membership.version, reason)

    def dose(
        self,
        customer: Customer,
        membership: Membership | None,
        product: str = "efluelda",
        day: date = DAY,
        unit_id: str = "norr",
        registered: date | None = None,
        **values: Any,
    ) -> Dose:
        """Register a dose."""
        number = membership.membership_id if membership else None
        entry = replace(Entry(product, "B-1", 1, day, unit_id, number, without_group=membership is None), **values)
        now, self.clock.now = self.clock.now, datetime.combine(registered or day, time(12), UTC)
        try:
            return vaccinations.register(self.store, self.actor, customer.customer_id, entry)
        finally:
            self.clock.now = now

    def change_rule(self, code: str, **values: Any) -> Rule:
        """Change a rule of the shipped file."""
        (rule,) = (rule for rule in rule_table.load(self.store) if rule.rule_code == code)
        new = replace(rule, **values)
        made = self.store.write(lambda tx: rule_table.update(tx, self.store.now(), "karin.holm", "adjusted", new))
        assert made is not None
        return made

    def add_rule(self, like: str, **values: Any) -> Rule:
        """Make a rule that is like one of the shipped file, but for these values."""
        (rule,) = (rule for rule in rule_table.load(self.store) if rule.rule_code == like)
        new = replace(rule, rule_code=None, **values)
        return self.store.write(lambda tx: rule_table.insert(tx, self.store.now(), "karin.holm", new))

    def find(
        self, check: Check, first: date = date(2026, 1, 1), last: date = TODAY, actor: Actor | None = None
    ) -> Found:
        return findings.find(self.store, actor or self.actor, check, first, last)
