"""The settings file: what it may hold, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mv import settings
from mv.access import Role
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


def test_an_empty_file_is_a_demonstration_with_the_usual_times(file: Path) -> None:
    found = load(file, "")
    assert not found.sign_in
    assert (found.idle, found.other_unit_access) == (timedelta(minutes=30), timedelta(minutes=60))
    assert found.longest_sign_in == timedelta(hours=12)
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
        ("[mv]\nlongest_minutes = 1441", "longest_minutes must be a number of minutes"),
        (ONE_PROVIDER + "[mv.claims]\nverifies_email = 'yes'", "verifies_email in .mv.claims. must be true or false"),
        (ONE_PROVIDER + "[mv.claims]\nacr = 3", "acr in .mv.claims. must be a text or a list"),
        (ONE_PROVIDER + "[mv.claims]\namr = ['mfa', '']", "amr in .mv.claims. must be a text or a list"),
        (ONE_PROVIDER + "[mv.claims.unit_names]\nSE1 = 'norr soder'", "norr soder is no unit's code"),
        (ONE_PROVIDER + "[mv.claims.unit_names]\nSE1 = '* norr'", "is no unit's code"),
        (AUTH, "names no provider"),
        (AUTH + "[auth.default]\nclient_id = 'mv'", "cannot be called default"),
        (AUTH + "[auth.cli]\nclient_id = 'mv'", "cannot be called cli"),
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


def test_the_example_says_what_can_be_meant(file: Path) -> None:
    example = (settings.DEFAULT_FILE.parent / "secrets.toml.example").read_text("utf-8")
    found = load(file, example.replace("put a random text here", SECRET))
    assert found.providers["entra"].roles["Vaccination.Lead"] == Role.LEAD
    assert found.https


def test_a_provider_verifies_addresses_only_where_that_is_said(file: Path) -> None:
    text = TWO_PROVIDERS + "[mv.claims.entra]\nverifies_email = true\nemail = 'upn'\n"
    found = load(file, text).providers
    assert {name: (one.email, one.verifies_email) for name, one in found.items()} == {
        "siths": ("email", False), "entra": ("upn", True),
    }  # fmt: skip
