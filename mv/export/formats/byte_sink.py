"""Where a library writes what it takes for a file, and from where that is taken piece by piece."""

from __future__ import annotations

import io
from typing import Any


class ByteSink(io.RawIOBase):
    """A file to write to, without a way back in it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, data: Any) -> int:
        """Keep a copy of ``data``, bytes of any kind, until it is taken."""
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken
