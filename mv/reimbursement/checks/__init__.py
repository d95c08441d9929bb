"""Checks of payments: what payments alone do not show."""
