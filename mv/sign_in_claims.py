"""Map the claims of a provider's sign-in to a user of the dashboard: who it is, in which role, at which units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mv.access import Role
from mv.errors import N_, Invalid

DEFAULT_PROVIDER = "default"
"""The provider that `[auth]` itself describes, without a section of its own; Streamlit's word."""


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Name the claims of one provider that hold the user's id, name, role, units and own identity number.

    A name with dots leads into nested claims (``realm_access.roles``). ``roles`` and ``unit_names`` map the provider's
    values to ours; without them a value is taken as it is. ``label`` is the provider's name on the sign-in page.
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
class ClaimedUser:
    """A user as the claims describe it; without role, units or own number where no claim gives them."""

    user_id: str
    name: str
    role: Role | None
    units: frozenset[str]
    own_number: str | None


def identify_user(mappings: Mapping[str, ClaimMapping], provider: str, claims: Mapping[str, Any]) -> ClaimedUser:
    """Return the user who signed in at ``provider`` with ``claims``, by the mapping of that provider.

    Two providers may give the same id to two people, so the id begins with the provider's name, except that of the
    default provider. Raises Invalid if the provider has no mapping or the claims hold no user id.
    """
    mapping = mappings.get(provider)
    ids = _texts(claims, mapping.user_id) if mapping else []
    if mapping is None or not ids:
        raise Invalid(N_("The sign-in does not say who you are. Ask whoever is responsible for users."))
    return ClaimedUser(
        user_id=ids[0] if provider == DEFAULT_PROVIDER else f"{provider}:{ids[0]}",
        name=next(iter(_texts(claims, mapping.name)), ids[0]),
        role=_role(mapping, claims),
        units=_units(mapping, claims),
        own_number=next(iter(_texts(claims, mapping.own_number)), None),
    )


def _role(mapping: ClaimMapping, claims: Mapping[str, Any]) -> Role | None:
    """Return the first of the configured roles that the user has: their order is their precedence."""
    given = set(_words(claims, mapping.role))
    meanings = mapping.roles or {role.value: role for role in Role}
    return next((role for value, role in meanings.items() if value in given), None)


def _units(mapping: ClaimMapping, claims: Mapping[str, Any]) -> frozenset[str]:
    given = _words(claims, mapping.units)
    if mapping.unit_names:
        return frozenset(mapping.unit_names[value] for value in given if value in mapping.unit_names)
    return frozenset(value for value in given if not re.search(r"[\s,]", value))


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of a claim: those of a list, and each word of a text beside the whole text."""
    texts = _texts(claims, name)
    return list(dict.fromkeys(word for text in texts for word in (text, *re.split(r"[\s,]+", text)) if word))


def _texts(claims: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of a claim as texts; none if the claim is missing."""
    value: Any = claims.get(name) if name else None
    if value is None and name:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list | tuple) else [value]
    texts = (str(one).strip() for one in values if isinstance(one, str | int) and not isinstance(one, bool))
    return [text for text in texts if text]
