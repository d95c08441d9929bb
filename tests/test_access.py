from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import ModuleType
from typing import NoReturn

import pytest

from mv import bookings, customers, export, memberships, vaccinations
from mv.access import Action, Actor, Role, may, require
from mv.customers import Customer
from mv.errors import Forbidden
from mv.export import Filters
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.memberships import EndReason
from mv.store import Store
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, invented_number
from tests.contents import nothing_changes

MODULES = (customers, bookings, memberships, vaccinations, export)
FOLLOW_UP = {Action.PREVIEW_EXPORT, Action.EXPORT_GROUPS}
MAY = {
    Role.COORDINATOR: set(Action) - FOLLOW_UP,
    Role.ANALYST: FOLLOW_UP,
    Role.LEAD: set(Action),
    Role.ADMINISTRATOR: set(),
}
"""Written down apart from the allow-list, so that a change of it has to be meant."""

GROUP = memberships.Entry("65_plus", None, date(2026, 9, 1))
DOSE = vaccinations.Entry("comirnaty", "B1", 1, TODAY, "norr", None)
NUMBER = invented_number(date(1946, 3, 12))

Call = Callable[[Store, Actor], object]
# Who may export may preview: both take the first right, and the second is a word in the log alone.
CALLS: dict[Callable[..., object], tuple[Action, Call]] = {
    customers.search: (Action.SEARCH_CUSTOMERS, lambda store, who: customers.search(store, who, "and kar")),
    customers.get: (Action.VIEW_CUSTOMER, lambda store, who: customers.get(store, who, 1)),
    customers.register: (
        Action.REGISTER_CUSTOMER,
        lambda store, who: customers.register(store, who, NUMBER, "Eva", "Ek", "norr"),
    ),
    bookings.of_day: (Action.VIEW_BOOKINGS, lambda store, who: bookings.of_day(store, who, "norr", TODAY)),
    bookings.coming: (Action.VIEW_BOOKINGS, lambda store, who: bookings.coming(store, who, 1)),
    memberships.of_customer: (Action.VIEW_GROUPS, lambda store, who: memberships.of_customer(store, who, 1)),
    memberships.changes: (Action.VIEW_GROUPS, lambda store, who: memberships.changes(store, who, 1)),
    memberships.add: (Action.ADD_GROUP, lambda store, who: memberships.add(store, who, 1, GROUP)),
    memberships.adjust: (Action.ADJUST_GROUP, lambda store, who: memberships.adjust(store, who, 1, 1, GROUP)),
    memberships.remove: (Action.REMOVE_GROUP, lambda store, who: memberships.remove(store, who, 1, 1)),
    memberships.give_reason: (
        Action.REMOVE_GROUP,
        lambda store, who: memberships.give_reason(store, who, 1, 1, EndReason.WRONG),
    ),
    memberships.restore: (Action.RESTORE_GROUP, lambda store, who: memberships.restore(store, who, 1, 1)),
    vaccinations.of_customer: (Action.VIEW_DOSES, lambda store, who: vaccinations.of_customer(store, who, 1)),
    vaccinations.changes: (Action.VIEW_DOSES, lambda store, who: vaccinations.changes(store, who, 1)),
    vaccinations.register: (Action.REGISTER_DOSE, lambda store, who: vaccinations.register(store, who, 1, DOSE)),
    vaccinations.correct: (Action.CORRECT_DOSE, lambda store, who: vaccinations.correct(store, who, 1, 1, DOSE)),
    vaccinations.withdraw: (
        Action.WITHDRAW_DOSE,
        lambda store, who: vaccinations.withdraw(store, who, 1, 1, WithdrawReason.WRONG_PERSON),
    ),
    export.csv_chunks: (Action.EXPORT_GROUPS, lambda store, who: export.csv_chunks(store, who, Filters())),
    export.preview: (Action.EXPORT_GROUPS, lambda store, who: export.preview(store, who, Filters())),
    export.counts: (Action.EXPORT_GROUPS, lambda store, who: export.counts(store, who, Filters())),
    export.summary: (Action.EXPORT_GROUPS, lambda store, who: export.summary(store, who, Filters())),
    export.active_over_time: (
        Action.EXPORT_GROUPS,
        lambda store, who: export.active_over_time(store, who, Filters()),
    ),
}
"""Every function that does something with people: the right it takes, and a call of it."""


class Reached(Exception):
    """The database was about to be used."""


class Guard:
    """A database that says when it is reached, before anything is read or written."""

    url = "guard"
    dialect = "duckdb"

    @contextmanager
    def transaction(self, *, one_state: bool = False) -> Iterator[NoReturn]:
        raise Reached
        yield

    @contextmanager
    def batches(self, sql: str, *params: object) -> Iterator[NoReturn]:
        raise Reached
        yield

    def lost_race(self, error: Exception) -> bool:
        return False


def user(role: Role) -> Actor:
    return Actor("kim", "Kim Ek", role, "norr")


def name_of(call: object) -> str:
    return f"{getattr(call, '__module__', '')}.{getattr(call, '__name__', '')}"


def takes_actor(module: ModuleType) -> set[Callable[..., object]]:
    return {
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "actor" in inspect.signature(function).parameters
    }


# The allow-list


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_is_written_down_for_it_and_nothing_else(role: Role) -> None:
    assert {action for action in Action if may(user(role), action)} == MAY[role]
    for action in Action:
        if action in MAY[role]:
            require(user(role), action)
        else:
            with pytest.raises(Forbidden):
                require(user(role), action)


def test_an_administrator_may_do_nothing_with_people() -> None:
    assert not any(may(user(Role.ADMINISTRATOR), action) for action in Action)


def test_a_role_or_an_action_that_nobody_has_heard_of_is_refused() -> None:
    stranger: object = "owner"
    unheard: object = "erase_everything"
    assert not may(Actor("kim", "Kim Ek", stranger, "norr"), Action.VIEW_CUSTOMER)
    assert not may(user(Role.LEAD), unheard)


def test_a_refusal_says_whom_to_ask_in_both_languages() -> None:
    with pytest.raises(Forbidden) as caught:
        require(user(Role.ADMINISTRATOR), Action.VIEW_CUSTOMER)
    english = "Your role does not include this. Ask whoever is responsible for users."
    assert explain(caught.value, ENGLISH) == english
    assert explain(caught.value, SWEDISH) not in (english, "")


# The functions behind it


def test_every_function_that_takes_an_actor_stands_in_the_table_and_every_action_is_used() -> None:
    assert {name_of(function) for module in MODULES for function in takes_actor(module)} == {
        name_of(function) for function in CALLS
    }
    assert {action for action, _ in CALLS.values()} == set(Action) - {Action.PREVIEW_EXPORT}


@pytest.mark.parametrize("function", CALLS, ids=name_of)
def test_a_role_without_the_right_is_refused_before_anything_is_read_written_or_logged(
    function: Callable[..., object],
) -> None:
    action, call = CALLS[function]
    for role in Role:
        # Who has the right gets as far as the database, and who has not is refused before it.
        with pytest.raises(Reached if action in MAY[role] else Forbidden):
            call(Store(Guard()), user(role))


def test_refused_calls_leave_the_store_as_it_was(store: Store, actor: Actor, anders: Customer) -> None:
    memberships.add(store, actor, anders.customer_id, GROUP)
    with nothing_changes(store):
        for role in Role:
            for action, call in CALLS.values():
                if action not in MAY[role]:
                    with pytest.raises(Forbidden):
                        call(store, user(role))
