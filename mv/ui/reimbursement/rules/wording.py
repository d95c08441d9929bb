"""Rules of reimbursement in words: their names, their fields, and their history."""

from __future__ import annotations

from collections.abc import Mapping

from mv.catalogue import AgeUnit
from mv.reimbursement.pricing import wording
from mv.reimbursement.rules import changes
from mv.reimbursement.rules.changes import Change, ChangeKind
from mv.reimbursement.rules.rule_table import FILE, FROM_FILE, Rule
from mv.reimbursement.rules.vaccine_types import vaccine_name
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment, name_of, period
from mv.ui.widgets.amounts import amount
from mv.ui.widgets.table import draw_table

CHANGES_SHOWN = 200


def vaccine_of(rule: Rule) -> str:
    """Return the name of the rule's vaccine."""
    return vaccine_name(rule.atc, rule.product_code, catalogue(), session.language())


def kind_name(code: str) -> str:
    """Return the name of a vaccine type; ``code`` is the beginning of its ATC codes."""
    return vaccine_name(code, None, catalogue(), session.language())


def group_of(rule: Rule) -> str:
    """Return the name of the rule's group and subgroup."""
    if rule.group_code is None:
        return _("Anyone")
    known = catalogue()
    return (
        name_of(known.choice(rule.group_code, rule.subgroup_code))
        if rule.group_code in known.groups
        else rule.group_code
    )


def for_whom(rule: Rule) -> str:
    """Return the ages and dose numbers that a rule is for; an empty text where it is for all."""
    numbers = _("dose {numbers}", numbers=_range(rule.dose_from, rule.dose_to)) if _doses(rule) else ""
    return ", ".join(filter(None, (wording.ages(rule, session.language()), numbers)))


def title(rule: Rule) -> str:
    """Return the rule's vaccine and group."""
    return f"{vaccine_of(rule)}, {group_of(rule)}"


def mark(rule: Rule) -> str:
    """Return in brackets that a rule is removed or a draft; an empty text for one in force."""
    return f" ({_('Removed')})" if rule.removed else f" ({_('Draft')})" if rule.draft else ""


def facts(rule: Rule) -> dict[str, str]:
    """Return the fields of a rule by name, in words."""
    days = rule.days_to_register
    return {
        _("Region"): rule.region,
        _("Payer"): rule.payer,
        _("Vaccine"): vaccine_of(rule),
        _("Group"): group_of(rule),
        _("Amount"): amount(rule.ore),
        _("Applies from"): str(rule.valid_from),
        _("Applies to"): str(rule.valid_to) if rule.valid_to else _("until further notice"),
        _("Age and year of birth"): wording.ages(rule, session.language()) or _("all ages"),
        _("Dose numbers"): _range(rule.dose_from, rule.dose_to) if _doses(rule) else _("all numbers"),
        _("Days to register"): _("no limit") if days is None else str(days),
        _("Days between doses"): str(rule.days_between) if rule.days_between else _("no limit"),
        _("Reported to the national register (NVR)"): _("yes") if rule.nvr else _("no"),
        _("Source"): rule.source,
    }


def draw_history(payment_rule_id: int | None = None) -> None:
    """Draw the changes of the rule, or the latest ones of all rules: time, user and differences."""
    found = changes.history(store(), session.actor(), payment_rule_id)
    before = {(change.rule.payment_rule_id, change.rule.version): change.rule for change in found}
    shown = found[:CHANGES_SHOWN]
    columns = {
        _("Time"): [moment(change.changed_at) for change in shown],
        _("By"): [FILE.name if change.changed_by == FROM_FILE else change.changed_by for change in shown],
    }
    if payment_rule_id is None:
        columns[_("Rule")] = [f"{title(change.rule)}, {change.rule.valid_from}" for change in shown]
    columns[_("Change")] = [_words()[change.kind] for change in shown]
    columns[_("What became otherwise")] = [
        _otherwise(before.get((change.rule.payment_rule_id, change.rule.version - 1)), change) for change in shown
    ]
    draw_table(columns, empty=_("No changes."), alt=_("Change history"))


def age_units() -> Mapping[AgeUnit, str]:
    """Return the names of the age units."""
    return {
        AgeUnit.YEARS: _("Years on the day of the dose"),
        AgeUnit.MONTHS: _("Months on the day of the dose"),
        AgeUnit.TURNS: _("The age turned in the year of the dose"),
    }


def _words() -> Mapping[ChangeKind, str]:
    return {
        ChangeKind.ADDED: _("Added"),
        ChangeKind.ADJUSTED: _("Corrected"),
        ChangeKind.FOLLOWED: _("Ended, since another one follows"),
        ChangeKind.REMOVED: _("Removed"),
        ChangeKind.RESTORED: _("Removal undone"),
        ChangeKind.DRAFTED: _("Taken over as a draft"),
        ChangeKind.CONFIRMED: _("Confirmed"),
    }


def _otherwise(before: Rule | None, change: Change) -> str:
    """Return the differences of a change; of an added rule, its amount and days."""
    if before is None:
        return f"{amount(change.rule.ore)}, {period(change.rule.valid_from, change.rule.valid_to)}"
    was, now = facts(before), facts(change.rule)
    return "; ".join(f"{name}: {was[name]} → {now[name]}" for name in now if was[name] != now[name])


def _doses(rule: Rule) -> bool:
    return (rule.dose_from, rule.dose_to) != (None, None)


def _range(first: int | None, last: int | None) -> str:
    return f"{first or 1}–{last or ''}" if first != last else str(first)
