"""The log as a lead sees it, and samples of it: drawn, judged, closed, documented."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest

from mv import customers, export, memberships, users
from mv.access import AccessReason, Action, Actor, OtherUnit, Role
from mv.access_log import documents, samples
from mv.access_log import entries as log_entries
from mv.access_log.entries import Filters, LogEntry
from mv.access_log.samples import Check, Verdict
from mv.audit import ONE_LOOK, Outcome
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid, NotFound
from mv.memberships import Entry
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged, nothing_changes, refused

LEAD = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
OTHER_LEAD = Actor("per.ek", "Per Ek", Role.LEAD, "soder")
SECOND_LEAD = Actor("eva.ros", "Eva Ros", Role.LEAD, "norr")
NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
SODER = Actor("sara.dahl", "Sara Dahl", Role.COORDINATOR, "soder")
HOSTILE = '=cmd|"/c calc"!A1'


@pytest.fixture
def anna(store: Store, actor: Actor) -> Customer:
    """Anna Ek, at the unit soder."""
    return customers.register(store, actor, invented_number(date(1950, 1, 2)), "Anna", "Ek", "soder")


def look(store: Store, clock: SetClock, who: Actor, customer: Customer, times: int = 1) -> None:
    """Have the customer's card opened so many times, each an entry of its own."""
    for _ in range(times):
        clock.now += ONE_LOOK
        customers.get(store, who, customer.customer_id)


def ids(entries: list[LogEntry]) -> list[int]:
    return [entry.entry_id for entry in entries]


def every_entry(store: Store, actor: Actor, **filters: object) -> list[LogEntry]:
    return log_entries.entries(store, actor, Filters(**filters)).entries  # type: ignore[arg-type]


def test_an_entry_has_the_names_of_its_user_and_customer_and_its_detail(
    store: Store, clock: SetClock, anders: Customer
) -> None:
    users.record_sign_in(store, "nils.berg", "Nils Berg")
    clock.now += timedelta(minutes=1)
    memberships.add(store, NORR, anders.customer_id, Entry("65_plus", None, TODAY))
    found = every_entry(store, LEAD, action="add_group")
    assert found == [
        LogEntry(
            found[0].entry_id,
            datetime(2026, 11, 22, 12, 1),
            "nils.berg",
            "Nils Berg",
            "coordinator",
            "norr",
            "add_group",
            anders.customer_id,
            "Anders Karlsson",
            "done",
            "normal",
            {"membership": 1, "version": 1, "change": "added"},
        )
    ]
    assert "Anders" not in repr(found)


def test_entries_of_other_units_are_not_shown(store: Store, clock: SetClock, anders: Customer, anna: Customer) -> None:
    look(store, clock, NORR, anders)
    look(store, clock, SODER, anna)
    assert {entry.unit_id for entry in every_entry(store, LEAD)} == {"norr"}
    assert {entry.unit_id for entry in every_entry(store, OTHER_LEAD)} == {"soder"}
    assert {"nils.berg", "karin.holm"} <= set(log_entries.users(store, LEAD))
    assert "sara.dahl" not in log_entries.users(store, LEAD)
    assert "nils.berg" in log_entries.users(store, LEAD, TODAY, TODAY)
    assert log_entries.users(store, LEAD, date(2026, 11, 23)) == {}
    nowhere = replace(LEAD, unit_id="")
    assert {entry.unit_id for entry in every_entry(store, nowhere)} == {""}


def test_each_filter_takes_the_entries_that_it_names(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, anna: Customer
) -> None:
    clock.now = datetime(2026, 11, 24, 22, 59, tzinfo=UTC)
    customers.get(store, NORR, anders.customer_id)
    clock.now = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # midnight in Stockholm
    customers.get(store, SODER, anna.customer_id)
    with pytest.raises(OtherUnit):
        customers.get(store, SODER, anders.customer_id)
    (before,) = every_entry(store, actor, action="view_customer", last=date(2026, 11, 24))
    after = every_entry(store, actor, first=date(2026, 11, 25), last=date(2026, 11, 25), user_id="sara.dahl")
    assert before.user_id == "nils.berg"
    assert [(entry.user_id, entry.outcome) for entry in after] == [("sara.dahl", "refused"), ("sara.dahl", "done")]
    assert [entry.customer_name for entry in after] == ["Anders Karlsson", "Anna Ek"]
    assert ids(every_entry(store, actor, unit_id="soder", action="view_customer")) == ids(after)
    assert ids(every_entry(store, actor, outcome="refused")) == [after[0].entry_id]
    assert [e.customer_id for e in every_entry(store, actor, customer_id=anna.customer_id, action="view_customer")] == [
        anna.customer_id
    ]
    assert every_entry(store, actor, why="other_unit") == []
    assert before.entry_id in ids(every_entry(store, actor, why="normal"))


