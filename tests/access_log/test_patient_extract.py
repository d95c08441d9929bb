"""Loggutdrag: unit and time of every access to a patient's data, and of exports that may have held it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO

import pytest

from mv import customers, export, memberships
from mv.access import Action, Actor, OtherUnit, Role
from mv.access_log import patient_extract
from mv.access_log.patient_extract import Access
from mv.audit import ONE_LOOK, record
from mv.customers import Customer
from mv.errors import Forbidden, NotFound
from mv.export import Filters, Status
from mv.memberships import Entry
from mv.pseudonyms import Pseudonyms
from mv.reimbursement.checks import new_year
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import logged, refused

LEAD = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")
HOSTILE = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) 'b' \u0022c\u0022 &amp;"


def accesses(store: Store, who: Actor, customer: Customer) -> list[Access]:
    return patient_extract.extract(store, who, customer.customer_id).accesses


def take_out(store: Store, clock: SetClock, who: Actor, **filters: object) -> datetime:
    """Take out an export a minute later; return when."""
    clock.now += timedelta(minutes=1)
    list(export.groups_file(store, who, Filters(**filters)))  # type: ignore[arg-type]
    return store.now()


def test_an_extract_has_unit_and_time_of_every_access_at_every_unit_in_order(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    registered = store.now()
    clock.now += timedelta(hours=1)
    customers.get(store, colleague, anders.customer_id)
    looked = store.now()
    with pytest.raises(OtherUnit):
        customers.get(store, replace(colleague, units=frozenset()), anders.customer_id)
    anna = customers.register(store, actor, invented_number(date(1950, 1, 2)), "Anna", "Ek", "norr")
    clock.now += timedelta(hours=1)
    found = patient_extract.extract(store, LEAD, anders.customer_id)
    assert found.accesses == [
        Access(registered, "Mottagning Norr", "register_customer"),
        Access(looked, "Mottagning Söder", "view_customer"),
        Access(store.now(), "Mottagning Norr", "extract_log"),
    ]
    assert (found.name, found.number, found.taken_by_unit) == ("Anders Karlsson", "19460312-9810", "Mottagning Norr")
    assert "Anders" not in repr(found)
    assert [a.action for a in accesses(store, LEAD, anna)] == ["register_customer", "extract_log"]


def test_taking_it_out_is_logged_with_the_customer_once_per_look(
    store: Store, clock: SetClock, anders: Customer
) -> None:
    for _ in range(3):
        accesses(store, LEAD, anders)
    clock.now += ONE_LOOK
    list(patient_extract.csv_chunks(store, LEAD, anders.customer_id))
    found = [(entry["user_id"], entry["customer_id"]) for entry in logged(store, "extract_log")]
    assert found == [("maj.lund", anders.customer_id)] * 2


def test_only_a_lead_who_has_to_do_with_the_patient_takes_it_out(store: Store, anders: Customer) -> None:
    for role in (Role.COORDINATOR, Role.ANALYST, Role.ADMINISTRATOR, None):
        who = replace(LEAD, role=role)
        with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
            patient_extract.csv_chunks(store, who, anders.customer_id)
    elsewhere = replace(LEAD, unit_id="soder")
    for attempt in (patient_extract.extract, patient_extract.csv_chunks, patient_extract.page_chunks):
        with pytest.raises(OtherUnit):
            attempt(store, elsewhere, anders.customer_id)
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        patient_extract.extract(store, LEAD, 4711)
    assert logged(store, "extract_log")[-1]["customer_id"] == anders.customer_id


def test_an_export_after_a_group_was_registered_may_have_held_the_person(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    take_out(store, clock, actor)
    clock.now += timedelta(minutes=1)
    memberships.add(store, actor, anders.customer_id, Entry("medical_risk", "diabetes", TODAY))
    taken = [
        take_out(store, clock, actor),
        take_out(store, clock, actor, group="Medicinsk RISKGRUPP", unit="mottagning norr"),
        take_out(store, clock, actor, group="medical_risk", subgroup="Diabetes typ 1 eller 2"),
        take_out(
            store, clock, actor, status=Status.INACTIVE, valid_to=date(2000, 1, 1)
        ),  # not looked at: better one too many
    ]
    take_out(store, clock, actor, group="65_plus")
    take_out(store, clock, actor, group="medical_risk", subgroup="heart")
    take_out(store, clock, actor, unit="soder")
    found = [(a.logged_at, a.unit, a.action) for a in accesses(store, actor, anders) if a.maybe]
    assert found == [(at, "Mottagning Norr", "export_groups") for at in taken]


def test_an_export_of_pseudonyms_is_left_out(store: Store, clock: SetClock, actor: Actor, anders: Customer) -> None:
    memberships.add(store, actor, anders.customer_id, Entry("65_plus", None, TODAY))
    clock.now += timedelta(minutes=1)
    list(export.groups_file(store, actor, Filters(), pseudonyms=Pseudonyms("a key for tests, long enough" * 2)))
    assert not [access for access in accesses(store, actor, anders) if access.maybe]
    # Entries from before it was logged whether there were identity numbers: there were.
    store.write(lambda tx: record(tx, store.now(), actor, Action.EXPORT_GROUPS, rows=1))
    assert len([access for access in accesses(store, actor, anders) if access.maybe]) == 1


def test_a_group_that_the_row_had_at_the_export_counts_although_it_was_adjusted_later(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, Entry("medical_risk", None, TODAY))
    at = take_out(store, clock, actor, group="medical_risk")
    take_out(store, clock, actor, group="65_plus")
    clock.now += timedelta(minutes=1)
    memberships.adjust(store, actor, row.membership_id, row.version, Entry("65_plus", None, TODAY))
    later = take_out(store, clock, actor, group="65_plus")
    assert [access.logged_at for access in accesses(store, actor, anders) if access.maybe] == [at, later]


def test_the_csv_names_neither_the_person_nor_any_user(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    memberships.add(store, actor, anders.customer_id, Entry("65_plus", None, TODAY))
    take_out(store, clock, actor)
    data = b"".join(patient_extract.csv_chunks(store, LEAD, anders.customer_id))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[:2] == [
        ["Tid", "Enhet", "Vad som gjordes", "Anmärkning"],
        ["2026-11-22 13:00:00", "Mottagning Norr", "Kund registrerad", ""],
    ]
    assert rows[3] == ["2026-11-22 13:01:00", "Mottagning Norr", "Utdata uttagen", "Kan ha ingått i utdata"]
    for word in ("Anders", "Karlsson", "19460312", "karin", "Karin", "maj.lund"):
        assert word not in data.decode()
    assert patient_extract.filename(TODAY, "csv") == "loggutdrag_2026-11-22.csv"


class Elements(HTMLParser):
    """Which elements a page has, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("language", "title"), [("sv", "Loggutdrag"), ("en", "Log extract")])
