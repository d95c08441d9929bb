"""Screens: the access log's review and a patient's extract."""
