"""A file of users: its differences are told first, then it is saved whole or not at all."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest

from mv import invitations, user_files, users
from mv.access import EVERY_UNIT, Actor, Role
from mv.errors import Conflict, Invalid
from mv.i18n import ENGLISH, explain
from mv.store import Store
from mv.tabular_files import reading
from mv.user_files import Difference, Plan
from mv.user_units import UserUnit
from tests.contents import logged, nothing_changes, refused

ADMIN = Actor("ada.min", "Ada Min", Role.ADMINISTRATOR, "")
HEADINGS = "Användare;E-post;Namn;Roll;Enheter;Första dag;Sista dag"
WHOLE = (
    "kim;;Kim Ek;Koordinator;Mottagning Norr, soder;;",
    "bea;;Bea Min;administratör;;;",
    ";Eva.Ek@example.org;Eva Ek;Verksamhetschef;norr;2026-12-01;2027-05-31",
    ";eva.ek@example.org;Eva Ek;lead;*;;",
)


def preview(store: Store, *rows: str, headings: str = HEADINGS) -> Plan:
    table = reading.read_table(BytesIO("\n".join([headings, *rows]).encode()))
    return user_files.preview(store, ADMIN, table, user_files.guess_columns(table))


def save(store: Store, *rows: str, seen: Plan | None = None) -> Plan:
    table = reading.read_table(BytesIO("\n".join([HEADINGS, *rows]).encode()))
    columns = user_files.guess_columns(table)
    return user_files.save(store, ADMIN, table, columns, seen or user_files.preview(store, ADMIN, table, columns))


def told(plan: Plan) -> list[tuple[str, Difference]]:
    return [(user.label, user.difference) for user in plan.users]


def problems(plan: Plan) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, explain(each.error, ENGLISH)) for each in plan.problems]


@pytest.mark.both_engines
def test_users_are_decided_about_and_invited_all_at_once(store: Store) -> None:
    with nothing_changes(store):
        plan = preview(store, *WHOLE)
    new = Difference.NEW
    assert told(plan) == [("kim", new), ("bea", new), ("eva.ek@example.org", new)]
    assert plan.problems == ()
    save(store, *WHOLE)
    kim, bea = users.get(store, "kim"), users.get(store, "bea")
    assert kim is not None and bea is not None
    assert (kim.name, kim.role, kim.units) == ("Kim Ek", Role.COORDINATOR, {"norr", "soder"})
    assert (bea.role, bea.decided_units) == (Role.ADMINISTRATOR, None)
    (eva,) = invitations.open_invitations(store, ADMIN)
    assert (eva.name, eva.role) == ("Eva Ek", Role.LEAD)
    assert eva.units == {UserUnit("norr", date(2026, 12, 1), date(2027, 5, 31)), UserUnit(EVERY_UNIT)}
    assert len(logged(store, "change_user")) == 3


def test_the_same_file_again_changes_nothing(store: Store) -> None:
    save(store, *WHOLE)
    with nothing_changes(store):
        plan = save(store, *WHOLE)
    assert [user.difference for user in plan.users] == [Difference.SAME] * 3


def test_what_differs_is_changed_and_who_is_not_in_the_file_stays(store: Store) -> None:
    save(store, *WHOLE)
    users.record_sign_in(store, "eva", "Eva Ek", email="eva.ek@example.org")
    changed = ("kim;;Kim Ek;lead;norr;;2026-12-31", ";eva.ek@example.org;;analyst;soder;;")
    plan = save(store, *changed)
    assert told(plan) == [("kim", Difference.CHANGED), ("eva", Difference.CHANGED)]
    kim, eva, bea = (users.get(store, user_id) for user_id in ("kim", "eva", "bea"))
    assert kim is not None and eva is not None and bea is not None
    assert (kim.role, kim.decided_units) == (Role.LEAD, {UserUnit("norr", None, date(2026, 12, 31))})
    assert (eva.role, eva.units) == (Role.ANALYST, {"soder"})
    assert bea.role == Role.ADMINISTRATOR


def test_who_is_blocked_stays_blocked(store: Store) -> None:
    users.assign_rights(store, ADMIN, "kim", 0, Role.LEAD, {"norr"}, blocked=True)
    save(store, "kim;;;analyst;soder;;")
    kim = users.get(store, "kim")
    assert kim is not None
    assert (kim.blocked, kim.decided_role) == (True, Role.ANALYST)


FAULTS: list[tuple[str, str, str]] = [
    ("kim;;;owner;norr;;", "Roll", "“owner” is no role. The roles are coordinator, analyst, lead, administrator."),
    ("kim;;;lead;nor;;", "Enheter", "There is no unit “nor”. Did you mean: norr?"),
    ("kim;;;lead;norr;igår;", "Första dag", "“igår” is no day. Write it like 2026-11-22."),
    ("kim;;;lead;norr;2026-12-31;2026-12-01", "Sista dag", "The last day is before the first. Change one of them."),
    ("kim;;;lead;;2026-12-31;", "Enheter", "Days are those of units: write a unit too."),
    (";eva;;lead;norr;;", "E-post", "Write an e-mail address, such as eva.ek@example.org."),
    ("kim;eva@example.org;;lead;norr;;", "E-post", "Write either the user or the e-mail, not both."),
    (";;Eva;lead;norr;;", "Användare", "Write the user or the e-mail."),
    (";eva@example.org;;;norr;;", "Roll", "Choose the role of whoever is invited."),
    ("=1+1;;;lead;norr;;", "Användare", "The cell holds a formula. Write the value itself."),
    ("ok;;;analyst;soder;;", "Roll", "The same user has another role in row 2."),
    ("ok;;;lead;norr;;", "Enheter", "The same user and unit stand in row 2 already."),
    (
        "ada.min;;;lead;norr;;",
        "Roll",
        "You cannot take the right to decide about users from yourself. Ask another administrator.",
    ),
]


@pytest.mark.parametrize(("row", "column", "says"), FAULTS)
def test_a_fault_is_told_by_row_and_column_and_nothing_is_saved(store: Store, row: str, column: str, says: str) -> None:
    users.assign_rights(store, ADMIN, "ada.min", 0, Role.ADMINISTRATOR, None)
    ok = "ok;;;lead;norr;;"
    assert problems(preview(store, ok, row)) == [(3, column, says)]
    with refused(store, Invalid, "The file has problems, so nothing was saved."):
        save(store, ok, row)


def test_a_file_without_the_columns_that_are_needed_is_refused(store: Store) -> None:
    with refused(store, Invalid, "The file needs a column with the user or with the e-mail."):
        preview(store, "Eva;lead", headings="Namn;Roll")
    with refused(store, Invalid, "The file needs a column with the role."):
        preview(store, "eva;norr", headings="Användare;Enhet")


def test_what_became_otherwise_since_the_preview_is_not_saved(store: Store) -> None:
    seen = preview(store, *WHOLE)
    users.assign_rights(store, ADMIN, "kim", 0, Role.LEAD, {"norr"})
    says = "Users were changed since the file was looked at. Nothing was saved; look at it again."
    with refused(store, Conflict, says):
        save(store, *WHOLE, seen=seen)