def test_filters_that_cannot_be_are_refused(store: Store, actor: Actor, anna: Customer) -> None:
    with refused(store, Invalid, "The period's first day is after its last. Change one of them."):
        every_entry(store, LEAD, first=date(2026, 2, 1), last=date(2026, 1, 31))
    with refused(store, Forbidden, "The unit is not one of yours. Choose one that is."):
        every_entry(store, LEAD, unit_id="soder")
    other = "The customer belongs to another unit, Mottagning Söder. Opening it takes a reason."
    with refused(store, OtherUnit, other):
        every_entry(store, LEAD, customer_id=anna.customer_id)
    refusals = [(e["action"], e["customer_id"]) for e in every_refusal(store)]
    assert refusals == [("view_log", None), ("view_log", anna.customer_id)]


def every_refusal(store: Store) -> list[dict[str, object]]:
    with store.read() as tx:
        return tx.rows(
            "SELECT action, customer_id, user_id FROM access_log WHERE outcome = 'refused' ORDER BY entry_id"
        )


def test_the_latest_come_first_some_at_a_time(store: Store, clock: SetClock, anders: Customer) -> None:
    look(store, clock, NORR, anders, times=5)
    filters = Filters(action="view_customer")
    pages = [log_entries.entries(store, LEAD, filters, limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [page.total for page in pages] == [5, 5, 5]
    found = [number for page in pages for number in ids(page.entries)]
    assert len(found) == 5
    assert found == sorted(found, reverse=True)


def test_a_look_at_the_log_is_logged_once_with_its_filters(store: Store, clock: SetClock, anders: Customer) -> None:
    for _ in range(3):
        every_entry(store, LEAD, first=TODAY)
        clock.now += timedelta(minutes=3)
    every_entry(store, LEAD, first=TODAY, customer_id=anders.customer_id)
    clock.now += timedelta(minutes=2)
    every_entry(store, LEAD, first=TODAY)
    every_entry(store, SECOND_LEAD, first=TODAY)
    assert [(e["user_id"], e["customer_id"], e["detail"]) for e in logged(store, "view_log")] == [
        ("maj.lund", None, {"filters": {"first": "2026-11-22"}}),
        ("maj.lund", anders.customer_id, {"filters": {"first": "2026-11-22", "customer_id": anders.customer_id}}),
        ("maj.lund", None, {"filters": {"first": "2026-11-22"}}),
        ("eva.ros", None, {"filters": {"first": "2026-11-22"}}),
    ]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ANALYST, Role.ADMINISTRATOR, None])
def test_only_a_lead_follows_up_the_log(store: Store, clock: SetClock, anders: Customer, role: Role | None) -> None:
    check = drawn(store, LEAD)
    who = Actor("nils.berg", "Nils Berg", role, "norr")
    says = "Your role does not include this. Ask whoever is responsible for users."
    attempts = (
        lambda: log_entries.entries(store, who, Filters()),
        lambda: log_entries.users(store, who),
        lambda: samples.draw(store, who, Filters(), 1),
        lambda: samples.verify_draw(store, who, check.check_id),
        lambda: samples.list_checks(store, who),
        lambda: samples.read_sample(store, who, check.check_id),
        lambda: samples.review(store, who, check.check_id, 1, 1, Verdict.IN_ORDER, ""),
        lambda: samples.close(store, who, check.check_id, "Bra."),
        lambda: documents.check_document(store, who, check.check_id),
    )
    for attempt in attempts:
        with refused(store, Forbidden, says):
            attempt()
    assert {(e["user_id"], e["action"]) for e in every_refusal(store)} == {
        ("nils.berg", "view_log"),
        ("nils.berg", "check_log"),
    }


