from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import customers, deaths, identity_changes, memberships
from mv.access import Actor
from mv.customers import Customer
from mv.errors import Conflict, Invalid, MvError, NotFound
from mv.memberships import EndReason, Entry, Membership, counting_on, likely_end_reason, overlap
from mv.store import Store
from tests.conftest import TODAY, SetClock, invented_number, tries
from tests.contents import logged, nothing_changes, refused

NOON = datetime(2026, 11, 22, 12)
DAY = timedelta(days=1)
AUTUMN = date(2026, 9, 1)
ANDERS_BORN = date(1946, 3, 12)


def entry(first: date = AUTUMN, last: date | None = None, group: str = "65_plus", subgroup: str | None = None) -> Entry:
    return Entry(group, subgroup, first, last)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def rows_of(store: Store, customer: Customer) -> list[Membership]:
    with store.read() as tx:
        return memberships.read(tx, customer.customer_id)


ROW = Membership(1, 1, "65_plus", None, AUTUMN, None, "norr", NOON, "karin.holm", None, None, None, 1)
ENDED = replace(ROW, valid_to=date(2026, 10, 31), ended_at=NOON, ended_by="karin.holm", ended_reason="ceased")


# Add


def test_adding_a_group_keeps_the_row_its_first_change_and_a_log_entry(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry(group="frailty", subgroup="home_care"))

    assert row == Membership(
        membership_id=row.membership_id,
        customer_id=anders.customer_id,
        group_code="frailty",
        subgroup_code="home_care",
        valid_from=AUTUMN,
        valid_to=None,
        unit_id="norr",
        registered_at=NOON,
        registered_by="karin.holm",
        ended_at=None,
        ended_by=None,
        ended_reason=None,
        version=1,
    )
    assert row.active
    assert logged(store, "add_group") == [
        {
            "logged_at": NOON,
            "user_id": "karin.holm",
            "unit_id": "norr",
            "action": "add_group",
            "customer_id": anders.customer_id,
            "detail": {"membership": row.membership_id, "version": 1, "change": "added"},
        }
    ]
    assert memberships.of_customer(store, actor, anders.customer_id) == [row]
    assert memberships.changes(store, actor, anders.customer_id) == [
        memberships.Change(
            row.membership_id, 1, "added", NOON, "karin.holm", "frailty", "home_care", AUTUMN, None, None
        )
    ]


def test_a_period_that_is_over_is_added_as_inactive(store: Store, actor: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry(last=date(2026, 10, 31)))
    assert not row.active
    assert (row.valid_from, row.valid_to) == (AUTUMN, date(2026, 10, 31))
    assert (row.ended_at, row.ended_by, row.ended_reason) == (NOON, "karin.holm", EndReason.CEASED)
    (change,) = memberships.changes(store, actor, anders.customer_id)
    assert (change.change, change.valid_to, change.ended_reason) == ("added", date(2026, 10, 31), "ceased")


def test_a_period_may_be_one_day_long_and_begin_or_end_today(store: Store, actor: Actor, anders: Customer) -> None:
    assert not memberships.add(store, actor, anders.customer_id, entry(TODAY, TODAY)).active
    assert memberships.add(store, actor, anders.customer_id, entry(TODAY, group="frailty")).active


def test_today_is_the_day_in_stockholm(store: Store, clock: SetClock, actor: Actor, anders: Customer) -> None:
    clock.now = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)
    with refused(store, Invalid, "The group cannot start after today, 2026-11-22."):
        memberships.add(store, actor, anders.customer_id, entry(TODAY + DAY))
    clock.now = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert memberships.add(store, actor, anders.customer_id, entry(TODAY + DAY)).valid_from == TODAY + DAY


