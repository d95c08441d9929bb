"""Screens: a customer's groups, on the page and in the dialog."""
