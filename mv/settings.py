"""Read the settings: how people sign in, how their claims are mapped to users, and how long a session lasts.

They stand in one TOML file, which Streamlit reads too: `.streamlit/secrets.toml`, or the one that MV_SETTINGS names.
`.streamlit/secrets.toml.example` describes each of them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mv.access import EVERY_UNIT, Role
from mv.errors import N_, Invalid
from mv.loopback import is_loopback
from mv.sign_in_claims import DEFAULT_PROVIDER, RESERVED_PROVIDERS, ClaimMapping, is_unit_code

DEFAULT_FILE = Path(__file__).parents[1] / ".streamlit" / "secrets.toml"
SHORTEST_SECRET = 32
"""Characters. As hexadecimal digits they are 128 random bits."""
CALLBACK = "/oauth2callback"
CLAIM_NAMES = ("user_id", "name", "role", "units", "own_number", "email")
CLAIM_TEXTS = ("label", *CLAIM_NAMES, "unit_separator")
CLAIM_LISTS = ("acr", "amr")
CLAIM_FLAGS = ("verifies_email",)
CLAIM_TABLES = ("roles", "unit_names")
KNOWN = frozenset({"pseudonym_key", "idle_minutes", "longest_minutes", "crossing_minutes", "claims"})
LONGEST_SIGN_IN = 12 * 60
"""Minutes. NIST SP 800-63B (2017), 4.2.3 and 4.3.3: after 12 hours the user authenticates anew, however active."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one file. ``providers`` maps each provider's claims; it is empty in a demonstration."""

    file: Path
    providers: Mapping[str, ClaimMapping]
    redirect_uri: str
    pseudonym_key: str | None
    idle: timedelta
    longest_sign_in: timedelta
    other_unit_access: timedelta

    @property
    def sign_in(self) -> bool:
        """Whether people sign in."""
        return bool(self.providers)

    @property
    def https(self) -> bool:
        """Whether browsers reach the dashboard over HTTPS."""
        return self.redirect_uri.startswith("https://")


def configured_file() -> Path:
    """Return the path in the environment variable MV_SETTINGS, else that of Streamlit's own file."""
    return Path(os.environ.get("MV_SETTINGS") or DEFAULT_FILE).absolute()


def load(file: Path | None = None) -> Settings:
    """Return the settings in ``file``, else in the configured file; the defaults if Streamlit's own file is missing.

    Raises Invalid for any other file that is missing, and for a setting that is wrong, with what to change.
    """
    path = file or configured_file()
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        if path != DEFAULT_FILE:
            raise Invalid(N_("The settings file {file} does not exist."), file=str(path)) from error
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(N_("The settings file {file} cannot be read."), file=str(path)) from error
    try:
        return read(tomllib.loads(text), path)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(
            N_("The settings file {file} is no TOML: {reason}."), file=str(path), reason=str(error)
        ) from error


def read(values: Mapping[str, Any], file: Path) -> Settings:
    """Return the settings in ``values``, the parsed ``file``. Raises Invalid for one that is wrong or unknown."""
    own = _table(values, "mv")
    _only(own, KNOWN, "mv")
    auth = _table(values, "auth")
    names = list(_providers(auth))
    redirect_uri = _checked_redirect(auth) if names else ""
    key = os.environ.get("MV_PSEUDONYM_KEY") or own.get("pseudonym_key")
    return Settings(
        file=file,
        providers=_claim_mappings(_table(own, "claims", "mv"), names),
        redirect_uri=redirect_uri,
        pseudonym_key=None if key is None else _secret(key, "pseudonym_key"),
        idle=_minutes(own, "idle_minutes", 30),
        longest_sign_in=_minutes(own, "longest_minutes", LONGEST_SIGN_IN),
        other_unit_access=_minutes(own, "crossing_minutes", 60),
    )


def _providers(auth: Mapping[str, Any]) -> Iterator[str]:
    """Yield the providers of the section `[auth]`."""
    if "client_id" in auth:
        yield DEFAULT_PROVIDER
    for name, section in auth.items():
        if isinstance(section, Mapping) and name != "client_kwargs":
            if not re.fullmatch(r"[A-Za-z0-9-]+", name):
                raise Invalid(N_("The provider {name} needs a name of letters, digits and hyphens."), name=name)
            if name in RESERVED_PROVIDERS:
                raise Invalid(N_("A provider cannot be called {name}. Give it another name."), name=name)
            yield name
    if auth and "client_id" not in auth and not any(isinstance(section, Mapping) for section in auth.values()):
        raise Invalid(N_("The section [auth] names no provider."))