COVID_PHASE = "Covid-19: vaccination by phase"
CANNOT_BE = {
    "starts tomorrow": (entry(TODAY + DAY), "The group cannot start after today, 2026-11-22."),
    "starts before birth": (entry(ANDERS_BORN - DAY), "The group cannot start before the customer was born."),
    "ends tomorrow": (entry(last=TODAY + DAY), "The last day cannot be after today, 2026-11-22."),
    "ends before it begins": (entry(last=AUTUMN - DAY), "The last day is before the first. Change one of them."),
    "unknown group": (entry(group="65plus"), "There is no group with the code 65plus."),
    "no group": (entry(group=""), "There is no group with the code ."),
    "unknown subgroup": (
        entry(group="frailty", subgroup="care"),
        "The group Frailty has no subgroup with the code care.",
    ),
    "subgroup of another group": (
        entry(subgroup="home_care"),
        "The group 65 years and older has no subgroup with the code home_care.",
    ),
    "subgroup without a code": (
        entry(subgroup=""),
        "The group 65 years and older has no subgroup with the code .",
    ),
    "group not in use yet": (
        entry(date(2019, 12, 31)),
        "65 years and older was not in use on 2019-12-31. Choose another group or day.",
    ),
    "group not in use any more": (
        entry(date(2022, 8, 1), group="covid_phase"),
        f"{COVID_PHASE} was not in use on 2026-11-22. Choose another group or day.",
    ),
    "group not in use to the last day": (
        entry(date(2022, 8, 1), date(2022, 9, 1), group="covid_phase"),
        f"{COVID_PHASE} was not in use on 2022-09-01. Choose another group or day.",
    ),
    "subgroup not in use yet": (
        entry(date(2021, 1, 31), date(2021, 6, 1), group="covid_phase", subgroup="phase_2"),
        f"{COVID_PHASE} – Phase 2 was not in use on 2021-01-31. Choose another group or day.",
    ),
}


def test_what_cannot_be_is_not_added(store: Store, actor: Actor, anders: Customer) -> None:
    for wrong, says in CANNOT_BE.values():
        with refused(store, Invalid, says):
            memberships.add(store, actor, anders.customer_id, wrong)


def test_a_group_may_start_on_the_day_of_birth(store: Store, actor: Actor) -> None:
    born = date(2026, 3, 5)
    child = customers.register(store, actor, invented_number(born), "Elsa", "Lund", "norr")
    with refused(store, Invalid, "The group cannot start before the customer was born."):
        memberships.add(store, actor, child.customer_id, entry(born - DAY, group="medical_risk"))
    assert memberships.add(store, actor, child.customer_id, entry(born, group="medical_risk")).valid_from == born


def test_a_group_that_was_in_use_all_the_period_can_be_added_afterwards(
    store: Store, actor: Actor, anders: Customer
) -> None:
    phase_2 = entry(date(2021, 2, 1), date(2022, 8, 31), group="covid_phase", subgroup="phase_2")
    assert memberships.add(store, actor, anders.customer_id, phase_2).valid_to == date(2022, 8, 31)


def test_an_unknown_customer_gets_no_group(store: Store, actor: Actor, anders: Customer) -> None:
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        memberships.add(store, actor, anders.customer_id + 1, entry())


ALREADY_IN = "The customer is in the group {choice} already, since {first}. Nothing was saved."
WAS_IN = (
    "The customer was in the group {choice} from {first} to {last} already."
    " Undo that removal, adjust that row, or choose days outside its period."
)
SIXTY_FIVE = "65 years and older"


def test_a_group_that_overlaps_an_active_row_of_the_same_group_is_not_added(
    store: Store, actor: Actor, anders: Customer
) -> None:
    memberships.add(store, actor, anders.customer_id, entry())
    says = ALREADY_IN.format(choice=SIXTY_FIVE, first=AUTUMN)
    for again in (entry(), entry(TODAY), entry(date(2026, 1, 1)), entry(date(2026, 1, 1), AUTUMN), entry(TODAY, TODAY)):
        with refused(store, Conflict, says):
            memberships.add(store, actor, anders.customer_id, again)
    assert memberships.add(store, actor, anders.customer_id, entry(date(2026, 1, 1), AUTUMN - DAY)).ended_reason


def test_a_group_that_overlaps_an_ended_row_of_the_same_group_is_not_added(
    store: Store, actor: Actor, anders: Customer
) -> None:
    last = date(2026, 10, 31)
    memberships.add(store, actor, anders.customer_id, entry(last=last, group="frailty", subgroup="home_care"))
    says = WAS_IN.format(choice="Frailty – Home care", first=AUTUMN, last=last)
    for first, end in ((last, None), (date(2026, 1, 1), None), (last, TODAY), (date(2026, 1, 1), AUTUMN)):
        with refused(store, Conflict, says):
            memberships.add(store, actor, anders.customer_id, entry(first, end, "frailty", "home_care"))
    assert memberships.add(store, actor, anders.customer_id, entry(last + DAY, None, "frailty", "home_care")).active


def test_other_subgroups_and_other_customers_do_not_stand_in_the_way(
    store: Store, actor: Actor, anders: Customer
) -> None:
    other = customers.register(store, actor, invented_number(ANDERS_BORN, 982), "Anna", "Karlsson", "norr")
    wanted = [
        entry(group="staff"),
        entry(group="staff", subgroup="care_home"),
        entry(group="staff", subgroup="home_care"),
    ]
    for customer in (anders, other):
        for one in wanted:
            memberships.add(store, actor, customer.customer_id, one)
    assert len([row for row in rows_of(store, anders) if row.active]) == len(wanted)


