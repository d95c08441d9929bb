"""Drafts: the example's rules, taken over for a region. Each decides nothing until somebody has confirmed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict, Invalid
from mv.reimbursement.rules import regions, rule_table
from mv.reimbursement.rules.changes import ChangeKind
from mv.reimbursement.rules.rule_table import FILE, Rule
from mv.reimbursement.rules.validation import check
from mv.store import Store
from mv.store.engine import Transaction


def waiting(found: Iterable[Rule]) -> list[Rule]:
    """Return the drafts that are neither confirmed nor discarded."""
    return [rule for rule in found if rule.draft and not rule.removed]


def count_waiting(tx: Transaction) -> dict[str, int]:
    """Return by region how many drafts are neither confirmed nor discarded, in the open transaction."""
    sql = "SELECT region, count(*) AS drafts FROM payment_rule WHERE draft AND NOT removed GROUP BY region"
    return {row["region"]: row["drafts"] for row in tx.rows(sql)}


def take_over(store: Store, actor: Actor, region: str, payer: str, file: Path = FILE) -> list[Rule]:
    """Take the example's rules over as drafts for the region, keep and log each; return them.

    Only those are taken that hold today or later. ``payer`` stands where the example's own region pays; another one,
    such as the state, stays. What was taken over for the region once is not taken over again, nor a rule whose group
    or vaccine is not in the catalogue. Raises Invalid for a region without units or a payer without a name, Conflict
    where nothing is left to take over or the region does not follow up what is paid.
    """
    example = rule_table.read_file(file)

    def work(tx: Transaction) -> list[Rule]:
        known, at = catalogue.read(tx), store.now()
        if region not in regions.of_units(known):
            raise Invalid(N_("No unit belongs to the region {region}. Check how it is written."), region=region)
        if not payer.strip():
            raise Invalid(N_("Choose or write who pays."))
        regions.require_followed(tx, region)
        taken = {row["rule_code"] for row in tx.rows("SELECT rule_code FROM payment_rule WHERE rule_code IS NOT NULL")}
        drafts = [_draft(rule, region, payer.strip()) for rule in example if _holds_later(rule, store.today())]
        wanted = [draft for draft in drafts if draft.rule_code not in taken and _is_valid(draft, known)]
        if not wanted:
            raise Conflict(
                N_(
                    "There is nothing to take over: the rules are taken over already, or the catalogue has none of"
                    " their groups and vaccines."
                )
            )
        made = [rule_table.insert(tx, at, actor.user_id, draft, ChangeKind.DRAFTED) for draft in wanted]
        for draft in made:
            detail = {"rule": draft.payment_rule_id, "version": draft.version, "change": ChangeKind.DRAFTED}
            audit.record(tx, at, actor, Action.CHANGE_RULE, **detail)
        return made

    return audit.perform(store, actor, Action.CHANGE_RULE, work)


def _draft(rule: Rule, region: str, payer: str) -> Rule:
    pays = payer if rule.payer == rule.region else rule.payer
    return replace(rule, rule_code=f"{rule.rule_code}, {region}", region=region, payer=pays, draft=True)


def _holds_later(rule: Rule, today: date) -> bool:
    return rule.valid_to is None or rule.valid_to >= today


def _is_valid(rule: Rule, known: Catalogue) -> bool:
    try:
        check(rule, known)
    except Invalid:
        return False
    vaccines = known.vaccines.values()
    return any(rule.is_for(vaccine.product_code, vaccine.atc) for vaccine in vaccines)
