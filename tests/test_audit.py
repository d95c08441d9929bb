from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from mv import bookings, customers, deaths, export, identity_changes, memberships, name_changes, vaccinations
from mv.access import CARE, FOLLOW_UP, Action, Actor
from mv.audit import ONE_LOOK, changed_since, last_entry_id, record, record_customers, record_look, record_refusals
from mv.bookings import changes
from mv.customers import Customer
from mv.memberships import EndReason
from mv.merges import merging
from mv.merges import undo as merge_undoing
from mv.registration import rounds, undo
from mv.registration.entry import RegistrationEntry
from mv.store import Store
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged
from tests.registration.people_files import table, take_in

ROOT = Path(__file__).parents[1]
SEEN_BY_THEIR_OWN_TESTS = {
    Action.OPEN_OTHER_UNIT, Action.VIEW_CORRECTIONS, Action.VIEW_CHECKS, Action.EXPORT_DOSES,
    Action.VIEW_REIMBURSEMENT, Action.CHANGE_CLAIM, Action.IMPORT_PAYMENTS, Action.REGISTER_AFTERWARDS,
    Action.IMPORT_ROWS, Action.IMPORT_BOOKINGS, Action.MERGE_CUSTOMERS, Action.VIEW_BATCHES, Action.RECEIVE_BATCH, Action.CHANGE_BATCH,
}  # fmt: skip
"""What takes more than one customer and a dose, or none, or is logged as several actions."""
NOON = datetime(2026, 11, 22, 12)


def test_an_entry_says_what_was_done_with_whose_data_where_when_and_by_whom(store: Store, actor: Actor) -> None:
    detail = {"membership": 3, "change": "tillagd", "day": TODAY}
    store.write(lambda tx: record_customers(tx, NOON, actor, Action.ADD_GROUP, [(7, detail)]))
    store.write(lambda tx: record(tx, NOON, actor, Action.EXPORT_GROUPS))
    assert logged(store) == [
        {
            "logged_at": NOON,
            "user_id": "karin.holm",
            "unit_id": "norr",
            "action": "add_group",
            "customer_id": 7,
            "detail": {"membership": 3, "change": "tillagd", "day": "2026-11-22"},
        },
        {
            "logged_at": NOON,
            "user_id": "karin.holm",
            "unit_id": "norr",
            "action": "export_groups",
            "customer_id": None,
            "detail": None,
        },
    ]


def test_an_entry_exists_only_together_with_what_it_tells_about(store: Store, actor: Actor) -> None:
    with pytest.raises(ZeroDivisionError), store.read() as tx:
        record_customers(tx, NOON, actor, Action.ADD_GROUP, [(7, {})])
        record_look(tx, NOON, actor, Action.VIEW_CUSTOMER, [7])
        raise ZeroDivisionError
    assert logged(store) == []


def looks(store: Store) -> list[tuple[object, ...]]:
    return [(e["logged_at"], e["user_id"], e["unit_id"], e["action"], e["customer_id"]) for e in logged(store)]


def test_the_log_says_with_whom_something_was_done_since_an_entry(store: Store, actor: Actor, colleague: Actor) -> None:
    actions = {Action.ADD_GROUP, Action.CHANGE_RULE}
    store.write(lambda tx: record_customers(tx, NOON, actor, Action.ADD_GROUP, [(1, {})]))
    with store.read() as tx:
        before = last_entry_id(tx)
        assert before == 1
        assert changed_since(tx, before, actions) == set()
    store.write(lambda tx: record_customers(tx, NOON, actor, Action.ADD_GROUP, [(2, {}), (2, {}), (3, {})]))
    store.write(lambda tx: record_customers(tx, NOON, actor, Action.REMOVE_GROUP, [(4, {})]))
    store.write(lambda tx: record(tx, NOON, colleague, Action.CHANGE_RULE))
    record_refusals(store, actor, Action.ADD_GROUP, [5])
    with store.read() as tx:
        assert changed_since(tx, before, actions) == {2, 3, None}
        assert changed_since(tx, before, actions, actor.user_id) == {2, 3}
        assert changed_since(tx, last_entry_id(tx), actions) == set()


def test_a_look_is_one_look_for_less_than_ten_minutes(store: Store, actor: Actor) -> None:
    for seconds in (0, 1, 599, 600, 601, 1199, 1200):
        at = NOON + timedelta(seconds=seconds)
        store.write(lambda tx, at=at: record_look(tx, at, actor, Action.VIEW_CUSTOMER, [7]))
    assert ONE_LOOK == timedelta(minutes=10)
    assert [entry[0] for entry in looks(store)] == [NOON, NOON + ONE_LOOK, NOON + 2 * ONE_LOOK]


def test_another_user_unit_action_or_customer_is_another_look(store: Store, actor: Actor) -> None:
    for who in (actor, replace(actor, user_id="samir.haddad"), replace(actor, unit_id="soder")):
        for action in (Action.VIEW_CUSTOMER, Action.VIEW_GROUPS):
            for _ in range(2):
                store.write(lambda tx, who=who, action=action: record_look(tx, NOON, who, action, [9, 7, 9]))
    assert looks(store) == [
        (NOON, user_id, unit_id, action, customer_id)
        for user_id, unit_id in (("karin.holm", "norr"), ("samir.haddad", "norr"), ("karin.holm", "soder"))
        for action in ("view_customer", "view_groups")
        for customer_id in (7, 9)
    ]


