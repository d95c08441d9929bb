"""Changes of rules: a proposal is put together, previewed, and saved as a whole or not at all.

A rule is never deleted: one that was made by mistake is removed, decides nothing, and can be restored.
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
from mv.reimbursement.rules import regions, rule_table
from mv.reimbursement.rules.rule_table import FILE, FROM_FILE, VALUES, Rule
from mv.reimbursement.rules.validation import check
from mv.store import Store
from mv.store.engine import Row, Transaction

NEW = 0
"""The id of a rule that is not in the store yet."""
ONE_DAY = timedelta(days=1)


class ChangeKind(StrEnum):
    """The kind of change, with the same words in the history and in the access log."""

    ADDED = "added"
    ADJUSTED = "adjusted"
    FOLLOWED = "followed"
    """It ends, since another rule succeeds it."""
    REMOVED = "removed"
    """Made by mistake; a draft is discarded so."""
    RESTORED = "restored"
    DRAFTED = "drafted"
    """Taken over from the example, to be confirmed."""
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """A rule with its new values, at the version that was seen; a rule to add has the id NEW."""

    kind: ChangeKind
    rule: Rule


Proposal = tuple[ProposedRule, ...]
"""Changes that are saved all or none."""


@dataclass(frozen=True, slots=True)
class Change:
    """A rule after one change (without its code in the file), the time (UTC) and the user."""

    kind: ChangeKind
    rule: Rule
    changed_at: datetime
    changed_by: str


def propose_new(rule: Rule) -> Proposal:
    """Propose to add the rule."""
    return (
        ProposedRule(
            ChangeKind.ADDED,
            replace(rule, payment_rule_id=NEW, rule_code=None, removed=False, draft=False, version=1),
        ),
    )


def propose_correction(seen: Rule, rule: Rule) -> Proposal:
    """Propose to correct the rule from its first day; empty where nothing differs."""
    new = _with_terms_of(seen, rule)
    return (ProposedRule(ChangeKind.ADJUSTED, new),) if new != seen else ()


def propose_confirmation(seen: Rule, rule: Rule) -> Proposal:
    """Propose that the draft is in force from now on, with the terms of ``rule``.

    Raises Invalid where the source is still the example's: the amount is paid by the region's own decision.
    """
    if rule.source.strip() == seen.source.strip():
        raise Invalid(N_("Write where the region’s own decision is found. What stands here is the example’s source."))
    return (ProposedRule(ChangeKind.CONFIRMED, replace(_with_terms_of(seen, rule), draft=False)),)


def propose_successor(seen: Rule, rule: Rule) -> Proposal:
    """Propose that ``rule`` succeeds the one that was seen, which ends the day before, unless it ends earlier.

    Raises Invalid where the new rule does not begin later than the old one, or differs only in its days.
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
    """Propose that each of the rules pays ``ore`` from ``first`` to its last day.

    Raises Invalid for a rule that has ended by then, or does not begin earlier.
    """
    steps: list[ProposedRule] = []
    for rule in seen:
        if rule.valid_to is not None and rule.valid_to < first:
            raise Invalid(N_("The rule holds to {last} only. Choose an earlier day, or copy it."), last=rule.valid_to)
        steps += propose_successor(rule, replace(rule, valid_from=first, ore=ore, source=source))
    return tuple(steps)


def propose_removal(seen: Rule) -> Proposal:
    """Propose to remove the rule as a mistake."""
    return (ProposedRule(ChangeKind.REMOVED, replace(seen, removed=True)),)


def propose_restoration(seen: Rule) -> Proposal:
    """Propose to restore the removed rule."""
    return (ProposedRule(ChangeKind.RESTORED, replace(seen, removed=False)),)


def rules_after(found: Sequence[Rule], proposal: Proposal) -> list[Rule]:
    """Apply the proposal to the rules ``found``; return those in force, in order of precedence.

    Added rules get ids after all others, as they will in the store.
    """
    left = {rule.payment_rule_id: rule for rule in found}
    last = max(left, default=NEW)
    for step in proposal:
        last += step.rule.payment_rule_id == NEW
        number = step.rule.payment_rule_id or last
        left[number] = replace(step.rule, payment_rule_id=number)
    return sorted((rule for rule in left.values() if rule.in_force), key=lambda rule: rule.precedence)


def all_rules(store: Store, actor: Actor) -> list[Rule]:
    """Return all rules, drafts and removed ones too, in order of precedence."""
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
    """Save the whole proposal, keep and log each change; return the rules as saved.

    Raises what :func:`mv.reimbursement.rules.validation.check` raises; Conflict when somebody else changed one of the
    rules since it was seen, an equal rule exists already, or the region does not follow up what is paid.
    """

    def work(tx: Transaction) -> list[Rule]:
        known, at = catalogue.read(tx), store.now()
        for step in proposal:
            if step.kind != ChangeKind.REMOVED:
                check(step.rule, known)
        saved = [_save(tx, at, actor, step) for step in proposal]
        _refuse_twins(_read(tx), saved)
        for region in sorted({rule.region for rule in saved if rule.in_force}):
            regions.require_followed(tx, region)
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
    """Raise Conflict where a saved rule exists twice: by a second click, or by two users."""
    for rule in saved:
        if rule.in_force and sum(_says(other) == _says(rule) for other in found) > 1:
            raise Conflict(
                N_("There is a rule from {first} that says the same already. Nothing was saved."),
                first=rule.valid_from,
            )


def _with_terms_of(seen: Rule, rule: Rule) -> Rule:
    return replace(seen, **{name: getattr(rule, name) for name in VALUES if name not in ("removed", "draft")})


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
