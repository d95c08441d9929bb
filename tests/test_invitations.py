"""Invitations by e-mail: taken over once, at a sign-in with a verified address, unless they are withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from mv import invitations, users
from mv.access import Actor, Role
from mv.errors import Conflict, Forbidden, Invalid
from mv.invitations import accept, invite, open_invitations, withdraw
from mv.sign_in_claims import DEFAULT_PROVIDER, ClaimMapping, identify_user
from mv.store import Store
from mv.user_units import UserUnit
from mv.users import User, assign_rights, record_sign_in
from tests.conftest import SetClock
from tests.contents import logged, nothing_changes, refused

ADMIN = Actor("ada.min", "Ada Min", Role.ADMINISTRATOR, "")
EVA = "eva.ek@example.org"
NORR = UserUnit("norr", date(2026, 11, 1), date(2026, 12, 31))
CHANGED = "Somebody else changed this invitation. It is shown as it is now; nothing was overwritten."


def signed_in(store: Store, email: str | None = EVA, user_id: str = "eva", **claims: Any) -> User:
    """Sign in as the dashboard does; the provider vouches for the address unless ``claims`` say otherwise."""
    told = {"sub": user_id, "name": "Eva Ek", "email": email, "email_verified": True} | claims
    claimed = identify_user({DEFAULT_PROVIDER: ClaimMapping()}, DEFAULT_PROVIDER, told)
    user = record_sign_in(store, claimed.user_id, claimed.name, email=claimed.email)
    return accept(store, user, claimed.email) if claimed.email else user


@pytest.mark.both_engines
def test_an_invitation_is_open_until_the_first_sign_in_with_its_address(store: Store, clock: SetClock) -> None:
    made = invite(store, ADMIN, " Eva.Ek@Example.org ", 0, Role.LEAD, {NORR, "soder"})
    assert (made.email, made.name, made.role, made.units) == (EVA, EVA, Role.LEAD, {NORR, UserUnit("soder")})
    assert open_invitations(store, ADMIN) == [made]
    clock.now += timedelta(hours=1)
    user = signed_in(store, "EVA.EK@example.ORG")
    assert (user.role, user.units, user.email, user.is_decided) == (Role.LEAD, {"norr", "soder"}, EVA, True)
    assert users.get(store, "eva") == user
    assert open_invitations(store, ADMIN) == []
    (change,) = users.history(store, ADMIN, "eva")
    assert (change.changed_by, change.role, change.units) == ("ada.min", Role.LEAD, made.units)
    entries = [(entry["user_id"], entry["action"], entry["detail"]) for entry in logged(store)]
    assert entries == [
        (
            "ada.min", "change_user",
            {"invitation": 1, "role": "lead", "units": "norr(2026-11-01/2026-12-31) soder", "change": "invited"},
        ),
        ("eva", "accept_invitation", {"invitation": 1}),
    ]  # fmt: skip
    assert EVA not in repr(made)


def test_an_invitation_is_taken_over_once(store: Store) -> None:
    invite(store, ADMIN, EVA, 0, Role.LEAD, {"norr"})
    signed_in(store)
    assert not signed_in(store, user_id="somebody else").is_decided
    assign_rights(store, ADMIN, "eva", 2, None, None)
    assert not signed_in(store).is_decided


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eva.ek@example.com"},
        {"email": "eva.e\u212a@example.org"},  # a Kelvin sign, which lower case makes a k
        {"email": None},
        {"email": [EVA, "other@example.org"]},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
    ],
    ids=str,
)
def test_another_address_and_one_that_nobody_vouches_for_take_nothing_over(
    store: Store, claims: dict[str, Any]
) -> None:
    invite(store, ADMIN, EVA, 0, Role.LEAD, {"norr"})
    user = signed_in(store, **claims)
    assert (user.role, user.units) == (None, frozenset())
    assert len(open_invitations(store, ADMIN)) == 1


@pytest.mark.parametrize(
    ("mapping", "claims", "email"),
    [
        (ClaimMapping(verifies_email=True), {"email": EVA}, EVA),
        (ClaimMapping(verifies_email=True, email="upn"), {"upn": EVA}, EVA),
        (ClaimMapping(email="upn"), {"upn": EVA, "email_verified": True}, None),
        (ClaimMapping(verifies_email=True), {"email": "Eva Ek"}, None),
    ],
)
def test_a_provider_that_is_set_as_one_that_verifies_vouches_for_its_address(
    mapping: ClaimMapping, claims: dict[str, Any], email: str | None
) -> None:
    assert identify_user({DEFAULT_PROVIDER: mapping}, DEFAULT_PROVIDER, {"sub": "eva"} | claims).email == email


@pytest.mark.both_engines
def test_a_withdrawn_invitation_gives_nothing_and_the_address_can_be_invited_again(store: Store) -> None:
    made = invite(store, ADMIN, EVA, 0, Role.LEAD, {"norr"})
    withdraw(store, ADMIN, made)
    assert open_invitations(store, ADMIN) == []
    assert not signed_in(store, user_id="first").is_decided
    assert logged(store, "change_user")[-1]["detail"] == {"invitation": 1, "change": "withdrawn"}
    with refused(store, Conflict, CHANGED):
        withdraw(store, ADMIN, made)
    record_sign_in(store, "first", "Eva Ek")
    assert invite(store, ADMIN, EVA, 0, Role.ANALYST, {"soder"}).invitation_id != made.invitation_id


@pytest.mark.both_engines
def test_an_open_invitation_is_changed_as_it_was_seen(store: Store) -> None:
    made = invite(store, ADMIN, EVA, 0, Role.LEAD, {"norr"}, name="Eva Ek")
    with refused(store, Conflict, CHANGED):
        invite(store, ADMIN, EVA, 0, Role.ANALYST, {"norr"})
    changed = invite(store, ADMIN, EVA, made.version, Role.ANALYST, {"soder"}, name="Eva Ek")
    assert (changed.invitation_id, changed.version) == (made.invitation_id, 2)
    with refused(store, Conflict, CHANGED):
        withdraw(store, ADMIN, made)
    assert signed_in(store).role == Role.ANALYST


def test_what_is_decided_about_a_user_already_is_not_changed_by_an_invitation(store: Store) -> None:
    invite(store, ADMIN, EVA, 0, Role.ADMINISTRATOR, {"norr"})
    assign_rights(store, ADMIN, "eva", 0, Role.ANALYST, None)
    assert signed_in(store).role == Role.ANALYST
    record_sign_in(store, "blocked", "Eva Ek")
    assign_rights(store, ADMIN, "blocked", 1, None, None, blocked=True)
    assert signed_in(store, user_id="blocked").actor().role is None
    assert len(open_invitations(store, ADMIN)) == 1


def test_whoever_has_signed_in_with_the_address_is_decided_about_instead(store: Store) -> None:
    signed_in(store)
    says = "The user eva has signed in with this address. Decide about that user instead."
    with refused(store, Conflict, says):
        invite(store, ADMIN, EVA, 0, Role.LEAD, {"norr"})


@pytest.mark.parametrize("email", ["", "eva", "eva@", "@example.org", "eva ek@example.org", "eva@example", "é@x.se"])
def test_a_text_that_is_no_address_is_refused(store: Store, email: str) -> None:
    with refused(store, Invalid, "Write an e-mail address, such as eva.ek@example.org."):
        invite(store, ADMIN, email, 0, Role.LEAD, {"norr"})


@pytest.mark.parametrize(
    ("role", "units", "says"),
    [
        (None, {"norr"}, "Choose the role of whoever is invited."),
        (Role.LEAD, {"xyz"}, "There is no unit with the code xyz."),
        (
            Role.LEAD,
            {UserUnit("norr", NORR.last_day, NORR.first_day)},
            "The last day is before the first. Change one of them.",
        ),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(
    store: Store, role: Role | None, units: set[str | UserUnit], says: str
) -> None:
    with refused(store, Invalid, says):
        invite(store, ADMIN, EVA, 0, role, units)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ANALYST, Role.LEAD, None])
def test_only_an_administrator_invites(store: Store, role: Role | None) -> None:
    made = invite(store, ADMIN, "bo.ek@example.org", 0, Role.LEAD, {"norr"})
    who = replace(ADMIN, role=role)
    for forbidden in (
        lambda: invite(store, who, EVA, 0, Role.LEAD, {"norr"}),
        lambda: withdraw(store, who, made),
        lambda: open_invitations(store, who),
    ):
        with pytest.raises(Forbidden):
            forbidden()
    assert open_invitations(store, ADMIN) == [made]


def test_a_sign_in_without_an_invitation_changes_nothing(store: Store) -> None:
    user = record_sign_in(store, "eva", "Eva Ek", email=EVA)
    with nothing_changes(store):
        assert accept(store, user, EVA) == user
        assert invitations.accept(store, replace(user, user_id="nobody"), EVA).user_id == "nobody"
