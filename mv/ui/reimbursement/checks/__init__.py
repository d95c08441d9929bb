"""Screens: checks of payments."""
