"""Screens: follow-up in kronor."""
