"""Screens: output data."""
