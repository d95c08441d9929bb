"""Getting started: what is missing in a store, what is decided about it, and what a store says it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from mv import getting_started, origin
from mv.access import Actor
from mv.errors import Conflict, Invalid
from mv.getting_started import Step
from mv.reimbursement.rules import changes, drafts
from mv.sample import example
from mv.store import Store, open_store
from tests.conftest import TODAY, SetClock
from tests.contents import logged, nothing_changes, refused


@pytest.fixture
def empty(empty_url: str, clock: SetClock) -> Iterator[Store]:
    """A store as the first start of the dashboard leaves it."""
    with closing(open_store(empty_url, clock)) as opened:
        yield opened


def missing(store: Store, actor: Actor, *, sign_in: bool = True) -> dict[Step, list[str]]:
    return {
        status.step: [str(error) for error in status.missing]
        for status in getting_started.steps(store, actor, sign_in=sign_in)
        if not status.done
    }


def test_a_new_store_misses_everything_and_says_since_when_it_is(empty: Store, actor: Actor) -> None:
    assert origin.read(empty) == origin.Origin(invented=False, made_on=TODAY)
    found = missing(empty, actor, sign_in=False)
    assert list(found) == list(Step)
    assert found[Step.SIGN_IN] == ["Sign-in is not configured: see docs/deployment.md."]
    assert found[Step.CATALOGUE][0] == "No unit is in use."
    assert found[Step.USERS] == [
        "Nobody is a head of unit. Invite one, for every unit, who then decides the catalogue."
    ]
    assert Step.SIGN_IN not in missing(empty, actor)


def test_drafts_wait_beside_confirmed_rules_until_they_are_discarded(store: Store, actor: Actor) -> None:
    assert Step.RULES not in missing(store, actor)
    made = drafts.take_over(store, actor, "Exempelregionen", "Exempelregionen")
    says = f"Exempelregionen: {len(made)} drafts of rules wait to be confirmed."
    assert missing(store, actor)[Step.RULES] == [says]
    for draft in made:
        changes.save(store, actor, changes.propose_removal(draft))
    assert Step.RULES not in missing(store, actor)


def test_a_store_with_invented_people_says_so(empty: Store) -> None:
    example.add(empty)
    assert not origin.read(empty).invented


@pytest.mark.parametrize("step", [Step.BATCHES, Step.BOOKINGS, Step.BACKUP])
def test_a_step_that_is_done_elsewhere_is_done_until_that_is_taken_back(store: Store, actor: Actor, step: Step) -> None:
    assert step in missing(store, actor)
    getting_started.decide(store, actor, step, "  The server is copied each night ")
    assert step not in missing(store, actor)
    decision = next(status.decision for status in getting_started.steps(store, actor, sign_in=True) if status.decision)
    assert (decision.note, decision.decided_by_name) == ("The server is copied each night", actor.user_id)
    with refused(store, Conflict, "Somebody has decided about this step already."):
        getting_started.decide(store, actor, step, "Again")
    getting_started.take_back(store, actor, step)
    assert step in missing(store, actor)
    with refused(store, Conflict, "The decision about this step is taken back already."):
        getting_started.take_back(store, actor, step)
    said = [(entry["detail"]["step"], entry["detail"]["change"]) for entry in logged(store, "decide_setup")]
    assert said == [(step, "decided"), (step, "taken back")]


@pytest.mark.parametrize(
    ("step", "note", "says"),
    [
        (Step.BACKUP, " ", "Write how it is done, or why it is not for you."),
        (Step.USERS, "Nobody else", "This step is done once what it asks for is in the store."),
        (Step.RULES, "Free", "This step is done once what it asks for is in the store."),
    ],
)
def test_what_cannot_be_decided_is_refused(store: Store, actor: Actor, step: Step, note: str, says: str) -> None:
    with refused(store, Invalid, says):
        getting_started.decide(store, actor, step, note)


def test_a_look_at_the_steps_changes_nothing(store: Store, actor: Actor) -> None:
    with nothing_changes(store):
        getting_started.steps(store, actor, sign_in=True)
