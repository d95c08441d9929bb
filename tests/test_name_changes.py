"""A name that is corrected: found by, kept in the history, and logged without the name."""

from __future__ import annotations

from datetime import date

import pytest

from mv import customers, identity_changes, name_changes
from mv.access import Actor
from mv.customers import Customer, search
from mv.errors import Conflict, Invalid
from mv.merges import merging
from mv.store import Store
from tests.conftest import invented_number
from tests.contents import contents, logged, nothing_changes

BROKEN = ("Sšren", "Sjšberg")


@pytest.fixture
def soren(store: Store, actor: Actor) -> Customer:
    return customers.register(store, actor, invented_number(date(1950, 3, 12)), *BROKEN, "norr")


def correct(store: Store, actor: Actor, customer: Customer, given: str = "Sören", family: str = "Sjöberg") -> Customer:
    seen = (customer.given_name, customer.family_name)
    return name_changes.change(store, actor, customer.customer_id, given, family, seen)


def test_a_corrected_name_is_found_and_the_earlier_one_is_history(store: Store, actor: Actor, soren: Customer) -> None:
    now = correct(store, actor, soren)
    assert now.name == "Sören Sjöberg"
    assert customers.get(store, actor, soren.customer_id) == now
    assert search(store, actor, "sjob").customers == [now]
    assert search(store, actor, "sjsb").customers == search(store, actor, "ssren").customers == []
    (earlier,) = name_changes.earlier_names(store, actor, soren.customer_id)
    assert (earlier.given_name, earlier.family_name, earlier.changed_by) == (*BROKEN, actor.user_id)
    (entry,) = logged(store, "change_name")
    assert (entry["customer_id"], entry["detail"]) == (soren.customer_id, {"change": "corrected"})
    assert "Sj" not in repr(entry) + repr(earlier)


def test_a_name_goes_on_being_found_after_a_change_of_number_and_a_merge(
    store: Store, actor: Actor, soren: Customer
) -> None:
    now = correct(store, actor, soren)
    twin = customers.register(store, actor, invented_number(date(1950, 3, 12), 983), "Sune", "Björk", "norr")
    merging.merge(store, actor, merging.preview(store, actor, now.customer_id, twin.customer_id), same_person=True)
    again = correct(store, actor, now, "Sören", "Sjöberg Ek")
    new = identity_changes.change(
        store, actor, now.customer_id, invented_number(date(1950, 3, 12), 985), again.identity
    )
    for text in ("sjoberg ek", "bjork", "soren"):
        assert search(store, actor, text).customers == [new]
    assert len(name_changes.earlier_names(store, actor, now.customer_id)) == 2


@pytest.mark.parametrize("name", [("Sören", ""), ("", "Sjöberg"), ("S" * 81, "Sjöberg"), ("12", "Sjöberg"), BROKEN])
def test_no_name_and_the_same_one_change_nothing(
    store: Store, actor: Actor, soren: Customer, name: tuple[str, str]
) -> None:
    with nothing_changes(store), pytest.raises(Invalid):
        correct(store, actor, soren, *name)


def test_a_name_that_somebody_corrected_meanwhile_is_shown_first(store: Store, actor: Actor, soren: Customer) -> None:
    correct(store, actor, soren)
    with nothing_changes(store), pytest.raises(Conflict):
        correct(store, actor, soren, "Sara")
    assert len(contents(store)["name_change"]) == 1
