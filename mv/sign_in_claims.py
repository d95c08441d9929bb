"""Map the claims of a provider's sign-in to a user of the dashboard: who it is, in which role, at which units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mv.access import EVERY_UNIT, Role
from mv.errors import N_, Invalid

DEFAULT_PROVIDER = "default"
"""The provider that `[auth]` itself describes, without a section of its own; Streamlit's word."""
RESERVED_PROVIDERS = frozenset({DEFAULT_PROVIDER, "cli"})
"""Names that no section may have: users' ids begin with the provider's, and those of the command line with "cli"."""
LONGEST_ID = 200
_EMAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""ASCII alone: a letter that lower case makes another one of would be somebody else's address."""


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Name the claims of one provider that hold the user's id, name, role, units, own identity number and e-mail.

    A name with dots leads into nested claims (``realm_access.roles``). ``roles`` and ``unit_names`` map the provider's
    values to ours; without them a value is taken as it is. A value matches whole: a list has several, a text is one,
    but for units is parted at ``unit_separator``. ``label`` is the provider's name on the sign-in page. Of ``acr``
    (OpenID Connect Core 1.0, 2) a token has to tell one, of ``amr`` (RFC 8176) all. ``verifies_email`` is for a
    provider that vouches for its addresses without the claim ``email_verified`` (OpenID Connect Core 1.0, 5.1).
    """

    label: str = ""
    user_id: str = "sub"
    name: str = "name"
    role: str = ""
    units: str = ""
    own_number: str = ""
    email: str = "email"
    verifies_email: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    unit_names: Mapping[str, str] = field(default_factory=dict)
    unit_separator: str = ""
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ClaimedUser:
    """A user as the claims describe it; without role, units, own number or email where no claim gives them.

    ``email`` is an address that the provider vouches for, in lower case.
    """

    user_id: str
    name: str
    role: Role | None
    units: frozenset[str]
    own_number: str | None
    email: str | None = None


def identify_user(mappings: Mapping[str, ClaimMapping], provider: str, claims: Mapping[str, Any]) -> ClaimedUser:
    """Return the user who signed in at ``provider`` with ``claims``, by the mapping of that provider.

    Two providers may give the same id to two people, so the id begins with the provider's name. That of the default
    provider does where it has a colon, and could be taken for another's. Raises Invalid if the provider has no mapping,
    the claims hold no user id, or the sign-in is weaker than the mapping demands.
    """
    mapping = mappings.get(provider)
    ids = _texts(claims, mapping.user_id) if mapping else []
    if mapping is None or len(ids) != 1 or not _is_id(ids[0]):
        raise Invalid(N_("The sign-in does not say who you are. Ask whoever is responsible for users."))
    if not _is_strong(mapping, claims):
        raise Invalid(
            N_(
                "The sign-in was weaker than is asked for here. Sign in with a card or with two factors,"
                " or ask whoever is responsible for users."
            )
        )
    return ClaimedUser(
        user_id=ids[0] if provider == DEFAULT_PROVIDER and ":" not in ids[0] else f"{provider}:{ids[0]}",
        name=next(iter(_texts(claims, mapping.name)), ids[0]),
        role=_role(mapping, claims),
        units=_units(mapping, claims),
        own_number=next(iter(_texts(claims, mapping.own_number)), None),
        email=_verified_email(mapping, claims),
    )


def normal_email(text: str) -> str | None:
    """Return an e-mail address in lower case; None for a text that is none."""
    address = text.strip()
    return address.lower() if _EMAIL.fullmatch(address) and len(address) <= LONGEST_ID else None


def _verified_email(mapping: ClaimMapping, claims: Mapping[str, Any]) -> str | None:
    """Return the address if the provider vouches for it: ``email_verified`` does so for the claim ``email`` alone."""
    found = _texts(claims, mapping.email)
    vouched = mapping.verifies_email or (mapping.email == "email" and claims.get("email_verified") is True)
    return normal_email(found[0]) if vouched and len(found) == 1 else None


def _is_id(text: str) -> bool:
    return text == text.strip() and text.isprintable() and len(text) <= LONGEST_ID


def _is_strong(mapping: ClaimMapping, claims: Mapping[str, Any]) -> bool:
    """Return whether the token tells one of the demanded levels, and each of the demanded methods."""
    level_is_met = not mapping.acr or not mapping.acr.isdisjoint(_texts(claims, "acr"))
    return level_is_met and mapping.amr <= set(_texts(claims, "amr"))


def _role(mapping: ClaimMapping, claims: Mapping[str, Any]) -> Role | None:
    """Return the first of the configured roles that the user has: their order is their precedence."""
    given = set(_texts(claims, mapping.role))
    meanings = mapping.roles or {role.value: role for role in Role}
    return next((role for value, role in meanings.items() if value in given), None)


def _units(mapping: ClaimMapping, claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the units' codes. Every unit is one of ours to give, never of the provider's."""
    given = _texts(claims, mapping.units)
    if mapping.unit_separator:
        given = [part.strip() for text in given for part in text.split(mapping.unit_separator)]
    if mapping.unit_names:
        return frozenset(mapping.unit_names[value] for value in given if value in mapping.unit_names)
    return frozenset(value for value in given if is_unit_code(value))


def is_unit_code(text: str) -> bool:
    """Return whether a text can be the code of one unit."""
    return text not in {"", EVERY_UNIT} and not re.search(r"[\s,]", text)


def _texts(claims: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of a claim as texts, each whole as it is; none if the claim is missing."""
    value: Any = claims.get(name) if name else None
    if value is None and name:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list | tuple) else [value]
    texts = (str(one) for one in values if isinstance(one, str | int) and not isinstance(one, bool))
    return [text for text in texts if text.strip()]
