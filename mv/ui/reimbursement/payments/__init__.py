"""Screens: payers' files and how lines stand."""
