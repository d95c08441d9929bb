"""Who turns into or out of an age group on 1 January, on the screen and in the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest

from mv import identity
from mv.access import Actor, Role
from mv.customers import Customer
from mv.errors import Forbidden
from mv.i18n import ENGLISH
from mv.memberships import EndReason
from mv.reimbursement.checks import new_year
from mv.reimbursement.checks.new_year import Count, Filters, GroupStatus
from tests.conftest import TODAY
from tests.contents import LOG, contents, logged, nothing_changes
from tests.reimbursement.checks.clinic import Clinic

EVERYBODY = Filters()
NORR = Actor("maj.lund", "Maj Lund", Role.LEAD, "norr")


def people(clinic: Clinic, filters: Filters = EVERYBODY, year: int = 2027, actor: Actor | None = None) -> list[tuple]:
    """Return whom the list has: customer, group and how it stands."""
    found = new_year.people(clinic.store, actor or clinic.actor, year, filters, limit=100)
    return [(person.customer.customer_id, person.group_code, person.status) for person in found]


def counted(clinic: Clinic, year: int = 2027, actor: Actor | None = None) -> dict[tuple[str, str], int]:
    """Return the counts that are not zero."""
    found = new_year.counts(clinic.store, actor or clinic.actor, year)
    return {(count.group_code, count.status): count.people for count in found if count.people}


def lines(chunks: Iterator[bytes]) -> list[list[str]]:
    text = b"".join(chunks).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:]), delimiter=";"))


@pytest.mark.parametrize(
    ("born", "turns"),
    [
        (date(1961, 12, 31), False),
        (date(1962, 1, 1), True),
        (date(1962, 12, 31), True),
        (date(1963, 1, 1), False),
    ],
)
def test_who_is_born_in_1962_turns_65_in_2027(clinic: Clinic, born: date, turns: bool) -> None:
    person = clinic.person(born)
    expected = [(person.customer_id, group, GroupStatus.LACKS) for group in ("65_plus", "pneumo_65_74")]
    assert people(clinic) == (expected if turns else [])


@pytest.mark.both_engines
def test_a_member_of_the_group_has_it_already_and_one_whose_row_ended_lacks_it(clinic: Clinic) -> None:
    member, former, mistaken = (clinic.person(date(1962, 5, 6)) for _ in range(3))
    row = clinic.group(member, "65_plus")
    clinic.remove(clinic.group(former, "65_plus"), EndReason.CEASED)
    clinic.remove(clinic.group(mistaken, "65_plus"), EndReason.WRONG)
    group = Filters("65_plus")
    assert dict((who, how) for who, _, how in people(clinic, group)) == {
        member.customer_id: GroupStatus.HAS,
        former.customer_id: GroupStatus.LACKS,
        mistaken.customer_id: GroupStatus.LACKS,
    }
    (person,) = new_year.people(clinic.store, clinic.actor, 2027, Filters("65_plus", GroupStatus.HAS), limit=9)
    assert (person.membership_id, person.valid_from, person.customer) == (row.membership_id, row.valid_from, member)


@pytest.mark.both_engines
def test_who_turned_75_this_year_is_to_leave_the_group_and_who_is_not_in_it_is_no_concern(clinic: Clinic) -> None:
    member = clinic.person(date(1951, 12, 31))
    clinic.group(member, "pneumo_75")
    other = clinic.person(date(1951, 12, 31))
    coming = clinic.person(date(1952, 1, 1))
    group = Filters("pneumo_75")
    assert people(clinic, group) == [
        (coming.customer_id, "pneumo_75", GroupStatus.LACKS),
        (member.customer_id, "pneumo_75", GroupStatus.ENDS),
    ]
    assert people(clinic, group, 2026) == [
        (other.customer_id, "pneumo_75", GroupStatus.LACKS),
        (member.customer_id, "pneumo_75", GroupStatus.HAS),
    ]
    assert people(clinic, group, 2028) == []


def test_a_group_that_takes_more_than_age_is_only_left(clinic: Clinic) -> None:
    member = clinic.person(date(1947, 3, 4))
    clinic.group(member, "covid_home_care")
    clinic.person(date(1962, 3, 4))
    assert people(clinic, Filters("covid_home_care")) == [(member.customer_id, "covid_home_care", GroupStatus.ENDS)]


def test_the_counts_the_list_and_the_file_tie_out(clinic: Clinic) -> None:
    for born in (date(1962, 1, 1), date(1962, 7, 8), date(1947, 2, 3), date(1951, 4, 5), date(1952, 6, 7)):
        clinic.person(born, name=f"Vilma Prov{'abcdefg'[clinic.people]}")
    member = clinic.person(date(1952, 6, 7), name="Moa Provmedlem")
    clinic.group(member, "pneumo_65_74")
    expected = {
        ("65_plus", GroupStatus.LACKS): 2,
        ("covid_80_plus", GroupStatus.LACKS): 1,
        ("pneumo_75", GroupStatus.LACKS): 2,
        ("pneumo_65_74", GroupStatus.LACKS): 2,
        ("pneumo_65_74", GroupStatus.ENDS): 1,
    }
    assert counted(clinic) == expected
    found = people(clinic)
    assert len(found) == sum(expected.values())
    for (group, status), number in expected.items():
        assert [row for row in found if row[1:] == (group, status)] == people(clinic, Filters(group, status))
        assert len(people(clinic, Filters(group, status))) == number
    rows = lines(new_year.csv_chunks(clinic.store, clinic.actor, 2027, EVERYBODY, ENGLISH))
    assert rows[0] == [
        "Identity number", "Customer", "Birth date", "Unit", "Group", "On 1 January", "Member since",
    ]  # fmt: skip
    assert len(rows) - 1 == sum(expected.values())
    assert rows[-1] == [
        identity.format_identity(member.identity, TODAY), "Moa Provmedlem", "1952-06-07", "Mottagning Norr",
        "Pneumococcal: 65–74 years", "turns out of the group, which is to end", "2026-01-01",
    ]  # fmt: skip


def test_counts_name_every_group_even_with_nobody(clinic: Clinic) -> None:
    assert Count("65_plus", GroupStatus.LACKS, 0) in new_year.counts(clinic.store, clinic.actor, 2027)
    assert people(clinic) == []
    assert len(lines(new_year.csv_chunks(clinic.store, clinic.actor, 2027, EVERYBODY))) == 1


def test_a_year_without_rules_moves_nobody(clinic: Clinic) -> None:
    clinic.person(date(1950, 1, 1))
    assert new_year.counts(clinic.store, clinic.actor, 2015) == []
    assert people(clinic, year=2015) == []
    assert len(lines(new_year.csv_chunks(clinic.store, clinic.actor, 2015, EVERYBODY))) == 1


def test_the_list_is_paged_by_birth_date_and_only_who_is_shown_is_logged(clinic: Clinic) -> None:
    found = [clinic.person(date(1962, 1, 1) + timedelta(days=30 * n)) for n in (3, 0, 2, 1)]
    in_order = [found[n].customer_id for n in (1, 3, 2, 0)]
    group = Filters("65_plus")
    first = new_year.people(clinic.store, clinic.actor, 2027, group, limit=2)
    assert [person.customer.customer_id for person in first] == in_order[:2]
    assert [entry["customer_id"] for entry in logged(clinic.store, "view_checks")] == sorted(in_order[:2])
    second = new_year.people(clinic.store, clinic.actor, 2027, group, limit=2, offset=2)
    assert [person.customer.customer_id for person in second] == in_order[2:]
    assert {entry["customer_id"] for entry in logged(clinic.store, "view_checks")} == set(in_order)


def test_counting_shows_nobody_and_is_not_logged(clinic: Clinic) -> None:
    clinic.person(date(1962, 1, 1))
    with nothing_changes(clinic.store):
        new_year.counts(clinic.store, clinic.actor, 2027)


@pytest.mark.both_engines
def test_only_customers_of_the_own_units_are_on_the_list(clinic: Clinic) -> None:
    here, there = clinic.person(date(1962, 1, 1)), clinic.person(date(1962, 1, 1), "soder")
    group = Filters("65_plus")
    assert people(clinic, group, actor=NORR) == [(here.customer_id, "65_plus", GroupStatus.LACKS)]
    assert counted(clinic, actor=NORR)["65_plus", GroupStatus.LACKS] == 1
    rows = lines(new_year.csv_chunks(clinic.store, NORR, 2027, group))
    assert [row[3] for row in rows[1:]] == ["Mottagning Norr"]
    assert there.customer_id in {who for who, _, _ in people(clinic, group)}


@pytest.mark.both_engines
def test_the_rules_of_the_units_region_count(clinic: Clinic) -> None:
    clinic.store.write(lambda tx: tx.execute("UPDATE unit SET region = 'Grannregionen' WHERE unit_id = 'soder'"))
    here, there = clinic.person(date(1962, 1, 1)), clinic.person(date(1962, 1, 1), "soder")
    group = Filters("65_plus")
    assert [who for who, _, _ in people(clinic, group)] == [here.customer_id]
    clinic.add_rule("flu_65_2024", region="Grannregionen")
    assert [who for who, _, _ in people(clinic, group)] == [here.customer_id, there.customer_id]


def test_a_member_with_two_rows_of_the_group_stands_once(clinic: Clinic) -> None:
    member = clinic.person(date(1947, 3, 4))
    clinic.add_rule("flu_staff_2022", age_to=79, age_unit="turns")
    clinic.change_rule("flu_staff_2022", removed=True)
    clinic.group(member, "staff", "home_care")
    clinic.group(member, "staff", "health_care")
    assert people(clinic, Filters("staff")) == [(member.customer_id, "staff", GroupStatus.ENDS)]


def test_the_file_is_logged_with_what_it_held_and_makes_formulas_harmless(clinic: Clinic) -> None:
    clinic.person(date(1962, 1, 1), name="=HYPERLINK(1) Ek")
    rows = lines(new_year.csv_chunks(clinic.store, NORR, 2027, Filters("65_plus")))
    assert rows[1][1] == "'=HYPERLINK(1) Ek"
    (entry,) = logged(clinic.store, "export_identities")
    assert (entry["user_id"], entry["customer_id"]) == ("maj.lund", None)
    born = ["1962-01-01/1962-12-31"]
    assert entry["detail"] == {
        "list": "new_year", "rows": 1, "identities": True, "units": ["norr"], "year": 2027, "born": born,
    }  # fmt: skip
    assert "1962" not in new_year.filename(2027)


def test_the_file_is_for_those_who_may_take_out_identity_numbers(clinic: Clinic) -> None:
    clinic.person(date(1962, 1, 1))
    for role, action in ((Role.COORDINATOR, "export_identities"), (Role.ANALYST, "view_checks")):
        who = Actor(f"kim.{role}", "Kim Ek", role, "norr")
        with nothing_changes(clinic.store, but=LOG), pytest.raises(Forbidden):
            new_year.csv_chunks(clinic.store, who, 2027, EVERYBODY)
        last = contents(clinic.store)["access_log"]
        assert [(row["action"], row["outcome"]) for row in last if row["user_id"] == who.user_id] == [
            (action, "refused")
        ]


def test_neither_repr_holds_a_number(clinic: Clinic) -> None:
    customer: Customer = clinic.person(date(1962, 1, 1))
    found = new_year.people(clinic.store, clinic.actor, 2027, EVERYBODY, limit=1)
    assert customer.identity[2:] not in repr(found)
