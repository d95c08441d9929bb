"""Progress of a file for those who wait for it, and its cancellation."""

from __future__ import annotations

import threading


class Cancelled(Exception):
    """Error where a file is made, once it is cancelled; the output so far is no whole file."""


class Progress:
    """Rows handed on of all rows. One thread makes the file; any thread may look or cancel."""

    def __init__(self) -> None:
        self.rows = 0
        self.done = 0
        self._cancelled = threading.Event()

    @property
    def share(self) -> float:
        """Share of all rows that is handed on, 0 to 1, even where more rows come than were counted."""
        return min(1.0, self.done / self.rows) if self.rows else 0.0

    @property
    def cancelled(self) -> bool:
        """True once the file is cancelled."""
        return self._cancelled.is_set()

    def begin(self, rows: int) -> None:
        """Set the number of all rows."""
        self.rows = rows

    def add(self, rows: int) -> None:
        """Count so many more rows as handed on. Raises Cancelled once the file is cancelled."""
        self.done += rows
        self.check()

    def check(self) -> None:
        """Raise Cancelled once the file is cancelled."""
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Cancel the file: its making ends before it is whole."""
        self._cancelled.set()
