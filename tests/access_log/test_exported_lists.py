"""Lists of many people with identity numbers: each names the patients on it in their extracts, a new kind too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

import mv
from mv import audit, vaccinations
from mv.access import EVERY_UNIT, Action, Actor, Role
from mv.access_log import exported_lists, patient_extract
from mv.access_log.patient_extract import Access
from mv.audit import EXPORTS, ExportedList
from mv.customers import Customer
from mv.export.claims import claims_file
from mv.export.doses import DoseFilters, doses_file
from mv.pseudonyms import Pseudonyms
from mv.reimbursement.claims import files as claim_files
from mv.store import Store
from tests.conftest import SetClock
from tests.contents import logged
from tests.reimbursement.sent_claims import OTHER_REGION, REGION, Claimed, add_claim
from tests.rights import CALLS, make_records

MAJ = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
EVERYWHERE = Actor("per.ek", "Per Ek", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
GIVEN = date(2026, 11, 2)


@dataclass
class Listed:
    """Anders with a dose and a line of a claim at the unit norr, and what his extract names of lists."""

    store: Store
    clock: SetClock
    anders: Customer

    def found(self) -> list[tuple[datetime, str, bool]]:
        accesses = patient_extract.extract(self.store, MAJ, self.anders.customer_id).accesses
        return [(a.logged_at, a.action, a.maybe) for a in accesses if a.action.startswith("export_")]

    def later(self) -> datetime:
        self.clock.now += timedelta(minutes=1)
        return self.store.now()


@pytest.fixture
def listed(store: Store, clock: SetClock, anders: Customer) -> Listed:
    entry = vaccinations.Entry("comirnaty", "B1", 1, GIVEN, "norr", None)
    vaccinations.register(store, MAJ, anders.customer_id, entry)
    return Listed(store, clock, anders)


def claim(listed: Listed, customer_id: int, payer: str = REGION, unit_id: str = "norr") -> int:
    claim_id = add_claim(listed.store, [Claimed(100, customer_id=customer_id, unit_id=unit_id)], payer=payer)
    text = f"the file of {claim_id}"

    def keep(tx: audit.Transaction) -> None:
        claim_files.keep(tx, claim_id, 1, text)
        digest = sha256(text.encode()).hexdigest()
        tx.execute("UPDATE claim SET file_hash = $2 WHERE claim_id = $1", claim_id, digest)

    listed.store.write(keep)
    return claim_id


@pytest.mark.parametrize(
    ("filters", "is_on_it"),
    [
        (DoseFilters(), True),
        (DoseFilters(given_from=GIVEN, given_to=GIVEN, unit_id="norr", product_code="comirnaty"), True),
        (DoseFilters(given_from=GIVEN + timedelta(days=1)), False),
        (DoseFilters(given_to=GIVEN - timedelta(days=1)), False),
        (DoseFilters(product_code="efluelda"), False),
        (DoseFilters(unit_id="soder"), False),
        (DoseFilters(group_code="65_plus"), False),
    ],
    ids=str,
)
def test_an_extract_names_the_files_of_doses_that_may_have_had_the_patients(
    listed: Listed, filters: DoseFilters, is_on_it: bool
) -> None:
    at = listed.later()
    list(doses_file(listed.store, EVERYWHERE, filters))
    assert listed.found() == ([(at, "export_doses", True)] if is_on_it else [])


def test_a_file_of_doses_of_another_unit_from_before_the_dose_or_of_pseudonyms_is_left_out(
    store: Store, clock: SetClock, anders: Customer
) -> None:
    listed = Listed(store, clock, anders)
    list(doses_file(store, MAJ, DoseFilters()))
    listed.later()
    vaccinations.register(store, MAJ, anders.customer_id, vaccinations.Entry("comirnaty", "B1", 1, GIVEN, "norr", None))
    list(doses_file(store, Actor("sia", "Sia", Role.LEAD, "soder"), DoseFilters()))
    list(doses_file(store, MAJ, DoseFilters(), pseudonyms=Pseudonyms("k" * 64)))
    assert listed.found() == []


def test_a_dose_counts_as_it_was_when_the_file_was_taken_out(listed: Listed) -> None:
    dose = vaccinations.of_customer(listed.store, MAJ, listed.anders.customer_id)[0]
    before = listed.later()
    list(doses_file(listed.store, MAJ, DoseFilters(product_code="comirnaty")))
    changed = vaccinations.Entry("efluelda", "B1", 1, GIVEN, "norr", None)
    vaccinations.correct(listed.store, MAJ, dose.dose_id, dose.version, changed)
    assert listed.found() == [(before, "export_doses", True)]


def test_an_extract_names_the_claims_file_with_the_patient_and_no_other(listed: Listed) -> None:
    own, others = claim(listed, listed.anders.customer_id), claim(listed, 4711)
    at = listed.later()
    list(claim_files.download(listed.store, EVERYWHERE, own))
    listed.later()
    list(claim_files.download(listed.store, EVERYWHERE, others))
    assert listed.found() == [(at, "export_claim", False)]


def test_an_extract_names_the_files_of_claim_lines_that_had_the_patients(listed: Listed) -> None:
    claim(listed, listed.anders.customer_id)
    claim(listed, 4711, OTHER_REGION, "soder")
    times = []
    for payer in (None, REGION):
        times.append(listed.later())
        list(claims_file(listed.store, EVERYWHERE, payer))
    listed.later()
    list(claims_file(listed.store, EVERYWHERE, OTHER_REGION))
    list(claims_file(listed.store, Actor("sia", "Sia", Role.LEAD, "soder"), None))
    list(claims_file(listed.store, EVERYWHERE, None, pseudonyms=Pseudonyms("k" * 64)))
    assert listed.found() == [(at, "export_claim", False) for at in times]


def test_entries_from_before_the_kind_of_list_was_logged_are_known_by_their_action(listed: Listed) -> None:
    claim_id = claim(listed, listed.anders.customer_id)
    at = listed.later()
    old = (
        (Action.EXPORT_DOSES, {"filters": {}, "rows": 1, "identities": True, "units": ["norr"]}),
        (Action.EXPORT_DOSES, {"filters": {"unit_id": "soder"}, "rows": 1, "identities": True, "units": ["norr"]}),
        (Action.EXPORT_CLAIM, {"filters": {}, "rows": 1, "identities": True, "units": ["norr"]}),
        (Action.EXPORT_CLAIM, {"claim": claim_id, "rows": 1, "identities": True, "units": ["norr"]}),
        (Action.EXPORT_CLAIM, {"claim": claim_id + 1, "rows": 1, "identities": True, "units": ["norr"]}),
    )
    for action, detail in old:
        listed.store.write(lambda tx, action=action, detail=detail: audit.record(tx, at, MAJ, action, **detail))
    assert [row[1:] for row in listed.found()] == [
        ("export_doses", True), ("export_claim", False), ("export_claim", False),
    ]  # fmt: skip


def test_a_list_of_a_kind_that_is_not_known_may_have_had_everybody(listed: Listed) -> None:
    at = listed.later()
    listed.store.write(lambda tx: audit.record(tx, at, MAJ, Action.EXPORT_IDENTITIES, list="letters", rows=3))
    assert listed.found() == [(at, "export_identities", True)]
    assert patient_extract.extract(listed.store, MAJ, listed.anders.customer_id).accesses[-2] == Access(
        at, "Mottagning Norr", "export_identities", maybe=True
    )


def test_every_list_that_can_hold_identities_is_known_to_the_extract() -> None:
    assert set(exported_lists.TESTS) == set(ExportedList) == set(EXPORTS)
    assert {action for action in Action if action.startswith("export_")} == set(EXPORTS.values())
    sources = {path: path.read_text() for path in Path(mv.__file__).parent.rglob("*.py")}
    assert not [path for path, text in sources.items() if re.search(r"audit\.record\([^)]*\)?[^)]*\.EXPORT_", text)]


def test_every_function_that_takes_a_list_out_logs_its_kind(store: Store, clock: SetClock) -> None:
    records = make_records(store, clock, EVERYWHERE)
    taken_out = [call for call in CALLS if set(call.rights) & set(EXPORTS.values())]
    for call in taken_out:
        call.call(store, EVERYWHERE, records)
    found = [entry["detail"]["list"] for entry in logged(store, *EXPORTS.values())]
    assert set(found) == set(ExportedList)