def test_only_those_who_were_not_shown_yet_are_added(store: Store, actor: Actor) -> None:
    for customer_ids in ([1, 2], [2, 3], []):
        store.write(lambda tx, ids=customer_ids: record_look(tx, NOON, actor, Action.VIEW_BOOKINGS, ids))
    assert [entry[-1] for entry in looks(store)] == [1, 2, 3]


def do_everything(store: Store, actor: Actor, anders: Customer) -> None:
    """Carry out every action with Anders's data, once."""
    who = anders.customer_id
    changes.book(store, actor, who, changes.Entry("norr", NOON, "comirnaty"))
    customers.search(store, actor, anders.identity)
    customers.get(store, actor, who)
    bookings.of_day(store, actor, "norr", TODAY)
    memberships.of_customer(store, actor, who)
    vaccinations.of_customer(store, actor, who)
    row = memberships.add(store, actor, who, memberships.Entry("65_plus", None, date(2026, 9, 1)))
    row = memberships.adjust(store, actor, row.membership_id, 1, memberships.Entry("65_plus", None, TODAY))
    row = memberships.remove(store, actor, row.membership_id, 2, EndReason.CEASED)
    memberships.restore(store, actor, row.membership_id, 3)
    entry = vaccinations.Entry("comirnaty", "B1", 1, TODAY, "norr", row.membership_id)
    dose = vaccinations.register(store, actor, who, entry)
    vaccinations.correct(store, actor, dose.dose_id, 1, replace(entry, batch_number="B2"))
    vaccinations.withdraw(store, actor, dose.dose_id, 2, WithdrawReason.WRONG_PERSON)
    export.preview(store, actor, export.Filters(group="65_plus"))
    list(export.groups_file(store, actor, export.Filters(group="65_plus")))
    identity_changes.change(store, actor, who, invented_number(anders.birth_date, 983), anders.identity)
    name_changes.change(store, actor, who, "Anders", "Carlsson", (anders.given_name, anders.family_name))
    deaths.record(store, actor, who, TODAY)


def test_every_action_is_logged_without_a_name_or_an_identity_number(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    do_everything(store, actor, anders)
    entries = [entry for entry in logged(store) if entry["action"] != Action.RECEIVE_BATCH]
    assert sorted(entry["action"] for entry in entries) == sorted((CARE | FOLLOW_UP) - SEEN_BY_THEIR_OWN_TESTS)
    for entry in entries:
        assert (entry["logged_at"], entry["user_id"], entry["unit_id"]) == (NOON, "karin.holm", "norr")
        assert entry["customer_id"] == (None if entry["action"] == Action.EXPORT_GROUPS else anders.customer_id)
        for personal in ("Anders", "Karlsson", anders.identity, anders.identity[2:8], str(anders.birth_date)):
            assert personal not in repr(entry)


def test_what_is_many_actions_at_once_is_logged_without_a_name_or_an_identity_number(
    store: Store, actor: Actor, anders: Customer
) -> None:
    number = invented_number(date(1990, 1, 2))
    eva = customers.register(store, actor, number, "Eva", "Ekengren", "norr")
    earlier = len(logged(store))
    rounds.register(store, actor, anders.identity, RegistrationEntry("65_plus", None, TODAY, "norr"))
    (typed,) = rounds.rounds_of_today(store, actor)
    undo.undo_row(store, actor, typed.registration_id, 1)
    take_in(store, actor, table(f"{number};medical_risk;diabetes;2026-10-01"))
    seen = merging.preview(store, actor, anders.customer_id, eva.customer_id)
    merging.merge(store, actor, seen, same_person=True)
    (merge,) = merging.of_customer(store, actor, anders.customer_id)
    merge_undoing.undo(store, actor, merge.merge_id)
    entries = logged(store)[earlier:]
    assert {entry["action"] for entry in entries} >= {
        Action.ADD_GROUP, Action.REMOVE_GROUP, Action.IMPORT_ROWS, Action.MERGE_CUSTOMERS,
    }  # fmt: skip
    assert {entry["customer_id"] for entry in entries} == {None, anders.customer_id, eva.customer_id}
    for entry in entries:
        for personal in ("Anders", "Karlsson", "Ekengren", anders.identity, number, number[2:8]):
            assert personal not in repr(entry)


def test_the_log_is_only_added_to_but_for_what_is_old_enough_to_be_pruned() -> None:
    found = {
        file.name: re.findall(r"(?i)\b(?:UPDATE|DELETE\s+FROM|TRUNCATE)\s+access_log", file.read_text(encoding="utf-8"))
        for file in (ROOT / "mv").rglob("*.py")
    }
    assert {name: changing for name, changing in found.items() if changing} == {"chain.py": ["DELETE FROM access_log"]}
