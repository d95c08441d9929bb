"""Changing rules: saved whole or not at all, never over somebody else's change, with history and a line in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv.access import EVERY_UNIT, Actor, Role
from mv.errors import Conflict, Forbidden, Invalid
from mv.reimbursement.pricing.adjudication import adjudicate
from mv.reimbursement.rules import changes, rule_table
from mv.reimbursement.rules.changes import ChangeKind
from mv.reimbursement.rules.rule_table import FROM_FILE, Rule
from mv.store import Store
from tests.conftest import SetClock
from tests.contents import logged, nothing_changes, refused
from tests.reimbursement.examples import dose, frame, rule

NEW_YEAR = date(2027, 1, 1)
NEW_YEARS_EVE = date(2026, 12, 31)
COLLEAGUE = Actor("samir.haddad", "Samir Haddad", Role.LEAD, "soder", frozenset({EVERY_UNIT}))
ENTERED = rule(region="R", payer="P", source="Decision of 1 May")


@pytest.fixture
def made(store: Store, actor: Actor) -> Rule:
    """A rule of a region of its own."""
    return changes.save(store, actor, changes.propose_new(ENTERED))[0]


def ours(store: Store, actor: Actor) -> list[Rule]:
    return [one for one in changes.all_rules(store, actor) if one.region == "R"]


def shipped(store: Store, code: str) -> Rule:
    return next(one for one in rule_table.load(store) if one.rule_code == code)


def words(store: Store, actor: Actor, number: int | None = None) -> list[tuple[str, str, int]]:
    """Return how and by whom a rule was changed, and the amounts that came of it, the latest first."""
    return [(c.kind, c.changed_by, c.rule.ore) for c in changes.history(store, actor, number)]


@pytest.mark.both_engines
def test_a_rule_is_added_with_its_history_and_a_line_in_the_log(store: Store, actor: Actor) -> None:
    entered = replace(ENTERED, payment_rule_id=77, rule_code="flu_65_2024", removed=True, version=9)
    (made,) = changes.save(store, actor, changes.propose_new(entered))
    assert made == replace(ENTERED, payment_rule_id=made.payment_rule_id)
    assert ours(store, actor) == [made]
    assert made.payment_rule_id == max(one.payment_rule_id for one in rule_table.load(store))
    (change,) = changes.history(store, actor, made.payment_rule_id)
    assert (change.kind, change.changed_by, change.changed_at) == (ChangeKind.ADDED, "karin.holm", store.now())
    assert change.rule == made
    assert logged(store, "change_rule") == [
        {
            "logged_at": store.now(), "user_id": "karin.holm", "unit_id": "norr", "action": "change_rule",
            "customer_id": None, "detail": {"rule": made.payment_rule_id, "version": 1, "change": "added"},
        }
    ]  # fmt: skip


def test_a_rule_is_corrected_from_its_first_day_and_what_it_was_is_kept(store: Store, actor: Actor, made: Rule) -> None:
    (now,) = changes.save(store, COLLEAGUE, changes.propose_correction(made, replace(ENTERED, ore=160_00, age_from=65)))
    assert now == replace(made, ore=160_00, age_from=65, version=2)
    assert words(store, actor, made.payment_rule_id) == [
        ("adjusted", "samir.haddad", 160_00),
        ("added", "karin.holm", 150_00),
    ]


def test_a_correction_that_changes_nothing_leaves_no_trace(store: Store, actor: Actor, made: Rule) -> None:
    with nothing_changes(store):
        assert changes.save(store, actor, changes.propose_correction(made, ENTERED)) == []


def test_a_new_amount_ends_the_old_rule_the_day_before_and_starts_a_new_one(
    store: Store, actor: Actor, made: Rule
) -> None:
    proposal = changes.propose_amount([made], NEW_YEAR, 160_50, "Decision of 1 December")
    old, new = changes.save(store, actor, proposal)
    assert old == replace(made, valid_to=NEW_YEARS_EVE, version=2)
    assert new == replace(
        made, payment_rule_id=new.payment_rule_id, valid_from=NEW_YEAR, ore=160_50, source="Decision of 1 December"
    )
    doses = frame(
        dose(dose_id=n, customer_id=n, region="R", given_on=day) for n, day in enumerate((NEW_YEARS_EVE, NEW_YEAR))
    )
    assert adjudicate(doses, rule_table.load(store))["ore"].tolist() == [150_00, 160_50]
    assert words(store, actor, old.payment_rule_id) == [
        ("followed", "karin.holm", 150_00),
        ("added", "karin.holm", 150_00),
    ]
    assert [entry["detail"]["change"] for entry in logged(store, "change_rule")] == ["added", "followed", "added"]


def test_a_new_amount_for_several_rules_is_saved_for_all_of_them(store: Store, actor: Actor) -> None:
    of_flu = [shipped(store, code) for code in ("flu_65_2024", "flu_risk_2024", "flu_pregnant_2024")]
    saved = changes.save(store, actor, changes.propose_amount(of_flu, NEW_YEAR, 160_00, "Decision"))
    assert len(saved) == 6
    assert {one.group_code for one in rule_table.load(store) if one.valid_from == NEW_YEAR} == {
        "65_plus", "medical_risk", "pregnant",
    }  # fmt: skip
    assert [one.rule_code for one in saved] == [
        "flu_65_2024", None, "flu_risk_2024", None, "flu_pregnant_2024", None,
    ]  # fmt: skip


def test_the_last_day_of_a_rule_that_ends_is_the_new_ones(store: Store, actor: Actor, made: Rule) -> None:
    (ending,) = changes.save(
        store, actor, changes.propose_correction(made, replace(ENTERED, valid_to=date(2027, 6, 30)))
    )
    _, new = changes.save(store, actor, changes.propose_amount([ending], NEW_YEAR, 160_00, "Decision"))
    assert new.valid_to == date(2027, 6, 30)


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (
            date(2020, 1, 1),
            None,
            "The old rule holds from 2020-01-01; what is to follow has to begin later."
            " To change it from its first day, correct it.",
        ),
        (
            date(2019, 12, 31),
            None,
            "The old rule holds from 2020-01-01; what is to follow has to begin later."
            " To change it from its first day, correct it.",
        ),
        (NEW_YEAR, NEW_YEARS_EVE, "The rule holds to 2026-12-31 only. Choose an earlier day, or copy it."),
    ],
)
def test_a_new_amount_begins_on_a_day_of_the_old_rule_but_its_first(
    store: Store, actor: Actor, first: date, last: date | None, says: str
) -> None:
    with refused(store, Invalid, says):
        changes.propose_amount([replace(ENTERED, valid_to=last)], first, 1, "Decision")


def test_a_rule_is_not_followed_by_itself(store: Store) -> None:
    says = "Nothing but the days is new. Change the amount or what else is to be otherwise."
    with refused(store, Invalid, says):
        changes.propose_amount([ENTERED], NEW_YEAR, ENTERED.ore, "Decision")
    with refused(store, Invalid, says):
        changes.propose_successor(ENTERED, replace(ENTERED, valid_from=NEW_YEAR, valid_to=date(2027, 6, 30)))


def test_a_rule_that_has_ended_is_followed_without_being_changed(store: Store, actor: Actor, made: Rule) -> None:
    for last in (date(2026, 6, 30), NEW_YEARS_EVE):
        ended = replace(made, valid_to=last)
        assert [step.kind for step in changes.propose_successor(ended, replace(made, valid_from=NEW_YEAR))] == [
            ChangeKind.ADDED
        ]
    ending = replace(made, valid_to=NEW_YEAR)
    assert [step.kind for step in changes.propose_successor(ending, replace(made, valid_from=NEW_YEAR, ore=1))] == [
        ChangeKind.FOLLOWED,
        ChangeKind.ADDED,
    ]


def test_a_rule_made_by_mistake_is_removed_decides_nothing_and_comes_back(
    store: Store, actor: Actor, made: Rule
) -> None:
    (removed,) = changes.save(store, actor, changes.propose_removal(made))
    assert made.payment_rule_id not in {one.payment_rule_id for one in rule_table.load(store)}
    assert ours(store, actor) == [replace(made, removed=True, version=2)]
    (restored,) = changes.save(store, COLLEAGUE, changes.propose_restoration(removed))
    assert restored == replace(made, version=3)
    assert restored in rule_table.load(store)
    assert [kind for kind, _, _ in words(store, actor, made.payment_rule_id)] == ["restored", "removed", "added"]


def test_a_rule_that_could_no_longer_be_made_can_still_be_removed(store: Store, actor: Actor) -> None:
    odd = store.write(lambda tx: rule_table.insert(tx, store.now(), "x", replace(ENTERED, group_code="gone")))
    (removed,) = changes.save(store, actor, changes.propose_removal(odd))
    with refused(store, Invalid, "There is no group with the code gone."):
        changes.save(store, actor, changes.propose_restoration(removed))


@pytest.mark.both_engines
def test_what_somebody_else_changed_is_not_overwritten_and_nothing_of_the_proposal_is_saved(
    store: Store, actor: Actor, made: Rule, clock: SetClock
) -> None:
    other = shipped(store, "flu_65_2024")
    changes.save(store, COLLEAGUE, changes.propose_correction(made, replace(ENTERED, ore=155_00)))
    clock.now += timedelta(hours=1)
    says = "samir.haddad changed this rule at 2026-11-22 13:00. It is shown as it is now; nothing was overwritten."
    for proposal in (
        changes.propose_correction(made, replace(ENTERED, ore=160_00)),
        changes.propose_removal(made),
        changes.propose_amount([other, made], NEW_YEAR, 160_00, "Decision"),
    ):
        with refused(store, Conflict, says):
            changes.save(store, actor, proposal)


def test_a_rule_that_a_new_file_changed_meanwhile_names_the_file(store: Store, actor: Actor) -> None:
    seen = shipped(store, "flu_65_2024")
    store.write(lambda tx: rule_table.update(tx, store.now(), FROM_FILE, "adjusted", replace(seen, ore=1)))
    says = (
        "sample_rules.csv changed this rule at 2026-11-22 13:00."
        " It is shown as it is now; nothing was overwritten."
    )  # fmt: skip
    with refused(store, Conflict, says):
        changes.save(store, actor, changes.propose_removal(seen))


def test_the_same_rule_is_not_there_twice(store: Store, actor: Actor, made: Rule) -> None:
    says = "There is a rule from 2020-01-01 that says the same already. Nothing was saved."
    with refused(store, Conflict, says):
        changes.save(store, actor, changes.propose_new(replace(ENTERED, source="Another source")))
    (removed,) = changes.save(store, actor, changes.propose_removal(made))
    changes.save(store, actor, changes.propose_new(ENTERED))
    with refused(store, Conflict, says):
        changes.save(store, actor, changes.propose_restoration(removed))


def test_what_cannot_be_is_refused_with_all_that_is_to_be_saved_with_it(store: Store, actor: Actor, made: Rule) -> None:
    with refused(store, Invalid, "The amount is from 0 to 100000 kronor."):
        changes.save(store, actor, changes.propose_amount([made], NEW_YEAR, 100_000_01, "Decision"))


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COORDINATOR, Role.ADMINISTRATOR, None])
def test_only_a_lead_changes_rules(store: Store, made: Rule, role: Role | None) -> None:
    who = Actor("kim.ek", "Kim Ek", role, "norr", frozenset({EVERY_UNIT}))
    with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
        changes.save(store, who, changes.propose_removal(made))
    if role == Role.ANALYST:
        assert made in changes.all_rules(store, who)
        assert changes.history(store, who, made.payment_rule_id)


def test_the_history_of_all_rules_has_the_latest_first(store: Store, actor: Actor, made: Rule, clock: SetClock) -> None:
    clock.now += timedelta(minutes=1)
    changes.save(store, actor, changes.propose_correction(made, replace(ENTERED, ore=160_00)))
    found = changes.history(store, actor)
    assert [(c.kind, c.rule.payment_rule_id) for c in found if c.changed_by != FROM_FILE] == [
        ("adjusted", made.payment_rule_id),
        ("added", made.payment_rule_id),
    ]
    assert [c.changed_at for c in found] == sorted((c.changed_at for c in found), reverse=True)
    assert len(found) == 2 + len(rule_table.read_file())


# What a proposal would come to


def test_what_would_decide_is_what_decides_once_it_is_saved(store: Store, actor: Actor, made: Rule) -> None:
    other = shipped(store, "flu_65_2024")
    for proposal in (
        changes.propose_new(replace(ENTERED, group_code="pregnant")),
        changes.propose_correction(made, replace(ENTERED, ore=160_00)),
        changes.propose_amount([other, shipped(store, "flu_risk_2024")], NEW_YEAR, 160_00, "Decision"),
        changes.propose_removal(shipped(store, "covid_2022")),
    ):
        foreseen = changes.rules_after(rule_table.load(store), proposal)
        changes.save(store, actor, proposal)
        decides = rule_table.load(store)
        assert [replace(one, version=0, payment_rule_id=0) for one in foreseen] == [
            replace(one, version=0, payment_rule_id=0) for one in decides
        ]
        assert [one.precedence[:-1] for one in foreseen] == [one.precedence[:-1] for one in decides]


def test_a_rule_to_come_gives_way_to_one_that_says_as_much_and_is_there(store: Store) -> None:
    there = rule(payment_rule_id=40)
    first, second = changes.rules_after([there], changes.propose_new(replace(there, ore=1)))
    assert (first, second.payment_rule_id) == (there, 41)


def test_what_is_restored_decides_again(store: Store) -> None:
    removed = rule(removed=True)
    assert changes.rules_after([], changes.propose_restoration(removed)) == [rule()]
    assert changes.rules_after([rule()], changes.propose_removal(rule())) == []
