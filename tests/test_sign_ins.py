"""Sign-ins: begun once, over when they are ended, idle or expired, and each beginning and end on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mv import sign_ins, users
from mv.access import Role
from mv.errors import Forbidden
from mv.sign_ins import WRITE_AGAIN_AFTER, SignIn, SignInEnd, begin, end, get, touch
from mv.store import Store
from mv.users import User
from tests.conftest import SetClock
from tests.contents import contents, logged, nothing_changes, refused

HASH = "a1" * 32
NOON = datetime(2026, 11, 22, 12)
LATEST = NOON + timedelta(hours=8)
IDLE = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@pytest.fixture
def kim(store: Store) -> User:
    return users.record_sign_in(store, "kim", "Kim Ek", Role.COORDINATOR, {"norr"})


def begun(**changes: object) -> SignIn:
    return replace(SignIn(HASH, "kim", NOON, NOON, LATEST, None, None), **changes)  # type: ignore[arg-type]


def actions(store: Store) -> list[tuple[str, str]]:
    return [(entry["user_id"], entry["action"]) for entry in logged(store)]


# When it is over


@pytest.mark.parametrize(
    ("sign_in", "now", "expected"),
    [
        (begun(), NOON, None),
        (begun(), NOON + IDLE - SECOND, None),
        (begun(), NOON + IDLE, SignInEnd.IDLE),
        (begun(last_active_at=LATEST - SECOND), LATEST - SECOND, None),
        (begun(last_active_at=LATEST - SECOND), LATEST, SignInEnd.EXPIRED),
        (begun(), LATEST, SignInEnd.EXPIRED),
        (begun(ended_at=NOON, ended_reason="signed_out"), NOON, SignInEnd.SIGNED_OUT),
        (begun(ended_at=NOON, ended_reason="idle"), LATEST, SignInEnd.IDLE),
    ],
)
def test_a_sign_in_is_over_when_it_was_ended_is_idle_or_expired(
    sign_in: SignIn, now: datetime, expected: SignInEnd | None
) -> None:
    assert sign_in.end_at(now, IDLE) == expected


# Beginning


@pytest.mark.both_engines
def test_a_sign_in_begins_once_and_that_is_logged(store: Store, clock: SetClock, kim: User) -> None:
    assert get(store, HASH) is None
    assert begin(store, kim, HASH, LATEST) == begun() == get(store, HASH)
    clock.now += timedelta(minutes=5)
    assert begin(store, kim, HASH, LATEST) == begun()
    assert actions(store) == [("kim", "sign_in")]
    (entry,) = logged(store)
    assert (entry["unit_id"], entry["customer_id"], entry["detail"]) == ("", None, None)


@pytest.mark.both_engines
def test_sign_ins_in_two_browsers_are_two(store: Store, kim: User) -> None:
    begin(store, kim, HASH, LATEST)
    begin(store, kim, "b2" * 32, LATEST)
    end(store, kim, HASH, SignInEnd.SIGNED_OUT)
    other = get(store, "b2" * 32)
    assert other is not None
    assert other.end_at(NOON, IDLE) is None
    assert actions(store) == [("kim", "sign_in"), ("kim", "sign_in"), ("kim", "sign_out")]


@pytest.mark.parametrize("lacks", ["role", "access"])
def test_a_user_without_role_or_access_begins_nothing_and_that_is_logged(store: Store, kim: User, lacks: str) -> None:
    user = replace(kim, role=None) if lacks == "role" else replace(kim, blocked=True)
    with refused(store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
        begin(store, user, HASH, LATEST)
    (entry,) = contents(store)["access_log"]
    assert (entry["user_id"], entry["role"], entry["action"], entry["outcome"]) == ("kim", "", "sign_in", "refused")


# Being active


@pytest.mark.both_engines
def test_activity_is_written_down_once_in_a_minute(store: Store, clock: SetClock, kim: User) -> None:
    sign_in = begin(store, kim, HASH, LATEST)
    clock.now += WRITE_AGAIN_AFTER - SECOND
    with nothing_changes(store):
        touch(store, sign_in)
    clock.now += SECOND
    touch(store, sign_in)
    now = get(store, HASH)
    assert now == begun(last_active_at=NOON + WRITE_AGAIN_AFTER)
    assert actions(store) == [("kim", "sign_in")]


def test_a_sign_in_that_is_used_is_not_idle_but_expires_all_the_same(store: Store, clock: SetClock, kim: User) -> None:
    sign_in: SignIn | None = begin(store, kim, HASH, LATEST)
    for _ in range(8 * 6):
        assert sign_in is not None
        assert sign_in.end_at(store.now(), IDLE) is None
        clock.now += timedelta(minutes=10)
        touch(store, sign_in)
        sign_in = get(store, HASH)
    assert sign_in is not None
    assert sign_in.end_at(store.now(), IDLE) == SignInEnd.EXPIRED


# The end


@pytest.mark.parametrize("why", SignInEnd)
def test_an_ended_sign_in_stays_ended_and_is_logged_once_with_its_reason(
    store: Store, clock: SetClock, kim: User, why: SignInEnd
) -> None:
    sign_in = begin(store, kim, HASH, LATEST)
    end(store, kim, HASH, why)
    assert get(store, HASH) == begun(ended_at=NOON, ended_reason=why)
    clock.now += timedelta(hours=1)
    with nothing_changes(store):
        end(store, kim, HASH, SignInEnd.SIGNED_OUT)
        touch(store, sign_in)
    assert actions(store) == [("kim", "sign_in"), ("kim", "sign_out")]
    assert logged(store, "sign_out")[0]["detail"] == {"reason": why}


def test_a_cookie_whose_sign_in_was_ended_begins_no_other(store: Store, kim: User) -> None:
    begin(store, kim, HASH, LATEST)
    end(store, kim, HASH, SignInEnd.SIGNED_OUT)
    with refused(store, Forbidden, "This sign-in has ended. Sign in again."):
        begin(store, kim, HASH, LATEST)
    last = contents(store)["access_log"][-1]
    assert (last["action"], last["outcome"]) == ("sign_in", "refused")


def test_the_end_of_a_sign_in_that_never_began_is_nothing(store: Store, kim: User) -> None:
    with nothing_changes(store):
        end(store, kim, HASH, SignInEnd.IDLE)


def test_a_user_who_was_blocked_meanwhile_is_signed_out_all_the_same(store: Store, kim: User) -> None:
    begin(store, kim, HASH, LATEST)
    end(store, replace(kim, blocked=True), HASH, SignInEnd.SIGNED_OUT)
    found = get(store, HASH)
    assert found is not None
    assert found.ended_reason == sign_ins.SignInEnd.SIGNED_OUT
    assert contents(store)["access_log"][-1]["role"] == ""
