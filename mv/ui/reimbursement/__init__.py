"""Screens: what is paid, and why not."""
