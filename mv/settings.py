"""What is configured: how people sign in, what their claims mean, and how long things last.

One TOML file holds it, which Streamlit reads too: `.streamlit/secrets.toml`, or the one that MV_SETTINGS names.
`.streamlit/secrets.toml.example` describes it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mv.access import Role
from mv.errors import N_, Invalid

DEFAULT_FILE = Path(__file__).parents[1] / ".streamlit" / "secrets.toml"
SHORTEST_SECRET = 32
"""Characters. As hexadecimal digits they are 128 random bits."""
DEFAULT_PROVIDER = "default"
"""The provider that `[auth]` itself describes, without a section of its own; Streamlit's word."""
CALLBACK = "/oauth2callback"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CLAIM_NAMES = ("user_id", "name", "role", "units", "own_number")
CLAIM_TABLES = ("roles", "unit_names")
KNOWN = frozenset({"pseudonym_key", "idle_minutes", "crossing_minutes", "claims"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What the claims of one provider's users mean.

    The first five name claims; a name with dots leads into nested ones (``realm_access.roles``). ``roles``
    and ``unit_names`` say what a value of the provider's means here. Without them a value stands for itself.
    """

    label: str = ""
    user_id: str = "sub"
    name: str = "name"
    role: str = ""
    units: str = ""
    own_number: str = ""
    roles: Mapping[str, Role] = field(default_factory=dict)
    unit_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who signed in, by the claims; without role and units where these give none."""

    user_id: str
    name: str
    role: Role | None
    units: frozenset[str]
    own_number: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is configured. ``providers`` is empty where nobody signs in: a demonstration."""

    file: Path
    providers: Mapping[str, Claims]
    redirect_uri: str
    pseudonym_key: str | None
    idle: timedelta
    crossing: timedelta

    @property
    def sign_in(self) -> bool:
        """Whether people sign in."""
        return bool(self.providers)

    @property
    def https(self) -> bool:
        """Whether browsers reach the dashboard over HTTPS."""
        return self.redirect_uri.startswith("https://")


def configured_file() -> Path:
    """Return where the settings are: what the environment variable MV_SETTINGS names, else Streamlit's own file."""
    return Path(os.environ.get("MV_SETTINGS") or DEFAULT_FILE).absolute()


def load(file: Path | None = None) -> Settings:
    """Return what ``file``, else the configured one, says. A missing file says nothing; one that is named must exist.

    Raises Invalid, saying what to change.
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
    """Return what the parsed file says. Raises Invalid for what cannot be meant."""
    own = _table(values, "mv")
    _only(own, KNOWN, "mv")
    auth = _table(values, "auth")
    names = list(_providers(auth))
    redirect_uri = _checked_redirect(auth) if names else ""
    key = os.environ.get("MV_PSEUDONYM_KEY") or own.get("pseudonym_key")
    return Settings(
        file=file,
        providers=_claims(_table(own, "claims", "mv"), names),
        redirect_uri=redirect_uri,
        pseudonym_key=None if key is None else _secret(key, "pseudonym_key"),
        idle=_minutes(own, "idle_minutes", 30),
        crossing=_minutes(own, "crossing_minutes", 60),
    )


def claimed(settings: Settings, provider: str, payload: Mapping[str, Any]) -> Claimed:
    """Return who signed in at ``provider``, by the claims in ``payload``.

    Two providers may give the same id to two people, so the id begins with the provider's name, unless `[auth]`
    itself describes the provider. Raises Invalid when the provider is not configured or says not who it is.
    """
    claims = settings.providers.get(provider)
    found = _texts(payload, claims.user_id) if claims else []
    if claims is None or not found:
        raise Invalid(N_("The sign-in does not say who you are. Ask whoever is responsible for users."))
    user_id = found[0] if provider == DEFAULT_PROVIDER else f"{provider}:{found[0]}"
    return Claimed(
        user_id=user_id,
        name=next(iter(_texts(payload, claims.name)), found[0]),
        role=_role(claims, payload),
        units=_units(claims, payload),
        own_number=next(iter(_texts(payload, claims.own_number)), None),
    )


def _role(claims: Claims, payload: Mapping[str, Any]) -> Role | None:
    """Return the first of the configured roles that the user has: their order is their precedence."""
    given = set(_words(payload, claims.role))
    meanings = claims.roles or {role.value: role for role in Role}
    return next((role for value, role in meanings.items() if value in given), None)


def _units(claims: Claims, payload: Mapping[str, Any]) -> frozenset[str]:
    given = _words(payload, claims.units)
    if claims.unit_names:
        return frozenset(claims.unit_names[value] for value in given if value in claims.unit_names)
    return frozenset(value for value in given if not re.search(r"[\s,]", value))


def _words(payload: Mapping[str, Any], claim: str) -> list[str]:
    """Return the values of a claim: those of a list, and each word of a text beside the whole text."""
    texts = _texts(payload, claim)
    return list(dict.fromkeys(word for text in texts for word in (text, *re.split(r"[\s,]+", text)) if word))


def _texts(payload: Mapping[str, Any], claim: str) -> list[str]:
    """Return a claim's values as texts; none where it is not there."""
    value: Any = payload.get(claim) if claim else None
    if value is None and claim:
        value = payload
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list | tuple) else [value]
    texts = (str(one).strip() for one in values if isinstance(one, str | int) and not isinstance(one, bool))
    return [text for text in texts if text]


def _providers(auth: Mapping[str, Any]) -> Iterator[str]:
    """Yield the providers of the section `[auth]`."""
    if "client_id" in auth:
        yield DEFAULT_PROVIDER
    for name, section in auth.items():
        if isinstance(section, Mapping) and name != "client_kwargs":
            if not re.fullmatch(r"[A-Za-z0-9-]+", name):
                raise Invalid(N_("The provider {name} needs a name of letters, digits and hyphens."), name=name)
            yield name
    if auth and "client_id" not in auth and not any(isinstance(section, Mapping) for section in auth.values()):
        raise Invalid(N_("The section [auth] names no provider."))


def _checked_redirect(auth: Mapping[str, Any]) -> str:
    """Return where the provider sends people back to, once it and the secret beside it are safe."""
    _secret(auth.get("cookie_secret", ""), "cookie_secret")
    address = str(auth.get("redirect_uri", ""))
    parts = urlsplit(address.replace("{port}", "8501"))
    if not address.endswith(CALLBACK) or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid(N_("redirect_uri is the dashboard's address followed by /oauth2callback."))
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise Invalid(N_("redirect_uri must begin with https, except on this machine itself."))
    return address


def _claims(section: Mapping[str, Any], providers: list[str]) -> dict[str, Claims]:
    """Return each provider's claims: what `[mv.claims]` says, then what the provider's own section says."""
    own = {name: value for name, value in section.items() if isinstance(value, Mapping) and name not in CLAIM_TABLES}
    unknown = sorted(own.keys() - providers)
    if providers and unknown:
        raise Invalid(N_("[mv.claims.{name}] is about a provider that [auth] does not have."), name=unknown[0])
    shared = _changed(Claims(), {name: value for name, value in section.items() if name not in own}, "mv.claims")
    return {name: _labelled(_changed(shared, own.get(name, {}), f"mv.claims.{name}"), name) for name in providers}


def _labelled(claims: Claims, provider: str) -> Claims:
    return claims if claims.label or provider == DEFAULT_PROVIDER else replace(claims, label=provider)


def _changed(claims: Claims, section: Mapping[str, Any], where: str) -> Claims:
    _only(section, {"label", *CLAIM_NAMES, *CLAIM_TABLES}, where)
    changes: dict[str, Any] = {}
    for name in ("label", *CLAIM_NAMES):
        if name in section:
            if not isinstance(section[name], str):
                raise Invalid(N_("{name} in [{section}] must be a text."), name=name, section=where)
            changes[name] = section[name]
    if "roles" in section:
        changes["roles"] = {value: _known_role(role) for value, role in _table(section, "roles", where).items()}
    if "unit_names" in section:
        table = _table(section, "unit_names", where)
        changes["unit_names"] = {value: str(unit) for value, unit in table.items()}
    return replace(claims, **changes)


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
    """Raise Invalid for a name that nothing reads: it is likely to be mistyped."""
    unknown = sorted(section.keys() - known)
    if unknown:
        raise Invalid(N_("[{section}] does not know {name}."), section=where, name=unknown[0])
