"""Screens: a customer's banner, registration, identity, death and merging."""
