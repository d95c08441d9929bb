"""Screens: the dated rules."""
