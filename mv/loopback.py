"""Loopback: the names and addresses by which a machine reaches itself, whose traffic no network carries."""

from __future__ import annotations

from ipaddress import ip_address

LOCAL_NAME = "localhost"


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own."""
    name = host.strip("[]").lower()
    if name == LOCAL_NAME:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
