"""A reserve number that becomes a personnummer: everything follows, nothing is lost, nothing is paid twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from mv import bookings, customers, deaths, identity_changes, memberships, vaccinations
from mv.access import Actor, Role
from mv.customers import Customer, Hits, search
from mv.errors import Conflict, Forbidden, Invalid, NotFound
from mv.identity import check_digit
from mv.identity_changes import BirthDateDiffers, NumberTaken
from mv.memberships import EndReason
from mv.reimbursement.claims import drafting, files, ledger
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.store import Store
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import contents, logged, nothing_changes, refused

BORN = date(1981, 8, 29)
RESERVE = "19810829M071"
OTHER_RESERVE = "991981000010"
NUMBER = invented_number(BORN, 983)
CHECK_DIGIT = "The last digit does not agree with the rest. Compare every character with the source."
OTHER_BIRTH_DATE = (
    "The number gives another birth date than the customer has. Nothing was changed."
    " Check the number; if it is right, say that it is the same person."
)
TAKEN = (
    "Another customer is registered with this number; nothing was changed. If it is the same person, merge the two"
    " records: then both numbers find it."
)
EARLY_DAYS = (
    "The customer has groups or doses from before the birth date that the number gives."
    " Nothing was changed; check the number, or correct these first."
)


@pytest.fixture
def kim(store: Store, actor: Actor) -> Customer:
    """Kim Räv, with a reserve number, a group, a dose and a booking."""
    customer = customers.register(store, actor, RESERVE, "Kim", "Räv", "norr", BORN)
    group = memberships.add(
        store, actor, customer.customer_id, memberships.Entry("medical_risk", "diabetes", date(2024, 1, 1))
    )
    dose = vaccinations.Entry("vaxigrip_tetra", "B1", 1, TODAY - timedelta(days=3), "norr", group.membership_id)
    vaccinations.register(store, actor, customer.customer_id, dose)
    store.write(
        lambda tx: tx.execute(
            "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)"
            " VALUES ($1, 'norr', $2, 'comirnaty', $2)",
            customer.customer_id,
            datetime(2026, 11, 30, 9),
        )
    )
    return customer


def change(store: Store, actor: Actor, customer: Customer, number: str, **how: bool) -> Customer:
    return identity_changes.change(store, actor, customer.customer_id, number, customer.identity, **how)


def test_everything_follows_the_customer_to_the_new_number(store: Store, actor: Actor, kim: Customer) -> None:
    before = contents(store)
    new = change(store, actor, kim, f"{NUMBER[2:8]}-{NUMBER[8:]}")
    assert new == customers.get(store, actor, kim.customer_id)
    assert (new.customer_id, new.identity, new.birth_date, new.name) == (kim.customer_id, NUMBER, BORN, "Kim Räv")
    after = contents(store)
    changed = {"customer", "customer_name", "identity_change", "access_log", "log_head"}
    assert {name for name in before if before[name] != after[name]} == changed
    (row,) = after["customer"]
    assert (row["identity_kind"], row["sex"]) == ("personnummer", "male")
    assert {(key["identity"], key["birth_date"]) for key in after["customer_name"]} == {(NUMBER, BORN)}
    assert len(after["customer_name"]) == len(before["customer_name"])
    assert len(memberships.of_customer(store, actor, kim.customer_id)) == 1
    assert len(vaccinations.of_customer(store, actor, kim.customer_id)) == 1
    (booking,) = bookings.upcoming(store, actor, kim.customer_id)
    assert booking.identity == NUMBER


def test_the_old_number_still_finds_the_customer_and_says_that_it_is_an_earlier_one(
    store: Store, actor: Actor, kim: Customer
) -> None:
    new = change(store, actor, kim, NUMBER)
    assert search(store, actor, NUMBER) == Hits([new])
    assert search(store, actor, "19810829-m071") == Hits([new], earlier=True)
    assert search(store, actor, "kim rav").customers == [new]
    (had,) = identity_changes.earlier_numbers(store, actor, kim.customer_id)
    assert (had.number, had.changed_at, had.changed_by) == (RESERVE, store.now(), "karin.holm")
    assert RESERVE not in repr(had)


def test_every_earlier_number_finds_the_customer(store: Store, clock: SetClock, actor: Actor, kim: Customer) -> None:
    coordination = f"{BORN:%Y%m}{BORN.day + 60}983"
    coordination += str(check_digit(coordination[2:]))
    second = change(store, actor, kim, coordination)
    clock.now += timedelta(days=30)
    third = change(store, actor, second, NUMBER)
    for number in (RESERVE, coordination):
        assert search(store, actor, number) == Hits([third], earlier=True)
    assert [had.number for had in identity_changes.earlier_numbers(store, actor, kim.customer_id)] == [
        coordination,
        RESERVE,
    ]


def test_a_number_that_was_changed_back_is_none_of_the_customers(store: Store, actor: Actor, kim: Customer) -> None:
    wrong = change(store, actor, kim, NUMBER)
    right = change(store, actor, wrong, RESERVE)
    assert right == kim
    assert search(store, actor, NUMBER) == Hits([])
    assert search(store, actor, RESERVE) == Hits([kim])
    assert identity_changes.earlier_numbers(store, actor, kim.customer_id) == []
    other = customers.register(store, actor, NUMBER, "Eva", "Ek", "norr")
    assert search(store, actor, NUMBER) == Hits([other])
    later = change(store, actor, kim, invented_number(BORN, 985))
    assert search(store, actor, RESERVE) == Hits([later], earlier=True)
    assert search(store, actor, NUMBER) == Hits([other])
    assert len(contents(store)["identity_change"]) == 3


def test_an_earlier_number_cannot_be_registered_or_given_to_somebody_else(
    store: Store, actor: Actor, kim: Customer, anders: Customer
) -> None:
    change(store, actor, kim, NUMBER)
    with refused(store, Conflict, "A customer with this number is registered already. Search for the number."):
        customers.register(store, actor, RESERVE, "Kim", "Räv", "norr", BORN)
    with refused(store, NumberTaken, TAKEN):
        change(store, actor, anders, RESERVE, other_birth_date=True)


def test_the_change_is_logged_and_kept_without_numbers_in_the_log(store: Store, actor: Actor, kim: Customer) -> None:
    change(store, actor, kim, NUMBER)
    (entry,) = logged(store, "change_identity")
    assert (entry["user_id"], entry["unit_id"], entry["customer_id"]) == ("karin.holm", "norr", kim.customer_id)
    assert entry["detail"] == {"before": "reserve_vgr", "number_kind": "personnummer"}
    log = repr(contents(store)["access_log"])
    assert not [number for number in (RESERVE, NUMBER) if number in log or number[2:] in log]
    (kept,) = contents(store)["identity_change"]
    assert kept == {
        "customer_id": kim.customer_id,
        "version": 1,
        "old_identity": RESERVE,
        "new_identity": NUMBER,
        "changed_at": store.now(),
        "changed_by": "karin.holm",
        "old_birth_date": BORN,
        "old_sex": "male",
    }


def test_a_number_with_another_birth_date_has_to_be_meant(store: Store, actor: Actor, kim: Customer) -> None:
    other = invented_number(date(1981, 8, 30), 982)
    with refused(store, BirthDateDiffers, OTHER_BIRTH_DATE):
        change(store, actor, kim, other)
    new = change(store, actor, kim, other, other_birth_date=True)
    assert (new.identity, new.birth_date) == (other, date(1981, 8, 30))
    assert {row["birth_date"] for row in contents(store)["customer_name"]} == {date(1981, 8, 30)}
    assert contents(store)["customer"][0]["sex"] == "female"


def test_a_number_that_holds_neither_birth_date_nor_sex_leaves_them_as_they_are(
    store: Store, actor: Actor, kim: Customer
) -> None:
    new = change(store, actor, kim, OTHER_RESERVE)
    assert (new.identity, new.birth_date) == (OTHER_RESERVE, BORN)
    (row,) = contents(store)["customer"]
    assert (row["identity_kind"], row["sex"]) == ("reserve_stockholm", "male")


@pytest.mark.parametrize(("days", "early"), [(-1, False), (0, False), (1, True)])
def test_nobody_was_in_a_group_before_the_new_birth_date(
    store: Store, actor: Actor, kim: Customer, days: int, early: bool
) -> None:
    born = date(2024, 1, 1) + timedelta(days=days)
    if early:
        with refused(store, Conflict, EARLY_DAYS):
            change(store, actor, kim, invented_number(born), other_birth_date=True)
    else:
        assert change(store, actor, kim, invented_number(born), other_birth_date=True).birth_date == born


def test_what_was_registered_by_mistake_hinders_no_birth_date(store: Store, actor: Actor, kim: Customer) -> None:
    born = TODAY - timedelta(days=1)
    (group,) = memberships.of_customer(store, actor, kim.customer_id)
    memberships.remove(store, actor, group.membership_id, group.version, EndReason.WRONG)
    with refused(store, Conflict, EARLY_DAYS):  # the dose
        change(store, actor, kim, invented_number(born), other_birth_date=True)
    (dose,) = vaccinations.of_customer(store, actor, kim.customer_id)
    vaccinations.withdraw(store, actor, dose.dose_id, dose.version, WithdrawReason.WRONG_PERSON)
    assert change(store, actor, kim, invented_number(born), other_birth_date=True).birth_date == born


def test_what_cannot_be_is_refused(store: Store, actor: Actor, kim: Customer, anders: Customer) -> None:
    with refused(store, Invalid, "The customer has this number already."):
        change(store, actor, kim, RESERVE)
    with refused(store, NumberTaken, TAKEN):
        change(store, actor, kim, anders.identity)
    with refused(store, Invalid, "The identity number is missing. Enter one."):
        change(store, actor, kim, " ")
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    with refused(
        store, Invalid, "The last digit does not agree with the rest. Compare every character with the source."
    ):
        change(store, actor, kim, wrong)
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        identity_changes.change(store, actor, 999, NUMBER, RESERVE)


def test_a_number_that_somebody_else_changed_meanwhile_is_not_overwritten(
    store: Store, actor: Actor, colleague: Actor, kim: Customer
) -> None:
    change(store, colleague, kim, NUMBER)
    says = "Somebody changed the number meanwhile. It is shown as it is now; nothing was changed."
    for number in (NUMBER, invented_number(BORN, 985)):
        with refused(store, Conflict, says):
            change(store, actor, kim, number)


# Taking a change back


def undo(store: Store, actor: Actor, customer: Customer) -> Customer:
    return identity_changes.undo(store, actor, customer.customer_id, customer.identity)


def test_the_last_change_is_taken_back_with_all_that_it_changed(store: Store, actor: Actor, kim: Customer) -> None:
    before = contents(store)
    wrong = change(store, actor, kim, invented_number(date(1981, 8, 30), 982), other_birth_date=True)
    assert contents(store)["customer"][0]["sex"] == "female"
    assert undo(store, actor, wrong) == kim
    after = contents(store)
    (was,), (row,) = before["customer"], after["customer"]
    assert {name for name in row if row[name] != was[name]} == {"version"}
    assert after["customer_name"] == before["customer_name"]
    assert search(store, actor, wrong.identity) == Hits([])
    assert identity_changes.earlier_numbers(store, actor, kim.customer_id) == []
    assert [entry["detail"]["number_kind"] for entry in logged(store, "change_identity")] == [
        "personnummer", "reserve_vgr",
    ]  # fmt: skip
    with refused(store, Conflict, "The customer has had no other number. Nothing was changed."):
        undo(store, actor, kim)


def test_changes_are_taken_back_one_after_the_other(store: Store, actor: Actor, kim: Customer) -> None:
    second = change(store, actor, kim, NUMBER)
    third = change(store, actor, second, invented_number(BORN, 985))
    assert undo(store, actor, third) == second
    assert undo(store, actor, second) == kim


def test_what_a_change_from_before_kept_nothing_of_becomes_what_the_number_says(
    store: Store, actor: Actor, kim: Customer
) -> None:
    new = change(store, actor, kim, NUMBER)
    store.write(lambda tx: tx.execute("UPDATE identity_change SET old_birth_date = NULL, old_sex = NULL"))
    assert undo(store, actor, new) == kim


def test_a_change_is_not_taken_back_where_it_cannot_be(
    store: Store, actor: Actor, colleague: Actor, kim: Customer
) -> None:
    new = change(store, actor, kim, NUMBER)
    newer = change(store, colleague, new, invented_number(BORN, 985))
    says = "Somebody changed the number meanwhile. It is shown as it is now; nothing was changed."
    with refused(store, Conflict, says):
        undo(store, actor, new)
    sql = """
        INSERT INTO customer (identity, identity_kind, birth_date, given_name, family_name, unit_id, registered_at,
            registered_by)
        SELECT $1, identity_kind, birth_date, 'Eva', 'Ek', unit_id, registered_at, registered_by FROM customer
    """
    store.write(lambda tx: tx.execute(sql, NUMBER))
    with refused(store, NumberTaken, TAKEN):
        undo(store, actor, newer)


def test_nobody_died_before_the_birth_date_of_a_number_changed_to_or_back(store: Store, actor: Actor) -> None:
    later = date(1985, 1, 2)
    customer = customers.register(store, actor, OTHER_RESERVE, "Kim", "Räv", "norr", later)
    older = change(store, actor, customer, NUMBER, other_birth_date=True)
    deaths.record(store, actor, customer.customer_id, later - timedelta(days=1))
    says = (
        "The customer died before the birth date that the number gives. Nothing was changed; check the number, or"
        " correct the day of death first."
    )
    with refused(store, Conflict, says):
        undo(store, actor, older)
    with refused(store, Conflict, says):
        change(store, actor, older, invented_number(later), other_birth_date=True)
    deaths.record(store, actor, customer.customer_id, later)
    assert undo(store, actor, older).birth_date == later


def test_two_who_give_two_customers_the_same_number_at_once_leave_one_with_it(store: Store, actor: Actor) -> None:
    two = [customers.register(store, actor, number, "Kim", "Räv", "norr", BORN) for number in (RESERVE, OTHER_RESERVE)]

    def attempt(customer: Customer) -> bool:
        try:
            change(store, actor, customer, NUMBER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, two)) == [False, True]
    assert sorted(row["identity"] == NUMBER for row in contents(store)["customer"]) == [False, True]
    assert len(contents(store)["identity_change"]) == 1


def test_another_units_customer_keeps_the_number(store: Store, kim: Customer) -> None:
    stranger = Actor("ali.ek", "Ali Ek", Role.COORDINATOR, "hamnen")
    with nothing_changes(store, but=("access_log", "log_head")), pytest.raises(Forbidden):
        change(store, stranger, kim, NUMBER)
    with nothing_changes(store, but=("access_log", "log_head")), pytest.raises(Forbidden):
        identity_changes.earlier_numbers(store, stranger, kim.customer_id)
    hits = search(store, stranger, RESERVE)
    assert (hits.customers, hits.elsewhere) == ([], kim.customer_id)


# Nothing is paid twice


def claim(store: Store, actor: Actor) -> Claim:
    return drafting.draft(store, actor, "Exempelregionen", date(2026, 11, 1), date(2026, 11, 30))


def lines_of(store: Store) -> list[tuple[int, str, int]]:
    """Return the lines of all claims: the claim, the number and the öre."""
    with store.read() as tx:
        rows = tx.rows("SELECT claim_id, identity, ore FROM claim_line ORDER BY claim_id, line_number")
    return [(row["claim_id"], row["identity"], row["ore"]) for row in rows]


def test_a_dose_that_was_claimed_is_not_claimed_anew_and_the_claim_keeps_the_old_number(
    store: Store, actor: Actor, kim: Customer
) -> None:
    made = claim(store, actor)
    file = b"".join(files.download(store, actor, made.claim_id))
    assert lines_of(store) == [(made.claim_id, RESERVE, 150_00)]
    ledger.move(store, actor, made.claim_id, made.version, ClaimState.SENT)
    change(store, actor, kim, NUMBER)
    with refused(
        store,
        Invalid,
        "There is nothing to claim from Exempelregionen: no dose of the period is due, and no line to correct.",
    ):
        claim(store, actor)
    assert lines_of(store) == [(made.claim_id, RESERVE, 150_00)]
    assert b"".join(files.download(store, actor, made.claim_id)) == file


def test_a_dose_that_is_given_later_is_claimed_under_the_new_number(
    store: Store, clock: SetClock, actor: Actor, kim: Customer
) -> None:
    first = claim(store, actor)
    change(store, actor, kim, NUMBER)
    (group,) = memberships.of_customer(store, actor, kim.customer_id)
    dose = vaccinations.Entry("comirnaty", "B2", 1, TODAY, "norr", group.membership_id)
    vaccinations.register(store, actor, kim.customer_id, dose)
    second = claim(store, actor)
    assert lines_of(store) == [(first.claim_id, RESERVE, 150_00), (second.claim_id, NUMBER, 275_00)]


def test_a_second_dose_too_soon_is_not_paid_because_the_number_is_another(
    store: Store, actor: Actor, kim: Customer
) -> None:
    change(store, actor, kim, NUMBER)
    (group,) = memberships.of_customer(store, actor, kim.customer_id)
    dose = vaccinations.Entry("efluelda", "B2", 2, TODAY, "norr", group.membership_id)
    vaccinations.register(store, actor, kim.customer_id, dose)
    claim(store, actor)
    assert [ore for _, _, ore in lines_of(store)] == [150_00]
