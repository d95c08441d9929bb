"""Entries without a unit, questions without an answer and refused tokens are in the log, and for the leads to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import audit, customers, sign_ins
from mv.access import Action, Actor, Role
from mv.access_log import entries, patient_extract, samples, signals
from mv.access_log.entries import ACTIONS, Filters, label
from mv.audit import ONE_LOOK
from mv.customers import Customer
from mv.registration import pasted_lists, rounds
from mv.registration.entry import RegistrationEntry
from mv.registration.rounds import UnknownIdentity
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import entries_of, logged
from tests.registration import people_files

LEADS = [Actor("maj.lund", "Maj Lund", Role.LEAD, "norr"), Actor("sia.ek", "Sia Ek", Role.LEAD, "soder")]
NOBODY, NEITHER = invented_number(date(1950, 1, 2), 982), invented_number(date(1950, 1, 2), 984)
ENTRY = RegistrationEntry("65_plus", None, TODAY, "norr")


@pytest.fixture
def command(store: Store, actor: Actor, anders: Customer) -> Actor:
    """Whoever looked at Anders on the command line, without a unit."""
    who = replace(actor, user_id="cli:root", unit_id="")
    customers.get(store, who, anders.customer_id)
    return who


@pytest.mark.parametrize("lead", LEADS, ids=["norr", "soder"])
def test_what_was_done_without_a_unit_is_for_every_lead_to_see(store: Store, command: Actor, lead: Actor) -> None:
    found = entries.entries(store, lead, Filters(user_id=command.user_id)).entries
    assert [(entry.action, entry.unit_id) for entry in found] == [("view_customer", "")]
    assert command.user_id in entries.users(store, lead)
    assert entries.entries(store, lead, Filters(user_id=command.user_id, unit_id=lead.unit_id)).entries == []
    check = samples.draw(store, lead, Filters(user_id=command.user_id), 5, seed=1)
    assert (check.population, samples.verify_draw(store, lead, check.check_id)) == (1, True)


def test_a_check_that_was_drawn_before_is_verified_as_it_was_drawn(store: Store, command: Actor) -> None:
    lead = LEADS[0]
    check = samples.draw(store, lead, Filters(), 5, seed=1)
    store.write(lambda tx: tx.execute("UPDATE log_check SET units = 'norr', population = population - 1"))
    sql = "DELETE FROM log_check_entry WHERE entry_id IN (SELECT entry_id FROM access_log WHERE unit_id = '')"
    store.write(lambda tx: tx.execute(sql))
    assert samples.verify_draw(store, lead, check.check_id)


def test_a_signal_sees_what_was_done_without_a_unit(store: Store, actor: Actor, command: Actor) -> None:
    people = [
        customers.register(store, actor, invented_number(date(1950, 1, n)), "Eva", "Ek", "norr") for n in range(1, 4)
    ]
    for one in people:
        customers.get(store, command, one.customer_id)
    found = signals.find(store, LEADS[1], TODAY, TODAY, 2, [signals.Signal.MANY_OPENED])
    assert {one.user_id for one in found[signals.Signal.MANY_OPENED].found} == {"cli:root"}


def test_an_extract_says_command_line_where_there_is_no_unit(store: Store, command: Actor, anders: Customer) -> None:
    found = patient_extract.extract(store, LEADS[0], anders.customer_id)
    looks = [row[1] for row in patient_extract.cells(found, "sv") if row[2] == label(ACTIONS, "view_customer", "sv")]
    assert looks == ["Kommandoraden"]
    assert "Command line" in [row[1] for row in patient_extract.cells(found, "en")]


def test_a_search_without_a_hit_leaves_an_entry_that_names_nobody(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    for text in (NOBODY, NOBODY, f"{NOBODY[:8]}-{NOBODY[8:]}", NEITHER, "fia bergsten", "Fia  Bergsten"):
        customers.search(store, actor, text)
    found = logged(store, "search_customers")
    assert [(entry["customer_id"], entry["detail"]["without_hit"]) for entry in found] == [(None, 1)] * len(found)
    assert len(found) == 3
    for told in (NOBODY, NOBODY[2:], NOBODY[8:], NEITHER, "fia", "Fia"):
        assert told not in str([entry["detail"] for entry in found])
    clock.now += ONE_LOOK + timedelta(seconds=1)
    customers.search(store, actor, NOBODY)
    assert len(logged(store, "search_customers")) == len(found) + 1


def test_a_hit_is_no_search_without_a_hit(store: Store, actor: Actor, anders: Customer) -> None:
    customers.search(store, actor, anders.identity)
    assert [entry["customer_id"] for entry in logged(store, "search_customers")] == [anders.customer_id]


def test_a_typed_number_of_nobody_leaves_an_entry(store: Store, actor: Actor, anders: Customer) -> None:
    for ask in (
        lambda: rounds.find_customer(store, actor, NOBODY),
        lambda: rounds.register(store, actor, NOBODY, ENTRY),
    ):
        with pytest.raises(UnknownIdentity):
            ask()
    found = logged(store, "register_afterwards")
    assert [(entry["customer_id"], entry["detail"]["without_hit"]) for entry in found] == [(None, 1)]


def test_a_list_with_numbers_of_nobody_leaves_one_entry_with_their_count(
    store: Store, actor: Actor, anders: Customer
) -> None:
    for _ in range(2):
        pasted_lists.validate_list(store, actor, f"{NOBODY}\n{anders.identity}\n{NEITHER}", ENTRY)
    found = [entry for entry in logged(store, "register_afterwards") if entry["customer_id"] is None]
    assert [entry["detail"]["without_hit"] for entry in found] == [2]


def test_a_file_with_numbers_of_nobody_leaves_one_entry_with_their_count(
    store: Store, actor: Actor, anders: Customer
) -> None:
    rows = [f"{number};65_plus;;{TODAY}" for number in (NOBODY, anders.identity, NEITHER)]
    for _ in range(2):
        people_files.plan(store, actor, people_files.table(*rows))
    found = [entry for entry in logged(store, "import_rows") if entry["customer_id"] is None]
    assert [entry["detail"]["without_hit"] for entry in found] == [2]
    assert not any(number in str(found) for number in (NOBODY, NEITHER))


def test_a_refused_token_leaves_an_entry_that_every_lead_sees(store: Store) -> None:
    sign_ins.record_refused_token(store, "region")
    (entry,) = entries_of(store, "region:?", audit.Outcome.REFUSED)
    assert (entry["action"], entry["role"], entry["unit_id"]) == (Action.SIGN_IN, "", "")
    for lead in LEADS:
        assert [one.user_id for one in entries.entries(store, lead, Filters(outcome="refused")).entries] == ["region:?"]
