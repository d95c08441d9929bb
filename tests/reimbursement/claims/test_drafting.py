"""What a claim holds: doses that are due, once each, and what corrects lines that are no longer true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest

from mv import memberships
from mv.access import EVERY_UNIT, Actor, Role
from mv.errors import Forbidden, Invalid
from mv.memberships import EndReason
from mv.reimbursement.claims import drafting
from mv.reimbursement.claims.due import Amount
from mv.reimbursement.claims.ledger import ClaimState
from mv.vaccinations import Dose
from tests.contents import contents, logged, refused
from tests.reimbursement.claims.clinic import ALWAYS, DAY, EMPLOYER, FROZEN, NOVEMBER, OCTOBER, REGION, Clinic

LAST_OF_OCTOBER, FIRST_OF_NOVEMBER, LAST_OF_NOVEMBER = date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30)
AT_NORR = Actor("maj.lund", "Maj Lund", Role.ANALYST, "norr")
AT_SODER = Actor("sara.ek", "Sara Ek", Role.LEAD, "soder")
NOTHING_LEFT = "There is nothing to claim from Exempelregionen: no dose of the period is due, and no line to correct."

# What is due


def test_a_claim_takes_what_is_due_in_its_period_and_nothing_else(clinic: Clinic) -> None:
    due = [clinic.dose(day) for day in (FIRST_OF_NOVEMBER, DAY)]
    clinic.dose(LAST_OF_OCTOBER)
    clinic.withdraw(clinic.dose())
    clinic.remove_group(clinic.dose())
    claim = clinic.claim()
    assert clinic.lines(claim) == [(n, 150_00, None, "due", dose.dose_id) for n, dose in enumerate(due, start=1)]
    assert (claim.state, claim.lines, claim.ore, claim.paid) == (ClaimState.DRAFT, 2, 300_00, 0)
    assert (claim.payer, claim.period_from, claim.period_to, claim.units) == (REGION, *NOVEMBER, {"norr"})


@pytest.mark.parametrize(
    "day, period, taken",
    [
        (FIRST_OF_NOVEMBER, NOVEMBER, True),
        (LAST_OF_OCTOBER, NOVEMBER, False),
        (LAST_OF_OCTOBER, OCTOBER, True),
        (FIRST_OF_NOVEMBER, OCTOBER, False),
        (FIRST_OF_NOVEMBER, (FIRST_OF_NOVEMBER, FIRST_OF_NOVEMBER), True),
    ],
)
def test_both_days_of_the_period_are_included(
    clinic: Clinic, day: date, period: tuple[date, date], taken: bool
) -> None:
    clinic.dose(day)
    found = drafting.preview(clinic.store, clinic.actor, REGION, *period)
    assert found.total == (Amount(1, 150_00) if taken else Amount())


def test_a_dose_is_claimed_from_the_one_who_pays_for_it(clinic: Clinic) -> None:
    of_region, customer = clinic.dose(), clinic.person()
    of_employer = clinic.give(clinic.group(customer, "staff", "home_care"))
    assert [line[-1] for line in clinic.lines(clinic.claim())] == [of_region.dose_id]
    assert [line[-1] for line in clinic.lines(clinic.claim(EMPLOYER))] == [of_employer.dose_id]


def test_a_dose_that_is_claimed_is_not_claimed_again(clinic: Clinic) -> None:
    clinic.dose()
    clinic.claim()
    with refused(clinic.store, Invalid, NOTHING_LEFT):
        clinic.claim()
    with refused(clinic.store, Invalid, NOTHING_LEFT):
        clinic.claim(period=ALWAYS)


def test_what_was_given_before_the_period_and_never_claimed_is_counted_and_left_for_its_own_claim(
    clinic: Clinic,
) -> None:
    early = [clinic.dose(date(2026, 10, day)) for day in (20, 5)]
    clinic.dose()
    found = drafting.preview(clinic.store, clinic.actor, REGION, *NOVEMBER)
    assert (found.new_lines, found.earlier, found.earliest) == (Amount(1, 150_00), Amount(2, 300_00), date(2026, 10, 5))
    clinic.claim()
    claim = clinic.claim(period=OCTOBER)
    assert {line[-1] for line in clinic.lines(claim)} == {dose.dose_id for dose in early}
    assert drafting.preview(clinic.store, clinic.actor, REGION, *NOVEMBER) == drafting.Preview()


@pytest.mark.parametrize(
    "payer, period, says",
    [
        ("Nobody", NOVEMBER, "Choose a payer."),
        ("Patienten", NOVEMBER, "Choose a payer."),
        (REGION, (DAY, LAST_OF_OCTOBER), "The period's first day is after its last. Change one of them."),
        (REGION, NOVEMBER, NOTHING_LEFT),
    ],
)
def test_what_cannot_be_claimed_is_said(clinic: Clinic, payer: str, period: tuple[date, date], says: str) -> None:
    with refused(clinic.store, Invalid, says):
        clinic.claim(payer, period)


def test_making_a_claim_is_logged_without_a_person(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim()
    (entry,) = logged(clinic.store, "change_claim")
    assert entry["customer_id"] is None
    assert entry["detail"] == {"claim": claim.claim_id, "change": "made", "payer": REGION, "rows": 1}


# What is no longer true


@dataclass(frozen=True)
class Correction:
    """Something that happens to a claimed dose; why its line is taken back, and its amount then."""

    name: str
    happens: Callable[[Clinic, Dose], object]
    cause: str
    amount: int | None = None


def to_own_group(clinic: Clinic, dose: Dose, group: str, subgroup: str | None) -> None:
    (customer,) = clinic.rows("SELECT customer_id FROM customer WHERE customer_id = $1", dose.customer_id)
    entry = memberships.Entry(group, subgroup, date(2026, 1, 1))
    row = memberships.add(clinic.store, clinic.actor, customer["customer_id"], entry)
    clinic.correct(dose, membership_id=row.membership_id)


def gone(clinic: Clinic, dose: Dose) -> None:
    clinic.store.write(lambda tx: tx.execute("DELETE FROM dose WHERE dose_id = $1", dose.dose_id))


OF_DOSES = [
    Correction("withdrawn", lambda c, d: c.withdraw(d), "withdrawn"),
    Correction("abroad", lambda c, d: c.correct(d, abroad=True, membership_id=None), "abroad"),
    Correction("without its group", lambda c, d: c.correct(d, membership_id=None, without_group=True), "no_group"),
    Correction("group at own cost", lambda c, d: to_own_group(c, d, "household_contact", None), "own_cost"),
    Correction("group wrong from the start", lambda c, d: c.remove_group(d), "period"),
    Correction("another vaccine", lambda c, d: c.correct(d, product_code="fluad_tetra"), "product", 150_00),
    Correction("vaccine of another price", lambda c, d: c.correct(d, product_code="comirnaty"), "product", 275_00),
    Correction("vaccine without a rule", lambda c, d: c.correct(d, product_code="fsme_immun"), "no_rule"),
    Correction("another day", lambda c, d: c.correct(d, given_on=date(2026, 11, 9)), "day", 150_00),
    Correction("day of another month", lambda c, d: c.correct(d, given_on=LAST_OF_OCTOBER), "day", 150_00),
    Correction("another group", lambda c, d: to_own_group(c, d, "frailty", None), "group", 150_00),
    Correction("another group's payer", lambda c, d: to_own_group(c, d, "staff", "home_care"), "payer"),
    Correction("another unit", lambda c, d: c.correct(d, unit_id="soder"), "unit", 150_00),
    Correction("day and unit", lambda c, d: c.correct(d, given_on=LAST_OF_OCTOBER, unit_id="soder"), "day", 150_00),
    Correction("not in the register", gone, "gone"),
]
OF_RULES = [
    Correction("age", lambda c, d: c.change_rule("flu_65_2024", age_from=90), "age"),
    Correction("number", lambda c, d: c.change_rule("flu_65_2024", dose_from=2), "dose_number"),
    Correction("own cost", lambda c, d: c.change_rule("flu_65_2024", ore=0), "own_cost"),
    Correction("amount", lambda c, d: c.change_rule("flu_65_2024", ore=175_50), "amount", 175_50),
    Correction("payer", lambda c, d: c.change_rule("flu_65_2024", payer=EMPLOYER), "payer"),
    Correction("ended", lambda c, d: c.change_rule("flu_65_2024", valid_to=LAST_OF_OCTOBER), "group_not_paid"),
    Correction("other group", lambda c, d: c.change_rule("flu_65_2024", group_code="frailty"), "group_not_paid"),
    Correction("removed", lambda c, d: c.change_rule("flu_65_2024", removed=True), "group_not_paid"),
]


def check_corrections(clinic: Clinic, corrections: list[Correction], untouched: list[Dose]) -> None:
    """Check what the next claim says of each dose after its correction, and that the first one stays as it was."""
    doses = {correction.name: clinic.dose() for correction in corrections}
    first = clinic.claim()
    before, numbers = contents(clinic.store), {line[-1]: line[0] for line in clinic.lines(first)}
    for correction in corrections:
        correction.happens(clinic, doses[correction.name])
    found = drafting.preview(clinic.store, clinic.actor, REGION, *OCTOBER)
    second = clinic.claim(period=OCTOBER)
    lines, net = clinic.lines(second), clinic.net()
    expected = {}
    for correction in corrections:
        dose_id = doses[correction.name].dose_id
        reversals = (-150_00, (first.claim_id, numbers[dose_id]), correction.cause)
        new_lines = [(correction.amount, None, "corrected")] if correction.amount else []
        expected[correction.name] = ([reversals, *new_lines], correction.amount)
    assert expected == {
        name: ([line[1:4] for line in lines if line[-1] == dose.dose_id], net.get(dose.dose_id))
        for name, dose in doses.items()
    }
    assert {line[-1] for line in lines}.isdisjoint(dose.dose_id for dose in untouched)
    assert found.total == Amount(second.lines, second.ore) == Amount(len(lines), sum(line[1] for line in lines))
    after = contents(clinic.store)
    for table in FROZEN:
        assert [row for row in after[table] if row["claim_id"] == first.claim_id] == before[table]
    with pytest.raises(Invalid):
        clinic.claim(period=OCTOBER)


def test_what_is_no_longer_true_of_a_dose_is_taken_back_and_claimed_as_it_is_now(clinic: Clinic) -> None:
    check_corrections(clinic, OF_DOSES, untouched=[clinic.dose(), clinic.dose()])


@pytest.mark.parametrize("correction", OF_RULES, ids=lambda correction: correction.name)
def test_what_a_changed_rule_no_longer_pays_is_taken_back_and_claimed_as_it_pays_now(
    clinic: Clinic, correction: Correction
) -> None:
    check_corrections(clinic, [correction], untouched=[])


def test_a_dose_that_another_payer_pays_for_now_is_claimed_there(clinic: Clinic) -> None:
    dose = clinic.dose()
    clinic.claim()
    clinic.change_rule("flu_65_2024", payer=EMPLOYER)
    assert clinic.lines(clinic.claim(EMPLOYER)) == [(1, 150_00, None, "due", dose.dose_id)]
    clinic.claim()
    assert (clinic.net(), clinic.net(EMPLOYER)) == ({}, {dose.dose_id: 150_00})


def test_a_dose_that_is_registered_anew_too_late_is_taken_back(clinic: Clinic) -> None:
    dose = clinic.dose(date(2026, 10, 23))
    clinic.claim(period=OCTOBER)
    clinic.clock.now = clinic.clock.now.replace(day=23)  # 31 days after the dose, of 30
    clinic.correct(dose, product_code="fluad_tetra")
    assert [line[1:4] for line in clinic.lines(clinic.claim())] == [(-150_00, (1, 1), "late")]


def test_a_dose_that_comes_too_soon_after_one_registered_later_is_taken_back(clinic: Clinic) -> None:
    membership = clinic.group(clinic.person())
    dose = clinic.give(membership)
    claimed = clinic.claim()
    earlier = clinic.give(membership, date(2026, 10, 28))
    second = clinic.claim(period=ALWAYS)
    assert [line[1:] for line in clinic.lines(second)] == [
        (-150_00, (claimed.claim_id, 1), "too_soon", dose.dose_id),
        (150_00, None, "due", earlier.dose_id),
    ]


UNIMPORTANT: list[Callable[[Clinic, Dose], object]] = [
    lambda c, d: c.correct(d, batch_number="B-2"),
    lambda c, d: c.correct(d, dose_number=2),
    lambda c, d: c.remove_group(d, EndReason.CEASED),  # today, after the dose
    lambda c, d: c.change_rule("flu_65_2024", days_to_register=60),
    lambda c, d: c.change_rule("flu_65_2024", source="Example, looked up anew"),
    lambda c, d: c.store.write(lambda tx: tx.execute("UPDATE vaccine SET name = 'Another name'")),
    lambda c, d: c.store.write(lambda tx: tx.execute("UPDATE unit SET name = 'Another name'")),
    lambda c, d: c.store.write(lambda tx: tx.execute("UPDATE customer SET identity = 'R' || identity")),
]


def test_what_changes_nothing_that_is_claimed_needs_no_correction(clinic: Clinic) -> None:
    doses = [clinic.dose() for _ in UNIMPORTANT]
    clinic.claim()
    for happens, dose in zip(UNIMPORTANT, doses, strict=True):
        happens(clinic, dose)
    with pytest.raises(Invalid):
        clinic.claim()


def test_a_line_is_corrected_as_often_as_it_takes_each_time_the_one_that_stands(clinic: Clinic) -> None:
    dose = clinic.dose()
    first = clinic.claim()
    clinic.change_rule("flu_65_2024", ore=160_00)
    second = clinic.claim(period=OCTOBER)
    clinic.change_rule("flu_65_2024", ore=170_00)
    third = clinic.claim(period=OCTOBER)
    assert [line[1:4] for line in clinic.lines(second)] == [
        (-150_00, (first.claim_id, 1), "amount"), (160_00, None, "corrected")
    ]  # fmt: skip
    assert [line[1:4] for line in clinic.lines(third)] == [
        (-160_00, (second.claim_id, 2), "amount"), (170_00, None, "corrected")
    ]  # fmt: skip
    assert clinic.net() == {dose.dose_id: 170_00}


def test_a_dose_that_is_paid_again_after_it_was_taken_back_is_claimed_by_a_claim_for_its_day(clinic: Clinic) -> None:
    dose = clinic.dose()
    clinic.claim()
    clinic.change_rule("flu_65_2024", ore=0)
    clinic.claim()
    clinic.change_rule("flu_65_2024", ore=150_00, version=2)
    found = drafting.preview(clinic.store, clinic.actor, REGION, date(2026, 11, 3), LAST_OF_NOVEMBER)
    assert (found.total, found.earlier) == (Amount(), Amount(1, 150_00))
    assert clinic.lines(clinic.claim()) == [(1, 150_00, None, "due", dose.dose_id)]


def test_the_preview_says_what_for(clinic: Clinic) -> None:
    clinic.dose()
    dose, other = clinic.dose(), clinic.dose()
    clinic.claim()
    clinic.dose(LAST_OF_NOVEMBER.replace(day=20))
    clinic.withdraw(dose)
    clinic.correct(other, unit_id="soder")
    found = drafting.preview(clinic.store, clinic.actor, REGION, *NOVEMBER)
    assert found.causes == {
        "due": Amount(1, 150_00),
        "withdrawn": Amount(1, -150_00),
        "unit": Amount(1, -150_00),
        "corrected": Amount(1, 150_00),
    }
    assert (found.new_lines, found.reversals, found.total) == (Amount(2, 300_00), Amount(2, -300_00), Amount(4, 0))


# Units


def test_a_claim_is_of_the_own_units_alone(clinic: Clinic) -> None:
    at_norr, at_soder = clinic.dose(), clinic.dose(unit_id="soder")
    claim = clinic.claim(actor=AT_NORR)
    assert (claim.units, [line[-1] for line in clinic.lines(claim)]) == ({"norr"}, [at_norr.dose_id])
    claim = clinic.claim(actor=AT_SODER)
    assert (claim.units, [line[-1] for line in clinic.lines(claim)]) == ({"soder"}, [at_soder.dose_id])


def test_a_claim_can_be_made_for_some_of_the_own_units(clinic: Clinic) -> None:
    clinic.dose()
    at_soder = clinic.dose(unit_id="soder")
    claim = drafting.draft(clinic.store, clinic.actor, REGION, *NOVEMBER, units=["soder"])
    assert [line[-1] for line in clinic.lines(claim)] == [at_soder.dose_id]
    says = "The unit is not one of yours. Choose one that is."
    with refused(clinic.store, Forbidden, says):
        drafting.draft(clinic.store, AT_NORR, REGION, *NOVEMBER, units=["norr", "soder"])
    assert drafting.preview(clinic.store, AT_NORR, REGION, *NOVEMBER, units=["norr"]).total == Amount(1, 150_00)


def test_somebody_without_a_unit_has_nothing_to_claim(clinic: Clinic) -> None:
    clinic.dose()
    with refused(clinic.store, Invalid, NOTHING_LEFT):
        clinic.claim(actor=replace(AT_NORR, unit_id=""))


def test_a_dose_that_moved_to_another_unit_is_claimed_there_once_its_line_is_taken_back(clinic: Clinic) -> None:
    dose = clinic.dose()
    clinic.claim(actor=AT_NORR)
    clinic.correct(dose, unit_id="soder")
    found = drafting.preview(clinic.store, AT_SODER, REGION, *NOVEMBER)
    assert (found.total, found.elsewhere) == (Amount(), Amount(1, 150_00))
    with refused(clinic.store, Invalid, NOTHING_LEFT):
        clinic.claim(actor=AT_SODER)
    assert [line[1:4] for line in clinic.lines(clinic.claim(actor=AT_NORR))] == [(-150_00, (1, 1), "unit")]
    assert [line[1:4] for line in clinic.lines(clinic.claim(actor=AT_SODER))] == [(150_00, None, "due")]
    assert clinic.net() == {dose.dose_id: 150_00}


def test_a_claim_of_several_units_names_them_all(clinic: Clinic) -> None:
    for unit_id in ("soder", "norr", "soder"):
        clinic.dose(unit_id=unit_id)
    of_two = replace(AT_NORR, units=frozenset({"soder", "hamnen"}))
    assert clinic.claim(actor=of_two).units == {"norr", "soder"}
    assert EVERY_UNIT in clinic.actor.units


def test_lines_are_taken_back_when_no_dose_is_left(clinic: Clinic) -> None:
    clinic.dose()
    clinic.claim()
    clinic.store.write(lambda tx: tx.execute("DELETE FROM dose"))
    assert [line[1:4] for line in clinic.lines(clinic.claim())] == [(-150_00, (1, 1), "gone")]
