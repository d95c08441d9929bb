"""Screens: the batches, one of them with its changes, and a new one received."""
