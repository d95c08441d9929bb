"""Batches: known by hand, by a pack or by a dose; changed, stopped and used up; and what a dose of one comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from mv import vaccinations
from mv.access import Actor, Role
from mv.batches import batch as batch_rows
from mv.batches import changes, packs, receiving
from mv.batches.batch import Batch, BatchState, find_alike
from mv.batches.packs import UnknownPack
from mv.batches.scanning import Scan
from mv.clock import day_bounds
from mv.concerns import Doubtful
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid, NotFound
from mv.store import Store
from tests.batches.test_scanning import SWEDISH, TURKISH
from tests.conftest import TODAY, SetClock
from tests.contents import logged, nothing_changes, refused

pytestmark = pytest.mark.both_engines

NOW = datetime(2026, 11, 22, 12)
DAY = timedelta(days=1)
EXPIRES = date(2027, 3, 31)
NURSE = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")
ANALYST = Actor("per.alm", "Per Alm", Role.ANALYST, "norr")
ENTRY = vaccinations.Entry("efluelda", "AB-123", 1, TODAY, "norr", None)
EXPIRY = "The expiry {}-03-01 cannot be right. Write it as it stands on the pack."
PACK = Scan(SWEDISH, "AB-123", EXPIRES)


def receive(store: Store, number: str = "AB-123", expires_on: date | None = EXPIRES) -> Batch:
    return receiving.receive(store, NURSE, "efluelda", number, expires_on, "norr")


def test_a_batch_is_received_with_its_expiry_and_logged(store: Store) -> None:
    batch = receive(store, " AB\u2013123 ")
    assert batch == Batch("efluelda", "AB-123", EXPIRES, NOW, "nils.berg", "norr")
    assert changes.list_batches(store, NURSE) == batch_rows.of_product(store, "efluelda") == [batch]
    (change,) = changes.history(store, NURSE, batch.key)
    assert (change.version, change.change, change.changed_by) == (1, "received", "nils.berg")
    (entry,) = logged(store, "receive_batch")
    assert entry["detail"] == {"product": "efluelda", "batch": "AB-123", "change": "received"}
    with nothing_changes(store):  # again
        assert receive(store) == batch


@pytest.mark.parametrize(
    ("product", "number", "expires_on", "says"),
    [
        (None, "A1", None, "Choose a vaccine."),
        ("none", "A1", None, "Choose a vaccine."),
        ("efluelda", "", None, "Write the batch number: letters, digits and hyphens, at most 80."),
        ("efluelda", "A 1", None, "A batch number has no spaces. Did you mean A1?"),
        ("efluelda", "A1", date(1989, 3, 1), EXPIRY.format(1989)),
        ("efluelda", "A1", date(2227, 3, 1), EXPIRY.format(2227)),
    ],
)
def test_what_cannot_be_is_no_batch(
    store: Store, product: str | None, number: str, expires_on: date | None, says: str
) -> None:
    with refused(store, Invalid, says):
        receiving.receive(store, NURSE, product, number, expires_on, "norr")


def test_a_number_that_looks_like_a_known_one_is_asked_about(store: Store) -> None:
    receive(store, "AO-1B")
    with nothing_changes(store), pytest.raises(Doubtful):
        receive(store, "A0lB")
    other = receiving.receive(store, NURSE, "efluelda", "A0lB", None, "norr", is_another=True)
    assert other.batch_number == "A0lB"
    assert receiving.receive(store, NURSE, "fluad_tetra", "A01B", None, "norr").product_code == "fluad_tetra"


def test_letters_and_digits_that_look_alike_and_hyphens_alone_make_numbers_alike() -> None:
    known = [("efluelda", "OI-12"), ("efluelda", "X7")]
    assert [find_alike("efluelda", number, known) for number in ("0112", "ol12", "0l-12", "X-7", "x7", "OI 12")] == [
        "OI-12", "OI-12", "OI-12", "X7", "X7", "OI-12",
    ]  # fmt: skip
    assert [find_alike("efluelda", number, known) for number in ("OI-12", "OI-13", "Y7", "X77")] == [None] * 4
    assert find_alike("fluad_tetra", "0112", known) is None


def test_an_unknown_expiry_is_said_later_and_another_one_is_refused(store: Store) -> None:
    assert receive(store, expires_on=None).expires_on is None
    assert (receive(store).expires_on, receive(store, expires_on=None).version) == (EXPIRES, 2)
    with nothing_changes(store), pytest.raises(Conflict, match="known already, with the expiry 2027-03-31"):
        receive(store, expires_on=EXPIRES + DAY)
    with nothing_changes(store), pytest.raises(Conflict):
        packs.receive_scan(store, NURSE, replace(PACK, expires_on=EXPIRES + DAY), "norr", product="efluelda")


def test_every_change_is_kept_and_logged_and_only_made_as_seen(store: Store, actor: Actor, clock: SetClock) -> None:
    batch = receive(store)
    changed = changes.change_expiry(store, NURSE, batch, None)
    assert (changed.expires_on, changed.version) == (None, 2)
    with nothing_changes(store), pytest.raises(Conflict, match=r"nils\.berg changed this batch"):
        changes.deplete(store, NURSE, batch)
    with nothing_changes(store):
        assert changes.replenish(store, NURSE, changed) == changed
    stopped = changes.stop(store, actor, changed, NOW - DAY, "  Recalled by the maker ")
    assert (stopped.stopped_at, stopped.stop_reason) == (NOW - DAY, "Recalled by the maker")
    depleted = changes.deplete(store, NURSE, changes.resume(store, actor, stopped))
    assert (depleted.stopped_at, depleted.stop_reason, depleted.depleted_at) == (None, None, NOW)
    assert changes.replenish(store, NURSE, depleted).depleted_at is None
    words = ["replenished", "depleted", "resumed", "stopped", "expiry", "received"]
    assert [change.change for change in changes.history(store, NURSE, batch.key)] == words
    assert [entry["action"] for entry in logged(store)] == [
        "receive_batch", "change_batch", "stop_batch", "stop_batch", "change_batch", "change_batch",
    ]  # fmt: skip


def test_a_stop_needs_a_reason_and_a_moment_that_has_been(store: Store, actor: Actor) -> None:
    batch = receive(store)
    with refused(store, Invalid, "Write why the batch is stopped."):
        changes.stop(store, actor, batch, NOW, " ")
    with refused(store, Invalid, "A batch cannot be stopped in advance. Choose a moment that has been."):
        changes.stop(store, actor, batch, NOW + timedelta(seconds=1), "Recalled")
    with nothing_changes(store), pytest.raises(NotFound):
        changes.deplete(store, actor, replace(batch, batch_number="ZZ"))
    with pytest.raises(Forbidden):
        changes.stop(store, NURSE, batch, NOW, "Recalled")
    with pytest.raises(Forbidden):
        changes.resume(store, NURSE, batch)


def test_the_state_of_a_day(store: Store) -> None:
    batch = Batch("efluelda", "A", TODAY)
    assert [batch.state_on(day) for day in (TODAY, TODAY + DAY)] == [BatchState.IN_USE, BatchState.EXPIRED]
    assert replace(batch, expires_on=None).state_on(date(2100, 1, 1)) is BatchState.IN_USE
    depleted = replace(batch, depleted_at=NOW)
    assert depleted.state_on(TODAY) is BatchState.DEPLETED
    stopped = replace(depleted, stopped_at=day_bounds(TODAY)[1] - timedelta(seconds=1))
    states = [BatchState.DEPLETED, BatchState.STOPPED]
    assert [stopped.state_on(day) for day in (TODAY - DAY, TODAY)] == states


def test_the_batches_of_a_product_come_in_the_order_of_their_expiry_and_a_look_is_not_logged(store: Store) -> None:
    for number, expires_on in (("B", TODAY - DAY), ("A", EXPIRES), ("D", EXPIRES), ("N", None)):
        receive(store, number, expires_on)
    receiving.receive(store, NURSE, "comirnaty", "C", EXPIRES, "norr")
    with nothing_changes(store):
        assert [batch.batch_number for batch in batch_rows.of_product(store, "efluelda")] == ["N", "A", "D", "B"]
        assert batch_rows.of_product(store, "") == []


# Packs


def test_the_vaccine_of_a_pack_is_asked_for_once(store: Store) -> None:
    with nothing_changes(store), pytest.raises(UnknownPack, match=SWEDISH):
        packs.receive_scan(store, NURSE, PACK, "norr")
    batch = packs.receive_scan(store, NURSE, PACK, "norr", product="efluelda")
    assert (batch.key, batch.expires_on, batch.received_by) == (("efluelda", "AB-123"), EXPIRES, "nils.berg")
    with nothing_changes(store):
        assert packs.receive_scan(store, NURSE, PACK, "norr") == batch
    other = packs.receive_scan(store, NURSE, Scan(SWEDISH, "AB124", None), "norr", expected="efluelda")
    assert (other.batch_number, other.expires_on) == ("AB124", None)
    packs.receive_scan(store, NURSE, Scan(TURKISH, "K5", None), "norr", product="efluelda")
    (vaccine,) = [each for each in vaccinations.catalogue.load(store).vaccines.values() if each.gtins]
    assert (vaccine.product_code, vaccine.gtins) == ("efluelda", (SWEDISH, TURKISH))
    told = [entry["detail"]["change"] for entry in logged(store, "receive_batch")]
    assert told == ["pack", "scanned", "scanned", "pack", "scanned"]


def test_a_pack_of_another_vaccine_than_is_chosen_is_refused(store: Store) -> None:
    packs.receive_scan(store, NURSE, PACK, "norr", product="efluelda")
    with refused(
        store, Conflict,
        "The pack is Efluelda, and Comirnaty is chosen. Choose the vaccine that was given, and scan again.",
    ):  # fmt: skip
        packs.receive_scan(store, NURSE, replace(PACK, batch_number="NEW"), "norr", expected="comirnaty")
    with nothing_changes(store), pytest.raises(Invalid):
        packs.receive_scan(store, NURSE, replace(PACK, batch_number="A/1"), "norr")
    with pytest.raises(Forbidden):
        packs.receive_scan(store, ANALYST, PACK, "norr")


# Doses


def test_a_batch_is_known_once_a_dose_of_it_is_saved_or_corrected_to_it(
    store: Store, actor: Actor, anders: Customer
) -> None:
    dose = vaccinations.register(store, actor, anders.customer_id, ENTRY)
    vaccinations.correct(store, actor, dose.dose_id, 1, replace(ENTRY, batch_number="CD-1"))
    abroad = replace(ENTRY, product_code="comirnaty", batch_number="FAR", abroad=True)
    vaccinations.register(store, actor, anders.customer_id, abroad)
    assert [(batch.key, batch.expires_on) for batch in changes.list_batches(store, actor)] == [
        (("efluelda", "AB-123"), None), (("efluelda", "CD-1"), None),
    ]  # fmt: skip


def test_a_dose_takes_a_reason_where_another_number_may_be_meant(store: Store, actor: Actor, anders: Customer) -> None:
    receive(store)
    with nothing_changes(store), pytest.raises(Invalid, match=r"Did you mean AB-123.*Write why it is right"):
        vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, batch_number="AB123"))
    entry = replace(ENTRY, batch_number="AB123", reason="Read it twice")
    assert vaccinations.register(store, actor, anders.customer_id, entry).batch_number == "AB123"


def test_a_dose_after_the_stop_is_refused_on_its_day_for_a_reason_alone_and_before_it_saved(
    store: Store, actor: Actor, anders: Customer
) -> None:
    batch = changes.stop(store, actor, receive(store), day_bounds(TODAY - DAY)[0], "Recalled")
    told = "Batch AB-123 is stopped since 2026-11-21. Check the number and the day; it must not be given."
    with refused(store, Conflict, told):
        vaccinations.register(store, actor, anders.customer_id, replace(ENTRY, reason="Given all the same"))
    on_the_day = replace(ENTRY, given_on=TODAY - DAY)
    with nothing_changes(store), pytest.raises(Invalid, match=r"was stopped on 2026-11-21\. Was the dose given before"):
        vaccinations.register(store, actor, anders.customer_id, on_the_day)
    before = replace(ENTRY, given_on=TODAY - 2 * DAY)
    dose = vaccinations.register(store, actor, anders.customer_id, before)
    for moved, kind in ((ENTRY, Conflict), (on_the_day, Invalid)):
        with nothing_changes(store), pytest.raises(kind):
            vaccinations.correct(store, actor, dose.dose_id, 1, moved)
    moved = vaccinations.correct(store, actor, dose.dose_id, 1, replace(on_the_day, reason="In the morning"))
    changes.stop(store, actor, batch, day_bounds(TODAY - DAY)[0] - DAY, "Recalled earlier")
    kept = replace(on_the_day, dose_number=2)  # product, batch and day stay as they were
    assert vaccinations.correct(store, actor, dose.dose_id, moved.version, kept).dose_number == 2
