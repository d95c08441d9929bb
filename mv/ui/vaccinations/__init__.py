"""Screens: a dose's form, the doses, and what a dose is paid."""
