"""The example's rules as drafts for a region: what is taken over, what confirming takes; drafts pay nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mv import catalogue
from mv.access import Actor
from mv.errors import Conflict, Invalid
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules import changes, drafts, regions, rule_table
from mv.reimbursement.rules.changes import ChangeKind
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from tests.conftest import TODAY
from tests.contents import logged, nothing_changes, refused
from tests.reimbursement.examples import REGION, dose, frame

UPPSALA = "Region Uppsala"
DECIDED = "Region Uppsala, beslut 1 december 2026"


@pytest.fixture
def uppsala(store: Store) -> str:
    """A region of the unit norr that has no rules."""
    store.write(lambda tx: tx.execute("UPDATE unit SET region = $1 WHERE unit_id = 'norr'", UPPSALA))
    return UPPSALA


@pytest.fixture
def flu(store: Store, actor: Actor, uppsala: str) -> Rule:
    """The draft of influenza at 65+, among the others."""
    return next(one for one in drafts.take_over(store, actor, uppsala, uppsala) if one.group_code == "65_plus")


def of_uppsala(store: Store, actor: Actor) -> list[Rule]:
    return [one for one in changes.all_rules(store, actor) if one.region == UPPSALA]


def outcome(store: Store) -> tuple[str, int]:
    """Return what becomes of a dose of influenza vaccine to somebody of 65+ in Uppsala."""
    doses = frame([dose(region=UPPSALA, group_code="65_plus")])
    found = adjudicate(doses, rule_table.load(store)).iloc[0]
    return str(found["outcome"]), int(found["ore"])


@pytest.mark.both_engines
def test_the_rules_that_hold_today_or_later_are_taken_over_as_drafts(store: Store, actor: Actor, uppsala: str) -> None:
    before = rule_table.load(store)
    made = drafts.take_over(store, actor, uppsala, "Uppsala betalar")
    example = [one for one in rule_table.read_file() if one.valid_to is None or one.valid_to >= TODAY]
    assert {one.subject[1:] for one in made} == {one.subject[1:] for one in example}
    assert {(one.region, one.draft, one.in_force) for one in made} == {(UPPSALA, True, False)}
    assert {one.payer for one in made} == {"Uppsala betalar", "Patienten", "Arbetsgivaren"}
    assert drafts.waiting(changes.all_rules(store, actor)) == sorted(made, key=lambda one: one.precedence)
    assert rule_table.load(store) == before
    history = changes.history(store, actor, made[0].payment_rule_id)
    assert [(one.kind, one.changed_by) for one in history] == [(ChangeKind.DRAFTED, actor.user_id)]
    details = [entry["detail"] for entry in logged(store, "change_rule")]
    assert details == [{"rule": one.payment_rule_id, "version": 1, "change": "drafted"} for one in made]


def test_what_was_taken_over_once_is_not_taken_over_again(store: Store, actor: Actor, flu: Rule) -> None:
    changes.save(store, actor, changes.propose_removal(flu))
    says = (
        "There is nothing to take over: the rules are taken over already, or the catalogue has none of their groups"
        " and vaccines."
    )
    with refused(store, Conflict, says):
        drafts.take_over(store, actor, UPPSALA, UPPSALA)


def test_only_rules_of_groups_and_vaccines_in_the_catalogue_are_taken_over(
    store: Store, actor: Actor, uppsala: str
) -> None:
    store.write(lambda tx: tx.execute("DELETE FROM vaccine WHERE atc NOT LIKE 'J07BB%'"))
    store.write(lambda tx: tx.execute("DELETE FROM customer_group WHERE group_code = 'pregnant'"))
    made = drafts.take_over(store, actor, uppsala, uppsala)
    assert {one.atc for one in made} == {"J07BB"}
    assert "pregnant" not in {one.group_code for one in made}


@pytest.mark.parametrize(
    ("region", "payer", "says"),
    [
        ("Region Norge", "P", "No unit belongs to the region Region Norge. Check how it is written."),
        (REGION, "  ", "Choose or write who pays."),
    ],
)
def test_a_region_without_units_and_a_payer_without_a_name_are_refused(
    store: Store, actor: Actor, region: str, payer: str, says: str
) -> None:
    with refused(store, Invalid, says):
        drafts.take_over(store, actor, region, payer)


@pytest.mark.both_engines
def test_a_draft_pays_nothing_and_a_confirmed_one_pays_what_was_confirmed(
    store: Store, actor: Actor, flu: Rule
) -> None:
    assert outcome(store) == ("region_without_rules", 0)
    entered = replace(flu, ore=160_00, source=DECIDED, valid_from=date(2026, 10, 1))
    (made,) = changes.save(store, actor, changes.propose_confirmation(flu, entered))
    assert made == replace(entered, draft=False, version=2)
    assert outcome(store) == ("payable", 160_00)
    confirmed, drafted = changes.history(store, actor, made.payment_rule_id)
    assert (confirmed.kind, confirmed.changed_by) == (ChangeKind.CONFIRMED, actor.user_id)
    assert (drafted.rule.draft, confirmed.rule.draft) == (True, False)
    assert logged(store, "change_rule")[-1]["detail"] == {
        "rule": made.payment_rule_id, "version": 2, "change": "confirmed",
    }  # fmt: skip


def test_a_draft_is_not_confirmed_with_the_source_of_the_example(store: Store, actor: Actor, flu: Rule) -> None:
    says = "Write where the region’s own decision is found. What stands here is the example’s source."
    with refused(store, Invalid, says):
        changes.propose_confirmation(flu, replace(flu, ore=160_00))


def test_a_draft_that_is_corrected_stays_a_draft_and_a_copy_of_one_is_in_force(
    store: Store, actor: Actor, flu: Rule
) -> None:
    (corrected,) = changes.save(store, actor, changes.propose_correction(flu, replace(flu, ore=1_00, draft=False)))
    assert (corrected.draft, corrected.ore) == (True, 1_00)
    (copy,) = changes.save(store, actor, changes.propose_new(replace(flu, source=DECIDED)))
    assert copy.in_force


def test_a_discarded_draft_decides_nothing_and_comes_back_as_a_draft(store: Store, actor: Actor, flu: Rule) -> None:
    (gone,) = changes.save(store, actor, changes.propose_removal(flu))
    assert gone not in drafts.waiting(changes.all_rules(store, actor))
    (back,) = changes.save(store, actor, changes.propose_restoration(gone))
    assert back in drafts.waiting(changes.all_rules(store, actor))
    assert outcome(store) == ("region_without_rules", 0)


def test_what_confirming_comes_to_is_foreseen(store: Store, actor: Actor, flu: Rule) -> None:
    proposal = changes.propose_confirmation(flu, replace(flu, source=DECIDED))
    foreseen = changes.rules_after(rule_table.load(store), proposal)
    changes.save(store, actor, proposal)
    found = rule_table.load(store)
    assert [replace(one, version=1) for one in found] == [replace(one, version=1) for one in foreseen]


def test_a_draft_that_somebody_else_confirmed_is_not_confirmed_again(store: Store, actor: Actor, flu: Rule) -> None:
    proposal = changes.propose_confirmation(flu, replace(flu, source=DECIDED))
    changes.save(store, actor, proposal)
    with nothing_changes(store), pytest.raises(Conflict):
        changes.save(store, actor, proposal)


# A region that does not follow up


@pytest.mark.both_engines
def test_a_region_decides_not_to_follow_up_and_takes_that_back(store: Store, actor: Actor, uppsala: str) -> None:
    regions.stop_follow_up(store, actor, uppsala)
    assert regions.unfollowed(store) == {UPPSALA}
    with refused(store, Conflict, "Region Uppsala has decided not to follow up what is paid. Take that back first."):
        regions.stop_follow_up(store, actor, uppsala)
    regions.resume_follow_up(store, actor, uppsala)
    assert regions.unfollowed(store) == frozenset()
    with refused(store, Conflict, "Region Uppsala follows up what is paid already."):
        regions.resume_follow_up(store, actor, uppsala)
    regions.stop_follow_up(store, actor, uppsala)
    latest, first = regions.decisions(store, actor)
    assert (latest.region, latest.decided_by, latest.taken_back_at) == (UPPSALA, actor.user_id, None)
    assert (first.taken_back_by, first.taken_back_at) == (actor.user_id, store.now())
    assert [entry["detail"]["change"] for entry in logged(store, "change_rule")] == [
        "follow_up_stopped", "follow_up_resumed", "follow_up_stopped",
    ]  # fmt: skip


def test_a_region_with_rules_follows_up_and_one_that_does_not_gets_none(store: Store, actor: Actor, flu: Rule) -> None:
    with refused(store, Conflict, f"{REGION} has rules in force. Remove them first, or let them be."):
        regions.stop_follow_up(store, actor, REGION)
    regions.stop_follow_up(store, actor, UPPSALA)
    says = "Region Uppsala has decided not to follow up what is paid. Take that back first."
    with refused(store, Conflict, says):
        changes.save(store, actor, changes.propose_confirmation(flu, replace(flu, source=DECIDED)))
    with refused(store, Conflict, says):
        drafts.take_over(store, actor, UPPSALA, UPPSALA)
    with refused(store, Invalid, "No unit belongs to the region Region Norge. Check how it is written."):
        regions.stop_follow_up(store, actor, "Region Norge")


def test_a_region_that_has_drafts_alone_is_without_rules(store: Store, actor: Actor, flu: Rule) -> None:
    assert flu.draft
    known = catalogue.load(store)
    assert regions.without_rules(changes.all_rules(store, actor), known) == [UPPSALA]
    assert regions.of_units(known) == [REGION, UPPSALA]
    assert regions.of_units(known, {"norr", "nowhere"}) == [UPPSALA]
