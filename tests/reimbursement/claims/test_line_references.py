"""Lines as a payer's answer names them."""

from __future__ import annotations

import pytest

from mv.reimbursement.claims.ledger import ClaimState
from mv.reimbursement.claims.line_references import Line, find_by_identity, find_by_reference, parse_reference
from tests.reimbursement.claims.clinic import EMPLOYER, REGION, Clinic
from tests.reimbursement.claims.test_ledger import pay


@pytest.mark.parametrize(
    "text, found",
    [
        ("A12-3", (12, 3)),
        ("12-3", None),
        (" a12 - 3 ", (12, 3)),
        ("A012-3", None),
        ("A12", None),
        ("A12-", None),
        ("A0-1", None),
        ("A1-0", None),
        ("A12-3-4", None),
        ("A12–3", (12, 3)),
        ("A1٢-3", None),
        ("194601029811", None),
        ("460102-9811", None),
        ("A" + "9" * 19 + "-1", None),
        ("", None),
    ],
)
def test_a_reference_is_a_claim_and_a_line(text: str, found: tuple[int, int] | None) -> None:
    assert parse_reference(text) == found


def by_reference(clinic: Clinic, *references: tuple[int, int], payer: str = REGION) -> dict[tuple[int, int], Line]:
    with clinic.store.read() as tx:
        return find_by_reference(tx, payer, references)


def by_number(clinic: Clinic, *numbers: str) -> dict[str, list[str]]:
    with clinic.store.read() as tx:
        return {number: [x.reference for x in found] for number, found in find_by_identity(tx, REGION, numbers).items()}


def test_a_line_is_found_by_its_reference_as_it_was_claimed(clinic: Clinic) -> None:
    dose, customer = clinic.dose(), clinic.person()
    clinic.give(clinic.group(customer))
    claim = clinic.claim()
    pay(clinic, claim, 2, 100_00)
    pay(clinic, claim, 2, 50_00)
    clinic.withdraw(dose)
    clinic.claim()
    found = by_reference(clinic, (1, 2), (1, 1), (2, 1), (1, 9), (9, 1))
    assert list(found) == [(1, 1), (1, 2), (2, 1)]
    line = found[1, 2]
    assert (line.reference, line.state, line.ore, line.paid) == ("A1-2", ClaimState.DRAFT, 150_00, 150_00)
    assert (line.identity, line.customer_id, line.unit_id) == (customer.identity, customer.customer_id, "norr")
    assert (line.product_code, line.atc, line.taken_back) == ("efluelda", "J07BB02", False)
    assert (found[1, 1].taken_back, found[1, 1].corrects_claim_id) == (True, None)
    reversals = found[2, 1]
    assert (reversals.ore, reversals.corrects_claim_id, reversals.corrects_line_number, reversals.taken_back) == (
        -150_00,
        1,
        1,
        False,
    )
    assert customer.identity not in repr(found)


def test_a_line_is_found_for_its_payer_alone_and_not_in_a_discarded_claim(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim()
    assert by_reference(clinic, (1, 1), payer=EMPLOYER) == {}
    assert by_reference(clinic) == {}
    clinic.move(claim, ClaimState.DISCARDED)
    assert by_reference(clinic, (1, 1)) == {}


def test_lines_are_found_by_every_number_that_the_person_has_or_had(clinic: Clinic) -> None:
    customer, other = clinic.person(), clinic.person()
    clinic.give(clinic.group(customer))
    clinic.give(clinic.group(other))
    clinic.claim()
    new = "19460102A981"
    clinic.store.write(
        lambda tx: tx.execute("UPDATE customer SET identity = $1 WHERE customer_id = $2", new, customer.customer_id)
    )
    clinic.store.write(
        lambda tx: tx.execute(
            "INSERT INTO identity_change (customer_id, version, old_identity, new_identity, changed_at, changed_by)"
            " VALUES ($1, 1, $2, $3, $4, 'karin.holm')",
            customer.customer_id, "between", new, clinic.store.now(),
        )
    )  # fmt: skip
    for number in (customer.identity, "between", new):
        assert by_number(clinic, number) == {number: ["A1-1"]}
    assert by_number(clinic, new, other.identity, "nobody") == {new: ["A1-1"], other.identity: ["A1-2"]}
    assert by_number(clinic) == {}
