"""Screens: registering afterwards."""