def test_a_row_that_was_wrong_does_not_stand_in_the_way(store: Store, actor: Actor, anders: Customer) -> None:
    wrong = memberships.add(store, actor, anders.customer_id, entry())
    memberships.remove(store, actor, wrong.membership_id, 1, EndReason.WRONG)
    assert memberships.add(store, actor, anders.customer_id, entry()).active


# Adjust


def test_adjusting_corrects_the_row_in_place_and_keeps_what_it_was(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    clock.now += timedelta(days=1)
    wanted = entry(date(2026, 9, 15), group="frailty", subgroup="home_care")
    adjusted = memberships.adjust(store, colleague, row.membership_id, 1, wanted)

    assert adjusted == replace(
        row, group_code="frailty", subgroup_code="home_care", valid_from=date(2026, 9, 15), version=2
    )
    assert rows_of(store, anders) == [adjusted]
    after, before = memberships.changes(store, actor, anders.customer_id)
    assert (before.change, before.changed_by, before.changed_at) == ("added", "karin.holm", NOON)
    assert (before.group_code, before.subgroup_code, before.valid_from) == ("65_plus", None, AUTUMN)
    assert (after.change, after.changed_by, after.changed_at) == ("adjusted", "samir.haddad", NOON + DAY)
    assert (after.group_code, after.subgroup_code, after.valid_from) == ("frailty", "home_care", date(2026, 9, 15))
    assert [(e["user_id"], e["unit_id"], e["customer_id"], e["detail"]) for e in logged(store, "adjust_group")] == [
        (
            "samir.haddad",
            "soder",
            anders.customer_id,
            {"membership": row.membership_id, "version": 2, "change": "adjusted"},
        )
    ]


def test_an_active_row_stays_active_when_it_is_adjusted(store: Store, actor: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    assert memberships.adjust(store, actor, row.membership_id, 1, entry(TODAY, last=TODAY)).active


def test_the_period_of_an_ended_row_can_be_corrected(store: Store, actor: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry(last=date(2026, 10, 31)))
    wanted = entry(date(2026, 10, 1), date(2026, 10, 15))
    adjusted = memberships.adjust(store, actor, row.membership_id, 1, wanted)
    assert adjusted == replace(row, valid_from=date(2026, 10, 1), valid_to=date(2026, 10, 15), version=2)
    with refused(store, Invalid, "Give the last day of the period."):
        memberships.adjust(store, actor, row.membership_id, 2, entry())


def test_what_cannot_be_is_no_adjustment(store: Store, actor: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry(last=date(2026, 10, 31)))
    active = memberships.add(store, actor, anders.customer_id, entry(group="pneumo_65_74"))
    for wrong, says in CANNOT_BE.values():
        if wrong.group_code == "65_plus" and wrong.valid_from.year == 2019:
            continue  # the row's own group, in a test of its own
        if wrong.valid_to is None:
            with refused(store, Invalid, says):
                memberships.adjust(store, actor, active.membership_id, 1, wrong)
        else:
            with refused(store, Invalid, says):
                memberships.adjust(store, actor, row.membership_id, 1, wrong)


def test_an_adjustment_may_not_overlap_another_row_of_the_same_group_but_its_own(
    store: Store, actor: Actor, anders: Customer
) -> None:
    ended = memberships.add(store, actor, anders.customer_id, entry(last=date(2026, 9, 30)))
    active = memberships.add(store, actor, anders.customer_id, entry(date(2026, 10, 15)))
    says = ALREADY_IN.format(choice=SIXTY_FIVE, first=date(2026, 10, 15))
    with refused(store, Conflict, says):
        memberships.adjust(store, actor, ended.membership_id, 1, entry(last=date(2026, 10, 15)))
    with refused(store, Conflict, WAS_IN.format(choice=SIXTY_FIVE, first=AUTUMN, last=date(2026, 9, 30))):
        memberships.adjust(store, actor, active.membership_id, 1, entry(date(2026, 9, 30)))
    assert memberships.adjust(store, actor, ended.membership_id, 1, entry(last=date(2026, 10, 14))).version == 2
    assert memberships.adjust(store, actor, active.membership_id, 1, entry(date(2026, 10, 20))).version == 2


def test_a_row_that_was_wrong_may_be_adjusted_to_days_of_another(store: Store, actor: Actor, anders: Customer) -> None:
    wrong = memberships.add(store, actor, anders.customer_id, entry(TODAY))
    wrong = memberships.remove(store, actor, wrong.membership_id, 1, EndReason.WRONG)
    memberships.add(store, actor, anders.customer_id, entry(TODAY))
    adjusted = memberships.adjust(store, actor, wrong.membership_id, 2, entry(AUTUMN, TODAY))
    assert (adjusted.valid_from, adjusted.ended_reason) == (AUTUMN, "wrong")


@pytest.fixture
def old(store: Store, clock: SetClock, actor: Actor, anders: Customer) -> Membership:
    """An active row, registered in 2021, of a group that has not been in use since 2022-08-31."""
    clock.now = noon(date(2021, 6, 1))
    row = memberships.add(
        store, actor, anders.customer_id, entry(date(2021, 3, 1), group="covid_phase", subgroup="phase_2")
    )
    clock.now = noon(TODAY)
    return row


def test_an_old_row_of_a_group_no_longer_in_use_can_be_adjusted_removed_and_restored(
    store: Store, actor: Actor, old: Membership
) -> None:
    wanted = entry(date(2021, 4, 1), group="covid_phase", subgroup="phase_2")
    row = memberships.adjust(store, actor, old.membership_id, 1, wanted)
    row = memberships.remove(store, actor, row.membership_id, row.version)
    row = memberships.adjust(store, actor, row.membership_id, row.version, replace(wanted, valid_to=date(2022, 8, 31)))
    assert (row.valid_from, row.valid_to) == (date(2021, 4, 1), date(2022, 8, 31))
    assert memberships.restore(store, actor, row.membership_id, row.version).active


def test_a_row_of_a_group_no_longer_in_use_becomes_active_again_on_the_day_of_its_removal_alone(
    store: Store, clock: SetClock, actor: Actor, old: Membership
) -> None:
    removed = memberships.remove(store, actor, old.membership_id, 1)
    back = memberships.restore(store, actor, old.membership_id, removed.version)
    removed = memberships.remove(store, actor, old.membership_id, back.version)
    clock.now += DAY
    says = f"{COVID_PHASE} – Phase 2 was not in use on {TODAY + DAY}. Choose another group or day."
    with refused(store, Invalid, says):
        memberships.restore(store, actor, old.membership_id, removed.version)
    wanted = entry(date(2021, 4, 1), date(2022, 8, 31), group="covid_phase", subgroup="phase_2")
    ended = memberships.adjust(store, actor, old.membership_id, removed.version, wanted)
    with refused(store, Invalid, says):
        memberships.restore(store, actor, old.membership_id, ended.version)
    for reason in (EndReason.WRONG, EndReason.CEASED):  # its days stay as they were
        ended = memberships.set_end_reason(store, actor, old.membership_id, ended.version, reason)


def assert_does_not_count_again(store: Store, actor: Actor, wrong: Membership, says: str) -> None:
    """Check that the row can neither be restored nor be said to have ceased."""
    with nothing_changes(store), pytest.raises(MvError, match=says):
        memberships.restore(store, actor, wrong.membership_id, wrong.version)
    with nothing_changes(store), pytest.raises(MvError, match=says):
        memberships.set_end_reason(store, actor, wrong.membership_id, wrong.version, EndReason.CEASED)


def test_a_row_that_was_wrong_does_not_count_again_before_the_birth_date_of_another_number(
    store: Store, actor: Actor
) -> None:
    kim = customers.register(store, actor, "19810829M071", "Kim", "Räv", "norr", date(1981, 8, 29))
    row = memberships.add(store, actor, kim.customer_id, entry(date(2022, 1, 1), group="medical_risk"))
    wrong = memberships.remove(store, actor, row.membership_id, 1, EndReason.WRONG)
    number = invented_number(date(2023, 5, 5))
    identity_changes.change(store, actor, kim.customer_id, number, kim.identity, other_birth_date=True)
    assert_does_not_count_again(store, actor, wrong, "before the customer was born")


def test_a_row_that_was_wrong_does_not_count_again_after_the_death(
    store: Store, actor: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry(TODAY - DAY))
    wrong = memberships.remove(store, actor, row.membership_id, 1, EndReason.WRONG)
    deaths.record(store, actor, anders.customer_id, TODAY - 2 * DAY)
    assert_does_not_count_again(store, actor, wrong, "died on")


def test_an_old_row_does_not_get_another_group_that_is_no_longer_in_use(
    store: Store, actor: Actor, old: Membership
) -> None:
    with refused(store, Invalid, f"{COVID_PHASE} – Phase 1 was not in use on 2026-11-22. Choose another group or day."):
        wanted = entry(date(2021, 4, 1), group="covid_phase", subgroup="phase_1")
        memberships.adjust(store, actor, old.membership_id, 1, wanted)


def test_a_row_is_not_adjusted_to_begin_or_end_when_its_group_was_not_in_use(
    store: Store, actor: Actor, old: Membership
) -> None:
    def adjust(version: int, first: date, last: date | None = None) -> Membership:
        wanted = entry(first, last, "covid_phase", "phase_2")
        return memberships.adjust(store, actor, old.membership_id, version, wanted)

    says = f"{COVID_PHASE} – Phase 2 was not in use on {{day}}. Choose another group or day."
    for first in (date(2021, 1, 31), date(2022, 9, 1), TODAY - DAY, TODAY):
        with refused(store, Invalid, says.format(day=first)):
            adjust(1, first)
    memberships.remove(store, actor, old.membership_id, 1, EndReason.CEASED)
    for last in (date(2022, 9, 1), TODAY - DAY):
        with refused(store, Invalid, says.format(day=last)):
            adjust(2, old.valid_from, last)
    with refused(store, Invalid, says.format(day=TODAY)):
        adjust(2, TODAY, TODAY)
    assert adjust(2, date(2022, 8, 31), TODAY).valid_to == TODAY  # as it was: it was removed today
    assert adjust(3, date(2022, 8, 31), date(2022, 8, 31)).valid_to == date(2022, 8, 31)


# Remove, say why, restore


def test_removing_makes_the_row_inactive_with_today_as_its_last_day(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    clock.now += timedelta(days=3)
    removed = memberships.remove(store, colleague, row.membership_id, 1)

    assert removed == replace(
        row,
        valid_to=TODAY + 3 * DAY,
        ended_at=NOON + 3 * DAY,
        ended_by="samir.haddad",
        ended_reason=EndReason.CEASED,
        version=2,
    )
    assert not removed.active
    assert rows_of(store, anders) == [removed]
    last, first = memberships.changes(store, actor, anders.customer_id)
    assert (first.change, first.valid_to, first.ended_reason) == ("added", None, None)
    assert (last.change, last.valid_to, last.ended_reason) == ("removed", TODAY + 3 * DAY, "ceased")
    assert [(e["user_id"], e["detail"]["change"]) for e in logged(store, "remove_group")] == [
        ("samir.haddad", "removed")
    ]
    with refused(store, Conflict, "The group is removed already."):
        memberships.remove(store, actor, row.membership_id, 2)


def test_a_row_registered_today_was_usually_wrong_and_an_older_one_usually_ceased() -> None:
    winter = replace(ROW, registered_at=datetime(2026, 11, 21, 23, 0))  # midnight in Stockholm
    assert likely_end_reason(winter, date(2026, 11, 22)) == EndReason.WRONG
    assert likely_end_reason(winter, date(2026, 11, 23)) == EndReason.CEASED
    summer = replace(ROW, registered_at=datetime(2026, 6, 30, 21, 59))  # a minute before midnight
    assert likely_end_reason(summer, date(2026, 6, 30)) == EndReason.WRONG
    assert likely_end_reason(summer, date(2026, 7, 1)) == EndReason.CEASED


def test_without_a_reason_the_usual_one_is_kept_and_a_given_one_otherwise(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    def removed(reason: EndReason | None, later: timedelta) -> str | None:
        clock.now = noon(TODAY)
        row = memberships.add(store, actor, anders.customer_id, entry(TODAY))
        clock.now += later
        row = memberships.remove(store, actor, row.membership_id, 1, reason)
        memberships.set_end_reason(store, actor, row.membership_id, 2, EndReason.WRONG)  # out of the next one's way
        return row.ended_reason

    assert removed(None, timedelta(hours=10)) == EndReason.WRONG
    assert removed(None, timedelta(hours=11)) == EndReason.CEASED
    assert removed(EndReason.CEASED, timedelta()) == EndReason.CEASED
    assert removed(EndReason.WRONG, timedelta(days=5)) == EndReason.WRONG


def test_the_reason_can_be_changed_both_ways(store: Store, actor: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    with refused(store, Conflict, "The group is active; remove it first."):
        memberships.set_end_reason(store, actor, row.membership_id, 1, EndReason.CEASED)
    removed = memberships.remove(store, actor, row.membership_id, 1)
    ceased = memberships.set_end_reason(store, actor, row.membership_id, 2, EndReason.CEASED)
    wrong = memberships.set_end_reason(store, actor, row.membership_id, 3, EndReason.WRONG)
    assert [removed.ended_reason, ceased.ended_reason, wrong.ended_reason] == ["wrong", "ceased", "wrong"]
    assert ceased == replace(removed, ended_reason="ceased", version=3)
    changes = memberships.changes(store, actor, anders.customer_id)
    assert [(c.version, c.change, c.ended_reason) for c in changes] == [
        (4, "reason", "wrong"),
        (3, "reason", "ceased"),
        (2, "removed", "wrong"),
        (1, "added", None),
    ]
    assert [e["detail"]["change"] for e in logged(store, "remove_group")] == ["removed", "reason", "reason"]


def test_a_row_does_not_count_after_all_on_days_on_which_another_one_counts(
    store: Store, actor: Actor, anders: Customer
) -> None:
    wrong = memberships.add(store, actor, anders.customer_id, entry())
    memberships.remove(store, actor, wrong.membership_id, 1, EndReason.WRONG)
    right = memberships.add(store, actor, anders.customer_id, entry(TODAY))
    with refused(store, Conflict, ALREADY_IN.format(choice=SIXTY_FIVE, first=TODAY)):
        memberships.set_end_reason(store, actor, wrong.membership_id, 2, EndReason.CEASED)
    memberships.remove(store, actor, right.membership_id, 1, EndReason.CEASED)
    with refused(store, Conflict, WAS_IN.format(choice=SIXTY_FIVE, first=TODAY, last=TODAY)):
        memberships.set_end_reason(store, actor, wrong.membership_id, 2, EndReason.CEASED)


def test_a_removal_can_be_undone(store: Store, actor: Actor, colleague: Actor, anders: Customer) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    with refused(store, Conflict, "The group is active already."):
        memberships.restore(store, actor, row.membership_id, 1)
    for n, reason in enumerate(EndReason):
        removed = memberships.remove(store, actor, row.membership_id, 1 + 2 * n, reason)
        assert memberships.restore(store, colleague, row.membership_id, removed.version) == replace(
            row, version=3 + 2 * n
        )
    change = memberships.changes(store, actor, anders.customer_id)[0]
    assert (change.change, change.changed_by, change.valid_to, change.ended_reason) == (
        "restored",
        "samir.haddad",
        None,
        None,
    )
    assert [e["detail"]["version"] for e in logged(store, "restore_group")] == [3, 5]
    with refused(store, Conflict, ALREADY_IN.format(choice=SIXTY_FIVE, first=AUTUMN)):
        memberships.add(store, actor, anders.customer_id, entry())


def test_a_removal_is_not_undone_when_the_same_group_was_added_meanwhile(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    memberships.remove(store, actor, row.membership_id, 1, EndReason.CEASED)
    clock.now += DAY
    added = memberships.add(store, colleague, anders.customer_id, entry(TODAY + DAY))
    with refused(store, Conflict, ALREADY_IN.format(choice=SIXTY_FIVE, first=TODAY + DAY)):
        memberships.restore(store, actor, row.membership_id, 2)
    memberships.remove(store, colleague, added.membership_id, 1, EndReason.CEASED)
    with refused(store, Conflict, WAS_IN.format(choice=SIXTY_FIVE, first=TODAY + DAY, last=TODAY + DAY)):
        memberships.restore(store, actor, row.membership_id, 2)
    memberships.set_end_reason(store, colleague, added.membership_id, 2, EndReason.WRONG)
    assert memberships.restore(store, actor, row.membership_id, 2).active


# Two at once


def test_a_change_of_a_row_that_someone_else_changed_names_who_and_when(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    row = memberships.add(store, actor, anders.customer_id, entry())
    clock.now = datetime(2026, 11, 22, 13, 5, 59, tzinfo=UTC)
    memberships.adjust(store, colleague, row.membership_id, 1, entry(TODAY))
    clock.now = datetime(2026, 11, 22, 15, tzinfo=UTC)
    says = "samir.haddad changed this group at 2026-11-22 14:05. It is shown as it is now; nothing was overwritten."
    with refused(store, Conflict, says):
        memberships.adjust(store, actor, row.membership_id, 1, entry())
    with refused(store, Conflict, says):
        memberships.remove(store, actor, row.membership_id, 1)
    memberships.remove(store, colleague, row.membership_id, 2)
    says = says.replace("14:05", "16:00")
    with refused(store, Conflict, says):
        memberships.restore(store, actor, row.membership_id, 2)
    with refused(store, Conflict, says):
        memberships.set_end_reason(store, actor, row.membership_id, 2, EndReason.CEASED)


def test_a_row_that_does_not_exist_is_not_changed(store: Store, actor: Actor, anders: Customer) -> None:
    says = "The group row does not exist. Open the customer anew."
    with refused(store, NotFound, says):
        memberships.adjust(store, actor, 999, 1, entry())
    with refused(store, NotFound, says):
        memberships.remove(store, actor, 999, 1)
    with refused(store, NotFound, says):
        memberships.restore(store, actor, 999, 1)
    with refused(store, NotFound, says):
        memberships.set_end_reason(store, actor, 999, 1, EndReason.WRONG)


# Read


def test_active_rows_come_first_then_the_ended_ones_the_latest_first(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    for group, last in (("staff", date(2026, 9, 30)), ("frailty", None), ("pneumo_75", TODAY), ("65_plus", None)):
        memberships.add(store, actor, anders.customer_id, entry(last=last, group=group))
        clock.now += timedelta(minutes=1)
    rows = memberships.of_customer(store, actor, anders.customer_id)
    assert [row.group_code for row in rows] == ["frailty", "65_plus", "pneumo_75", "staff"]
    memberships.adjust(store, actor, rows[0].membership_id, 1, entry(TODAY, group="frailty"))
    changes = memberships.changes(store, actor, anders.customer_id)
    assert [change.group_code for change in changes] == ["frailty", "65_plus", "pneumo_75", "frailty", "staff"]


def test_a_look_at_the_groups_is_logged_once_in_ten_minutes(
    store: Store, clock: SetClock, actor: Actor, anders: Customer
) -> None:
    memberships.of_customer(store, actor, anders.customer_id)
    clock.now += timedelta(minutes=9)
    with nothing_changes(store):
        memberships.of_customer(store, actor, anders.customer_id)
        memberships.changes(store, actor, anders.customer_id)
    clock.now += timedelta(minutes=1)
    memberships.changes(store, actor, anders.customer_id)
    looks = logged(store, "view_groups")
    assert [(e["logged_at"], e["customer_id"]) for e in looks] == [
        (NOON, anders.customer_id),
        (NOON + timedelta(minutes=10), anders.customer_id),
    ]


# What counts


def test_a_row_that_ceased_counts_on_both_end_days_and_on_no_other() -> None:
    days = [AUTUMN - DAY, AUTUMN, date(2026, 10, 31), date(2026, 11, 1)]
    assert [ENDED.counts_on(day) for day in days] == [False, True, True, False]


def test_an_active_row_counts_from_its_first_day_on() -> None:
    assert [ROW.counts_on(day) for day in (AUTUMN - DAY, AUTUMN, TODAY)] == [False, True, True]


def test_a_row_that_was_wrong_counts_on_no_day() -> None:
    wrong = replace(ENDED, ended_reason="wrong")
    assert not any(wrong.counts_on(day) for day in (AUTUMN, date(2026, 10, 1), date(2026, 10, 31)))
    assert counting_on([wrong, ENDED, ROW], AUTUMN) == [ENDED, ROW]


# Periods in general

ZERO = date(2026, 11, 1)
LATEST = 12


@dataclass(frozen=True)
class Days:
    """A period, within a fortnight so that two of them often meet."""

    valid_from: date
    valid_to: date | None


def day_set(period: Days | Membership | Entry, today: date) -> set[date]:
    """Return the period day by day, an open one to ``today``."""
    last = period.valid_to or today
    return {period.valid_from + n * DAY for n in range((last - period.valid_from).days + 1)}


days = st.integers(0, LATEST).map(lambda n: ZERO + n * DAY)
open_periods = days.map(lambda first: Days(first, None))
closed_periods = st.tuples(days, days).map(lambda pair: Days(min(pair), max(pair)))
periods = open_periods | closed_periods


@given(periods, periods)
def test_periods_overlap_when_they_have_a_day_in_common(one: Days, other: Days) -> None:
    far = ZERO + LATEST * DAY
    assert overlap(one, other) == bool(day_set(one, far) & day_set(other, far))
    assert overlap(one, other) == overlap(other, one)


# Any sequence of changes

CHOICES = [("65_plus", None), ("frailty", None), ("frailty", "home_care")]
places = st.integers(0, 5)
choices = st.sampled_from(CHOICES)
near_days = st.integers(-6, 1).map(lambda n: TODAY + n * DAY)
entries = st.builds(lambda c, first, last: Entry(*c, first, last), choices, near_days, st.none() | near_days)
steps = st.one_of(
    st.tuples(st.just("add"), st.none(), entries),
    st.tuples(st.just("adjust"), places, entries),
    st.tuples(st.just("remove"), places, st.sampled_from([None, *EndReason])),
    st.tuples(st.just("set_end_reason"), places, st.sampled_from(list(EndReason))),
    st.tuples(st.just("restore"), places, st.none()),
    st.tuples(st.just("wait"), st.none(), st.integers(1, 2)),
)
people = itertools.count()


def may_be(
    word: str, now: Membership | None, given: Entry | EndReason | None, rows: list[Membership], today: date
) -> bool:
    """Return whether the rules allow a change, worked out from sets of days."""

    def free(wanted: Entry) -> bool:
        return not any(
            (row.group_code, row.subgroup_code) == (wanted.group_code, wanted.subgroup_code)
            and row.ended_reason != EndReason.WRONG
            and day_set(row, today) & day_set(wanted, today)
            for row in rows
            if row is not now
        )

    def possible(wanted: Entry) -> bool:
        return wanted.valid_from <= today and (wanted.valid_to is None or wanted.valid_from <= wanted.valid_to <= today)

    if isinstance(given, Entry):
        if now is None:
            return possible(given) and free(given)
        if now.active:
            given = replace(given, valid_to=None)
        elif given.valid_to is None:
            return False
        return possible(given) and (now.ended_reason == EndReason.WRONG or free(given))
    assert now is not None
    period = Entry(now.group_code, now.subgroup_code, now.valid_from, now.valid_to)
    if word == "remove":
        return now.active
    if word == "restore":
        return not now.active and free(replace(period, valid_to=None))
    return not now.active and (given == EndReason.WRONG or free(period))


def check_whole(store: Store, customer: Customer) -> None:
    """Check what must always be so for a customer's rows, their history and the log."""
    rows = rows_of(store, customer)
    with store.read() as tx:
        history = tx.rows(
            "SELECT * FROM membership_change WHERE customer_id = $1 ORDER BY membership_id, version",
            customer.customer_id,
        )
        log = tx.rows(
            "SELECT * FROM access_log WHERE customer_id = $1 AND detail IS NOT NULL ORDER BY entry_id",
            customer.customer_id,
        )
    assert all(n == 1 for n in Counter((r.group_code, r.subgroup_code) for r in rows if r.active).values())
    counting = [row for row in rows if row.ended_reason != EndReason.WRONG]
    for one, other in itertools.combinations(counting, 2):
        if (one.group_code, one.subgroup_code) == (other.group_code, other.subgroup_code):
            assert not day_set(one, store.today()) & day_set(other, store.today())
    for row in rows:
        own = [change for change in history if change["membership_id"] == row.membership_id]
        assert [change["version"] for change in own] == list(range(1, row.version + 1))
        kept = ("group_code", "subgroup_code", "valid_from", "valid_to", "ended_reason")
        assert [own[-1][name] for name in kept] == [getattr(row, name) for name in kept]
        assert (row.valid_to is None) == (row.ended_at is None) == (row.ended_by is None) == (row.ended_reason is None)
    details = [json.loads(entry["detail"]) for entry in log]
    assert sorted(
        (d["membership"], d["version"], d["change"], e["logged_at"], e["user_id"])
        for d, e in zip(details, log, strict=True)
    ) == [(c["membership_id"], c["version"], c["change"], c["changed_at"], c["changed_by"]) for c in history]


@tries(20)
@given(st.lists(steps, min_size=3, max_size=12))
def test_any_sequence_of_changes_leaves_rows_history_and_log_whole(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, sequence: list[tuple[str, int | None, object]]
) -> None:
    number = invented_number(date(1940, 1, 1) + next(people) * DAY)
    customer = customers.register(store, actor, number, "Anna", "Karlsson", "norr")
    clock.now = noon(TODAY)
    for n, (word, place, given_now) in enumerate(sequence):
        who = (actor, colleague)[n % 2]
        rows = rows_of(store, customer)
        if isinstance(given_now, int):
            clock.now += given_now * DAY
            continue
        if place is not None and not rows:
            continue
        now = rows[place % len(rows)] if place is not None else None
        target = (now.membership_id, now.version) if now else (customer.customer_id,)
        rest = () if word == "restore" else (given_now,)
        expected = may_be(word, now, given_now, rows, store.today())
        try:
            getattr(memberships, word)(store, who, *target, *rest)
        except MvError as error:
            assert not expected, error
            assert rows_of(store, customer) == rows
        else:
            assert expected, (word, now, given_now, rows)
        check_whole(store, customer)
