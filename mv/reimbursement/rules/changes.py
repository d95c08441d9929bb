"""Changing rules: what is to become of them is put together first, can be looked at, and is saved as a whole.

A rule is never deleted: one that was made by mistake is removed and decides nothing, and that can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.clock import to_local
from mv.errors import N_, Conflict, Invalid
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import FILE, FROM_FILE, VALUES, Rule
from mv.reimbursement.rules.validation import check
from mv.store import Store
from mv.store.engine import Row, Transaction

NEW = 0
"""The number of a rule that is not in the store yet."""
ONE_DAY = timedelta(days=1)


class ChangeKind(StrEnum):
    """How a rule is changed; the same words stand in its history and in the access log."""

    ADDED = "added"
    ADJUSTED = "adjusted"
    FOLLOWED = "followed"
    """It ends, since another one follows it."""
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """A rule as it is to be, at the version that was seen; one to add has the number NEW."""

    kind: ChangeKind
    rule: Rule


Proposal = tuple[ProposedRule, ...]
"""What is to become of rules, all of it or nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """A rule as one change left it (its code in the file is not kept), when (UTC), and who made the change."""

    kind: ChangeKind
    rule: Rule
    changed_at: datetime
    changed_by: str


def propose_new(rule: Rule) -> Proposal:
    """Return that there is to be this rule as well."""
    return (
        ProposedRule(ChangeKind.ADDED, replace(rule, payment_rule_id=NEW, rule_code=None, removed=False, version=1)),
    )


def propose_correction(seen: Rule, rule: Rule) -> Proposal:
    """Return that the rule, from its first day on, is to be as ``rule`` says; nothing where it is so."""
    new = replace(seen, **{name: getattr(rule, name) for name in VALUES if name != "removed"})
    return (ProposedRule(ChangeKind.ADJUSTED, new),) if new != seen else ()


def propose_successor(seen: Rule, rule: Rule) -> Proposal:
    """Return that ``rule`` follows the one that was seen, which ends the day before, unless it has ended earlier.

    Raises Invalid when the new rule does not begin later than the old one, or would only go on with it.
    """
    if rule.valid_from <= seen.valid_from:
        raise Invalid(
            N_(
                "The old rule holds from {first}; what is to follow has to begin later."
                " To change it from its first day, correct it."
            ),
            first=seen.valid_from,
        )
    eve = rule.valid_from - ONE_DAY
    added = propose_new(rule)
    if seen.valid_to is not None and seen.valid_to <= eve:
        return added
    if _says(replace(rule, valid_from=seen.valid_from, valid_to=seen.valid_to)) == _says(seen):
        raise Invalid(N_("Nothing but the days is new. Change the amount or what else is to be otherwise."))
    return (ProposedRule(ChangeKind.FOLLOWED, replace(seen, valid_to=eve)), *added)


def propose_amount(seen: Iterable[Rule], first: date, ore: int, source: str) -> Proposal:
    """Return that each of the rules is to pay ``ore`` from ``first`` to what was its last day.

    Raises Invalid for one that has ended by then, or does not begin earlier.
    """
    steps: list[ProposedRule] = []
    for rule in seen:
        if rule.valid_to is not None and rule.valid_to < first:
            raise Invalid(N_("The rule holds to {last} only. Choose an earlier day, or copy it."), last=rule.valid_to)
        steps += propose_successor(rule, replace(rule, valid_from=first, ore=ore, source=source))
    return tuple(steps)


def propose_removal(seen: Rule) -> Proposal:
    """Return that the rule was made by mistake."""
    return (ProposedRule(ChangeKind.REMOVED, replace(seen, removed=True)),)


def propose_restoration(seen: Rule) -> Proposal:
    """Return that the rule was no mistake."""
    return (ProposedRule(ChangeKind.RESTORED, replace(seen, removed=False)),)


def rules_after(found: Sequence[Rule], proposal: Proposal) -> list[Rule]:
    """Return the rules that would decide, of ``found`` and the proposal, in order of precedence.

    Those to add get numbers after all others, as they will in the store.
    """
    left = {rule.payment_rule_id: rule for rule in found}
    last = max(left, default=NEW)
    for step in proposal:
        last += step.rule.payment_rule_id == NEW
        number = step.rule.payment_rule_id or last
        left[number] = replace(step.rule, payment_rule_id=number)
    return sorted((rule for rule in left.values() if not rule.removed), key=lambda rule: rule.precedence)


