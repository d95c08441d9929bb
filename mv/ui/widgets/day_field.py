"""The limits of fields for a day."""

from __future__ import annotations

from datetime import date

EARLIEST = date(1900, 1, 1)
"""The first day that a field takes: no customer is born before it, and nothing was given or registered."""