def drawn(store: Store, who: Actor, size: int = 1, seed: int | None = 7, **filters: object) -> Check:
    return samples.draw(store, who, Filters(**filters), size, seed)  # type: ignore[arg-type]


def sampled(store: Store, who: Actor, check: Check) -> list[int]:
    return [judged.entry.entry_id for judged in samples.read_sample(store, who, check.check_id)]


def test_a_sample_is_what_its_seed_draws_from_the_entries_with_patient_data(
    store: Store, clock: SetClock, actor: Actor, anders: Customer, anna: Customer
) -> None:
    look(store, clock, NORR, anders, times=20)
    look(store, clock, SODER, anna, times=5)
    list(export.groups_file(store, LEAD, export.Filters()))
    every_entry(store, LEAD)  # is no entry with patient data
    entries = [e for e in reversed(every_entry(store, LEAD)) if e.customer_id or e.action == "export_groups"]
    assert entries[-1].action == "export_groups"
    with store.read() as tx:
        (head,) = tx.rows("SELECT entry_id, hash FROM log_head")

    check = drawn(store, LEAD, 6, 4711)
    assert (check.population, check.size, check.seed) == (len(entries), 6, 4711)
    assert (check.head_entry_id, check.head_hash) == (head["entry_id"], head["hash"])
    assert (check.units, check.unit_id, check.drawn_by, check.judged) == ({"norr", "-"}, "norr", "maj.lund", 0)
    places = random.Random(4711).sample(range(len(entries)), 6)  # noqa: S311 (repeatable, no secret)
    assert sampled(store, LEAD, check) == sorted(entries[place].entry_id for place in places)
    assert logged(store, "check_log")[-1]["detail"] == {"check": check.check_id, "filters": {}, "entries": 6}


