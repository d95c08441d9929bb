"""Ten digits without a plus sign that are a customer's of a hundred years earlier: said and asked, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import customers, identity, identity_changes
from mv.access import Action, Actor, Role
from mv.audit import Outcome
from mv.customers import Customer, Hits, UnclearCentury, search
from mv.registration import pasted_lists, rounds
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.plan import RowState
from mv.registration.pasted_lists import LineState
from mv.store import Store
from tests.conftest import TODAY, invented_number
from tests.contents import entries_of, refused
from tests.registration.people_files import plan, problems, states, table

OLD = invented_number(date(1926, 3, 12))
CHILD = f"20{OLD[2:]}"
TEN = OLD[2:]
ASKED = (
    "Ten digits can be of two people, a hundred years apart, and the older one is a customer. Write all twelve"
    " digits of the one that is meant."
)
ENTRY = RegistrationEntry("staff", None, TODAY - timedelta(days=1), "norr")


@pytest.fixture
def old(store: Store, actor: Actor) -> Customer:
    return customers.register(store, actor, OLD, "Elsa", "Ek", "norr")


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (TEN, OLD), (f"{TEN[:6]}-{TEN[6:]}", OLD), (f"{TEN[:6]}+{TEN[6:]}", None), (OLD, None), (CHILD, None),
        (invented_number(date(1946, 3, 12))[2:], invented_number(date(1946, 3, 12)).replace("19", "18", 1)),
    ],
)  # fmt: skip
def test_the_century_is_open_only_in_ten_digits_without_a_plus(text: str, before: str | None) -> None:
    assert identity.parse(text, TODAY).century_before == before


def test_the_search_finds_the_one_a_hundred_years_older_and_says_so(
    store: Store, actor: Actor, colleague: Actor, old: Customer
) -> None:
    assert search(store, actor, TEN) == Hits([old], century_before=True)
    assert search(store, actor, f"{TEN[:6]}+{TEN[6:]}") == search(store, actor, OLD) == Hits([old])
    assert search(store, actor, CHILD) == Hits([])
    child = customers.register(store, actor, CHILD, "Noa", "Ek", "norr")
    assert search(store, actor, TEN) == Hits([child], century_before=True)


def test_nobody_is_registered_or_renumbered_with_ten_digits_that_may_be_the_older_ones(
    store: Store, actor: Actor, old: Customer, anders: Customer
) -> None:
    with refused(store, UnclearCentury, ASKED):
        customers.register(store, actor, TEN, "Noa", "Ek", "norr")
    with refused(store, UnclearCentury, ASKED):
        identity_changes.change(store, actor, anders.customer_id, TEN, anders.identity, other_birth_date=True)
    with refused(store, UnclearCentury, ASKED):
        rounds.register(store, actor, TEN, ENTRY)
    assert rounds.register(store, actor, OLD, ENTRY).customer == old


def test_a_row_of_a_file_and_a_line_of_a_list_are_asked_about(store: Store, actor: Actor, old: Customer) -> None:
    headings = "Personnummer;Kundgrupp;Första dag;Förnamn;Efternamn"
    rows = [f"{number};staff;{ENTRY.valid_from};Elsa;Ek" for number in (TEN, OLD)]
    found = plan(store, actor, table(*rows, headings=headings))
    assert states(found) == [RowState.WRONG, RowState.READY]
    ((row, column, message),) = problems(found)
    assert (row, column) == (2, "Personnummer")
    assert message.startswith("Ten digits can be of two people")
    assert TEN not in message
    lines = pasted_lists.validate_list(store, actor, f"{TEN}\n{OLD}", ENTRY)
    assert [line.state for line in lines] == [LineState.WRONG, LineState.READY]
    assert isinstance(lines[0].error, UnclearCentury)


def test_that_the_older_one_is_another_units_customer_is_a_refusal_in_the_log(
    store: Store, actor: Actor, anders: Customer
) -> None:
    elsewhere = customers.register(store, actor, OLD, "Elsa", "Ek", "soder")
    nils = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
    asking: list[tuple[Action, Callable[[], object]]] = [
        (Action.REGISTER_CUSTOMER, lambda: customers.register(store, nils, TEN, "Noa", "Ek", "norr")),
        (
            Action.CHANGE_IDENTITY,
            lambda: identity_changes.change(
                store, nils, anders.customer_id, TEN, anders.identity, other_birth_date=True
            ),
        ),
        (Action.REGISTER_AFTERWARDS, lambda: rounds.register(store, nils, TEN, ENTRY)),
    ]
    for _action, ask in asking:
        with pytest.raises(UnclearCentury):
            ask()
    pasted_lists.validate_list(store, replace(nils, unit_id="centrum"), TEN, replace(ENTRY, unit_id="centrum"))
    plan(store, nils, table(f"{TEN};staff;{ENTRY.valid_from}", headings="Personnummer;Kundgrupp;Första dag"))
    found = entries_of(store, nils.user_id, Outcome.REFUSED)
    wanted = [*(action for action, _ask in asking), Action.REGISTER_AFTERWARDS, Action.IMPORT_ROWS]
    assert [entry["action"] for entry in found if entry["customer_id"] == elsewhere.customer_id] == wanted


def test_an_earlier_number_of_a_customer_counts_too(store: Store, actor: Actor, old: Customer) -> None:
    new = invented_number(old.birth_date, 985)
    now = identity_changes.change(store, actor, old.customer_id, new, old.identity)
    assert search(store, actor, TEN) == Hits([now], century_before=True)
