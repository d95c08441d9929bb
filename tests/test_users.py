"""Users: what a sign-in gives, what an administrator decides, and what holds."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mv import users
from mv.access import EVERY_UNIT, Actor, Role
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid
from mv.store import Store
from mv.user_units import UserUnit, as_units
from mv.users import assign_rights, get, has_administrator, history, list_users, record_sign_in
from tests.conftest import SetClock, invented_number
from tests.contents import contents, logged, nothing_changes, refused

ADMIN = Actor("ada.min", "Ada Min", Role.ADMINISTRATOR, "")
CHANGED = "Somebody else changed this user. It is shown as it is now; nothing was overwritten."
NOON = datetime(2026, 11, 22, 12)
COORDINATOR, ANALYST, LEAD, ADMINISTRATOR = Role


# What a sign-in gives


def test_a_sign_in_is_remembered_with_its_claims(store: Store) -> None:
    user = record_sign_in(store, "kim", "Kim Ek", COORDINATOR, ["soder", "norr"])
    assert user == users.User(
        "kim", "Kim Ek", COORDINATOR, frozenset({"norr", "soder"}), None, None, False, None, NOON, 1
    )
    assert get(store, "kim") == user
    assert get(store, "KIM") is None


def test_the_latest_sign_in_holds(store: Store, clock: SetClock) -> None:
    record_sign_in(store, "kim", "Kim Ek", LEAD, {"norr"})
    clock.now += timedelta(days=1)
    user = record_sign_in(store, "kim", "Kim Ask", ANALYST, {EVERY_UNIT})
    assert (user.name, user.role, user.units) == ("Kim Ask", ANALYST, {EVERY_UNIT})
    assert user.last_sign_in_at == NOON + timedelta(days=1)
    assert record_sign_in(store, "kim", "Kim Ask").role is None
    assert get(store, "kim") == record_sign_in(store, "kim", "Kim Ask")


def test_claims_without_role_and_units_give_none(store: Store) -> None:
    user = record_sign_in(store, "kim", "Kim Ek")
    assert (user.role, user.units) == (None, frozenset())
    assert user.actor("norr") == Actor("kim", "Kim Ek", None, "norr")


def test_of_a_users_own_number_only_which_customer_it_is_is_kept(store: Store, anders: Customer) -> None:
    user = record_sign_in(store, "kim", "Anders Karlsson", COORDINATOR, {"norr"}, anders.identity)
    assert user.customer_id == anders.customer_id
    assert anders.identity not in repr(contents(store)["app_user"])
    unknown = [None, "", "no number", "194603129811", invented_number(date(1990, 1, 2))]
    assert [record_sign_in(store, "kim", "Kim", None, (), number).customer_id for number in unknown] == [None] * 5


# What an administrator decides


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("role", "units", "expected"),
    [
        (None, None, (COORDINATOR, {"norr"})),
        (LEAD, None, (LEAD, {"norr"})),
        (None, {"soder"}, (COORDINATOR, {"soder"})),
        (ANALYST, {EVERY_UNIT}, (ANALYST, {EVERY_UNIT})),
        (LEAD, (), (LEAD, set())),
    ],
)
def test_a_decision_goes_before_the_claims_and_stays_after_the_next_sign_in(
    store: Store, role: Role | None, units: Collection[str] | None, expected: tuple[Role, set[str]]
) -> None:
    record_sign_in(store, "kim", "Kim Ek", COORDINATOR, {"norr"})
    decided = assign_rights(store, ADMIN, "kim", 1, role, units)
    assert (decided.role, decided.units) == expected
    again = record_sign_in(store, "kim", "Kim Ek", COORDINATOR, {"norr"})
    assert (again.role, again.units, again.version) == (*expected, 2)
    assert (again.decided_role, again.decided_units) == (role, None if units is None else as_units(units))


def test_a_decision_that_is_taken_back_leaves_it_to_the_claims(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek", COORDINATOR, {"norr"})
    assign_rights(store, ADMIN, "kim", 1, LEAD, {EVERY_UNIT}, blocked=True)
    user = assign_rights(store, ADMIN, "kim", 2, None, None)
    assert (user.role, user.units, user.blocked) == (COORDINATOR, {"norr"}, False)


def test_a_user_is_decided_about_before_the_first_sign_in(store: Store) -> None:
    decided = assign_rights(store, ADMIN, "eva.ek", 0, LEAD, {"norr"})
    assert (decided.name, decided.last_sign_in_at) == ("eva.ek", None)
    assert assign_rights(store, ADMIN, "bo.ek", 0, None, None, name="  Bo Ek ").name == "Bo Ek"
    first = record_sign_in(store, "eva.ek", "Eva Ek", COORDINATOR, {"soder"})
    assert (first.name, first.role, first.units) == ("Eva Ek", LEAD, {"norr"})


def test_a_blocked_user_has_no_role_whatever_is_decided_or_claimed(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek", LEAD, {"norr"})
    assign_rights(store, ADMIN, "kim", 1, LEAD, {"norr"}, blocked=True)
    user = record_sign_in(store, "kim", "Kim Ek", ADMINISTRATOR, {EVERY_UNIT})
    assert user.blocked
    assert user.actor("norr").role is None


def test_what_somebody_else_decided_meanwhile_is_not_overwritten(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek")
    assign_rights(store, ADMIN, "kim", 1, LEAD, {"norr"})
    for seen_version in (0, 1, 3):
        with refused(store, Conflict, CHANGED):
            assign_rights(store, ADMIN, "kim", seen_version, ANALYST, {"norr"})
    with refused(store, Conflict, CHANGED):
        assign_rights(store, ADMIN, "nobody", 1, ANALYST, {"norr"})


def test_a_sign_in_meanwhile_is_in_nobodys_way(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek")
    record_sign_in(store, "kim", "Kim Ek")
    assert assign_rights(store, ADMIN, "kim", 1, LEAD, {"norr"}).version == 2


@pytest.mark.parametrize("user_id", ["", "   ", "kim\nek", "kim\x00", "k" * 201])
def test_a_user_that_no_sign_in_can_name_is_refused(store: Store, user_id: str) -> None:
    with refused(store, Invalid, "Write the user as the sign-in names it."):
        assign_rights(store, ADMIN, user_id, 0, LEAD, {"norr"})


@pytest.mark.parametrize(("units", "code"), [({"norr", "xyz"}, "xyz"), ({"NORR"}, "NORR"), ({""}, ""), ({"* "}, "* ")])
def test_a_unit_that_does_not_exist_is_refused(store: Store, units: set[str], code: str) -> None:
    with refused(store, Invalid, f"There is no unit with the code {code}."):
        assign_rights(store, ADMIN, "kim", 0, LEAD, units)


# Units by the day


FIRST, LAST = date(2026, 11, 20), date(2026, 11, 24)
NORR, SODER = UserUnit("norr", FIRST, LAST), UserUnit("soder")


@pytest.mark.both_engines
def test_a_unit_is_the_users_from_its_first_day_to_its_last(store: Store, clock: SetClock) -> None:
    assign_rights(store, ADMIN, "kim", 0, LEAD, {NORR, SODER})
    for at, has_it in (
        (datetime(2026, 11, 19, 22, 59, tzinfo=UTC), False),  # 23.59 in Stockholm
        (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 12, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), False),
    ):
        clock.now = at
        user = get(store, "kim")
        assert user is not None
        assert user.units == ({"norr", "soder"} if has_it else {"soder"}), at
        assert user.actor("soder").owns("norr") == has_it
        assert list_users(store, ADMIN) == [user]
    assert user.decided_units == {NORR, SODER}


def test_who_has_left_the_last_unit_lacks_every_right_but_for_an_administrator(store: Store, clock: SetClock) -> None:
    assign_rights(store, ADMIN, "kim", 0, LEAD, {NORR})
    assign_rights(store, ADMIN, "bea", 0, ADMINISTRATOR, {NORR})
    people = [get(store, "kim"), get(store, "bea")]
    assert [user and user.lacks_rights for user in people] == [False, False]
    clock.now += timedelta(days=3)
    people = [get(store, "kim"), get(store, "bea")]
    assert [user and user.lacks_rights for user in people] == [True, False]


def test_claimed_units_are_not_added_to_units_that_are_decided_and_over(store: Store, clock: SetClock) -> None:
    assign_rights(store, ADMIN, "kim", 0, LEAD, {NORR})
    clock.now += timedelta(days=3)
    assert record_sign_in(store, "kim", "Kim Ek", LEAD, {"norr"}).units == frozenset()


def test_the_days_of_a_unit_are_changed_and_a_unit_is_taken_away(store: Store) -> None:
    assign_rights(store, ADMIN, "kim", 0, LEAD, {NORR, SODER})
    user = assign_rights(store, ADMIN, "kim", 1, LEAD, {UserUnit("norr", FIRST)})
    assert user.decided_units == {UserUnit("norr", FIRST)}


def test_a_last_day_before_the_first_is_refused(store: Store) -> None:
    with refused(store, Invalid, "The last day is before the first. Change one of them."):
        assign_rights(store, ADMIN, "kim", 0, LEAD, {UserUnit("norr", LAST, FIRST)})


@pytest.mark.both_engines
def test_each_decision_is_kept_with_who_and_when(store: Store, clock: SetClock) -> None:
    record_sign_in(store, "kim", "Kim Ek", COORDINATOR, {"norr"})
    assign_rights(store, ADMIN, "kim", 1, LEAD, {NORR, SODER})
    clock.now += timedelta(days=1)
    assign_rights(store, replace(ADMIN, user_id="bea.min"), "kim", 2, None, None, blocked=True)
    last, first = history(store, ADMIN, "kim")
    assert (first.version, first.changed_by, first.role, first.units, first.blocked) == (
        2, "ada.min", LEAD, {NORR, SODER}, False,
    )  # fmt: skip
    assert (last.version, last.changed_by, last.role, last.units, last.blocked) == (3, "bea.min", None, None, True)
    assert (first.changed_at, last.changed_at) == (NOON, NOON + timedelta(days=1))
    details = [entry["detail"]["units"] for entry in logged(store, "change_user")]
    assert details == ["norr(2026-11-20/2026-11-24) soder", None]


# Administrators


@pytest.mark.parametrize("how", [{"role": LEAD}, {"role": ADMINISTRATOR, "blocked": True}], ids=str)
def test_an_administrator_does_not_lock_itself_out(store: Store, how: dict[str, object]) -> None:
    assign_rights(store, ADMIN, "ada.min", 0, ADMINISTRATOR, None)
    says = "You cannot take the right to decide about users from yourself. Ask another administrator."
    with refused(store, Conflict, says):
        assign_rights(store, ADMIN, "ada.min", 1, units=None, **how)  # type: ignore[arg-type]


def test_an_administrator_does_not_lock_itself_out_by_leaving_it_to_claims_that_give_another_role(
    store: Store,
) -> None:
    record_sign_in(store, "ada.min", "Ada Min", LEAD)
    assign_rights(store, ADMIN, "ada.min", 1, ADMINISTRATOR, None)
    says = "You cannot take the right to decide about users from yourself. Ask another administrator."
    with refused(store, Conflict, says):
        assign_rights(store, ADMIN, "ada.min", 2, None, None)


def test_an_administrator_whose_claims_say_so_may_leave_it_to_them(store: Store) -> None:
    record_sign_in(store, "ada.min", "Ada Min", ADMINISTRATOR)
    assign_rights(store, ADMIN, "ada.min", 1, ADMINISTRATOR, None)
    assert assign_rights(store, ADMIN, "ada.min", 2, None, None).role == ADMINISTRATOR


def test_another_administrator_may_take_the_right_away(store: Store) -> None:
    assign_rights(store, ADMIN, "ada.min", 0, ADMINISTRATOR, None)
    assert assign_rights(store, replace(ADMIN, user_id="bea.min"), "ada.min", 1, LEAD, {"norr"}).role == LEAD


@pytest.mark.both_engines
def test_there_is_an_administrator_when_one_that_is_not_blocked_has_the_role(store: Store) -> None:
    assert not has_administrator(store)
    record_sign_in(store, "kim", "Kim Ek", LEAD, {EVERY_UNIT})
    assert not has_administrator(store)
    record_sign_in(store, "ada.min", "Ada Min", ADMINISTRATOR)
    assert has_administrator(store)
    bea = replace(ADMIN, user_id="bea.min")
    assign_rights(store, bea, "ada.min", 1, None, None, blocked=True)
    assert not has_administrator(store)
    assign_rights(store, bea, "ada.min", 2, LEAD, None)
    assert not has_administrator(store)
    assign_rights(store, bea, "kim", 1, ADMINISTRATOR, None)
    assert has_administrator(store)


# On record


def test_a_decision_stands_in_the_log_with_what_was_decided(store: Store) -> None:
    assign_rights(store, ADMIN, "kim", 0, LEAD, {"soder", "norr"}, blocked=True)
    (entry,) = logged(store)
    assert (entry["user_id"], entry["action"], entry["customer_id"]) == ("ada.min", "change_user", None)
    assert entry["detail"] == {"user": "kim", "role": "lead", "units": "norr soder", "blocked": True}


def test_that_the_users_were_looked_at_stands_in_the_log(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek", LEAD)
    record_sign_in(store, "bo", "Bo Ek")
    assert [user.user_id for user in list_users(store, ADMIN)] == ["bo", "kim"]
    assert [(entry["user_id"], entry["action"]) for entry in logged(store)] == [("ada.min", "view_users")]


@pytest.mark.parametrize("role", [COORDINATOR, ANALYST, LEAD, None])
def test_only_an_administrator_sees_users_and_decides(store: Store, role: Role | None) -> None:
    record_sign_in(store, "kim", "Kim Ek")
    says = "Your role does not include this. Ask whoever is responsible for users."
    who = replace(ADMIN, role=role)
    with refused(store, Forbidden, says):
        list_users(store, who)
    with refused(store, Forbidden, says):
        assign_rights(store, who, "ada.min", 0, ADMINISTRATOR, None)
    assert [entry["action"] for entry in logged(store)] == ["view_users", "change_user"]


def test_a_role_that_is_no_longer_known_is_none(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek", LEAD, {"norr"})
    store.write(lambda tx: tx.execute("UPDATE app_user SET claimed_role = 'owner', decided_role = 'root'"))
    user = get(store, "kim")
    assert user is not None
    assert user.role is None


def test_asking_who_somebody_is_changes_nothing(store: Store) -> None:
    record_sign_in(store, "kim", "Kim Ek", LEAD, {"norr"})
    with nothing_changes(store):
        get(store, "kim")
        get(store, "nobody")
        has_administrator(store)


def test_what_a_sign_in_gives_is_json_in_no_entry_of_the_log(store: Store, anders: Customer) -> None:
    record_sign_in(store, "kim", "Anders Karlsson", LEAD, {"norr"}, anders.identity)
    assert anders.identity not in json.dumps(logged(store), default=str)
