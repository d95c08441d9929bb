"""How far a file has come, for whoever waits for it, and a way to say that it is not wanted any more."""

from __future__ import annotations

import threading


class Cancelled(Exception):
    """Raised where a file is made, once somebody has cancelled it; what was made of it is no whole file."""


class Progress:
    """Rows handed on of all rows. One thread makes the file; any thread may look or cancel."""

    def __init__(self) -> None:
        self.rows = 0
        self.done = 0
        self._cancelled = threading.Event()

    @property
    def share(self) -> float:
        """The share of the rows that is handed on: 0 to 1. More rows than were counted are no more than all."""
        return min(1.0, self.done / self.rows) if self.rows else 0.0

    @property
    def cancelled(self) -> bool:
        """Whether somebody has cancelled the file."""
        return self._cancelled.is_set()

    def begin(self, rows: int) -> None:
        """Say how many rows there are."""
        self.rows = rows

    def add(self, rows: int) -> None:
        """Say that so many more rows are handed on. Raises Cancelled when no more are wanted."""
        self.done += rows
        self.check()

    def check(self) -> None:
        """Raise Cancelled when somebody has cancelled the file."""
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Have the file not be made to its end."""
        self._cancelled.set()
