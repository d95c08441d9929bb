"""The user that a provider's claims describe, by the mapping in the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mv import settings, users
from mv.access import EVERY_UNIT, Role
from mv.errors import Invalid
from mv.sign_in_claims import DEFAULT_PROVIDER, ClaimedUser, identify_user
from mv.store import Store

SECRET = "0123456789abcdef" * 2
AUTH = f"""
[auth]
redirect_uri = "https://mv.example.se/oauth2callback"
cookie_secret = "{SECRET}"
"""
ONE_PROVIDER = AUTH + 'client_id = "mv"\n'
TWO_PROVIDERS = AUTH + '[auth.siths]\nclient_id = "mv"\n[auth.entra]\nclient_id = "mv"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def claimed(
    file: Path, mapping: str, payload: dict[str, Any], provider: str = DEFAULT_PROVIDER, auth: str = ONE_PROVIDER
) -> ClaimedUser:
    file.write_text(auth + mapping)
    return identify_user(settings.load(file).providers, provider, payload)


def test_the_same_id_at_two_providers_is_two_users(file: Path) -> None:
    users = {claimed(file, "", {"sub": "1"}, provider, TWO_PROVIDERS).user_id for provider in ("siths", "entra")}
    assert users == {"siths:1", "entra:1"}


def test_claims_that_say_not_who_it_is_are_refused(file: Path) -> None:
    for payload in ({}, {"sub": ""}, {"sub": None}, {"sub": {"id": "1"}}):
        with pytest.raises(Invalid, match="does not say who you are"):
            claimed(file, "", payload)
    with pytest.raises(Invalid, match="does not say who you are"):
        claimed(file, "", {"sub": "1"}, provider="unknown")


def test_without_configured_claims_a_user_has_neither_role_nor_units(file: Path) -> None:
    found = claimed(file, "", {"sub": "1", "name": "Eva Ek", "role": "lead", "units": ["norr"]})
    assert (found.user_id, found.name, found.role, found.units) == ("1", "Eva Ek", None, frozenset())


@pytest.mark.parametrize(
    "payload",
    [
        {"r": "coordinator"},
        {"r": ["other", "coordinator"]},
        {"r": {"nested": {"deep": ["coordinator"]}}},
        {"r.nested.deep": "coordinator"},
    ],
)
def test_a_role_is_found_in_lists_texts_and_nested_claims(file: Path, payload: dict[str, Any]) -> None:
    name = "r.nested.deep" if isinstance(payload.get("r", {}), dict) else "r"
    assert claimed(file, f'[mv.claims]\nrole = "{name}"', {"sub": "1", **payload}).role == Role.COORDINATOR


def test_the_order_of_the_roles_is_their_precedence(file: Path) -> None:
    text = '[mv.claims]\nrole = "groups"\n[mv.claims.roles]\n"MV Chef" = "lead"\nmv = "coordinator"'
    assert claimed(file, text, {"sub": "1", "groups": ["mv", "MV Chef"]}).role == Role.LEAD
    assert claimed(file, text, {"sub": "1", "groups": ["mv"]}).role == Role.COORDINATOR
    assert claimed(file, text, {"sub": "1", "groups": ["lead"]}).role is None


def test_units_are_taken_as_they_are_or_as_the_file_names_them(file: Path) -> None:
    payload = {"sub": "1", "care": ["norr", "soder"]}
    assert claimed(file, '[mv.claims]\nunits = "care"', payload).units == {"norr", "soder"}
    named = '[mv.claims]\nunits = "care"\n[mv.claims.unit_names]\nSE1 = "norr"\nSE2 = "*"'
    assert claimed(file, named, {"sub": "1", "care": ["SE1", "SE9"]}).units == {"norr"}
    assert claimed(file, named, {"sub": "1", "care": ["SE2"]}).units == {EVERY_UNIT}


@pytest.mark.parametrize(
    "value",
    [
        "Not a lead",
        "other lead",
        "other,lead",
        "lead ",
        " lead",
        "Lead",
        "lead\n",
        ["Not a lead"],
        {"lead": True},
        True,
    ],
)
@pytest.mark.parametrize("roles", ["", '[mv.claims.roles]\nlead = "lead"'])
def test_a_role_matches_whole_or_not_at_all(file: Path, value: object, roles: str) -> None:
    text = f'[mv.claims]\nrole = "r"\nunit_separator = " "\n{roles}'
    assert claimed(file, text, {"sub": "1", "r": value}).role is None


@pytest.mark.parametrize(
    ("separator", "value", "units"),
    [
        ("", "norr", {"norr"}),
        ("", "norr soder", set()),
        ("", "norr,soder", set()),
        ("", ["norr soder", "vast"], {"vast"}),
        (",", "norr, soder", {"norr", "soder"}),
        (",", "norr soder", set()),
        (",", "norr,,", {"norr"}),
        (" ", "norr soder", {"norr", "soder"}),
        (";", ["norr;soder", "vast"], {"norr", "soder", "vast"}),
    ],
)
def test_units_are_parted_at_the_declared_separator_alone(
    file: Path, separator: str, value: object, units: set[str]
) -> None:
    text = f'[mv.claims]\nunits = "care"\nunit_separator = "{separator}"'
    assert claimed(file, text, {"sub": "1", "care": value}).units == units


@pytest.mark.parametrize("value", ["*", "x * y", "*,norr", ["*"], ["x", "*"], "* ", "norr\t*"])
@pytest.mark.parametrize("separator", ["", " ", ",", "\\t"])
def test_every_unit_is_never_the_providers_to_give(file: Path, value: object, separator: str, store: Store) -> None:
    text = f'[mv.claims]\nunits = "care"\nunit_separator = "{separator}"'
    found = claimed(file, text, {"sub": "1", "care": value})
    assert EVERY_UNIT not in found.units
    assert EVERY_UNIT not in users.record_sign_in(store, found.user_id, "Eva", Role.LEAD, found.units).units


@pytest.mark.parametrize("sub", ["siths:1", "cli:root", "default:1", "f:5:eva", ":", "entra:siths:1"])
def test_an_id_of_the_default_provider_is_nobody_elses(file: Path, sub: str) -> None:
    both = ONE_PROVIDER + '[auth.siths]\nclient_id = "mv"\n[auth.entra]\nclient_id = "mv"\n'
    user = claimed(file, "", {"sub": sub}, auth=both).user_id
    assert user == f"default:{sub}"
    provider, _colon, own = sub.partition(":")
    if provider in {"siths", "entra"}:
        assert claimed(file, "", {"sub": own}, provider, both).user_id != user


@pytest.mark.parametrize("sub", [" 1", "1 ", "1\n", "1\u200b", "x" * 201, ["1", "2"]])
def test_an_id_that_could_be_taken_for_another_is_refused(file: Path, sub: object) -> None:
    with pytest.raises(Invalid, match="does not say who you are"):
        claimed(file, "", {"sub": sub})


@pytest.mark.parametrize(
    ("demanded", "told", "enough"),
    [
        ('acr = "loa3"', {"acr": "loa3"}, True),
        ('acr = ["loa3", "loa4"]', {"acr": "loa4"}, True),
        ('acr = "loa3"', {"acr": "loa2"}, False),
        ('acr = "loa3"', {"acr": "not loa3"}, False),
        ('acr = "loa3"', {}, False),
        ('amr = ["mfa"]', {"amr": ["pwd", "mfa"]}, True),
        ('amr = ["mfa", "sc"]', {"amr": ["mfa"]}, False),
        ('amr = "mfa"', {"amr": "pwd mfa"}, False),
        ('amr = "mfa"', {}, False),
        ('acr = "loa3"\namr = "mfa"', {"acr": "loa3"}, False),
        ('acr = "loa3"\namr = "mfa"', {"acr": "loa3", "amr": ["mfa"]}, True),
    ],
)
def test_a_sign_in_is_as_strong_as_the_settings_demand(
    file: Path, demanded: str, told: dict[str, object], enough: bool
) -> None:
    if enough:
        assert claimed(file, f"[mv.claims]\n{demanded}", {"sub": "1", **told}).user_id == "1"
    else:
        with pytest.raises(Invalid, match="weaker than is asked for"):
            claimed(file, f"[mv.claims]\n{demanded}", {"sub": "1", **told})


def test_one_provider_can_demand_more_than_the_others(file: Path) -> None:
    text = '[mv.claims.siths]\nacr = "loa3"'
    assert claimed(file, text, {"sub": "1"}, "entra", TWO_PROVIDERS).user_id == "entra:1"
    with pytest.raises(Invalid, match="weaker than is asked for"):
        claimed(file, text, {"sub": "1"}, "siths", TWO_PROVIDERS)