def test_a_sample_is_drawn_anew_from_the_same_entries_although_the_log_has_grown(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    look(store, clock, NORR, anders, times=10)
    check = drawn(store, LEAD, 4, None, first=TODAY, last=TODAY, unit_id="norr")
    look(store, clock, NORR, anders, times=3)
    assert samples.verify_draw(store, SECOND_LEAD, check.check_id)
    assert samples.verify_draw(store, actor, check.check_id)
    store.write(lambda tx: tx.execute("UPDATE log_check SET seed = seed + 1"))
    assert not samples.verify_draw(store, LEAD, check.check_id)


def test_without_a_seed_each_draw_has_another(store: Store, anders: Customer) -> None:
    assert drawn(store, LEAD, 1, None).seed != drawn(store, LEAD, 1, None).seed


def test_a_sample_larger_than_the_log_is_all_of_it(store: Store, clock: SetClock, anders: Customer) -> None:
    look(store, clock, NORR, anders, times=2)
    check = drawn(store, LEAD, 500, action="view_customer")
    assert (check.population, check.size) == (2, 2)
    assert len(sampled(store, LEAD, check)) == 2


def test_a_sample_that_cannot_be_is_refused(store: Store, anders: Customer) -> None:
    for size in (0, -1, 501):
        with refused(store, Invalid, "A sample has from 1 to 500 entries."):
            drawn(store, LEAD, size)
    nothing = "There is no entry with patient data to draw from. Choose other days or fewer filters."
    with refused(store, Invalid, nothing):
        drawn(store, LEAD, 1, first=date(2026, 12, 1))
    with refused(store, Invalid, nothing):
        drawn(store, replace(LEAD, unit_id=""), 1)
    with refused(store, Forbidden, "The unit is not one of yours. Choose one that is."):
        drawn(store, LEAD, 1, unit_id="soder")


@pytest.fixture
def check(store: Store, clock: SetClock, anders: Customer) -> Iterator[Check]:
    """A check of two entries, nothing of which is judged."""
    look(store, clock, NORR, anders, times=2)
    yield drawn(store, LEAD, 2, action="view_customer")


def judge(
    store: Store, check: Check, place: int, verdict: Verdict | None = Verdict.IN_ORDER, note: str = "", seen: int = 1
) -> None:
    samples.review(store, LEAD, check.check_id, place, seen, verdict, note)


def test_a_judgement_is_kept_with_who_and_when_and_logged(store: Store, clock: SetClock, check: Check) -> None:
    clock.now += timedelta(hours=1)
    judge(store, check, 2, Verdict.TO_EXAMINE, "  Fråga Nils,\n 2026-11-22 kl. 15 ")
    first, second = samples.read_sample(store, LEAD, check.check_id)
    assert (first.verdict, first.note, first.judged_at, first.version) == (None, "", None, 1)
    assert (second.verdict, second.note) == ("to_examine", "Fråga Nils, 2026-11-22 kl. 15")
    assert (second.judged_by, second.judged_at, second.version) == ("maj.lund", store.now(), 2)
    (now,) = samples.list_checks(store, LEAD)
    assert (now.judged, now.to_examine, now.closed) == (1, 1, False)
    detail = {"check": check.check_id, "entry": second.entry.entry_id, "verdict": "to_examine"}
    assert logged(store, "check_log")[-1]["detail"] == detail


def test_a_judgement_can_be_changed_by_who_has_seen_the_last_one(store: Store, check: Check) -> None:
    judge(store, check, 1, Verdict.TO_EXAMINE, "Varför?")
    changed = "Somebody else judged this entry. It is shown as it is now; nothing was overwritten."
    with refused(store, Conflict, changed):
        samples.review(store, SECOND_LEAD, check.check_id, 1, 1, Verdict.IN_ORDER, "")
    samples.review(store, SECOND_LEAD, check.check_id, 1, 2, Verdict.IN_ORDER, "")
    first, _ = samples.read_sample(store, LEAD, check.check_id)
    assert (first.verdict, first.note, first.judged_by, first.version) == ("in_order", "", "eva.ros", 3)
    with refused(store, Conflict, changed):
        judge(store, check, 3)


def test_a_judgement_that_cannot_be_is_refused(store: Store, check: Check) -> None:
    with refused(store, Invalid, "Choose whether the entry is in order."):
        judge(store, check, 1, None)
    with refused(store, Invalid, "Write what there is to examine."):
        judge(store, check, 1, Verdict.TO_EXAMINE, "  ")
    with refused(store, Invalid, "The note has at most 500 characters."):
        judge(store, check, 1, Verdict.IN_ORDER, "x" * 501)
    number = invented_number(date(1946, 3, 12))
    for written in (number, f"{number[:8]}-{number[8:]}", f"{number[2:8]}+{number[8:]}", "1946-03-12-3456", "460312"):
        says = "Leave identity numbers out of the note; the customer is logged as it is."
        with refused(store, Invalid, says):
            judge(store, check, 1, Verdict.TO_EXAMINE, f"Gäller {written}?")


def test_a_check_is_closed_when_every_entry_is_judged_and_then_stays_as_it_is(
    store: Store, clock: SetClock, check: Check
) -> None:
    judge(store, check, 1)
    with refused(store, Conflict, "Entries that are not judged yet: 1."):
        samples.close(store, LEAD, check.check_id, "Allt i sin ordning.")
    judge(store, check, 2, Verdict.TO_EXAMINE, "Fråga Nils")
    missing = "Write a conclusion: what the check showed, and what is done about it."
    with refused(store, Invalid, missing):
        samples.close(store, LEAD, check.check_id, " ")
    clock.now += timedelta(days=1)
    closed = samples.close(store, SECOND_LEAD, check.check_id, "En åtkomst utreds.")
    assert (closed.closed_by, closed.closed_at, closed.conclusion) == ("eva.ros", store.now(), "En åtkomst utreds.")
    assert logged(store, "check_log")[-1]["detail"] == {"check": check.check_id, "closed": True}
    frozen = "The check is closed, and can no longer be changed."
    with refused(store, Conflict, frozen):
        judge(store, check, 1, seen=2)
    with refused(store, Conflict, frozen):
        samples.close(store, LEAD, check.check_id, "En gång till.")
    assert [judged.verdict for judged in samples.read_sample(store, LEAD, check.check_id)] == ["in_order", "to_examine"]


def test_checks_of_units_that_are_not_all_own_are_neither_listed_nor_opened(
    store: Store, actor: Actor, check: Check, anna: Customer
) -> None:
    both = replace(OTHER_LEAD, units=frozenset({"norr"}))
    of_both, of_all = drawn(store, both, 1), drawn(store, actor, 1)
    assert of_both.units == {"norr", "soder", "-"}
    assert [found.check_id for found in samples.list_checks(store, LEAD)] == [check.check_id]
    assert [found.check_id for found in samples.list_checks(store, both)] == [of_both.check_id, check.check_id]
    assert [found.check_id for found in samples.list_checks(store, actor)] == [
        of_all.check_id,
        of_both.check_id,
        check.check_id,
    ]
    for hidden in (of_both.check_id, of_all.check_id):
        says = "The check is about units that are not yours."
        for attempt in (
            lambda hidden: samples.read_sample(store, LEAD, hidden),
            lambda hidden: samples.verify_draw(store, LEAD, hidden),
            lambda hidden: samples.review(store, LEAD, hidden, 1, 1, Verdict.IN_ORDER, ""),
            lambda hidden: samples.close(store, LEAD, hidden, "Bra."),
            lambda hidden: documents.check_document(store, LEAD, hidden),
        ):
            with refused(store, Forbidden, says):
                attempt(hidden)
    with refused(store, NotFound, "There is no such check of the log."):
        samples.read_sample(store, LEAD, 4711)


def test_a_look_at_a_sample_is_logged_once(store: Store, check: Check) -> None:
    samples.read_sample(store, LEAD, check.check_id)
    with nothing_changes(store):
        samples.read_sample(store, LEAD, check.check_id)
        samples.list_checks(store, LEAD)
    assert [entry["detail"] for entry in logged(store, "view_log")] == [{"check": check.check_id}]


def test_the_document_tells_how_the_sample_was_drawn_and_what_was_found(
    store: Store, clock: SetClock, check: Check, anders: Customer
) -> None:
    users.record_sign_in(store, "nils.berg", HOSTILE)
    judge(store, check, 1)
    judge(store, check, 2, Verdict.TO_EXAMINE, '=1+1; "citat"')
    samples.close(store, LEAD, check.check_id, "Utreds.")
    data = b"".join(documents.check_document(store, LEAD, check.check_id))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig")), delimiter=";"))
    end = rows.index([])
    facts = {row[0]: row[1] for row in rows[:end]}
    assert facts["Kontroll"] == str(check.check_id)
    assert facts["Frö"] == "7"
    assert facts["Urval"] == '{"action": "view_customer"}'
    assert (facts["Poster att dra ur"], facts["Dragna poster"], facts["Slutsats"]) == ("2", "2", "Utreds.")
    assert facts["Loggens sista post då"] == f"{check.head_entry_id}:{check.head_hash}"
    heading, first, second = rows[end + 1 :]
    cells = dict(zip(heading, second, strict=True))
    assert cells["Tid"] == "2026-11-22 13:20:00"
    assert cells["Användare"] == f"'{HOSTILE} (nils.berg)"
    assert cells["Kund (löpnummer)"] == str(anders.customer_id)
    assert (cells["Bedömning"], cells["Anteckning"]) == ("Att utreda", '\'=1+1; "citat"')
    assert dict(zip(heading, first, strict=True))["Bedömning"] == "I sin ordning"
    assert "Anders" not in data.decode()
    english = b"".join(documents.check_document(store, LEAD, check.check_id, "en")).decode("utf-8-sig")
    assert "To examine" in english
    assert [entry["detail"] for entry in logged(store, "check_log")][-2:] == [
        {"check": check.check_id, "document": True}
    ] * 2


def test_every_action_outcome_and_ground_has_a_word() -> None:
    assert set(log_entries.ACTIONS) == set(Action)
    assert set(log_entries.OUTCOMES) == set(Outcome)
    assert set(log_entries.ACCESS_REASONS) == set(AccessReason)
    assert log_entries.label(log_entries.ACTIONS, "something_old", "sv") == "something_old"


def test_an_entry_that_has_been_pruned_leaves_the_check_standing(store: Store, clock: SetClock, check: Check) -> None:
    store.write(lambda tx: tx.execute("UPDATE log_check_entry SET entry_id = 4711 WHERE place = 1"))
    assert [judged.place for judged in samples.read_sample(store, LEAD, check.check_id)] == [2]
