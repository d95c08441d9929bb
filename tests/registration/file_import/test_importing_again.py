"""A file imported again: a row that says the same adds nothing; a corrected one names the difference, or is ready."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mv import customers, memberships, vaccinations
from mv.access import Actor
from mv.customers import Customer
from mv.merges import merging
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.plan import RowState
from mv.store import Store
from mv.tabular_files.table import Table
from mv.vaccinations import WithdrawReason
from tests.conftest import TODAY, invented_number
from tests.registration.people_files import plan, problems, states, table, take_in

FIRST = TODAY - timedelta(days=10)
GIVEN = TODAY - timedelta(days=5)
HEADINGS = "Personnummer;Kundgrupp;Första dag;Sista dag;Dosens dag;Vaccin;Sats;Dosnummer;Enhet;Orsak"
DOSE = {"first": FIRST, "last": "", "given": GIVEN, "vaccine": "Efluelda", "batch": "B1", "number": 1, "unit": "norr"}
GROUP = {**DOSE, **dict.fromkeys(("given", "vaccine", "batch", "number"), "")}


def file(customer: Customer, row: dict[str, object], **changed: object) -> Table:
    cells = [customer.identity, "65_plus", *(row | changed).values(), "batch seen on the box"]
    return table(";".join(map(str, cells)), headings=HEADINGS)


def withdraw(store: Store, actor: Actor, customer: Customer) -> None:
    (dose,) = (
        each for each in vaccinations.of_customer(store, actor, customer.customer_id) if each.withdrawn_at is None
    )
    vaccinations.withdraw(store, actor, dose.dose_id, dose.version, WithdrawReason.ENTERED_BY_MISTAKE)


@pytest.mark.parametrize(
    ("changed", "column", "words"),
    [
        ({"batch": "B2"}, "Sats", "batch B1"),
        ({"number": 2}, "Dosnummer", "as dose 1"),
        ({"unit": "soder"}, "Enhet", "another unit"),
        ({"first": FIRST - timedelta(days=1)}, "Första dag", f"another first day, {FIRST}"),
        ({"first": GIVEN}, "Första dag", f"another first day, {FIRST}"),
        ({"last": GIVEN}, "Sista dag", "another last day"),
    ],
    ids=str,
)
def test_a_corrected_row_of_a_dose_is_a_problem_that_names_the_difference(
    store: Store, actor: Actor, anders: Customer, changed: dict[str, object], column: str, words: str
) -> None:
    take_in(store, actor, file(anders, DOSE))
    assert states(plan(store, actor, file(anders, DOSE))) == [RowState.ALREADY]
    found = plan(store, actor, file(anders, DOSE, **changed))
    assert states(found) == [RowState.WRONG]
    ((_, where, message),) = problems(found)
    assert where == column
    assert words in message


@pytest.mark.parametrize(
    ("changed", "column", "words"),
    [
        ({"first": FIRST + timedelta(days=1)}, "Första dag", f"another first day, {FIRST}"),
        ({"first": FIRST - timedelta(days=1)}, "Kundgrupp", "already"),
        ({"last": GIVEN}, "Sista dag", "another last day"),
        ({"unit": "soder"}, "Enhet", "another unit"),
    ],
    ids=str,
)
def test_a_corrected_row_of_a_group_is_a_problem_that_names_the_difference(
    store: Store, actor: Actor, anders: Customer, changed: dict[str, object], column: str, words: str
) -> None:
    take_in(store, actor, file(anders, GROUP))
    found = plan(store, actor, file(anders, GROUP, **changed))
    assert states(found) == [RowState.WRONG]
    ((_, where, message),) = problems(found)
    assert where == column
    assert words in message


@pytest.mark.parametrize(
    ("changed", "column", "words"),
    [
        ({"first": FIRST - timedelta(days=1)}, "Första dag", f"another first day, {FIRST}"),
        ({"first": GIVEN}, "Första dag", f"another first day, {FIRST}"),
        ({"last": GIVEN}, "Sista dag", "another last day"),
        ({"first": ""}, None, ""),
    ],
    ids=str,
)
def test_a_new_dose_does_not_hide_that_its_group_has_another_period(
    store: Store, actor: Actor, anders: Customer, changed: dict[str, object], column: str | None, words: str
) -> None:
    take_in(store, actor, file(anders, DOSE))
    another = {"vaccine": "Prevenar 20", "batch": "P1", **changed}
    found = problems(plan(store, actor, file(anders, DOSE, **another)))
    assert [where for _, where, _ in found] == ([column] if column else [])
    assert all(words in message for _, _, message in found)


def test_open_in_the_file_and_closed_in_the_store_is_a_problem(store: Store, actor: Actor, anders: Customer) -> None:
    take_in(store, actor, file(anders, GROUP, last=GIVEN))
    ((_, column, message),) = problems(plan(store, actor, file(anders, GROUP)))
    assert column == "Sista dag"
    assert f"it ends on {GIVEN}" in message


def test_a_group_that_no_file_added_may_have_begun_before(store: Store, actor: Actor, anders: Customer) -> None:
    memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, FIRST))
    later = file(anders, GROUP, first=GIVEN, unit="soder")
    assert states(plan(store, actor, later)) == [RowState.ALREADY]


@pytest.mark.parametrize("changed", [{"batch": "B2"}, {"number": 2}, {"unit": "soder"}], ids=str)
def test_the_right_row_is_ready_once_the_wrong_dose_is_withdrawn(
    store: Store, actor: Actor, anders: Customer, changed: dict[str, object]
) -> None:
    take_in(store, actor, file(anders, DOSE))
    withdraw(store, actor, anders)
    assert states(plan(store, actor, file(anders, DOSE))) == [RowState.ALREADY]  # what was withdrawn stays so
    right = file(anders, DOSE, **changed)
    assert states(plan(store, actor, right)) == [RowState.READY]
    take_in(store, actor, right)
    assert states(plan(store, actor, right)) == [RowState.ALREADY]
    assert states(plan(store, actor, file(anders, DOSE))) == [RowState.ALREADY]


@pytest.mark.parametrize("changed", [{}, {"number": ""}, {"batch": "B2"}, {"number": 2}, {"unit": "soder"}], ids=str)
def test_a_row_that_an_earlier_version_imported_is_known_by_what_it_made(
    store: Store, actor: Actor, anders: Customer, changed: dict[str, object]
) -> None:
    made = take_in(store, actor, file(anders, DOSE))
    entry = RegistrationEntry("65_plus", None, FIRST, "norr", None, GIVEN, "efluelda", "B1", 1)
    sql = "UPDATE registration_row SET row_key = $1 WHERE registration_id = $2"
    store.write(lambda tx: tx.execute(sql, entry.earlier_key(anders.customer_id), made.registration_id))
    withdraw(store, actor, anders)
    same = not changed or changed == {"number": ""}
    expected = RowState.ALREADY if same else RowState.READY
    assert states(plan(store, actor, file(anders, DOSE, **changed))) == [expected]


@pytest.mark.parametrize("row", [DOSE, GROUP], ids=["dose", "group"])
@pytest.mark.parametrize("removed", [False, True])
def test_after_a_merge_the_same_file_adds_nothing(
    store: Store, actor: Actor, anders: Customer, row: dict[str, object], *, removed: bool
) -> None:
    twin = customers.register(store, actor, invented_number(date(1946, 3, 12), 985), "Anders", "Karlsson", "norr")
    take_in(store, actor, file(twin, row))
    if removed:
        if row is DOSE:
            withdraw(store, actor, twin)
        (group,) = memberships.of_customer(store, actor, twin.customer_id)
        memberships.remove(store, actor, group.membership_id, group.version)
    merging.merge(store, actor, merging.preview(store, actor, anders.customer_id, twin.customer_id), same_person=True)
    assert states(plan(store, actor, file(twin, row))) == [RowState.ALREADY]
    assert states(plan(store, actor, file(anders, row))) == [RowState.ALREADY]
