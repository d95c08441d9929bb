"""The states of claims, who sees them, and what they add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mv import users
from mv.access import Action, Actor, Role
from mv.errors import Conflict, Forbidden, NotFound
from mv.reimbursement.claims import drafting, ledger, line_queries, payers
from mv.reimbursement.claims.due import Amount
from mv.reimbursement.claims.ledger import NEXT, Claim, ClaimState, Totals
from tests.contents import logged, nothing_changes, refused
from tests.reimbursement.claims.clinic import EMPLOYER, NOVEMBER, OCTOBER, REGION, Clinic

ANALYST = Actor("ana.lys", "Ana Lys", Role.ANALYST, "norr")
AT_SODER = Actor("sara.ek", "Sara Ek", Role.LEAD, "soder")
WAYS = {
    ClaimState.DRAFT: (),
    ClaimState.SENT: (ClaimState.SENT,),
    ClaimState.ANSWERED: (ClaimState.SENT, ClaimState.ANSWERED),
    ClaimState.CLOSED: (ClaimState.SENT, ClaimState.ANSWERED, ClaimState.CLOSED),
    ClaimState.DISCARDED: (ClaimState.DISCARDED,),
}
ALLOWED = {
    (ClaimState.DRAFT, ClaimState.SENT), (ClaimState.DRAFT, ClaimState.DISCARDED),
    (ClaimState.SENT, ClaimState.ANSWERED), (ClaimState.ANSWERED, ClaimState.CLOSED),
}  # fmt: skip


def pay(clinic: Clinic, claim: Claim, line_number: int, ore: int) -> None:
    """Have a payment of the line, as a payment file gives it."""
    sql = """
        INSERT INTO payment (payment_file_id, row_number, ore, claim_id, line_number, outcome)
        VALUES (1, $1, $2, $3, $4, 'paid')
    """
    count = clinic.rows("SELECT count(*) AS n FROM payment")[0]["n"]
    clinic.store.write(lambda tx: tx.execute(sql, count + 1, ore, claim.claim_id, line_number))


# States


def test_a_claim_goes_from_state_to_state_and_nowhere_else(clinic: Clinic) -> None:
    assert {(now, new) for now in ClaimState for new in NEXT[now]} == ALLOWED
    for now in ClaimState:
        clinic.dose()
        claim = clinic.move(clinic.claim(), *WAYS[now])
        assert claim.state == now
        for new in ClaimState:
            if (now, new) not in ALLOWED:
                with refused(
                    clinic.store, Conflict, "That does not follow on the claim’s state. It is shown as it is now."
                ):
                    clinic.move(claim, new)
        if now == ClaimState.DRAFT:
            clinic.move(claim, ClaimState.SENT)


def test_each_change_of_a_claim_is_kept_with_who_and_when_and_logged(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim(actor=ANALYST)
    clinic.clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    sent = clinic.move(claim, ClaimState.SENT)
    users.assign_rights(
        clinic.store, Actor("boss", "Boss", Role.ADMINISTRATOR, ""), "karin.holm", 0, Role.LEAD, {"norr"}
    )
    changes = ledger.changes(clinic.store, clinic.actor, claim.claim_id)
    assert [(c.version, c.state, c.changed_by, c.changed_at) for c in changes] == [
        (2, ClaimState.SENT, "karin.holm", datetime(2026, 11, 23, 8)),
        (1, ClaimState.DRAFT, "ana.lys", datetime(2026, 11, 22, 12)),
    ]
    assert (claim.sent_at, sent.sent_at, sent.version) == (None, datetime(2026, 11, 23, 8), 2)
    details = [entry["detail"] for entry in logged(clinic.store, Action.CHANGE_CLAIM)]
    assert [detail["change"] for detail in details] == ["made", "sent"]
    assert clinic.move(sent, ClaimState.ANSWERED, ClaimState.CLOSED).sent_at == sent.sent_at


@pytest.mark.both_engines
def test_a_change_of_a_claim_that_somebody_else_changed_is_refused_and_says_who(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim()
    ledger.move(clinic.store, ANALYST, claim.claim_id, claim.version, ClaimState.SENT)
    says = "ana.lys changed this claim at 2026-11-22 13:00. It is shown as it is now; nothing was overwritten."
    for state in (ClaimState.SENT, ClaimState.DISCARDED):
        with refused(clinic.store, Conflict, says):
            clinic.move(claim, state)


def test_a_claim_that_is_not_there_cannot_be_changed(clinic: Clinic) -> None:
    with refused(clinic.store, NotFound, "There is no such claim."):
        ledger.move(clinic.store, clinic.actor, 7, 1, ClaimState.SENT)
    with refused(clinic.store, NotFound, "There is no such claim."):
        ledger.changes(clinic.store, clinic.actor, 7)


def test_the_doses_of_a_discarded_claim_are_claimed_again(clinic: Clinic) -> None:
    dose = clinic.dose()
    clinic.move(clinic.claim(), ClaimState.DISCARDED)
    assert clinic.net() == {}
    assert clinic.lines(clinic.claim()) == [(1, 150_00, None, "due", dose.dose_id)]
    assert clinic.net() == {dose.dose_id: 150_00}


def test_a_claim_that_another_corrects_is_discarded_after_that_one(clinic: Clinic) -> None:
    clinic.dose()
    first = clinic.claim()
    clinic.change_rule("flu_65_2024", ore=160_00)
    second = clinic.claim()
    with refused(clinic.store, Conflict, "Claim 2 corrects lines of this one. Discard that one first."):
        clinic.move(first, ClaimState.DISCARDED)
    clinic.move(second, ClaimState.DISCARDED)
    clinic.move(first, ClaimState.DISCARDED)
    assert clinic.net() == {}


def test_a_line_stands_again_when_the_claim_that_takes_it_back_is_discarded(clinic: Clinic) -> None:
    dose = clinic.dose()
    first = clinic.claim()
    clinic.withdraw(dose)
    clinic.move(clinic.claim(), ClaimState.DISCARDED)
    assert clinic.net() == {dose.dose_id: 150_00}
    assert [line[1:4] for line in clinic.lines(clinic.claim())] == [(-150_00, (first.claim_id, 1), "withdrawn")]


def test_a_claim_is_sent_after_those_that_it_corrects(clinic: Clinic) -> None:
    dose = clinic.dose()
    first = clinic.claim()
    clinic.withdraw(dose)
    second = clinic.claim()
    says = "The claim corrects lines of claim 1, which is not sent. Send that one first."
    with refused(clinic.store, Conflict, says):
        clinic.move(second, ClaimState.SENT)
    clinic.move(first, ClaimState.SENT)
    assert clinic.move(second, ClaimState.SENT).state == ClaimState.SENT


def test_a_claim_that_is_paid_for_is_not_discarded(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim()
    pay(clinic, claim, 1, 150_00)
    says = "There are payments for this claim, so it was sent. Mark it as sent instead."
    with refused(clinic.store, Conflict, says):
        clinic.move(claim, ClaimState.DISCARDED)


# Who sees what


def test_a_claim_is_seen_by_whoever_has_all_of_its_units(clinic: Clinic) -> None:
    clinic.dose()
    at_norr = clinic.claim()
    clinic.dose()
    clinic.dose(unit_id="soder")
    of_both = clinic.claim()
    both = replace(AT_SODER, units=frozenset({"norr"}))
    for actor, seen in ((ANALYST, [at_norr]), (AT_SODER, []), (both, [of_both, at_norr])):
        assert ledger.claims(clinic.store, actor) == seen
    for read in (ledger.changes, line_queries.sums_by_reason):
        with refused(clinic.store, Forbidden, "The claim is about units that are not yours."):
            read(clinic.store, ANALYST, of_both.claim_id)
    with refused(clinic.store, Forbidden, "The claim is about units that are not yours."):
        line_queries.claim_lines(clinic.store, ANALYST, of_both.claim_id, limit=9)
    with refused(clinic.store, Forbidden, "The claim is about units that are not yours."):
        ledger.move(clinic.store, AT_SODER, of_both.claim_id, 1, ClaimState.SENT)


def test_there_is_something_to_claim_from_who_pays_by_a_rule_or_was_claimed_from(clinic: Clinic) -> None:
    assert payers.names(clinic.store, ANALYST) == [EMPLOYER, REGION, "Staten"]
    clinic.give(clinic.group(clinic.person(), "staff", "home_care"))
    clinic.claim(EMPLOYER)
    clinic.change_rule("flu_staff_2022", payer="Kommunen")
    assert payers.names(clinic.store, ANALYST) == [EMPLOYER, REGION, "Kommunen", "Staten"]


# Sums


def test_the_lines_of_a_claim_add_up_to_it_and_the_claims_to_their_states(clinic: Clinic) -> None:
    doses = [clinic.dose() for _ in range(3)]
    first = clinic.move(clinic.claim(), ClaimState.SENT)
    clinic.withdraw(doses[0])
    clinic.change_rule("flu_65_2024", ore=160_00)
    second = clinic.claim()
    parts = line_queries.sums_by_reason(clinic.store, clinic.actor, second.claim_id)
    assert [(part.taken_back, part.cause, part.amount) for part in parts] == [
        (False, "corrected", Amount(2, 320_00)),
        (True, "amount", Amount(2, -300_00)),
        (True, "withdrawn", Amount(1, -150_00)),
    ]
    assert sum((part.amount for part in parts), Amount()) == Amount(second.lines, second.ore)
    pay(clinic, first, 2, 150_00)
    pay(clinic, first, 3, 140_00)
    claims = ledger.claims(clinic.store, clinic.actor)
    assert [(claim.claim_id, claim.paid) for claim in claims] == [(2, 0), (1, 290_00)]
    assert Totals.of(claims) == Totals(2, 8, 320_00, 290_00)
    assert Totals.of(claim for claim in claims if claim.state == ClaimState.SENT) == Totals(1, 3, 450_00, 290_00)
    assert Totals.of([]) == Totals(0, 0, 0, 0)


def test_the_lines_are_read_part_by_part_as_they_stand_in_the_file(clinic: Clinic) -> None:
    for _ in range(3):
        clinic.dose()
    claim = clinic.claim()
    found = line_queries.claim_lines(clinic.store, clinic.actor, claim.claim_id, limit=2, offset=1)
    assert list(found["line"]) == ["A1-2", "A1-3"]
    row = found.iloc[0]
    assert (row["vaccine"], row["group_name"], row["unit"]) == ("Efluelda", "65 år och äldre", "Mottagning Norr")
    assert (row["ore"], row["cause"], bool(row["taken_back"])) == (150_00, "due", False)
    assert line_queries.claim_lines(clinic.store, clinic.actor, claim.claim_id, limit=9, offset=3).empty


@pytest.mark.both_engines
def test_lines_of_one_cause_are_read_by_themselves(clinic: Clinic) -> None:
    doses = [clinic.dose() for _ in range(3)]
    clinic.claim()
    clinic.withdraw(doses[2])
    clinic.correct(doses[0], unit_id="soder")
    claim = clinic.claim()
    for part in line_queries.sums_by_reason(clinic.store, clinic.actor, claim.claim_id):
        found = line_queries.claim_lines(clinic.store, clinic.actor, claim.claim_id, cause=part.cause, limit=9)
        assert (set(found["cause"]), Amount.of(found)) == ({part.cause}, part.amount)
    found = line_queries.claim_lines(clinic.store, clinic.actor, claim.claim_id, cause="withdrawn", limit=9)
    assert list(found["line"]) == ["A2-3"]


def test_looking_changes_nothing(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim()
    clinic.dose()
    with nothing_changes(clinic.store):
        drafting.preview(clinic.store, ANALYST, REGION, *NOVEMBER)
        drafting.preview(clinic.store, ANALYST, EMPLOYER, *OCTOBER)
        ledger.claims(clinic.store, ANALYST)
        ledger.changes(clinic.store, ANALYST, claim.claim_id)
        line_queries.sums_by_reason(clinic.store, ANALYST, claim.claim_id)