def all_rules(store: Store, actor: Actor) -> list[Rule]:
    """Return all rules, the removed ones as well, in order of precedence."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    with store.read() as tx:
        return _read(tx)


def history(store: Store, actor: Actor, payment_rule_id: int | None = None) -> list[Change]:
    """Return every change of the rule, or of all rules, the latest first."""
    audit.permit(store, actor, Action.VIEW_REIMBURSEMENT)
    one, number = ("", ()) if payment_rule_id is None else ("WHERE payment_rule_id = $1", (payment_rule_id,))
    sql = f"""
        SELECT change, changed_at, changed_by, NULL AS rule_code, version, payment_rule_id, {", ".join(VALUES)}
        FROM payment_rule_change {one} ORDER BY changed_at DESC, payment_rule_id DESC, version DESC
    """
    with store.read() as tx:
        return [_change(row) for row in tx.rows(sql, *number)]


def save(store: Store, actor: Actor, proposal: Proposal) -> list[Rule]:
    """Carry out the whole proposal, keep each change and log it; return the rules as they are now.

    Raises what :func:`mv.reimbursement.rules.validation.check` raises; Conflict when somebody else changed one of the
    rules since it was seen, or there is one that says and pays the same on the same days.
    """

    def work(tx: Transaction) -> list[Rule]:
        known, at = catalogue.read(tx), store.now()
        for step in proposal:
            if step.kind != ChangeKind.REMOVED:
                check(step.rule, known)
        saved = [_save(tx, at, actor, step) for step in proposal]
        _refuse_twins(_read(tx), saved)
        return saved

    return audit.perform(store, actor, Action.CHANGE_RULE, work)


def _save(tx: Transaction, at: datetime, actor: Actor, step: ProposedRule) -> Rule:
    if step.rule.payment_rule_id == NEW:
        now = rule_table.insert(tx, at, actor.user_id, step.rule)
    else:
        changed = rule_table.update(tx, at, actor.user_id, step.kind, step.rule)
        if changed is None:
            raise _changed_meanwhile(tx, step.rule)
        now = changed
    detail = {"rule": now.payment_rule_id, "version": now.version, "change": step.kind}
    audit.record(tx, at, actor, Action.CHANGE_RULE, **detail)
    return now


def _refuse_twins(found: Sequence[Rule], saved: Iterable[Rule]) -> None:
    """Raise Conflict where a rule that was saved is there twice: by a second click, or by two people."""
    for rule in saved:
        if not rule.removed and sum(_says(other) == _says(rule) for other in found) > 1:
            raise Conflict(
                N_("There is a rule from {first} that says the same already. Nothing was saved."),
                first=rule.valid_from,
            )


def _says(rule: Rule) -> tuple[object, ...]:
    return tuple(getattr(rule, name) for name in VALUES if name != "source")


def _changed_meanwhile(tx: Transaction, rule: Rule) -> Conflict:
    sql = """
        SELECT changed_by, changed_at FROM payment_rule_change WHERE payment_rule_id = $1 ORDER BY version DESC LIMIT 1
    """
    last = tx.rows(sql, rule.payment_rule_id)[0]
    return Conflict(
        N_("{who} changed this rule at {time}. It is shown as it is now; nothing was overwritten."),
        who=FILE.name if last["changed_by"] == FROM_FILE else last["changed_by"],
        time=f"{to_local(last['changed_at']):%Y-%m-%d %H:%M}",
    )


def _read(tx: Transaction) -> list[Rule]:
    found = [rule_table.from_row(row) for row in tx.rows(f"SELECT {rule_table.COLUMNS} FROM payment_rule")]
    return sorted(found, key=lambda rule: rule.precedence)


def _change(row: Row) -> Change:
    kind, at, by = ChangeKind(row.pop("change")), row.pop("changed_at"), row.pop("changed_by")
    return Change(kind, rule_table.from_row(row), at, by)
