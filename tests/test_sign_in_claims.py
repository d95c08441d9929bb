"""The user that a provider's claims describe, by the mapping in the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mv import settings
from mv.access import EVERY_UNIT, Role
from mv.errors import Invalid
from mv.sign_in_claims import DEFAULT_PROVIDER, ClaimedUser, identify_user

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
        {"r": "other coordinator"},
        {"r": "other,coordinator"},
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
    payload = {"sub": "1", "care": "norr, soder"}
    assert claimed(file, '[mv.claims]\nunits = "care"', payload).units == {"norr", "soder"}
    named = '[mv.claims]\nunits = "care"\n[mv.claims.unit_names]\nSE1 = "norr"\nSE2 = "*"'
    assert claimed(file, named, {"sub": "1", "care": ["SE1", "SE9"]}).units == {"norr"}
    assert claimed(file, named, {"sub": "1", "care": ["SE2"]}).units == {EVERY_UNIT}
