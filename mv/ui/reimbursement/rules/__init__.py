"""The screen of the dated rules."""
