"""What the settings file may say, and what claims mean by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mv import settings
from mv.access import EVERY_UNIT, Role
from mv.errors import Invalid

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


def load(file: Path, text: str) -> settings.Settings:
    file.write_text(text)
    return settings.load(file)


def claimed(file: Path, text: str, payload: dict[str, Any], provider: str = "default") -> settings.Claimed:
    return settings.claimed(load(file, ONE_PROVIDER + text), provider, payload)


def test_an_empty_file_is_a_demonstration_with_the_usual_times(file: Path) -> None:
    found = load(file, "")
    assert not found.sign_in
    assert (found.idle, found.crossing) == (timedelta(minutes=30), timedelta(minutes=60))
    assert found.pseudonym_key is None


def test_a_named_file_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MV_SETTINGS", str(tmp_path / "nowhere.toml"))
    with pytest.raises(Invalid, match=r"nowhere\.toml does not exist"):
        settings.load()


def test_the_environments_pseudonym_key_goes_before_the_files(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'[mv]\npseudonym_key = "{SECRET}"'
    assert load(file, text).pseudonym_key == SECRET
    monkeypatch.setenv("MV_PSEUDONYM_KEY", SECRET[::-1])
    assert load(file, text).pseudonym_key == SECRET[::-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[mv", "is no TOML"),
        ("mv = 1", "must be a section"),
        ("[mv]\nidle_minutes = 0", "idle_minutes must be a number of minutes"),
        ("[mv]\ncrossing_minutes = 'an hour'", "crossing_minutes must be a number of minutes"),
        ("[mv]\nidle_minuts = 5", "does not know idle_minuts"),
        ("[mv]\npseudonym_key = 'short'", "pseudonym_key must be a random text of at least 32"),
        ("[mv.claims.roles]\nnurse = 'doctor'", "doctor is no role"),
        (ONE_PROVIDER + "[mv.claims]\nrole = 3", "role in .mv.claims. must be a text"),
        (ONE_PROVIDER + "[mv.claims.other]\nrole = 'role'", "a provider that .auth. does not have"),
        (AUTH, "names no provider"),
        (AUTH + "[auth.my_idp]\nclient_id = 'mv'", "letters, digits and hyphens"),
        (ONE_PROVIDER.replace(SECRET, "short"), "cookie_secret must be a random text"),
        (ONE_PROVIDER.replace("/oauth2callback", ""), "followed by /oauth2callback"),
        (ONE_PROVIDER.replace("https", "http"), "must begin with https"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(file: Path, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        load(file, text)


def test_http_is_enough_on_this_machine_itself(file: Path) -> None:
    found = load(file, ONE_PROVIDER.replace("https://mv.example.se", "http://localhost:{port}"))
    assert found.sign_in
    assert not found.https


def test_a_providers_own_section_goes_before_what_all_have_in_common(file: Path) -> None:
    text = TWO_PROVIDERS + (
        "[mv.claims]\nuser_id = 'email'\nrole = 'roles'\n[mv.claims.siths]\nlabel = 'SITHS-kort'\nuser_id = 'hsaid'\n"
    )
    found = load(file, text).providers
    assert {name: (claims.label, claims.user_id, claims.role) for name, claims in found.items()} == {
        "siths": ("SITHS-kort", "hsaid", "roles"),
        "entra": ("entra", "email", "roles"),
    }


def test_the_same_id_at_two_providers_is_two_users(file: Path) -> None:
    found = load(file, TWO_PROVIDERS)
    users = {settings.claimed(found, provider, {"sub": "1"}).user_id for provider in ("siths", "entra")}
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


def test_the_example_says_what_can_be_meant(file: Path) -> None:
    example = (settings.DEFAULT_FILE.parent / "secrets.toml.example").read_text("utf-8")
    found = load(file, example.replace("put a random text here", SECRET))
    assert found.providers["entra"].roles["Vaccination.Lead"] == Role.LEAD
    assert found.https