def test_the_page_to_print_shows_a_hostile_name_as_it_is(
    store: Store, clock: SetClock, actor: Actor, language: str, title: str
) -> None:
    number = invented_number(date(1950, 1, 2))
    customer = customers.register(store, actor, number, HOSTILE, "Ek", "norr")
    clock.now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    text = b"".join(patient_extract.page_chunks(store, LEAD, customer.customer_id, language)).decode()  # type: ignore[arg-type]
    page = Elements(text)
    assert text.startswith("<!DOCTYPE html>")
    assert page.tags[0] == ("html", {"lang": language})
    assert not {"img", "a", "script", "link"} & {tag for tag, _ in page.tags}
    assert f"{HOSTILE} Ek" in page.text
    assert title in page.text
    assert f"{number[:8]}-{number[8:]}" in page.text
    assert "2026-11-24 00:30:00" in page.text
    assert "Mottagning Norr" in page.text
    assert [tag for tag, _ in page.tags].count("tr") == 1 + len(accesses(store, LEAD, customer))


@pytest.mark.parametrize(
    ("born", "unit_id", "is_on_it"),
    [
        (date(1961, 12, 31), "norr", False),
        (date(1962, 1, 1), "norr", True),
        (date(1962, 12, 31), "norr", True),
        (date(1963, 1, 1), "norr", False),
        (date(1962, 1, 1), "soder", False),
    ],
)
def test_an_extract_has_the_new_year_lists_of_the_patients_birth_date_and_unit(
    store: Store, clock: SetClock, actor: Actor, born: date, unit_id: str, is_on_it: bool
) -> None:
    before = customers.register(store, actor, invented_number(born), "Eva", "Ek", unit_id)
    clock.now += timedelta(minutes=1)
    taken_at = store.now()
    list(new_year.csv_chunks(store, LEAD, 2027, new_year.Filters("65_plus")))
    clock.now += timedelta(minutes=1)
    after = customers.register(store, actor, invented_number(born, 983), "Åsa", "Ek", unit_id)
    expected = [Access(taken_at, "Mottagning Norr", "export_identities", maybe=True)]
    found = [access for access in accesses(store, actor, before) if access.action == "export_identities"]
    assert found == (expected if is_on_it else [])
    assert "export_identities" not in {access.action for access in accesses(store, actor, after)}
