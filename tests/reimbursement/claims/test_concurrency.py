"""Several people who make and discard claims at the same moment: no dose is ever claimed twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from functools import partial
from threading import Barrier

from mv.access import Actor, Role
from mv.errors import Conflict, Invalid, MvError
from mv.reimbursement.claims import drafting, ledger
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.store import Store, open_store
from tests.reimbursement.claims.clinic import ALWAYS, NOVEMBER, OCTOBER, REGION, Clinic

PEOPLE = 4
TURNS = 3


def at_once(*works: Callable[[], Claim]) -> list[Claim | MvError]:
    """Do everything at the same moment and return what came of each."""
    start = Barrier(len(works))

    def run(work: Callable[[], Claim]) -> Claim | MvError:
        start.wait(30)
        try:
            return work()
        except MvError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def draft(store: Store, number: int, period: tuple[date, date]) -> Callable[[], Claim]:
    actor = Actor(f"lead {number}", "", Role.LEAD, "norr")
    return partial(drafting.draft, store, actor, REGION, *period)


def assert_everything_is_claimed_once(clinic: Clinic, doses: int) -> None:
    net = clinic.net()
    assert (len(net), set(net.values())) == (doses, {150_00})
    sums = clinic.rows("SELECT claim_id, count(*) AS lines, CAST(sum(ore) AS BIGINT) AS ore FROM claim_line GROUP BY 1")
    claims = ledger.claims(clinic.store, clinic.actor)
    assert {row["claim_id"]: (row["lines"], row["ore"]) for row in sums} == {
        claim.claim_id: (claim.lines, claim.ore) for claim in claims
    }


def test_of_many_who_claim_the_same_doses_at_once_one_does_and_the_others_are_told(clinic: Clinic) -> None:
    with closing(open_store(clinic.store.url, clinic.clock)) as second:
        for turn in range(1, TURNS + 1):
            clinic.dose()
            works = [draft((clinic.store, second)[n % 2], n, NOVEMBER) for n in range(PEOPLE)]
            outcomes = at_once(*works)
            (claim,) = (outcome for outcome in outcomes if isinstance(outcome, Claim))
            assert claim.lines == 1
            others = [outcome for outcome in outcomes if outcome is not claim]
            assert all(isinstance(other, Invalid) and other.key.startswith("There is nothing") for other in others)
            assert_everything_is_claimed_once(clinic, turn)


def test_overlapping_periods_at_once_share_the_doses(clinic: Clinic) -> None:
    for day in (date(2026, 10, 30), date(2026, 11, 2), date(2026, 11, 3)):
        clinic.dose(day)
    outcomes = at_once(
        draft(clinic.store, 1, OCTOBER), draft(clinic.store, 2, NOVEMBER), draft(clinic.store, 3, ALWAYS)
    )
    assert any(isinstance(outcome, Claim) for outcome in outcomes)
    assert all(isinstance(outcome, (Claim, Invalid)) for outcome in outcomes)
    assert_everything_is_claimed_once(clinic, 3)


def test_a_correction_and_the_discarding_of_what_it_corrects_do_not_pass_each_other(clinic: Clinic) -> None:
    dose = clinic.dose()
    for turn in range(TURNS):
        first = clinic.claim(period=ALWAYS)
        clinic.change_rule("flu_65_2024", ore=150_00 + turn + 1, version=turn + 1)
        discard = partial(ledger.move, clinic.store, clinic.actor, first.claim_id, first.version, ClaimState.DISCARDED)
        made, discarded = at_once(draft(clinic.store, 1, ALWAYS), discard)
        assert isinstance(made, Claim)
        if isinstance(discarded, Claim):
            assert [line[1:4] for line in clinic.lines(made)] == [(150_00 + turn + 1, None, "due")]
        else:
            assert isinstance(discarded, Conflict)
            assert discarded.key.startswith("Claim {claim} corrects lines of this one")
        assert clinic.net() == {dose.dose_id: 150_00 + turn + 1}
        clinic.move(made, ClaimState.DISCARDED)
        if not isinstance(discarded, Claim):
            clinic.move(first, ClaimState.DISCARDED)


def test_a_claim_is_sent_or_discarded_and_never_both(clinic: Clinic) -> None:
    for _ in range(TURNS):
        clinic.dose()
        claim = clinic.claim()
        move = partial(ledger.move, clinic.store, clinic.actor, claim.claim_id, claim.version)
        outcomes = at_once(partial(move, ClaimState.SENT), partial(move, ClaimState.DISCARDED))
        (moved,) = (outcome for outcome in outcomes if isinstance(outcome, Claim))
        (refusal,) = (outcome for outcome in outcomes if isinstance(outcome, Conflict))
        assert refusal.key.startswith("{who} changed this claim at {time}")
        assert [change.state for change in ledger.changes(clinic.store, clinic.actor, claim.claim_id)] == [
            moved.state, ClaimState.DRAFT
        ]  # fmt: skip
        if moved.state == ClaimState.DISCARDED:
            clinic.move(clinic.claim(), ClaimState.SENT)