def _checked_redirect(auth: Mapping[str, Any]) -> str:
    """Return the address to which the provider sends people back; it and the cookie secret must be safe."""
    _secret(auth.get("cookie_secret", ""), "cookie_secret")
    address = str(auth.get("redirect_uri", ""))
    parts = urlsplit(address.replace("{port}", "8501"))
    if not address.endswith(CALLBACK) or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid(N_("redirect_uri is the dashboard's address followed by /oauth2callback."))
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Invalid(N_("redirect_uri must begin with https, except on this machine itself."))
    return address


def _claim_mappings(section: Mapping[str, Any], providers: list[str]) -> dict[str, ClaimMapping]:
    """Return each provider's mapping: `[mv.claims]`, overridden by the provider's own section in it."""
    own = {name: value for name, value in section.items() if isinstance(value, Mapping) and name not in CLAIM_TABLES}
    unknown = sorted(own.keys() - providers)
    if providers and unknown:
        raise Invalid(N_("[mv.claims.{name}] is about a provider that [auth] does not have."), name=unknown[0])
    shared = _changed(ClaimMapping(), {name: value for name, value in section.items() if name not in own}, "mv.claims")
    return {name: _labelled(_changed(shared, own.get(name, {}), f"mv.claims.{name}"), name) for name in providers}


def _labelled(mapping: ClaimMapping, provider: str) -> ClaimMapping:
    return mapping if mapping.label or provider == DEFAULT_PROVIDER else replace(mapping, label=provider)


def _changed(mapping: ClaimMapping, section: Mapping[str, Any], where: str) -> ClaimMapping:
    _only(section, {*CLAIM_TEXTS, *CLAIM_LISTS, *CLAIM_FLAGS, *CLAIM_TABLES}, where)
    changes: dict[str, Any] = {}
    for name in CLAIM_TEXTS:
        if name in section:
            if not isinstance(section[name], str):
                raise Invalid(N_("{name} in [{section}] must be a text."), name=name, section=where)
            changes[name] = section[name]
    for name in CLAIM_LISTS:
        if name in section:
            changes[name] = _values(section[name], name, where)
    for name in CLAIM_FLAGS:
        if name in section:
            if not isinstance(section[name], bool):
                raise Invalid(N_("{name} in [{section}] must be true or false."), name=name, section=where)
            changes[name] = section[name]
    if "roles" in section:
        changes["roles"] = {value: _known_role(role) for value, role in _table(section, "roles", where).items()}
    if "unit_names" in section:
        table = _table(section, "unit_names", where)
        changes["unit_names"] = {value: _unit(unit) for value, unit in table.items()}
    return replace(mapping, **changes)


def _values(value: object, name: str, where: str) -> frozenset[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and each for each in values):
        raise Invalid(N_("{name} in [{section}] must be a text or a list of texts."), name=name, section=where)
    return frozenset(values)


def _unit(code: object) -> str:
    if not isinstance(code, str) or not (code == EVERY_UNIT or is_unit_code(code)):
        raise Invalid(N_("{code} is no unit's code. Write one code, or * for every unit."), code=str(code))
    return code


def _known_role(name: object) -> Role:
    try:
        return Role(str(name))
    except ValueError:
        known = ", ".join(Role)
        raise Invalid(N_("{name} is no role. The roles are {known}."), name=str(name), known=known) from None


def _minutes(section: Mapping[str, Any], name: str, default: float) -> timedelta:
    value = section.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 24 * 60:
        raise Invalid(N_("{name} must be a number of minutes, more than 0 and at most 1440."), name=name)
    return timedelta(minutes=value)


def _secret(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) < SHORTEST_SECRET:
        raise Invalid(
            N_("{name} must be a random text of at least {least} characters."), name=name, least=SHORTEST_SECRET
        )
    return value


def _table(section: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
    value = section.get(name, {})
    if not isinstance(value, Mapping):
        raise Invalid(N_("[{section}] must be a section."), section=f"{where}.{name}" if where else name)
    return value


def _only(section: Mapping[str, Any], known: frozenset[str] | set[str], where: str) -> None:
    """Raise Invalid for an unknown name, which is likely to be mistyped."""
    unknown = sorted(section.keys() - known)
    if unknown:
        raise Invalid(N_("[{section}] does not know {name}."), section=where, name=unknown[0])
