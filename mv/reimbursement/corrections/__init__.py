"""Doses that would be paid if something were corrected, as a queue."""
