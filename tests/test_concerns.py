"""What is unusual about a group: the age, and the legal sex where the identity number gives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import catalogue, concerns, customers, identity_changes, memberships, recent_doses, vaccinations
from mv.access import Actor
from mv.concerns import Concern, Doubtful
from mv.customers import Customer
from mv.errors import Conflict
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.identity import Sex, sex_of
from mv.memberships import Entry
from mv.registration import rounds
from mv.registration.entry import RegistrationEntry
from mv.registration.saving import ReasonRequired
from mv.store import Store
from tests.conftest import TODAY, invented_number
from tests.contents import nothing_changes

ADULT = date(1992, 5, 17)
MAN, WOMAN = invented_number(ADULT, 981), invented_number(ADULT, 982)
COORDINATION_MAN = "197010632391"  # Skatteverket's example
RESERVE_MAN, RESERVE_WITHOUT = "19810829M071", "991981000010"  # Inera's
NOBODY = Customer(1, WOMAN, ADULT, "Kim", "Räv", "norr")


def found(store: Store, group: str, number: str, born: date = ADULT, day: date = TODAY) -> set[Concern]:
    customer = replace(NOBODY, identity=number, birth_date=born)
    return set(concerns.of_group(catalogue.load(store).choice(group, None), customer, day))


@pytest.mark.parametrize(
    ("number", "sex"),
    [
        (MAN, Sex.MALE),
        (WOMAN, Sex.FEMALE),
        (COORDINATION_MAN, Sex.MALE),
        (RESERVE_MAN, Sex.MALE),
        (RESERVE_WITHOUT, None),
        ("", None),
    ],
)
def test_the_sex_is_the_one_that_the_number_gives(store: Store, number: str, sex: Sex | None) -> None:
    assert sex_of(number) == sex
    assert found(store, "pregnant", number) == ({Concern.SEX} if sex == Sex.MALE else set())
    assert found(store, "frailty", number) == set()


@pytest.mark.parametrize(
    ("group", "born", "fits"),
    [
        ("pregnant", date(TODAY.year - 12, TODAY.month, TODAY.day), True),
        ("pregnant", date(TODAY.year - 12, TODAY.month, TODAY.day) + timedelta(days=1), False),
        ("pregnant", date(TODAY.year - 56, TODAY.month, TODAY.day), False),
        ("65_plus", date(TODAY.year - 65, 12, 31), True),
        ("65_plus", date(TODAY.year - 64, 1, 1), False),
        ("medical_risk", date(2026, 5, 22), True),
        ("medical_risk", date(2026, 5, 23), False),
        ("staff", date(2020, 1, 1), False),
        ("frailty", date(2020, 1, 1), True),
    ],
)
def test_an_age_outside_the_group_is_a_concern_on_both_sides_of_each_bound(
    store: Store, group: str, born: date, fits: bool
) -> None:
    assert found(store, group, WOMAN, born) == (set() if fits else {Concern.AGE})


def test_the_concern_says_what_does_not_fit_in_both_languages(store: Store) -> None:
    customer = replace(NOBODY, identity=MAN)
    told = concerns.of_group(catalogue.load(store).choice("pregnant", None), customer, TODAY)[Concern.SEX]
    assert explain(told, ENGLISH) == "By the identity number the customer is a man: does Pregnant fit?"
    assert explain(told, SWEDISH) == "Enligt personnumret är kunden man: stämmer Gravid?"


@pytest.fixture
def kim(store: Store, actor: Actor) -> Customer:
    """A man of 34."""
    return customers.register(store, actor, MAN, "Kim", "Räv", "norr")


def test_whoever_adds_an_unusual_group_is_asked_once_and_never_refused(
    store: Store, actor: Actor, kim: Customer
) -> None:
    entry = Entry("pregnant", None, TODAY)
    with nothing_changes(store), pytest.raises(Doubtful) as asked:
        memberships.add(store, actor, kim.customer_id, entry, accepted=())
    assert set(asked.value.concerns) == {Concern.SEX}
    assert memberships.add(store, actor, kim.customer_id, entry, accepted=asked.value.concerns).active
    with pytest.raises(Conflict, match="already"):  # what cannot be is said before what is unusual
        memberships.add(store, actor, kim.customer_id, entry, accepted=())


def test_whoever_adjusts_a_group_is_asked_about_what_was_not_so_before(
    store: Store, actor: Actor, kim: Customer
) -> None:
    row = memberships.add(store, actor, kim.customer_id, Entry("frailty", None, TODAY))
    pregnant = Entry("pregnant", None, TODAY)
    with nothing_changes(store), pytest.raises(Doubtful):
        memberships.adjust(store, actor, row.membership_id, 1, pregnant, accepted=())
    row = memberships.adjust(store, actor, row.membership_id, 1, pregnant, accepted=[Concern.SEX])
    earlier = replace(pregnant, valid_from=TODAY - timedelta(days=9))
    row = memberships.adjust(store, actor, row.membership_id, 2, earlier, accepted=())
    as_child = replace(pregnant, valid_from=date(2020, 1, 1))
    young = invented_number(date(2009, 1, 1), 981)
    identity_changes.change(store, actor, kim.customer_id, young, kim.identity, other_birth_date=True)
    with nothing_changes(store), pytest.raises(Doubtful) as asked:
        memberships.adjust(store, actor, row.membership_id, 3, as_child, accepted=[Concern.SEX])
    assert set(asked.value.concerns) == {Concern.AGE}


# Vaccines


@pytest.mark.parametrize(("years", "fits"), [(49, False), (50, True), (91, True)])
def test_an_age_that_the_vaccine_is_not_for_is_a_concern_where_a_dose_is_entered(
    store: Store, actor: Actor, years: int, fits: bool
) -> None:
    expected = set() if fits else {Concern.VACCINE_AGE}
    born = date(TODAY.year - years, TODAY.month, TODAY.day)
    customer = customers.register(store, actor, invented_number(born), "Kim", "Räv", "norr")
    dose = vaccinations.Entry("fluad_tetra", "B1", 1, TODAY, "norr", None)
    told = recent_doses.judge(store, actor, customer, dose)
    assert set(told) == expected
    assert [explain(error, ENGLISH) for error in told.values()] == (
        [] if fits else [f"Born {born}: the age does not fit Fluad Tetra on {TODAY}."]
    )
    assert set(recent_doses.judge(store, actor, customer, replace(dose, product_code="efluelda"))) == set()
    entry = RegistrationEntry("staff", None, TODAY, "norr", None, TODAY, "fluad_tetra", "B1")
    if not fits:
        with pytest.raises(ReasonRequired) as caught:
            rounds.register(store, actor, customer.identity, entry)
        assert Concern.VACCINE_AGE in caught.value.concerns
        rounds.register(store, actor, customer.identity, entry, reason="Agreed", accepted=frozenset(Concern))
        assert vaccinations.of_customer(store, actor, customer.customer_id)
